"""One statement of GoogleSQL, told from several by its words."""

from __future__ import annotations

import pytest

from dli_core.engines.bigquery.statement import is_ordered, needs_session, only_reads, single
from dli_core.errors import DLIError, ErrorCode

ONE = [
    "SELECT 1",
    "SELECT 1;",
    "SELECT 1 ; -- done; really\n # yes; so\n /* ; */",
    "SELECT ';', r'\\';', \"\"\"; \" ;\"\"\", '''a\n;''', b';', rb\"\\\";\" FROM `a;b`",
    "SELECT '\\';'",
    "SELECT CASE WHEN a THEN 1 ELSE IF(b, 2, 3) END, t.end, t.begin FROM t",
    "BEGIN SELECT 1; SELECT 2; END",
    "BEGIN\n  DECLARE x INT64; SET x = 1;\n  IF x = 1 THEN SELECT 1; ELSEIF x = 2 THEN SELECT 2; ELSE SELECT 3; END IF;\nEND;",
    "IF TRUE THEN SELECT 1; SELECT 2; END IF",
    "LOOP SELECT 1; BREAK; END LOOP;",
    "WHILE FALSE DO SELECT 1; END WHILE",
    "REPEAT SELECT 1; UNTIL TRUE END REPEAT",
    "FOR r IN (SELECT 1) DO SELECT r; SELECT CASE 1 WHEN 1 THEN 2 END; END FOR",
    "CASE 1 WHEN 1 THEN SELECT 1; SELECT CASE WHEN TRUE THEN 1 END; ELSE SELECT 2; END CASE",
    "CREATE OR REPLACE PROCEDURE d.p(x INT64) BEGIN SELECT x; SELECT 2; END",
    "CREATE TEMP TABLE IF NOT EXISTS t AS SELECT 1",
    "BEGIN TRANSACTION",
    "BEGIN",
    "BEGIN SELECT 1; EXCEPTION WHEN ERROR THEN SELECT 2; END",
]
SEVERAL = [
    ("SELECT 1; SELECT 2", 2),
    ("SELECT 1 /* ; */; INSERT INTO t VALUES (9)", 2),
    ("SELECT '\\\\'; SELECT 2 --'", 2),
    ("SELECT r'\\\\'; SELECT 2 --'", 2),
    ("DECLARE x INT64; SELECT x", 2),
    ("BEGIN TRANSACTION; DELETE FROM t WHERE TRUE; COMMIT", 3),
    ("BEGIN; SELECT 1", 2),
    ("BEGIN SELECT 1; END; DELETE FROM t WHERE TRUE; BEGIN SELECT 2; END", 3),
    ("SELECT begin FROM t; DROP TABLE t", 2),
    ("CREATE TABLE IF NOT EXISTS t (n INT64); DROP TABLE t", 2),
    ("SELECT CASE WHEN TRUE THEN 1 END; DROP TABLE t", 2),
    ("SELECT IF(TRUE, 1, 2); DROP TABLE t", 2),
    ("SELECT * FROM t FOR SYSTEM_TIME AS OF x; DROP TABLE t", 2),
    ("# ';\nSELECT 1; SELECT 2 # '", 2),
]


@pytest.mark.parametrize("sql", ONE)
def test_one_statement_is_one(sql: str):
    assert single(sql) == sql


@pytest.mark.parametrize(("sql", "count"), SEVERAL)
def test_several_statements_are_told_and_counted(sql: str, count: int):
    with pytest.raises(DLIError) as caught:
        single(sql)
    assert (caught.value.code, caught.value.details) == (
        ErrorCode.SQL_SYNTAX,
        {"reason": "several_statements", "count": count},
    )


@pytest.mark.parametrize("sql", ["", "  \n", "-- SELECT 1", "/* SELECT 1; */ ;;", "# x"])
def test_no_statement_is_none(sql: str):
    with pytest.raises(DLIError) as caught:
        single(sql)
    assert caught.value.details["reason"] == "no_statement"


@pytest.mark.parametrize(
    ("sql", "ordered"),
    [
        ("SELECT 1 ORDER BY 1", True),
        ("select x from t order\n by x limit 3", True),
        ("(SELECT 1 ORDER BY 1)", True),
        ("FROM t |> ORDER BY x", True),
        ("BEGIN SELECT 1; SELECT 2 ORDER BY 1; END", True),
        ("SELECT ROW_NUMBER() OVER (ORDER BY x) FROM t", False),
        ("WITH a AS (SELECT 1 ORDER BY 1) SELECT * FROM a", False),
        ("SELECT 'ORDER BY x' -- ORDER BY x", False),
        ("SELECT `order` FROM t", False),
    ],
)
def test_an_order_is_seen_where_rows_have_one(sql: str, ordered: bool):
    assert is_ordered(sql) is ordered


@pytest.mark.parametrize(
    ("sql", "needed"),
    [
        ("CREATE TEMP TABLE t AS SELECT 1", True),
        ("create or replace temporary function f() as (1)", True),
        ("SET @@dataset_id = 'd'", True),
        ("DECLARE x INT64", True),
        ("BEGIN TRANSACTION", True),
        ("SELECT 'TEMP' AS temp_", False),
        ("INSERT INTO t VALUES (1)", False),
    ],
)
def test_a_session_is_needed_for_what_others_find(sql: str, needed: bool):
    assert needs_session(sql) is needed


def test_a_query_changes_nothing():
    assert all(only_reads(sql) for sql in ("SELECT 1", "/* x */ with a as (select 1) select 1", "(SELECT 1)", "FROM t"))
    assert not any(only_reads(sql) for sql in ("", "INSERT INTO t VALUES (1)", "CALL p()", "BEGIN SELECT 1; END"))
