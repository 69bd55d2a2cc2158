"""Ctrl-C, SIGTERM and a timeout, again and again on every engine: the query is over there within a second, the exit code
is right, and the old file is what it was.

DLI_CANCELS=100 tries more of them than a normal run has time for.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import pytest

from tests.contract.sql import WORDS

pytestmark = pytest.mark.crash

CANCELS = int(os.environ.get("DLI_CANCELS", "6"))
EXIT = {"SIGINT": 130, "SIGTERM": 143, "timeout": 4}
TIMEOUT = 2  # seconds


class Place(NamedTuple):
    """Where queries run.

    Attributes:
        keys: the configuration.
        state: the engine's word on a query, by its SQL: "", "running" or "over"; None where it is in the process itself.
        starting: seconds that a query may take to be there.
    """

    keys: dict[str, str]
    state: Callable[[str], str] | None
    starting: float = 20


def _duckdb(request: pytest.FixtureRequest) -> Place:
    del request
    return Place({"local.engine": "duckdb"}, None)


def _trino(request: pytest.FixtureRequest) -> Place:
    server = request.getfixturevalue("trino")

    def state(sql: str) -> str:
        asked = urllib.request.Request(f"{server.url}/v1/query", headers={"X-Trino-User": "tester"})
        with urllib.request.urlopen(asked) as answer:
            found = [item["state"] for item in json.load(answer) if item["query"] == sql]
        return _told(found, over={"FAILED", "FINISHED"}, runs={"RUNNING"})

    keys = {"local.engine": "trino", "local.trino.url": server.url, "local.trino.user": "tester"}
    return Place(keys, state)


def _bigquery(request: pytest.FixtureRequest) -> Place:
    server = request.getfixturevalue("bigquery_lookalike")
    server.control()

    def state(sql: str) -> str:
        found = [job["state"] for job in server.look()["jobs"] if job["sql"] == sql]
        return _told(found, over={"DONE"}, runs={"RUNNING"})

    keys = {"project": server.project, "api_endpoint": server.url, "storage_endpoint": server.storage}
    return Place({"local.engine": "bigquery", **{f"local.bigquery.{key}": value for key, value in keys.items()}}, state)


def _told(states: list[str], over: set[str], runs: set[str]) -> str:
    if not states:
        return ""
    return "over" if states[0] in over else "running" if states[0] in runs else ""


PLACES: dict[str, Callable[[pytest.FixtureRequest], Place]] = {
    "duckdb": _duckdb,
    "trino": _trino,
    "bigquery": _bigquery,
}
SERVERS = {"trino": "trino", "bigquery": "bigquery_lookalike"}


@pytest.fixture(
    params=[pytest.param(name, marks=[pytest.mark.real(SERVERS[name])] if name in SERVERS else []) for name in PLACES]
)
def engine(request: pytest.FixtureRequest) -> tuple[str, Place]:
    return request.param, PLACES[request.param](request)


def test_every_cancel_is_seen_at_the_engine_within_a_second(engine: tuple[str, Place], tmp_path: Path):
    name, place = engine
    (tmp_path / "dli.yaml").touch()
    target = tmp_path / "out.csv"
    target.write_text("old")
    environ = {f"DLI_{key.upper().replace('.', '__')}": value for key, value in place.keys.items()}
    seed = random.randrange(1 << 32)
    draw = random.Random(seed)
    for number in range(CANCELS):
        way = list(EXIT)[number % len(EXIT)]
        told = f"seed {seed}, number {number}: {way}"
        sql = f"{WORDS[name].endless} -- {uuid4().hex}"
        words = ["run", sql, "-o", "out.csv", *(["--timeout", str(TIMEOUT)] if way == "timeout" else [])]
        process = subprocess.Popen(
            [sys.executable, "-m", "dli_cli", *words],
            cwd=tmp_path,
            env={**os.environ, "HOME": str(tmp_path), **environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        try:
            stopped = _stop(process, place, sql, way, draw, told)
            _, err = process.communicate(timeout=20)
        finally:
            process.kill()
        _over(place, sql, stopped, told)
        assert process.returncode == EXIT[way], f"{told}: {err.decode()}"
        assert err.decode().startswith("[DLI-402]" if way == "timeout" else "[DLI-406]"), told
        assert target.read_text() == "old", told
        assert sorted(path.name for path in tmp_path.iterdir() if not path.name.startswith(".dli")) == [
            "dli.yaml",
            "out.csv",
        ], told


def _stop(process: subprocess.Popen[Any], place: Place, sql: str, way: str, draw: random.Random, told: str) -> float:
    """Let it run, and stop it: when that was."""
    until = time.monotonic() + place.starting
    while place.state is not None and place.state(sql) != "running":
        assert process.poll() is None, told
        assert time.monotonic() < until, f"it never ran: {told}"
        time.sleep(0.02)
    if place.state is None:
        time.sleep(1.5)  # Python, and DuckDB in it
    if way != "timeout":
        time.sleep(draw.random())
        process.send_signal(getattr(signal, way))
        return time.monotonic()
    if place.state is not None:
        process.wait(TIMEOUT + 10)
        return time.monotonic()  # it cancels before it ends
    return time.monotonic() + TIMEOUT


def _over(place: Place, sql: str, stopped: float, told: str) -> None:
    """By the time that the process has ended, its query has too; within a second of the signal at most."""
    if place.state is None:
        assert time.monotonic() - stopped < 3, told  # the process itself, with all of Python's end
        return
    while place.state(sql) != "over":
        assert time.monotonic() - stopped < 1, told
        time.sleep(0.02)


def test_every_engine_is_cancelled():
    assert set(PLACES) == set(WORDS)
