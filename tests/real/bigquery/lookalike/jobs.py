"""The jobs: states that take their time, ids that are used once, cancels that reach the query.

insert ─▶ PENDING ─▶ RUNNING ─▶ DONE, with rows │ with an errorResult
                        ▲ cancel: the query is interrupted, and the job is DONE as `stopped`
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pyarrow as pa

from tests.real.bigquery.lookalike.values import schema_of
from tests.real.bigquery.lookalike.warehouse import DML, Answer, Failed, Warehouse, kind_of

PROJECT = "test"
STOPPED = Failed("stopped", "Job execution was cancelled: User requested cancellation")


@dataclass
class Controls:
    """What a test wants to go wrong.

    Attributes:
        pending: seconds before a job runs.
        refused: reason and HTTP status of the next answers, by request: insert, get, results, cancel.
        cut_after: rows after which a read stream is cut, for each time in the list.
        streams: of a read session, at most.
        more: rows that a job announces beyond those that it has.
        no_storage: reading is not permitted.
    """

    pending: float = 0.02
    refused: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    cut_after: list[int] = field(default_factory=list)
    streams: int = 4
    more: int = 0
    no_storage: bool = False


@dataclass
class Job:
    """One of them."""

    id: str
    configuration: dict[str, Any]
    state: str = "PENDING"
    failed: Failed | None = None
    answer: Answer = field(default_factory=Answer)
    session: str | None = None
    ended: float | None = None
    stopping: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)
    cursor: Any = None

    @property
    def sql(self) -> str:
        return str(self.configuration["query"]["query"])

    @property
    def dataset(self) -> str | None:
        found: str | None = self.configuration["query"].get("defaultDataset", {}).get("datasetId")
        return found

    @property
    def rows(self) -> pa.Table | None:
        return self.answer.rows


class Jobs:
    """All of them, by their ids."""

    def __init__(self) -> None:
        self.warehouse = Warehouse()
        self.controls = Controls()
        self.all: dict[str, Job] = {}
        self.ran: list[str] = []  # SQL of each that began to run, in order
        self._lock = threading.Lock()

    def insert(self, job_id: str | None, configuration: dict[str, Any]) -> Job | None:
        """A new job; None where the id is used."""
        with self._lock:
            name = job_id or f"bq-{uuid4().hex}"
            if name in self.all:
                return None
            job = Job(name, configuration)
            properties = configuration["query"].get("connectionProperties") or []
            job.session = next((item["value"] for item in properties if item.get("key") == "session_id"), None)
            if configuration["query"].get("createSession"):
                job.session = f"session-{uuid4().hex}"
            self.all[name] = job
        threading.Thread(target=self._run, args=(job,), daemon=True).start()
        return job

    def cancel(self, job: Job) -> None:
        """Stop it, if it is not over."""
        job.stopping.set()
        for _ in range(50):  # an interrupt just before the query begins is lost
            if job.over.wait(0.02):
                return
            if job.cursor is not None:
                job.cursor.interrupt()

    def _run(self, job: Job) -> None:
        try:
            self._answer(job)
        except Failed as problem:
            job.failed = STOPPED if job.stopping.is_set() else problem
        except Exception as problem:  # noqa: BLE001 - a job ends, whatever it is
            job.failed = Failed("internalError", f"{type(problem).__name__}: {problem}")
        job.ended = time.time()
        job.state = "DONE"
        job.over.set()

    def _answer(self, job: Job) -> None:
        if job.stopping.wait(self.controls.pending):
            raise STOPPED
        with self._lock:
            self.ran.append(job.sql)
        job.state = "RUNNING"
        self._within_budget(job)
        job.cursor = self.warehouse.cursor(job.session, job.dataset)
        job.answer = self.warehouse.run(job.sql, job.cursor, job.dataset, job.stopping)

    def _within_budget(self, job: Job) -> None:
        most = job.configuration["query"].get("maximumBytesBilled")
        if most is not None and self.warehouse.check(job.sql, job.dataset)[1] > int(most):
            raise Failed("bytesBilledLimitExceeded", f"Query exceeded limit for bytes billed: {most}.")

    def dry_run(self, configuration: dict[str, Any]) -> dict[str, Any]:
        """What BigQuery says of a job that is not made."""
        job = Job("", configuration)
        kind, read, schema = self.warehouse.check(job.sql, job.dataset)
        facts: dict[str, Any] = {"statementType": kind, "totalBytesProcessed": str(read)}
        if schema is not None:
            facts["schema"] = {"fields": schema_of(schema)}
        return {
            "configuration": configuration,
            "status": {"state": "DONE"},
            "statistics": {"query": facts, "totalBytesProcessed": str(read)},
        }

    def described(self, job: Job) -> dict[str, Any]:
        """A job as the REST API shows it."""
        status: dict[str, Any] = {"state": job.state}
        if job.failed is not None:
            status["errorResult"] = {"reason": job.failed.reason, "message": job.failed.message}
        facts: dict[str, Any] = {"statementType": _kind(job), "totalBytesBilled": "0"}
        if job.answer.changed is not None:
            facts["numDmlAffectedRows"] = str(job.answer.changed)
        statistics: dict[str, Any] = {"query": facts, "totalBytesProcessed": "0", "totalSlotMs": "1"}
        if job.session:
            statistics["sessionInfo"] = {"sessionId": job.session}
        table = {"projectId": PROJECT, "datasetId": "_results", "tableId": job.id}
        query = {**job.configuration["query"], "destinationTable": table}
        return {
            "jobReference": {"projectId": PROJECT, "jobId": job.id, "location": "US"},
            "configuration": {**job.configuration, "query": query},
            "status": status,
            "statistics": statistics,
        }


def _kind(job: Job) -> str:
    try:
        return kind_of(job.sql)
    except Failed:
        return "SELECT"


def changes(job: Job) -> bool:
    """Is it a statement that says how many rows it changed?"""
    return _kind(job) in DML
