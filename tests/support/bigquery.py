"""BigQuery's jobs in memory, behind the client's connection, with faults of single requests."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import requests
import urllib3.exceptions as http
from google.api_core import exceptions as google

LOST = requests.exceptions.ConnectionError(http.ProtocolError("aborted", ConnectionResetError("reset by peer")))
REFUSED = requests.exceptions.ConnectionError(http.MaxRetryError(None, "/", http.NewConnectionError(None, "refused")))  # type: ignore[arg-type]


def problem(kind: type[google.GoogleAPICallError], reason: str) -> google.GoogleAPICallError:
    return kind("no", errors=[{"reason": reason, "message": f"it is {reason}"}])


class Server:
    """BigQuery's jobs, by their ids, behind the client's connection; `before` and `after` are faults of one request."""

    def __init__(self) -> None:
        self.jobs: dict[str, dict[str, Any]] = {}
        self.ran: list[str] = []  # SQL of every job, in order
        self.requests: list[str] = []
        self.before: dict[str, list[Callable[[], None]]] = {}
        self.after: dict[str, list[Callable[[], None]]] = {}
        self.working = threading.Event()  # while set, no job ends
        self.reads = 0  # bytes, by a dry run
        self.pages: list[dict[str, Any]] = [{"numDmlAffectedRows": "1"}]  # of every job
        self.sent: list[dict[str, Any]] = []  # every configuration, dry runs as well

    def client(self) -> Any:
        return SimpleNamespace(_connection=self, project="p", close=lambda: None)

    def api_request(
        self,
        method: str,
        path: str,
        query_params: Mapping[str, Any] | None = None,
        data: Any = None,
        timeout: Any = None,
    ) -> dict[str, Any]:
        name = {
            "POST": "cancel" if path.endswith("/cancel") else "insert",
            "GET": "results" if "/queries/" in path else "get",
        }[method]
        self.requests.append(name)
        self._fault(self.before, name)
        job = path.split("/")[-2 if name == "cancel" else -1]
        asked = data if name == "insert" else query_params
        answer: dict[str, Any] = getattr(self, f"_{name}")(job, asked)
        self._fault(self.after, name)
        return answer

    def _fault(self, faults: dict[str, list[Callable[[], None]]], name: str) -> None:
        if faults.get(name):
            faults[name].pop(0)()

    def _insert(self, _last: str, data: Any) -> dict[str, Any]:
        configuration = data["configuration"]
        sql = configuration["query"]["query"]
        self.sent.append(configuration)
        statistics: dict[str, Any] = {
            "query": {"statementType": sql.split()[0]},
            "totalBytesProcessed": str(self.reads),
        }
        if configuration.get("dryRun"):
            statistics["query"]["schema"] = self.pages[0].get("schema", {})
            return {"statistics": statistics, "status": {"state": "DONE"}}
        job = data["jobReference"].get("jobId", f"bq-{len(self.jobs)}")
        if job in self.jobs:
            raise problem(google.Conflict, "duplicate")
        if configuration["query"].get("createSession"):
            statistics["sessionInfo"] = {"sessionId": "session-1"}
        self.ran.append(sql)
        table = {"projectId": "p", "datasetId": "_anon", "tableId": job}
        self.jobs[job] = {
            "configuration": {**configuration, "query": {**configuration["query"], "destinationTable": table}},
            "status": {"state": "DONE"},
            "statistics": statistics,
        }
        return self.jobs[job]

    def _get(self, job: str, _data: Any) -> dict[str, Any]:
        if job not in self.jobs:
            raise problem(google.NotFound, "notFound")
        return self.jobs[job]

    def _results(self, job: str, asked: Any) -> dict[str, Any]:
        found = self._get(job, None)
        if "errorResult" in found["status"]:
            raise problem(google.BadRequest, found["status"]["errorResult"]["reason"])
        if self.working.is_set():
            time.sleep(0.01)
            return {"jobComplete": False}
        at = int(asked.get("pageToken", 0))
        more = {"pageToken": str(at + 1)} if at + 1 < len(self.pages) else {}
        return {"jobComplete": True, **self.pages[at], **more}

    def _cancel(self, job: str, _data: Any) -> dict[str, Any]:
        self._get(job, None)["status"]["errorResult"] = {"reason": "stopped", "message": "stopped"}
        return {}
