"""The batches of one running query: read once, counted, cancelled when left early.

    engine's capsule ─▶ Watch (counts, times) ─▶ writer | collect | Polars …
                          └─▶ watchdog: no batch for `timeout` seconds ─▶ cancel

What makes a result trustworthy is decided here, once for every engine: a stream has ended well only when the
engine said so, without an error, and as many rows came as it announced. Anything else is DLI-408.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import dli_fast

from dli_core.engines.interrupt import interrupted
from dli_core.errors import DLIError, ErrorCode, error
from dli_core.errors.phrase import Text

if TYPE_CHECKING:
    from dli_core.engines.base import Query

_TICK = 0.1  # seconds between two looks of the watchdog


class StreamHooks(NamedTuple):
    """What a stream asks of its engine.

    Attributes:
        translate: the engine's text of an error → the DLIError to raise.
        cancel: stop the running query; may be called from any thread, and more than once.
        close: free what the stream held; called once.
    """

    translate: Callable[[str], DLIError]
    cancel: Callable[[], None]
    close: Callable[[], None]


@dataclass(slots=True)
class QueryStream:
    """A capsule producer (`__arrow_c_stream__`) for one statement's rows.

    Use it in a `with` block: leaving it before the end cancels the query. DuckDB, Polars and pyarrow read it without
    a copy. `finish` runs once after the last batch, before the stream counts as done: post statements live there.
    """

    query: Query
    columns: tuple[tuple[str, str], ...]  # (name, the engine's name of the type)
    watch: dli_fast.Watch
    hooks: StreamHooks
    returns_rows: bool = True  # False: DML or DDL; its single value, if any, is the count of affected rows
    expected_rows: int | None = None  # what the engine announced, when it does
    json: Sequence[Sequence[int]] = ()  # where its texts are JSON, as `Watch.mark_json` wants it; files keep that
    submitted: float = field(default_factory=time.monotonic)  # the engine's time runs from here until this exists
    statistics: dict[str, Any] = field(default_factory=dict[str, Any])
    warnings: list[str] = field(default_factory=list[str])
    finish: list[Callable[[], None]] = field(default_factory=list[Callable[[], None]])
    released: list[Callable[[], None]] = field(default_factory=list[Callable[[], None]])  # called when it is closed
    info: dict[str, Any] = field(default_factory=dict[str, Any])  # name, mode, engine, …: set by the runner
    started: float = field(default_factory=time.monotonic)  # of the whole run; the runner sets it
    affected: int | None = None  # rows that DML changed, once collected
    failure: BaseException | None = None  # what ended the `with` block early
    _closed: threading.Event = field(default_factory=threading.Event)
    _closing: threading.Lock = field(default_factory=threading.Lock)  # taken once, by whoever closes it
    _watchdog: threading.Thread | None = None
    _by_thread: bool = False  # the reader is not the main thread, which alone hears of Ctrl-C
    _judged: bool = False
    _done: bool = False
    _stopped_by: str | None = None  # "timeout", "cancel" or "close"
    _submit_took: float = 0.0

    def __post_init__(self) -> None:
        self._submit_took = time.monotonic() - self.submitted

    @property
    def job_id(self) -> str:
        """Our id of the query; the engine and the journal know it too."""
        return self.query.job_id

    @property
    def complete(self) -> bool:
        """Whether its end has been proven."""
        return self._done

    @property
    def elapsed_ms(self) -> int:
        """Milliseconds since the run began."""
        return round((time.monotonic() - self.started) * 1000)

    @property
    def names(self) -> list[str]:
        """The columns' names, in order."""
        return [name for name, _ in self.columns]

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        try:
            capsule = self.watch.__arrow_c_stream__(requested_schema)
        except RuntimeError:
            if self._closed.is_set():
                raise error(ErrorCode.RESULT_INCOMPLETE, "closed", job_id=self.job_id) from None
            raise
        self._by_thread = threading.current_thread() is not threading.main_thread()
        watchdog = threading.Thread(target=self._guard, name="dli-watchdog", daemon=True)
        watchdog.start()
        self._watchdog = watchdog  # after its start: another thread may be closing the stream, and join it
        return capsule

    @contextlib.contextmanager
    def reading(self) -> Generator[None]:
        """Around whatever drains the stream: the engine's errors come out as DLIErrors."""
        try:
            yield
        except DLIError:
            raise
        except dli_fast.SourceError as problem:
            raise self._instead_of(problem, str(problem)) from None
        except Exception as problem:
            if self.watch.failed is not None:  # a foreign reader wraps the engine's error in one of its own
                raise self._instead_of(problem, self.watch.failed) from None
            raise

    def collect(self, limit: int | None = None) -> dli_fast.Batches:
        """Hold the rows in memory: all of them, or the first `limit` (then the query is cancelled)."""
        with self.reading():
            batches = dli_fast.collect(self, limit=limit)
        if not self.returns_rows and self.columns:
            self.affected = _count(batches)
        if not batches.truncated:
            self.done(len(batches))
        return batches

    def done(self, rows: int) -> None:
        """The reader has `rows` rows: prove that these are all, then run what was waiting for the end.

        Raises DLI-408 when the stream did not end well, or the counts differ.
        """
        if self._done:
            return
        self._judged = True
        if self._stopped_by or self.watch.failed is not None or not self.watch.ended:
            raise self._error(self.watch.failed or Text("run.stream_end"))
        for reason, count in (("announced", self.expected_rows), ("drained", self.watch.rows)):
            if count is not None and count != rows:
                raise error(ErrorCode.RESULT_INCOMPLETE, reason, job_id=self.job_id, rows=rows, expected=count)
        self._done = True
        for hook in self.finish:
            hook()

    def cancel(self) -> None:
        """Stop the query, from any thread; whoever reads it gets DLI-406."""
        self._stopped_by = self._stopped_by or "cancel"
        self.hooks.cancel()

    def close(self) -> None:
        """Cancel what still runs and free what was held. Safe to call twice."""
        if not self._closing.acquire(blocking=False):
            return
        self._closed.set()
        if not self._done and not self.watch.ended:
            self._stopped_by = self._stopped_by or "close"
            self.hooks.cancel()
        if self._watchdog is not None:
            self._watchdog.join()  # a thread that lives on when Python ends keeps the engine's objects alive
        self.watch.close()
        self.hooks.close()
        for release in self.released:
            release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, *rest: object) -> None:
        self.failure = problem
        try:
            if not self._judged:
                self._judge(problem)
        except BaseException as failure:
            self.failure = failure
            raise
        finally:
            self.close()

    def _judge(self, problem: BaseException | None) -> None:
        """Drained by a foreign reader (Polars, pyarrow): its end is proven here, or its error told as ours."""
        if problem is None and self.watch.ended:
            self.done(self.watch.rows)
        if isinstance(problem, Exception) and not isinstance(problem, DLIError) and self.watch.failed is not None:
            raise self._instead_of(problem, self.watch.failed) from None

    def _guard(self) -> None:
        while not self._closed.wait(_TICK) and not self.watch.ended:
            if self._by_thread and interrupted():
                self.cancel()
                return
            waited = self.watch.waiting
            if waited is None:
                continue
            if self.watch.batches == 0:  # the first batch: the engine has worked on it since the submit
                waited += self._submit_took
            if waited > self.query.timeout:
                self._stopped_by = "timeout"
                self.hooks.cancel()
                return

    def _instead_of(self, problem: Exception, text: str) -> DLIError:
        """Our error for a reader's, which repeats the engine's text: it stays behind ours, and says no more."""
        failure = self._error(text)
        problem.args = (failure.message,)
        return failure

    def _error(self, text: str) -> DLIError:
        if self._stopped_by == "timeout":
            return timed_out(self.query)
        if self._stopped_by == "cancel":
            return error(ErrorCode.EXECUTION_CANCELLED, job_id=self.job_id)
        if self._stopped_by == "close":
            return error(ErrorCode.RESULT_INCOMPLETE, "closed", job_id=self.job_id, rows=self.watch.rows)
        if self.watch.failed is None:
            return error(ErrorCode.RESULT_INCOMPLETE, "broken", job_id=self.job_id, problem=text, rows=self.watch.rows)
        return self.hooks.translate(text)


def _count(batches: dli_fast.Batches) -> int | None:
    """The one number that a statement without rows answers with."""
    rows = batches.to_tuples()
    return rows[0][0] if len(rows) == 1 and isinstance(rows[0][0], int) else None


def timed_out(query: Query) -> DLIError:
    """DLI-402 for `query`."""
    seconds = int(query.timeout) if float(query.timeout).is_integer() else query.timeout
    return error(ErrorCode.EXECUTION_TIMEOUT, job_id=query.job_id, timeout=seconds)
