"""MockExecutor, and any injected QueryExecutor as an Engine.

    QueryExecutor.execute(sql) ─▶ QueryResult ─▶ batches ─▶ QueryStream

A mock is an engine, never a branch: everything above it runs as it does on a real one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dli_fast

from dli_core.engines.base import Capabilities, Query, QueryExecutor, Session
from dli_core.engines.stream import QueryStream, StreamHooks
from dli_core.errors import DLIError, ErrorCode, error
from dli_core.models.result import DryRunResult, QueryResult


class MockExecutor:
    """An executor for tests: it returns what it was given and remembers what it was asked.

    Attributes:
        call_count: how many statements were executed.
        executed: their SQL, in order.
    """

    def __init__(self, return_value: QueryResult | None = None, *, error: Exception | None = None) -> None:
        self.return_value = return_value
        self.error = error
        self.executed: list[str] = []

    @property
    def call_count(self) -> int:
        return len(self.executed)

    def execute(self, sql: str, params: Mapping[str, Any] | None = None) -> QueryResult:
        del params
        self.executed.append(sql)
        if self.error is not None:
            raise self.error
        return self.return_value if self.return_value is not None else QueryResult()

    def test_connection(self) -> bool:
        return True


class _NoSession:
    def close(self) -> None:
        """Nothing is held."""


class ExecutorEngine:
    """An injected QueryExecutor behind the Engine protocol."""

    capabilities = Capabilities(
        runs_sql=False, dry_run=False, places=False, temporary_tables=False, cancels=False, flows=False
    )

    def __init__(self, executor: QueryExecutor, dialect: str = "duckdb") -> None:
        self.executor = executor
        self.dialect = dialect
        self.name = "mock" if isinstance(executor, MockExecutor) else type(executor).__name__
        self.title = "Mock" if self.name == "mock" else self.name

    def session(self) -> Session:
        return _NoSession()

    def stream(self, query: Query, session: Session | None = None) -> QueryStream:
        """Execute at once; the rows are in memory."""
        del session
        try:
            result = self.executor.execute(query.sql)
        except (DLIError, AssertionError):  # a test's own assertion stays what it is
            raise
        except Exception as problem:
            raise error(ErrorCode.EXECUTION_FAILED, engine=self.title, problem=str(problem), cause=problem) from problem
        declared = tuple(query.columns) if not result.rows and not result.columns else ()
        schema = list(declared) or ([(name, "string") for name in result.columns or ()] if not result.rows else None)
        batches = dli_fast.from_rows(result.rows, schema or None)
        columns = tuple(zip(batches.names, batches.types, strict=True))
        hooks = StreamHooks(_as_failure, _nothing, _nothing)
        # A result that says it has other rows than it carries is incomplete: DLI-408, as for a real engine.
        expected = result.row_count if result.rows else None
        return QueryStream(query, columns, dli_fast.Watch(batches), hooks, expected_rows=expected)

    def dry_run(self, query: Query) -> DryRunResult:
        """There is no engine to ask."""
        return DryRunResult(sql=query.sql, engine=self.name, checked=False)

    def cancel(self, job_id: str) -> None:
        """An executor runs to its end: there is nothing to cancel."""

    def running(self, job_id: str) -> bool:
        """What it ran is over."""
        del job_id
        return False

    def close(self) -> None:
        """Nothing is held."""

    def check(self) -> None:
        if not self.executor.test_connection():
            raise error(ErrorCode.EXECUTION_CONNECTION, engine=self.title)


def _as_failure(text: str) -> DLIError:
    return error(ErrorCode.EXECUTION_FAILED, problem=text)


def _nothing() -> None:
    return
