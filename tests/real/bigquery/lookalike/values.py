"""Arrow's values as the REST API writes them: {"f": [{"v": "1"}, {"v": null}]}."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa


def schema_of(schema: pa.Schema) -> list[dict[str, Any]]:
    """The columns of a result."""
    return [_field(field.name, field.type) for field in schema]


def rows_of(table: pa.Table) -> list[dict[str, Any]]:
    """The rows of a result."""
    columns = [
        [_cell(value, field.type) for value in column.to_pylist()]
        for field, column in zip(table.schema, table.columns, strict=True)
    ]
    return [{"f": [{"v": value} for value in row]} for row in zip(*columns, strict=True)]


def _field(name: str, kind: pa.DataType) -> dict[str, Any]:
    if pa.types.is_list(kind):
        return {**_field(name, kind.value_type), "mode": "REPEATED"}
    if pa.types.is_struct(kind):
        return {"name": name, "type": "RECORD", "fields": [_field(child.name, child.type) for child in kind]}
    return {"name": name, "type": _type(kind), "mode": "NULLABLE"}


def _type(kind: pa.DataType) -> str:
    if pa.types.is_timestamp(kind):
        return "TIMESTAMP" if kind.tz else "DATETIME"
    for is_kind, name in (
        (pa.types.is_integer, "INTEGER"),
        (pa.types.is_floating, "FLOAT"),
        (pa.types.is_boolean, "BOOLEAN"),
        (pa.types.is_date, "DATE"),
        (pa.types.is_decimal, "NUMERIC"),
        (pa.types.is_binary, "BYTES"),
        (pa.types.is_time, "TIME"),
    ):
        if is_kind(kind):
            return name
    return "STRING"


def _cell(value: Any, kind: pa.DataType) -> Any:
    if value is None:
        return None
    if pa.types.is_list(kind):
        return [{"v": _cell(item, kind.value_type)} for item in value]
    if pa.types.is_struct(kind):
        return {"f": [{"v": _cell(value[child.name], child.type)} for child in kind]}
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        if value.tzinfo is None:
            return value.isoformat()
        return str(round((value - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1_000_000))
    return repr(value) if isinstance(value, float) else str(value)
