"""One DatasetAPI, many threads: every result is its own, nothing locks up, and Ctrl-C ends them all.

8 threads × 25 runs always, × 200 with --run-slow.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from dli import DatasetAPI, ExecutionContext
from dli.testing import make_project

THREADS = 8
SPECS = {
    "dli.yaml": "local: {duckdb: {settings: {threads: 1}}}\n",
    "dataset.own.yaml": """\
name: shop.main.own
parameters: [{name: n, type: integer}, {name: text, type: string}]
query_statement: |
  SELECT {{ n }} + i AS n, {{ text }} AS text FROM range({{ n }} % 7 + 1) t(i) ORDER BY n
""",
    # A table of the session: threads that shared one would see each other's.
    "dataset.session.yaml": """\
name: shop.main.session
query_type: DML
parameters: [{name: n, type: integer}]
pre_statements:
  - sql: CREATE TEMPORARY TABLE mine AS SELECT {{ n }} AS n
query_statement: INSERT INTO mine SELECT n FROM mine, range(10)
post_statements:
  - sql: SELECT CASE WHEN min(n) <> {{ n }} OR max(n) <> {{ n }} THEN error('another thread') END FROM mine
""",
    "dataset.wrong.yaml": """\
name: shop.main.wrong
parameters: [{name: text, type: string}]
query_statement: SELECT CAST({{ text }} AS INTEGER) AS n
""",
    "dataset.endless.yaml": """\
name: shop.main.endless
query_statement: SELECT count(*) AS n FROM range(100000000000) a, range(1000)
""",
    "dataset.many.yaml": """\
name: shop.main.many
query_statement: SELECT i, repeat('x', 100) AS text FROM range(100000000000) t(i)
""",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    return make_project(folder, SPECS)


@pytest.mark.parametrize("runs", [25, pytest.param(200, marks=pytest.mark.slow)])
def test_every_result_is_its_own(project: Path, runs: int):
    api = DatasetAPI(ExecutionContext(project_path=project))
    together = Barrier(THREADS)

    def work(thread: int) -> int:
        together.wait(30)
        for run in range(runs):
            n, text = thread * 1000 + run, f"'{thread}'"
            found = api.run("own", parameters={"n": n, "text": text})
            assert found.data == [{"n": n + i, "text": text} for i in range(n % 7 + 1)]
            assert found.row_count == n % 7 + 1
        return runs

    with ThreadPoolExecutor(THREADS) as pool:
        assert list(pool.map(work, range(THREADS), timeout=120)) == [runs] * THREADS


def test_runs_streams_exports_sessions_and_failures_share_one_api(project: Path):
    api = DatasetAPI(ExecutionContext(project_path=project))
    together = Barrier(THREADS)

    def work(thread: int) -> None:
        together.wait(30)
        target = project / f"{thread}.ndjson"
        for run in range(6):
            n, text = thread * 1000 + run, f"thread {thread}"
            rows = [{"n": n + i, "text": text} for i in range(n % 7 + 1)]
            with api.stream("own", parameters={"n": n, "text": text}) as stream:
                assert stream.collect().to_dicts() == rows
            assert api.export("own", target, parameters={"n": n, "text": text}).rows == len(rows)
            assert [json.loads(line) for line in target.read_text().splitlines()] == rows
            assert api.run("session", parameters={"n": n}).row_count == 10
            with pytest.raises(Exception, match=text):
                api.run("wrong", parameters={"text": text})
            with api.stream("many") as stream:  # left early: only its own query is cancelled
                assert len(stream.collect(limit=10)) == 10

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(work, range(THREADS), timeout=120))


_HEAD = f"""\
import sys, threading, time
from concurrent.futures import ThreadPoolExecutor
from dli import DatasetAPI, DLIError

api = DatasetAPI()

def work(number):
    try:
        if number % 2:
            api.run("endless")
        else:
            api.export("many", f"{{number}}.csv")
        said = "it ended"
    except DLIError as problem:
        said = problem.code.value
    except BaseException as problem:
        said = repr(problem).replace(" ", "_")
    sys.stdout.write(f"{{said}} {{time.monotonic()}}\\n")
    sys.stdout.flush()

numbers = range({THREADS})
"""
# How a program waits for its threads, and so where Ctrl-C finds its main one.
WAITS = {
    "threads": """
threads = [threading.Thread(target=work, args=(number,)) for number in numbers]
for thread in threads:
    thread.start()
while any(thread.is_alive() for thread in threads):  # join() forgets its thread when it is interrupted, before 3.13
    time.sleep(0.01)
""",
    "pool": """
with ThreadPoolExecutor(len(numbers)) as pool:
    list(pool.map(work, numbers))
""",
    "nobody waits": """
for number in numbers:
    threading.Thread(target=work, args=(number,)).start()
time.sleep(600)
""",
}


@pytest.mark.parametrize("how", WAITS)
def test_ctrl_c_ends_the_queries_of_all_threads_within_a_second(project: Path, tmp_path: Path, how: str):
    (tmp_path / "main.py").write_text(_HEAD + WAITS[how])
    environ = {**os.environ, "HOME": str(tmp_path)}
    process = subprocess.Popen(
        [sys.executable, "../main.py"], cwd=project, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        _wait_for(lambda: len(_running(tmp_path)) == THREADS, process)
        time.sleep(0.5)  # all of them are at the engine
        sent = time.monotonic()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    finally:
        process.kill()
    assert process.returncode in {130, -signal.SIGINT, 1}
    assert b"KeyboardInterrupt" in err
    ends = [line.split() for line in out.decode().splitlines()]
    assert [said for said, _ in ends] == ["DLI-406"] * THREADS, out
    assert max(float(moment) for _, moment in ends) - sent < 1
    assert _running(tmp_path) == []
    assert list(project.glob("*.csv")) == []


def test_a_main_thread_that_goes_on_after_ctrl_c_may_run_queries(project: Path):
    script = """
from dli import DatasetAPI, SqlAPI
try:
    raise KeyboardInterrupt
except KeyboardInterrupt:
    print(SqlAPI().run("SELECT count(*) AS n FROM range(1000000)").data)
    DatasetAPI().export("own", "own.csv", parameters={"n": 1, "text": "x"})
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=project, capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, b"[{'n': 1000000}]\n"), done.stderr
    assert (project / "own.csv").is_file()


def test_threads_that_outlive_the_main_one_run_to_their_end(project: Path):
    script = """
import threading
from dli import SqlAPI
def work():
    print(SqlAPI().run("SELECT count(*) AS n FROM range(3000000000)").row_count)
threading.Thread(target=work).start()
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=project, capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"1\n", b"")


def _running(home: Path) -> list[str]:
    """The names of the runs that the journal has as running."""
    entries = [json.loads(path.read_bytes()) for path in (home / ".dli" / "runs").glob("*/*.json")]
    return [entry["name"] for entry in entries if entry["outcome"] == "running"]


def _wait_for(condition, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)
