"""The list of what means the same, asked of two real engines: the same values come out of DuckDB and of Trino."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from dli import DLIError, ExecutionContext, SqlAPI
from dli_core.sql.translate import translate
from tests.unit.test_translate import Here

pytestmark = pytest.mark.real("trino")

# Integers, decimals, doubles, texts, dates and flags, with NULL in each; read by both dialects.
ROWS = """(
  SELECT 1 AS i, CAST(1.25 AS DECIMAL(9, 2)) AS x, 1.5e0 AS f, 'abc' AS s, DATE '2024-01-31' AS d, TRUE AS b
  UNION ALL SELECT -7, CAST(-0.01 AS DECIMAL(9, 2)), -2.5e-3, '', DATE '2023-12-31', FALSE
  UNION ALL SELECT 3, CAST(9999.99 AS DECIMAL(9, 2)), 0e0, '한글 😀', DATE '2024-02-29', NULL
  UNION ALL SELECT 7, CAST(0.50 AS DECIMAL(9, 2)), 1e300, 'a%b_c\\d', DATE '1969-07-20', TRUE
  UNION ALL SELECT NULL, NULL, NULL, NULL, NULL, NULL
) AS t"""
EXPRESSIONS = [
    "i + 1",
    "i * x",
    "x * x",
    "1 - x",
    "x * (1 - x) * (1 + x)",
    "f * 2",
    "CAST(f AS DOUBLE) / 0",
    "CAST(i AS DOUBLE) / 3",
    "CAST(x AS DOUBLE) / i",
    "i % 3",
    "-x",
    "ABS(x)",
    "i = 3",
    "i <> 3 AND x > 0",
    "x BETWEEN 0 AND 2",
    "i IN (1, 7)",
    "i NOT IN (1, NULL)",
    "b IS NULL",
    "NOT b IS NULL",
    "NOT b",
    "b OR i > 2",
    "s = 'abc'",
    "s < 'b'",
    "s || '/' || s",
    "s LIKE 'a%'",
    "s LIKE 'a\\%'",
    "s NOT LIKE '_b%'",
    "SUBSTRING(s, 2, 2)",
    "SUBSTRING(s, 3)",
    "LENGTH(s)",
    "COALESCE(i, 0)",
    "NULLIF(i, 3)",
    "CASE WHEN i > 2 THEN 'many' WHEN i > 0 THEN 'few' END",
    "CASE i WHEN 1 THEN x ELSE 0 END",
    "EXTRACT(YEAR FROM d)",
    "EXTRACT(QUARTER FROM d)",
    "EXTRACT(MONTH FROM d)",
    "EXTRACT(DAY FROM d)",
    "d < DATE '2024-02-01'",
    "d + INTERVAL '1' MONTH < DATE '2024-03-01'",
    "CAST(d + INTERVAL '1' MONTH AS DATE)",
    "CAST(d - INTERVAL '1' YEAR AS DATE)",
    "CAST(d + INTERVAL '1' YEAR - INTERVAL '1' DAY AS DATE)",
    "CAST(0.05 AS DECIMAL(3, 2)) * x",
    "0.2 * x",
    "2e-1 * x",
    "9223372036854775807",
]
QUERIES = [
    "SELECT COUNT(*) AS a, COUNT(i) AS b, COUNT(DISTINCT b) AS c, SUM(i) AS d, SUM(x) AS e, SUM(f) AS g FROM {t}",
    "SELECT MIN(i) AS a, MAX(x) AS b, MIN(s) AS c, MAX(d) AS e, MIN(f) AS g FROM {t}",
    "SELECT AVG(CAST(i AS DOUBLE)) AS a, AVG(CAST(x AS DOUBLE)) AS b FROM {t}",
    "SELECT b, SUM(x) AS s FROM {t} GROUP BY b HAVING COUNT(*) > 0 ORDER BY b",
    "SELECT i, x FROM {t} ORDER BY i DESC, x",
    "SELECT s FROM {t} ORDER BY s LIMIT 3",
    "SELECT d FROM {t} ORDER BY d OFFSET 1",
    "SELECT DISTINCT b FROM {t} ORDER BY b",
    "SELECT i, ROW_NUMBER() OVER (ORDER BY x) AS n, RANK() OVER (ORDER BY b) AS r FROM {t} ORDER BY n",
    "SELECT i, SUM(x) OVER (ORDER BY i) AS s, COUNT(*) OVER (PARTITION BY b) AS c FROM {t} ORDER BY i",
    'SELECT i AS Mixed, x AS "Quoted Name" FROM {t} ORDER BY i',
    "WITH r AS (SELECT i, x FROM {t}) SELECT l.i, k.x FROM r AS l LEFT JOIN r AS k ON l.i = k.i ORDER BY l.i",
    "SELECT i FROM {t} UNION SELECT i FROM {t} ORDER BY i",
    "SELECT i FROM {t} INTERSECT SELECT LENGTH(s) AS i FROM {t} ORDER BY i",
    "SELECT i FROM {t} EXCEPT SELECT 3 AS i ORDER BY i",
]


@pytest.fixture(scope="module")
def engines(trino, tmp_path_factory: pytest.TempPathFactory) -> dict[str, SqlAPI]:
    found = {}
    for name in ("duckdb", "trino"):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("DLI_USER_CONFIG", "off")
            patch.setenv("DLI_LOCAL__ENGINE", name)
            patch.setenv("DLI_LOCAL__TRINO__URL", trino.url)
            folder = tmp_path_factory.mktemp(name)
            (folder / "dli.yaml").touch()
            found[name] = SqlAPI(ExecutionContext(project_path=folder))
    return found


def rows(api: SqlAPI, sql: str) -> tuple[list[str], list[tuple[object, ...]]]:
    found = api.run(sql)
    return found.columns, [tuple(map(plain, row.values())) for row in found.data]


def plain(value: object) -> object:
    """A number without its type: a declared schema settles that."""
    if isinstance(value, Decimal):
        return value.normalize()
    if type(value) is float:
        return repr(value)  # a NaN is equal to nothing
    return Decimal(value).normalize() if type(value) is int else value


@pytest.mark.parametrize(("read", "write"), [("duckdb", "trino"), ("trino", "duckdb")])
def test_what_is_on_the_list_gives_the_same_values(engines, read: str, write: str, subtests):
    ordered = "SELECT i, {expression} AS c FROM {t} ORDER BY i"
    queries = [ordered.format(expression=expression, t=ROWS) for expression in EXPRESSIONS]
    for sql in [*queries, *(query.format(t=ROWS) for query in QUERIES)]:
        with subtests.test(sql.replace(ROWS, "t")):
            found = translate(sql, Here(sql), read, write)
            assert found.inexact == []
            assert rows(engines[write], found.sql) == rows(engines[read], sql)


OFF = {
    "SELECT AVG(x) AS c FROM {t}": ("duckdb", "trino"),
    "SELECT d + INTERVAL '1' MONTH AS c FROM {t} ORDER BY d": ("duckdb", "trino"),
    "SELECT UPPER('ß') AS c": ("duckdb", "trino"),
    "SELECT CAST(1e300 AS VARCHAR) AS c": ("duckdb", "trino"),
    "SELECT CAST(2.5e0 AS INTEGER) AS c": ("duckdb", "trino"),
    "SELECT GREATEST(1, NULL) AS c": ("duckdb", "trino"),
    "SELECT COUNT(*) FROM {t}": ("duckdb", "trino"),
    "SELECT b IS TRUE AS c FROM {t} ORDER BY i": ("duckdb", "trino"),
    "SELECT * FROM (SELECT 1 AS a, 2 AS k) AS t JOIN (SELECT 3 AS b, 2 AS k) AS u USING (k)": ("duckdb", "trino"),
    "SELECT i / 2 AS c FROM {t} ORDER BY i": ("trino", "duckdb"),
    "SELECT x / 3 AS c FROM {t} ORDER BY i": ("trino", "duckdb"),
}


@pytest.mark.parametrize("sql", OFF)
def test_what_is_off_the_list_does_differ(engines, sql: str):
    """Or it could be on it."""
    text = sql.format(t=ROWS)
    read, write = OFF[sql]
    found = translate(text, Here(text), read, write)
    assert found.inexact
    try:
        got: object = rows(engines[write], found.sql)
    except DLIError as problem:
        got = problem.code
    assert got != rows(engines[read], text)


def test_the_dialect_of_a_spec_is_translated_for_the_engine(dli, project: Path):
    (project / "dataset.it.yaml").write_text(
        "name: a.b.it\nexecution: {dialect: duckdb}\nquery_statement: |\n"
        "  SELECT name, CAST(nationkey AS DOUBLE) / 2 AS half\n  FROM tpch.tiny.nation ORDER BY name LIMIT 2\n"
    )
    done = dli("dataset", "run", "it", "--format", "csv")
    assert (done.returncode, done.stdout) == (0, "name,half\nALGERIA,0.0\nARGENTINA,0.5\n")
    assert done.stderr == "Warning: the SQL is written for DuckDB, and was translated for Trino\n"


def test_an_error_in_a_translation_is_shown_in_the_users_file(dli, project: Path):
    (project / "dataset.wrong.yaml").write_text(
        "name: a.b.wrong\nexecution: {dialect: duckdb}\nquery_statement: |\n"
        "  SELECT name, regionkey\n  FROM tpch.tiny.nation\n  WHERE regionkey = 1 AND nope > 2\n"
    )
    done = dli("dataset", "run", "wrong", "--format", "csv")
    assert (done.returncode, done.stdout) == (1, "")
    assert "dataset.wrong.yaml:6:27" in done.stderr
    assert "6 |   WHERE regionkey = 1 AND nope > 2" in done.stderr


def test_what_may_differ_is_refused_unless_it_is_allowed(dli, project: Path):
    (project / "dataset.it.yaml").write_text(
        "name: a.b.it\nexecution: {dialect: duckdb}\nquery_statement: |\n"
        "  SELECT AVG(nationkey) AS mean,\n    UPPER('a') AS a\n  FROM tpch.tiny.nation\n"
    )
    done = dli("dataset", "run", "it", "--format", "csv")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("[DLI-303] The SQL is written for DuckDB")
    assert "dataset.it.yaml:4:10" in done.stderr
    assert "dataset.it.yaml:5:5" in done.stderr
    done = dli("dataset", "run", "it", "--format", "csv", "--allow-inexact")
    assert (done.returncode, done.stdout) == (0, "mean,a\n12.0,A\n")
    assert done.stderr.count("Warning:") == 3
