"""The engines that the contract is asked of. What one cannot do is said by its `capabilities`, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest

from dli_core.config import resolve
from dli_core.engines.base import Capabilities, Engine
from dli_core.engines.duckdb import DuckDBEngine
from dli_core.engines.mock import ExecutorEngine, MockExecutor
from dli_core.models.result import QueryResult

ROW = {"n": 1, "s": "x", "nothing": None}


def _duckdb(folder: Path) -> Engine:
    return DuckDBEngine(resolve(project=folder, environ={"DLI_USER_CONFIG": "off"}))


def _mock(_folder: Path) -> Engine:
    return ExecutorEngine(MockExecutor(QueryResult(rows=[ROW])))


# name → what it declares, and how to make one on a folder of its own
ENGINES: dict[str, tuple[Capabilities, Callable[[Path], Engine]]] = {
    "duckdb": (DuckDBEngine.capabilities, _duckdb),
    "mock": (ExecutorEngine.capabilities, _mock),
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test runs on every engine that declares what it `needs`."""
    if "engine" in metafunc.fixturenames:
        needed = [name for mark in metafunc.definition.iter_markers("needs") for name in mark.args]
        able = [name for name, (can, _) in ENGINES.items() if all(getattr(can, need) for need in needed)]
        metafunc.parametrize("engine", able, indirect=True)


@pytest.fixture
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Engine:
    return ENGINES[request.param][1](tmp_path)


def pytest_configure(config: pytest.Config) -> None:
    names = ", ".join(field.name for field in fields(Capabilities))
    config.addinivalue_line("markers", f"needs(*names): asked only of engines with these capabilities: {names}")
