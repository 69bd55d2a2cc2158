"""DLI on the look-alike of BigQuery."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from uuid import uuid4

import pytest

from dli_core.config import Override, resolve
from dli_core.engines.base import Engine, Query
from dli_core.engines.factory import make_engine


@pytest.fixture
def bigquery(bigquery_lookalike):
    """The look-alike, with nothing that goes wrong."""
    bigquery_lookalike.control()
    yield bigquery_lookalike
    bigquery_lookalike.control()


@pytest.fixture
def keys(bigquery) -> dict[str, str]:
    """The configuration, with a dataset of the test's own."""
    return {
        "local.engine": "bigquery",
        "local.bigquery.project": bigquery.project,
        "local.bigquery.dataset": f"d{uuid4().hex}",
        "local.bigquery.api_endpoint": bigquery.url,
        "local.bigquery.storage_endpoint": bigquery.storage,
    }


@pytest.fixture
def make(keys: Mapping[str, str], project: Path) -> Iterator[Callable[..., Engine]]:
    """An engine, with more keys."""
    made: list[Engine] = []

    def call(**more: str) -> Engine:
        given = {**keys, **{f"local.bigquery.{name}": value for name, value in more.items()}}
        settings = resolve(
            {key: Override(value, "a test") for key, value in given.items()},
            project=project,
            environ={"DLI_USER_CONFIG": "off"},
        )
        made.append(make_engine(settings))
        return made[-1]

    yield call
    for engine in made:
        engine.close()


@pytest.fixture
def engine(make, keys: Mapping[str, str]) -> Engine:
    engine = make()
    with engine.stream(Query(f"CREATE SCHEMA {keys['local.bigquery.dataset']}", f"dli-{uuid4().hex}")) as stream:
        stream.collect()
    return engine


@pytest.fixture
def command(project: Path, tmp_path: Path, keys: Mapping[str, str]) -> Callable[..., tuple[list[str], dict[str, str]]]:
    """The command line and environment of `dli` on the look-alike."""

    def made(*words: str) -> tuple[list[str], dict[str, str]]:
        environ = {f"DLI_{key.upper().replace('.', '__')}": value for key, value in keys.items()}
        return [sys.executable, "-m", "dli_cli", *words], {**os.environ, "HOME": str(tmp_path), **environ}

    return made


Started = Callable[..., "subprocess.Popen[bytes]"]
