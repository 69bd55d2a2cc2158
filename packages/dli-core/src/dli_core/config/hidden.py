"""What of a value may be seen: a secret is `***`, wherever it stands.

key is secret │ its name says so │ URL with a password │ mapping with any of these ─▶ the text for people
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, cast

from pydantic import SecretStr

from dli_core.config import keys
from dli_core.config.keys import Parts
from dli_core.models.secret_text import HIDDEN, is_secret_name, without_secrets

__all__ = ["HIDDEN", "is_secret_name", "shown", "without_secrets"]


def shown(parts: Parts, value: Any) -> str:
    """The value at a key as text: as it is, or as JSON, which is YAML too. Its secrets are `***`."""
    if isinstance(value, SecretStr):
        return HIDDEN if value.get_secret_value() else ""
    key = keys.key_at(parts)
    named = parts not in keys.table() and parts[0] != "rename" and is_secret_name(parts[-1])
    if value is not None and ((key is not None and key.secret) or named):
        return HIDDEN
    plain = _plain(value)
    if not isinstance(plain, str):
        import json  # noqa: PLC0415 - a start of the command line does without

        plain = json.dumps(plain, ensure_ascii=False, default=str)
    return without_secrets(plain)


def _plain(value: Any) -> Any:
    """JSON-like; in mappings, what has the name of a secret is hidden."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        items = cast("Mapping[object, Any]", value).items()
        return {
            str(name): HIDDEN if is_secret_name(str(name)) and item is not None else _plain(item)
            for name, item in items
        }
    if isinstance(value, list | tuple):
        return [_plain(item) for item in cast("list[Any]", value)]
    return value
