"""BigQuery's jobs on a look-alike: ids that are used once, states, streams that are cut, quotas, cancels."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path
from uuid import uuid4

import pytest

from dli_core.engines.base import Engine, Query
from dli_core.errors import DLIError, ErrorCode

pytestmark = pytest.mark.real("bigquery_lookalike")

ROWS = 60_000
MANY = f"SELECT n, CONCAT('row ', CAST(n AS STRING)) AS s FROM UNNEST(GENERATE_ARRAY(0, {ROWS - 1})) AS n"
ENDLESS = "SELECT COUNT(*) AS c FROM UNNEST(GENERATE_ARRAY(0, 9999999999)) AS n CROSS JOIN UNNEST(GENERATE_ARRAY(0, 999)) AS m"


def run(engine: Engine, sql: str, job_id: str | None = None) -> list[tuple[object, ...]]:
    with engine.stream(Query(sql, job_id or f"dli-{uuid4().hex}", timeout=30)) as stream:
        return list(stream.collect().to_tuples())


def running(bigquery, sql: str, within: float = 20) -> dict:
    """The job with this SQL, once it runs."""
    until = time.monotonic() + within
    while time.monotonic() < until:
        for job in bigquery.look()["jobs"]:
            if job["sql"] == sql and job["state"] == "RUNNING":
                return job
        time.sleep(0.02)
    pytest.fail("it never ran")


def stopped_within(bigquery, job_id: str, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if (job := bigquery.job(job_id)) and (job["state"], job["reason"]) == ("DONE", "stopped"):
            return True
        time.sleep(0.02)
    return False


# Jobs


def test_a_job_waits_runs_and_is_done(bigquery, engine: Engine):
    bigquery.control(pending=1.0)
    assert run(engine, "SELECT 1 AS n", "dli-waits") == [(1,)]
    assert bigquery.job("dli-waits")["state"] == "DONE"
    assert bigquery.look()["ran"].count("SELECT 1 AS n") == 1


def test_whoever_listens_is_told_how_a_job_stands(bigquery, engine: Engine):
    bigquery.control(pending=1.5)
    told: list[str] = []
    query = Query("SELECT 1 AS n", f"dli-{uuid4().hex}", told=lambda facts: told.append(facts["state"]))
    with engine.stream(query) as stream:
        stream.collect()
    assert "PENDING" in told


def test_an_id_that_is_used_is_refused_and_nothing_runs_twice(bigquery, engine: Engine):
    job_id = f"dli-{uuid4().hex}"
    sql = f"SELECT '{job_id}' AS s"
    assert run(engine, sql, job_id) == [(job_id,)]
    with pytest.raises(DLIError) as caught:
        run(engine, sql, job_id)
    assert caught.value.code is ErrorCode.EXECUTION_FAILED
    assert bigquery.look()["ran"].count(sql) == 1


def test_statements_of_one_run_share_a_temporary_table(engine: Engine):
    session = engine.session()
    for sql in ("CREATE TEMP TABLE mine AS SELECT 7 AS n", "INSERT INTO mine VALUES (8)"):
        with engine.stream(Query(sql, f"dli-{uuid4().hex}"), session) as stream:
            stream.collect()
    with engine.stream(Query("SELECT n FROM mine ORDER BY n", f"dli-{uuid4().hex}"), session) as stream:
        assert stream.collect().to_tuples() == [(7,), (8,)]
    session.close()
    with pytest.raises(DLIError):
        run(engine, "SELECT n FROM mine")


# Rows


@pytest.mark.parametrize("streams", [1, 4])
def test_a_large_result_is_whole_over_several_streams(bigquery, engine: Engine, streams: int):
    bigquery.control(streams=streams)
    rows = run(engine, MANY)
    assert sorted(rows) == [(n, f"row {n}") for n in range(ROWS)]


def test_the_order_of_rows_is_kept(engine: Engine):
    assert run(engine, f"{MANY} ORDER BY n DESC") == [(n, f"row {n}") for n in reversed(range(ROWS))]


@pytest.mark.parametrize("cuts", [[5_000], [5_000, 5_000, 10_000], [0, 0, 0]])
def test_a_stream_that_is_cut_is_read_on_where_it_broke_off(bigquery, engine: Engine, cuts: list[int]):
    bigquery.control(cut_after=cuts)
    assert run(engine, f"{MANY} ORDER BY n") == [(n, f"row {n}") for n in range(ROWS)]
    assert bigquery.look()["controls"]["cut_after"] == []


def test_where_reading_is_not_permitted_rows_come_over_rest_with_a_warning(bigquery, engine: Engine):
    bigquery.control(no_storage=True)
    with engine.stream(Query(f"{MANY} ORDER BY n", f"dli-{uuid4().hex}")) as stream:
        assert len(stream.collect()) == ROWS
        assert any("readsessions" in warning for warning in stream.warnings)


def test_a_result_with_fewer_rows_than_announced_is_incomplete(bigquery, engine: Engine):
    bigquery.control(more=1)
    with pytest.raises(DLIError) as caught:
        run(engine, MANY)
    assert caught.value.code is ErrorCode.RESULT_INCOMPLETE


# What BigQuery refuses


@pytest.mark.parametrize(
    ("reason", "status", "code"),
    [
        ("accessDenied", 403, ErrorCode.EXECUTION_PERMISSION),
        ("quotaExceeded", 403, ErrorCode.EXECUTION_FAILED),
        ("invalidQuery", 400, ErrorCode.EXECUTION_QUERY),
    ],
)
def test_a_refusal_of_the_insert_is_final(bigquery, engine: Engine, reason: str, status: int, code: ErrorCode):
    bigquery.control(refused={"insert": [(reason, status)]})
    sql = f"SELECT '{uuid4().hex}' AS s"
    with pytest.raises(DLIError) as caught:
        run(engine, sql)
    assert caught.value.code is code
    assert sql not in bigquery.look()["ran"]


@pytest.mark.parametrize(
    ("reason", "status"), [("backendError", 503), ("rateLimitExceeded", 403), ("internalError", 500)]
)
@pytest.mark.parametrize("request_name", ["results", "get"])
def test_what_may_pass_is_asked_again(bigquery, engine: Engine, reason: str, status: int, request_name: str):
    bigquery.control(refused={request_name: [(reason, status)] * 2})
    assert run(engine, "SELECT 5 AS n") == [(5,)]


def test_a_budget_that_is_exceeded_is_told_before_anything_runs(bigquery, engine: Engine, make):
    run(engine, "CREATE TABLE t AS SELECT 1 AS n")
    assert run(make(budget="1MB"), "SELECT n FROM t") == [(1,)]
    sql = f"SELECT n FROM t -- {uuid4().hex}"
    with pytest.raises(DLIError) as caught:
        run(make(budget="1B"), sql)
    assert caught.value.code is ErrorCode.BUDGET_EXCEEDED
    assert sql not in bigquery.look()["ran"]


# Cancelled where it runs


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=str)
def test_a_signal_cancels_the_job(bigquery, start, project: Path, number: int):
    sql = f"{ENDLESS} -- {number} {uuid4().hex}"
    (project / "out.csv").write_text("old")
    process = start("run", sql, "-o", "out.csv")
    job = running(bigquery, sql)
    process.send_signal(number)
    assert stopped_within(bigquery, job["id"], 1)
    _, err = process.communicate(timeout=10)
    assert process.returncode == 128 + number
    assert err.decode().startswith("[DLI-406]")
    assert (project / "out.csv").read_text() == "old"


def test_a_timeout_cancels_the_job(bigquery, start):
    sql = f"{ENDLESS} -- {uuid4().hex}"
    process = start("run", sql, "--timeout", "2")
    job = running(bigquery, sql)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 4
    assert err.decode().startswith("[DLI-402]")
    assert stopped_within(bigquery, job["id"], 1)


def test_a_job_is_cancelled_by_our_id_from_anywhere(bigquery, engine: Engine, start):
    sql = f"{ENDLESS} -- {uuid4().hex}"
    process = start("run", sql)
    job = running(bigquery, sql)
    assert engine.running(job["id"])
    engine.cancel(job["id"])
    assert stopped_within(bigquery, job["id"], 1)
    assert not engine.running(job["id"])
    _, err = process.communicate(timeout=10)
    assert err.decode().startswith("[DLI-406]")


def test_what_a_killed_run_left_behind_is_found_and_cancelled(bigquery, start, dli):
    sql = f"{ENDLESS} -- {uuid4().hex}"
    process = start("run", sql)
    job = running(bigquery, sql)
    process.kill()
    process.communicate()
    listed = json.loads(dli("jobs", "list", "--orphans", "--format", "json").stdout)
    assert [(entry["state"], entry["statements"][0]["sql"]) for entry in listed] == [("lost", sql)]
    done = dli("jobs", "cancel", "--orphans")
    assert done.returncode == 0, done.stderr
    assert stopped_within(bigquery, job["id"], 1)
