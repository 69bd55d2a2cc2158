"""A broken network between DLI and a real Trino: no wrong success, no statement twice, and the right error.

seed ─▶ which request of a query, what happens to it ─▶ the rows are all there │ an error, and the table says the same

DLI_FAULTS=2000 tries more of them than a normal run has time for.
"""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest

from dli_core.config import Override, resolve
from dli_core.engines.factory import make_engine
from dli_core.engines.trino import client, running
from dli_core.errors import DLIError, ErrorCode
from tests.crash.broken import Trial, ask
from tests.crash.proxy import DELIVERED, HARMLESS, Fault, Proxy

pytestmark = [pytest.mark.real("trino"), pytest.mark.crash]

ROWS = 15_000
SELECT = "SELECT orderkey, comment FROM tpch.tiny.orders"


@pytest.fixture
def proxy(trino):
    with Proxy(int(trino.url.rpartition(":")[2]), stall=1.0) as found:
        yield found


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch):
    """The same patience as ever, in less time."""
    monkeypatch.setattr(client, "_READ", 0.7)
    monkeypatch.setattr(client, "_FIRST_PAUSE", 0.02)
    monkeypatch.setattr(running, "RETRY_FOR", 3.0)


def engine_at(url: str, folder: Path):
    overrides = {"local.engine": "trino", "local.trino.url": url, "local.trino.user": "tester"}
    given = {key: Override(value, "a test") for key, value in overrides.items()}
    return make_engine(resolve(given, project=folder, environ={"DLI_USER_CONFIG": "off"}))


def test_no_fault_makes_a_wrong_success_or_a_statement_twice(quick, proxy: Proxy, trino, tmp_path: Path):
    plain, behind = engine_at(trino.url, tmp_path), engine_at(proxy.url, tmp_path)
    table = f"memory.default.t{uuid4().hex}"
    ask(plain, f"CREATE TABLE {table} (n bigint)")

    def once(_sql: str, told: str) -> None:
        assert sum(1 for method, _, _ in proxy.log.requests if method == "POST") == 1, told

    trial = Trial(
        proxy,
        behind,
        SELECT,
        ROWS,
        insert=lambda number: f"INSERT INTO {table} VALUES {number}",
        written=lambda number: ask(plain, f"SELECT n FROM {table} WHERE n = {number}"),
        of_reads={ErrorCode.EXECUTION_CONNECTION, ErrorCode.RESULT_INCOMPLETE},
        of_writes={ErrorCode.EXECUTION_CONNECTION, ErrorCode.OUTCOME_UNKNOWN},
        checked=once,
    )
    try:
        written = trial.run()
        assert ask(plain, f"SELECT n FROM {table}") == written
    finally:
        ask(plain, f"DROP TABLE {table}")
        plain.close()
        behind.close()


@pytest.mark.parametrize("kind", sorted(DELIVERED))
def test_a_single_fault_of_a_page_is_survived(quick, proxy: Proxy, tmp_path: Path, kind: str):
    engine = engine_at(proxy.url, tmp_path)
    proxy.reset(Fault(kind, 3))
    assert ask(engine, SELECT) == ROWS
    assert proxy.log.happened == 1
    engine.close()


@pytest.mark.parametrize("kind", sorted(kind for kind in DELIVERED if kind not in HARMLESS))
def test_a_query_whose_first_answer_is_lost_never_began_and_may_be_sent_again(
    quick, proxy: Proxy, tmp_path: Path, kind: str
):
    engine = engine_at(proxy.url, tmp_path)
    proxy.reset(Fault(kind, 0, at=0.0))
    with pytest.raises(DLIError) as caught:
        ask(engine, SELECT)
    assert caught.value.code is ErrorCode.EXECUTION_CONNECTION
    assert caught.value.details.get("final") is True
    engine.close()


def test_a_write_that_is_cut_off_for_good_is_of_unknown_outcome_and_named(quick, proxy: Proxy, tmp_path: Path):
    engine = engine_at(proxy.url, tmp_path)
    proxy.reset(Fault("502", 1, times=1000))
    with pytest.raises(DLIError) as caught:
        ask(engine, "CREATE TABLE memory.default.never AS SELECT 1 AS n")
    assert caught.value.code is ErrorCode.OUTCOME_UNKNOWN
    assert caught.value.code.exit_code == 6
    assert str(caught.value.details["job_id"]).startswith("dli-")
    engine.close()
