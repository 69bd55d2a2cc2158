"""Large results: several streams at once, cut and read on, bounded, stopped, counted."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import dli_fast
import pytest
from google.api_core import exceptions as google

from dli_core.engines.base import Query
from dli_core.engines.bigquery import api as api_module
from dli_core.engines.bigquery.errors import Place
from dli_core.engines.bigquery.feed import Feed, FeedError
from dli_core.engines.bigquery.ipc import END, batch_message, schema_message
from dli_core.engines.bigquery.storage import Reading
from dli_core.engines.bigquery.types import columns_of
from dli_core.errors import ErrorCode, error

COLUMNS = columns_of([{"name": "n", "type": "INTEGER"}])
TABLE = {"projectId": "p", "datasetId": "_anon", "tableId": "t"}


def message(numbers: list[int]) -> bytes:
    return batch_message(COLUMNS, [[number] for number in numbers])


class Call:
    """One read_rows call: batches of a stream from an offset on, until a fault."""

    def __init__(self, batches: list[list[int]], offset: int, fault: Callable[[int], None]) -> None:
        self.cancelled = threading.Event()
        self._answers = self._from(batches, offset, fault)

    def _from(self, batches: list[list[int]], offset: int, fault: Callable[[int], None]) -> Iterator[Any]:
        at = 0
        for batch in batches:
            if at >= offset:
                fault(at)
                yield self._answer(batch)
            elif at + len(batch) > offset:
                yield self._answer(batch[offset - at :])
            at += len(batch)
        fault(at)

    def _answer(self, batch: list[int]) -> Any:
        if self.cancelled.is_set():
            raise google.Cancelled("cancelled")
        return SimpleNamespace(
            arrow_record_batch=SimpleNamespace(serialized_record_batch=message(batch)), row_count=len(batch)
        )

    def __iter__(self) -> Iterator[Any]:
        return self._answers

    def cancel(self) -> None:
        self.cancelled.set()


class Storage:
    """The Storage Read API over batches in memory."""

    def __init__(self, *streams: list[list[int]]) -> None:
        self.streams = {f"s{at}": batches for at, batches in enumerate(streams)}
        self.behind = b""  # the schema
        self.wanted: list[int] = []
        self.offsets: list[tuple[str, int]] = []
        self.faults: dict[str, list[tuple[int, Exception]]] = {}
        self.calls: list[Call] = []

    def create_read_session(self, *, max_stream_count: int, **_: object) -> Any:
        self.wanted.append(max_stream_count)
        streams = [SimpleNamespace(name=name) for name in self.streams]
        return SimpleNamespace(
            streams=streams, arrow_schema=SimpleNamespace(serialized_schema=schema_message(COLUMNS) + self.behind)
        )

    @property
    def transport(self) -> Storage:
        return self

    def read_rows(self, request: Any, *, metadata: list[tuple[str, str]]) -> Call:
        read_stream, offset = request.read_stream, request.offset
        assert metadata == [("x-goog-request-params", f"read_stream={read_stream}")]
        self.offsets.append((read_stream, offset))

        def fault(at: int) -> None:
            due = self.faults.get(read_stream, [])
            if due and due[0][0] <= at:
                raise due.pop(0)[1]

        self.calls.append(Call(self.streams[read_stream], offset, fault))
        return self.calls[-1]


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_module, "_FIRST_PAUSE", 0.01)


def reading(storage: Storage, *, timeout: float = 5.0, capacity: int = 1 << 20) -> tuple[Reading, Feed]:
    feed = Feed(capacity)
    return Reading(storage, Place("p", "US"), Query("SELECT 1", "dli-1", timeout=timeout), feed), feed  # type: ignore[arg-type]


def numbers(feed: Feed) -> list[int]:
    return [row[0] for row in dli_fast.collect(dli_fast.read_ipc(feed)).to_tuples()]


def cut() -> Exception:
    return google.ServiceUnavailable("stream cut")


def test_all_streams_are_read():
    storage = Storage([[1, 2], [3]], [[4]], [])
    made, feed = reading(storage)
    made.begin(TABLE, "p", ordered=False)
    assert sorted(numbers(feed)) == [1, 2, 3, 4]
    assert storage.wanted == [4]


def test_rows_with_an_order_come_in_one_stream():
    storage = Storage([[1, 2], [3], [4]])
    made, feed = reading(storage)
    made.begin(TABLE, "p", ordered=True)
    assert numbers(feed) == [1, 2, 3, 4]
    assert storage.wanted == [1]


def test_an_end_mark_behind_the_schema_is_no_end():
    storage = Storage([[1, 2], [3]])
    storage.behind = END
    made, feed = reading(storage)
    made.begin(TABLE, "p", ordered=True)
    assert numbers(feed) == [1, 2, 3]


def test_an_empty_table_has_no_streams_and_its_columns():
    made, feed = reading(Storage())
    made.begin(TABLE, "p", ordered=False)
    found = dli_fast.collect(dli_fast.read_ipc(feed))
    assert (len(found), found.names) == (0, ["n"])


def test_a_cut_stream_is_read_on_at_the_next_row():
    storage = Storage([[1, 2], [3], [4, 5], [6]])
    storage.faults["s0"] = [(0, cut()), (2, cut()), (3, cut()), (6, cut())]
    made, feed = reading(storage)
    made.begin(TABLE, "p", ordered=True)
    assert numbers(feed) == [1, 2, 3, 4, 5, 6]
    assert storage.offsets == [("s0", at) for at in (0, 0, 2, 3, 6)]


def test_a_stream_that_stays_cut_is_an_error_when_patience_ends():
    storage = Storage([[1], [2]], [[3]])
    storage.faults["s0"] = [(1, cut())] * 1000
    made, feed = reading(storage, timeout=0.3)
    made.begin(TABLE, "p", ordered=False)
    with pytest.raises(FeedError):
        numbers(feed)
    assert feed.failure is not None
    assert feed.failure.code is ErrorCode.EXECUTION_CONNECTION
    made.stop()


def test_what_will_not_pass_is_an_error_at_once():
    storage = Storage([[1], [2]])
    storage.faults["s0"] = [(1, google.PermissionDenied("revoked"))]
    made, feed = reading(storage)
    made.begin(TABLE, "p", ordered=False)
    with pytest.raises(FeedError):
        numbers(feed)
    assert feed.failure is not None
    assert feed.failure.code is ErrorCode.EXECUTION_PERMISSION
    assert storage.offsets == [("s0", 0)]


def test_memory_is_bounded_whatever_the_reader_does():
    storage = Storage([[1] * 1000 for _ in range(100)], [[2] * 1000 for _ in range(100)])
    made, feed = reading(storage, capacity=20_000)
    made.begin(TABLE, "p", ordered=False)
    time.sleep(0.1)
    assert made.bytes < 20_000 + 3 * len(message([1] * 1000))
    assert len(numbers(feed)) == 200_000


def test_a_stopped_reading_wakes_its_reader_and_ends_its_calls():
    storage = Storage([[1] * 1000 for _ in range(1000)])
    made, feed = reading(storage, capacity=10_000)
    made.begin(TABLE, "p", ordered=False)
    time.sleep(0.05)
    made.stop()
    with pytest.raises(FeedError):
        feed.read(1 << 20)
    deadline = time.monotonic() + 2
    while not storage.calls[0].cancelled.is_set() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert storage.calls[0].cancelled.is_set()


def test_a_reader_that_waits_is_woken_by_close():
    feed = Feed()
    caught: list[BaseException] = []

    def read() -> None:
        try:
            feed.read(10)
        except FeedError as problem:
            caught.append(problem)

    thread = threading.Thread(target=read)
    thread.start()
    time.sleep(0.05)
    feed.close()
    thread.join(2)
    assert caught
    assert not feed.put(b"x")


def test_a_message_larger_than_the_capacity_passes():
    feed = Feed(10)
    assert feed.put(b"x" * 100)
    assert feed.read(60) + feed.read(60) == b"x" * 100


def test_the_first_failure_of_a_feed_is_the_one():
    feed = Feed()
    feed.fail(error(ErrorCode.EXECUTION_PERMISSION, problem="first"))
    feed.fail(error(ErrorCode.EXECUTION_FAILED, problem="second"))
    assert feed.failure is not None
    assert feed.failure.details["problem"] == "first"
    with pytest.raises(FeedError, match="first"):
        feed.read(1)


def test_a_feed_without_its_end_is_no_result():
    feed = Feed()
    feed.put(schema_message(COLUMNS))
    feed.put(message([1, 2, 3])[:-8])
    feed.finish()
    with pytest.raises(dli_fast.SourceError):
        numbers(feed)
