"""Random Arrow tables of every type: written, read back by other readers, equal.

table ─▶ CSV ─▶ csv module, DuckDB, pyarrow      table ─▶ JSON ─▶ json module, DuckDB, pyarrow
"""

from __future__ import annotations

import base64
import csv
import datetime as dt
import io
import json
import math
from decimal import Decimal
from typing import Any

import dli_fast
import duckdb
import pyarrow as pa
import pyarrow.csv
import pyarrow.json
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

LIMITS = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40) | st.text(',"\n\r =+-@\tNUL', max_size=6)
DATES = st.dates()
MOMENTS = st.datetimes()

# Arrow type → its values. All that a CSV cell and a JSON value can carry without loss.
LEAVES: list[tuple[pa.DataType, st.SearchStrategy[Any]]] = [
    (pa.bool_(), st.booleans()),
    *[
        (kind, st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1))
        for kind, bits in ((pa.int8(), 8), (pa.int16(), 16))
    ],
    *[
        (kind, st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1))
        for kind, bits in ((pa.int32(), 32), (pa.int64(), 64))
    ],
    *[(kind, st.integers(0, 2**bits - 1)) for kind, bits in ((pa.uint8(), 8), (pa.uint16(), 16))],
    *[(kind, st.integers(0, 2**bits - 1)) for kind, bits in ((pa.uint32(), 32), (pa.uint64(), 64))],
    (pa.float64(), st.floats(allow_nan=False, allow_infinity=False)),
    (pa.float32(), st.floats(width=32, allow_nan=False, allow_infinity=False)),
    (pa.float16(), st.floats(width=16, allow_nan=False, allow_infinity=False)),
    (pa.decimal128(20, 4), st.decimals(-(10**15), 10**15, places=4)),
    (pa.decimal256(60, 9), st.decimals(-(10**40), 10**40, places=9)),
    (pa.string(), TEXT),
    (pa.large_string(), TEXT),
    (pa.string_view(), TEXT),
    (pa.binary(), st.binary(max_size=40)),
    (pa.large_binary(), st.binary(max_size=40)),
    (pa.binary_view(), st.binary(max_size=40)),
    (pa.binary(3), st.binary(min_size=3, max_size=3)),
    (pa.date32(), DATES),
    (pa.date64(), DATES),
    (pa.time32("s"), st.times().map(lambda t: t.replace(microsecond=0))),
    (pa.time64("us"), st.times()),
    (pa.timestamp("s"), MOMENTS.map(lambda t: t.replace(microsecond=0))),
    (pa.timestamp("ms"), MOMENTS.map(lambda t: t.replace(microsecond=t.microsecond // 1000 * 1000))),
    (pa.timestamp("us"), MOMENTS),
    (pa.timestamp("us", "UTC"), MOMENTS.map(lambda t: t.replace(tzinfo=dt.UTC))),
    (
        pa.timestamp("us", "Asia/Seoul"),
        st.datetimes(dt.datetime(1989, 1, 1), dt.datetime(2200, 1, 1)).map(lambda t: t.replace(tzinfo=dt.UTC)),
    ),
]


def nested(
    leaf: tuple[pa.DataType, st.SearchStrategy[Any]],
) -> st.SearchStrategy[tuple[pa.DataType, st.SearchStrategy[Any]]]:
    kind, value = leaf
    some = st.none() | value
    return st.sampled_from(
        [
            (pa.list_(kind), st.lists(some, max_size=4)),
            (pa.large_list(kind), st.lists(some, max_size=4)),
            (pa.list_(kind, 2), st.lists(some, min_size=2, max_size=2)),
            (
                pa.struct([("a", kind), ("b c", pa.int32())]),
                st.fixed_dictionaries({"a": some, "b c": st.none() | st.integers(0, 9)}),
            ),
            (pa.map_(pa.string(), kind), st.dictionaries(TEXT, some, max_size=3).map(lambda d: list(d.items()))),
        ]
    )


def physical(array: pa.Array, form: int) -> pa.Array:
    """The same values as a slice, a dictionary or runs, where the type allows it."""
    if form == 1:
        return pa.concat_arrays([array, array]).slice(len(array))
    simple = not (pa.types.is_nested(array.type) or pa.types.is_large_binary(array.type))
    if form == 2 and simple and not str(array.type).endswith("view") and not pa.types.is_float16(array.type):
        return array.dictionary_encode()
    if form == 3 and simple and not str(array.type).endswith("view"):
        return pa.RunEndEncodedArray.from_arrays(pa.array(range(1, len(array) + 1), pa.int32()), array)
    return array


@st.composite
def tables(draw: st.DrawFn) -> pa.Table:
    rows = draw(st.integers(1, 12))
    columns: dict[str, pa.Array] = {}
    for at in range(draw(st.integers(1, 4))):
        kind, value = draw(st.sampled_from(LEAVES))
        if draw(st.integers(0, 3)) == 0:
            kind, value = draw(nested((kind, value)))
        cells = draw(st.lists(st.none() | value, min_size=rows, max_size=rows))
        columns[f"c{at}"] = physical(pa.array(cells, kind), draw(st.integers(0, 3)))
    return pa.table(columns)


def same(kind: pa.DataType, read: Any, wanted: Any) -> bool:
    """Is what was read the value? Numbers by value, times by moment."""
    if pa.types.is_dictionary(kind) or pa.types.is_run_end_encoded(kind):
        kind = kind.value_type
    if read is None or wanted is None:
        return read is wanted
    if pa.types.is_map(kind):
        pairs = dict(wanted)
        return read.keys() == pairs.keys() and all(same(kind.item_type, read[key], pairs[key]) for key in pairs)
    if pa.types.is_struct(kind):
        return list(read) == list(wanted) and all(same(kind[i].type, read[k], wanted[k]) for i, k in enumerate(wanted))
    if pa.types.is_nested(kind):
        return len(read) == len(wanted) and all(same(kind.value_type, *both) for both in zip(read, wanted, strict=True))
    match wanted:
        case bool():
            return read is wanted or read == str(wanted).lower()
        case float():
            width = {16: "e", 32: "f", 64: "d"}[kind.bit_width]
            own = pa.array([float(read)], kind)[0].as_py()
            return own == wanted and math.copysign(1, own) == math.copysign(1, wanted) and width in "efd"
        case int():
            return int(str(read)) == wanted
        case Decimal():
            return Decimal(str(read)) == wanted
        case bytes():
            return base64.b64decode(read) == wanted
        case dt.datetime():
            return dt.datetime.fromisoformat(read) == wanted
        case dt.date():
            return dt.date.fromisoformat(read) == wanted
        case dt.time():
            return dt.time.fromisoformat(read) == wanted
        case _:
            return bool(read == wanted)


def to_csv(table: pa.Table, **options: Any) -> str:
    out = io.BytesIO()
    dli_fast.write_csv(table, out, **options)
    return out.getvalue().decode()


def to_json(table: pa.Table, *, lines: bool) -> bytes:
    out = io.BytesIO()
    dli_fast.write_json(table, out, lines=lines)
    return out.getvalue()


@LIMITS
@given(tables())
def test_csv_reads_back_equal_with_the_csv_module(table: pa.Table) -> None:
    marked = pa.table({"row": range(len(table)), **{name: table[name] for name in table.column_names}})
    header, *rows = csv.reader(io.StringIO(to_csv(marked, null="\\N"), newline=""), strict=True)
    assert header == marked.column_names
    assert len(rows) == len(marked)
    for row, wanted in zip(rows, marked.to_pylist(), strict=True):
        for name, text in zip(header[1:], row[1:], strict=True):
            kind = marked.schema.field(name).type
            whole = kind.value_type if pa.types.is_dictionary(kind) or pa.types.is_run_end_encoded(kind) else kind
            if text == "\\N" and wanted[name] != "\\N":
                assert wanted[name] is None, (name, kind)
                continue
            read = json.loads(text, parse_float=str, parse_int=str) if pa.types.is_nested(whole) else text
            assert same(kind, read, wanted[name]), (name, kind, text, wanted[name])


@LIMITS
@given(tables(), st.booleans())
def test_json_reads_back_equal_with_the_json_module(table: pa.Table, lines: bool) -> None:
    text = to_json(table, lines=lines).decode()
    whole = f"[{','.join(text.removesuffix(chr(10)).split(chr(10)))}]" if lines else text
    rows = json.loads(whole, parse_float=str, parse_int=str)
    for row, wanted in zip(rows, table.to_pylist(), strict=True):
        assert list(row) == table.column_names
        for field in table.schema:
            assert same(field.type, row[field.name], wanted[field.name]), (field, row, wanted)


FLAT = [leaf for leaf in LEAVES if not pa.types.is_float16(leaf[0]) and not pa.types.is_decimal256(leaf[0])]


@st.composite
def flat(draw: st.DrawFn, kinds: list[tuple[pa.DataType, st.SearchStrategy[Any]]]) -> pa.Table:
    rows = draw(st.integers(1, 8))
    columns = {"row": pa.array(range(rows))}
    for at in range(draw(st.integers(1, 3))):
        kind, value = draw(st.sampled_from(kinds))
        columns[f"c{at}"] = pa.array(draw(st.lists(st.none() | value, min_size=rows, max_size=rows)), kind)
    return pa.table(columns)


PYARROW = [
    leaf for leaf in FLAT if str(leaf[0]) not in {"string_view", "binary_view"} and not pa.types.is_date64(leaf[0])
]


@LIMITS
@given(flat([leaf for leaf in PYARROW if "binary" not in str(leaf[0])]))
def test_csv_reads_back_equal_with_pyarrow(table: pa.Table) -> None:
    convert = pa.csv.ConvertOptions(
        column_types=table.schema,
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
        timestamp_parsers=[pa.csv.ISO8601],
    )
    parse = pa.csv.ParseOptions(newlines_in_values=True)
    read = pa.csv.read_csv(io.BytesIO(to_csv(table).encode()), convert_options=convert, parse_options=parse)
    assert read.equals(table)


@LIMITS
@given(flat([leaf for leaf in FLAT if str(leaf[0]) in {"bool", "int64", "double", "string", "int32", "timestamp[us]"}]))
def test_json_reads_back_equal_with_pyarrow(table: pa.Table) -> None:
    explicit = pa.json.ParseOptions(explicit_schema=table.schema, newlines_in_values=False)
    read = pa.json.read_json(io.BytesIO(to_json(table, lines=True)), parse_options=explicit)
    assert read.equals(table)


# What DuckDB calls the types, and the years it can read.
DUCKDB = {
    "bool": "BOOLEAN",
    "int8": "TINYINT",
    "int32": "INTEGER",
    "int64": "BIGINT",
    "uint64": "UBIGINT",
    "double": "DOUBLE",
    "float": "FLOAT",
    "decimal128(20, 4)": "DECIMAL(20,4)",
    "string": "VARCHAR",
    "date32[day]": "DATE",
    "time64[us]": "TIME",
    "timestamp[us]": "TIMESTAMP",
    "timestamp[us, tz=UTC]": "TIMESTAMPTZ",
}


@pytest.mark.parametrize("kind", ["csv", "json"])
@LIMITS
@given(table=flat([leaf for leaf in FLAT if str(leaf[0]) in DUCKDB]))
def test_files_read_back_equal_with_duckdb(
    kind: str, table: pa.Table, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.getbasetemp() / f"duck.{kind}"
    columns = {field.name: DUCKDB[str(field.type)] for field in table.schema}
    if kind == "csv":
        # DuckDB ends a value at NUL; everything else it must read as it was.
        if any(
            "\0" in text for name in table.column_names for text in table[name].to_pylist() if isinstance(text, str)
        ):
            return
        file.write_bytes(to_csv(table).encode())
        sql = "FROM read_csv($file, header = true, columns = $columns, nullstr = '', allow_quoted_nulls = false, quote = '\"')"
    else:
        # DuckDB reads a decimal of JSON by way of a double, which holds 15 digits: 11 before the point of this type.
        values = [value for name in table.column_names for value in table[name].to_pylist()]
        if any(isinstance(value, Decimal) and abs(value) >= 10**11 for value in values):
            return
        file.write_bytes(to_json(table, lines=True))
        sql = "FROM read_json($file, format = 'newline_delimited', columns = $columns)"
    with duckdb.connect(config={"threads": 1}) as connection:
        read = connection.sql(sql, params={"file": str(file), "columns": columns}).to_arrow_table().sort_by("row")
    for field in table.schema:
        assert read[field.name].cast(field.type).to_pylist() == table[field.name].to_pylist(), field


@LIMITS
@given(tables(), st.integers(1, 4))
def test_the_bytes_do_not_depend_on_workers_or_batches(table: pa.Table, workers: int) -> None:
    pieces = pa.Table.from_batches([table.combine_chunks().slice(at, 1).to_batches()[0] for at in range(len(table))])
    assert to_csv(table) == to_csv(pieces, workers=workers)
    assert to_json(table, lines=False) == to_json(pieces, lines=False)
