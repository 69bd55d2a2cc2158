"""SQL that the engine refuses, and databases that it cannot open."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from tests.cli.wrong.case import USAGE, Wrong, dataset

OUT = ("-o", "out.csv")
IT = ("dataset", "run", "it", *OUT)
DATABASE = {"dli.yaml": "local: {duckdb: {database: shop.duckdb}}\n"}
# The error comes with a late batch: rows have been drained, encoded and written by then.
LATE = (
    "SELECT CASE WHEN i < 1999999 THEN i ELSE error('the disk of the source broke') END AS i FROM range(2000000) t(i)"
)
ENDLESS = "SELECT count(*) FROM range(100000000000) a, range(1000)"


@contextmanager
def other_process(folder: Path) -> Generator[None]:
    """Somebody else has the database open."""
    script = "import duckdb, sys; c = duckdb.connect('shop.duckdb'); print('open', flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        process.stdout.readline()
        try:
            yield
        finally:
            process.stdin.close()
            process.wait(timeout=10)
    (folder / "shop.duckdb").unlink()


CASES = [
    Wrong("error-in-mid-stream", ("run", LATE, *OUT), "DLI-405", 1),
    Wrong("unknown-table", ("run", "SELECT *\nFROM ordres", *OUT), "DLI-405", 1),
    Wrong("unknown-column", ("run", "SELECT id, amuont\nFROM 'orders.csv'", *OUT), "DLI-405", 1),
    Wrong("unknown-file", ("run", "SELECT * FROM 'ordres.csv'", *OUT), "DLI-405", 1),
    Wrong("sql-syntax-in-a-file", ("run", "-f", "q.sql", *OUT), "DLI-405", 1, files={"q.sql": "SELECT 1,\n  2 3 4\n"}),
    Wrong("sql-syntax", ("run", "SELECT 1\nFORM 'orders.csv'", *OUT), "DLI-405", 1),
    Wrong("value-that-cannot-be-converted", ("run", "SELECT CAST('abc' AS INTEGER) AS n", *OUT), "DLI-405", 1),
    Wrong("two-statements", ("run", "SELECT 1; SELECT 2", *OUT), "DLI-204"),
    Wrong("two-statements-of-which-one-drops", ("run", "SELECT 1; DROP TABLE orders"), "DLI-204"),
    Wrong("only-a-comment", ("run", "-- nothing here", *OUT), "DLI-204"),
    Wrong("empty-stdin", ("run", *OUT), "DLI-204"),
    Wrong("stdin-is-not-utf8", ("run", *OUT), "DLI-105", stdin=b"SELECT '\xff'"),
    Wrong("sql-file-missing", ("run", "-f", "report.sql", *OUT), "DLI-105"),
    Wrong("sql-file-is-a-folder", ("run", "-f", ".", *OUT), USAGE),
    Wrong("sql-file-is-not-utf8", ("run", "-f", "q.sql", *OUT), "DLI-105", files={"q.sql": b"SELECT '\xff'"}),
    Wrong("sql-given-twice", ("run", "SELECT 1", "-f", "q.sql"), USAGE),
    Wrong("sql-without-quotes", ("run", "SELECT", "1"), USAGE),
    Wrong(
        "error-behind-a-macro",
        IT,
        "DLI-405",
        1,
        files={
            "macros/money.sql": "{% macro net(c) -%}\n  round({{ c }} / 1.19,\n    digits)\n{%- endmacro %}\n",
            **dataset("SELECT\n  id,\n  {{ money.net('amount') }} AS net\nFROM 'orders.csv'"),
        },
    ),
    Wrong(
        "error-in-a-query-file",
        IT,
        "DLI-405",
        1,
        files={
            "dataset.it.yaml": "name: shop.main.it\nquery_file: it.sql\n",
            "it.sql": "-- 주문 금액\nSELECT '한글' AS 이름, amuont FROM 'orders.csv'\n",
        },
    ),
    Wrong("timeout", ("run", ENDLESS, "--timeout", "1", *OUT), "DLI-402", 4, seconds=3.0),
    Wrong(
        "out-of-memory",
        ("run", "SELECT list(i) AS l FROM range(50000000) t(i)", *OUT),
        "DLI-401",
        1,
        files={"dli.yaml": "local: {duckdb: {settings: {memory_limit: 20MB, temp_directory: ''}}}\n"},
    ),
    Wrong("rows-of-ddl", ("run", "CREATE TABLE t AS SELECT 1 AS a", *OUT), "DLI-201"),
    Wrong(
        "pre-statement-fails",
        ("dataset", "run", "it"),
        "DLI-405",
        1,
        files={
            "dataset.it.yaml": "name: shop.main.it\nquery_type: DML\npre_statements:\n  - name: clear\n    sql: |\n"
            "      DELETE FROM gone\nquery_statement: CREATE TABLE t (a INT)\n"
        },
    ),
    Wrong(
        "database-is-none",
        ("run", "SELECT 1", *OUT),
        "DLI-403",
        3,
        files={**DATABASE, "shop.duckdb": "this is no database, however long it may be\n" * 500},
    ),
    Wrong(
        "database-in-no-folder",
        ("run", "SELECT 1", *OUT),
        "DLI-403",
        3,
        files={"dli.yaml": "local: {duckdb: {database: no/shop.duckdb}}\n"},
    ),
    Wrong("database-in-use", ("run", "SELECT 1", *OUT), "DLI-403", 3, files=DATABASE, around=other_process),
    Wrong(
        "engine-setting-unknown",
        ("run", "SELECT 1", *OUT),
        "DLI-001",
        files={"dli.yaml": "local: {duckdb: {settings: {memory_limt: 1GB}}}\n"},
    ),
    Wrong(
        "engine-setting-wrong",
        ("run", "SELECT 1", *OUT),
        "DLI-001",
        files={"dli.yaml": "local: {duckdb: {settings: {memory_limit: lots}}}\n"},
    ),
    Wrong(
        "the-engine-may-not",
        ("run", "SELECT * FROM 'orders.csv'", *OUT),
        "DLI-404",
        3,
        files={"dli.yaml": "local: {duckdb: {settings: {enable_external_access: false}}}\n"},
    ),
]
