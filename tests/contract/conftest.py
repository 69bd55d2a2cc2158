"""The engines that the contract is asked of. What one cannot do is said by its `capabilities`, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from functools import cache, partial
from pathlib import Path

import pytest

from dli_core.config import Override, resolve
from dli_core.engines.base import Capabilities, Engine
from dli_core.engines.factory import make_engine, runnable
from dli_core.engines.mock import ExecutorEngine, MockExecutor
from dli_core.models.result import QueryResult

ROW = {"n": 1, "s": "x", "nothing": None}


def _engine(name: str, folder: Path) -> Engine:
    overrides = {"local.engine": Override(name, "the contract")}
    return make_engine(resolve(overrides, project=folder, environ={"DLI_USER_CONFIG": "off"}))


def _mock(_folder: Path) -> Engine:
    return ExecutorEngine(MockExecutor(QueryResult(rows=[ROW])))


# Name → how to make one on a folder of its own. Every engine of this repository that can run SQL, without a list.
ENGINES: dict[str, Callable[[Path], Engine]] = {**{name: partial(_engine, name) for name in runnable()}, "mock": _mock}


@cache
def _capabilities() -> dict[str, Capabilities]:
    """What each declares. Making an engine connects to nothing."""
    return {name: make(Path(__file__).parent).capabilities for name, make in ENGINES.items()}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test runs on every engine that declares what it `needs`."""
    if "engine" in metafunc.fixturenames:
        needed = [name for mark in metafunc.definition.iter_markers("needs") for name in mark.args]
        able = [name for name, can in _capabilities().items() if all(getattr(can, need) for need in needed)]
        metafunc.parametrize("engine", able, indirect=True)


@pytest.fixture
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Engine:
    return ENGINES[request.param](tmp_path)


def pytest_configure(config: pytest.Config) -> None:
    names = ", ".join(field.name for field in fields(Capabilities))
    config.addinivalue_line("markers", f"needs(*names): asked only of engines with these capabilities: {names}")
