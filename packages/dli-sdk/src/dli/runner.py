"""Who runs it: the one place that chooses by mode.

settings ─▶ runner_for ─▶ LocalRunner over an engine (LOCAL), over a MockExecutor (MOCK)
mode     ─▶ ExecutorFactory.create ─▶ the seed's QueryExecutor
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dli_core.config.hidden import without_secrets
from dli_core.engines.mock import MockExecutor
from dli_core.errors import ErrorCode, error
from dli_core.models.common import DataSource, ExecutionMode
from dli_core.models.result import QueryResult
from dli_core.run.local import LocalRunner, Runner
from dli_core.run.request import RunRequest

if TYPE_CHECKING:
    from dli.context import ExecutionContext
    from dli_core.config.settings import Settings
    from dli_core.engines.base import QueryExecutor


def runner_for(settings: Settings, executor: QueryExecutor | None = None) -> Runner:
    """The runner of these settings. An injected executor replaces the engine, whatever the mode.

    Raises:
        ConfigurationError: SERVER mode, or specs from the server: this version has no client for it.
    """
    if settings.specs.source is DataSource.SERVER:
        raise _no_server(settings, "specs.source", remedy="--specs local")
    if settings.mode is ExecutionMode.SERVER and executor is None:
        raise _no_server(settings, "execution.default_mode", remedy="--local")
    return LocalRunner(settings, executor)


class EngineExecutor:
    """A configured engine as a plain QueryExecutor: one statement, its rows in memory."""

    def __init__(self, settings: Settings) -> None:
        self._runner = LocalRunner(settings)

    def execute(self, sql: str, params: Mapping[str, Any] | None = None) -> QueryResult:
        """Render `sql` with `params` as a template, run it, and hold its rows."""
        with self._runner.stream(RunRequest(kind="sql", sql=sql, parameters=params or {})) as stream:
            batches = stream.collect()
        if not stream.returns_rows:
            return QueryResult(row_count=stream.affected or 0)
        return QueryResult(rows=batches.to_dicts(), columns=batches.names)

    def test_connection(self) -> bool:
        """Whether the engine answers; DLIError says why not."""
        self._runner.engine.check()
        return True


class ExecutorFactory:
    """An executor by mode, as in the seed."""

    @staticmethod
    def create(mode: ExecutionMode, context: ExecutionContext) -> QueryExecutor:
        """LOCAL: the engine of the context's settings. MOCK: a MockExecutor without rows.

        Raises:
            ConfigurationError: SERVER: this version has no client for it.
        """
        settings = context.resolve()
        if mode is ExecutionMode.MOCK:
            return MockExecutor()
        if mode is ExecutionMode.SERVER:
            raise _no_server(settings, "execution_mode", remedy="ExecutionMode.LOCAL")
        return EngineExecutor(settings)


def _no_server(settings: Settings, key: str, *, remedy: str) -> Exception:
    """There is none, with or without an address: to ask for one first would send people on a walk for nothing."""
    url = settings.server.url and without_secrets(settings.server.url)
    return error(ErrorCode.CONFIG_INVALID, "no_client", key=key, url=url, remedy=remedy)
