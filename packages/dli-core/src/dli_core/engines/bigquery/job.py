"""One query job: sent once under our own id, found again when its answer is lost, waited for, cancelled.

    insert ─┬─ answered ───────────────────────────────────▶ wait ─▶ the first page of its rows, and the job
            ├─ refused: it does not run                        ▲
            └─ lost ─▶ look it up ─┬─ there: go on ────────────┘
                                   └─ not there ─▶ fence: its id is taken, so it can never begin ─▶ DLI-403
                                      neither can be told ─▶ DLI-409, with the id

Nothing is sent twice. An id can be used once: a job of our own under it, that does nothing, proves that a lost one will
not run. stop() may come from any thread.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Mapping
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from google.api_core import exceptions as google

from dli_core.engines.bigquery.api import Answer, Api, Patience, StoppedError
from dli_core.engines.bigquery.errors import FOREIGN, answered, from_exception, from_result, unreachable, unsent
from dli_core.engines.bigquery.statement import only_reads
from dli_core.errors import DLIError, ErrorCode, error
from dli_core.errors.phrase import Text

if TYPE_CHECKING:
    from dli_core.engines.base import Query

FIRST_PAGE = 5_000  # rows: a result of more is read over the Storage Read API
REQUEST = "dli_request"  # the label that tells our own job from another under the same id
_POLL = 0.5  # seconds that BigQuery waits for the job before it answers
_LOOKING = 10.0  # seconds for finding out what became of a lost request
_AGAIN = 1.0  # seconds between two cancels that BigQuery has taken
_SLACK = 30.0  # seconds that BigQuery allows a job beyond our own timeout: for a process that is gone


class Job:
    """A statement on its way.

    Attributes:
        stopping: somebody asked it to stop.
        sent: the request went out, as far as is known.
        over: BigQuery says that it is done, well or not.
        cancelled: BigQuery took our request to cancel it.
        on_stop: what else has to be told.
    """

    def __init__(self, api: Api, query: Query, sql: str) -> None:
        self.query = query
        self.sql = sql
        self.stopping = threading.Event()
        self.sent = self.over = self.cancelled = False
        self.on_stop: list[Callable[[], None]] = []
        self._api = api
        self._nonce = token_hex(8)
        self._asked = 0.0

    def run(self, configuration: Mapping[str, Any]) -> tuple[Answer, Answer]:
        """Send it and wait for its end: the first page of its rows, and the job as BigQuery describes it."""
        self._insert(self._labelled(configuration))
        if self.stopping.is_set():  # it was on its way when it was stopped
            self.stop()
        return self._wait()

    def patience(self, seconds: float | None = None) -> Patience:
        """For one more request, which ends when the job is stopped."""
        return Patience(self.query.timeout if seconds is None else seconds, self.stopping)

    def stop(self) -> None:
        """Cancel it, from any thread; again and again is no harm."""
        self.stopping.set()
        for tell in self.on_stop:
            tell()
        if not self.sent or self.over or (self.cancelled and time.monotonic() - self._asked < _AGAIN):
            return
        self._asked = time.monotonic()
        try:
            self.cancelled = self._api.cancel(self.query.job_id) or self.cancelled
        except FOREIGN:
            return  # asked again by whoever waits for it

    def _labelled(self, configuration: Mapping[str, Any]) -> dict[str, Any]:
        labels = {**configuration.get("labels", {}), REQUEST: self._nonce}
        limit = round((self.query.timeout + _SLACK) * 1000)
        return {**configuration, "labels": labels, "jobTimeoutMs": str(limit)}

    # ------------------------------------------------------------------------------------------------------- submit

    def _insert(self, configuration: Mapping[str, Any]) -> None:
        if self.stopping.is_set():
            raise StoppedError
        self.sent = True
        try:
            self._api.insert(self.query.job_id, configuration, self.query.timeout + 5)
        except google.Conflict as problem:
            self._found(problem)
        except FOREIGN as problem:
            if unsent(problem) or answered(problem):
                self.sent = False
                raise from_exception(problem, self._api.place, self.query) from problem
            self._recover(problem)

    def _found(self, problem: Exception) -> None:
        """The id is taken: by this very request, sent again on the way, or by another one."""
        try:
            found = self._api.job(self.query.job_id, self._looking())
        except FOREIGN:
            found = None
        if found is None:
            raise self._unknown(problem) from problem
        if found.get("configuration", {}).get("labels", {}).get(REQUEST) != self._nonce:
            self.sent = False
            raise error(
                ErrorCode.EXECUTION_FAILED, "job_taken", engine="BigQuery", job_id=self.query.job_id
            ) from problem

    def _recover(self, lost: Exception) -> None:
        """Return when the job is there; raise when it never will be, or nobody knows."""
        try:
            if self._api.job(self.query.job_id, self._looking()) is not None:
                return
            self._fence()
        except google.Conflict:
            self._found(lost)  # it arrived meanwhile
            return
        except FOREIGN:
            raise self._unknown(lost) from lost
        self.sent = False
        said = from_exception(lost, self._api.place).details.get("problem")
        raise unreachable(str(said), self._api.place, job_id=self.query.job_id, final=True, cause=lost) from lost

    def _fence(self) -> None:
        """Take the id for a job that reads nothing. Raises Conflict when it is taken already."""
        query = {"query": "SELECT 1", "useLegacySql": False}
        labels = {REQUEST: f"{self._nonce}-fence"}
        self._api.insert(self.query.job_id, {"query": query, "labels": labels}, _LOOKING)

    def _looking(self) -> Patience:
        return Patience(min(_LOOKING, self.query.timeout), self.stopping)

    def _unknown(self, problem: Exception) -> DLIError:
        said = from_exception(problem, self._api.place).details.get("problem")
        return error(
            ErrorCode.OUTCOME_UNKNOWN,
            engine="BigQuery",
            job_id=self.query.job_id,
            project=self._api.place.project,
            location=self._api.place.location,
            problem=Text("bigquery.lost", problem=str(said)),
            cause=problem,
        )

    # --------------------------------------------------------------------------------------------------------- wait

    def _wait(self) -> tuple[Answer, Answer]:
        while True:
            try:
                page = self._api.results(self.query.job_id, self.patience(), most=FIRST_PAGE, wait=_POLL)
            except FOREIGN as problem:
                return {}, self._ended(problem)
            if page.get("jobComplete", True):
                self.over = True
                return page, self._described()
            if self.stopping.is_set() and self.cancelled:
                raise StoppedError
            self._tell()

    def _tell(self) -> None:
        """How the job stands. Asked for only where somebody listens, since no answer says it by itself."""
        if self.query.told is None:
            return
        with contextlib.suppress(*FOREIGN):
            found = self._api.job(self.query.job_id, self.patience(_POLL)) or {}
            self.query.told({"state": found.get("status", {}).get("state", "RUNNING"), **_stages(found)})

    def _described(self) -> Answer:
        try:
            found = self._api.job(self.query.job_id, self.patience()) or {}
        except FOREIGN as problem:
            if only_reads(self.sql):
                raise from_exception(problem, self._api.place, self.query) from problem
            return {}  # it was done: the page said so
        self._raise_error_of(found)
        return found

    def _ended(self, problem: Exception) -> Answer:
        """A job whose rows cannot be had: its own error, or itself when there is none and no rows are needed."""
        try:
            found = self._api.job(self.query.job_id, self.patience(_LOOKING)) or {}
        except FOREIGN:
            found = {}
        self.over = found.get("status", {}).get("state") == "DONE"
        if self.over:
            self._raise_error_of(found)
        if only_reads(self.sql):
            raise from_exception(problem, self._api.place, self.query) from problem
        if not self.over:
            raise self._unknown(problem) from problem
        return found

    def _raise_error_of(self, job: Answer) -> None:
        failed = job.get("status", {}).get("errorResult")
        if failed:
            raise from_result(failed, self._api.place, self.query)


def _stages(job: Answer) -> dict[str, int]:
    """The parts of the work, as far as BigQuery has planned it."""
    plan: list[Answer] = job.get("statistics", {}).get("query", {}).get("queryPlan", [])
    if not plan:
        return {}
    done = sum(1 for stage in plan if stage.get("status") == "COMPLETE")
    rows = sum(int(stage.get("recordsRead", 0)) for stage in plan)
    return {"splits": len(plan), "completed_splits": done, "processed_rows": rows}
