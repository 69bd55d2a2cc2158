"""The SQL of a job, run by a real DuckDB.

BigQuery's SQL ─▶ sqlglot ─▶ DuckDB's ─▶ a cursor of its own ─▶ an Arrow table │ Failed(reason, message)
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import duckdb
import pyarrow as pa
import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

T = TypeVar("T")

MOST = 3_000_000  # rows of a result: one of more never ends here
_ARRAY = re.compile(r"UNNEST\(GENERATE_ARRAY\((\d+), (\d+)\)\) AS (\w+)", re.IGNORECASE)
_TABLES = re.compile(r"INFORMATION_SCHEMA\.TABLES", re.IGNORECASE)
_ABORT = re.compile(r"CALL BQ\.ABORT_SESSION\('([^']*)'\)")
_SCRIPT = re.compile(r"\s*BEGIN\b(.*)\bEND\s*;?\s*", re.IGNORECASE | re.DOTALL)
_KINDS = {
    "SELECT": "SELECT",
    "WITH": "SELECT",
    "(": "SELECT",
    "INSERT": "INSERT",
    "UPDATE": "UPDATE",
    "DELETE": "DELETE",
    "MERGE": "MERGE",
    "CREATE": "CREATE_TABLE",
    "DROP": "DROP_TABLE",
    "ALTER": "ALTER_TABLE",
    "TRUNCATE": "TRUNCATE_TABLE",
    "BEGIN": "SCRIPT",
    "DECLARE": "SCRIPT",
    "CALL": "CALL",
}
DML = {"INSERT", "UPDATE", "DELETE", "MERGE"}


class Failed(Exception):  # noqa: N818 - BigQuery's errorResult
    """Why a job has no result."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


@dataclass
class Answer:
    """What a statement gave: rows, or how many of them it changed."""

    rows: pa.Table | None = None
    changed: int | None = None


class Warehouse:
    """One database. Each job has a cursor of its own, or that of its session."""

    def __init__(self) -> None:
        self._connection = duckdb.connect()
        self._connection.execute("SET threads = 1")
        self._sessions: dict[str, duckdb.DuckDBPyConnection] = {}
        self._lock = threading.Lock()

    def cursor(self, session: str | None, dataset: str | None) -> duckdb.DuckDBPyConnection:
        """Where a job runs."""
        with self._lock:
            found = self._sessions.get(session) if session else None
            if found is None:
                found = self._connection.cursor()
                if session:
                    self._sessions[session] = found
        if dataset and found.execute(
            "SELECT count(*) FROM information_schema.schemata WHERE schema_name = ?", [dataset]
        ).fetchone() != (0,):
            found.execute(f'USE memory."{dataset}"')
        return found

    def forget(self, session: str) -> None:
        """End a session, with its temporary tables."""
        with self._lock:
            self._sessions.pop(session, None)

    def check(self, sql: str, dataset: str | None) -> tuple[str, int, pa.Schema | None]:
        """The kind of a statement, the bytes that it would read, and the columns of a query. Nothing runs."""
        kind = kind_of(sql)
        if kind in {"SCRIPT", "CALL"}:
            return kind, 0, None
        cursor = self.cursor(None, dataset)
        said = translated(sql, dataset)
        if kind == "SELECT":
            empty = _run(sql, lambda: cursor.execute(f"SELECT * FROM ({said}) LIMIT 0").to_arrow_table())
            return kind, self._read(cursor, sql), tidy(empty).schema
        _run(sql, lambda: cursor.execute(f"EXPLAIN {said}"))
        return kind, self._read(cursor, sql), None

    def run(self, sql: str, cursor: duckdb.DuckDBPyConnection, dataset: str | None, stopped: threading.Event) -> Answer:
        """Run a statement, or a script of several."""
        kind = kind_of(sql)
        if kind == "CALL":
            if found := _ABORT.search(sql):
                self.forget(found[1])
            return Answer()
        if kind == "SCRIPT":
            found = _SCRIPT.fullmatch(sql)
            answer = Answer()
            for text in (found[1] if found else sql).split(";"):
                answer = self.run(text, cursor, dataset, stopped) if text.strip() else answer
            return answer
        said = translated(sql, dataset)
        if kind == "SELECT":
            return Answer(tidy(_run(sql, lambda: _all(cursor, said, stopped))))
        done = _run(sql, lambda: cursor.execute(said).fetchall())
        return Answer(changed=int(done[0][0]) if kind in DML and done else None)

    def _read(self, cursor: duckdb.DuckDBPyConnection, sql: str) -> int:
        """A thousand bytes for each table that is named."""
        del cursor
        return 1000 * len(list(sqlglot.parse_one(sql, read="bigquery").find_all(exp.Table)))


def kind_of(sql: str) -> str:
    """BigQuery's name of a statement's kind."""
    text = re.sub(r"--[^\n]*|/\*.*?\*/", " ", sql, flags=re.DOTALL).strip()
    word = "(" if text.startswith("(") else re.split(r"\W", text, maxsplit=1)[0].upper()
    if word == "CREATE" and re.match(r"CREATE\s+(OR\s+REPLACE\s+)?VIEW", text, re.IGNORECASE):
        return "CREATE_VIEW"
    if word not in _KINDS:
        raise Failed("invalidQuery", f"Syntax error: Unexpected identifier {word!r} at [1:1]")
    return _KINDS[word]


def translated(sql: str, dataset: str | None) -> str:
    """BigQuery's SQL in DuckDB's."""
    text = _ARRAY.sub(r"range_\1_\2 AS r_\3", sql)
    text = _TABLES.sub("all_tables", text)
    try:
        said = sqlglot.transpile(text, read="bigquery", write="duckdb")
    except SqlglotError as problem:
        facts = getattr(problem, "errors", None) or [{}]
        line, column = facts[0].get("line", 1), facts[0].get("col", 1)
        word = str(facts[0].get("highlight") or "end of script")
        at = f"[{line}:{max(column - len(word) + 1, 1)}]"
        raise Failed("invalidQuery", f"Syntax error: Unexpected identifier {word!r} at {at}") from problem
    if len(said) != 1:
        raise Failed("invalidQuery", "Syntax error: Expected end of input but got keyword SELECT at [1:1]")
    found = re.sub(
        r"range_(\d+)_(\d+) AS r_(\w+)", lambda m: f"range({m[1]}, {int(m[2]) + 1}) AS r_{m[3]}({m[3]})", said[0]
    )
    tables = f"(SELECT * FROM information_schema.tables WHERE table_schema = '{dataset or 'main'}') AS all_tables"
    found = re.sub(r"\ball_tables\b", tables, found)
    return re.sub(r"^TRUNCATE TABLE", "DELETE FROM", found)  # it cannot be explained


def tidy(rows: pa.Table) -> pa.Table:
    """With the types that BigQuery has."""
    kinds = [_kind(column.type) for column in rows.schema]
    return rows.cast(pa.schema([pa.field(f.name, kind) for f, kind in zip(rows.schema, kinds, strict=True)]))


def _kind(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_integer(kind) or (pa.types.is_decimal(kind) and kind.scale == 0):
        return pa.int64()
    if pa.types.is_decimal(kind):
        return pa.decimal128(38, 9)
    if pa.types.is_float32(kind):
        return pa.float64()
    return pa.string() if pa.types.is_null(kind) else kind


def _all(cursor: duckdb.DuckDBPyConnection, said: str, stopped: threading.Event) -> pa.Table:
    rows = cursor.execute(f"SELECT * FROM ({said}) LIMIT {MOST + 1}").to_arrow_table()
    assert rows is not None
    if rows.num_rows > MOST:
        stopped.wait()
        raise Failed("stopped", "Job execution was cancelled: User requested cancellation")
    return rows


def _run(sql: str, call: Callable[[], T]) -> T:
    try:
        return call()
    except duckdb.InterruptException as problem:
        raise Failed("stopped", "Job execution was cancelled: User requested cancellation") from problem
    except duckdb.CatalogException as problem:
        name = re.search(r"Table with name (\S+) does not exist", str(problem))
        if name:
            raise Failed("notFound", f"Not found: Table test:main.{name[1]} was not found in location US") from problem
        function = re.search(r"Function with name (\S+) does not exist", str(problem))
        word = function[1] if function else ""
        raise Failed("invalidQuery", f"Function not found: {word} at {_at(sql, word)}") from problem
    except duckdb.BinderException as problem:
        name = re.search(r'column "?([^"\s]+)"? not found|Referenced column "([^"]+)"', str(problem))
        word = (name[1] or name[2]) if name else ""
        raise Failed("invalidQuery", f"Unrecognized name: {word} at {_at(sql, word)}") from problem
    except duckdb.Error as problem:
        raise Failed("invalidQuery", str(problem).partition("\n")[0]) from problem


def _at(sql: str, word: str) -> str:
    found = re.search(rf"\b{re.escape(word)}\b", sql, re.IGNORECASE) if word else None
    start = found.start() if found else 0
    return f"[{sql.count(chr(10), 0, start) + 1}:{start - sql.rfind(chr(10), 0, start)}]"
