"""The corner cases of CSV and JSON, one by one: what the text is, and that other readers take it for the same value.

Each test is a row of the table of corner cases; the literals are the promise of DESIGN §6.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import math
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import dli_fast
import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.csv
import pyarrow.json
import pytest

UTC_MICROS = pa.timestamp("us", "UTC")


def table(array: pa.Array, name: str = "v") -> pa.Table:
    return pa.table({name: array})


def to_csv(source: Any, **options: Any) -> str:
    out = io.BytesIO()
    written = dli_fast.write_csv(source, out, **options)
    assert written.rows == written.drained
    return out.getvalue().decode()


def to_json(source: Any, *, lines: bool = True, **options: Any) -> str:
    out = io.BytesIO()
    dli_fast.write_json(source, out, lines=lines, **options)
    return out.getvalue().decode()


def cells(array: pa.Array, **options: Any) -> list[str]:
    """The text of each value, as it stands in the file; `w` keeps an empty line from being the cell."""
    both = pa.table({"v": array, "w": pa.nulls(len(array))})
    lines = to_csv(both, header=False, **options).removesuffix("\n").split("\n")
    return [line.removesuffix(",") for line in lines]


def values(array: pa.Array, **options: Any) -> list[str]:
    """The JSON text of each value."""
    lines = to_json(table(array), **options).removesuffix("\n").split("\n")
    return [line.removeprefix('{"v":').removesuffix("}") for line in lines]


def read_by_duckdb(text: str, types: dict[str, str], folder: Path, *, null: str = "") -> list[tuple[Any, ...]]:
    file = folder / "read.csv"
    file.write_bytes(text.encode())
    with duckdb.connect() as connection:
        sql = "SELECT * FROM read_csv(?, header = true, columns = ?, nullstr = ?, allow_quoted_nulls = false, quote = '\"')"
        return connection.execute(sql, [str(file), types, null]).fetchall()


# --- numbers ------------------------------------------------------------------------------------------------------


def test_nan_and_infinities_are_words_in_csv_and_null_in_json() -> None:
    array = pa.array([math.nan, math.inf, -math.inf, -math.nan])
    assert cells(array) == ["NaN", "inf", "-inf", "NaN"]
    assert values(array) == ["null"] * 4
    assert cells(array.cast(pa.float32())) == ["NaN", "inf", "-inf", "NaN"]
    assert cells(array.cast(pa.float16())) == ["NaN", "inf", "-inf", "NaN"]


def test_nan_is_an_error_in_json_when_asked_for() -> None:
    with pytest.raises(dli_fast.DataError) as caught:
        to_json(table(pa.array([1.0, 2.0, math.nan])), nan="error")
    assert (caught.value.row, caught.value.column) == (3, "v")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (-0.0, "-0.0"),
        (0.0, "0.0"),
        (100.0, "100.0"),
        (1e16, "1e+16"),
        (1e15, "1000000000000000.0"),
        (123456789.125, "123456789.125"),
        (0.1, "0.1"),
        (0.1 + 0.2, "0.30000000000000004"),
        (1e-5, "0.00001"),
        (1e-7, "1e-7"),
        (5e-324, "5e-324"),
        (1.7976931348623157e308, "1.7976931348623157e+308"),
        (2.5, "2.5"),
        (19.99, "19.99"),
    ],
)
def test_a_double_has_its_shortest_text(value: float, text: str) -> None:
    array = pa.array([value])
    assert cells(array) == [text]
    assert values(array) == [text]
    assert math.copysign(1, float(text)) == math.copysign(1, value)
    assert float(text) == value
    assert to_csv(pl.DataFrame({"v": [value]})) == pl.DataFrame({"v": [value]}).write_csv()


def test_a_single_is_shortest_as_a_single() -> None:
    array = pa.array([0.1, 16777216.0, 3.4028235e38, 1e-45], pa.float32())
    assert cells(array) == ["0.1", "16777216.0", "3.4028235e+38", "1e-45"]
    assert values(array) == cells(array)


def test_a_half_is_shortest_as_a_half() -> None:
    assert cells(pa.array([0.1, 2048.0, 1.5], pa.float16())) == ["0.1", "2048.0", "1.5"]
    assert cells(pa.array([65504.0], pa.float16())) == ["65500.0"]  # the next half below is 65472


@pytest.mark.parametrize(
    ("kind", "limits"),
    [
        (pa.int8(), [-128, 127]),
        (pa.int16(), [-(2**15), 2**15 - 1]),
        (pa.int32(), [-(2**31), 2**31 - 1]),
        (pa.int64(), [-(2**63), 2**63 - 1, 2**53, 2**53 + 1]),
        (pa.uint8(), [0, 255]),
        (pa.uint16(), [0, 65535]),
        (pa.uint32(), [0, 2**32 - 1]),
        (pa.uint64(), [0, 2**64 - 1]),
    ],
)
def test_integers_keep_every_digit_up_to_their_limits(kind: pa.DataType, limits: list[int]) -> None:
    array = pa.array(limits, kind)
    assert cells(array) == [str(limit) for limit in limits]
    assert values(array) == [str(limit) for limit in limits]
    assert [json.loads(text) for text in values(array)] == limits
    assert to_csv(pl.from_arrow(table(array))) == pl.DataFrame(pl.from_arrow(table(array))).write_csv()


def test_json_numbers_beyond_a_double_can_be_strings() -> None:
    array = pa.array([2**53, 2**53 + 1, -(2**53), -(2**53) - 1])
    expected = ["9007199254740992", '"9007199254740993"', "-9007199254740992", '"-9007199254740993"']
    assert values(array, numbers="string") == expected
    assert values(pa.array([Decimal("1.10")]), numbers="string") == ['"1.10"']


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        (pa.decimal32(9, 2), "1234567.80", "1234567.80"),
        (pa.decimal64(18, 4), "-0.0001", "-0.0001"),
        (pa.decimal128(38, 0), "99999999999999999999999999999999999999", "99999999999999999999999999999999999999"),
        (pa.decimal128(20, 4), "1.5000", "1.5000"),
        (pa.decimal128(38, 38), "0.00000000000000000000000000000000000001", "0." + "0" * 37 + "1"),
        (pa.decimal256(76, 10), "-" + "9" * 66 + ".0000000001", "-" + "9" * 66 + ".0000000001"),
        (pa.decimal128(5, -3), "12E3", "12000"),
        (pa.decimal128(5, -3), "0E3", "0"),
    ],
)
def test_decimals_keep_their_scale_and_are_exact_in_json(kind: pa.DataType, value: str, text: str) -> None:
    array = pa.array([Decimal(value)], kind)
    assert cells(array) == [text]
    assert values(array) == [text]
    assert Decimal(text) == Decimal(value)


@pytest.mark.parametrize("scale", range(39))
def test_decimals_of_every_scale_and_size_have_all_their_digits(scale: int) -> None:
    numbers = [sign * (10**size + step) for size in range(38) for step in (-1, 0, 1) for sign in (1, -1)]
    numbers += [2**63 - 1, 2**63, 2**64 - 1, 2**64, 10**38 - 1, 1 - 10**38]
    unscaled = [number for number in numbers if number]
    texts = cells(
        pa.array(
            [Decimal((number < 0, tuple(map(int, str(abs(number)))), -scale)) for number in unscaled],
            pa.decimal128(38, scale),
        )
    )
    for number, text in zip(unscaled, texts, strict=True):
        digits = str(abs(number)).zfill(scale + 1)
        whole = f"{digits[:-scale]}.{digits[-scale:]}" if scale else digits
        assert text == ("-" if number < 0 else "") + whole


# --- null and quoting ---------------------------------------------------------------------------------------------


def test_null_is_empty_and_the_empty_string_is_quoted(tmp_path: Path) -> None:
    array = pa.array([None, "", "a"])
    assert cells(array) == ["", '""', "a"]
    assert values(array) == ["null", '""', '"a"']
    assert read_by_duckdb(to_csv(table(array)), {"v": "VARCHAR"}, tmp_path)[1:] == [("",), ("a",)]
    convert = pa.csv.ConvertOptions(strings_can_be_null=True, quoted_strings_can_be_null=False)
    both = pa.table({"v": array, "w": pa.array([1, 2, 3])})
    assert pa.csv.read_csv(io.BytesIO(to_csv(both).encode()), convert_options=convert).equals(both)


def test_a_null_alone_in_its_row_is_an_empty_line_unless_null_has_a_text() -> None:
    assert to_csv(table(pa.array(["a", None, "b"]))) == "v\na\n\nb\n"
    assert to_csv(table(pa.array(["a", None, "b"])), null="NULL") == "v\na\nNULL\nb\n"


def test_a_value_equal_to_the_null_text_is_quoted(tmp_path: Path) -> None:
    assert cells(pa.array([None, "NULL", "null"]), null="NULL")[1:] == ['"NULL",NULL', "null,NULL"]
    text = to_csv(table(pa.array(["NULL", "x"])), null="NULL")
    assert read_by_duckdb(text, {"v": "VARCHAR"}, tmp_path, null="NULL") == [("NULL",), ("x",)]
    assert to_csv(table(pa.array([7, 8])), null="7") == 'v\n"7"\n8\n'


@pytest.mark.parametrize("special", [",", '"', "\n", "\r", "\r\n", 'a"b', ' "', "x,\ny"])
def test_delimiter_quote_and_line_ends_are_quoted_also_a_lone_cr(special: str, tmp_path: Path) -> None:
    doubled = special.replace('"', '""')
    assert to_csv(table(pa.array([special]))) == f'v\n"{doubled}"\n'
    text = to_csv(pa.table({"v": [special], "w": [1]}))
    assert list(csv.reader(io.StringIO(text, newline="")))[1] == [special, "1"]
    assert read_by_duckdb(text, {"v": "VARCHAR", "w": "BIGINT"}, tmp_path) == [(special, 1)]
    read = pa.csv.read_csv(io.BytesIO(text.encode()), parse_options=pa.csv.ParseOptions(newlines_in_values=True))
    assert read["v"].to_pylist() == [special]
    assert json.loads(to_json(table(pa.array([special])))) == {"v": special}


def test_spaces_and_other_delimiters_are_not_quoted() -> None:
    assert cells(pa.array([" a ", ";", "\t", "'"])) == [" a ", ";", "\t", "'"]
    assert to_csv(pa.table({"a": ["x;y", "x,y"], "b": [1, 2]}), delimiter=";") == 'a;b\n"x;y";1\nx,y;2\n'


def test_control_characters_are_raw_in_csv_and_escaped_in_json() -> None:
    text = "".join(chr(code) for code in range(0x20)) + "\x7f"
    assert to_csv(table(pa.array([text]))) == f'v\n"{text}"\n'
    assert cells(pa.array(["a\0b"])) == ["a\0b"]
    short = {8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r"}
    escaped = "".join(short.get(code, f"\\u{code:04x}") for code in range(0x20))
    assert values(pa.array([text])) == [f'"{escaped}\x7f"']
    assert json.loads(values(pa.array([text]))[0]) == text


@pytest.mark.parametrize("code", [0, 1, 8, 0x0B, 0x0C, 0x1F, 0x7F])
@pytest.mark.parametrize(
    "make", [lambda text: text, lambda text: [text], lambda text: {"k": text}], ids=["text", "list", "struct"]
)
def test_a_control_character_is_an_error_where_that_is_wanted(code: int, make: Callable[[str], object]) -> None:
    source = pa.table({"n": [1, 2], "v": [make("tab\tand\r\n"), make(f"한 {chr(code)}")]})
    for write in (
        lambda **choice: dli_fast.write_csv(source, io.BytesIO(), **choice),
        lambda **choice: dli_fast.write_json(source, io.BytesIO(), lines=True, **choice),
    ):
        assert write().rows == 2
        with pytest.raises(dli_fast.DataError) as caught:
            write(control="error")
        assert (caught.value.column, caught.value.row) == ("v", 2)
        assert caught.value.message == f"the control character U+{code:04X} at byte 4 of the text"


def test_tabs_and_line_ends_are_no_control_characters() -> None:
    source = table(pa.array(["a\tb\r\n"]))
    assert to_csv(source, control="error") == 'v\n"a\tb\r\n"\n'


def test_json_escapes_only_what_it_must() -> None:
    array = pa.array(['"\\/<>&한é😀\u2028\ufeff'])
    assert values(array) == ['"\\"\\\\/<>&한é😀\u2028\ufeff"']


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_formulas_are_guarded_when_asked_for(start: str) -> None:
    cell = f"{start}1+1"
    quote = '"' if start == "\r" else ""
    assert cells(pa.array([cell, f"a{cell}"]), safe=True)[0] == f"{quote}'{cell}{quote}"
    assert cells(pa.array([cell]))[0] == f"{quote}{cell}{quote}"
    assert to_csv(pa.table({cell: [-1]}), safe=True) == f"{quote}'{cell}{quote}\n-1\n"


def test_numbers_and_times_are_no_formulas() -> None:
    assert cells(pa.array([-1, 5]), safe=True) == ["-1", "5"]
    assert cells(pa.array([-1.5]), safe=True) == ["-1.5"]


def test_a_bom_stands_first_and_one_in_the_first_cell_is_quoted() -> None:
    assert to_csv(table(pa.array([1])), bom=True) == "\ufeffv\n1\n"
    assert to_csv(table(pa.array(["\ufeffa", "a\ufeff"]))) == 'v\n"\ufeffa"\na\ufeff\n'
    assert to_csv(pa.table({"\ufeffv": [1]})) == '"\ufeffv"\n1\n'


# --- time ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "text"),
    [
        (0, "1970-01-01"),
        (-1, "1969-12-31"),
        (11_016, "2000-02-29"),
        (-719_162, "0001-01-01"),
        (-719_163, "0000-12-31"),
        (-719_528, "0000-01-01"),
        (-719_529, "-0001-12-31"),
        (2_932_896, "9999-12-31"),
        (2_932_897, "+10000-01-01"),
    ],
)
def test_dates_are_iso_and_signed_beyond_four_digits(days: int, text: str) -> None:
    assert cells(pa.array([days], pa.int32()).cast(pa.date32())) == [text]
    assert values(pa.array([days], pa.int32()).cast(pa.date32())) == [f'"{text}"']
    assert cells(pa.array([days * 86_400_000]).cast(pa.date64())) == [text]


@pytest.mark.parametrize("days", [2**31 - 1, 1 - 2**31])
def test_a_date_out_of_range_is_an_error_with_row_and_column(days: int) -> None:
    array = pa.array([0, 1, days], pa.int32()).cast(pa.date32())
    for write in (to_csv, to_json):
        with pytest.raises(dli_fast.DataError, match="row 3") as caught:
            write(table(array))  # type: ignore[operator]
        assert (caught.value.row, caught.value.column) == (3, "v")


@pytest.mark.parametrize("unit", ["s", "ms", "us"])
@pytest.mark.parametrize("extreme", [2**63 - 1, -(2**63)])
def test_a_timestamp_out_of_range_is_an_error(unit: str, extreme: int) -> None:
    for zone in (None, "UTC", "Asia/Seoul"):
        with pytest.raises(dli_fast.DataError, match="row 2"):
            to_csv(table(pa.array([0, extreme]).cast(pa.timestamp(unit, zone))))


@pytest.mark.parametrize(
    ("unit", "text"),
    [
        ("s", "2021-03-04T05:06:07"),
        ("ms", "2021-03-04T05:06:07.000"),
        ("us", "2021-03-04T05:06:07.000000"),
        ("ns", "2021-03-04T05:06:07.000000000"),
    ],
)
def test_timestamps_have_t_and_the_fixed_digits_of_their_unit(unit: str, text: str) -> None:
    array = pa.array([dt.datetime(2021, 3, 4, 5, 6, 7)], pa.timestamp(unit))
    assert cells(array) == [text]
    assert values(array) == [f'"{text}"']


def test_nanoseconds_reach_their_limits() -> None:
    array = pa.array([2**63 - 2, 2 - 2**63]).cast(pa.timestamp("ns"))
    assert cells(array) == ["2262-04-11T23:47:16.854775806", "1677-09-21T00:12:43.145224194"]


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        ("UTC", "2021-07-04T05:06:07.500000Z"),
        ("Europe/Amsterdam", "2021-07-04T07:06:07.500000+02:00"),
        ("Asia/Kolkata", "2021-07-04T10:36:07.500000+05:30"),
        ("America/St_Johns", "2021-07-04T02:36:07.500000-02:30"),
        ("+09:00", "2021-07-04T14:06:07.500000+09:00"),
        ("-03:30", "2021-07-04T01:36:07.500000-03:30"),
    ],
)
def test_zones_are_z_or_local_time_with_its_offset(zone: str, text: str) -> None:
    moment = dt.datetime(2021, 7, 4, 5, 6, 7, 500_000, tzinfo=dt.UTC)
    array = pa.array([moment], UTC_MICROS).cast(pa.timestamp("us", zone))
    assert cells(array) == [text]
    assert dt.datetime.fromisoformat(text) == moment


def test_summer_and_winter_have_their_own_offset() -> None:
    hours = [dt.datetime(2021, 10, 31, hour, 30, tzinfo=dt.UTC) for hour in (0, 1)]
    array = pa.array(hours, UTC_MICROS).cast(pa.timestamp("s", "Europe/Amsterdam"))
    assert cells(array) == ["2021-10-31T02:30:00+02:00", "2021-10-31T02:30:00+01:00"]


def test_an_unknown_zone_is_an_error_of_the_column() -> None:
    with pytest.raises(dli_fast.DataError) as caught:
        to_csv(table(pa.array([0]).cast(pa.timestamp("us", "Mars/Base"))))
    assert (caught.value.column, caught.value.row) == ("v", None)


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        (pa.time32("s"), 3661, "01:01:01"),
        (pa.time32("ms"), 3_661_001, "01:01:01.001"),
        (pa.time64("us"), 86_399_999_999, "23:59:59.999999"),
        (pa.time64("ns"), 1, "00:00:00.000000001"),
    ],
)
def test_times_have_the_digits_of_their_unit(kind: pa.DataType, value: int, text: str) -> None:
    width = pa.int32() if pa.types.is_time32(kind) else pa.int64()
    array = pa.array([value], width).cast(kind)
    assert cells(array) == [text]
    assert values(array) == [f'"{text}"']


def test_durations_and_intervals_are_iso_8601() -> None:
    assert cells(pa.array([90_061_000_001], pa.duration("us"))) == ["PT90061.000001S"]
    assert cells(pa.array([0, -1500], pa.duration("ms"))) == ["PT0.000S", "-PT1.500S"]
    array = pa.array([pa.MonthDayNano([14, 3, 5_000_000_000]), pa.MonthDayNano([0, 0, 0])])
    assert cells(array) == ["P1Y2M3DT5.000000000S", "PT0S"]


# --- nested, binary, and physical forms -----------------------------------------------------------------------------


def test_nested_values_are_json_text_in_csv_and_json_in_json() -> None:
    lists = pa.array([[1, None], [], None], pa.list_(pa.int32()))
    assert cells(lists) == ['"[1,null]"', "[]", ""]
    assert values(lists) == ["[1,null]", "[]", "null"]
    structs = pa.array([{"a": 1, "b": "x,y"}, None])
    assert cells(structs) == ['"{""a"":1,""b"":""x,y""}"', ""]
    assert values(structs) == ['{"a":1,"b":"x,y"}', "null"]
    maps = pa.array([[("k", 1), ('"', None)], None], pa.map_(pa.string(), pa.int32()))
    assert values(maps) == ['{"k":1,"\\"":null}', "null"]
    deep = pa.array([[{"m": [dt.date(2020, 1, 2)]}]])
    assert values(deep) == ['[{"m":["2020-01-02"]}]']


def test_binary_is_base64_or_hex() -> None:
    array = pa.array([b"\x00\xff\x10", b"", None])
    assert cells(array) == ["AP8Q", '""', ""]
    assert cells(array, binary="hex") == ["00ff10", '""', ""]
    assert values(array) == ['"AP8Q"', '""', "null"]
    assert cells(pa.array([b"\x00\xff"], pa.binary(2))) == ["AP8="]
    assert cells(array.cast(pa.large_binary())) == cells(array)
    assert cells(array.cast(pa.binary_view())) == cells(array)


def test_a_uuid_is_dashed_and_json_text_is_embedded_when_it_is_valid() -> None:
    raw = pa.array([bytes(range(16))], pa.binary(16))
    uuids = pa.ExtensionArray.from_storage(pa.uuid(), raw)
    assert cells(uuids) == ["00010203-0405-0607-0809-0a0b0c0d0e0f"]
    assert values(uuids) == ['"00010203-0405-0607-0809-0a0b0c0d0e0f"']
    texts = pa.array(['{"a": [1, 2]}', "{oops", None])
    embedded = pa.ExtensionArray.from_storage(pa.json_(), texts)
    assert values(embedded) == ['{"a":[1,2]}', '"{oops"', "null"]
    assert cells(embedded) == ['"{""a"": [1, 2]}"', "{oops", ""]


@pytest.mark.parametrize(
    "array",
    [
        pa.array(["a", None, "b,c", ""]).dictionary_encode(),
        pa.DictionaryArray.from_arrays(
            pa.array([0, None, 1, 2], pa.uint8()), pa.array(["a", "b,c", ""], pa.large_string())
        ),
        pa.DictionaryArray.from_arrays(pa.array([0, 3, 1, 2], pa.int64()), pa.array(["a", "b,c", "", None])),
        pa.RunEndEncodedArray.from_arrays(pa.array([1, 2, 3, 4], pa.int16()), pa.array(["a", None, "b,c", ""])),
        pa.array(["a", None, "b,c", ""], pa.string_view()),
        pa.array(["a", None, "b,c", ""], pa.large_string()),
        pa.concat_arrays([pa.array(["x"]), pa.array(["a", None, "b,c", ""])]).slice(1),
    ],
    ids=lambda array: f"{str(array.type)[:60]} {len(array)} {array.null_count} {array.offset}",
)
def test_dictionaries_runs_views_large_offsets_and_slices_are_their_values(array: pa.Array) -> None:
    assert cells(array) == ["a", "", '"b,c"', '""']
    assert values(array) == ['"a"', "null", '"b,c"', '""']
    assert cells(array.slice(1, 2)) == ["", '"b,c"']


def test_list_views_and_fixed_size_lists_are_lists() -> None:
    for kind in (pa.list_view(pa.int32()), pa.large_list_view(pa.int32()), pa.large_list(pa.int32())):
        assert values(pa.array([[1, 2], None, []], kind).slice(0, 3)) == ["[1,2]", "null", "[]"]
    assert values(pa.array([[1, 2], None, [3, None]], pa.list_(pa.int32(), 2))) == ["[1,2]", "null", "[3,null]"]


def test_a_union_is_the_value_it_holds() -> None:
    kinds = pa.array([0, 1, 0], pa.int8())
    sparse = pa.UnionArray.from_sparse(kinds, [pa.array([1, 2, 3]), pa.array(["x", "y", "z"])])
    assert values(sparse) == ["1", '"y"', "3"]
    dense = pa.UnionArray.from_dense(kinds, pa.array([0, 0, 1], pa.int32()), [pa.array([1, 3]), pa.array(["y,"])])
    assert cells(dense) == ["1", '"y,"', "3"]


# --- tables -------------------------------------------------------------------------------------------------------


def test_zero_rows_still_have_a_header_or_an_empty_array() -> None:
    empty = pa.table({"a": pa.array([], pa.int32()), "b,": pa.array([], pa.string())})
    assert to_csv(empty) == 'a,"b,"\n'
    assert to_csv(empty, header=False) == ""
    assert to_json(empty) == ""
    assert to_json(empty, lines=False) == "[]\n"


def test_zero_columns_are_an_error() -> None:
    for write in (to_csv, to_json):
        with pytest.raises(dli_fast.DataError, match="without columns"):
            write(pa.table({}))  # type: ignore[operator]


def test_names_twice_are_kept_in_csv_and_an_error_in_json() -> None:
    twice = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])
    assert to_csv(twice) == "a,a\n1,2\n"
    with pytest.raises(dli_fast.DataError) as caught:
        to_json(twice)
    assert caught.value.column == "a"


def test_an_empty_name_is_kept() -> None:
    assert to_csv(pa.table({"": [1], "b": [2]})) == '"",b\n1,2\n'
    assert to_json(pa.table({"": [1], "b": [2]})) == '{"":1,"b":2}\n'


def test_json_has_every_key_in_every_row() -> None:
    rows = pa.table({"a": [1, None], "b": ["x", None]})
    assert to_json(rows) == '{"a":1,"b":"x"}\n{"a":null,"b":null}\n'
    assert to_json(rows, lines=False) == '[\n{"a":1,"b":"x"},\n{"a":null,"b":null}\n]\n'
    assert json.loads(to_json(rows, lines=False)) == rows.to_pylist()
    assert pa.json.read_json(io.BytesIO(to_json(rows).encode())).equals(rows)


def broken_text() -> pa.Array:
    bad = pa.array([b"good", b"\xff\xfe", b"\xed\xa0\x80", b"end"])
    return pa.Array.from_buffers(pa.string(), len(bad), bad.buffers())


def test_text_that_is_not_utf8_is_an_error_with_row_and_column_or_replaced() -> None:
    for write in (to_csv, to_json):
        with pytest.raises(dli_fast.DataError, match="UTF-8") as caught:
            write(table(broken_text(), "name"))  # type: ignore[operator]
        assert (caught.value.row, caught.value.column) == (2, "name")
    assert cells(broken_text(), utf8="replace") == ["good", "\ufffd\ufffd", "\ufffd\ufffd\ufffd", "end"]


def test_the_row_of_an_error_counts_over_all_batches() -> None:
    batches = [pa.record_batch({"v": pa.array(["a"] * 1000)})] * 3 + [pa.record_batch({"v": broken_text()})]
    with pytest.raises(dli_fast.DataError) as caught:
        to_csv(pa.Table.from_batches(batches))
    assert caught.value.row == 3002


# --- against Polars -------------------------------------------------------------------------------------------------


def test_a_mixed_frame_is_byte_equal_to_polars() -> None:
    count = 5_000
    frame = pl.DataFrame(
        {
            "id": range(count),
            "price": [i * 7 % 1000 / 100 for i in range(count)],
            "wide": [i * 1e300 / 7 for i in range(count)],
            "flag": [None if i % 7 == 0 else i % 2 == 0 for i in range(count)],
            "text": [None if i % 5 == 0 else f'te"xt, {i}\n' * (i % 3) for i in range(count)],
            "day": [dt.date(2020, 1, 1) + dt.timedelta(days=i) for i in range(count)],
            "moment": [dt.datetime(2020, 1, 1) + dt.timedelta(microseconds=i * 10**9 + i) for i in range(count)],
            "amount": pl.Series([Decimal(i) / 100 for i in range(count)], dtype=pl.Decimal(20, 4)),
        }
    )
    assert to_csv(frame) == frame.write_csv(datetime_format="%Y-%m-%dT%H:%M:%S%.6f")
    plain = frame.select("id", "price", "flag", "text", "day")
    assert to_json(plain) == plain.write_ndjson()
