"""The engines that there are, and the one of some settings.

    packages of dli_core.engines ─▶ blocks(): name → Config ─▶ config/settings.py: local.<name>
    local.engine ─▶ make(settings)                        an injected executor ─▶ ExecutorEngine

A new engine is its package, and nothing here. Packages are cheap to import: `make` imports what runs SQL.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from dli_core import engines
from dli_core.models.common import ExecutionMode
from dli_core.models.section import Section

if TYPE_CHECKING:
    from dli_core.config.settings import Settings
    from dli_core.engines.base import Engine, QueryExecutor


class Package(Protocol):
    """What an engine's package offers at its import. `make` imports what runs SQL.

    Attributes:
        Config: the keys of its block, `local.<name>`.
        DIALECT: what SQL is rendered for: one of those that the templates of `dli_fast` can escape for.
        DRIVER: the distribution that brings its driver, for `dli version`.
    """

    Config: type[Section]
    DIALECT: str
    DRIVER: str

    def make(self, settings: Settings) -> Engine: ...


@cache
def packages() -> Mapping[str, Package]:
    """Name in the configuration → the engine's package, in the order of the names."""
    names = sorted(found.name for found in pkgutil.iter_modules(engines.__path__) if found.ispkg)
    return {name: cast("Package", import_module(f"dli_core.engines.{name}")) for name in names}


def blocks() -> dict[str, type[Section]]:
    """Name in the configuration → the engine's block."""
    return {name: package.Config for name, package in packages().items()}


def drivers() -> list[str]:
    """The distributions that bring the drivers of the engines."""
    return [package.DRIVER for package in packages().values()]


def names() -> list[str]:
    """The names of all engines."""
    return list(packages())


def dialect_of(settings: Settings) -> str:
    """What SQL is rendered for under these settings. It needs no driver."""
    return packages()[settings.local.engine].DIALECT


def make_engine(settings: Settings, executor: QueryExecutor | None = None) -> Engine:
    """The engine that runs SQL in LOCAL and MOCK mode."""
    if executor is not None or settings.mode is ExecutionMode.MOCK:
        from dli_core.engines.mock import ExecutorEngine, MockExecutor  # noqa: PLC0415 - most runs need no mock

        return ExecutorEngine(executor or MockExecutor(), dialect=dialect_of(settings))
    return engine_of(settings, settings.local.engine)


def engine_of(settings: Settings, name: str) -> Engine:
    """The engine of this name, by its block of the settings, whichever is in use."""
    return packages()[name].make(settings)
