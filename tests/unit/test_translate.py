"""SQL of one dialect for another: what is known to mean the same, what is said in other words, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dli_core.errors import DLIError, ErrorCode
from dli_core.sql.translate import expression, translate
from dli_core.sql.verdict import Verdict

PAIRS = [
    ("duckdb", "trino"),
    ("duckdb", "bigquery"),
    ("trino", "duckdb"),
    ("trino", "bigquery"),
    ("bigquery", "duckdb"),
    ("bigquery", "trino"),
]


class Here:
    """A map of a text onto itself."""

    def __init__(self, sql: str) -> None:
        self._lines = sql.split("\n")

    def locate(self, line: int, column: int | None = None) -> tuple[str, int, int | None]:
        return "q.sql", line, column

    def excerpt(self, line: int, column: int | None = None) -> str:
        del column
        return self._lines[line - 1] if line <= len(self._lines) else ""  # sqlglot counts some lines twice


def translated(sql: str, read: str, write: str):
    return translate(sql, Here(sql), read, write)


def reasons(sql: str, read: str, write: str) -> list[str]:
    """The keys of all that is inexact."""
    return [construct.reason.key for construct, _ in translated(sql, read, write).inexact]


# The same everywhere

EXACT = """
SELECT a, t.b AS c FROM x.y.t
SELECT * FROM t WHERE a = 1 AND NOT (b <> 'x' OR c IS NULL) AND d BETWEEN 1 AND 2
SELECT COUNT(*) AS n, COUNT(DISTINCT a) AS m, SUM(b) AS s, MIN(c) AS lo, MAX(c) AS hi FROM t GROUP BY d HAVING SUM(b) > 1
SELECT a FROM t JOIN u ON t.k = u.k LEFT JOIN v USING (k) CROSS JOIN w
SELECT a FROM t ORDER BY a DESC, b LIMIT 5
SELECT a FROM t UNION ALL SELECT b FROM u
SELECT DISTINCT a FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.k = t.k) AND a IN (1, 2) AND b IN (SELECT c FROM v)
WITH r AS (SELECT a FROM t) SELECT a FROM r
SELECT CASE WHEN a > 1 THEN 'x' ELSE NULL END AS c, COALESCE(a, b, 0) AS d, NULLIF(a, 0) AS e FROM t
SELECT SUM(a * (1 - b)) AS s, a % 7 AS r, -a AS n, ABS(a) AS p FROM t
SELECT AVG(CAST(a AS FLOAT64)) AS m, CAST(SUM(a) AS FLOAT64) * 2 AS q FROM t
SELECT a FROM t WHERE d >= DATE '2024-01-01' AND d < DATE '2024-01-01' + INTERVAL '3' MONTH
SELECT EXTRACT(YEAR FROM d) AS y, CAST(d + INTERVAL '1' DAY AS DATE) AS e FROM t
SELECT a LIKE 'x%' AS l, a NOT LIKE '_' AS n, SUBSTRING(a, 1, 2) AS s FROM t
SELECT ROW_NUMBER() OVER (PARTITION BY a ORDER BY b) AS n, RANK() OVER (ORDER BY b DESC) AS r FROM t
SELECT CAST(0.05 AS DECIMAL(3, 2)) AS a, 1e0 AS b, TRUE AS c, NULL AS d FROM t
SELECT x FROM t WHERE a || b = 'c'
""".strip().splitlines()


@pytest.mark.parametrize(("read", "write"), PAIRS)
@pytest.mark.parametrize("sql", EXACT)
def test_what_means_the_same_everywhere_is_translated(sql: str, read: str, write: str):
    if read != "bigquery":
        sql = sql.replace("FLOAT64", "DOUBLE")
    if read == "bigquery":
        sql = sql.replace("INTERVAL '3'", "INTERVAL 3").replace("INTERVAL '1'", "INTERVAL 1").replace(", 2))", ", 2))")
    if read == "bigquery" and "%" in sql and "LIKE" not in sql:
        sql = sql.replace("a % 7", "MOD(a, 7)")
    assert reasons(sql, read, write) == []


# What is not

INEXACT = {
    "SELECT AVG(a) AS m FROM t": "average",
    "SELECT a / b AS q FROM t": "division",
    "SELECT a - b AS d FROM t": "subtraction",
    "SELECT d + INTERVAL '1' DAY AS e FROM t": "moved_date",
    "SELECT d < e + INTERVAL '1' HOUR AS e FROM t": "unlisted",
    "SELECT CAST(a AS VARCHAR) AS s FROM t": "cast",
    "SELECT CAST(a AS INTEGER) AS s FROM t": "cast",
    "SELECT CAST(a AS DECIMAL(9, 2)) AS s FROM t": "cast",
    "SELECT CAST(0.123 AS DECIMAL(9, 2)) AS s FROM t": "cast",
    "SELECT CAST(a AS TIMESTAMP) AS s FROM t": "cast",
    "SELECT CAST('1.1.2024' AS DATE) AS s FROM t": "cast",
    "SELECT a % b AS r FROM t": "remainder",
    "SELECT a % 0 AS r FROM t": "remainder",
    "SELECT SUBSTRING(a, b) AS s FROM t": "substring",
    "SELECT SUBSTRING(a, 0, 2) AS s FROM t": "substring",
    "SELECT COUNT(*) FROM t": "unnamed",
    "SELECT 9223372036854775808 AS n": "large_integer",
    "SELECT TRIM(a) AS s FROM t": "unlisted",
    "SELECT CONCAT(a, b) AS s FROM t": "unlisted",
    "SELECT GREATEST(a, b) AS s FROM t": "unlisted",
    "SELECT ROUND(a, 2) AS s FROM t": "unlisted",
    "SELECT UPPER(a) AS s FROM t": "unlisted",
    "SELECT DATE_TRUNC('month', a) AS s FROM t": "unlisted",
    "SELECT EXTRACT(WEEK FROM d) AS w FROM t": "unlisted",
    "SELECT my_function(a) AS s FROM t": "unlisted",
    "SELECT a FROM t NATURAL JOIN u": "unlisted",
    "SELECT * FROM t JOIN u USING (k)": "star",
    "SELECT a FROM t EXCEPT ALL SELECT b FROM u": "unlisted",
    "SELECT SUM(a) OVER (ORDER BY b ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS s FROM t": "unlisted",
    "SELECT a FROM t TABLESAMPLE BERNOULLI (10)": "unlisted",
    "DELETE FROM t WHERE a = 1": "unlisted",
    "CREATE TABLE u AS SELECT 1 AS a": "unlisted",
    "INSERT INTO t SELECT 1 AS a": "unlisted",
}


@pytest.mark.parametrize("sql", INEXACT)
@pytest.mark.parametrize(("read", "write"), [("duckdb", "trino"), ("trino", "duckdb"), ("duckdb", "bigquery")])
def test_what_may_mean_something_else_is_named(sql: str, read: str, write: str):
    assert f"sql.{INEXACT[sql]}" in reasons(sql, read, write)


def test_a_decimal_without_a_cast_is_a_double_in_bigquery():
    sql = "SELECT a FROM t WHERE b BETWEEN 0.06 - 0.01 AND 0.07"
    assert reasons(sql, "duckdb", "bigquery") == ["sql.decimal_literal"] * 3
    assert reasons(sql, "trino", "bigquery") == ["sql.decimal_literal"] * 3
    assert reasons(sql, "bigquery", "duckdb") == ["sql.decimal_literal"] * 3
    assert reasons(sql, "duckdb", "trino") == []


def test_columns_named_behind_an_alias_are_lost_in_bigquery():
    sql = "SELECT c FROM (SELECT a, COUNT(*) FROM t GROUP BY a) AS u (b, c)"
    assert reasons(sql, "duckdb", "bigquery") == ["sql.alias_columns"]
    assert reasons(sql, "duckdb", "trino") == []


def test_a_backslash_in_a_pattern_escapes_in_bigquery_alone():
    assert reasons(r"SELECT a LIKE 'x\%' AS l FROM t", "duckdb", "bigquery") == ["sql.pattern"]
    assert reasons("SELECT a LIKE b AS l FROM t", "duckdb", "bigquery") == ["sql.pattern"]
    assert reasons(r"SELECT a LIKE 'x\%' AS l FROM t", "duckdb", "trino") == []


@pytest.mark.parametrize("write", ["duckdb", "trino"])
def test_a_division_by_zero_is_an_error_in_bigquery_alone(write: str):
    sql = "SELECT CAST(a AS FLOAT64) / b AS q FROM t"
    assert reasons(sql, "bigquery", write) == ["sql.division_by_zero"]


@pytest.mark.parametrize("read", ["duckdb", "trino"])
def test_a_division_is_said_in_bigquery_as_one_that_gives_infinity(read: str):
    found = translated("SELECT CAST(a AS DOUBLE) / (b + 1) AS q FROM t", read, "bigquery")
    assert [construct.verdict for construct in found.constructs] == [Verdict.EMULATED]
    assert " ".join(found.sql.split()) == "SELECT IEEE_DIVIDE(CAST(a AS FLOAT64), b + 1) AS q FROM t"


def test_intervals_are_counted_with_numbers_in_bigquery():
    found = translated("SELECT a FROM t WHERE d < DATE '2024-01-01' + INTERVAL '3' MONTH", "trino", "bigquery")
    assert "INTERVAL 3 MONTH" in found.sql


def test_nulls_come_last_as_they_do_where_it_was_written():
    assert "NULLS LAST" in translated("SELECT a FROM t ORDER BY a", "duckdb", "bigquery").sql
    assert "NULLS FIRST" in translated("SELECT a FROM t ORDER BY a", "bigquery", "trino").sql


@pytest.mark.parametrize(("read", "write"), PAIRS)
def test_sql_that_is_no_query_at_all_is_refused(read: str, write: str):
    assert reasons("VACUUM", read, write)


def test_a_length_is_one_of_text_or_of_bytes_in_bigquery():
    assert reasons("SELECT LENGTH(a) AS n FROM t", "bigquery", "trino") == ["sql.unlisted"]
    assert reasons("SELECT LENGTH(a) AS n FROM t", "trino", "bigquery") == []


def test_every_statement_of_a_text_is_looked_at():
    found = translated("SELECT 1 AS a; SELECT b / c AS d FROM t; SELECT 2 AS e", "duckdb", "trino")
    assert [construct.reason.key for construct, _ in found.inexact] == ["sql.division"]
    assert [" ".join(part.split()) for part in found.sql.split(";")] == [
        "SELECT 1 AS a",
        "SELECT CAST(b AS DOUBLE) / c AS d FROM t",
        "SELECT 2 AS e",
    ]


# Told at the user's place


def test_each_construct_is_told_at_its_place():
    failure = translated("SELECT\n  a / b AS q,\n  AVG(c) AS m\nFROM t", "duckdb", "trino").error()
    assert failure.code is ErrorCode.UNSUPPORTED_CONSTRUCT
    assert [(item["line"], item["column"]) for item in failure.details["problems"]] == [(2, 3), (3, 3)]


def test_one_construct_is_told_with_its_line():
    failure = translated("SELECT 1 AS a,\n  AVG(c) AS m\nFROM t", "duckdb", "trino").error()
    assert (failure.details["line"], failure.details["excerpt"]) == (2, "  AVG(c) AS m")
    assert "AVG(c)" in failure.message


@pytest.mark.parametrize(
    "sql", ["SELECT 'a", "SELECT ((((", "SELECT FROM WHERE", "SELECT " + "(" * 3000 + "1" + ")" * 3000]
)
def test_sql_that_cannot_be_read_is_an_error_of_ours(sql: str):
    with pytest.raises(DLIError) as caught:
        translated(sql, "duckdb", "trino")
    assert caught.value.code is ErrorCode.UNSUPPORTED_CONSTRUCT


def test_a_place_in_the_translation_is_one_in_the_users_file():
    sql = "SELECT a, -- the first\n       nope, c\nFROM t WHERE\n  d = 1 AND missing > 2"
    found = translated(sql, "duckdb", "trino")
    for word, place in (("nope", (2, 8)), ("missing", (4, 13)), ("t", (3, 6))):
        lines = found.sql.split("\n")
        line, text = next((at, text) for at, text in enumerate(lines, 1) if word in text.split() or f"{word}," in text)
        located = found.source_map.locate(line, text.index(word) + 1)
        assert located == ("q.sql", *place)
        assert found.source_map.excerpt(line, text.index(word) + 1) == sql.split("\n")[place[0] - 1]


def test_a_word_that_only_the_translation_has_is_placed_at_the_one_before_it():
    found = translated("SELECT a,\n  b // 2 AS c\nFROM t", "duckdb", "trino")
    line = next(at for at, text in enumerate(found.sql.split("\n"), 1) if "b" in text)
    located = found.source_map.locate(line, 1)
    assert located is not None
    assert located[1] in {1, 2}


# Metrics of another dialect


def test_the_aggregate_of_a_metric_is_translated():
    assert (
        expression("SUM(a) FILTER (WHERE b > 1)", "duckdb", "trino", allow_inexact=True) == "SUM(a) FILTER(WHERE b > 1)"
    )
    assert expression("CAST(SUM(a) AS DOUBLE)", "duckdb", "bigquery") == "CAST(SUM(a) AS FLOAT64)"
    with pytest.raises(DLIError) as caught:
        expression("AVG(a)", "duckdb", "trino")
    assert caught.value.code is ErrorCode.UNSUPPORTED_CONSTRUCT


# Whatever the SQL is

WORDS = st.sampled_from(
    [
        "SELECT",
        "FROM",
        "WHERE",
        "GROUP",
        "BY",
        "ORDER",
        "LIMIT",
        "OFFSET",
        "JOIN",
        "LEFT",
        "ON",
        "USING",
        "UNION",
        "ALL",
        "EXCEPT",
        "WITH",
        "AS",
        "CASE",
        "WHEN",
        "THEN",
        "ELSE",
        "END",
        "AND",
        "OR",
        "NOT",
        "IN",
        "IS",
        "NULL",
        "LIKE",
        "BETWEEN",
        "EXISTS",
        "CAST",
        "DATE",
        "INTERVAL",
        "DAY",
        "DISTINCT",
        "OVER",
        "PARTITION",
        "COUNT",
        "SUM",
        "AVG",
        "EXTRACT",
        "YEAR",
        "SUBSTRING",
        "VALUES",
        "UNNEST",
        "ARRAY",
        "STRUCT",
        "INSERT",
        "INTO",
        "DELETE",
        "CREATE",
        "TABLE",
        "VIEW",
        "a",
        "b",
        "t",
        "1",
        "0.5",
        "1e3",
        "'x'",
        "''",
        '"',
        "`",
        "(",
        ")",
        ",",
        ".",
        "*",
        "+",
        "-",
        "/",
        "%",
        "||",
        "=",
        "<",
        ">",
        "<>",
        ";",
        "--",
        "/*",
        "*/",
        "[",
        "]",
        "::",
        "{",
        "}",
        "@",
        "?",
        ":",
        "$1",
        "$$",
        "\\",
        "한글",
        "\x00",
        "\n",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(WORDS, max_size=25), st.sampled_from(PAIRS))
def test_any_sql_is_translated_or_refused(words: list[str], pair: tuple[str, str]):
    sql = " ".join(words)
    try:
        found = translated(sql, *pair)
    except DLIError as problem:
        assert problem.code is ErrorCode.UNSUPPORTED_CONSTRUCT
        return
    for line, text in enumerate(found.sql.split("\n"), 1):
        found.source_map.locate(line, max(len(text), 1))
    assert all(problem.reason for problem, _ in found.inexact)
