"""Amounts of bytes, as people write them.

`10GB` │ `1.5 TiB` │ `500000` ─▶ bytes_of ─▶ int           Size: a field of a model that holds such a text
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator

from dli_core.errors.phrase import Text

_SIZE = re.compile(r"(\d{1,15}(?:\.\d{1,3})?)\s?(?:([KMGTP])(i)?)?B?", re.IGNORECASE)
_POWERS = "KMGTP"


def bytes_of(text: str) -> int:
    """How many bytes it says: `10GB` is 10 × 1000³, `10GiB` 10 × 1024³. Raises ValueError."""
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        message = f"no amount of bytes: {text}"
        raise ValueError(message)
    number, unit, binary = found.groups()
    power = _POWERS.index(unit.upper()) + 1 if unit else 0
    return int(Decimal(number) * (1024 if binary else 1000) ** power)


def _size(value: str) -> str:
    try:
        bytes_of(value)
    except ValueError:
        raise ValueError(Text("spec.budget", value=f"'{value}'")) from None
    return value


Size = Annotated[str, AfterValidator(_size)]
