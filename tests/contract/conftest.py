"""The engines that the contract is asked of. What one cannot do is said by its `capabilities`, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from dli_core.config import Override, resolve
from dli_core.engines.base import Capabilities, Engine, Query
from dli_core.engines.factory import make_engine, names
from dli_core.engines.mock import ExecutorEngine, MockExecutor
from dli_core.models.result import QueryResult

if TYPE_CHECKING:
    from dli_core.config.settings import Settings

ROW = {"n": 1, "s": "x", "nothing": None}


def _settings(folder: Path, **keys: str) -> Settings:
    overrides = {key: Override(value, "the contract") for key, value in keys.items()}
    return resolve(overrides, project=folder, environ={"DLI_USER_CONFIG": "off"})


def _duckdb(folder: Path, _request: pytest.FixtureRequest | None) -> Engine:
    return make_engine(_settings(folder))


def _trino(folder: Path, request: pytest.FixtureRequest | None) -> Engine:
    """In a schema of its own, where it runs."""
    url = request.getfixturevalue("trino").url if request else "http://127.0.0.1:1"
    schema = f"s{uuid4().hex}"
    keys = {"url": url, "user": "contract", "catalog": "memory", "schema": schema}
    engine = make_engine(
        _settings(folder, **{"local.engine": "trino"}, **{f"local.trino.{key}": value for key, value in keys.items()})
    )
    if request:
        with engine.stream(Query(f"CREATE SCHEMA memory.{schema}", "dli-setup")) as stream:
            stream.collect()
        request.addfinalizer(engine.close)
    return engine


def _bigquery(folder: Path, request: pytest.FixtureRequest | None, server: str = "bigquery_emulator") -> Engine:
    """In a dataset of its own, where it runs."""
    emulator = request.getfixturevalue(server) if request else None
    keys = {"project": "test", "dataset": f"d{uuid4().hex}", "api_endpoint": "http://127.0.0.1:1"}
    if emulator:
        keys |= {"api_endpoint": emulator.url, "storage_endpoint": emulator.storage}
    engine = make_engine(
        _settings(
            folder, **{"local.engine": "bigquery"}, **{f"local.bigquery.{key}": value for key, value in keys.items()}
        )
    )
    if request:
        with engine.stream(Query(f"CREATE SCHEMA {keys['dataset']}", f"dli-{uuid4().hex}")) as stream:
            stream.collect()
        request.addfinalizer(engine.close)
    return engine


def _denied_duckdb(folder: Path, _request: pytest.FixtureRequest) -> tuple[Engine, str]:
    settings = _settings(folder, **{"local.duckdb.settings.enable_external_access": "false"})
    return make_engine(settings), "SELECT * FROM read_csv('/etc/hosts')"


def _denied_trino(folder: Path, request: pytest.FixtureRequest) -> tuple[Engine, str]:
    keys = {"local.trino.url": request.getfixturevalue("trino").url, "local.trino.user": "denied"}
    return make_engine(_settings(folder, **{"local.engine": "trino"}, **keys)), "SELECT * FROM tpch.tiny.region"


def _denied_bigquery(folder: Path, request: pytest.FixtureRequest) -> tuple[Engine, str]:
    engine = _bigquery(folder, request, "bigquery_lookalike")
    request.getfixturevalue("bigquery_lookalike").control(refused={"insert": [("accessDenied", 403)]})
    return engine, "SELECT 1 AS n"


# Name → an engine that may not do what the SQL beside it asks for.
DENIED: dict[str, Callable[[Path, pytest.FixtureRequest], tuple[Engine, str]]] = {
    "duckdb": _denied_duckdb,
    "trino": _denied_trino,
    "bigquery": _denied_bigquery,
}


@pytest.fixture(
    params=[
        pytest.param("duckdb"),
        pytest.param("trino", marks=pytest.mark.real("trino")),
        pytest.param("bigquery", marks=pytest.mark.real("bigquery_lookalike")),
    ]
)
def denied(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Engine, str]]:
    """An engine, and SQL that it may not run."""
    assert set(DENIED) == set(names())
    engine, sql = DENIED[request.param](tmp_path, request)
    yield engine, sql
    engine.close()


def _mock(_folder: Path, _request: pytest.FixtureRequest | None) -> Engine:
    return ExecutorEngine(MockExecutor(QueryResult(rows=[ROW])))


# Name → how to make one on a folder of its own; without a request it is only asked what it can do.
ENGINES: dict[str, Callable[[Path, pytest.FixtureRequest | None], Engine]] = {
    "duckdb": _duckdb,
    "trino": _trino,
    "bigquery": _bigquery,
    "mock": _mock,
}
REAL = {"trino": "trino", "bigquery": "bigquery_emulator"}  # needs this server

# What the server that stands for the engine here cannot do: it runs jobs within the request that sends them, so that
# none can be cancelled, has no sessions, says no places of names, and looks at no table in a dry run.
LACKS = {"bigquery": {"cancels", "temporary_tables", "places", "dry_run"}}
# So what needs one of these is asked of a look-alike, which is our own.
INSTEAD = {"bigquery": "bigquery_lookalike"}


@cache
def _capabilities() -> dict[str, Capabilities]:
    """What each declares. Making an engine connects to nothing."""
    assert set(ENGINES) == {*names(), "mock"}, "an engine that the contract is not asked of"
    return {name: make(Path(__file__).parent, None).capabilities for name, make in ENGINES.items()}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test runs on every engine that declares what it `needs`."""
    if "engine" in metafunc.fixturenames:
        needed = [name for mark in metafunc.definition.iter_markers("needs") for name in mark.args]
        able = [name for name, can in _capabilities().items() if all(getattr(can, need) for need in needed)]
        params = []
        for name in able:
            server = INSTEAD[name] if LACKS.get(name, set()).intersection(needed) else REAL.get(name)
            params.append(pytest.param((name, server), marks=[pytest.mark.real(server)] if server else [], id=name))
        metafunc.parametrize("engine", params, indirect=True)


@pytest.fixture
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Engine:
    name, server = request.param
    return _bigquery(tmp_path, request, server) if name == "bigquery" else ENGINES[name](tmp_path, request)


def pytest_configure(config: pytest.Config) -> None:
    names = ", ".join(field.name for field in fields(Capabilities))
    config.addinivalue_line("markers", f"needs(*names): asked only of engines with these capabilities: {names}")
