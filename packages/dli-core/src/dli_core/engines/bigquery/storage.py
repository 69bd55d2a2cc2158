"""Large results: Arrow batches over the Storage Read API, several streams at a time.

    the job's result table ─▶ read session ─▶ stream, stream, … ─▶ a thread each ─▶ Feed ─▶ dli_fast.read_ipc
                                                └─ cut? ─▶ read on at the row that comes next

The rows that arrived are counted for each stream, so what is read on begins where it broke off. Whether all came is
decided by the job's own count, in engines/stream.py.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import grpc
from google.api_core import exceptions
from google.api_core.gapic_v1 import routing_header
from google.cloud.bigquery_storage_v1 import types

from dli_core.engines.bigquery.api import Patience, StoppedError
from dli_core.engines.bigquery.errors import FOREIGN, Place, from_exception, passing
from dli_core.engines.bigquery.feed import Feed
from dli_core.engines.bigquery.ipc import first_message

if TYPE_CHECKING:
    from google.cloud.bigquery_storage_v1.services.big_query_read import BigQueryReadClient

    from dli_core.engines.base import Query

# The library is typed in part.
_EXCEPTIONS: Any = exceptions
_ROUTING: Any = routing_header
STREAMS = 4  # at most; one when the rows have an order
_OPENING = 60.0  # seconds


class Reading:
    """The streams of one result, read by threads into a feed."""

    def __init__(self, client: BigQueryReadClient, place: Place, query: Query, feed: Feed) -> None:
        self.bytes = 0
        self._client: Any = client  # its types are known in part
        self._place = place
        self._query = query
        self._feed = feed
        self._stopping = threading.Event()
        self._calls: set[Any] = set()
        self._lock = threading.Lock()
        self._left = 0

    def begin(self, table: dict[str, str], project: str, *, ordered: bool) -> None:
        """Open the read session and let the streams flow. Raises the driver's exceptions."""
        name = "projects/{projectId}/datasets/{datasetId}/tables/{tableId}".format(**table)
        wanted = types.ReadSession(table=name, data_format=types.DataFormat.ARROW)
        session = self._client.create_read_session(
            parent=f"projects/{project}",
            read_session=wanted,
            max_stream_count=1 if ordered else STREAMS,
            retry=None,
            timeout=_OPENING,
        )
        self._feed.put(first_message(bytes(session.arrow_schema.serialized_schema)))
        names = [stream.name for stream in session.streams]
        self._left = len(names)
        if not names:
            self._feed.finish()
        for each in names:
            threading.Thread(target=self._drain, args=(each,), name="dli-bigquery-read", daemon=True).start()

    def stop(self) -> None:
        """End all streams, from any thread."""
        self._stopping.set()
        self._feed.close()
        with self._lock:
            calls = list(self._calls)
        for call in calls:
            call.cancel()

    def _drain(self, name: str) -> None:
        try:
            for batch in self._batches(name):
                if not self._feed.put(batch):
                    return
        except StoppedError:
            return
        except FOREIGN as problem:
            self._feed.fail(from_exception(problem, self._place, self._query))
            return
        with self._lock:
            self._left -= 1
            last = self._left == 0
        if last:
            self._feed.finish()

    def _batches(self, name: str) -> Iterator[bytes]:
        """The batches of one stream, to its end, however often it is cut."""
        rows, patience = 0, Patience(self._query.timeout, self._stopping)
        while True:
            try:
                for answer in self._answers(name, rows):
                    message = bytes(answer.arrow_record_batch.serialized_record_batch)
                    if not message:
                        continue
                    self.bytes += len(message)
                    yield message
                    rows += answer.row_count
                    patience = Patience(self._query.timeout, self._stopping)
            except FOREIGN as problem:
                if self._stopping.is_set():
                    raise StoppedError from problem
                if not passing(problem) or not patience.wait():
                    raise
            else:
                return

    def _answers(self, name: str, offset: int) -> Iterator[Any]:
        """The stream from a row on. Not by the client's method: that one waits for the first answer, uncancellably."""
        request = types.ReadRowsRequest(read_stream=name, offset=offset)
        metadata = [_ROUTING.to_grpc_metadata({"read_stream": name})]
        call: Any = self._client.transport.read_rows(request, metadata=metadata)
        with self._lock:
            self._calls.add(call)
        try:
            if self._stopping.is_set():
                raise StoppedError
            yield from call
        except grpc.RpcError as problem:
            raise _EXCEPTIONS.from_grpc_error(problem) from problem
        finally:
            with self._lock:
                self._calls.discard(call)
            call.cancel()
