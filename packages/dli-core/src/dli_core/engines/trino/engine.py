"""Trino as an engine.

    Query ─▶ one statement ─▶ Running: POST, pages ─▶ dli_fast.TrinoStream ─▶ QueryStream
                └─▶ lost on the way? looked up by its trace token, which is our job id, and never sent again

Trino has no temporary tables; the statements of one run share its session: USE, SET SESSION, PREPARE.
"""

from __future__ import annotations

import threading
import time
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import dli_fast

from dli_core.engines.base import Capabilities, Query, Session, refused
from dli_core.engines.stream import QueryStream, StreamHooks, timed_out
from dli_core.engines.trino import DIALECT, Config, wire
from dli_core.engines.trino.client import Client, Page, session_changes
from dli_core.engines.trino.login import client, session_header
from dli_core.engines.trino.running import Running
from dli_core.engines.trino.statement import kind_of, only_reads, single
from dli_core.engines.trino.types import json_paths
from dli_core.engines.worker import CallTimeoutError, interruptible
from dli_core.errors import DLIError, ErrorCode, error
from dli_core.models.result import DryRunResult

if TYPE_CHECKING:
    from dli_core.config.settings import Settings
    from dli_core.engines.duckdb.cast import Columns

_OVER = frozenset({"FINISHED", "FAILED"})
_GRACE = 1.5  # seconds for a request that was given up; its connection may be dead
_LONGEST_HEADER = 8192  # characters; a longer statement is checked without its columns


class TrinoSession:
    """What the server asked the statements of one run to send along: names, properties, prepared statements."""

    def __init__(self, options: Config) -> None:
        self.names = {"catalog": options.catalog, "schema": options.schema_, "path": None}
        self.properties = {name: _text(value) for name, value in options.session.items()}
        self.prepared: dict[str, str] = {}

    def headers(self) -> dict[str, str]:
        """The headers of the next statement."""
        found = {f"X-Trino-{name.capitalize()}": quote(value) for name, value in self.names.items() if value}
        if self.properties:
            found["X-Trino-Session"] = session_header(self.properties)
        if self.prepared:
            found["X-Trino-Prepared-Statement"] = session_header(self.prepared)
        return found

    def learn(self, page: Page) -> None:
        """Take over what an answer changes."""
        for kind, name, value in session_changes(page):
            if kind in self.names:
                self.names[kind] = value
                continue
            known = self.properties if kind == "property" else self.prepared
            if value is None:
                known.pop(name, None)
            else:
                known[name] = value

    def close(self) -> None:
        """Nothing is held at the server."""


class TrinoEngine:
    """A Trino cluster. Threads may share it."""

    name = "trino"
    title = "Trino"
    dialect = DIALECT
    capabilities = Capabilities(temporary_tables=False)

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._options = settings.local.block(Config)
        self._running: dict[str, Running] = {}
        self._lock = threading.Lock()

    @cached_property
    def _client(self) -> Client:
        return client(self._settings)

    def session(self) -> TrinoSession:
        """Catalog, schema and session properties of the configuration."""
        return TrinoSession(self._options)

    def stream(self, query: Query, session: Session | None = None) -> QueryStream:
        """Submit and return the open stream."""
        submitted = time.monotonic()
        active = self.session() if session is None else _own(session)
        sql = single(query.sql)
        reads = only_reads(sql)
        if query.refuse_writes is not None and not reads:
            raise refused(query.refuse_writes, statement=kind_of(sql))
        running = Running(self._client, query, sql, reads=reads)
        self._running[query.job_id] = running
        try:
            self._begin(running, active)
            return self._opened(running, active, submitted)
        except BaseException:
            self._forget(running)
            raise

    def dry_run(self, query: Query) -> DryRunResult:
        """Let Trino analyse the one statement. Nothing runs, whatever the text is."""
        try:
            sql = single(query.sql)
            self._rows(f"EXPLAIN (TYPE VALIDATE)\n{sql}", query, ahead=1)
            columns = self._described(sql, query) if only_reads(sql) else ()
        except DLIError as problem:
            if problem.code in {ErrorCode.EXECUTION_CONNECTION, ErrorCode.EXECUTION_TIMEOUT}:
                raise
            if problem.details.get("error_name") == "NOT_SUPPORTED" and kind_of(query.sql) == "USE":
                return DryRunResult(sql=query.sql, engine=self.name, checked=True)  # it was read, and is not explained
            complaint = {"code": str(problem.code), "message": problem.message, "details": problem.details}
            return DryRunResult(sql=query.sql, engine=self.name, checked=True, valid=False, error=complaint)
        return DryRunResult(sql=query.sql, engine=self.name, checked=True, columns=columns)

    def cancel(self, job_id: str) -> None:
        """Stop a query: of this process, or one that the server knows by our id."""
        running = self._running.get(job_id)
        if running is not None:
            running.stop()
            return
        for found in self._found(job_id):
            if found.get("state") not in _OVER:
                self._client.kill(found.get("queryId", ""))

    def running(self, job_id: str) -> bool:
        """Whether the server still works on a query of ours, of this process or another."""
        return any(found.get("state") not in _OVER for found in self._found(job_id))

    def check(self) -> None:
        """Ask the server something."""
        self._rows("SELECT 1", Query("SELECT 1", "dli-check", timeout=30))

    def close(self) -> None:
        """Close the connections; the next use opens them again."""
        with self._lock:
            known = vars(self).pop("_client", None)
        if known is not None:
            known.close()

    def _found(self, job_id: str) -> list[wire.Query]:
        return [item for item in self._client.queries() if item.get("session", {}).get("traceToken") == job_id]

    def _begin(self, running: Running, session: TrinoSession) -> None:
        query = running.query
        headers = {"X-Trino-Trace-Token": query.job_id, **session.headers()}
        try:
            interruptible(lambda: running.begin(headers, session.learn), running.stop, query.timeout, grace=_GRACE)
        except CallTimeoutError:
            raise timed_out(query) from None
        except DLIError as problem:
            if problem.code is not ErrorCode.OUTCOME_UNKNOWN or running.submitted:
                raise
            raise self._looked_up(running, problem) from problem

    def _looked_up(self, running: Running, problem: DLIError) -> DLIError:
        """What became of a statement whose answer was lost: by its trace token, the server tells."""
        query, told = running.query, problem.details.get("problem")
        try:
            found = self._found(query.job_id)
        except DLIError:
            found = None
        if found and running.reads:
            self.cancel(query.job_id)
        if found or (found is None and not running.reads):
            state = found[0].get("state") if found else None
            problem.details.update({"state": state, "query_id": found[0].get("queryId")} if found else {})
            if not running.reads:
                return problem
        # Trino begins a statement when its first page is asked for: one that it does not know will never begin.
        final = True if found == [] else None
        return error(
            ErrorCode.EXECUTION_CONNECTION,
            "trino",
            engine="Trino",
            url=self._client.url,
            problem=told,
            job_id=query.job_id,
            final=final,
            cause=problem,
        )

    def _opened(self, running: Running, session: TrinoSession, submitted: float) -> QueryStream:
        query = running.query
        source = running.open(session.learn)
        columns = tuple((column.get("name", ""), column.get("type", "")) for column in running.columns)
        returns_rows = source is not None and running.update_type is None
        hooks = StreamHooks(running.failed, running.stop, lambda: self._forget(running))
        if source is None:
            watch = dli_fast.Watch(dli_fast.from_rows([]))
        elif query.columns and returns_rows:
            watch, columns, hooks = self._cast(running, source, columns, hooks)
        else:
            watch = dli_fast.Watch(source)
        stream = QueryStream(
            query,
            columns,
            watch,
            hooks,
            returns_rows=returns_rows,
            json=json_paths([column.get("typeSignature", {}) for column in running.columns]),
            submitted=submitted,
            statistics=running.statistics,
        )
        stream.warnings.extend(running.warnings)
        return stream

    def _cast(
        self, running: Running, source: dli_fast.TrinoStream, columns: Columns, hooks: StreamHooks
    ) -> tuple[dli_fast.Watch, Columns, StreamHooks]:
        """The stream with the types that the spec declares."""
        from dli_core.engines.duckdb import cast  # noqa: PLC0415 - most results go out as they are

        query = running.query

        def opened() -> tuple[cast.Producer, Columns, list[str]]:
            return cast.declared(source, columns, query.columns)

        def failed(text: str) -> DLIError:
            return running.failed(text) if running.failure or source.failed else cast.unfit(text, query)

        try:
            with cast.translated(query):
                producer, kinds, warnings = interruptible(opened, running.stop, query.timeout, grace=_GRACE)
        except CallTimeoutError:
            raise timed_out(query) from None
        except DLIError as problem:
            raise (running.failure or problem) from None
        running.warnings[:0] = warnings
        return dli_fast.Watch(producer), kinds, hooks._replace(translate=failed)

    def _forget(self, running: Running) -> None:
        self._running.pop(running.query.job_id, None)

    def _described(self, sql: str, query: Query) -> tuple[tuple[str, str], ...]:
        """Names and types of what a query would give."""
        prepared = quote(sql, safe="")
        if len(prepared) > _LONGEST_HEADER:
            return ()
        rows = self._rows("DESCRIBE OUTPUT dli", query, {"X-Trino-Prepared-Statement": f"dli={prepared}"})
        return tuple((str(row[0]), str(row[4])) for row in rows)

    def _rows(self, sql: str, query: Query, more: dict[str, str] | None = None, *, ahead: int = 0) -> list[list[Any]]:
        """The rows of a small statement of our own."""
        running = Running(self._client, query, sql, reads=True, ahead=ahead)
        headers = {"X-Trino-Trace-Token": query.job_id, **self.session().headers(), **(more or {})}
        try:
            return interruptible(lambda: running.small(headers), running.stop, query.timeout, grace=_GRACE)
        except CallTimeoutError:
            raise timed_out(query) from None


def _own(session: Session) -> TrinoSession:
    if not isinstance(session, TrinoSession):
        message = f"a TrinoEngine cannot use a {type(session).__name__}"
        raise TypeError(message)
    return session


def _text(value: str | float | bool) -> str:  # noqa: FBT001 - a value of the configuration, not a switch
    return str(value).lower() if isinstance(value, bool) else str(value)
