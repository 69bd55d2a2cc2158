"""One statement on its way: submitted once, its pages followed, its rows put into a stream that another thread reads.

begin(): POST ─▶ pages until the columns are known ─▶ QueryStream ◀─ dli_fast.TrinoStream ◀─ put(page)
                                                                        feed(), a thread: GET, GET, GET … ─┘
stop(), from any thread: DELETE nextUri, and nothing is waited for any more
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

import dli_fast

from dli_core.engines.trino.client import Client, Page, Patience
from dli_core.engines.trino.errors import from_error
from dli_core.engines.trino.types import kind_of
from dli_core.engines.trino.wire import Column, Segment, Segments
from dli_core.errors import DLIError, ErrorCode, error

if TYPE_CHECKING:
    from dli_core.engines.base import Query

RETRY_FOR = 30.0  # seconds that one page, one segment is asked for again
_SPOOLED = "json+zstd,json+lz4,json"  # a server without spooling does not know the header


class Running:
    """One statement of one session, from its POST to its end."""

    def __init__(self, client: Client, query: Query, sql: str, *, reads: bool, ahead: int = 0) -> None:
        self.client = client
        self.query = query
        self.sql = sql
        self.reads = reads
        self.submitted = False  # the server has answered: it knows the statement
        self._ahead = ahead  # lines of ours before the query's
        self.columns: list[Column] = []
        self.update_type: str | None = None
        self.statistics: dict[str, Any] = {}
        self.warnings: list[str] = []
        self.failure: DLIError | None = None
        self.rows: dli_fast.TrinoStream | None = None
        self._page = Page({})
        self._first_uri: str | None = None
        self._stopped = threading.Event()
        self._ended = False

    def begin(self, headers: Mapping[str, str], on_page: Callable[[Page], None]) -> None:
        """Submit, and follow until the columns are known or the statement has ended.

        Raises as the server's error says; DLI-409 where a statement that may change data was sent and lost.
        """
        self._submit({**headers, "X-Trino-Query-Data-Encoding": _SPOOLED}, on_page)
        while not self.columns and self._page.next_uri:
            self._take(self._next(self._page.next_uri), on_page)

    def open(self, on_page: Callable[[Page], None]) -> dli_fast.TrinoStream | None:
        """The stream of the rows, fed from now on; None for a statement that answers without columns."""
        if not self.columns:
            return None
        kinds = [(column.get("name", ""), kind_of(column.get("typeSignature", {}))) for column in self.columns]
        self.rows = dli_fast.TrinoStream(kinds)
        threading.Thread(target=self._feed, args=(self.rows, on_page), name="dli-trino", daemon=True).start()
        return self.rows

    def small(self, headers: Mapping[str, str]) -> list[list[Any]]:
        """All rows at once, of a statement of our own that has few."""
        found: list[list[Any]] = []
        self._submit(headers, _ignore)
        while True:
            if self._page.span is not None:
                start, end = self._page.span
                found += json.loads(self._page.body[start:end])
            if self._page.next_uri is None:
                return found
            self._take(self._next(self._page.next_uri), _ignore)

    def _submit(self, headers: Mapping[str, str], on_page: Callable[[Page], None]) -> None:
        page = self.client.submit(self.query, self.sql, headers)
        self.submitted = True
        self._first_uri = page.next_uri
        self._take(page, on_page)

    def stop(self) -> None:
        """Cancel at the server, if it is not over; whoever waits for pages stops waiting. Safe from any thread."""
        first = not self._stopped.is_set()
        self._stopped.set()
        if self.rows is not None:
            self.rows.close()
        if first and not self._ended:
            self._cancel()

    def failed(self, text: str) -> DLIError:
        """The error behind a stream's text: the server's own, or what its rows made the decoder say."""
        if self.failure is not None:
            return self.failure
        said = (self.rows.failed if self.rows else None) or text
        return error(ErrorCode.RESULT_INCOMPLETE, "broken", problem=said, job_id=self.query.job_id)

    def _cancel(self) -> None:
        if self._first_uri is not None:
            self.client.cancel(self._first_uri)

    def _feed(self, rows: dli_fast.TrinoStream, on_page: Callable[[Page], None]) -> None:
        """On a thread of its own, to the last page."""
        try:
            while self._put(rows, self._page):
                uri = self._page.next_uri
                if uri is None:
                    self._ended = True
                    rows.finish()
                    return
                self._take(self._next(uri), on_page)
        except DLIError as problem:
            self._fail(rows, problem)
        except Exception as problem:  # noqa: BLE001 - whatever it is, the reader must hear of it
            self._fail(rows, error(ErrorCode.EXECUTION_FAILED, engine="Trino", problem=str(problem), cause=problem))

    def _fail(self, rows: dli_fast.TrinoStream, problem: DLIError) -> None:
        if problem.code is ErrorCode.EXECUTION_CONNECTION and self.reads:  # rows may have come: this is half of them
            told = problem.details.get("problem") or problem.message
            problem = error(
                ErrorCode.RESULT_INCOMPLETE,
                "broken",
                problem=told,
                job_id=self.query.job_id,
                cause=problem,
            )
        self.failure = problem
        rows.fail(problem.message)

    def _next(self, uri: str) -> Page:
        if self._stopped.is_set():  # asked to stop before there was anything to cancel
            self._cancel()
            raise error(ErrorCode.EXECUTION_CANCELLED, job_id=self.query.job_id)
        try:
            return self.client.follow(uri, self.query, Patience(min(RETRY_FOR, self.query.timeout), self._stopped))
        except DLIError as problem:
            if problem.code is not ErrorCode.EXECUTION_CONNECTION:
                raise
            raise self._unknown(problem) from problem

    def _unknown(self, problem: DLIError) -> DLIError:
        """What a lost connection means: for a query that it has failed, for the rest that nobody knows."""
        self._cancel()
        if self.reads:
            return problem
        told = problem.details.get("problem") or problem.message
        return error(ErrorCode.OUTCOME_UNKNOWN, engine="Trino", problem=told, job_id=self.query.job_id, cause=problem)

    def _take(self, page: Page, on_page: Callable[[Page], None]) -> None:
        """A page has come: what it says of the statement."""
        head = page.head
        self._page = page
        self.columns = self.columns or head.get("columns") or []
        self.update_type = head.get("updateType") or self.update_type
        self.statistics.update(_statistics(page))
        if self.query.told is not None:
            self.query.told(self.statistics)
        on_page(page)
        for warning in head.get("warnings") or ():
            text = warning.get("message", "")
            if text and text not in self.warnings:
                self.warnings.append(text)
        if found := head.get("error"):
            self._ended = True
            raise from_error(found, self.query, ahead=self._ahead)

    def _put(self, rows: dli_fast.TrinoStream, page: Page) -> bool:
        """The rows of a page into the stream; False when nobody reads it any more."""
        if page.span is None:
            return not self._stopped.is_set()
        start, end = page.span
        if page.body[start : start + 1] == b"[":
            return rows.put(page.body, start, end)
        return all(self._put_segment(rows, *segment) for segment in self._segments(page.body[start:end]))

    def _put_segment(self, rows: dli_fast.TrinoStream, encoding: str, segment: Segment) -> bool:
        facts, headers = segment.get("metadata", {}), segment.get("headers", {})
        size, count = facts.get("uncompressedSize"), facts.get("rowsCount")
        patience = Patience(min(RETRY_FOR, self.query.timeout), self._stopped)
        if segment.get("type") == "inline":
            body = base64.b64decode(segment.get("data", ""), validate=True)
        else:
            body = self.client.segment(segment.get("uri", ""), headers, self.query, patience)
        # A segment that is small is not compressed, and says so by naming no size.
        went = rows.put_segment(body, encoding if size is not None else "json", size, count)
        if went and (uri := segment.get("ackUri")):
            self.client.acknowledge(uri, headers)
        return went

    def _segments(self, text: bytes) -> Iterator[tuple[str, Segment]]:
        try:
            found = cast("Segments", json.loads(text))
            for segment in found.get("segments", ()):
                yield found.get("encoding", ""), segment
        except (ValueError, TypeError) as problem:
            raise error(
                ErrorCode.RESULT_INCOMPLETE,
                "broken",
                problem="the server described its segments in a form that DLI does not know",
                job_id=self.query.job_id,
                cause=problem,
            ) from problem


def _statistics(page: Page) -> dict[str, Any]:
    stats = page.head.get("stats", {})
    return {
        "query_id": page.query_id,
        "state": stats.get("state"),
        "queued": bool(stats.get("queued")),
        "splits": stats.get("totalSplits"),
        "completed_splits": stats.get("completedSplits"),
        "processed_rows": stats.get("processedRows"),
        "processed_bytes": stats.get("processedBytes"),
        "cpu_ms": stats.get("cpuTimeMillis"),
        "elapsed_ms": stats.get("elapsedTimeMillis"),
        "peak_memory_bytes": stats.get("peakMemoryBytes"),
    }


def _ignore(_page: Page) -> None:
    """A statement of our own changes nothing of a session."""
