"""What an engine is: SQL in, Arrow batches out, cancellable.

    Query ──▶ Engine.stream ──▶ QueryStream ──▶ a sink | a preview | held batches

Nothing below this line knows specs, templates, files or terminals. Each engine's package is
the only importer of its driver and translates its exceptions in one context manager.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from dli_core.errors import DLIError, ErrorCode, error
from dli_core.models.result import DryRunResult, QueryResult

if TYPE_CHECKING:
    from dli_core.engines.stream import QueryStream


WriteRefusal = Literal["protected", "query_type", "no_rows"]


def refused(reason: WriteRefusal, **details: Any) -> DLIError:
    """The error for a statement that changes data where that must not be: it did not run."""
    code = ErrorCode.EXECUTION_PERMISSION if reason == "protected" else ErrorCode.VALIDATION_FAILED
    return error(code, reason, **details)


class QueryExecutor(Protocol):
    """What a user may inject: the two methods of the seed, nothing more."""

    def execute(self, sql: str, params: Mapping[str, Any] | None = None) -> QueryResult: ...
    def test_connection(self) -> bool: ...


class SourceMap(Protocol):
    """Places in rendered SQL → places in the user's files."""

    def locate(self, line: int, column: int | None = None) -> tuple[str, int, int | None] | None:
        """(path relative to the root, line, column) of a place in the statement; lines and columns from 1."""

    def excerpt(self, line: int, column: int | None = None) -> str | None:
        """The user's own line that a line of the statement came from; of its `column`, where it came from several."""


# Who is told how a query stands, above all before its first row: `state` (the engine's word) and what else it says, of
# `splits`, `completed_splits`, `processed_rows` and `processed_bytes`. Called from any thread; it must not wait.
Told = Callable[[Mapping[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Query:
    """One statement, ready to run."""

    sql: str = field(repr=False)  # it may hold secrets
    job_id: str  # ours, and journaled before the submit: a lost answer is found again by it
    timeout: float = 300.0  # seconds from submit to the first batch, then between batches
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    columns: tuple[tuple[str, str], ...] = ()  # declared (name, type): the result's are cast to these
    budget: int | None = None  # the most bytes it may read, by the spec; None: what the engine's configuration says
    source_map: SourceMap | None = None  # turns the engine's "line 9" into the user's file:line:col
    refuse_writes: WriteRefusal | None = None  # why a statement that changes data must not run, if it must not
    told: Told | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an engine can do. The contract tests ask for nothing else about it, and the docs print this table.

    Attributes:
        runs_sql: it executes what it is given (a mock answers with what it was made with).
        dry_run: it checks SQL without running it.
        places: its errors say where in the SQL they are.
        temporary_tables: the statements of one session share them.
        cancels: a running query can be stopped.
        flows: rows come while their query still runs; else it has to end before the first one.
        embedded: it is in this process: `validate` may ask it what columns a statement has, and connects to nothing.
    """

    runs_sql: bool = True
    dry_run: bool = True
    places: bool = True
    temporary_tables: bool = True
    cancels: bool = True
    flows: bool = True
    embedded: bool = False


class Session(Protocol):
    """What the statements of one run share: pre, main and post see the same temporary tables."""

    def close(self) -> None: ...


class Engine(Protocol):
    """What the `make` of each package in this folder gives; factory.py wraps an injected executor into one."""

    name: str  # in the configuration: duckdb
    title: str  # for people: DuckDB
    dialect: str
    capabilities: Capabilities

    def session(self) -> Session: ...
    def stream(self, query: Query, session: Session | None = None) -> QueryStream:
        """Submit and return the open stream. Without a session it owns one and closes it at its end."""
        ...

    def dry_run(self, query: Query) -> DryRunResult: ...
    def cancel(self, job_id: str) -> None:
        """Stop a query of ours, of this process or of one that is gone. One that is over, or unknown, is no error."""
        ...

    def running(self, job_id: str) -> bool:
        """Whether the engine still works on a query of ours, of this process or of one that is gone."""
        ...

    def close(self) -> None:
        """Let go of what is held; the next use opens it again."""

    def check(self) -> None:
        """Return when the engine answers; raise the DLIError that says why it does not."""
