"""One value of a parameter: text or Python value → the value of the declared type.

    "2025-01-31" + date ─▶ date(2025, 1, 31)        "a.b" + identifier ─▶ Identifier("a", "b")

`read` raises ValueError with what is wrong, without the value itself: it may be a secret.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

import dli_fast

from dli_core.errors.phrase import Text, recognised

_IDENTIFIER = re.compile(r"[^\W\d][\w$]*(\.[^\W\d][\w$]*)*")
_INTEGER = re.compile(r"[+-]?\d{1,38}", re.ASCII)
_DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_BOOLEANS = {"true": True, "false": False}


def read(value: object, kind: str) -> object:
    """`value` as a `kind` ("date", "list[integer]", …); None stays None."""
    if value is None:
        return None
    if kind.startswith("list["):
        return [_item(item, kind[5:-1]) for item in _items(value)]
    return _READERS[kind](value)


def example(kind: str) -> str:
    """A value of this type, as people write it after `-p NAME=`."""
    scalar = kind.removeprefix("list[").removesuffix("]")
    texts = _EXAMPLES[scalar]
    if scalar == kind:
        return texts[0]
    mark = "" if scalar in {"integer", "float", "decimal", "boolean"} else '"'
    return f"[{', '.join(f'{mark}{text}{mark}' for text in texts)}]"


def _item(value: object, kind: str) -> object:
    if value is None:
        raise ValueError(Text("parameter.null_in_list"))
    return _READERS[kind](value)


def _items(value: object) -> list[object]:
    if isinstance(value, str):
        text = value.strip()
        if not text.startswith("["):
            return [value]  # one -p is a list of one
        try:
            found: object = json.loads(text, parse_float=Decimal)
        except ValueError as problem:
            raise ValueError(Text("parameter.no_json", problem=str(problem))) from None
        return list(found) if isinstance(found, list) else [found]  # pyright: ignore[reportUnknownArgumentType]
    if isinstance(value, (list, tuple, set, frozenset)):
        return list(value)  # pyright: ignore[reportUnknownArgumentType]
    return _refuse(value, "list")


def _refuse(value: object, wanted: str) -> list[object]:
    """Never returns; typed so that every reader can end with it. Of a text, the example says what is wrong with it.

    `wanted` is a key of the room "parameter".
    """
    if isinstance(value, str):
        raise ValueError  # noqa: TRY004 - `read` promises one kind of exception
    given = "boolean" if isinstance(value, bool) else type(value).__name__
    raise ValueError(Text("parameter.wanted", wanted=Text(f"parameter.{wanted}"), given=given))


def _string(value: object) -> object:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, Decimal, date)):
        return str(value)
    return _refuse(value, "text")


def _integer(value: object) -> object:
    if isinstance(value, int) and not isinstance(value, bool):
        if -(2**127) < value < 2**127:
            return value
        raise ValueError(Text("parameter.bits"))
    if isinstance(value, str) and _INTEGER.fullmatch(value.strip()):
        return int(value)
    return _refuse(value, "whole")


def _float(value: object) -> object:
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            pass
    return _refuse(value, "number")


def _decimal(value: object) -> object:
    if isinstance(value, Decimal):
        if value.is_finite():
            return value
        raise ValueError(Text("parameter.no_decimal"))
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if isinstance(value, float) and math.isfinite(value):
        return Decimal(repr(value))  # what was written: 0.1, not its binary neighbour
    if isinstance(value, str) and _DECIMAL.fullmatch(value.strip()):
        try:
            return Decimal(value.strip())
        except InvalidOperation:  # pragma: no cover - the pattern is narrower than Decimal's
            pass
    return _refuse(value, "decimal")


def _boolean(value: object) -> object:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in _BOOLEANS:
        return _BOOLEANS[value.strip().lower()]
    return _refuse(value, "switch")


def _date(value: object) -> object:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and _DATE.fullmatch(value.strip()):
        try:
            return date.fromisoformat(value.strip())
        except ValueError as problem:
            raise ValueError(recognised("number", str(problem))) from None
    return _refuse(value, "date")


def _timestamp(value: object) -> object:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001 - a timestamp without a zone
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(value.strip())
        except ValueError:
            pass
    return _refuse(value, "timestamp")


def _identifier(value: object) -> object:
    if isinstance(value, dli_fast.Identifier):
        return value
    if isinstance(value, str) and _IDENTIFIER.fullmatch(value):
        return dli_fast.Identifier(*value.split("."))
    if isinstance(value, str):
        raise ValueError(Text("parameter.identifier"))  # noqa: TRY004 - `read` promises one kind of exception
    return _refuse(value, "name")


_READERS: Mapping[str, Callable[[object], object]] = {
    "string": _string,
    "integer": _integer,
    "float": _float,
    "decimal": _decimal,
    "boolean": _boolean,
    "date": _date,
    "timestamp": _timestamp,
    "identifier": _identifier,
}
_EXAMPLES: Mapping[str, tuple[str, str]] = {
    "string": ("text", "more"),
    "integer": ("42", "7"),
    "float": ("1.5", "0.25"),
    "decimal": ("12.50", "3.99"),
    "boolean": ("true", "false"),
    "date": ("2025-01-31", "2025-02-28"),
    "timestamp": ("2025-01-31 10:20:30", "2025-02-28 00:00:00"),
    "identifier": ("schema.table", "name"),
}
TYPES = tuple(_READERS)  # those that a spec's parameters may have
