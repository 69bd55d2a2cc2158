"""Trino's types: what the decoder makes of each, and where JSON is.

typeSignature ─▶ kind_of(): what dli_fast makes of the values │ json_paths(): where a result holds JSON, which is text

| Trino | Arrow |
|---|---|
| boolean, tinyint … bigint, real, double, date, varbinary | the same |
| decimal(p,s) | decimal128(p,s): Trino's have at most 38 digits too |
| time(p), timestamp(p) | of the unit that holds p digits, to nanoseconds; with more digits, their text |
| timestamp(p) with time zone | the instant, in UTC; with more than 9 digits, its text |
| array, map, row | list, map, struct |
| time with time zone, intervals, json, uuid, ipaddress, char, varchar and all others | their text |
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, cast

from dli_core.engines.trino.wire import NamedType, Signature, is_object

if TYPE_CHECKING:
    from dli_fast._trino import TrinoKind

_SAME = {"boolean", "tinyint", "smallint", "integer", "bigint", "real", "double", "date"}
_NESTED = {"array", "map", "row"}
_DIGITS = 9  # of a second: as many as Arrow holds; digits beyond are kept as text
_UNSAID = 3  # digits of a timestamp whose type says none


def kind_of(signature: Signature) -> TrinoKind:
    """What the decoder makes of a column of this type."""
    name = signature.get("rawType", "").lower()
    if name in _SAME:
        return name
    made = _OTHERS.get(name)
    return made(signature) if made else "text"


def _decimal(signature: Signature) -> TrinoKind:
    precision, scale = (int(argument.get("value", 0)) for argument in signature.get("arguments", ()))
    return ("decimal", precision, scale)


def _moment(kind: str) -> Callable[[Signature], TrinoKind]:
    def made(signature: Signature) -> TrinoKind:
        digits = next((int(argument.get("value", 0)) for argument in signature.get("arguments", ())), _UNSAID)
        return (kind, digits) if digits <= _DIGITS else "text"

    return made


def _nested(kind: str) -> Callable[[Signature], TrinoKind]:
    def made(signature: Signature) -> TrinoKind:
        return (kind, *(kind_of(part) for _, part in _parts(signature)))

    return made


def _row(signature: Signature) -> TrinoKind:
    return ("row", [(name or f"field{at}", kind_of(part)) for at, (name, part) in enumerate(_parts(signature))])


def _binary(_signature: Signature) -> TrinoKind:
    return "binary"


_OTHERS: Mapping[str, Callable[[Signature], TrinoKind]] = {
    "decimal": _decimal,
    "varbinary": _binary,
    "time": _moment("time"),
    "timestamp": _moment("timestamp"),
    "timestamp with time zone": _moment("instant"),
    "array": _nested("list"),
    "map": _nested("map"),
    "row": _row,
}


def json_paths(signatures: Sequence[Signature]) -> list[list[int]]:
    """Where a result holds JSON, as `dli_fast.Watch` wants it."""
    return [[at, *path] for at, signature in enumerate(signatures) for path in _within(signature)]


def _within(signature: Signature) -> Iterator[list[int]]:
    kind = signature.get("rawType")
    if kind == "json":
        yield []
    if kind in _NESTED:
        for at, (_, part) in enumerate(_parts(signature)):
            yield from ([at, *path] for path in _within(part))


def _parts(signature: Signature) -> Iterator[tuple[str | None, Signature]]:
    """The types within a type; those of a row with their names."""
    for argument in signature.get("arguments", ()):
        value: object = argument.get("value")
        if not is_object(value):
            continue
        if argument.get("kind") == "NAMED_TYPE":
            named = cast("NamedType", value)
            yield (named.get("fieldName") or {}).get("name"), named.get("typeSignature", {})
        else:
            yield None, cast("Signature", value)
