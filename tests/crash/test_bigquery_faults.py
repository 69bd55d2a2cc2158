"""A broken network between DLI and the look-alike of BigQuery: no wrong success, no statement twice, the right error.

DLI_FAULTS=2000 tries more of them than a normal run has time for.
"""

from __future__ import annotations

import time
from pathlib import Path
from uuid import uuid4

import pytest

from dli_core.config import Override, resolve
from dli_core.engines.base import Engine
from dli_core.engines.bigquery import api, job
from dli_core.engines.factory import make_engine
from dli_core.errors import ErrorCode
from tests.crash.broken import Trial, ask
from tests.crash.proxy import Proxy

pytestmark = [pytest.mark.real("bigquery_lookalike"), pytest.mark.crash]

ROWS = 12_000  # over the first page: a read session follows
SELECT = f"SELECT n FROM UNNEST(GENERATE_ARRAY(0, {ROWS - 1})) AS n"
TIMEOUT = 5.0


@pytest.fixture
def proxy(bigquery_lookalike):
    bigquery_lookalike.control()
    with Proxy(int(bigquery_lookalike.url.rpartition(":")[2]), stall=0.8) as found:
        yield found


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch):
    """The same patience as ever, in less time."""
    monkeypatch.setattr(api, "_ANSWER", 0.5)
    monkeypatch.setattr(api, "_HURRY", 0.5)
    monkeypatch.setattr(job, "_LOOKING", 2.0)
    monkeypatch.setattr(job, "_POLL", 0.2)


def engine_at(url: str, storage: str, dataset: str, folder: Path) -> Engine:
    given = {
        "local.engine": "bigquery",
        "local.bigquery.project": "test",
        "local.bigquery.dataset": dataset,
        "local.bigquery.api_endpoint": url,
        "local.bigquery.storage_endpoint": storage,
    }
    overrides = {key: Override(value, "a test") for key, value in given.items()}
    return make_engine(resolve(overrides, project=folder, environ={"DLI_USER_CONFIG": "off"}))


def test_no_fault_makes_a_wrong_success_or_a_statement_twice(quick, proxy: Proxy, bigquery_lookalike, tmp_path: Path):
    server, dataset = bigquery_lookalike, f"d{uuid4().hex}"
    plain = engine_at(server.url, server.storage, dataset, tmp_path)
    behind = engine_at(proxy.url, server.storage, dataset, tmp_path)
    for sql in (f"CREATE SCHEMA {dataset}", "CREATE TABLE t (n INT64)"):
        ask(plain, sql)

    def written(number: int) -> int:
        until = time.monotonic() + 5
        while any(found["state"] != "DONE" for found in server.look()["jobs"]) and time.monotonic() < until:
            time.sleep(0.02)
        return ask(plain, f"SELECT n FROM t WHERE n = {number}")

    def once(sql: str, told: str) -> None:
        assert server.look()["ran"].count(sql) <= 1, told

    trial = Trial(
        proxy,
        behind,
        SELECT,
        ROWS,
        insert=lambda number: f"INSERT INTO t VALUES ({number})",
        written=written,
        of_reads={
            ErrorCode.EXECUTION_CONNECTION,
            ErrorCode.EXECUTION_TIMEOUT,
            ErrorCode.EXECUTION_FAILED,
            ErrorCode.RESULT_INCOMPLETE,
            ErrorCode.OUTCOME_UNKNOWN,
        },
        of_writes={ErrorCode.EXECUTION_CONNECTION, ErrorCode.EXECUTION_FAILED, ErrorCode.OUTCOME_UNKNOWN},
        timeout=TIMEOUT,
        requests=4,
        checked=once,
    )
    try:
        total = trial.run()
        assert ask(plain, "SELECT n FROM t") == total
    finally:
        plain.close()
        behind.close()
