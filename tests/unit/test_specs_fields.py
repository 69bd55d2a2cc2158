"""Every field that a spec may have is read, and what is left out has its default."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from dli_core.models.quality_rules import max_age
from dli_core.models.spec import Severity
from tests.support.specs import HEAD, QUALITY, dataset, metric, quality, read

DATASET = """\
name: iceberg.analytics.daily_clicks
description: Clicks of one day
owner: data@example.com
team: growth
type: Dataset
query_type: DML
domains: [web, ads]
tags: [daily]
versions:
  - 1.0 first
parameters:
  - name: ids
    type: list[integer]
    required: true
    description: which ones
  - {name: level, type: integer, default: 1, allowed: [1, 2], pii: true}
  - {name: token, secret: true}
query_file: clicks.sql
pre_statements:
  - {name: make, sql: CREATE TABLE t (a INTEGER), continue_on_error: true}
post_statements:
  - sql: DROP TABLE t
depends_on: [iceberg.raw.events, b]
schema:
  - {name: day, type: DATE, description: of the click, pii: true}
  - {name: amount, type: "Decimal( 18, 2 )"}
execution: {timeout_seconds: 60, retry_count: 2, retry_delay_seconds: 0.5, dialect: trino, budget: 10GB}
schedule:
  cron: 0 9 * * *
  timezone: Asia/Seoul
  enabled: false
  retry: {count: 3, delay_seconds: 60}
  notifications: [{slack: "#data", on: [failure]}]
tests:
  - {name: t, type: not_null, column: day, severity: warn, description: always}
"""


def test_every_field_of_a_dataset_is_read(tmp_path: Path):
    spec = dataset(tmp_path, DATASET)
    assert spec.model_dump(mode="json", by_alias=True) == {
        "name": "iceberg.analytics.daily_clicks",
        "description": "Clicks of one day",
        "owner": "data@example.com",
        "team": "growth",
        "type": "Dataset",
        "query_type": "DML",
        "domains": ["web", "ads"],
        "tags": ["daily"],
        "versions": ["1.0 first"],
        "parameters": [
            {
                "name": "ids",
                "type": "list[integer]",
                "required": True,
                "default": None,
                "description": "which ones",
                "allowed": None,
                "secret": False,
                "pii": False,
            },
            {
                "name": "level",
                "type": "integer",
                "required": None,
                "default": 1,
                "description": None,
                "allowed": [1, 2],
                "secret": False,
                "pii": True,
            },
            {
                "name": "token",
                "type": "string",
                "required": None,
                "default": None,
                "description": None,
                "allowed": None,
                "secret": True,
                "pii": False,
            },
        ],
        "query_file": "clicks.sql",
        "query_statement": None,
        "pre_statements": [{"name": "make", "sql": "CREATE TABLE t (a INTEGER)", "continue_on_error": True}],
        "post_statements": [{"name": None, "sql": "DROP TABLE t", "continue_on_error": False}],
        "depends_on": ["iceberg.raw.events", "b"],
        "schema": [
            {"name": "day", "type": "date", "description": "of the click", "pii": True},
            {"name": "amount", "type": "decimal(18,2)", "description": None, "pii": False},
        ],
        "execution": {
            "timeout_seconds": 60,
            "retry_count": 2,
            "retry_delay_seconds": 0.5,
            "dialect": "trino",
            "budget": "10GB",
        },
        "schedule": {
            "cron": "0 9 * * *",
            "timezone": "Asia/Seoul",
            "enabled": False,
            "retry": {"count": 3, "delay_seconds": 60},
            "notifications": [{"slack": "#data", "on": ["failure"]}],
        },
        "tests": [
            {
                "name": "t",
                "type": "not_null",
                "column": "day",
                "columns": None,
                "severity": "warn",
                "params": {},
                "description": "always",
            }
        ],
    }


def test_a_name_and_a_query_are_enough(tmp_path: Path):
    spec = dataset(tmp_path, HEAD)
    assert (spec.query_type, spec.type, spec.parameters, spec.schema_, spec.tests) == ("SELECT", None, [], [], [])
    assert (spec.schedule, spec.execution.timeout_seconds, spec.execution.retry_count) == (None, None, 0)


def test_a_metric_has_measures_and_dimensions(tmp_path: Path):
    spec = metric(
        tmp_path,
        HEAD
        + """\
type: Metric
metrics:
  - {name: orders, aggregation: count, expression: "*", filters: [paid, "x > 1"], description: how many}
  - {name: 매출, aggregation: sum, expression: amount}
dimensions:
  - {name: day, type: time, expression: created_at, description: of the order}
  - name: country
""",
    )
    assert [(m.name, m.aggregation, m.expression, m.filters) for m in spec.metrics] == [
        ("orders", "count", "*", ["paid", "x > 1"]),
        ("매출", "sum", "amount", []),
    ]
    assert [(d.name, d.type, d.expression) for d in spec.dimensions] == [
        ("day", "time", "created_at"),
        ("country", "categorical", None),
    ]


def test_a_quality_spec_has_a_target_and_tests(tmp_path: Path):
    spec = quality(
        tmp_path,
        """\
name: a.b.q
type: Quality
owner: me
target: {type: metric, name: a.b.c}
metadata: {level: gold, since: [2020]}
schedule: {cron: "@daily"}
notifications: [{mail: me}]
tests:
  - {type: unique, columns: [a, b]}
""",
    )
    assert (spec.target.type, spec.target.name) == ("metric", "a.b.c")
    assert (spec.metadata, spec.notifications) == ({"level": "gold", "since": [2020]}, [{"mail": "me"}])
    assert spec.schedule is not None
    assert (spec.schedule.cron, spec.schedule.timezone, spec.schedule.enabled) == ("@daily", "UTC", True)
    assert spec.tests[0].severity is Severity.ERROR


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("{type: not_null, column: user_id}", "not_null_user_id"),
        ("{type: unique, column: a}", "unique_a"),
        ("{type: unique, columns: [a, b]}", "unique_a_b"),
        ("{type: accepted_values, column: a, params: {values: [x, 1, 1.5, true]}}", "accepted_values_a"),
        ("{type: relationships, column: a, params: {to: b.c.d, field: id}}", "relationships_a"),
        ("{type: range_check, column: a, params: {min: 0}}", "range_check_a"),
        ("{type: range_check, column: a, params: {max: 2025-01-01}}", "range_check_a"),
        ("{type: range_check, column: a, params: {min: -1.5, max: -1.5}}", "range_check_a"),
        ("{type: row_count, params: {min: 1, max: 1000}}", "row_count"),
        ("{type: expression, params: {sql: a > b}}", "expression"),
        ("{type: expression, column: a, params: {sql: a > b}}", "expression_a"),
        ("{type: freshness, column: at, params: {max_age: 24h}}", "freshness_at"),
        ("{type: singular, params: {sql: SELECT 1 WHERE false}}", "singular"),
        ("{name: mine, type: row_count, params: {min: 1}}", "mine"),
    ],
)
def test_a_test_is_called_by_its_name_or_by_what_it_tests(tmp_path: Path, text: str, name: str):
    assert quality(tmp_path, f"{QUALITY}tests: [{text}]").tests[0].called == name


@pytest.mark.parametrize(
    ("text", "age"),
    [("30m", timedelta(minutes=30)), ("24h", timedelta(hours=24)), ("7 d", timedelta(days=7))],
)
def test_an_age_is_minutes_hours_or_days(text: str, age: timedelta):
    assert max_age(text) == age


@pytest.mark.parametrize("text", ["", "24", "h", "0h", "-1h", "1w", "1.5h", "24hh", " 24h", "9999999d", "１h"])
def test_anything_else_is_no_age(text: str):
    assert max_age(text) is None


@pytest.mark.parametrize("kind", ["dataset", "metric"])
def test_versions_are_free_notes(tmp_path: Path, kind: str):
    spec = read(tmp_path, HEAD + "versions: {1.0: first, 2.0: [second, {by: me}]}\n", kind)
    assert spec.versions == {"1.0": "first", "2.0": ["second", {"by": "me"}]}


@pytest.mark.parametrize(
    "name", ["a.b.c", "my-project.data.orders_2024", "_a._b._c", "카탈로그.스키마.이름", "a.b.c$x"]
)
def test_a_name_has_three_parts(tmp_path: Path, name: str):
    assert dataset(tmp_path, f"name: {name}\nquery_file: x.sql\n").name == name


@pytest.mark.parametrize(
    ("text", "must"),
    [
        ("{name: p}", True),
        ("{name: p, required: true}", True),
        ("{name: p, required: false}", False),
        ("{name: p, default: x}", False),
        ("{name: p, default: null}", False),
        ("{name: p, default: x, required: true}", False),
        ("{name: p, default: null, required: true}", True),
    ],
)
def test_a_parameter_must_be_given_unless_it_has_a_default_or_is_optional(tmp_path: Path, text: str, must: bool):
    assert dataset(tmp_path, f"{HEAD}parameters: [{text}]").parameters[0].must_be_given is must


@pytest.mark.parametrize("size", ["500", "500B", "10KB", "10GB", "1.5 TB", "2GiB", "3g"])
def test_a_budget_is_a_size(tmp_path: Path, size: str):
    assert dataset(tmp_path, f'{HEAD}execution: {{budget: "{size}"}}').execution.budget == size


@pytest.mark.parametrize(
    "kind",
    [
        "integer",
        "BIGINT",
        "float",
        "Double",
        "string",
        "boolean",
        "date",
        "timestamp",
        "decimal(38,38)",
        "decimal(1,0)",
    ],
)
def test_types_of_columns_are_written_in_any_case(tmp_path: Path, kind: str):
    assert dataset(tmp_path, f'{HEAD}schema: [{{name: a, type: "{kind}"}}]').schema_[0].type == kind.lower()
