"""The casts of a result's columns: declared types, and types that Arrow would carry wrongly.

    relation ─▶ selection() ─▶ `CAST(#1 AS BIGINT) AS "n", #2 AS "s"` or None: as it is

DuckDB hands out UHUGEINT beyond 38 digits as another number, TIMETZ without its zone, and BIT, BIGNUM and VARIANT as
bytes of its own. They go out as their text instead, inside of lists, structs, maps and unions too. JSON goes out as
plain text: `json_paths` says where it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

# DESIGN §3's types by DuckDB's names; decimal(p,s) is the same. `integer` is 64-bit on every engine.
DECLARED: Mapping[str, str] = {
    "integer": "BIGINT",
    "bigint": "BIGINT",
    "float": "DOUBLE",
    "double": "DOUBLE",
    "string": "VARCHAR",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
}
_UNFAITHFUL: Mapping[str, str] = {
    "uhugeint": "VARCHAR",
    "time with time zone": "VARCHAR",
    "bit": "VARCHAR",
    "bignum": "VARCHAR",
    "variant": "JSON",
}


Parts = Sequence[tuple[str, str]]  # of a nested type: (name, type)


class Kind(Protocol):
    """A DuckDBPyType: what the driver says of a column's type."""

    @property
    def id(self) -> str: ...
    @property
    def children(self) -> list[tuple[str, Any]]: ...


def selection(names: Sequence[str], kinds: Sequence[Kind], declared: Mapping[str, str]) -> str | None:
    """What to select from a result with these columns; None when all of it goes out as it is.

    Columns go by their place: two of them may have one name.
    """
    wanted = [DECLARED.get(declared[name], declared[name]) if name in declared else None for name in names]
    casts = [cast or carried(kind) for cast, kind in zip(wanted, kinds, strict=True)]
    if not any(casts):
        return None
    places = [f"CAST(#{at} AS {cast})" if cast else f"#{at}" for at, cast in enumerate(casts, 1)]
    return ", ".join(f"{place} AS {quoted(name)}" for place, name in zip(places, names, strict=True))


def carried(kind: Kind) -> str | None:
    """The type that Arrow carries in place of `kind`; None when it carries `kind` itself."""
    build = _NESTED.get(kind.id)
    if build is None:
        return _UNFAITHFUL.get(kind.id)
    size = dict(kind.children).get("size")
    inner = [(name, part) for name, part in kind.children if not isinstance(part, int)]
    casts = [carried(part) for _, part in inner]
    if not any(casts):
        return None
    return build([(name, cast or str(part)) for (name, part), cast in zip(inner, casts, strict=True)], size)


def json_paths(kinds: Sequence[Kind]) -> list[list[int]]:
    """Where a result holds JSON, as `dli_fast.Watch` wants it: DuckDB's Arrow says only that it is text."""
    return [[at, *path] for at, kind in enumerate(kinds) for path in _json_within(kind)]


def _json_within(kind: Kind) -> Iterator[list[int]]:
    if str(kind) == "JSON":
        yield []
    elif kind.id in _NESTED:
        # A union's tag, which has no name, is no field of it.
        parts = [part for name, part in kind.children if not isinstance(part, int) and (name or kind.id != "union")]
        yield from ([at, *path] for at, part in enumerate(parts) for path in _json_within(part))


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _list(parts: Parts, size: int | None) -> str:
    return f"{parts[0][1]}[{'' if size is None else size}]"


def _map(parts: Parts, _size: int | None) -> str:
    return f"MAP({parts[0][1]}, {parts[1][1]})"


def _struct(parts: Parts, _size: int | None) -> str:
    return f"STRUCT({', '.join(f'{quoted(name)} {kind}' for name, kind in parts)})"


def _tuple(parts: Parts, _size: int | None) -> str:
    return f"TUPLE({', '.join(kind for _, kind in parts)})"


def _union(parts: Parts, _size: int | None) -> str:
    return f"UNION({', '.join(f'{quoted(name)} {kind}' for name, kind in parts if name)})"  # the unnamed one is its tag


_NESTED: Mapping[str, Callable[[Parts, int | None], str]] = {
    "list": _list,
    "array": _list,
    "struct": _struct,
    "tuple": _tuple,
    "map": _map,
    "union": _union,
}
