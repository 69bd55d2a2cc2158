"""METRIC(m) in queries: what it becomes, and where its errors are.

metric specs + a query ─▶ plan ─▶ SQL ─▶ DuckDB agrees with the aggregate written out
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dli import DatasetAPI, DLIError, ExecutionContext, MetricAPI
from dli_core.config import resolve
from dli_core.errors import ErrorCode
from dli_core.models.metric import Measure
from dli_core.run.local import LocalRunner
from dli_core.run.request import RunRequest
from dli_core.sql.edit import Edit, EditedMap, edited, place_at
from dli_core.sql.metric import Expansion, expand

MEASURES = """
  - {name: revenue, aggregation: sum, expression: amount}
  - {name: large, aggregation: sum, expression: amount, filters: [amount > 10, day IS NOT NULL]}
  - {name: orders, aggregation: count, expression: "*"}
  - {name: paid, aggregation: count, expression: "*", filters: [status = 'paid']}
  - {name: days, aggregation: count_distinct, expression: day}
  - {name: mean, aggregation: avg, expression: amount}
  - {name: least, aggregation: min, expression: amount}
  - {name: most, aggregation: max, expression: amount}
  - {name: middle, aggregation: median, expression: amount}
  - {name: basket, aggregation: expression, expression: METRIC(revenue) / METRIC(orders)}
  - {name: large_basket, aggregation: expression, expression: SUM(amount) / COUNT(*), filters: [amount > 10]}
  - {name: noted, aggregation: sum, expression: "amount -- in dollars"}
  - {name: order, aggregation: count, expression: "*"}
"""
WRITTEN = {
    "revenue": "sum(amount)",
    "large": "sum(CASE WHEN amount > 10 AND day IS NOT NULL THEN amount END)",
    "orders": "count(*)",
    "paid": "count(CASE WHEN status = 'paid' THEN 1 END)",
    "days": "count(DISTINCT day)",
    "mean": "avg(amount)",
    "least": "min(amount)",
    "most": "max(amount)",
    "middle": "median(amount)",
    "basket": "sum(amount) / count(*)",
    "large_basket": "sum(CASE WHEN amount > 10 THEN amount END) / count(CASE WHEN amount > 10 THEN 1 END)",
    "noted": "sum(amount)",
    "order": "count(*)",
}
ROWS = """(VALUES (DATE '2025-01-31', 10.5, 'paid'), (DATE '2025-01-31', 99.0, 'open'), (NULL, 5.25, 'paid'),
    (NULL, 50.0, NULL)) AS t (day, amount, status)"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "dli.yaml").write_text("")
    (tmp_path / "metric.sales.yaml").write_text(f"name: shop.main.sales\nquery_statement: SELECT 1\nmetrics:{MEASURES}")
    (tmp_path / "metric.other.yaml").write_text(
        "name: shop.main.other\nquery_statement: SELECT 1\n"
        "metrics: [{name: twice, aggregation: sum, expression: amount * 2}]\n"
    )
    (tmp_path / "metric.third.yaml").write_text(
        "name: shop.main.third\nquery_statement: SELECT 1\n"
        "metrics: [{name: twice, aggregation: sum, expression: amount * 3}]\n"
    )
    return tmp_path


def plan(project: Path, sql: str | None = None, name: str = "", **parameters: object):
    """What would run: this SQL, or the dataset called `name`."""
    settings = resolve(project=project, environ={"DLI_USER_CONFIG": "off"})
    kind = "dataset" if name else "sql"
    return LocalRunner(settings).plan(RunRequest(kind, name, sql=sql, parameters=parameters, ds=date(2025, 1, 31)))


def expansion(project: Path, sql: str, **parameters: object) -> str:
    return plan(project, sql, **parameters).main.sql


def answer(sql: str):
    """Names of the columns, and rows."""
    with duckdb.connect() as connection:
        cursor = connection.execute(sql)
        return [column[0] for column in cursor.description], cursor.fetchall()


@pytest.mark.parametrize("name", WRITTEN)
def test_a_metric_is_its_aggregate(project: Path, name: str):
    names, rows = answer(expansion(project, f"SELECT METRIC({name}) FROM {ROWS}"))
    assert names == [name]
    assert rows == answer(f"SELECT {WRITTEN[name]} FROM {ROWS}")[1]


def test_any_number_of_metrics_stands_in_any_place_of_a_query(project: Path):
    sql = expansion(
        project,
        f"WITH w AS (SELECT day, metric(orders), Metric( shop.main.sales.revenue ) AS r FROM {ROWS} GROUP BY day) "
        f"SELECT day, METRIC(orders) * 2 AS n, METRIC('revenue') OVER (ORDER BY day) FROM {ROWS} "
        "GROUP BY day, amount HAVING METRIC(orders) > 0 ORDER BY METRIC(revenue)",
    )
    assert sql.count("SUM(amount)") == 3
    assert 'COUNT(*) AS "orders", SUM(amount) AS r' in sql
    assert "COUNT(*) * 2 AS n, SUM(amount) OVER (ORDER BY day) FROM" in sql
    assert sql.endswith("HAVING COUNT(*) > 0 ORDER BY SUM(amount)")
    assert len(answer(sql)[1]) == 4


def test_strings_comments_and_quoted_names_are_no_metrics(project: Path):
    text = """SELECT 'METRIC(revenue)', "METRIC(orders)", $$METRIC(x)$$ -- METRIC(y)
        /* METRIC(z) */ FROM t"""
    assert expansion(project, text) == text


def test_a_value_cannot_become_a_metric(project: Path):
    assert expansion(project, "SELECT {{ s }}, '{{ s }}'", s="METRIC(revenue)") == (
        "SELECT 'METRIC(revenue)', 'METRIC(revenue)'"
    )


def test_all_else_in_the_query_stays_byte_for_byte(project: Path):
    before, after = "SELECT  a ,\n\t", "/* x */\nFROM   t -- é"
    assert expansion(project, f"{before}METRIC(revenue) AS r{after}") == f"{before}SUM(amount) AS r{after}"


def test_a_name_of_two_specs_wants_the_spec(project: Path):
    assert expansion(project, "SELECT METRIC(other.twice) AS t") == "SELECT SUM(amount * 2) AS t"
    assert expansion(project, "SELECT METRIC(main.third.twice) AS t") == "SELECT SUM(amount * 3) AS t"
    with pytest.raises(DLIError) as caught:
        plan(project, "SELECT METRIC(twice)")
    assert caught.value.code is ErrorCode.METRIC_EXPANSION
    assert caught.value.details["candidates"] == ["shop.main.other.twice", "shop.main.third.twice"]


@pytest.mark.parametrize(
    ("name", "near"),
    [("revenu", ["revenue"]), ("sale.revenue", ["shop.main.sales.revenue"]), ("qqqqqqqq", None)],
)
def test_an_unknown_metric_names_the_nearest_at_its_place(project: Path, name: str, near: list[str] | None):
    with pytest.raises(DLIError) as caught:
        plan(project, f"SELECT 1,\n  METRIC({name})")
    details = caught.value.details
    assert (caught.value.code, details.get("candidates")) == (ErrorCode.METRIC_EXPANSION, near)
    assert (details["line"], details["column"]) == (2, 3)


def test_the_place_is_found_through_templates(project: Path):
    (project / "dataset.it.yaml").write_text(
        "name: shop.main.it\nquery_statement: |\n  SELECT '{{ ds }} {{ ds }}' AS long_text_before,\n    METRIC(nope)\n"
    )
    with pytest.raises(DLIError) as caught:
        plan(project, name="it")
    details = caught.value.details
    assert (details["path"], details["line"], details["column"]) == ("dataset.it.yaml", 4, 5)
    assert str(details["excerpt"]).strip() == "METRIC(nope)"


def test_an_error_behind_a_metric_keeps_its_place(project: Path):
    places = plan(project, "SELECT METRIC(large), METRIC(large),\n  oops FROM t").main.source_map
    assert places is not None
    sql = expansion(project, "SELECT METRIC(large), METRIC(large),\n  oops FROM t")
    line, column = place_at(sql, sql.index("oops"))
    assert places.locate(line, column) == ("sql", 2, 3)
    assert places.locate(*place_at(sql, sql.rindex("FILTER"))) == ("sql", 1, 23)


def test_bigquery_has_no_filter_and_gets_case():
    measures = {
        "n": Measure(name="n", aggregation="count", expression="*", filters=["a > 1"]),
        "d": Measure(name="d", aggregation="count_distinct", expression="b", filters=["a > 1", "c"]),
        "e": Measure(name="e", aggregation="expression", expression="SUM(b) / COUNT(*)", filters=["a > 1"]),
    }
    how = Expansion("bigquery", lambda name: (measures[name], "bigquery"))
    sql, _ = expand("SELECT METRIC(n), METRIC(d) AS d, METRIC(e) FROM t", _Same(), how)
    assert sql == (
        "SELECT COUNT(CASE WHEN (a > 1) THEN 1 END) AS `n`, COUNT(DISTINCT CASE WHEN (a > 1) AND (c) THEN b END) AS d, "
        "(SUM(CASE WHEN (a > 1) THEN b END) / COUNT(CASE WHEN (a > 1) THEN 1 END)) AS `e` FROM t"
    )


@pytest.mark.parametrize("dialect", ["trino", "bigquery"])
def test_a_median_is_refused_where_there_is_no_exact_one(dialect: str):
    how = Expansion(dialect, lambda name: (Measure(name=name, aggregation="median", expression="a"), dialect))
    with pytest.raises(DLIError) as caught:
        expand("SELECT METRIC(m)", _Same(), how)
    assert caught.value.code is ErrorCode.UNSUPPORTED_CONSTRUCT


def test_validate_finds_a_metric_that_is_unknown(project: Path):
    (project / "dataset.it.yaml").write_text("name: shop.main.it\nquery_statement: |\n  SELECT 1,\n    METRIC(nope)\n")
    found = DatasetAPI(ExecutionContext(project_path=str(project))).validate("it").findings
    assert [(item.code, item.line, item.column) for item in found] == [("DLI-302", 4, 5)]


class _Same:
    """A map of a text onto itself."""

    def locate(self, line: int, column: int | None = None):
        return ("sql", line, column)

    def excerpt(self, line: int, column: int | None = None):
        return None


TEXT = st.text(alphabet="ab\n", max_size=12)


@given(pieces=st.lists(st.tuples(TEXT, TEXT, TEXT), max_size=4), tail=TEXT)
def test_every_place_outside_of_an_edit_is_mapped_to_itself(pieces: list[tuple[str, str, str]], tail: str):
    old, edits = "", []
    kept: list[int] = []
    for before, replaced, text in pieces:
        kept += range(len(old), len(old) + len(before))
        edits.append(Edit(len(old) + len(before), len(old) + len(before) + len(replaced), text))
        old += before + replaced
    kept += range(len(old), len(old) + len(tail))
    old += tail
    new, places = edited(old, edits), EditedMap(old, edits, _Same())
    grown = {at: at + sum(len(e.text) - (e.end - e.start) for e in edits if e.end <= at) for at in kept}
    for at, moved in grown.items():
        assert new[moved] == old[at]
        assert places.locate(*place_at(new, moved)) == ("sql", *place_at(old, at))


@pytest.mark.parametrize(
    ("metrics", "place"),
    [
        ("  - {name: a, aggregation: expression, expression: METRIC(nothing) + 1}", (4, 52)),
        ("  - {name: a, aggregation: expression, expression: METRIC(a)}", (4, 52)),
        ("  - {name: a, aggregation: sum, expression: n}\n  - {name: b, aggregation: sum, expression: n +}", (5, 45)),
        ("  - {name: a, aggregation: expression, expression: n, filters: [n > 1]}", (4, 52)),
    ],
)
def test_validate_finds_a_metric_that_could_not_be_used(tmp_path: Path, metrics: str, place: tuple[int, int]):
    (tmp_path / "dli.yaml").touch()
    (tmp_path / "metric.m.yaml").write_text(
        f"name: a.b.m\nquery_statement: SELECT 1 AS n\nmetrics:\n{metrics}\n", encoding="utf-8"
    )
    found = MetricAPI(ExecutionContext(project_path=str(tmp_path))).validate("m").findings
    assert [(finding.code, finding.line, finding.column) for finding in found] == [("DLI-302", *place)]
