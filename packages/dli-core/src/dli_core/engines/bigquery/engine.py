"""BigQuery as an engine.

    Query ─▶ one statement ─▶ (dry run: may it write, what does it read) ─▶ job.py: sent once, waited for ─┐
                                                 QueryStream ◀─ result.py ◀─ rows.py │ storage.py ◀─┘

The statements of a run share a session of BigQuery, made by the first one that leaves something for the others: a
temporary table, a variable.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

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
from dli_core.engines.bigquery.job import Job
from dli_core.engines.bigquery.login import Login
from dli_core.engines.bigquery.result import Result, flowing, opened
from dli_core.engines.bigquery.statement import first_word, needs_session, only_reads, single
from dli_core.engines.bigquery.types import columns_of
from dli_core.engines.stream import QueryStream, timed_out
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
_CHECKING = 15.0  # seconds of trying again for what only checks: a server that is not there must not cost the timeout
_TIB = 2**40


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


class BigQueryEngine:
    """BigQuery in one project and location. Threads may share it."""

    name = "bigquery"
    title = "BigQuery"
    dialect = DIALECT
    capabilities = Capabilities(flows=False)

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
            result = self._called(job, lambda: self._begin(job, active))
            return opened(result, lambda: self._forget(job), submitted)
        except BaseException:
            self._forget(job)
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

    def _begin(self, job: Job, session: BigQuerySession | None) -> Result:
        """Everything up to the first rows, on the thread that may be given up."""
        budget = self._budget_of(job.query)
        if job.query.refuse_writes is not None and not only_reads(job.sql):
            raise refused(job.query.refuse_writes, statement=first_word(job.sql))
        if job.query.refuse_writes is not None or budget is not None:
            self._admit(job, self._checked(job, session), budget)
        page, described = job.run(self._configuration(job, session, budget))
        if session is not None and session.id is None:
            session.id = described.get("statistics", {}).get("sessionInfo", {}).get("sessionId")
        return flowing(job, page, described, self._api, self._login)

    def _configuration(self, job: Job, session: BigQuerySession | None, budget: int | None) -> dict[str, Any]:
        query: dict[str, Any] = {"query": job.sql, "useLegacySql": False}
        if self._options.dataset is not None:
            project, _, dataset = self._options.dataset.rpartition(".")
            query["defaultDataset"] = {"projectId": project or self._api.project, "datasetId": dataset}
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
        found = self._api.dry_run(configuration, job.patience(min(_CHECKING, job.query.timeout)))
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

    def _forget(self, job: Job) -> None:
        self._running.pop(job.query.job_id, None)

    def _budget_of(self, query: Query) -> int | None:
        return self._budget if query.budget is None else query.budget


def _complaint(problem: DLIError) -> dict[str, Any]:
    return {"code": str(problem.code), "message": problem.message, "details": problem.details}


def _own(session: Session) -> BigQuerySession:
    if not isinstance(session, BigQuerySession):
        message = f"a BigQueryEngine cannot use a {type(session).__name__}"
        raise TypeError(message)
    return session


def _in_session(session_id: str) -> dict[str, Any]:
    return {"connectionProperties": [{"key": "session_id", "value": session_id}]}


def _bytes_read(statistics: Mapping[str, Any]) -> int:
    facts = statistics.get("query", {})
    return int(statistics.get("totalBytesProcessed", facts.get("totalBytesProcessed", 0)))
