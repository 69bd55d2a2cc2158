"""Trino, a real one: its types to the last digit, its cancels, its sessions, and what a killed run leaves behind."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from dli import DLIError, ExecutionContext, SqlAPI
from dli_core.config import Override, resolve
from dli_core.engines.base import Engine, Query
from dli_core.engines.factory import make_engine
from dli_core.errors import ErrorCode

pytestmark = pytest.mark.real("trino")

ENDLESS = (
    "SELECT count(*) FROM TABLE(sequence(start => 0, stop => 10000000000)) a"
    " CROSS JOIN TABLE(sequence(start => 0, stop => 1000)) b"
)
FLOWING = "SELECT sequential_number AS n FROM TABLE(sequence(start => 0, stop => 100000000000))"
OVER = {"FINISHED", "FAILED"}


@pytest.fixture
def engine(trino, project: Path):
    keys = {"url": trino.url, "user": "tester"}
    overrides = {f"local.trino.{key}": Override(value, "a test") for key, value in keys.items()}
    found = make_engine(
        resolve(
            {"local.engine": Override("trino", "a test"), **overrides},
            project=project,
            environ={"DLI_USER_CONFIG": "off"},
        )
    )
    yield found
    found.close()


def queries(trino) -> list[dict]:
    """What the server knows of its queries."""
    request = urllib.request.Request(f"{trino.url}/v1/query", headers={"X-Trino-User": "tester"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def of_job(trino, job_id: str) -> list[dict]:
    return [item for item in queries(trino) if item["session"].get("traceToken") == job_id]


def running(trino, text: str, *, within: float = 20) -> dict:
    """The query with this SQL, once it runs."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        for item in queries(trino):
            if item["query"] == text and item["state"] == "RUNNING":
                return item
        time.sleep(0.05)
    pytest.fail("it never ran")


def state_of(trino, query_id: str) -> tuple[str, str | None]:
    [item] = [item for item in queries(trino) if item["queryId"] == query_id]
    return item["state"], (item.get("errorCode") or {}).get("name")


def cancelled_within(trino, query_id: str, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if state_of(trino, query_id) == ("FAILED", "USER_CANCELED"):
            return True
        time.sleep(0.02)
    return False


def csv(engine: Engine, sql: str, tmp_path: Path) -> list[str]:
    """The lines below the header of what an export of this SQL writes."""
    import dli_fast

    with engine.stream(Query(sql, "dli-types")) as stream:
        stream.watch.mark_json(stream.json)
        with (tmp_path / "out.csv").open("wb") as out:
            written = dli_fast.write_csv(stream, out.fileno(), sha256=False)
        stream.done(written.rows)
    return (tmp_path / "out.csv").read_text("utf-8").split("\n")[1:-1]


TYPES = {
    "true": "true",
    "TINYINT '-128'": "-128",
    "SMALLINT '32767'": "32767",
    "-2147483648": "-2147483648",
    "BIGINT '9223372036854775807'": "9223372036854775807",
    "REAL '0.1'": "0.1",
    "DOUBLE '0.1'": "0.1",
    "-0e0": "-0.0",
    "nan()": "NaN",
    "infinity()": "inf",
    "-infinity()": "-inf",
    "1e21": "1e+21",
    "DOUBLE '4.9E-324'": "5e-324",
    "DECIMAL '99999999999999999999999999999999999999'": "9" * 38,
    "DECIMAL '-0.00000000000000000000000000000000000001'": f"-0.{'0' * 37}1",
    "CAST('x' AS char(3))": "x  ",
    "'it''s \"quoted\", with a comma'": '"it\'s ""quoted"", with a comma"',
    "U&'\\0000'": "\0",
    "'한글 😀'": "한글 😀",
    "X'00ff'": "AP8=",
    "DATE '2024-02-29'": "2024-02-29",
    "DATE '-0001-12-31'": "-0001-12-31",
    "DATE '12345-01-01'": "+12345-01-01",
    "TIME '23:59:59.123'": "23:59:59.123000",
    "TIME '23:59:59.123456789'": "23:59:59.123456789",
    "TIME '01:02:03.123456789012'": "01:02:03.123456789012",
    "TIME '01:02:03+09:00'": "01:02:03+09:00",
    "TIMESTAMP '2020-01-01 00:00:00'": "2020-01-01T00:00:00",
    "TIMESTAMP '2020-01-01 00:00:00.123'": "2020-01-01T00:00:00.123",
    "TIMESTAMP '2020-01-01 00:00:00.123456'": "2020-01-01T00:00:00.123456",
    "TIMESTAMP '2020-01-01 00:00:00.123456789'": "2020-01-01T00:00:00.123456789",
    "TIMESTAMP '2020-01-01 00:00:00.123456789012'": "2020-01-01 00:00:00.123456789012",
    "TIMESTAMP '0001-01-01 00:00:00.000'": "0001-01-01T00:00:00.000",
    "TIMESTAMP '2020-07-01 12:00:00 UTC'": "2020-07-01T12:00:00Z",
    "TIMESTAMP '2020-07-01 12:00:00.5 Asia/Seoul'": "2020-07-01T03:00:00.500Z",
    "TIMESTAMP '2020-07-01 12:00:00.123456 -09:30'": "2020-07-01T21:30:00.123456Z",
    "INTERVAL '3' MONTH": "0-3",
    "INTERVAL '2' DAY": "2 00:00:00.000",
    """JSON '{"a": [1, null]}'""": '"{""a"":[1,null]}"',
    "UUID '12151fd2-7586-11e9-8f9e-2a86e4085a59'": "12151fd2-7586-11e9-8f9e-2a86e4085a59",
    "IPADDRESS '10.0.0.1'": "10.0.0.1",
    "ARRAY[1, NULL, 3]": '"[1,null,3]"',
    "ARRAY[TIMESTAMP '2020-01-01 00:00:00.999999']": '"[""2020-01-01T00:00:00.999999""]"',
    "CAST(ARRAY[] AS array(bigint))": "[]",
    "MAP(ARRAY['a', 'b'], ARRAY[1.5, NULL])": '"{""a"":1.5,""b"":null}"',
    "MAP(ARRAY[1], ARRAY[DATE '2020-01-01'])": '"{""1"":""2020-01-01""}"',
    "CAST(ROW(1, 'x') AS ROW(a bigint, b varchar))": '"{""a"":1,""b"":""x""}"',
    "ROW(1, 'x')": '"{""field0"":1,""field1"":""x""}"',
    "CAST(ROW(JSON '[1]') AS ROW(j json))": '"{""j"":[1]}"',
    "NULL": "",
}


def test_every_type_is_kept_to_its_last_digit(engine: Engine, tmp_path: Path, subtests):
    for expression, text in TYPES.items():
        with subtests.test(expression):
            assert csv(engine, f"SELECT {expression} AS c", tmp_path) == [text]


def test_columns_of_one_name_stay_two(engine: Engine, tmp_path: Path):
    assert csv(engine, "SELECT 1 AS a, 2 AS a", tmp_path) == ["1,2"]


@pytest.mark.parametrize("columns", [(("n", "integer"), ("x", "decimal(12,2)"), ("d", "string"), ("nope", "date"))])
def test_declared_types_are_cast_to_in_the_order_of_the_rows(engine: Engine, columns, tmp_path: Path):
    sql = "SELECT n, n / 8e0 AS x, CAST(n AS tinyint) AS d FROM (VALUES 3, 1, 2) t(n) ORDER BY n DESC"
    with engine.stream(Query(sql, "dli-declared", columns=columns)) as stream:
        assert [str(warning) for warning in stream.warnings]
        batches = stream.collect()
    assert batches.types == ["bigint", "decimal(12,2)", "string"]
    assert batches.texts() == [["3", "0.38", "3"], ["2", "0.25", "2"], ["1", "0.13", "1"]]


def test_a_value_that_does_not_fit_its_declared_type_is_told(engine: Engine):
    query = Query("SELECT 'x' AS n", "dli-declared", columns=(("n", "integer"),))
    with pytest.raises(DLIError) as caught, engine.stream(query) as stream:
        stream.collect()
    assert caught.value.code is ErrorCode.EXECUTION_QUERY
    assert "x" in str(caught.value.details["problem"])


def test_the_statements_of_one_session_share_what_it_was_told(engine: Engine):
    session = engine.session()
    for sql in (
        "USE tpch.tiny",
        "SET SESSION query_max_run_time = '77s'",
        "PREPARE p FROM SELECT count(*) AS n FROM region WHERE name LIKE ?",
    ):
        with engine.stream(Query(sql, "dli-session"), session) as stream:
            stream.collect()
            assert not stream.returns_rows
    for sql, rows in (
        ("SELECT count(*) AS n FROM nation", [[25]]),
        ("SHOW SESSION LIKE 'query_max_run_time'", [["query_max_run_time", "77s"]]),
        ("EXECUTE p USING 'A%'", [[3]]),
    ):
        with engine.stream(Query(sql, "dli-session"), session) as stream:
            assert [list(row)[:2] for row in stream.collect().to_tuples()] == rows


def test_a_write_tells_how_many_rows_it_changed(engine: Engine):
    for sql, changed in (
        ("CREATE TABLE memory.default.changed AS SELECT * FROM tpch.tiny.region", 5),
        ("INSERT INTO memory.default.changed SELECT * FROM tpch.tiny.region", 5),
        ("DROP TABLE memory.default.changed", None),
    ):
        with engine.stream(Query(sql, "dli-write")) as stream:
            stream.collect()
        assert (stream.returns_rows, stream.affected) == (False, changed)


def test_an_error_is_shown_in_the_users_file(dli, project: Path):
    (project / "dataset.wrong.yaml").write_text(
        "name: a.b.wrong\nquery_statement: |\n  SELECT\n    {# a comment #}\n    nope\n  FROM tpch.tiny.nation\n"
    )
    done = dli("dataset", "run", "wrong", "--format", "csv")
    assert (done.returncode, done.stdout) == (1, "")
    assert "dataset.wrong.yaml:5:5" in done.stderr
    assert "5 |     nope" in done.stderr


def test_a_large_result_is_whole(dli, project: Path):
    done = dli("run", 'SELECT orderkey, comment FROM tpch."sf0.1".orders', "-o", "out.csv", "--receipt")
    assert done.returncode == 0, done.stderr
    assert (project / "out.csv").read_bytes().count(b"\n") == 150_001
    assert dli("verify", "out.csv").returncode == 0


PEAK = """
import gc, resource, sys
gc.disable()
from dli import SqlAPI
SqlAPI().export(sys.argv[1], "out.csv")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def test_pages_are_let_go_of_without_the_garbage_collector(command, project: Path):
    """85 MB of them: what keeps a page alive until garbage is collected shows here."""
    _, environ = command()

    def peak(sql: str) -> int:
        line = [sys.executable, "-c", PEAK, sql]
        done = subprocess.run(line, cwd=project, env=environ, capture_output=True, text=True, check=True)
        return int(done.stdout)

    assert peak('SELECT * FROM tpch."sf0.1".lineitem') - peak("SELECT 1 AS n") < 50  # MiB


# Cancelled where it runs


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=str)
@pytest.mark.parametrize("flowing", [False, True], ids=["waiting", "flowing"])
def test_a_signal_cancels_the_query_at_the_server(trino, start, project: Path, number: int, flowing: bool):
    sql = f"{FLOWING if flowing else ENDLESS} -- {number} {flowing}"
    (project / "out.csv").write_text("old")
    process = start("run", sql, "-o", "out.csv")
    query_id = running(trino, sql)["queryId"]
    time.sleep(0.5)
    process.send_signal(number)
    assert cancelled_within(trino, query_id, 1)
    _, err = process.communicate(timeout=10)
    assert process.returncode == 128 + number
    assert err.decode().startswith("[DLI-406]")
    assert sorted(path.name for path in project.iterdir()) == ["dli.yaml", "out.csv"]
    assert (project / "out.csv").read_text() == "old"


def test_a_timeout_cancels_the_query_at_the_server(trino, start):
    sql = f"{ENDLESS} -- timeout"
    process = start("run", sql, "--timeout", "3")
    query_id = running(trino, sql)["queryId"]
    _, err = process.communicate(timeout=20)
    assert process.returncode == 4
    assert err.decode().startswith("[DLI-402]")
    assert cancelled_within(trino, query_id, 1)


def test_a_stream_left_early_cancels_its_query(trino, engine: Engine):
    with engine.stream(Query(FLOWING, "dli-left-early")) as stream:
        assert len(stream.collect(limit=5)) == 5
    [item] = of_job(trino, "dli-left-early")
    assert cancelled_within(trino, item["queryId"], 1)


def test_a_job_is_cancelled_by_our_id_from_anywhere(trino, engine: Engine, start):
    sql = f"{ENDLESS} -- by id"
    process = start("run", sql)
    item = running(trino, sql)
    job_id = item["session"]["traceToken"]
    assert engine.running(job_id)
    engine.cancel(job_id)
    assert cancelled_within(trino, item["queryId"], 1)
    assert not engine.running(job_id)
    _, err = process.communicate(timeout=10)
    assert err.decode().startswith("[DLI-406]")


def test_what_a_killed_run_left_behind_is_found_and_cancelled(trino, start, dli):
    sql = f"{ENDLESS} -- orphan"
    process = start("run", sql)
    query_id = running(trino, sql)["queryId"]
    process.kill()
    process.communicate()
    listed = json.loads(dli("jobs", "list", "--orphans", "--format", "json").stdout)
    assert [(entry["state"], entry["statements"][0]["sql"]) for entry in listed] == [("lost", sql)]
    done = dli("jobs", "cancel", "--orphans")
    assert done.returncode == 0, done.stderr
    assert cancelled_within(trino, query_id, 1)
    assert json.loads(dli("jobs", "list", "--orphans", "--format", "json").stdout) == []
    assert json.loads(dli("jobs", "list", "--format", "json").stdout)[0]["state"] == "cancelled"


# What goes wrong


def test_a_server_that_is_not_there_is_told_by_the_doctor(dli, command, project: Path):
    line, environ = command("config", "check")
    done = subprocess.run(
        line,
        cwd=project,
        env={**environ, "DLI_LOCAL__TRINO__URL": "http://127.0.0.1:1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3
    assert done.stderr.startswith("[DLI-403] Failed to connect to Trino")
    assert "Possible causes:" in done.stderr
    assert dli("config", "check").returncode == 0


def test_another_users_query_is_not_shown_its_secret(dli):
    """The address of a page lets anybody read it: no output names it."""
    for words in (
        ("run", "SELECT nope"),
        ("run", "SELECT 1 AS n", "--format", "csv"),
        ("run", "SELECT 1", "--dry-run"),
    ):
        done = dli(*words)
        assert "/v1/statement/" not in done.stdout + done.stderr


def test_threads_share_one_engine(trino, project: Path):
    from concurrent.futures import ThreadPoolExecutor

    overrides = {"local.engine": "trino", "local.trino.url": trino.url, "local.trino.user": "tester"}
    environ = {f"DLI_{key.upper().replace('.', '__')}": value for key, value in overrides.items()}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environ.items():
            patch.setenv(name, value)
        api = SqlAPI(ExecutionContext(project_path=project))

        def one(number: int) -> bool:
            found = api.run(f"SELECT {number} AS n, count(*) AS c FROM tpch.tiny.nation WHERE nationkey < {number}")
            return found.data == [{"n": number, "c": number}]

        with ThreadPoolExecutor(8) as pool:
            assert all(pool.map(one, [number % 25 for number in range(80)]))
