"""Producers, writers and callers that naive pools and locks do not survive.

Every writer, each of them: a producer that sleeps, raises, calls the writer again or lives on another thread; 1 GiB in one
row; 5,000 columns; 100,000 empty batches; a writer that takes a byte at a time. From each, a cancel returns within 0.5 s.
"""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import dli_fast
import pyarrow as pa
import pytest

Write = Callable[..., dli_fast.Written]
WRITERS: dict[str, Write] = {
    "csv": dli_fast.write_csv,
    "csv.gz": partial(dli_fast.write_csv, compression="gzip"),
    "ndjson": partial(dli_fast.write_json, lines=True),
    "json": partial(dli_fast.write_json, lines=False),
    "parquet": dli_fast.write_parquet,
    "ipc": dli_fast.write_ipc,
    "ipc stream": partial(dli_fast.write_ipc, format="stream", compression="zstd"),
}
SCHEMA = pa.schema([("i", pa.int64()), ("s", pa.string())])
BATCH = pa.record_batch({"i": range(1_000), "s": [f"text {i}" for i in range(1_000)]}, schema=SCHEMA)
EMPTY = BATCH.slice(0, 0)
# What a cancel may take. The promise is 0.5 s; the rest is for a machine that is busy with other things.
PROMPT = 0.5 + float(os.environ.get("DLI_TEST_SLACK", "0.5"))


@pytest.fixture(params=list(WRITERS))
def write(request: pytest.FixtureRequest) -> Write:
    return WRITERS[request.param]


class Producer:
    """An Arrow stream whose batches are made by a Python generator, on whatever thread pulls."""

    def __init__(self, batches: Iterator[pa.RecordBatch], schema: pa.Schema = SCHEMA) -> None:
        self.reader = pa.RecordBatchReader.from_batches(schema, batches)

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self.reader.__arrow_c_stream__(requested_schema)


class Null:
    """A writer that takes everything."""

    def write(self, data: bytes) -> int:
        return len(data)


def sleepy(pause: float, count: int) -> Iterator[pa.RecordBatch]:
    for _ in range(count):
        time.sleep(pause)
        yield BATCH


def cancelled_in(write: Write, source: Any, target: Any, after: float, **options: Any) -> float:
    """Seconds from the cancel to the return; the call must end as cancelled."""
    token = dli_fast.CancelToken()
    at: list[float] = []

    def cancel() -> None:
        at.append(time.monotonic())
        token.cancel()

    timer = threading.Timer(after, cancel)
    timer.start()
    try:
        with pytest.raises(dli_fast.CancelledError):
            write(source, target, cancel=token, **options)
        return time.monotonic() - at[0]
    finally:
        timer.cancel()


# --- producers ----------------------------------------------------------------------------------------------------


def test_a_producer_that_sleeps_is_waited_for_with_the_gil_free(write: Write) -> None:
    ticks = 0
    done = threading.Event()

    def count() -> None:
        nonlocal ticks
        while not done.wait(0.005):
            ticks += 1

    counter = threading.Thread(target=count)
    counter.start()
    result = write(Producer(sleepy(0.05, 6)), Null())
    done.set()
    counter.join()
    assert (result.rows, result.drained) == (6_000, 6_000)
    assert ticks > 10


def test_a_cancel_does_not_wait_for_a_producer_that_sleeps(write: Write) -> None:
    assert cancelled_in(write, Producer(sleepy(3, 1)), Null(), 0.2) < PROMPT


def test_what_a_producer_raises_is_raised_and_the_rows_before_it_were_not_sealed(write: Write) -> None:
    def failing() -> Iterator[pa.RecordBatch]:
        yield BATCH
        yield BATCH
        raise LookupError("no more rows today")

    with pytest.raises((LookupError, dli_fast.SourceError), match="no more rows today"):
        write(Producer(failing()), Null())


def test_a_producer_may_call_the_writers_again(write: Write) -> None:
    inner: list[int] = []

    def nesting() -> Iterator[pa.RecordBatch]:
        for _ in range(3):
            inner.extend(
                again(pa.Table.from_batches([BATCH] * 3), io.BytesIO(), workers=2).rows for again in WRITERS.values()
            )
            yield BATCH

    assert write(Producer(nesting()), Null(), workers=1).rows == 3_000
    assert inner == [3_000] * 3 * len(WRITERS)


def test_a_producer_fed_by_another_thread_is_read(write: Write) -> None:
    with ThreadPoolExecutor(1) as pool:

        def elsewhere() -> Iterator[pa.RecordBatch]:
            for _ in range(20):
                yield pool.submit(lambda: BATCH).result()

        assert write(Producer(elsewhere()), Null()).rows == 20_000


def test_a_cancel_does_not_wait_for_a_producer_that_waits_for_another_thread(write: Write) -> None:
    gate = threading.Event()

    def stuck() -> Iterator[pa.RecordBatch]:
        yield BATCH
        gate.wait(10)

    try:
        assert cancelled_in(write, Producer(stuck()), Null(), 0.2) < PROMPT
    finally:
        gate.set()


def test_many_writers_at_once_do_not_wait_for_each_other(write: Write) -> None:
    table = pa.Table.from_batches([BATCH] * 50)
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: write(table, Null(), workers=3), range(24)))
    assert {result.rows for result in results} == {50_000}
    assert len({result.sha256 for result in results}) == 1


def test_the_first_error_in_the_order_of_rows_wins(write: Write) -> None:
    raw = pa.array([b"good", b"\xff"])
    bad = pa.record_batch([pa.array([1, 2]), pa.Array.from_buffers(pa.string(), 2, raw.buffers())], schema=SCHEMA)

    def both() -> Iterator[pa.RecordBatch]:
        yield BATCH
        yield bad
        yield bad
        raise LookupError("later")

    with pytest.raises(dli_fast.DataError) as caught:
        write(Producer(both()), Null())
    assert (caught.value.row, caught.value.column) == (1_002, "s")


# --- shapes -------------------------------------------------------------------------------------------------------


def test_100_000_empty_batches_are_read_to_their_end(write: Write) -> None:
    source = pa.Table.from_batches([EMPTY] * 100_000)
    assert write(source, Null()).rows == 0


def test_a_cancel_among_empty_batches_is_prompt(write: Write) -> None:
    def endless() -> Iterator[pa.RecordBatch]:
        while True:
            yield EMPTY

    assert cancelled_in(write, Producer(endless()), Null(), 0.2) < PROMPT


WIDE = pa.table({f"column {at}": pa.array([at, None, at + 1]) for at in range(5_000)})


def test_5_000_columns_are_written(write: Write) -> None:
    assert write(WIDE, Null()).rows == 3


def test_a_cancel_among_5_000_columns_is_prompt(write: Write) -> None:
    batch = WIDE.to_batches()[0]

    def endless() -> Iterator[pa.RecordBatch]:
        while True:
            yield batch

    assert cancelled_in(write, Producer(endless(), WIDE.schema), Null(), 0.5) < PROMPT


@pytest.mark.parametrize("size", [32 << 20, pytest.param(1 << 30, marks=pytest.mark.slow)])
def test_one_huge_row_is_written_whole(write: Write, size: int) -> None:
    cell = b"0123456789abcdef" * (size // 16)
    table = pa.table({"a": [1, 2, 3], "s": pa.array(["x", cell, "y"], pa.large_string())})
    result = write(table, Null())
    assert result.rows == 3


@pytest.mark.slow
def test_a_cancel_inside_of_a_row_of_1_gib_is_prompt(write: Write) -> None:
    cell = os.urandom(1 << 20).hex().encode() * 512
    table = pa.table({"s": pa.array([cell], pa.large_string())})
    token = dli_fast.CancelToken()
    threading.Timer(0.1, token.cancel).start()
    start = time.monotonic()
    try:
        write(table, Null(), cancel=token)
    except dli_fast.CancelledError:
        assert time.monotonic() - start < 0.1 + PROMPT


# --- writers of Python ----------------------------------------------------------------------------------------------


class OneByte:
    """Accepts one byte of what it is given."""

    def __init__(self) -> None:
        self.data = bytearray()

    def write(self, data: bytes) -> int:
        self.data += data[:1]
        return 1


def test_a_writer_that_takes_one_byte_at_a_time_gets_all(write: Write) -> None:
    table = pa.Table.from_batches([BATCH.slice(0, 50)])
    slow, fast = OneByte(), io.BytesIO()
    result = write(table, slow)
    write(table, fast)
    assert bytes(slow.data) == fast.getvalue()
    assert result.bytes == len(slow.data)


def test_a_cancel_while_a_writer_takes_one_byte_at_a_time_is_prompt(write: Write) -> None:
    source = pa.Table.from_batches([BATCH] * 2_000)
    assert cancelled_in(write, source, OneByte(), 0.2) < PROMPT


def test_what_a_writer_raises_is_raised(write: Write) -> None:
    class Full:
        def write(self, data: bytes) -> int:
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space") as caught:
        write(pa.Table.from_batches([BATCH] * 100), Full())
    assert caught.value.errno == 28


def test_a_writer_may_call_the_writers_again(write: Write) -> None:
    class Nesting:
        rows = 0

        def write(self, data: bytes) -> int:
            for again in WRITERS.values():
                self.rows += again(pa.Table.from_batches([BATCH]), io.BytesIO()).rows
            return len(data)

    target = Nesting()
    assert write(pa.Table.from_batches([BATCH] * 3), target).rows == 3_000
    assert target.rows >= 1_000 * len(WRITERS)


@pytest.mark.parametrize("answer", [-1, 10**9, "many", 1.5])
def test_a_writer_that_answers_nonsense_is_a_type_error(write: Write, answer: Any) -> None:
    class Odd:
        def write(self, data: bytes) -> Any:
            return answer

    with pytest.raises(TypeError):
        write(pa.Table.from_batches([BATCH]), Odd())


def test_a_full_disk_and_a_closed_pipe_are_os_errors(write: Write) -> None:
    source = pa.Table.from_batches([BATCH] * 200)
    full = os.open("/dev/full", os.O_WRONLY)
    try:
        with pytest.raises(OSError, match="28"):
            write(source, full)
    finally:
        os.close(full)
    reader, writer = os.pipe()
    os.close(reader)
    try:
        with pytest.raises(BrokenPipeError):
            write(source, writer)
    finally:
        os.close(writer)


def test_a_cancel_while_a_pipe_is_full_is_prompt(write: Write) -> None:
    reader, writer = os.pipe()
    try:
        source = pa.Table.from_batches([BATCH] * 2_000)
        assert cancelled_in(write, source, writer, 0.2) < PROMPT
    finally:
        os.close(reader)
        os.close(writer)


# --- progress and signals -------------------------------------------------------------------------------------------


def test_progress_comes_on_the_calling_thread_at_most_ten_times_a_second(write: Write) -> None:
    seen: list[tuple[int, int, int]] = []
    start = time.monotonic()
    write(
        Producer(sleepy(0.02, 40)), Null(), progress=lambda rows, size: seen.append((threading.get_ident(), rows, size))
    )
    elapsed = time.monotonic() - start
    assert {thread for thread, _, _ in seen} == {threading.get_ident()}
    assert 2 <= len(seen) <= elapsed * 10 + 2
    assert [rows for _, rows, _ in seen] == sorted(rows for _, rows, _ in seen)
    assert seen[-1][1] == 40_000


def test_what_progress_raises_ends_the_write(write: Write) -> None:
    def refuse(rows: int, size: int) -> None:
        raise StopAsyncIteration("enough")

    start = time.monotonic()
    with pytest.raises(StopAsyncIteration, match="enough"):
        write(Producer(sleepy(0.05, 100)), Null(), progress=refuse)
    assert time.monotonic() - start < 4


def test_a_token_cancelled_before_stops_at_once(write: Write) -> None:
    token = dli_fast.CancelToken()
    token.cancel()
    with pytest.raises(dli_fast.CancelledError):
        write(Producer(sleepy(0.2, 100)), Null(), cancel=token)


INTERRUPTED = """
import sys, time, os, pyarrow as pa, dli_fast
batch = pa.record_batch({"i": list(range(1000))})
def endless():
    while True:
        PRODUCER
        yield batch
source = pa.RecordBatchReader.from_batches(batch.schema, endless())
class Slow:
    def write(self, data):
        return len(data)
print("ready", flush=True)
try:
    dli_fast.WRITER(source, Slow(), OPTIONS)
except KeyboardInterrupt:
    print("interrupted", flush=True)
    os._exit(130)
"""


@pytest.mark.parametrize("producer", ["pass", "time.sleep(60)"])
@pytest.mark.parametrize("call", ["write_csv", "write_json lines=True", "write_parquet", "write_ipc format='stream'"])
def test_ctrl_c_ends_a_write_within_half_a_second(call: str, producer: str) -> None:
    name, _, options = call.partition(" ")
    code = INTERRUPTED.replace("PRODUCER", producer).replace("WRITER", name).replace("OPTIONS", options)
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    time.sleep(0.4)
    start = time.monotonic()
    process.send_signal(signal.SIGINT)
    assert process.stdout.readline() == "interrupted\n"
    assert time.monotonic() - start < PROMPT
    assert process.wait(10) == 130
    process.stdout.close()
