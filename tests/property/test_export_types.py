"""Random tables of every DuckDB type, exported and read back by others: nothing changes on the way.

literals ─▶ DuckDB (the truth) ─▶ SqlAPI.export ─▶ CSV, JSON, NDJSON ─▶ DuckDB's casts, csv, json, pyarrow
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.csv
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dli import SqlAPI
from dli_core.export.options import ExportOptions

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
AWKWARD = st.sampled_from(
    ["", " ", ",", '"', '""', "\n", "\r", "\r\n", "a,b", "'", "=1+1", "NULL", "null", "\ufeff", "한글", "\t"]
)
DATES = st.dates(date(1, 1, 1))
MOMENTS = st.datetimes(datetime.fromisoformat("0001-01-01"))
NS = st.datetimes(datetime.fromisoformat("1700-01-01"), datetime.fromisoformat("2250-01-01"))


def literal(text: str) -> str:
    """Any text, as SQL that is a template's plain text too."""
    return f"decode(unhex('{text.encode().hex()}'))"


def cast(value: object, kind: str) -> str:
    return f"CAST('{value}' AS {kind})"


def point(value: int, scale: int) -> str:
    digits = f"{value:0{scale + 1}d}"
    return f"{digits[: len(digits) - scale]}.{digits[len(digits) - scale :]}"


@dataclass(frozen=True)
class Kind:
    """A type, its literals, and how its text becomes the value again in SQL."""

    sql: str
    literals: st.SearchStrategy[str]
    back: str = "CAST({text} AS {sql})"
    arrow: pa.DataType | None = None  # what pyarrow's CSV reader can make of the text


def whole(sql: str, bits: int, *, signed: bool = True, arrow: pa.DataType | None = None) -> Kind:
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
    return Kind(sql, st.integers(low, high).map(lambda value: cast(value, sql)), arrow=arrow)


def exact(width: int, scale: int) -> Kind:
    limit = 10**width - 1
    sql = f"DECIMAL({width},{scale})"
    numbers = st.integers(-limit, limit).map(lambda value: cast(f"{'-' * (value < 0)}{point(abs(value), scale)}", sql))
    return Kind(sql, numbers, arrow=pa.decimal128(width, scale))


def floating(sql: str, width: int, arrow: pa.DataType) -> Kind:
    return Kind(sql, st.floats(width=width).map(lambda value: cast(repr(value), sql)), arrow=arrow)


def nested(sql: str, literals: st.SearchStrategy[str]) -> Kind:
    return Kind(sql, literals, back="CAST({text} AS JSON)::" + sql)


def texts(items: list[str]) -> str:
    return f"[{', '.join(map(literal, items))}]::VARCHAR[]"


def pairs(found: dict[str, int]) -> str:
    return f"MAP {{{', '.join(f'{literal(key)}: {value}' for key, value in found.items())}}}::MAP(VARCHAR, INTEGER)"


ITEMS = st.lists(st.one_of(st.just("NULL"), st.integers(-9, 9).map(str)), max_size=4)
KINDS = [
    Kind("BOOLEAN", st.sampled_from(["true", "false"]), arrow=pa.bool_()),
    whole("TINYINT", 8, arrow=pa.int8()),
    whole("SMALLINT", 16, arrow=pa.int16()),
    whole("INTEGER", 32, arrow=pa.int32()),
    whole("BIGINT", 64, arrow=pa.int64()),
    whole("HUGEINT", 128),
    whole("UTINYINT", 8, signed=False, arrow=pa.uint8()),
    whole("USMALLINT", 16, signed=False, arrow=pa.uint16()),
    whole("UINTEGER", 32, signed=False, arrow=pa.uint32()),
    whole("UBIGINT", 64, signed=False, arrow=pa.uint64()),
    whole("UHUGEINT", 128, signed=False),
    Kind("BIGNUM", st.integers(-(1 << 200), 1 << 200).map(lambda value: cast(value, "BIGNUM"))),
    floating("FLOAT", 32, pa.float32()),
    floating("DOUBLE", 64, pa.float64()),
    exact(4, 1),
    exact(9, 9),
    exact(18, 3),
    exact(38, 0),
    exact(38, 10),
    Kind("VARCHAR", st.one_of(TEXT, AWKWARD).map(literal), back="{text}", arrow=pa.string()),
    Kind("BLOB", st.binary(max_size=9).map(lambda v: f"unhex('{v.hex()}')"), back="from_base64({text})"),
    Kind("BIT", st.text("01", min_size=1, max_size=20).map(lambda value: cast(value, "BIT"))),
    Kind("UUID", st.uuids().map(lambda value: cast(value, "UUID"))),
    Kind("ENUM('a', 'b,c', '')", st.sampled_from(["a", "b,c", ""]).map(lambda v: cast(v, "ENUM('a', 'b,c', '')"))),
    Kind("DATE", DATES.map(lambda value: cast(value.isoformat(), "DATE")), arrow=pa.date32()),
    Kind("TIME", st.times().map(lambda value: cast(value.isoformat(), "TIME")), arrow=pa.time64("us")),
    Kind("TIME_NS", st.times().map(lambda value: cast(value.isoformat(), "TIME_NS"))),
    Kind("TIMETZ", st.times().map(lambda value: cast(f"{value.isoformat()}+05:30", "TIMETZ"))),
    Kind("TIMESTAMP", MOMENTS.map(lambda value: cast(value, "TIMESTAMP")), arrow=pa.timestamp("us")),
    Kind("TIMESTAMP_S", MOMENTS.map(lambda value: cast(value.replace(microsecond=0), "TIMESTAMP_S"))),
    Kind(
        "TIMESTAMP_MS", MOMENTS.map(lambda v: cast(v.replace(microsecond=v.microsecond // 1000 * 1000), "TIMESTAMP_MS"))
    ),
    Kind("TIMESTAMP_NS", NS.map(lambda value: cast(value, "TIMESTAMP_NS"))),
    Kind("TIMESTAMPTZ", MOMENTS.map(lambda value: cast(f"{value}+00", "TIMESTAMPTZ")), arrow=pa.timestamp("us", "UTC")),
    nested("INTEGER[]", ITEMS.map(lambda items: f"[{', '.join(items)}]::INTEGER[]")),
    nested("INTEGER[][]", st.lists(ITEMS, max_size=3).map(lambda rows: f"{rows}::INTEGER[][]".replace("'", ""))),
    nested(
        "INTEGER[3]", st.lists(st.integers(-9, 9), min_size=3, max_size=3).map(lambda items: f"{items}::INTEGER[3]")
    ),
    nested("VARCHAR[]", st.lists(st.one_of(TEXT, AWKWARD), max_size=3).map(texts)),
    nested(
        'STRUCT(a INTEGER, "b c" VARCHAR)',
        st.tuples(st.integers(-9, 9), TEXT).map(lambda pair: f"{{'a': {pair[0]}, 'b c': {literal(pair[1])}}}"),
    ),
    nested("MAP(VARCHAR, INTEGER)", st.dictionaries(TEXT, st.integers(-9, 9), max_size=3).map(pairs)),
]


@st.composite
def tables(draw: st.DrawFn, kinds: list[Kind]) -> tuple[list[Kind], str]:
    """Some columns, and the SQL of some rows of them; the first column numbers the rows."""
    columns = draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=6))
    cells = [st.one_of(st.just("NULL"), kind.literals) for kind in columns]
    rows = draw(st.lists(st.tuples(*cells), min_size=1, max_size=8))
    names = ", ".join(f"c{at}" for at in range(len(columns)))
    casts = ", ".join(f"CAST(c{at} AS {kind.sql}) AS c{at}" for at, kind in enumerate(columns))
    values = ", ".join(f"({number}, {', '.join(row)})" for number, row in enumerate(rows))
    return columns, f"SELECT n, {casts} FROM (VALUES {values}) t(n, {names})"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("types")


API = SqlAPI()
SETTINGS = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def truth(sql: str) -> duckdb.DuckDBPyConnection:
    """The rows as DuckDB itself holds them."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(f"CREATE TABLE truth AS {sql}")
    return connection


def cells(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_bytes().decode(), newline="")))


@SETTINGS
@given(table=tables(KINDS))
def test_duckdb_reads_the_values_back_from_csv(folder: Path, table: tuple[list[Kind], str]):
    columns, sql = table
    path = folder / "out.csv"
    API.export(sql, path)
    connection = truth(sql)
    names = ["n", *(f"c{at}" for at in range(len(columns)))]
    types = ", ".join(f"'{name}': 'VARCHAR'" for name in names)
    how = "auto_detect = false, header = true, quote = '\"', escape = '\"', nullstr = '', allow_quoted_nulls = false"
    connection.execute(f"CREATE TABLE found AS FROM read_csv('{path}', columns = {{{types}}}, {how})")
    for at, kind in enumerate(columns):
        back = kind.back.format(text=f"found.c{at}", sql=kind.sql)
        wrong = connection.execute(
            f"SELECT truth.c{at}, found.c{at} FROM truth LEFT JOIN found ON found.n::INTEGER = truth.n"
            f" WHERE found.n IS NULL OR truth.c{at} IS DISTINCT FROM {back}"
        ).fetchall()
        assert wrong == [], kind.sql


class Number(str):
    """The text of a number in JSON."""

    __slots__ = ()


def no_constant(name: str) -> None:
    pytest.fail(f"{name} is no JSON")


def read_json(text: str) -> Any:
    return json.loads(text, parse_float=Number, parse_int=Number, parse_constant=no_constant)


NUMBERS = re.compile(r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL.*")


def same(kind: Kind, value: Any, cell: str) -> bool:
    """Does JSON say of a value what CSV says?"""
    if value is None:
        return cell in {"", "NaN", "inf", "-inf"}
    if "[" in kind.sql or kind.sql.startswith(("STRUCT", "MAP")):
        return read_json(cell) == value
    if kind.sql == "BOOLEAN":
        return value is (cell == "true")
    number = NUMBERS.fullmatch(kind.sql) is not None and kind.sql != "UHUGEINT"  # beyond Arrow's 128 signed bits: text
    return value == cell and isinstance(value, Number) is number


@SETTINGS
@given(table=tables(KINDS))
def test_json_and_ndjson_say_what_csv_says(folder: Path, table: tuple[list[Kind], str]):
    columns, sql = table
    for name in ("out.csv", "out.json", "out.ndjson"):
        API.export(sql, folder / name)
    header, *rows = cells(folder / "out.csv")
    array = read_json((folder / "out.json").read_text())
    assert array == [read_json(line) for line in (folder / "out.ndjson").read_text().split("\n")[:-1]]
    assert len(array) == len(rows)
    for found, row in zip(array, rows, strict=True):
        assert list(found) == header
        for kind, value, cell in zip(columns, list(found.values())[1:], row[1:], strict=True):
            assert same(kind, value, cell), (kind.sql, value, cell)


@SETTINGS
@given(table=tables([kind for kind in KINDS if kind.arrow is not None]))
def test_pyarrow_reads_the_values_back_from_csv(folder: Path, table: tuple[list[Kind], str]):
    columns, sql = table
    path = folder / "out.csv"
    API.export(sql, path)
    types = {"n": pa.int32()} | {f"c{at}": kind.arrow for at, kind in enumerate(columns)}
    found = pyarrow.csv.read_csv(
        path,
        parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=types, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=False
        ),
    )
    with API.stream(sql) as stream:
        expected = pa.table(stream).cast(pa.schema(types))
    for name in types:
        assert_equal(found[name], expected[name])


def assert_equal(found: pa.ChunkedArray, expected: pa.ChunkedArray) -> None:
    for left, right in zip(found.to_pylist(), expected.to_pylist(), strict=True):
        both_nan = isinstance(left, float) and isinstance(right, float) and math.isnan(left) and math.isnan(right)
        assert both_nan or left == right


@SETTINGS
@given(
    table=tables(KINDS),
    kind=st.sampled_from(["csv", "json", "ndjson"]),
    compression=st.sampled_from(["gzip", "zstd"]),
)
def test_packed_is_the_same_text(folder: Path, table: tuple[list[Kind], str], kind: str, compression: Any):
    _, sql = table
    API.export(sql, folder / "plain", options=ExportOptions(format=kind))
    API.export(sql, folder / "packed", options=ExportOptions(format=kind, compression=compression))
    with pa.input_stream(str(folder / "packed"), compression=compression) as file:
        assert file.read() == (folder / "plain").read_bytes()


# DuckDB hands out HUGEINT as a decimal of 38 digits, and some have 39: Parquet refuses these.
IN_PARQUET = [kind for kind in KINDS if kind.sql != "HUGEINT"]
AS_TEXT = {"UHUGEINT", "BIGNUM", "BIT", "TIMETZ", "UUID"}


@SETTINGS
@given(table=tables(IN_PARQUET))
def test_duckdb_reads_the_values_back_from_parquet(folder: Path, table: tuple[list[Kind], str]):
    columns, sql = table
    path = folder / "out.parquet"
    API.export(sql, path)
    connection = truth(sql)
    for at, kind in enumerate(columns):
        back = f"CAST(found.c{at} AS {kind.sql})" if kind.sql in AS_TEXT else f"found.c{at}"
        wrong = connection.execute(
            f"SELECT truth.c{at}, found.c{at} FROM truth LEFT JOIN '{path}' AS found ON found.n = truth.n"
            f" WHERE found.n IS NULL OR truth.c{at} IS DISTINCT FROM {back}"
        ).fetchall()
        assert wrong == [], kind.sql
