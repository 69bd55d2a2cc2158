"""Google's own BigQuery: what no server on this machine can prove. Only where a project is named for it.

    DLI_TEST_BIGQUERY_PROJECT=my-project uv run pytest tests/real/bigquery/test_google.py

Runs as the application default login, in a dataset of its own (`dli_test_…`, dropped at the end), and reads nothing but
what it makes: a few megabytes, within the free tier.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from uuid import uuid4

import pytest

from dli_core.config import Override, resolve
from dli_core.engines.base import Engine, Query
from dli_core.engines.factory import make_engine
from dli_core.errors import DLIError, ErrorCode
from tests.conftest import MACHINE

PROJECT = MACHINE.get("DLI_TEST_BIGQUERY_PROJECT")
pytestmark = pytest.mark.skipif(not PROJECT, reason="needs a project at Google: DLI_TEST_BIGQUERY_PROJECT")

# A value of every type, and a null of it: (SQL, text in a CSV)
VALUES = {
    "i": ("-9223372036854775808", "-9223372036854775808"),
    "f": ("CAST('-inf' AS FLOAT64)", "-inf"),
    "n": ("NUMERIC '-99999999999999999999999999999.999999999'", "-99999999999999999999999999999.999999999"),
    "b": ("BIGNUMERIC '1.00000000000000000000000000000000000001'", "1.00000000000000000000000000000000000001"),
    "o": ("TRUE", "true"),
    "s": ("'한글 \\u0001'", "한글 \x01"),
    "y": ("b'\\x00\\xff'", "AP8="),
    "d": ("DATE '0001-01-01'", "0001-01-01"),
    "dt": ("DATETIME '9999-12-31 23:59:59.999999'", "9999-12-31T23:59:59.999999"),
    "t": ("TIME '23:59:59.999999'", "23:59:59.999999"),
    "ts": ("TIMESTAMP '0001-01-01 00:00:00+00'", "0001-01-01T00:00:00.000000Z"),
    "j": ("JSON '{\"a\": 1}'", '{"a":1}'),
    "g": ("ST_GEOGPOINT(1, 2)", "POINT(1 2)"),
    "iv": ("INTERVAL '1-2 3 4:5:6.7' YEAR TO SECOND", "P1Y2M3DT4H5M6.700000000S"),
    "r": ("RANGE(DATE '2025-01-01', NULL)", '{"start":"2025-01-01","end":null}'),
    "st": ("STRUCT(1 AS x, ['a', 'b'] AS y)", '{"x":1,"y":["a","b"]}'),
    "a": ("CAST(NULL AS ARRAY<INT64>)", "[]"),
}
ROW = ", ".join(f"{sql} AS {name}" for name, (sql, _) in VALUES.items())


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    folder = tmp_path_factory.mktemp("google")
    dataset = f"dli_test_{uuid4().hex}"
    with pytest.MonkeyPatch.context() as patch:
        for name in ("HOME", "GOOGLE_APPLICATION_CREDENTIALS"):
            if name in MACHINE:
                patch.setenv(name, MACHINE[name])
        keys = {"project": str(PROJECT), "dataset": dataset}
        overrides = {f"local.bigquery.{key}": Override(value, "test") for key, value in keys.items()}
        overrides["local.engine"] = Override("bigquery", "test")
        made = make_engine(resolve(overrides, project=folder, environ={"DLI_USER_CONFIG": "off"}))
        run(made, f"CREATE SCHEMA {dataset} OPTIONS(default_table_expiration_days = 1)")
        yield made
        run(made, f"DROP SCHEMA {dataset} CASCADE")
        made.close()


def query(sql: str, **fields: object) -> Query:
    return Query(sql, f"dli-{uuid4().hex}", **fields)  # type: ignore[arg-type]


def run(engine: Engine, sql: str, **fields: object) -> list[list[str | None]]:
    with engine.stream(query(sql, **fields)) as stream:
        return stream.collect().texts()


def failure(engine: Engine, sql: str, **fields: object) -> DLIError:
    with pytest.raises(DLIError) as caught:
        run(engine, sql, **fields)
    return caught.value


def test_every_type_comes_whole_and_the_same_over_both_ways(engine: Engine):
    small = run(engine, f"SELECT {ROW}")
    assert small == [[shown for _, shown in VALUES.values()]]
    with engine.stream(query(f"SELECT {ROW} FROM UNNEST(GENERATE_ARRAY(1, 6000))")) as stream:
        large = stream.collect()
    assert stream.warnings == []  # by the Storage Read API
    assert len(large) == 6000
    assert {tuple(row) for row in large.texts()} == {tuple(small[0])}


def test_a_million_rows_come_in_order(engine: Engine):
    numbers = "UNNEST(GENERATE_ARRAY(0, 999)) AS a CROSS JOIN UNNEST(GENERATE_ARRAY(0, 999)) AS b"
    with engine.stream(query(f"SELECT a * 1000 + b AS n FROM {numbers} ORDER BY n")) as stream:
        batches = stream.collect()
    assert [int(row[0] or 0) for row in batches.texts()] == list(range(1_000_000))


def test_a_reused_job_id_is_refused(engine: Engine):
    one = query("SELECT 1 AS n")
    with engine.stream(one) as stream:
        stream.collect()
    with pytest.raises(DLIError) as caught:
        engine.stream(one)
    assert caught.value.details["reason"] == "job_taken"


def test_errors_say_what_and_where(engine: Engine):
    found = failure(engine, "SELECT\n  1,\n  nope\nFROM UNNEST([1]) AS n")
    assert (found.code, found.details["line"], found.details["column"]) == (ErrorCode.EXECUTION_QUERY, 3, 3)
    assert failure(engine, "SELECT 1 / 0").code is ErrorCode.EXECUTION_QUERY
    assert failure(engine, "SELECT * FROM absent").code is ErrorCode.EXECUTION_QUERY


def test_a_dry_run_estimates_and_a_budget_refuses(engine: Engine):
    run(engine, "CREATE TABLE weighed AS SELECT 1 AS n")
    found = engine.dry_run(query("SELECT n FROM weighed"))
    assert (found.valid, found.columns, found.estimate["bytes"]) == (True, (("n", "INT64"),), 8)
    assert failure(engine, "SELECT n FROM weighed", budget=1).code is ErrorCode.BUDGET_EXCEEDED


def test_dml_counts_and_sessions_share(engine: Engine):
    session = engine.session()
    counts = []
    for sql in (
        "CREATE TEMP TABLE own AS SELECT 1 AS n",
        "INSERT INTO own VALUES (2), (3)",
        "SELECT COUNT(*) AS n FROM own",
    ):
        with engine.stream(query(sql), session) as stream:
            batches = stream.collect()
            counts.append(stream.affected if not stream.returns_rows else batches.to_dicts()[0]["n"])
    session.close()
    assert counts[1:] == [2, 3]
    assert failure(engine, "SELECT * FROM own").code is ErrorCode.EXECUTION_QUERY


def test_a_query_that_takes_too_long_is_cancelled_at_google(engine: Engine):
    arrays = ", ".join(f"UNNEST(GENERATE_ARRAY(1, 10000)) AS a{at}" for at in range(4))
    endless = query(f"SELECT COUNTIF(a0 + a1 + a2 + a3 = 7) AS n FROM {arrays}", timeout=5)
    start = time.monotonic()
    with pytest.raises(DLIError) as caught:
        engine.stream(endless)
    assert caught.value.code is ErrorCode.EXECUTION_TIMEOUT
    assert time.monotonic() - start < 9
    deadline = time.monotonic() + 10
    while engine.running(endless.job_id) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not engine.running(endless.job_id)
