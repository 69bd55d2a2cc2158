"""Messages of an Arrow IPC stream, put in by threads and read as one file; bounded in bytes.

put(message) ─▶ [ at most `capacity` bytes ] ─▶ read(size) ◀─ dli_fast.read_ipc
                                       finish(): the end mark │ fail(): read raises │ close(): nobody reads any more
"""

from __future__ import annotations

import threading
from collections import deque
from typing import Any

from dli_core.engines.bigquery.ipc import END
from dli_core.errors import DLIError


class FeedError(RuntimeError):
    """What the reader of a feed that failed sees; the DLIError itself is `Feed.failure`."""


class Feed:
    """A file of messages. One thread reads, any number put in."""

    def __init__(self, capacity: int = 64 << 20) -> None:
        self.failure: DLIError | None = None
        self._capacity = capacity
        self._waiting = 0  # bytes
        self._chunks: deque[memoryview] = deque()
        self._ended = False
        self._closed = False
        self._changed = threading.Condition()

    def put(self, message: bytes) -> bool:
        """Add a message, when there is room; False when nobody reads any more."""
        with self._changed:
            # One message always fits: it may be larger than the capacity.
            self._changed.wait_for(lambda: self._closed or not self._chunks or self._fits(message))
            if self._closed:
                return False
            self._chunks.append(memoryview(message))
            self._waiting += len(message)
            self._changed.notify_all()
            return True

    def finish(self) -> None:
        """All messages are in."""
        with self._changed:
            self._chunks.append(memoryview(END))
            self._ended = True
            self._changed.notify_all()

    def fail(self, problem: DLIError) -> None:
        """The stream ends with this error, at once."""
        with self._changed:
            self.failure = self.failure or problem
            self._changed.notify_all()

    def close(self) -> None:
        """Nobody reads any more: a waiting reader gets an error, whoever puts in is told."""
        with self._changed:
            self._closed = True
            self._chunks.clear()
            self._changed.notify_all()

    def read(self, size: int) -> bytes:
        """The next bytes, as many as there are of one message; b"" at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._chunks or self._ended or self.failure or self._closed)
            if self.failure is not None or self._closed:
                raise FeedError(self.failure.message if self.failure else "the stream was closed")
            if not self._chunks:
                return b""
            chunk = self._chunks[0]
            taken = bytes(chunk[:size])
            if len(taken) == len(chunk):
                self._chunks.popleft()
            else:
                self._chunks[0] = chunk[size:]
            self._waiting -= len(taken)
            self._changed.notify_all()
            return taken

    def _fits(self, message: bytes) -> bool:
        return self._waiting + len(message) <= self._capacity


class Taken:
    """A producer whose capsule was taken already, by Python itself.

    DuckDB reads its first batch when it is asked for the capsule, without the interpreter's lock. Were `dli_fast` the
    one that asks, it would think that it still has the lock when it comes to read the feed, and Python would crash.
    """

    def __init__(self, producer: Any) -> None:
        self._capsule = producer.__arrow_c_stream__()

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        del requested_schema
        return self._capsule
