"""Parquet and Arrow IPC: what is written is read back equal by others, what has no form is named, what is torn is noticed."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import io
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import dli_fast
import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

ROWS = 3_000


def parquet(source: Any, **options: Any) -> bytes:
    return written(dli_fast.write_parquet, source, **options)


def ipc(source: Any, **options: Any) -> bytes:
    return written(dli_fast.write_ipc, source, **options)


def written(write: Any, source: Any, **options: Any) -> bytes:
    """The bytes, once the receipt was checked against them."""
    out = io.BytesIO()
    result = write(source, out, **options)
    data = out.getvalue()
    assert (result.bytes, result.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert result.rows == result.drained
    return data


def triple(values: list[Any], kind: pa.DataType | None = None) -> pa.Array:
    return pa.array(values * (ROWS // 3), kind)


TYPES: dict[str, pa.Array] = {
    "bool": triple([True, None, False]),
    "int8": triple([127, None, -128], pa.int8()),
    "int16": triple([1, None, -(2**15)], pa.int16()),
    "int32": triple([1, None, -(2**31)], pa.int32()),
    "int64": triple([2**63 - 1, None, -(2**63)]),
    "uint8": triple([255, None, 0], pa.uint8()),
    "uint16": triple([2**16 - 1, None, 0], pa.uint16()),
    "uint32": triple([2**32 - 1, None, 0], pa.uint32()),
    "uint64": triple([2**64 - 1, None, 0], pa.uint64()),
    "half": triple([1.5, None, -0.0], pa.float16()),
    "float": triple([1.5, None, float("inf")], pa.float32()),
    "double": triple([1e300, None, -0.0]),
    "null": pa.nulls(ROWS),
    "text": triple(["a", None, "한글"]),
    "large text": triple(["a", None, ""], pa.large_string()),
    "text view": triple(["a", None, "longer than twelve bytes"], pa.string_view()),
    "binary": triple([b"\xff\x00", None, b""]),
    "large binary": triple([b"\xff", None, b""], pa.large_binary()),
    "binary view": triple([b"\xff" * 20, None, b""], pa.binary_view()),
    "fixed binary": triple([b"\xff\x00", None, b"ab"], pa.binary(2)),
    "date32": triple([dt.date(1, 1, 1), None, dt.date(9999, 12, 31)]),
    "date64": triple([dt.date(1, 1, 1), None, dt.date(1969, 12, 31)], pa.date64()),
    "timestamp s": triple([dt.datetime(1960, 1, 1), None, dt.datetime(2400, 1, 1)], pa.timestamp("s")),
    "timestamp ms": triple([dt.datetime(1960, 1, 1), None, dt.datetime(2400, 1, 1)], pa.timestamp("ms")),
    "timestamp us": triple([dt.datetime(1, 1, 1), None, dt.datetime(9999, 1, 1)], pa.timestamp("us")),
    "timestamp ns": triple([-1_000, None, 1_000], pa.timestamp("ns")),
    "timestamp zone": triple([0, None, 1], pa.timestamp("us", "Europe/Amsterdam")),
    "timestamp s zone": triple([0, None, 1], pa.timestamp("s", "Asia/Seoul")),
    "time s": triple([0, None, 86_399], pa.time32("s")),
    "time ms": triple([0, None, 86_399_999], pa.time32("ms")),
    "time us": triple([0, None, 86_399_999_999], pa.time64("us")),
    "time ns": triple([0, None, 86_399_999_999_000], pa.time64("ns")),
    "duration": triple([-5, None, 2**40], pa.duration("us")),
    "decimal32": triple([Decimal("1.23"), None, Decimal("-9.99")], pa.decimal32(3, 2)),
    "decimal64": triple([Decimal("1.23"), None, Decimal("-9.99")], pa.decimal64(12, 2)),
    "decimal128": triple([Decimal("1.23"), None, Decimal("-9.99")], pa.decimal128(5, 2)),
    "decimal wide": triple([Decimal(10**30), None, Decimal(-1)], pa.decimal128(38, 0)),
    "decimal256": triple([Decimal(10**50), None, Decimal(-1)], pa.decimal256(60, 2)),
    "decimal negative scale": triple([Decimal("12E3"), None, Decimal("-9E3")], pa.decimal128(5, -3)),
    "decimal256 negative scale": triple([Decimal("12E3"), None, Decimal("-9E3")], pa.decimal256(60, -3)),
    "list": triple([[1, None], None, []], pa.list_(pa.int32())),
    "large list": triple([["a", None], None, []], pa.large_list(pa.string())),
    "fixed list": triple([[1, 2], None, [3, None]], pa.list_(pa.int32(), 2)),
    "list view": triple([[1, 2], None, []], pa.list_view(pa.int32())),
    "struct": triple([{"x": 1, "y": "a"}, None, {"x": None, "y": "b"}]),
    "map": triple([[("k", 1), ("l", None)], None, []], pa.map_(pa.string(), pa.int64())),
    "list of seconds": triple([[0, None], None, []], pa.list_(pa.timestamp("s"))),
    "struct of dates": triple([{"d": dt.date(2020, 1, 1)}, None, {"d": None}], pa.struct([("d", pa.date64())])),
    "list of views": triple([["a long text of many bytes"], None, []], pa.list_(pa.string_view())),
    "dictionary": triple(["x", None, "y"]).dictionary_encode(),
    "dictionary of int": triple([5, None, 6]).dictionary_encode(),
    "dictionary of seconds": triple([5, None, 6], pa.timestamp("s")).dictionary_encode(),
    "runs": pa.RunEndEncodedArray.from_arrays([1_000, 2_000, 3_000], pa.array(["r", None, "q"])),
    "runs of dates": pa.RunEndEncodedArray.from_arrays(
        [1_000, 3_000], pa.array([dt.date(2020, 1, 1), None], pa.date64())
    ),
}


def as_python(column: pa.ChunkedArray) -> list[Any]:
    """Values of Python, whatever the type; nanoseconds as numbers."""
    if pa.types.is_time64(column.type) or (pa.types.is_timestamp(column.type) and column.type.unit == "ns"):
        column = column.cast(pa.int64())
    return column.to_pylist()


@pytest.mark.parametrize("compression", ["none", "zstd"])
@pytest.mark.parametrize("name", list(TYPES))
def test_every_type_reads_back_equal_from_parquet(name: str, compression: str) -> None:
    whole = pa.table({"v": TYPES[name]})
    for table in (whole, whole.slice(1_001, 1_111), whole.slice(0, 0)):
        read = pq.read_table(io.BytesIO(parquet(table, compression=compression)))
        assert as_python(read["v"]) == as_python(table["v"]), read.schema


@pytest.mark.parametrize("form", ["file", "stream"])
@pytest.mark.parametrize("compression", ["none", "lz4", "zstd"])
@pytest.mark.parametrize("name", list(TYPES))
def test_every_type_reads_back_equal_from_ipc(name: str, compression: str, form: str) -> None:
    whole = pa.table({"v": TYPES[name]})
    for table in (whole, whole.slice(1_001, 1_111), whole.slice(0, 0)):
        data = ipc(table, compression=compression, format=form)
        read = pa.ipc.open_file(data) if form == "file" else pa.ipc.open_stream(data)
        for mine in (read.read_all(), pa.table(dli_fast.read_ipc(data))):
            mine.validate(full=True)
            assert mine.schema == table.schema
            assert mine.equals(table)


def test_unions_are_kept_in_ipc_and_refused_by_parquet() -> None:
    kinds = pa.array([0, 1, 0], pa.int8())
    union = pa.UnionArray.from_sparse(kinds, [pa.array([1, 2, 3]), pa.array(["x", "y", "z"])])
    table = pa.table({"ok": [1, 2, 3], "either": union})
    assert pa.table(dli_fast.read_ipc(ipc(table)))["either"].to_pylist() == [1, "y", 3]
    with pytest.raises(dli_fast.DataError, match="union") as caught:
        parquet(table)
    assert (caught.value.column, caught.value.row) == ("either", None)


@pytest.mark.parametrize("compression", ["none", "snappy", "gzip", "zstd"])
def test_polars_and_duckdb_read_our_parquet(compression: str, tmp_path: Path) -> None:
    table = pa.table(
        {"i": range(10_000), "s": [f"text {i % 100}" for i in range(10_000)], "d": [i / 4 for i in range(10_000)]}
    )
    file = tmp_path / "a.parquet"
    file.write_bytes(parquet(table, compression=compression))
    assert pl.read_parquet(file).equals(pl.DataFrame(pl.from_arrow(table)))
    with duckdb.connect() as connection:
        assert connection.execute(f"SELECT count(*), sum(i), max(s) FROM '{file}'").fetchone() == (
            10_000,
            49_995_000,
            "text 99",
        )
    codecs = {column.compression for column in _columns(pq.ParquetFile(file).metadata)}
    assert codecs == {"UNCOMPRESSED" if compression == "none" else compression.upper()}


def _columns(metadata: Any) -> list[Any]:
    groups = (metadata.row_group(at) for at in range(metadata.num_row_groups))
    return [group.column(at) for group in groups for at in range(metadata.num_columns)]


@pytest.mark.parametrize("compression", ["uncompressed", "lz4", "zstd"])
def test_we_read_the_ipc_of_polars_and_it_reads_ours(compression: Any) -> None:
    frame = pl.DataFrame({"s": ["a", None, "long enough to be no inline view"], "n": [1, 2, None]})
    out = io.BytesIO()
    frame.write_ipc(out, compression=compression)
    assert pl.DataFrame(dli_fast.read_ipc(out.getvalue())).equals(frame)
    stream = io.BytesIO()
    frame.write_ipc_stream(stream, compression=compression)
    assert pl.DataFrame(dli_fast.read_ipc(stream.getvalue())).equals(frame)
    assert pl.read_ipc(ipc(frame)).equals(frame)
    assert pl.read_ipc_stream(ipc(frame, format="stream")).equals(frame)


def test_intervals_become_interval_where_parquet_has_them(tmp_path: Path) -> None:
    file = tmp_path / "a.parquet"
    with duckdb.connect() as connection:
        relation = connection.sql("SELECT INTERVAL '14 months 3 days 5500 milliseconds' AS v UNION ALL SELECT NULL")
        file.write_bytes(parquet(relation))
        assert connection.sql(f"SELECT DISTINCT typeof(v) FROM '{file}'").fetchall() == [("INTERVAL",)]
        sql = f"SELECT v = INTERVAL '14 months 3 days 5500 milliseconds' FROM '{file}' WHERE v IS NOT NULL"
        assert connection.sql(sql).fetchall() == [(True,)]


@pytest.mark.parametrize("value", [(-1, 0, 0), (0, -1, 0), (0, 0, -1_000_000), (0, 0, 1)])
def test_an_interval_that_parquet_cannot_hold_is_an_error_with_its_row(value: tuple[int, int, int]) -> None:
    array = pa.array([pa.MonthDayNano([0, 0, 0])] * 5 + [pa.MonthDayNano(value)])
    with pytest.raises(dli_fast.DataError, match="interval") as caught:
        parquet(pa.table({"v": array}))
    assert (caught.value.column, caught.value.row) == ("v", 6)


def test_a_uuid_and_json_keep_their_meaning_in_parquet() -> None:
    uuids = pa.ExtensionArray.from_storage(pa.uuid(), pa.array([bytes(range(16))], pa.binary(16)))
    table = pa.table({"u": uuids, "j": pa.ExtensionArray.from_storage(pa.json_(), pa.array(["{}"]))})
    schema = pq.ParquetFile(io.BytesIO(parquet(table))).schema
    assert schema.column(0).logical_type.type == "UUID"
    assert schema.column(1).logical_type.type == "JSON"


def broken(kind: pa.DataType, at: int, rows: int) -> pa.Array:
    raw = pa.array([b"good"] * at + [b"\xff"] + [b"x"] * (rows - at - 1))
    text = pa.Array.from_buffers(pa.string(), rows, raw.buffers())
    return text if kind == pa.string() else text.cast(kind)


@pytest.mark.parametrize("write", [dli_fast.write_parquet, dli_fast.write_ipc])
def test_text_that_is_not_utf8_is_an_error_with_row_and_column(write: Any) -> None:
    good = pa.record_batch({"a": range(700), "t": ["ok"] * 700})
    bad = pa.record_batch({"a": range(300), "t": broken(pa.string(), 123, 300)})
    with pytest.raises(dli_fast.DataError, match="UTF-8") as caught:
        write(pa.Table.from_batches([good, bad]), io.BytesIO())
    assert (caught.value.column, caught.value.row) == ("t", 824)


@pytest.mark.parametrize("write", [dli_fast.write_parquet, dli_fast.write_ipc])
def test_bad_text_is_found_inside_of_nested_and_dictionary_values(write: Any) -> None:
    inner = broken(pa.string(), 1, 3)
    nested = pa.StructArray.from_arrays([inner], names=["t"])
    listed = pa.ListArray.from_arrays(pa.array([0, 1, 2, 3], pa.int32()), inner)
    coded = pa.DictionaryArray.from_arrays(pa.array([0, 1, 2], pa.int8()), inner)
    for array in (nested, listed, coded):
        with pytest.raises(dli_fast.DataError, match="UTF-8") as caught:
            write(pa.table({"v": array}), io.BytesIO())
        assert caught.value.row == 2, array.type


def test_bytes_under_a_null_do_not_matter() -> None:
    raw = pa.array([b"good", b"\xff", b"end"])
    _, offsets, data = raw.buffers()
    text = pa.Array.from_buffers(pa.string(), 3, [pa.py_buffer(b"\x05"), offsets, data])
    table = pa.table({"t": text})
    assert pq.read_table(io.BytesIO(parquet(table)))["t"].to_pylist() == ["good", None, "end"]
    assert pa.table(dli_fast.read_ipc(ipc(table)))["t"].to_pylist() == ["good", None, "end"]


def test_a_decimal_beyond_its_precision_is_an_error_and_not_cut() -> None:
    wide = pa.array([Decimal(1), Decimal(10**12)], pa.decimal128(38, 0))
    lying = pa.Array.from_buffers(pa.decimal128(5, 0), 2, wide.buffers())
    for write in (parquet, ipc):
        with pytest.raises(dli_fast.DataError, match="5 digits") as caught:
            write(pa.table({"v": lying}))
        assert caught.value.row == 2


def test_names_twice_are_kept_in_ipc_and_an_error_in_parquet() -> None:
    twice = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])
    assert dli_fast.read_ipc(ipc(twice)).names == ["a", "a"]
    with pytest.raises(dli_fast.DataError, match="twice"):
        parquet(twice)


def test_a_table_without_columns_is_an_error() -> None:
    for write in (parquet, ipc):
        with pytest.raises(dli_fast.DataError, match="without columns"):
            write(pa.table({}))


def test_row_groups_are_bounded_in_bytes() -> None:
    noise = os.urandom(64_000)
    batches = [pa.record_batch({"b": [noise[at : at + 1_000] for at in range(i % 50, 63_000, 63)]}) for i in range(64)]
    source = pa.Table.from_batches(batches)
    metadata = pq.ParquetFile(io.BytesIO(parquet(source, compression="none"))).metadata
    sizes = [metadata.row_group(at).total_byte_size for at in range(metadata.num_row_groups)]
    assert len(sizes) >= 3
    assert max(sizes) < 12 << 20
    assert min(sizes[:-1]) > 6 << 20


def test_small_batches_share_a_row_group_and_bytes_do_not_depend_on_workers_or_time() -> None:
    batch = pa.record_batch({"a": range(10), "s": [str(i) * 5 for i in range(10)]})
    source = pa.Table.from_batches([batch] * 5_000)
    one = parquet(source, workers=1)
    assert pq.ParquetFile(io.BytesIO(one)).metadata.num_row_groups == 1
    assert all(parquet(source, workers=workers) == one for workers in (2, 5))
    assert ipc(source, workers=1) == ipc(source, workers=4)


def test_a_slice_of_views_does_not_bring_the_whole_buffer() -> None:
    frame = pl.DataFrame({"s": [f"a text of some length, number {i:09}" for i in range(200_000)]})
    assert len(ipc(frame.slice(100, 50))) < 10_000
    assert len(ipc(frame)) < 200_000 * 64


def test_dictionaries_that_grow_are_sent_as_what_is_new() -> None:
    pieces = [
        pa.DictionaryArray.from_arrays(pa.array([0, 1], pa.int32()), pa.array(["a", "b"])),
        pa.DictionaryArray.from_arrays(pa.array([1, 2], pa.int32()), pa.array(["a", "b", "c"])),
    ]
    batches = [pa.record_batch({"d": piece}) for piece in pieces]
    for form in ("file", "stream"):
        data = ipc(pa.Table.from_batches(batches), format=form)
        theirs = pa.ipc.open_file(data) if form == "file" else pa.ipc.open_stream(data)
        for read in (pa.table(dli_fast.read_ipc(data)), theirs.read_all()):
            assert read["d"].to_pylist() == ["a", "b", "b", "c"]


@pytest.mark.parametrize("form", ["file", "stream"])
def test_dictionaries_that_differ_by_batch_are_read_back(form: str) -> None:
    pieces = [
        pa.DictionaryArray.from_arrays(pa.array([0, 1, None], pa.int8()), pa.array(["a", "b"])),
        pa.DictionaryArray.from_arrays(pa.array([0, 1], pa.int8()), pa.array(["z", "a"])),
        pa.DictionaryArray.from_arrays(pa.array([0], pa.int8()), pa.array(["b"])),
    ]
    table = pa.Table.from_batches([pa.record_batch({"d": piece}) for piece in pieces])
    data = ipc(table, format=form)
    read = (pa.ipc.open_file(data) if form == "file" else pa.ipc.open_stream(data)).read_all()
    for mine in (read, pa.table(dli_fast.read_ipc(data))):
        assert mine["d"].to_pylist() == ["a", "b", None, "z", "a", "b"]


def test_a_dictionary_that_outgrows_its_keys_is_an_error_of_the_file_format() -> None:
    keys = pa.array(range(100), pa.int8())
    pieces = [pa.DictionaryArray.from_arrays(keys, pa.array([f"{part} {i}" for i in range(100)])) for part in range(2)]
    table = pa.Table.from_batches([pa.record_batch({"d": piece}) for piece in pieces])
    with pytest.raises(dli_fast.DataError) as caught:
        ipc(table)
    assert (caught.value.column, caught.value.row) == ("d", 101)
    assert len(pa.table(dli_fast.read_ipc(ipc(table, format="stream")))) == 200


@pytest.mark.parametrize("kind", [pa.int64(), pa.binary(), pa.timestamp("us"), pa.decimal128(28, 2), pa.string_view()])
def test_dictionaries_of_every_kind_of_value_are_joined_in_a_file(kind: pa.DataType) -> None:
    def piece(*numbers: int) -> pa.Array:
        texts = pa.array([f"{number} and a long rest of a value" for number in numbers])
        values = texts.cast(kind) if "string" in str(kind) or "binary" in str(kind) else pa.array(numbers).cast(kind)
        return pa.DictionaryArray.from_arrays(pa.array([0, 1, None], pa.int32()), values)

    batches = [pa.record_batch({"d": piece(*numbers)}) for numbers in ((1, 2), (2, 3), (3, 1), (1, 2))]
    table = pa.Table.from_batches(batches)
    data = ipc(table)
    for read in (pa.table(dli_fast.read_ipc(data)), pa.ipc.open_file(data).read_all()):
        assert read["d"].to_pylist() == table["d"].to_pylist()
        assert len(read["d"].chunk(3).dictionary) == 3


def test_a_dictionary_value_that_no_row_names_must_be_text_too() -> None:
    coded = pa.DictionaryArray.from_arrays(pa.array([0, 2], pa.int8()), broken(pa.string(), 1, 3))
    with pytest.raises(dli_fast.DataError, match="UTF-8"):
        ipc(pa.table({"v": coded}))
    assert pq.read_table(io.BytesIO(parquet(pa.table({"v": coded}))))["v"].to_pylist() == ["good", "x"]


# --- reading ------------------------------------------------------------------------------------------------------


SAMPLE = pa.table({"i": range(50_000), "s": [f"row {i}" for i in range(50_000)]})


@pytest.mark.parametrize("form", ["file", "stream"])
def test_bytes_descriptors_pipes_and_objects_are_read(form: str, tmp_path: Path) -> None:
    data = ipc(SAMPLE, format=form)
    file = tmp_path / "a.arrow"
    file.write_bytes(data)
    with file.open("rb") as opened:
        assert pa.table(dli_fast.read_ipc(opened.fileno())).equals(SAMPLE)
    with file.open("rb") as opened:
        assert pa.table(dli_fast.read_ipc(opened)).equals(SAMPLE)
    assert pa.table(dli_fast.read_ipc(Trickle(data))).equals(SAMPLE)
    assert pa.table(dli_fast.read_ipc(data)).equals(SAMPLE)


def test_a_file_in_the_middle_of_a_descriptor_or_a_pipe_is_read_from_there(tmp_path: Path) -> None:
    file = tmp_path / "a.arrow"
    file.write_bytes(b"before" + ipc(SAMPLE))
    with file.open("rb", buffering=0) as opened:
        opened.read(6)
        assert pa.table(dli_fast.read_ipc(opened.fileno())).equals(SAMPLE)
    small = pa.table({"a": [1, 2]})
    reader, writer = os.pipe()
    os.write(writer, ipc(small))
    os.close(writer)
    with os.fdopen(reader, "rb") as opened:
        assert pa.table(dli_fast.read_ipc(opened.fileno())).equals(small)


class Trickle:
    """An object that gives what it likes, never more than asked for."""

    def __init__(self, data: bytes, piece: int = 777) -> None:
        self.rest, self.piece = data, piece

    def read(self, size: int) -> bytes:
        taken, self.rest = self.rest[: min(size, self.piece)], self.rest[min(size, self.piece) :]
        return taken


@pytest.mark.parametrize("form", ["file", "stream"])
def test_a_stream_cut_anywhere_is_an_error(form: str) -> None:
    table = pa.table({"i": [1, 2, 3], "s": ["a", "b", None]})
    data = ipc(pa.concat_tables([table] * 3), format=form)
    for cut in range(len(data)):
        with pytest.raises(dli_fast.SourceError):
            dli_fast.collect(dli_fast.read_ipc(data[:cut]))
        with pytest.raises(dli_fast.SourceError):
            dli_fast.collect(dli_fast.read_ipc(Trickle(data[:cut])))


@pytest.mark.parametrize(
    "junk",
    [b"", b"\0" * 100, b"PAR1" + b"x" * 100, b"\xff" * 8 + b"x", b"\xff\xff\xff\xff\xff\xff\xff\x7f", b"FEA1....."],
)
def test_junk_is_an_error(junk: bytes) -> None:
    with pytest.raises(dli_fast.SourceError):
        dli_fast.read_ipc(junk)


def test_flipped_bytes_never_crash_and_lengths_are_not_believed() -> None:
    data = ipc(pa.table({"i": [1, 2, 3], "s": ["a", "b", None], "l": [[1], [], None]}), format="stream")
    for at in range(len(data)):
        for flip in (0x01, 0x80, 0xFF):
            changed = bytearray(data)
            changed[at] ^= flip
            with contextlib.suppress(dli_fast.SourceError):
                dli_fast.collect(dli_fast.read_ipc(bytes(changed)))


def test_an_object_that_raises_raises_itself() -> None:
    class Broken(Trickle):
        def read(self, size: int) -> bytes:
            if len(self.rest) < 300_000:
                raise ConnectionResetError("gone")
            return super().read(size)

    data = ipc(SAMPLE, format="stream")
    with pytest.raises(ConnectionResetError, match="gone"):
        dli_fast.read_ipc(Broken(data[:1_000]))
    stream = dli_fast.read_ipc(Broken(data, 4096))
    with pytest.raises(ConnectionResetError, match="gone"):
        dli_fast.write_csv(stream, io.BytesIO())


@pytest.mark.parametrize("answer", [None, "text", b"x" * 10_000_000])
def test_an_object_that_answers_nonsense_is_an_error(answer: Any) -> None:
    class Odd:
        def read(self, size: int) -> Any:
            return answer

    with pytest.raises((dli_fast.SourceError, TypeError, ValueError)):
        dli_fast.read_ipc(Odd())  # type: ignore[arg-type]


def test_a_stream_is_read_once() -> None:
    stream = dli_fast.read_ipc(ipc(SAMPLE))
    pa.table(stream)
    with pytest.raises(RuntimeError, match="once"):
        pa.table(stream)


def test_the_metadata_of_the_last_message_is_shown() -> None:
    out = io.BytesIO()
    batch = pa.record_batch({"a": [1]})
    with pa.ipc.new_stream(out, batch.schema) as writer:
        writer.write_batch(batch)
        writer.write_batch(batch.slice(0, 0), custom_metadata={"dli.end": "1"})
    stream = dli_fast.read_ipc(out.getvalue())
    assert stream.metadata == {}
    assert len(dli_fast.collect(stream)) == 1
    assert stream.metadata == {"dli.end": "1"}


def test_an_ipc_stream_goes_through_every_writer() -> None:
    data = ipc(SAMPLE, format="stream", compression="zstd")
    assert pq.read_table(io.BytesIO(parquet(dli_fast.read_ipc(data)))).equals(SAMPLE)
    out = io.BytesIO()
    assert dli_fast.write_csv(dli_fast.read_ipc(data), out).rows == len(SAMPLE)


@pytest.mark.parametrize(
    ("write", "options"),
    [
        (dli_fast.write_parquet, {"compression": "lzma"}),
        (dli_fast.write_parquet, {"compression": "snappy", "level": 3}),
        (dli_fast.write_parquet, {"compression": "zstd", "level": 23}),
        (dli_fast.write_parquet, {"compression": "gzip", "level": 10}),
        (dli_fast.write_parquet, {"workers": 0}),
        (dli_fast.write_ipc, {"format": "feather"}),
        (dli_fast.write_ipc, {"compression": "gzip"}),
        (dli_fast.write_ipc, {"compression": "lz4", "level": 1}),
        (dli_fast.write_ipc, {"level": 1}),
    ],
)
def test_options_out_of_range_are_value_errors(write: Any, options: dict[str, Any]) -> None:
    out = io.BytesIO()
    with pytest.raises(ValueError, match=r"."):
        write(SAMPLE, out, **options)
    assert out.getvalue() == b""
