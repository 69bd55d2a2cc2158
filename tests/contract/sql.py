"""The contract's questions in the words of each dialect. What an engine can do is said by its capabilities, not here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """One dialect.

    Attributes:
        numbers: what to select from to get `n` = 0 … {count} - 1, in any order.
        wrong: statements that no server takes, each for another reason.
        misplaced: two statements whose error is in line 3, one a name in column 3, one a word in column 7.
        failing: a value that cannot be converted, and one among others that can.
        change: statements that change data, with the number of rows each changes; None: it does not say.
        statements: kind → what a dry run is asked of, where there is a table `t` with the rows 0, 1, 2 of `n`.
        refused: the kinds among them that are no single right statement.
        setup: makes that table, and whatever else they use.
        create: one that makes the table `t`.
        analyzed: EXPLAIN ANALYZE of a write, in every form.
        tables: the names of the tables of this test, as `name`.
        values: four rows of one column of each type that all engines have, in the order of `id`.
        after: gives `n` = 1 where none of the dry runs ran.
        divided: what 1 / 0 is; None where it is an error.
    """

    numbers: str
    wrong: tuple[str, ...]
    misplaced: tuple[str, str]
    failing: tuple[str, ...]
    change: tuple[tuple[str, int | None], ...]
    statements: Mapping[str, str]
    refused: frozenset[str]
    setup: tuple[str, ...]
    create: str
    analyzed: tuple[str, ...]
    tables: str
    values: str
    after: str = ""
    divided: float | None = None

    def count(self, number: int) -> str:
        """`n` from 0 up to `number` - 1."""
        return self.numbers.format(last=number - 1, count=number)

    @property
    def endless(self) -> str:
        """Work for hours, and one row."""
        return (
            f"SELECT count(*) AS c FROM {self.count(10_000_000_000)} CROSS JOIN {self.count(1000).replace(' t', ' u')}"
        )

    @property
    def flowing(self) -> str:
        """Rows for hours."""
        return f"SELECT n FROM {self.count(100_000_000_000)}"


DUCKDB = Words(
    numbers="range({count}) t(n)",
    wrong=(
        "SELEC 1",
        "SELECT * FROM no_such_table",
        "SELECT no_such_column FROM range(3) t(n)",
        "SELECT no_such_function(1)",
    ),
    misplaced=("SELECT\n  1,\n  nope\nFROM range(3) t(n)", "SELECT 1\n\n  FRM x"),
    failing=("SELECT CAST('x' AS INTEGER)", "SELECT CAST(s AS INTEGER) FROM (VALUES ('1'), ('x')) t(s)"),
    change=(
        ("CREATE TABLE t (n INTEGER)", None),
        ("INSERT INTO t VALUES (1), (2)", 2),
        ("UPDATE t SET n = 3 WHERE n = 1", 1),
        ("DELETE FROM t", 2),
        ("DROP TABLE t", None),
    ),
    statements={
        "select": "SELECT * FROM t",
        "insert": "INSERT INTO t VALUES (9)",
        "update": "UPDATE t SET n = 9",
        "delete": "DELETE FROM t",
        "merge": "MERGE INTO t USING (SELECT 9 AS n) s ON t.n = s.n WHEN NOT MATCHED THEN INSERT VALUES (s.n)",
        "create": "CREATE TABLE other AS SELECT 1 AS n",
        "create view": "CREATE VIEW v AS SELECT 1 AS n",
        "drop": "DROP TABLE t",
        "alter": "ALTER TABLE t ADD COLUMN m INTEGER",
        "truncate": "TRUNCATE t",
        "explain analyze": "EXPLAIN ANALYZE INSERT INTO t VALUES (9)",
        "two": "SELECT 1; DELETE FROM t",
        "comment": "SELECT 1 /* ; */; INSERT INTO t VALUES (9)",
        "set": "SET threads = 1",
        "begin": "BEGIN TRANSACTION",
        "copy": "COPY t TO 'out.csv'",
        "attach": "ATTACH 'other.db' AS other",
        "nextval": "SELECT nextval('s')",
        "checkpoint": "CHECKPOINT",
        "prepare": "PREPARE p AS DELETE FROM t",
        "analyze": "ANALYZE t",
        "vacuum": "VACUUM t",
        "pragma": "PRAGMA database_size",
        "call": "CALL range(3)",
        "wrong": "SELEC",
    },
    refused=frozenset({"two", "comment", "wrong"}),
    setup=("CREATE TABLE t AS SELECT n FROM range(3) r(n)", "CREATE SEQUENCE s"),
    create="CREATE TABLE t AS SELECT 1 AS n",
    analyzed=("EXPLAIN ANALYZE CREATE TABLE t AS SELECT 1 AS n", "EXPLAIN (ANALYZE) CREATE TABLE t AS SELECT 1 AS n"),
    tables="SELECT table_name AS name FROM information_schema.tables",
    values="""
SELECT * FROM (VALUES
  (1, TRUE, 9223372036854775807, 0.1::DOUBLE, 12.50::DECIMAL(38, 9), 'it''s "so", 한글 😀', DATE '2024-02-29',
   TIMESTAMP '2020-01-01 00:00:00.123456', [1, 2, 3], {'a': 1, 'b': 'x'}, unhex('00FF')),
  (2, FALSE, -9223372036854775808, -0.0::DOUBLE, -0.01::DECIMAL(38, 9), '', DATE '0001-01-01',
   TIMESTAMP '1969-12-31 23:59:59.999999', [], {'a': NULL, 'b': ''}, ''::BLOB),
  (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, [], NULL, NULL),
  (4, TRUE, 0, 1e21::DOUBLE, 9999999999.99::DECIMAL(38, 9), 'line' || chr(10) || 'end', DATE '9999-12-31',
   TIMESTAMP '9999-12-31 23:59:59', [-1], {'a': 9007199254740993, 'b': NULL}, '=1+1'::BLOB)
) AS t(id, flag, whole, real, exact, text, day, moment, list, struct, raw) ORDER BY id""",
    after="SELECT nextval('s') AS n",
    divided=float("inf"),
)

TRINO = Words(
    numbers="(SELECT sequential_number AS n FROM TABLE(sequence(start => 0, stop => {last}))) t",
    wrong=(
        "SELEC 1",
        "SELECT * FROM no_such_table",
        "SELECT no_such_column FROM (VALUES 1, 2) t(n)",
        "SELECT no_such_function(1)",
    ),
    misplaced=("SELECT\n  1,\n  nope\nFROM (VALUES 1, 2) t(n)", "SELECT 1\n\n  FRM x"),
    failing=("SELECT CAST('x' AS INTEGER)", "SELECT CAST(s AS INTEGER) FROM (VALUES ('1'), ('x')) t(s)"),
    change=(
        ("CREATE TABLE t (n INTEGER)", None),
        ("INSERT INTO t VALUES (1), (2)", 2),
        ("CREATE TABLE other AS SELECT n FROM t", 2),
        ("DROP TABLE t", None),
    ),
    statements={
        "select": "SELECT * FROM t",
        "with": "WITH q AS (SELECT * FROM t) SELECT * FROM q",
        "table": "TABLE t",
        "insert": "INSERT INTO t VALUES (9)",
        "update": "UPDATE t SET n = 9",
        "delete": "DELETE FROM t",
        "merge": "MERGE INTO t USING (SELECT 9 AS n) s ON t.n = s.n WHEN NOT MATCHED THEN INSERT VALUES (s.n)",
        "create": "CREATE TABLE other AS SELECT 1 AS n",
        "create view": "CREATE VIEW v AS SELECT 1 AS n",
        "drop": "DROP TABLE t",
        "alter": "ALTER TABLE t ADD COLUMN m INTEGER",
        "truncate": "TRUNCATE TABLE t",
        "explain analyze": "EXPLAIN ANALYZE INSERT INTO t VALUES (9)",
        "two": "SELECT 1; DELETE FROM t",
        "comment": "SELECT 1 /* ; */; INSERT INTO t VALUES (9)",
        "set": "SET SESSION query_max_run_time = '1h'",
        "use": "USE tpch.tiny",
        "prepare": "PREPARE p FROM DELETE FROM t",
        "analyze": "ANALYZE t",
        "call": "CALL system.runtime.kill_query(query_id => '1', message => 'x')",
        "show": "SHOW TABLES",
        "wrong": "SELEC",
    },
    # The connector of the tests keeps tables in memory, and does neither of the last four.
    refused=frozenset({"two", "comment", "wrong", "update", "delete", "merge", "analyze"}),
    setup=("CREATE TABLE t AS SELECT n FROM (VALUES 0, 1, 2) r(n)",),
    create="CREATE TABLE t AS SELECT 1 AS n",
    analyzed=("EXPLAIN ANALYZE CREATE TABLE t AS SELECT 1 AS n", "EXPLAIN /* */ ANALYZE VERBOSE DELETE FROM t"),
    tables="SELECT table_name AS name FROM information_schema.tables WHERE table_schema = current_schema",
    values="""
SELECT id, flag, whole, real, CAST(exact AS DECIMAL(38, 9)) AS exact, text, day, moment, list,
       CAST(struct AS ROW(a bigint, b varchar)) AS struct, raw
FROM (VALUES
  (1, TRUE, 9223372036854775807, DOUBLE '0.1', DECIMAL '12.50', 'it''s "so", 한글 😀', DATE '2024-02-29',
   TIMESTAMP '2020-01-01 00:00:00.123456', ARRAY[1, 2, 3], ROW(BIGINT '1', 'x'), X'00ff'),
  (2, FALSE, -9223372036854775807 - 1, DOUBLE '-0.0', DECIMAL '-0.01', '', DATE '0001-01-01',
   TIMESTAMP '1969-12-31 23:59:59.999999', ARRAY[], ROW(NULL, ''), X''),
  (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, ARRAY[], NULL, NULL),
  (4, TRUE, 0, 1e21, DECIMAL '9999999999.99', 'line' || chr(10) || 'end', DATE '9999-12-31',
   TIMESTAMP '9999-12-31 23:59:59.000000', ARRAY[-1], ROW(9007199254740993, NULL), CAST('=1+1' AS varbinary))
) AS t(id, flag, whole, real, exact, text, day, moment, list, struct, raw) ORDER BY id""",
)

BIGQUERY = Words(
    numbers="(SELECT n FROM UNNEST(GENERATE_ARRAY(0, {last})) AS n) t",
    wrong=(
        "SELEC 1",
        "SELECT * FROM no_such_table",
        "SELECT no_such_column FROM UNNEST([1, 2]) AS n",
        "SELECT no_such_function(1)",
    ),
    misplaced=("SELECT\n  1,\n  nope\nFROM UNNEST([1, 2]) AS n", "SELECT 1\n\n  FRM x"),
    failing=("SELECT CAST('x' AS INT64)", "SELECT CAST(s AS INT64) FROM UNNEST(['1', 'x']) AS s"),
    change=(
        ("CREATE TABLE t (n INT64)", None),
        ("INSERT INTO t VALUES (1), (2)", 2),
        ("UPDATE t SET n = 3 WHERE n = 1", 1),
        ("DELETE FROM t WHERE TRUE", 2),
        ("DROP TABLE t", None),
    ),
    statements={
        "select": "SELECT * FROM t",
        "with": "WITH q AS (SELECT * FROM t) SELECT * FROM q",
        "insert": "INSERT INTO t VALUES (9)",
        "update": "UPDATE t SET n = 9 WHERE TRUE",
        "delete": "DELETE FROM t WHERE TRUE",
        "merge": "MERGE INTO t USING (SELECT 9 AS n) s ON t.n = s.n WHEN NOT MATCHED THEN INSERT (n) VALUES (s.n)",
        "create": "CREATE TABLE other AS SELECT 1 AS n",
        "create view": "CREATE VIEW v AS SELECT 1 AS n",
        "drop": "DROP TABLE t",
        "alter": "ALTER TABLE t ADD COLUMN m INT64",
        "truncate": "TRUNCATE TABLE t",
        "two": "SELECT 1; DELETE FROM t WHERE TRUE",
        "comment": "SELECT 1 /* ; */; INSERT INTO t VALUES (9)",
        "script": "BEGIN INSERT INTO t VALUES (9); SELECT 1; END",
        "wrong": "SELEC",
    },
    refused=frozenset({"two", "comment", "wrong"}),
    setup=("CREATE TABLE t AS SELECT n FROM UNNEST([0, 1, 2]) AS n",),
    create="CREATE TABLE t AS SELECT 1 AS n",
    analyzed=("BEGIN CREATE TABLE t AS SELECT 1 AS n; END", "EXPLAIN ANALYZE CREATE TABLE t AS SELECT 1 AS n"),
    tables="SELECT table_name AS name FROM INFORMATION_SCHEMA.TABLES",
    values=r"""
SELECT * FROM UNNEST(ARRAY<STRUCT<id INT64, flag BOOL, whole INT64, `real` FLOAT64, exact NUMERIC, text STRING, day DATE,
  moment DATETIME, list ARRAY<INT64>, struct STRUCT<a INT64, b STRING>, raw BYTES>>[
  (1, TRUE, 9223372036854775807, 0.1, NUMERIC '12.50', 'it\'s "so", 한글 😀', DATE '2024-02-29',
   DATETIME '2020-01-01 00:00:00.123456', [1, 2, 3], STRUCT(1, 'x'), FROM_BASE64('AP8=')),
  (2, FALSE, -9223372036854775808, -0.0, NUMERIC '-0.01', '', DATE '0001-01-01',
   DATETIME '1969-12-31 23:59:59.999999', [], STRUCT(NULL, ''), b''),
  (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  (4, TRUE, 0, 1e21, NUMERIC '9999999999.99', 'line\nend', DATE '9999-12-31',
   DATETIME '9999-12-31 23:59:59', [-1], STRUCT(9007199254740993, NULL), b'=1+1')
]) ORDER BY id""",
)

WORDS = {"duckdb": DUCKDB, "trino": TRINO, "bigquery": BIGQUERY}
