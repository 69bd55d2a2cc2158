"""Settings → the engine, imported only when it is used.

local.engine ─▶ ENGINES ─▶ module.make(settings)        an injected executor ─▶ ExecutorEngine
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, cast

from dli_core.errors import ErrorCode, error
from dli_core.models.common import ExecutionMode

if TYPE_CHECKING:
    from dli_core.config.settings import Settings
    from dli_core.engines.base import Engine, QueryExecutor

# Name in the configuration → module with `make(settings) -> Engine`. A new engine is its file and a row here.
ENGINES: Mapping[str, str] = {
    "duckdb": "dli_core.engines.duckdb",
}


def make_engine(settings: Settings, executor: QueryExecutor | None = None) -> Engine:
    """The engine that runs SQL in LOCAL and MOCK mode."""
    if executor is not None or settings.mode is ExecutionMode.MOCK:
        from dli_core.engines.mock import ExecutorEngine, MockExecutor  # noqa: PLC0415 - most runs need no mock

        return ExecutorEngine(executor or MockExecutor(), dialect=settings.local.engine)
    name = settings.local.engine
    if name not in ENGINES:
        origin = str(settings.origin("local.engine"))
        raise error(ErrorCode.CONFIG_INVALID, "engine_absent", value=name, allowed=", ".join(ENGINES), origin=origin)
    return cast("Engine", import_module(ENGINES[name]).make(settings))
