"""Values of BigQuery's REST API → Arrow, to the last digit, as another reader of Arrow sees them."""

from __future__ import annotations

import base64
import math
from datetime import UTC, date, datetime, time
from decimal import Decimal

import dli_fast
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dli_core.engines.bigquery.ipc import END, batch_message, schema_message
from dli_core.engines.bigquery.types import columns_of, json_paths, row_of


def stream(fields: list[dict], *pages: list[list]) -> bytes:
    columns = columns_of(fields)
    batches = [
        batch_message(columns, [row_of(columns, {"f": [{"v": v} for v in row]}) for row in page]) for page in pages
    ]
    return schema_message(columns) + b"".join(batches) + END


def table(fields: list[dict], *pages: list[list]) -> pa.Table:
    found = pa.ipc.open_stream(stream(fields, *pages)).read_all()
    found.validate()
    return found


def cells(fields: list[dict], *pages: list[list]) -> list[list[str | None]]:
    return dli_fast.collect(dli_fast.read_ipc(stream(fields, *pages))).texts()


def f(kind: str, **more: object) -> dict:
    return {"name": "x", "type": kind, **more}


# type → (Arrow's, [(as the API writes it, as Python has it, as the CSV has it)])
SCALARS = {
    "INTEGER": (
        pa.int64(),
        [("-9223372036854775808", -(2**63), "-9223372036854775808"), ("9223372036854775807", 2**63 - 1, None)],
    ),
    "FLOAT": (pa.float64(), [("Infinity", math.inf, "inf"), ("-Infinity", -math.inf, "-inf"), ("1.0E-7", 1e-7, None)]),
    "BOOLEAN": (pa.bool_(), [("true", True, "true"), ("false", False, "false")]),
    "STRING": (pa.string(), [("한글 \x00 😀", "한글 \x00 😀", "한글 \x00 😀"), ("", "", "")]),
    "BYTES": (pa.binary(), [("AP8=", b"\x00\xff", "AP8="), ("", b"", "")]),
    "NUMERIC": (
        pa.decimal128(38, 9),
        [
            ("99999999999999999999999999999.999999999", Decimal("99999999999999999999999999999.999999999"), None),
            ("-0.000000001", Decimal("-0.000000001"), "-0.000000001"),
        ],
    ),
    "BIGNUMERIC": (
        pa.decimal256(76, 38),
        [
            (
                "578960446186580977117854925043439539266.34992332820282019728792003956564819967",
                Decimal("578960446186580977117854925043439539266.34992332820282019728792003956564819967"),
                "578960446186580977117854925043439539266.34992332820282019728792003956564819967",
            ),
            ("-1E-38", Decimal("-1E-38"), "-0.00000000000000000000000000000000000001"),
        ],
    ),
    "DATE": (pa.date32(), [("0001-01-01", date.min, "0001-01-01"), ("9999-12-31", date.max, "9999-12-31")]),
    "TIME": (pa.time64("us"), [("23:59:59.999999", time.max, "23:59:59.999999"), ("00:00:00", time.min, None)]),
    "DATETIME": (
        pa.timestamp("us"),
        [
            ("0001-01-01T00:00:00", datetime.min, "0001-01-01T00:00:00.000000"),
            ("9999-12-31T23:59:59.999999", datetime.max, "9999-12-31T23:59:59.999999"),
        ],
    ),
    "TIMESTAMP": (
        pa.timestamp("us", "UTC"),
        [
            ("-62135596800000000", datetime.min.replace(tzinfo=UTC), "0001-01-01T00:00:00.000000Z"),
            ("253402300799999999", datetime.max.replace(tzinfo=UTC), "9999-12-31T23:59:59.999999Z"),
            ("1735787045.123456", datetime(2025, 1, 2, 3, 4, 5, 123456, UTC), "2025-01-02T03:04:05.123456Z"),
        ],
    ),
    "JSON": (pa.string(), [('{"a":1.10}', '{"a":1.10}', '{"a":1.10}')]),
    "GEOGRAPHY": (pa.string(), [("POINT(1 2)", "POINT(1 2)", "POINT(1 2)")]),
}


@pytest.mark.parametrize("kind", SCALARS)
def test_a_value_keeps_every_digit(kind: str):
    arrow, values = SCALARS[kind]
    found = table([f(kind)], [[written] for written, _, _ in values], [[None]])
    assert found.schema.field(0).type == arrow
    assert found.column(0).to_pylist() == [*(value for _, value, _ in values), None]
    texts = cells([f(kind)], [[written] for written, _, _ in values])
    assert [text for (text,), (_, _, shown) in zip(texts, values, strict=True) if shown is not None] == [
        shown for _, _, shown in values if shown is not None
    ]


def test_a_float_may_be_no_number():
    assert math.isnan(table([f("FLOAT64")], [["NaN"]]).column(0).to_pylist()[0])


def test_names_of_types_are_those_of_googlesql():
    fields = [
        f("INTEGER"),
        f("FLOAT"),
        f("BOOLEAN"),
        f("STRING", mode="REPEATED"),
        f("RECORD", fields=[{"name": "a", "type": "INTEGER"}, {"name": "b", "type": "JSON", "mode": "REPEATED"}]),
        f("RANGE", rangeElementType={"type": "TIMESTAMP"}),
    ]
    assert [column.type for column in columns_of(fields)] == [
        "INT64",
        "FLOAT64",
        "BOOL",
        "ARRAY<STRING>",
        "STRUCT<a INT64, b ARRAY<JSON>>",
        "RANGE<TIMESTAMP>",
    ]


def test_json_is_found_wherever_it_is():
    inner = {"name": "b", "type": "JSON", "mode": "REPEATED"}
    fields = [f("JSON"), f("STRING"), f("RECORD", mode="REPEATED", fields=[{"name": "a", "type": "STRING"}, inner])]
    assert json_paths(columns_of(fields)) == [[0], [2, 0, 1, 0]]


def test_arrays_and_structs_nest():
    inner = [{"name": "n", "type": "INTEGER"}, {"name": "s", "type": "STRING", "mode": "REPEATED"}]
    fields = [f("RECORD", mode="REPEATED", fields=inner)]
    full = [{"v": {"f": [{"v": "1"}, {"v": [{"v": "a"}, {"v": None}]}]}}, {"v": None}]
    found = table(fields, [[full], [[]], [None]])
    assert found.column(0).to_pylist() == [[{"n": 1, "s": ["a", None]}, None], [], []]
    assert str(found.schema.field(0).type) == "list<item: struct<n: int64, s: list<item: string>>>"


def test_a_null_array_is_empty_as_in_bigquery():
    assert table([f("INTEGER", mode="REPEATED")], [[None], [[{"v": "1"}]]]).column(0).to_pylist() == [[], [1]]


@pytest.mark.parametrize(
    ("written", "parts", "shown"),
    [
        ("1-2 3 4:5:6.7", (14, 3, 14_706_700_000_000), "P1Y2M3DT4H5M6.700000000S"),
        ("-1-2 -3 -4:5:6.000001", (-14, -3, -14_706_000_001_000), "P-1Y-2M-3DT-4H-5M-6.000001000S"),
        ("0-0 0 0:0:0", (0, 0, 0), "PT0S"),
    ],
)
def test_an_interval_has_months_days_and_nanoseconds(written: str, parts: tuple, shown: str):
    assert tuple(table([f("INTERVAL")], [[written]]).column(0).to_pylist()[0]) == parts
    assert cells([f("INTERVAL")], [[written]]) == [[shown]]


@pytest.mark.parametrize("written", ["0-0 0 87840000:0:0", "1 day", ""])
def test_an_interval_that_does_not_fit_is_no_other_one(written: str):
    with pytest.raises(ValueError, match=r"interval|INTERVAL"):
        table([f("INTERVAL")], [[written]])


def test_a_range_is_a_struct_whose_open_ends_are_null():
    fields = [f("RANGE", rangeElementType={"type": "DATE"})]
    found = table(
        fields, [["[2025-01-01, 2025-02-01)"], ["[UNBOUNDED, 2025-02-01)"], ["[2025-01-01, UNBOUNDED)"], [None]]
    )
    assert found.column(0).to_pylist() == [
        {"start": date(2025, 1, 1), "end": date(2025, 2, 1)},
        {"start": None, "end": date(2025, 2, 1)},
        {"start": date(2025, 1, 1), "end": None},
        None,
    ]
    with pytest.raises(ValueError, match="RANGE"):
        table(fields, [["2025-01-01"]])


def test_a_result_without_rows_keeps_its_columns():
    found = table([f("NUMERIC"), f("STRING", name="y", mode="REPEATED")], [])
    assert (found.num_rows, [str(kind) for kind in found.schema.types]) == (
        0,
        ["decimal128(38, 9)", "list<item: string>"],
    )


CELLS = st.fixed_dictionaries(
    {
        "i": st.none() | st.integers(-(2**63), 2**63 - 1),
        "n": st.none() | st.decimals(-(10**29) + 1, 10**29 - 1, allow_nan=False, places=9),
        "s": st.none() | st.text(),
        "b": st.none() | st.binary(),
        "t": st.none() | st.datetimes(),
        "o": st.none() | st.booleans(),
        "a": st.lists(st.none() | st.text()),
    }
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(CELLS, max_size=12), st.lists(CELLS, max_size=3))
def test_whatever_the_values_another_reader_finds_them(first: list[dict], second: list[dict]):
    kinds = {
        "i": "INTEGER",
        "n": "NUMERIC",
        "s": "STRING",
        "b": "BYTES",
        "t": "DATETIME",
        "o": "BOOLEAN",
        "a": "STRING",
    }
    fields = [{"name": n, "type": k, "mode": "REPEATED" if n == "a" else "NULLABLE"} for n, k in kinds.items()]
    pages = [[[_written(name, row[name]) for name in kinds] for row in page] for page in (first, second)]
    assert table(fields, *pages).to_pylist() == [*first, *second]


def _written(name: str, value: object) -> object:
    if value is None:
        return None
    if isinstance(value, list):
        return [{"v": item} for item in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.isoformat()
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
