"""DuckDB, the embedded engine. Importing this imports no driver: `make` does."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from dli_core.models.section import Files, Section

if TYPE_CHECKING:
    from dli_core.config.settings import Settings
    from dli_core.engines.base import Engine


DIALECT = "duckdb"
DRIVER = "duckdb"


class Config(Section):
    """`local.duckdb`."""

    files: ClassVar[Files] = {"database": frozenset()}

    database: str = Field(
        default=":memory:",
        description="The database's file, made on first use; `:memory:` forgets everything at the end of the run.",
    )
    # Not in the repr: they may hold keys of object stores.
    settings: dict[str, str | int | float | bool] = Field(
        default_factory=dict[str, str | int | float | bool],
        repr=False,
        description="Settings of DuckDB by their names, like `memory_limit: 4GB`; DuckDB's own defaults otherwise.",
    )


def make(settings: Settings) -> Engine:
    """The engine for these settings."""
    from dli_core.engines.duckdb.engine import DuckDBEngine  # noqa: PLC0415 - it imports the driver

    return DuckDBEngine(settings)
