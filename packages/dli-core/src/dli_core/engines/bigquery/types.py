"""BigQuery's types: their names, what Arrow carries for them, and how the REST API writes their values.

    schema of an answer ─▶ Column (kind, children) ─▶ ipc.py: Arrow's schema
    {"v": "1.5"} ─▶ read ─▶ the number, bytes or text that ipc.py puts into a batch

The kinds are those of the Storage Read API, so a result looks the same over both: NUMERIC is decimal128(38, 9),
BIGNUMERIC decimal256(76, 38), DATETIME a timestamp[us] without a zone, TIMESTAMP one in UTC, TIME time64[us], JSON and
GEOGRAPHY text, INTERVAL months, days and nanoseconds, RANGE a struct of start and end, where null is UNBOUNDED.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Context, Decimal
from typing import Any

from dli_core.errors.phrase import Text

Fields = Sequence[Mapping[str, Any]]

_NAMES = {"INTEGER": "INT64", "FLOAT": "FLOAT64", "BOOLEAN": "BOOL", "RECORD": "STRUCT"}
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - DATETIME has no zone
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_EXACT = Context(prec=80)
_INTERVAL = re.compile(r"(-?)(\d+)-(\d+) (-?\d+) (-?)(\d+):(\d+):(\d+)(?:\.(\d{1,9}))?")
_RANGE = re.compile(r"\[(.*), (.*)\)", re.DOTALL)
_UNBOUNDED = frozenset({"UNBOUNDED", "NULL"})
_MOST_NANOS = 2**63


@dataclass(frozen=True, slots=True)
class Column:
    """A column, a field of a STRUCT, or the item of an ARRAY.

    Attributes:
        kind: the Arrow type: int64, double, bool, utf8, binary, decimal128, decimal256, date32, time64, timestamp,
            timestamp_utc, interval, list (one child, the item) or struct.
        type: as GoogleSQL writes it: ARRAY<STRUCT<a INT64>>.
        read: a value of the REST API → what goes into a batch.
    """

    name: str
    kind: str
    type: str
    read: Callable[[Any], Any]
    children: tuple[Column, ...] = ()


def columns_of(fields: Fields) -> tuple[Column, ...]:
    """The columns of a schema, as the REST API gives it."""
    return tuple(_column(field) for field in fields)


def json_paths(columns: Sequence[Column]) -> list[list[int]]:
    """Where a result holds JSON, as `dli_fast.Watch` wants it."""
    return [[at, *path] for at, column in enumerate(columns) for path in _json_within(column)]


def is_wide(columns: Sequence[Column]) -> bool:
    """Whether some value has more digits than DuckDB, which casts to declared types, can read."""
    return any(column.kind == "decimal256" or is_wide(column.children) for column in columns)


def narrow(columns: Sequence[Column]) -> tuple[Column, ...]:
    """The same columns with BIGNUMERIC as its text, all 38 digits behind the point."""
    return tuple(map(_narrow, columns))


def _narrow(column: Column) -> Column:
    if column.kind == "decimal256":
        return replace(column, kind="utf8", read=_digits)
    children = narrow(column.children)
    if column.kind == "list":
        return replace(column, read=_list_reader(children[0]), children=children)
    if column.kind == "struct" and not column.type.startswith("RANGE"):
        return replace(column, read=_struct_reader(children), children=children)
    return column


def row_of(columns: Sequence[Column], row: Mapping[str, Any]) -> list[Any]:
    """The values of a row of the REST API."""
    return [_value(column, cell["v"]) for column, cell in zip(columns, row["f"], strict=True)]


def _json_within(column: Column) -> Iterator[list[int]]:
    if column.type == "JSON":
        yield []
    for at, child in enumerate(column.children):
        yield from ([at, *path] for path in _json_within(child))


def _column(field: Mapping[str, Any]) -> Column:
    item = _single(field)
    if str(field.get("mode", "")).upper() != "REPEATED":
        return item
    inner = Column("item", item.kind, item.type, item.read, item.children)
    return Column(item.name, "list", f"ARRAY<{item.type}>", _list_reader(inner), (inner,))


def _single(field: Mapping[str, Any]) -> Column:
    name, written = str(field["name"]), str(field["type"]).upper()
    kind = _NAMES.get(written, written)
    if kind == "STRUCT":
        children = columns_of(field.get("fields", ()))
        shown = ", ".join(f"{child.name} {child.type}" for child in children)
        return Column(name, "struct", f"STRUCT<{shown}>", _struct_reader(children), children)
    if kind == "RANGE":
        element: Mapping[str, Any] = field.get("rangeElementType") or {}
        return _range(name, str(element.get("type", "DATE")).upper())
    arrow, read = _SCALARS.get(kind, ("utf8", str))  # a type that is newer than this: as the API writes it
    return Column(name, arrow, kind, read)


def _range(name: str, element: str) -> Column:
    arrow, read = _SCALARS[element]
    children = (Column("start", arrow, element, read), Column("end", arrow, element, read))

    def both(value: str) -> list[Any]:
        found = _RANGE.fullmatch(value)
        if found is None:
            raise ValueError(Text("bigquery.value", type=f"RANGE<{element}>", value=value))
        return [None if end in _UNBOUNDED else read(end) for end in found.groups()]

    return Column(name, "struct", f"RANGE<{element}>", both, children)


def _value(column: Column, value: Any) -> Any:
    """One value; the API gives no NULL for an ARRAY, and what does is an empty one."""
    if value is None:
        return [] if column.kind == "list" else None
    return column.read(value)


def _list_reader(item: Column) -> Callable[[Any], list[Any]]:
    return lambda cells: [_value(item, cell["v"]) for cell in cells]


def _struct_reader(children: Sequence[Column]) -> Callable[[Any], list[Any]]:
    return lambda row: row_of(children, row)


def _bool(value: str) -> bool:
    return str(value).lower() == "true"


def _decimal(scale: int) -> Callable[[str], int]:
    return lambda value: int(Decimal(value).scaleb(scale, _EXACT))


def _digits(value: str) -> str:
    return f"{Decimal(value):.38f}"


def _date(value: str) -> int:
    return date.fromisoformat(value).toordinal() - _EPOCH_DAY


def _datetime(value: str) -> int:
    passed = datetime.fromisoformat(value) - _EPOCH
    return (passed.days * 86_400 + passed.seconds) * 1_000_000 + passed.microseconds


def _timestamp(value: str) -> int:
    """Microseconds, as asked for; some servers give seconds with a fraction all the same."""
    try:
        return int(value)
    except ValueError:
        return int(Decimal(value).scaleb(6, _EXACT))


def _time(value: str) -> int:
    found = time.fromisoformat(value)
    return ((found.hour * 60 + found.minute) * 60 + found.second) * 1_000_000 + found.microsecond


def _interval(value: str) -> tuple[int, int, int]:
    """`[-]Y-M [-]D [-]H:M:S[.F]` → months, days, nanoseconds."""
    found = _INTERVAL.fullmatch(value)
    if found is None:
        raise ValueError(Text("bigquery.value", type="INTERVAL", value=value))
    months = int(found[2]) * 12 + int(found[3])
    seconds = (int(found[6]) * 60 + int(found[7])) * 60 + int(found[8])
    nanos = seconds * 1_000_000_000 + int((found[9] or "").ljust(9, "0"))
    if nanos >= _MOST_NANOS:
        raise ValueError(Text("bigquery.interval", value=value))
    return -months if found[1] else months, int(found[4]), -nanos if found[5] else nanos


_SCALARS: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "INT64": ("int64", int),
    "FLOAT64": ("double", float),
    "BOOL": ("bool", _bool),
    "STRING": ("utf8", str),
    "BYTES": ("binary", base64.b64decode),
    "NUMERIC": ("decimal128", _decimal(9)),
    "BIGNUMERIC": ("decimal256", _decimal(38)),
    "DATE": ("date32", _date),
    "TIME": ("time64", _time),
    "DATETIME": ("timestamp", _datetime),
    "TIMESTAMP": ("timestamp_utc", _timestamp),
    "JSON": ("utf8", str),
    "GEOGRAPHY": ("utf8", str),
    "INTERVAL": ("interval", _interval),
}
