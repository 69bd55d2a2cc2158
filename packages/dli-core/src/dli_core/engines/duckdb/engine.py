"""The embedded engine.

    Query ─▶ one statement, by DuckDB's own parser ─▶ relation on the session's cursor ─▶ its capsule ─▶ QueryStream

Every session has a cursor of its own: temporary tables and settings are seen by the statements of one run and by no
other. Needs DuckDB 2.0: version 1.5 ends a stream silently empty when its connection is used meanwhile.
"""

from __future__ import annotations

import contextlib
import re
import threading
import time
from collections.abc import Callable
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import dli_fast
import duckdb

from dli_core.config import hidden
from dli_core.config.hidden import HIDDEN, without_secrets
from dli_core.engines.base import Capabilities, Query, Session, refused
from dli_core.engines.duckdb import DIALECT, Config
from dli_core.engines.duckdb.errors import from_exception, from_text, has_place, translated
from dli_core.engines.duckdb.types import json_paths, selection
from dli_core.engines.stream import QueryStream, StreamHooks, timed_out
from dli_core.engines.worker import CallTimeoutError, interruptible
from dli_core.errors import DLIError, ErrorCode, error
from dli_core.errors.phrase import Text
from dli_core.models.result import DryRunResult

if TYPE_CHECKING:
    from dli_core.config.settings import Settings

T = TypeVar("T")

_ANALYZE = re.compile(r"\bANALYZE\b", re.IGNORECASE)

_ROWS = {
    duckdb.StatementType.SELECT,
    duckdb.StatementType.EXPLAIN,
    duckdb.StatementType.PRAGMA,
    duckdb.StatementType.CALL,
    duckdb.StatementType.EXECUTE,
}
# What statements without rows answer with: how many rows they changed, or nothing at all.
_ANSWERS = {(), (("Count", "BIGINT"),), (("Success", "BOOLEAN"),)}


class DuckDBSession:
    """A cursor: one connection of its own on the engine's database, opened when the first statement comes."""

    def __init__(self, opened: Callable[[], duckdb.DuckDBPyConnection]) -> None:
        self._opened = opened

    @cached_property
    def cursor(self) -> duckdb.DuckDBPyConnection:
        """The cursor. A database whose file is not there is made here."""
        return self._opened()

    def close(self) -> None:
        """Free the cursor; temporary tables go with it."""
        if "cursor" in vars(self):
            with contextlib.suppress(duckdb.Error):
                self.cursor.close()


class DuckDBEngine:
    """DuckDB in this process. Threads may share it: every stream works on a cursor of its own."""

    name = "duckdb"
    title = "DuckDB"
    dialect = DIALECT
    capabilities = Capabilities(embedded=True)

    def __init__(self, settings: Settings) -> None:
        self._options = settings.local.block(Config)
        self._base = settings.base
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._lock = threading.Lock()
        self._running: dict[str, duckdb.DuckDBPyConnection] = {}

    def session(self) -> DuckDBSession:
        """A cursor on the database; UTC, and files relative to the project's root."""
        return DuckDBSession(self._cursor)

    def _cursor(self) -> duckdb.DuckDBPyConnection:
        with self._lock, translated():
            if self._connection is None:
                self._connection = self._open()
            cursor = self._connection.cursor()
            self._prepare(cursor)
        return cursor

    def _prepare(self, cursor: duckdb.DuckDBPyConnection) -> None:
        cursor.execute("SET file_search_path = ?", [str(self._base)])
        # Else `FROM query`, where there is no such table, finds a variable of this module.
        cursor.execute("SET python_enable_replacements = false")
        if "timezone" not in {name.lower() for name in self._options.settings}:
            cursor.execute("SET TimeZone = 'UTC'")
        for name, value in self._options.settings.items():
            _set(cursor, name, value)

    def stream(self, query: Query, session: Session | None = None) -> QueryStream:
        """Submit and return the open stream. Without a session it owns one and closes it at its end."""
        owned = session is None
        active = self.session() if session is None else _own(session)
        try:
            return self._submit(query, active, owned=owned)
        except BaseException:
            if owned:
                active.close()
            raise

    def dry_run(self, query: Query) -> DryRunResult:
        """Let DuckDB bind and plan the one statement. Nothing runs, whatever the text is, and no database is made."""
        session = self._elsewhere() if self._connection is None and self._would_be_made() else self.session()
        cursor = session.cursor  # a database that cannot be opened says nothing about the SQL
        try:
            with translated(query):
                statement = _single(cursor, query)
            columns = self._plan(cursor, statement, query)
        except DLIError as problem:
            complaint = {"code": str(problem.code), "message": problem.message, "details": problem.details}
            return DryRunResult(sql=query.sql, engine=self.name, checked=True, valid=False, error=complaint)
        finally:
            session.close()
        return DryRunResult(sql=query.sql, engine=self.name, checked=True, columns=columns)

    def cancel(self, job_id: str) -> None:
        """Interrupt a query of this process; unknown ids are ignored: it may just have ended."""
        cursor = self._running.get(job_id)
        if cursor is not None:
            with contextlib.suppress(duckdb.Error):
                cursor.interrupt()

    def running(self, job_id: str) -> bool:
        """Whether a stream of this process works on it: what another one ran ended with it."""
        return job_id in self._running

    def check(self) -> None:
        """Open the database and ask it something. One that is not there yet is not made for that."""
        session = self._elsewhere() if self._connection is None and self._would_be_made() else self.session()
        try:
            with translated():
                session.cursor.execute("SELECT 1").fetchall()
        finally:
            session.close()

    def close(self) -> None:
        """Close the database. The engine opens it again on the next use."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _check_first(self, query: Query) -> None:
        """What is refused makes no database either: where there is none yet, the statement is looked at before."""
        if query.refuse_writes is not None and self._connection is None and self._would_be_made():
            with contextlib.closing(self._elsewhere()) as session, translated(query):
                _check_writes(_single(session.cursor, query), query)

    def _would_be_made(self) -> bool:
        """Is there no file of the database yet, and a place for it?"""
        file = Path(self._options.database)
        return file.is_absolute() and file.parent.is_dir() and not file.exists()

    def _elsewhere(self) -> DuckDBSession:
        """A session on an empty database in memory, in place of the empty file that a run would make."""

        def opened() -> duckdb.DuckDBPyConnection:
            with translated():
                connection = duckdb.connect()
                self._prepare(connection)
            return connection

        return DuckDBSession(opened)

    def _open(self) -> duckdb.DuckDBPyConnection:
        path = self._options.database  # absolute already, unless it is no file
        try:
            return duckdb.connect(path)
        except duckdb.Error as problem:
            reason = "locked" if "lock" in str(problem).lower() else "database"
            shown = without_secrets(path)
            if shown != path:  # md:shop?motherduck_token=…
                problem.args = (without_secrets(str(problem)),)
            raise error(
                ErrorCode.EXECUTION_CONNECTION,
                reason,
                engine="DuckDB",
                database=shown,
                problem=str(problem),
                cause=problem,
            ) from problem

    def _submit(self, query: Query, session: DuckDBSession, *, owned: bool) -> QueryStream:
        submitted = time.monotonic()
        self._check_first(query)
        cursor = session.cursor
        self._running[query.job_id] = cursor

        def close() -> None:
            self._running.pop(query.job_id, None)
            if owned:
                session.close()

        hooks = StreamHooks(partial(from_text, query=query), lambda: self.cancel(query.job_id), close)
        try:
            with translated(query):
                statement = _single(cursor, query)
                _check_writes(statement, query)
                columns, watch, missing, json = self._call(query, lambda: _execute(cursor, statement, query))
        except BaseException:
            self._running.pop(query.job_id, None)
            raise
        returns_rows = statement.type in _ROWS or columns not in _ANSWERS
        stream = QueryStream(query, columns, watch, hooks, returns_rows=returns_rows, json=json, submitted=submitted)
        stream.warnings.extend(Text("run.declared_column", name=name) for name in missing)
        return stream

    def _call(self, query: Query, call: Callable[[], T]) -> T:
        try:
            return interruptible(call, lambda: self.cancel(query.job_id), query.timeout)
        except CallTimeoutError:
            raise timed_out(query) from None

    def _plan(
        self, cursor: duckdb.DuckDBPyConnection, statement: duckdb.Statement, query: Query
    ) -> tuple[tuple[str, str], ...]:
        # DESCRIBE binds a query and runs nothing; EXPLAIN plans the rest. What neither takes is only parsed.
        # What parsed on its own but not behind these words (SHOW, TRUNCATE) is left at that.
        with translated(query, ahead=1), contextlib.suppress(duckdb.ParserException):
            if statement.type == duckdb.StatementType.SELECT:
                rows = self._call(query, lambda: cursor.execute(f"DESCRIBE\n{query.sql}").fetchall())
                return tuple((str(row[0]), str(row[1])) for row in rows)
            if statement.type in _PLANNED:
                self._call(query, lambda: cursor.execute(f"EXPLAIN\n{query.sql}").fetchall())
        return ()


_PLANNED = {
    duckdb.StatementType.SELECT,
    duckdb.StatementType.INSERT,
    duckdb.StatementType.UPDATE,
    duckdb.StatementType.DELETE,
    duckdb.StatementType.MERGE_INTO,
    duckdb.StatementType.CREATE,
    duckdb.StatementType.COPY,
    duckdb.StatementType.DROP,
    duckdb.StatementType.ALTER,
}


def _own(session: Session) -> DuckDBSession:
    if not isinstance(session, DuckDBSession):
        message = f"a DuckDBEngine cannot use a {type(session).__name__}"
        raise TypeError(message)
    return session


def _single(cursor: duckdb.DuckDBPyConnection, query: Query) -> duckdb.Statement:
    """The one statement of the query, by DuckDB's own parser."""
    statements = cursor.extract_statements(query.sql)
    if len(statements) != 1:
        reason = "several_statements" if statements else "no_statement"
        raise error(ErrorCode.SQL_SYNTAX, reason, count=len(statements))
    return statements[0]


def _check_writes(statement: duckdb.Statement, query: Query) -> None:
    if query.refuse_writes is not None and not _only_reads(statement):
        raise refused(query.refuse_writes, statement=statement.type.name)


def _only_reads(statement: duckdb.Statement) -> bool:
    """EXPLAIN ANALYZE runs what it explains, and EXECUTE whatever was prepared."""
    if statement.type == duckdb.StatementType.EXPLAIN:
        return _ANALYZE.search(statement.query) is None
    return statement.type in _ROWS and statement.type != duckdb.StatementType.EXECUTE


def _execute(
    cursor: duckdb.DuckDBPyConnection, statement: duckdb.Statement, query: Query
) -> tuple[tuple[tuple[str, str], ...], dli_fast.Watch, list[str], list[list[int]]]:
    """Start the statement; rows come when the watch is read. With it: declared columns it lacks, and those of JSON."""
    try:
        relation: Any = cursor.sql(statement)
    except (duckdb.BinderException, duckdb.CatalogException) as problem:
        if statement.type == duckdb.StatementType.SELECT and not has_place(problem):
            _locate(cursor, query)
        raise
    if relation is None:
        return (), dli_fast.Watch(dli_fast.from_rows([])), [], []
    missing = [name for name, _ in query.columns if name not in relation.columns]
    if statement.type is duckdb.StatementType.SELECT:
        selected = selection(relation.columns, relation.types, dict(query.columns))
        if selected is not None:
            relation = relation.project(selected)
    columns = tuple(zip(relation.columns, (str(kind) for kind in relation.types), strict=True))
    return columns, dli_fast.Watch(relation), missing, json_paths(relation.types)


def _locate(cursor: duckdb.DuckDBPyConnection, query: Query) -> None:
    """A relation's errors have lost their place: let the query fail once more where they keep it."""
    with translated(query, ahead=1):
        cursor.execute(f"DESCRIBE\n{query.sql}")


def _set(cursor: duckdb.DuckDBPyConnection, name: str, value: object) -> None:
    if not name.replace("_", "").isalnum():
        raise error(ErrorCode.CONFIG_INVALID, "value", key=f"local.duckdb.settings.{name}", value=name)
    try:
        cursor.execute(f"SET {name} = ?", [value])
    except duckdb.Error as problem:
        shown = hidden.shown(("local", "duckdb", "settings", name), value)
        if shown == HIDDEN:
            problem.args = (str(problem).replace(str(value), HIDDEN),)
        failed = from_exception(problem)
        raise error(
            ErrorCode.CONFIG_INVALID,
            "engine_setting",
            key=f"local.duckdb.settings.{name}",
            value=shown,
            problem=failed.details["problem"],
            cause=problem,
        ) from problem
