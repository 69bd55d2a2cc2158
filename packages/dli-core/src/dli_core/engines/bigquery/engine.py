"""BigQuery as an engine.

    Query ─▶ one statement ─▶ (dry run: may it write, what does it read) ─▶ job.py: sent once, waited for ─┐
                                        QueryStream ◀─ dli_fast.read_ipc ◀─ Feed ◀─ rows.py │ storage.py ◀─┘

The statements of a run share a session of BigQuery, made by the first one that leaves something for the others: a
temporary table, a variable.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import dli_fast

from dli_core.engines.base import Capabilities, Query, Session, refused
from dli_core.engines.bigquery import DIALECT, Config
from dli_core.engines.bigquery.api import Answer, Api, Patience, StoppedError
from dli_core.engines.bigquery.errors import (
    FOREIGN,
    from_exception,
    from_result,
    over_budget,
    translated,
)
from dli_core.engines.bigquery.feed import Feed, Taken
from dli_core.engines.bigquery.job import Job
from dli_core.engines.bigquery.login import Login
from dli_core.engines.bigquery.rows import first_page, other_pages
from dli_core.engines.bigquery.statement import is_ordered, needs_session, only_reads, single
from dli_core.engines.bigquery.storage import Reading
from dli_core.engines.bigquery.types import Column, columns_of, json_paths
from dli_core.engines.stream import QueryStream, StreamHooks, timed_out
from dli_core.engines.worker import CallTimeoutError, interruptible
from dli_core.errors import DLIError, ErrorCode, error
from dli_core.errors.phrase import Text
from dli_core.models.result import DryRunResult
from dli_core.models.size import bytes_of

if TYPE_CHECKING:
    from dli_core.config.settings import Settings

T = TypeVar("T")

_GRACE = 2.0  # seconds for a request that was given up; its connection may be dead
_ABORT = 5.0  # seconds for letting go of a session
_TIB = 2**40
_ROWS = frozenset({"SELECT", "SCRIPT", "CALL"})  # what may answer with rows


class BigQuerySession:
    """What the statements of one run share at BigQuery, once one of them needed it."""

    def __init__(self, engine: BigQueryEngine) -> None:
        self.id: str | None = None
        self._engine = engine

    def close(self) -> None:
        """Let BigQuery drop the temporary tables; it would by itself after a day."""
        if self.id is not None:
            abandoned, self.id = self.id, None
            with contextlib.suppress(DLIError):
                self._engine.abort(abandoned)


@dataclass(slots=True)
class _Begun:
    """A job that is over, with its rows on their way."""

    job: Answer
    page: Answer
    fields: tuple[Column, ...]
    feed: Feed
    warnings: list[str] = field(default_factory=list[str])
    source: Any = None  # the stream of its rows
    columns: tuple[tuple[str, str], ...] = ()  # (name, type) as they go out


class BigQueryEngine:
    """BigQuery in one project and location. Threads may share it."""

    name = "bigquery"
    title = "BigQuery"
    dialect = DIALECT
    capabilities = Capabilities()

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._options = settings.local.block(Config)
        self._budget = bytes_of(self._options.budget) if self._options.budget else None
        self._running: dict[str, Job] = {}
        self._lock = threading.Lock()

    @cached_property
    def _login(self) -> Login:
        return Login(self._settings)

    @cached_property
    def _api(self) -> Api:
        return Api(self._login.client(), self._login.place)

    def session(self) -> BigQuerySession:
        """Nothing yet: the first statement that leaves something makes it."""
        return BigQuerySession(self)

    def stream(self, query: Query, session: Session | None = None) -> QueryStream:
        """Submit, wait for the job's end, and return the open stream."""
        submitted = time.monotonic()
        active = None if session is None else _own(session)
        sql = single(query.sql)
        with self._lock:
            job = Job(self._api, query, sql)
        self._running[query.job_id] = job
        try:
            begun = self._called(job, lambda: self._begin(job, active))
            return self._opened(job, begun, submitted)
        except BaseException:
            self._running.pop(query.job_id, None)
            raise

    def dry_run(self, query: Query) -> DryRunResult:
        """Let BigQuery check the one statement: its columns, the bytes it would read, and what they cost."""
        try:
            job = Job(self._api, query, single(query.sql))
            found = self._called(job, lambda: self._checked(job, None))
        except DLIError as problem:
            if problem.code in {ErrorCode.EXECUTION_CONNECTION, ErrorCode.EXECUTION_TIMEOUT}:
                raise
            if problem.code in {ErrorCode.CONFIG_INVALID, ErrorCode.CONFIG_MISSING}:
                raise
            return DryRunResult(sql=query.sql, engine=self.name, checked=True, valid=False, error=_complaint(problem))
        facts = found.get("query", {})
        columns = columns_of(facts.get("schema", {}).get("fields", ()))
        read = _bytes_read(found)
        cost = round(read / _TIB * self._options.price_per_tib, 6)
        budget = self._budget_of(query)
        excess = over_budget(read, budget) if budget is not None and read > budget else None
        return DryRunResult(
            sql=query.sql,
            engine=self.name,
            checked=True,
            valid=excess is None,
            error=excess and _complaint(excess),
            estimate={"bytes": read, "cost_usd": cost},
            columns=tuple((column.name, column.type) for column in columns),
        )

    def cancel(self, job_id: str) -> None:
        """Stop a query by our id of it, whichever process sent it."""
        job = self._running.get(job_id)
        if job is not None:
            job.stop()
            return
        with translated(self._login.place):
            self._api.cancel(job_id)

    def running(self, job_id: str) -> bool:
        """Whether BigQuery still works on a query of ours, of this process or another."""
        with translated(self._login.place):
            found = self._api.job(job_id, Patience(_ABORT))
        return found is not None and found.get("status", {}).get("state") != "DONE"

    def check(self) -> None:
        """Let BigQuery check a statement that reads nothing: login, project and location are right then."""
        job = Job(self._api, Query("SELECT 1", "dli-check", timeout=30), "SELECT 1")
        self._called(job, lambda: self._checked(job, None))

    def close(self) -> None:
        """Close the connections; the next use opens them again."""
        with self._lock:
            known: Api | None = vars(self).pop("_api", None)
        if known is not None:
            known.close()

    def abort(self, session_id: str) -> None:
        """End a session of BigQuery, with its temporary tables."""
        query = Query(f"CALL BQ.ABORT_SESSION('{session_id}')", "", timeout=_ABORT)
        configuration = {"query": {"query": query.sql, "useLegacySql": False, **_in_session(session_id)}}
        with translated(self._login.place):
            self._api.start(configuration, _ABORT)

    # ------------------------------------------------------------------------------------------------- one statement

    def _called(self, job: Job, call: Callable[[], T]) -> T:
        """`call()` on a thread of its own, within the query's timeout, cancelled at BigQuery by what ends it early."""
        query = job.query
        try:
            return interruptible(call, job.stop, query.timeout, grace=_GRACE)
        except CallTimeoutError:
            if job.sent and not (job.over or job.cancelled or only_reads(query.sql)):
                problem = Text("bigquery.not_cancelled", timeout=query.timeout)
                raise error(
                    ErrorCode.OUTCOME_UNKNOWN, engine="BigQuery", job_id=query.job_id, problem=problem
                ) from None
            raise timed_out(query) from None
        except StoppedError:
            raise error(ErrorCode.EXECUTION_CANCELLED, job_id=query.job_id) from None
        except FOREIGN as problem:
            raise from_exception(problem, self._login.place, query) from problem

    def _begin(self, job: Job, session: BigQuerySession | None) -> _Begun:
        """Everything up to the first rows, on the thread that may be given up."""
        budget = self._budget_of(job.query)
        if job.query.refuse_writes is not None or budget is not None:
            self._admit(job, self._checked(job, session), budget)
        page, described = job.run(self._configuration(job, session, budget))
        if session is not None and session.id is None:
            session.id = described.get("statistics", {}).get("sessionInfo", {}).get("sessionId")
        return self._flowing(job, page, described)

    def _configuration(self, job: Job, session: BigQuerySession | None, budget: int | None) -> dict[str, Any]:
        query: dict[str, Any] = {"query": job.sql, "useLegacySql": False}
        if budget is not None:
            query["maximumBytesBilled"] = str(budget)
        if session is not None:
            if session.id is not None:
                query |= _in_session(session.id)
            elif needs_session(job.sql):
                query["createSession"] = True
        return {"query": query, "labels": {**self._options.labels, **job.query.labels}}

    def _checked(self, job: Job, session: BigQuerySession | None) -> Answer:
        """The statistics of a dry run. Raises what BigQuery finds wrong."""
        configuration = self._configuration(job, session, None)
        configuration["query"].pop("createSession", None)
        found = self._api.dry_run(configuration, job.patience())
        failed = found.get("status", {}).get("errorResult")
        if failed:
            raise from_result(failed, self._login.place, job.query)
        statistics: Answer = found.get("statistics", {})
        return statistics

    def _admit(self, job: Job, checked: Mapping[str, Any], budget: int | None) -> None:
        """Refuse what must not write, or would read more than it may. Nothing has run."""
        kind = str(checked.get("query", {}).get("statementType", ""))
        if job.query.refuse_writes is not None and kind != "SELECT":
            raise refused(job.query.refuse_writes, statement=kind)
        if budget is not None and _bytes_read(checked) > budget:
            raise over_budget(_bytes_read(checked), budget, job.query)

    def _budget_of(self, query: Query) -> int | None:
        return self._budget if query.budget is None else query.budget

    # --------------------------------------------------------------------------------------------------------- rows

    def _flowing(self, job: Job, page: Answer, described: Answer) -> _Begun:
        kind = _kind(described)
        fields = columns_of(page.get("schema", {}).get("fields", ()) if kind in _ROWS else ())
        begun = _Begun(described, page, fields, Feed())
        job.on_stop.append(begun.feed.close)
        if fields:
            self._pour(job, begun)
            with _as_told(job, begun.feed):
                _give(begun, job.query)
        return begun

    def _pour(self, job: Job, begun: _Begun) -> None:
        """Let the rows flow into the feed."""
        more = bool(begun.page.get("pageToken"))
        if more and self._read_by_storage(job, begun):
            return
        first_page(begun.feed, begun.fields, begun.page, job)
        if more:
            other_pages(begun.feed, begun.fields, begun.page, job, self._api)
        else:
            begun.feed.finish()

    def _read_by_storage(self, job: Job, begun: _Begun) -> bool:
        """Whether the result flows over the Storage Read API. Where that is not allowed, REST does it, slower."""
        table = begun.job.get("configuration", {}).get("query", {}).get("destinationTable")
        if not table or not self._login.has_storage or _kind(begun.job) != "SELECT":
            return False
        try:
            reading = Reading(self._login.storage(), self._login.place, job.query, begun.feed)
            reading.begin(table, self._api.project, ordered=is_ordered(job.sql))
        except FOREIGN as problem:
            said = from_exception(problem, self._login.place).details.get("problem")
            begun.warnings.append(Text("bigquery.by_rest", problem=str(said).partition("\n")[0]))
            return False
        job.on_stop.append(reading.stop)
        return True

    def _opened(self, job: Job, begun: _Begun, submitted: float) -> QueryStream:
        query, feed = job.query, begun.feed

        def failed(text: str) -> DLIError:
            return feed.failure or error(
                ErrorCode.EXECUTION_FAILED, engine="BigQuery", problem=text, job_id=query.job_id
            )

        def close() -> None:
            self._running.pop(query.job_id, None)

        hooks = StreamHooks(failed, job.stop, close)
        statistics = _statistics(begun)
        if begun.source is None:
            return _changed(query, begun, hooks, submitted, statistics)
        total = begun.page.get("totalRows")
        stream = QueryStream(
            query,
            begun.columns,
            dli_fast.Watch(begun.source),
            hooks,
            expected_rows=None if total is None else int(total),
            json=json_paths(begun.fields),
            submitted=submitted,
            statistics=statistics,
        )
        stream.warnings.extend(begun.warnings)
        return stream


@contextlib.contextmanager
def _as_told(job: Job, feed: Feed) -> Generator[None]:
    """Around what reads the feed: a reader's exception hides why the feed failed."""
    try:
        yield
    except Exception as problem:
        if feed.failure is not None:
            raise feed.failure from problem
        if job.stopping.is_set():
            raise StoppedError from problem
        raise


def _give(begun: _Begun, query: Query) -> None:
    """Make the stream that is read, with the types that a spec declares."""
    begun.source = dli_fast.read_ipc(begun.feed)
    begun.columns = tuple((column.name, column.type) for column in begun.fields)
    if query.columns:
        from dli_core.engines.duckdb.cast import declared  # noqa: PLC0415 - most results go out as they are

        source, begun.columns, missing = declared(begun.source, begun.columns, query.columns)
        begun.source = Taken(source)
        begun.warnings += missing


def _complaint(problem: DLIError) -> dict[str, Any]:
    return {"code": str(problem.code), "message": problem.message, "details": problem.details}


def _own(session: Session) -> BigQuerySession:
    if not isinstance(session, BigQuerySession):
        message = f"a BigQueryEngine cannot use a {type(session).__name__}"
        raise TypeError(message)
    return session


def _in_session(session_id: str) -> dict[str, Any]:
    return {"connectionProperties": [{"key": "session_id", "value": session_id}]}


def _kind(job: Mapping[str, Any]) -> str:
    return str(job.get("statistics", {}).get("query", {}).get("statementType", ""))


def _bytes_read(statistics: Mapping[str, Any]) -> int:
    facts = statistics.get("query", {})
    return int(statistics.get("totalBytesProcessed", facts.get("totalBytesProcessed", 0)))


def _statistics(begun: _Begun) -> dict[str, Any]:
    """What the job cost."""
    found = begun.job.get("statistics", {})
    facts = found.get("query", {})
    numbers = {
        "bytes": found.get("totalBytesProcessed"),
        "bytes_billed": facts.get("totalBytesBilled"),
        "slot_ms": found.get("totalSlotMs"),
    }
    known = {name: int(value) for name, value in numbers.items() if value is not None}
    return {"statement": _kind(begun.job), "cached": bool(facts.get("cacheHit", False)), **known}


def _changed(
    query: Query, begun: _Begun, hooks: StreamHooks, submitted: float, statistics: dict[str, Any]
) -> QueryStream:
    """The stream of a statement without rows: how many it changed, where BigQuery says so."""
    facts = begun.job.get("statistics", {}).get("query", {})
    count = begun.page.get("numDmlAffectedRows", facts.get("numDmlAffectedRows"))
    rows = [] if count is None else [{"Count": int(count)}]
    return QueryStream(
        query,
        (("Count", "INT64"),) if rows else (),
        dli_fast.Watch(dli_fast.from_rows(rows)),
        hooks,
        returns_rows=False,
        submitted=submitted,
        statistics=statistics,
    )
