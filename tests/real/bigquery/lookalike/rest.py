"""The REST API of jobs, as far as DLI asks it.

POST …/jobs, …/jobs/ID/cancel    GET …/jobs/ID, …/queries/ID    and for tests: GET /lookalike, POST /lookalike
"""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.real.bigquery.lookalike.jobs import PROJECT, Controls, Job, Jobs, changes
from tests.real.bigquery.lookalike.values import rows_of, schema_of
from tests.real.bigquery.lookalike.warehouse import Failed

_ROOT = f"/bigquery/v2/projects/{PROJECT}"
_STATUS = {"notFound": 404, "accessDenied": 403, "stopped": 400}


class Refused(Exception):  # noqa: N818 - an answer of the API
    """An error as the API says it."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.message = message


def serve(jobs: Jobs, port: int) -> ThreadingHTTPServer:
    """The server, which its caller lets run."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            pass

        def do_GET(self) -> None:
            self._answer("GET", None)

        def do_POST(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            text = self.rfile.read(size)
            self._answer("POST", json.loads(text) if text else {})

        def _answer(self, method: str, body: Any) -> None:
            url = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(url.query).items()}
            try:
                status, answer = 200, route(jobs, method, url.path, query, body)
            except Refused as problem:
                status = problem.status
                one = {"reason": problem.reason, "message": problem.message, "domain": "global"}
                answer = {"error": {"code": status, "message": problem.message, "errors": [one]}}
            data = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json; charset=UTF-8")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    return server


def route(jobs: Jobs, method: str, path: str, query: dict[str, str], body: Any) -> Any:
    """The answer to one request."""
    if path == "/lookalike":
        return _control(jobs, body)
    parts = path.removeprefix(_ROOT).strip("/").split("/")
    match (method, *parts):
        case ("POST", "jobs"):
            return _insert(jobs, body)
        case ("POST", "jobs", name, "cancel"):
            _maybe_refuse(jobs, "cancel")
            job = _job(jobs, name)
            jobs.cancel(job)
            return {"kind": "bigquery#jobCancelResponse", "job": jobs.described(job)}
        case ("GET", "jobs", name):
            _maybe_refuse(jobs, "get")
            return jobs.described(_job(jobs, name))
        case ("GET", "queries", name):
            _maybe_refuse(jobs, "results")
            return _results(jobs, _job(jobs, name), query)
        case _:
            raise Refused(404, "notFound", f"Not found: {method} {path}")


def _control(jobs: Jobs, body: Any) -> Any:
    """What a test looks at, and what it wants to go wrong."""
    if body is not None:
        wanted = {name: value for name, value in body.items() if name != "refused"}
        refused = {
            name: [(reason, status) for reason, status in each] for name, each in body.get("refused", {}).items()
        }
        jobs.controls = replace(Controls(refused=refused), **wanted)
    shown = [
        {
            "id": job.id,
            "sql": job.sql,
            "state": job.state,
            "reason": job.failed and job.failed.reason,
            "ended": job.ended,
        }
        for job in jobs.all.values()
    ]
    return {"jobs": shown, "ran": jobs.ran, "controls": asdict(jobs.controls)}


def _maybe_refuse(jobs: Jobs, request: str) -> None:
    waiting = jobs.controls.refused.get(request)
    if waiting:
        reason, status = waiting.pop(0)
        raise Refused(status, reason, f"the look-alike says {reason}")


def _insert(jobs: Jobs, body: dict[str, Any]) -> Any:
    _maybe_refuse(jobs, "insert")
    configuration = body["configuration"]
    if configuration.get("dryRun"):
        try:
            return jobs.dry_run(configuration)
        except Failed as problem:
            raise Refused(_STATUS.get(problem.reason, 400), problem.reason, problem.message) from problem
    job_id = body.get("jobReference", {}).get("jobId")
    job = jobs.insert(job_id, configuration)
    if job is None:
        raise Refused(409, "duplicate", f"Already Exists: Job {PROJECT}:US.{job_id}")
    return jobs.described(job)


def _job(jobs: Jobs, name: str) -> Job:
    if name not in jobs.all:
        raise Refused(404, "notFound", f"Not found: Job {PROJECT}:US.{name}")
    return jobs.all[name]


def _results(jobs: Jobs, job: Job, query: dict[str, str]) -> Any:
    job.over.wait(int(query.get("timeoutMs", "10000")) / 1000)
    reference = {"projectId": PROJECT, "jobId": job.id, "location": "US"}
    if job.state != "DONE":
        return {"jobComplete": False, "jobReference": reference}
    if job.failed is not None:
        raise Refused(_STATUS.get(job.failed.reason, 400), job.failed.reason, job.failed.message)
    answer: dict[str, Any] = {"jobComplete": True, "jobReference": reference}
    if changes(job):
        return {**answer, "numDmlAffectedRows": str(job.answer.changed or 0)}
    if job.rows is None:
        return answer
    at, most = int(query.get("pageToken", "0")), int(query.get("maxResults", "100000"))
    page = job.rows.slice(at, most)
    answer |= {"schema": {"fields": schema_of(job.rows.schema)}, "rows": rows_of(page)}
    answer["totalRows"] = str(job.rows.num_rows + jobs.controls.more)
    if at + most < job.rows.num_rows:
        answer["pageToken"] = str(at + most)
    return answer
