"""Pages of Trino's protocol: every type to its last digit, what is refused, and how pages wait."""

from __future__ import annotations

import base64
import contextlib
import json
import math
import threading
import time
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import dli_fast
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st


def stream(kind: Any, *pages: bytes) -> dli_fast.TrinoStream:
    """The stream of one column `c` of this kind, with these pages in it."""
    made = dli_fast.TrinoStream([("c", kind)])
    for page in pages:
        assert made.put(page, 0, len(page))
    made.finish()
    return made


def texts(kind: Any, *cells: str) -> list[str | None]:
    """What CSV says of these cells, which are JSON."""
    page = f"[{','.join(f'[{cell}]' for cell in cells)}]".encode()
    return [row[0] for row in dli_fast.collect(stream(kind, page)).texts()]


def values(kind: Any, *cells: Any) -> list[Any]:
    page = json.dumps([[cell] for cell in cells]).encode()
    return [row[0] for row in dli_fast.collect(stream(kind, page)).to_tuples()]


def refused(kind: Any, page: str | bytes) -> str:
    body = page.encode() if isinstance(page, str) else page
    made = stream(kind, body)
    with pytest.raises(dli_fast.SourceError) as caught:
        dli_fast.collect(made)
    assert made.failed is not None
    assert made.failed in str(caught.value)
    return made.failed


@pytest.mark.parametrize(
    ("kind", "cell", "text"),
    [
        ("boolean", "true", "true"),
        ("boolean", "false", "false"),
        ("tinyint", "-128", "-128"),
        ("smallint", "32767", "32767"),
        ("integer", "-2147483648", "-2147483648"),
        ("bigint", "9223372036854775807", "9223372036854775807"),
        ("bigint", "-9223372036854775808", "-9223372036854775808"),
        ("real", "3.4028235E38", "3.4028235e+38"),
        ("real", '"NaN"', "NaN"),
        ("double", "0.1", "0.1"),
        ("double", "-0.0", "-0.0"),
        ("double", "1.0E21", "1e+21"),
        ("double", "5.0E-324", "5e-324"),
        ("double", "1.7976931348623157E308", "1.7976931348623157e+308"),
        ("double", "123456789012345.6", "123456789012345.6"),
        ("double", '"Infinity"', "inf"),
        ("double", '"-Infinity"', "-inf"),
        (("decimal", 38, 0), f'"{"9" * 38}"', "9" * 38),
        (("decimal", 38, 38), f'"-0.{"9" * 38}"', f"-0.{'9' * 38}"),
        (("decimal", 12, 2), '"0.00"', "0.00"),
        (("decimal", 12, 2), '"-1.5"', "-1.50"),
        ("text", '"it\\"s \\u0000 \\ud83d\\ude00 \\/ 한글"', 'it"s \0 😀 / 한글'),
        ("text", "null", None),
        ("text", "12.50", "12.50"),
        ("binary", '"AAEC/w=="', "AAEC/w=="),
        ("binary", '""', ""),
        ("date", '"2024-02-29"', "2024-02-29"),
        ("date", '"-0001-12-31"', "-0001-12-31"),
        ("date", '"+10000-01-01"', "+10000-01-01"),
        (("time", 3), '"23:59:59.999"', "23:59:59.999000"),
        (("time", 9), '"23:59:59.999999999"', "23:59:59.999999999"),
        (("timestamp", 0), '"2020-01-01 00:00:00"', "2020-01-01T00:00:00"),
        (("timestamp", 3), '"1969-12-31 23:59:59.999"', "1969-12-31T23:59:59.999"),
        (("timestamp", 6), '"2020-01-01 00:00:00.000001"', "2020-01-01T00:00:00.000001"),
        (("timestamp", 9), '"1677-09-21 00:12:43.145224194"', "1677-09-21T00:12:43.145224194"),
        (("instant", 3), '"2020-07-01 12:00:00.000 UTC"', "2020-07-01T12:00:00.000Z"),
        (("instant", 3), '"2020-07-01 12:00:00.000 Asia/Seoul"', "2020-07-01T03:00:00.000Z"),
        (("instant", 3), '"2020-07-01 12:00:00.000 -09:30"', "2020-07-01T21:30:00.000Z"),
        (("instant", 0), '"2020-11-01 01:30:00 America/New_York"', "2020-11-01T05:30:00Z"),
        (("list", "bigint"), "[1,null,3]", "[1,null,3]"),
        (("list", "bigint"), "[]", "[]"),
        (("map", "text", "double"), '{"a":1.5,"b":null}', '{"a":1.5,"b":null}'),
        (("map", "bigint", "text"), '{"1":"x"}', '{"1":"x"}'),
        (("row", [("a", "bigint"), ("b", ("list", "text"))]), '[1,["x"]]', '{"a":1,"b":["x"]}'),
        (("row", [("a", "bigint")]), "null", None),
    ],
)
def test_a_cell_is_kept_to_its_last_digit(kind: Any, cell: str, text: str | None):
    assert texts(kind, cell) == [text]


@pytest.mark.parametrize(
    ("kind", "page", "said"),
    [
        ("bigint", '[["1"]]', "number"),
        ("bigint", "[[1.5]]", "1.5"),
        ("bigint", "[[9223372036854775808]]", "64 bits"),
        ("tinyint", "[[128]]", "out of range"),
        ("boolean", "[[1]]", "truth"),
        ("double", '[["x"]]', "number"),
        (("decimal", 3, 1), '[["100.0"]]', "decimal(3,1)"),
        (("decimal", 3, 1), '[["1.25"]]', "decimal(3,1)"),
        (("decimal", 3, 1), '[["1e2"]]', "decimal(3,1)"),
        (("decimal", 38, 2), f'[["{"9" * 60}"]]', "decimal(38,2)"),
        ("date", '[["2023-02-29"]]', "no date"),
        ("date", '[["2023-1-1"]]', "no date"),
        (("time", 3), '[["24:00:00"]]', "time"),
        (("timestamp", 0), '[["2020-01-01 00:00:00.5"]]', "finer"),
        (("timestamp", 9), '[["2300-01-01 00:00:00.000000000"]]', "out of the range"),
        (("instant", 3), '[["2020-01-01 00:00:00.000 Mars/Olympus"]]', "Mars/Olympus"),
        ("binary", '[["?"]]', "base64"),
        ("text", '[["\\ud800"]]', "surrogate"),
        ("text", "[[[1]]]", "nested"),
        ("text", '[["a"', "cut off"),
        ("text", '[["a"]', "cut off"),
        ("text", '[["a","b"]]', "expected"),
        ("text", "[[]]", "expected"),
        ("text", '[["a"]] x', "behind"),
        ("text", b'[["\xff"]]', "UTF-8"),
        ("text", '{"a": 1}', "expected"),
    ],
)
def test_what_is_no_value_of_the_column_ends_the_stream(kind: Any, page: str | bytes, said: str):
    assert said in refused(kind, page)


def test_an_error_with_a_nul_in_it_is_told():
    made = stream("bigint", b'[["a\\u0000b"]]')
    with pytest.raises(dli_fast.SourceError, match="number"):
        dli_fast.collect(made)


def test_an_error_names_row_and_column_over_all_pages():
    made = stream("bigint", b"[[1],[2]]", b"[[3],[true]]")
    with pytest.raises(dli_fast.SourceError, match=r'row 4, column "c"'):
        dli_fast.collect(made)


INTEGERS = st.integers(-(2**63), 2**63 - 1)
DECIMALS = st.decimals(min_value=-(10**20), max_value=10**20, places=6, allow_nan=False, allow_infinity=False)


@given(cells=st.lists(st.none() | st.floats(allow_nan=False, allow_infinity=False)))
def test_doubles_are_those_of_python(cells: list[float | None]):
    found = values("double", *cells)
    assert [None if cell is None else cell.hex() for cell in found] == [
        None if cell is None else cell.hex() for cell in cells
    ]


@given(digits=st.from_regex(r"\A-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,17})?\Z"))
def test_a_double_is_rounded_as_python_rounds_it(digits: str):
    page = f"[[{digits}]]".encode()
    [(found,)] = dli_fast.collect(stream("double", page)).to_tuples()
    assert found == float(digits)
    assert math.copysign(1, found) == math.copysign(1, float(digits))


@given(cells=st.lists(st.none() | INTEGERS))
def test_integers_are_those_of_python(cells: list[int | None]):
    assert values("bigint", *cells) == cells


@given(cells=st.lists(st.none() | st.text()), escaped=st.booleans())
def test_texts_are_those_of_python(cells: list[str | None], escaped: bool):
    page = json.dumps([[cell] for cell in cells], ensure_ascii=escaped).encode("utf-8", "surrogatepass")
    if any(cell and any("\ud800" <= character <= "\udfff" for character in cell) for cell in cells):
        return
    assert [row[0] for row in dli_fast.collect(stream("text", page)).to_tuples()] == cells


@given(cells=st.lists(DECIMALS))
def test_decimals_are_exact(cells: list[Decimal]):
    assert values(("decimal", 38, 6), *(f"{cell:f}" for cell in cells)) == cells


@given(cells=st.lists(st.dates()))
def test_dates_are_those_of_python(cells: list[date]):
    assert values("date", *(cell.isoformat() for cell in cells)) == cells


@given(cells=st.lists(st.datetimes()))
def test_timestamps_are_those_of_python(cells: list[datetime]):
    assert values(("timestamp", 6), *(cell.isoformat(" ", "microseconds") for cell in cells)) == cells


@given(cells=st.lists(st.datetimes(datetime(1971, 1, 1), datetime(2037, 1, 1), timezones=st.timezones())))
def test_instants_are_those_of_python(cells: list[datetime]):
    known = [cell for cell in cells if cell.fold == 0 and _exists(cell)]
    sent = [f"{cell.replace(tzinfo=None).isoformat(' ', 'microseconds')} {cell.tzinfo}" for cell in known]
    try:
        found = values(("instant", 6), *sent)
    except dli_fast.SourceError as problem:
        assert "is not known" in str(problem)
        return
    assert [cell.timestamp() for cell in found] == [cell.timestamp() for cell in known]


def _exists(cell: datetime) -> bool:
    return cell.astimezone(UTC).astimezone(cell.tzinfo).replace(tzinfo=None) == cell.replace(tzinfo=None)


@given(cells=st.lists(st.none() | st.binary()))
def test_binary_values_are_exact(cells: list[bytes | None]):
    assert values("binary", *(None if cell is None else base64.b64encode(cell).decode() for cell in cells)) == cells


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(
    head=st.dictionaries(st.text().filter(lambda name: name != "data"), JSON),
    data=JSON,
    indent=st.sampled_from([None, 1]),
)
def test_the_head_of_a_page_is_the_page_without_its_rows(head: dict[str, Any], data: Any, indent: int | None):
    body = json.dumps({**head, "data": data}, indent=indent).encode()
    found, span = dli_fast.trino_page(body)
    assert json.loads(found) == {**head, "data": None}
    assert (span is None) == (data is None)
    if span is not None:
        assert json.loads(body[span[0] : span[1]]) == data


@settings(max_examples=500)
@given(body=st.binary() | st.text(alphabet='{}[]",:\\dat0 nul').map(str.encode))
def test_no_bytes_are_too_hostile(body: bytes):
    with contextlib.suppress(ValueError):
        dli_fast.trino_page(body)
    for kind in ("text", "bigint", ("list", ("map", "text", ("row", [("a", "date")])))):
        made = dli_fast.TrinoStream([("c", kind)])
        made.put(body, 0, len(body))
        made.finish()
        with contextlib.suppress(dli_fast.SourceError):
            dli_fast.collect(made)


def test_a_page_of_brackets_alone_is_refused_at_once():
    with pytest.raises(ValueError, match="cut off"):
        dli_fast.trino_page(b'{"data":' + b"[" * 10_000_000)


def test_a_type_is_not_nested_without_end():
    kind: Any = "bigint"
    for _ in range(100):
        kind = ("list", kind)
    with pytest.raises(ValueError, match="64"):
        dli_fast.TrinoStream([("c", kind)])


@pytest.mark.parametrize("kind", ["nothing", ("decimal", 39, 0), ("decimal", 3, 4), ("timestamp", 10), ("list",), 7])
def test_a_kind_that_is_none_is_refused(kind: Any):
    with pytest.raises((ValueError, TypeError)):
        dli_fast.TrinoStream([("c", kind)])


# Pages that wait


def test_pages_that_nobody_reads_wait_within_their_bounds():
    made = dli_fast.TrinoStream([("c", "bigint")], capacity=100)
    page = b"[" + b",".join([b"[1]"] * 20) + b"]"
    done: list[int] = []

    def put() -> None:
        done.extend(number for number in range(5) if made.put(page, 0, len(page)))

    thread = threading.Thread(target=put)
    thread.start()
    time.sleep(0.2)
    assert done == [0]
    made.close()
    thread.join(1)
    assert not thread.is_alive()
    assert done == [0]


def test_a_page_larger_than_the_bounds_fits_alone():
    made = dli_fast.TrinoStream([("c", "bigint")], capacity=1)
    assert made.put(b"[[1]]", 0, 5)
    made.finish()
    assert len(dli_fast.collect(made)) == 1


@pytest.mark.parametrize("end", ["finish", "fail", "close"])
def test_a_reader_that_waits_is_woken(end: str):
    made = dli_fast.TrinoStream([("c", "bigint")])
    found: list[object] = []

    def read() -> None:
        try:
            found.append(len(dli_fast.collect(made)))
        except dli_fast.SourceError as problem:
            found.append(str(problem))

    thread = threading.Thread(target=read)
    thread.start()
    time.sleep(0.1)
    if end == "fail":
        made.fail("it broke")
    else:
        getattr(made, end)()
    thread.join(1)
    assert not thread.is_alive()
    assert found[0] == 0 if end == "finish" else ("it broke" if end == "fail" else "closed") in str(found[0])


def test_an_error_comes_behind_the_pages_that_are_in():
    made = dli_fast.TrinoStream([("c", "bigint")])
    made.put(b"[[1]]", 0, 5)
    made.fail("it broke")
    watch = dli_fast.Watch(made)
    with pytest.raises(dli_fast.SourceError, match="it broke"):
        dli_fast.collect(watch)
    assert watch.rows == 1


def test_a_reader_that_holds_the_interpreters_lock_does_not_starve_the_one_that_fetches():
    import polars as pl

    made = dli_fast.TrinoStream([("c", "bigint")], capacity=10)

    def put() -> None:
        for _ in range(50):
            time.sleep(0.001)
            made.put(b"[[1],[2]]", 0, 9)
        made.finish()

    thread = threading.Thread(target=put)
    thread.start()
    assert pl.DataFrame(made).height == 100
    thread.join()


# Segments


def segment(encoding: str, body: bytes, size: int | None, rows: int | None) -> list[Any]:
    made = dli_fast.TrinoStream([("c", "bigint")])
    assert made.put_segment(body, encoding, size, rows)
    made.finish()
    return [row[0] for row in dli_fast.collect(made).to_tuples()]


ROWS = b"[[1],[2],[3]]"
# A block of LZ4 of literals alone: the token says how many, 15 and what the next byte adds.
LZ4 = bytes([len(ROWS) << 4]) + ROWS


def zstd(data: bytes) -> bytes:
    import pyarrow as pa

    return pa.compress(data, codec="zstd", asbytes=True)


def test_a_segment_is_its_rows():
    assert segment("json", ROWS, None, 3) == [1, 2, 3]
    assert segment("json+lz4", LZ4, len(ROWS), 3) == [1, 2, 3]
    assert segment("json+zstd", zstd(ROWS), len(ROWS), None) == [1, 2, 3]


@pytest.mark.parametrize(
    ("encoding", "body", "size", "rows", "said"),
    [
        ("json", ROWS, None, 4, "announced 4"),
        ("json+lz4", LZ4, len(ROWS) + 1, 3, "announced"),
        ("json+lz4", LZ4, len(ROWS) - 1, 3, "decompressed"),
        ("json+lz4", b"\xf0", 100, 3, "decompressed"),
        ("json+zstd", b"no zstd", 100, 3, "decompressed"),
        ("json+zstd", zstd(b"[" * 10_000_000), 100, 3, "announced"),
        ("json+zstd", zstd(ROWS), None, 3, "without its size"),
        ("json+zstd", zstd(ROWS), 1 << 40, 3, "too large"),
    ],
)
def test_a_segment_that_is_not_as_announced_ends_the_stream(
    encoding: str, body: bytes, size: int | None, rows: int, said: str
):
    with pytest.raises(dli_fast.SourceError, match=said):
        segment(encoding, body, size, rows)


def test_an_encoding_that_is_none_is_refused():
    with pytest.raises(ValueError, match="avro"):
        dli_fast.TrinoStream([("c", "bigint")]).put_segment(b"", "avro")
