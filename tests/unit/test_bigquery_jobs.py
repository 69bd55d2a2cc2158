"""What becomes of a job whose requests are lost, repeated, refused or stopped: nothing runs twice, nothing is claimed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
import requests
from google.api_core import exceptions as google

from dli_core.engines.base import Query
from dli_core.engines.bigquery import api as api_module
from dli_core.engines.bigquery import job as job_module
from dli_core.engines.bigquery.api import Api, StoppedError
from dli_core.engines.bigquery.errors import Place
from dli_core.engines.bigquery.job import REQUEST, Job
from dli_core.errors import DLIError, ErrorCode
from tests.support.bigquery import LOST, REFUSED, Server, problem

SQL = "INSERT INTO d.t VALUES (1)"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    monkeypatch.setattr(job_module, "_LOOKING", 0.3)
    monkeypatch.setattr(api_module, "_FIRST_PAUSE", 0.01)
    return Server()


def job(server: Server, sql: str = SQL, **fields: Any) -> Job:
    query = Query(sql, "dli-1", **{"timeout": 5.0, **fields})
    return Job(Api(server.client(), Place("p", "US")), query, sql)


def run(made: Job) -> tuple[dict[str, Any], dict[str, Any]]:
    return made.run({"query": {"query": SQL}, "labels": {"team": "a"}})


def failure(made: Job) -> DLIError:
    with pytest.raises(DLIError) as caught:
        run(made)
    return caught.value


def raising(problem: Exception) -> Callable[[], None]:
    def fault() -> None:
        raise problem

    return fault


def test_a_job_is_sent_once_under_our_id_with_labels_and_a_limit(server: Server):
    page, described = run(job(server))
    assert (page["numDmlAffectedRows"], described["status"]["state"]) == ("1", "DONE")
    assert server.requests == ["insert", "results", "get"]
    configuration = server.jobs["dli-1"]["configuration"]
    assert configuration["labels"]["team"] == "a"
    assert len(configuration["labels"][REQUEST]) == 16
    assert configuration["jobTimeoutMs"] == "35000"


@pytest.mark.parametrize("name", ["results", "get"])
def test_an_answer_without_a_body_is_asked_for_again(server: Server, monkeypatch: pytest.MonkeyPatch, name: str):
    ask, empty = server.api_request, [name]

    def emptied(method: str, path: str, **given: Any) -> object:
        answer = ask(method, path, **given)
        if server.requests[-1] in empty:
            empty.remove(server.requests[-1])
            return b""
        return answer

    monkeypatch.setattr(server, "api_request", emptied)
    page, described = run(job(server))
    assert (page["numDmlAffectedRows"], described["status"]["state"]) == ("1", "DONE")
    assert server.requests.count(name) == 2


@pytest.mark.parametrize(
    "lost", [LOST, requests.exceptions.ReadTimeout("slow"), problem(google.ServiceUnavailable, "backendError")]
)
def test_a_lost_answer_is_looked_up_and_nothing_is_sent_again(server: Server, lost: Exception):
    server.after["insert"] = [raising(lost)]
    page, _ = run(job(server))
    assert page["numDmlAffectedRows"] == "1"
    assert server.ran == [SQL]


def test_a_lost_request_is_proven_never_to_run(server: Server):
    server.before["insert"] = [raising(LOST)]
    found = failure(job(server))
    assert (found.code, found.details["final"]) == (ErrorCode.EXECUTION_CONNECTION, True)
    assert server.ran == ["SELECT 1"]
    with pytest.raises(google.Conflict):  # the request comes through after all
        Api(server.client(), Place("p", "US")).insert("dli-1", {"query": {"query": SQL}}, 1)
    assert server.ran == ["SELECT 1"]


def test_a_request_that_arrives_late_is_gone_on_with(server: Server):
    made = job(server)
    late = {"configuration": {"labels": {REQUEST: made._nonce}}, "status": {"state": "DONE"}, "statistics": {}}

    def arrives() -> None:
        server.jobs["dli-1"] = late

    server.before["insert"] = [raising(LOST), arrives]
    assert run(made)[1] is late
    assert server.ran == []


def test_where_nothing_can_be_told_the_outcome_is_unknown_with_the_id(server: Server):
    server.after["insert"] = [raising(LOST)]
    server.before["get"] = [raising(LOST)] * 100
    found = failure(job(server))
    assert (found.code, found.details["job_id"]) == (ErrorCode.OUTCOME_UNKNOWN, "dli-1")
    assert (found.details["project"], found.details["location"]) == ("p", "US")


def test_where_the_id_cannot_be_taken_the_outcome_is_unknown(server: Server):
    server.before["insert"] = [raising(LOST), raising(LOST)]
    assert failure(job(server)).code is ErrorCode.OUTCOME_UNKNOWN


def test_a_request_that_was_repeated_on_the_way_is_our_own_job(server: Server):
    made = job(server)
    configuration = {"labels": {REQUEST: made._nonce}}
    server.jobs["dli-1"] = {"configuration": configuration, "status": {"state": "DONE"}, "statistics": {}}
    assert run(made)[0]["jobComplete"]


def test_a_reused_job_id_is_refused(server: Server):
    run(job(server))
    found = failure(job(server))
    assert (found.code, found.details["reason"]) == (ErrorCode.EXECUTION_FAILED, "job_taken")
    assert server.ran == [SQL]


def test_a_refused_request_did_not_run(server: Server):
    server.before["insert"] = [raising(problem(google.BadRequest, "invalidQuery"))]
    made = job(server)
    assert failure(made).code is ErrorCode.EXECUTION_QUERY
    assert (server.requests, made.sent) == (["insert"], False)


def test_a_server_that_is_not_there_ran_nothing(server: Server):
    server.before["insert"] = [raising(REFUSED)]
    found = failure(job(server))
    assert (found.code, found.details["final"]) == (ErrorCode.EXECUTION_CONNECTION, True)
    assert server.requests == ["insert"]


def test_a_failed_job_tells_its_own_error(server: Server):
    def fails() -> None:
        server.jobs["dli-1"]["status"]["errorResult"] = {"reason": "invalidQuery", "message": "no at [1:8]"}

    server.before["results"] = [fails]
    found = failure(job(server))
    assert (found.code, found.details["problem"], found.details["column"]) == (ErrorCode.EXECUTION_QUERY, "no", 8)


def test_polling_goes_on_after_failures_that_pass(server: Server):
    passing = [LOST, problem(google.ServiceUnavailable, "backendError"), problem(google.Forbidden, "rateLimitExceeded")]
    server.before["results"] = [raising(each) for each in passing]
    server.after["results"] = [raising(requests.exceptions.ChunkedEncodingError("half"))]
    assert run(job(server))[0]["jobComplete"]
    assert server.ran == [SQL]


def test_a_query_that_is_lost_while_it_runs_is_a_lost_connection(server: Server):
    server.before["results"] = [raising(LOST)] * 1000
    server.before["get"] = [raising(LOST)] * 1000
    found = failure(job(server, sql="SELECT 1", timeout=0.3))
    assert found.code is ErrorCode.EXECUTION_CONNECTION
    assert "final" not in found.details


def test_a_write_that_is_lost_while_it_runs_has_an_unknown_outcome(server: Server):
    server.working.set()
    server.before["results"] = [raising(LOST)] * 1000
    server.before["get"] = [raising(LOST)] * 1000
    found = failure(job(server, timeout=0.3))
    assert (found.code, found.details["job_id"]) == (ErrorCode.OUTCOME_UNKNOWN, "dli-1")


def test_a_write_that_is_done_needs_no_rows(server: Server):
    server.before["results"] = [raising(problem(google.NotFound, "notFound"))]
    page, described = run(job(server))
    assert (page, described["status"]["state"]) == ({}, "DONE")


def test_a_write_that_is_done_needs_no_description(server: Server):
    server.before["get"] = [raising(LOST)] * 1000
    page, described = run(job(server, timeout=0.3))
    assert (page["numDmlAffectedRows"], described) == ("1", {})


def in_thread(made: Job) -> tuple[threading.Thread, list[Exception]]:
    ended: list[Exception] = []

    def body() -> None:
        try:
            run(made)
        except Exception as problem:  # noqa: BLE001 - looked at by the test
            ended.append(problem)

    thread = threading.Thread(target=body)
    thread.start()
    return thread, ended


def test_a_job_that_is_stopped_is_cancelled_at_bigquery(server: Server):
    server.working.set()
    made = job(server)
    thread, ended = in_thread(made)
    while "results" not in server.requests:
        time.sleep(0.005)
    made.stop()
    thread.join(2)
    assert not thread.is_alive()
    assert server.jobs["dli-1"]["status"]["errorResult"]["reason"] == "stopped"
    assert isinstance(ended[0], StoppedError) or ended[0].code is ErrorCode.EXECUTION_CANCELLED
    assert server.requests.count("cancel") == 1


def test_a_job_that_is_stopped_while_it_is_sent_is_cancelled_when_it_is_there(server: Server):
    made = job(server)
    server.working.set()
    server.after["insert"] = [made.stop]  # it is there already; the answer is on its way
    server.before["cancel"] = [raising(problem(google.NotFound, "notFound"))]
    with pytest.raises((StoppedError, DLIError)):
        run(made)
    assert server.requests.count("cancel") == 2
    assert made.cancelled


def test_a_job_that_was_stopped_before_is_never_sent(server: Server):
    made = job(server)
    made.stop()
    with pytest.raises(StoppedError):
        run(made)
    assert server.requests == []


def test_a_job_that_is_over_is_not_cancelled(server: Server):
    made = job(server)
    run(made)
    made.stop()
    assert "cancel" not in server.requests


def test_stopping_again_and_again_asks_once_a_second(server: Server):
    server.working.set()
    made = job(server)
    made.sent = True
    server.jobs["dli-1"] = {"status": {}, "configuration": {}, "statistics": {}}
    for _ in range(20):
        made.stop()
    assert server.requests == ["cancel"]
