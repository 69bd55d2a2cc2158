"""Findings on a whole project: what specs name, circles, targets, schedules, parameters, templates. All with places."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from dli import DatasetAPI, MetricAPI
from dli_core.config import resolve
from dli_core.errors import DLIError
from dli_core.models.result import Finding
from dli_core.render.checker import Checker
from dli_core.specs.graph import Graph
from dli_core.specs.load import load_project
from dli_core.specs.schedule import schedule_findings
from dli_core.specs.slips import KnownNames
from tests.support.specs import HEAD, dataset, write


def line(finding: Finding) -> str:
    return f"{finding.path}:{finding.line}:{finding.column} {finding.severity} {finding.code} {finding.message}"


def findings(root: Path, files: dict[str, str | bytes], kind: str | None = None) -> list[str]:
    project = load_project(write(root, {"dli.yaml": "", **files}))
    return [line(finding) for finding in Checker(project, resolve(project=root), "duckdb").check_all(kind)]


def spec(name: str, more: str = "", sql: str = "SELECT 1") -> str:
    return f"name: {name}\nquery_statement: {sql}\n{more}"


def test_a_project_without_a_fault_has_no_findings(tmp_path: Path):
    files: dict[str, str | bytes] = {
        "dataset.a.yaml": spec("a.b.a"),
        "dataset.b.yaml": spec("a.b.b", "depends_on: [a.b.a, a, raw.x.events]\n", "SELECT * FROM {{ ref('a') }}"),
        "metric.m.yaml": spec("a.b.m", "depends_on: [a.b.b]\n", "SELECT * FROM {{ ref('a.b.b') }}, {{ this() }}"),
        "quality.q.yaml": "name: a.b.q\ntarget: {name: a.b.a}\ntests: [{type: row_count, params: {min: 1}}]\n"
        "schedule: {cron: '0 9 * * 1-5', timezone: Asia/Seoul}\n",
    }
    assert findings(tmp_path, files) == []


def test_a_name_in_depends_on_that_is_nearly_a_spec_s_is_a_warning(tmp_path: Path):
    files: dict[str, str | bytes] = {
        "dataset.a.yaml": spec("shop.core.orders"),
        "metric.m.yaml": spec("shop.core.revenue"),
        "dataset.b.yaml": spec(
            "shop.core.daily",
            "depends_on:\n- shop.core.ordres\n- shop.core.orders_raw\n- shop.cor.orders\n- ordrs\n- revenu\n- x.y.z\n",
        ),
    }
    assert findings(tmp_path, files) == [
        "dataset.b.yaml:4:3 warning DLI-101 depends_on names 'shop.core.ordres', did you mean 'shop.core.orders'?",
        "dataset.b.yaml:6:3 warning DLI-101 depends_on names 'shop.cor.orders', did you mean 'shop.core.orders'?",
        "dataset.b.yaml:7:3 warning DLI-101 depends_on names 'ordrs', did you mean 'orders'?",
        "dataset.b.yaml:8:3 warning DLI-101 depends_on names 'revenu', did you mean 'revenue'?",
    ]


def test_a_spec_that_cannot_be_read_is_no_misspelt_name(tmp_path: Path):
    files: dict[str, str | bytes] = {
        "dataset.a.yaml": "name: a.b.order\nquery_file: [",
        "dataset.b.yaml": spec("a.b.orders"),
        "dataset.c.yaml": spec("a.b.c", "depends_on: [a.b.order]\n"),
        "quality.q.yaml": "name: a.b.q\ntarget: {name: a.b.order}\ntests: [{type: row_count, params: {min: 1}}]\n",
    }
    assert findings(tmp_path, files) == ["dataset.a.yaml:2:13 error DLI-202 this '[' is never closed"]


def test_a_ref_to_no_dataset_is_told_where_it_stands(tmp_path: Path):
    sql = (
        "|\n  SELECT *\n  FROM {{ ref('shop.core.ordres') }}\n"
        "  {% if false %}, {{ ref('ordr') }}, {{ ref('day') }}{% endif %}\n"
    )
    files: dict[str, str | bytes] = {
        "dataset.a.yaml": spec("shop.core.orders"),
        "dataset.d1.yaml": spec("shop.eu.day"),
        "dataset.d2.yaml": spec("shop.us.day"),
        "dataset.b.yaml": spec("shop.core.b", "", sql),
        "dataset.c.yaml": "name: shop.core.c\nquery_file: c.sql\n",
        "c.sql": "SELECT *\nFROM {{ ref('raw.web.events') }}, {{ helper.from('x') }}",
        "macros/helper.sql": "{% macro from(x) %}\n{{ ref('nowhere') }}\n{% endmacro %}",
    }
    assert findings(tmp_path, files) == [
        (
            "c.sql:2:9 warning DLI-101 ref() names 'raw.web.events', which is no dataset of this project: "
            "it is taken for a table"
        ),
        (
            "dataset.b.yaml:4:11 warning DLI-101 ref() names 'shop.core.ordres', which is no dataset of this project: "
            "did you mean 'shop.core.orders'?"
        ),
        (
            "dataset.b.yaml:5:22 error DLI-101 Dataset not found: ordr, which ref() names, "
            "did you mean 'shop.core.orders'?"
        ),
        (
            "dataset.b.yaml:5:41 error DLI-101 More than one dataset is called day, "
            "did you mean 'shop.eu.day' or 'shop.us.day'?"
        ),
        "macros/helper.sql:2:4 error DLI-101 Dataset not found: nowhere, which ref() names",
    ]


def test_a_circle_is_told_at_every_spec_in_it(tmp_path: Path):
    files: dict[str, str | bytes] = {
        "dataset.a.yaml": spec("a.b.a", "depends_on: [x, a.b.b]\n"),
        "dataset.b.yaml": spec("a.b.b", "", "SELECT * FROM {{ ref('c') }}"),
        "dataset.c.yaml": spec("a.b.c", "depends_on: [a.b.a]\n"),
        "dataset.d.yaml": spec("a.b.d", "depends_on: [a.b.a]\n"),
        "dataset.e.yaml": spec("a.b.e", "depends_on: [a.b.e]\n"),
        "dataset.f.yaml": spec("a.b.f", "", "INSERT INTO {{ this() }} SELECT 1"),
    }
    assert findings(tmp_path, files) == [
        "dataset.a.yaml:3:17 error DLI-901 The lineage runs in a circle: a.b.a → a.b.b → a.b.c → a.b.a",
        "dataset.b.yaml:2:35 error DLI-901 The lineage runs in a circle: a.b.b → a.b.c → a.b.a → a.b.b",
        "dataset.c.yaml:3:14 error DLI-901 The lineage runs in a circle: a.b.c → a.b.a → a.b.b → a.b.c",
        "dataset.e.yaml:3:14 error DLI-901 The lineage runs in a circle: a.b.e → a.b.e",
    ]


@pytest.mark.parametrize(
    ("edges", "name", "circle"),
    [
        ({}, "a", None),
        ({"a": "a"}, "a", "aa"),
        ({"a": "b", "b": "a"}, "a", "aba"),
        ({"a": "b", "b": "cd", "c": "d", "d": "a"}, "a", "abda"),
        ({"a": "b", "b": "c", "c": "b"}, "a", None),
        ({"a": "b", "b": "c", "c": "b"}, "c", "cbc"),
        ({"a": "bc", "b": "d", "c": "d", "d": ""}, "a", None),
        ({"a": "bb", "b": "bc", "c": "a"}, "a", "abca"),
    ],
)
def test_a_circle_is_the_shortest_way_back(edges: dict[str, str], name: str, circle: str | None):
    found = Graph(lambda name: edges.get(name, "")).circle(name)
    assert found == (None if circle is None else list(circle))


def test_a_long_chain_is_walked_once_and_without_recursion():
    asked: list[int] = []

    def uses(name: str) -> list[str]:
        asked.append(int(name))
        return [str(int(name) + 1)] if int(name) < 20_000 else []

    graph = Graph(uses)
    assert [graph.circle(str(n)) for n in range(0, 20_000, 7)] == [None] * 2858
    assert len(asked) == len(set(asked)) == 20_001


def test_the_target_of_a_quality_spec_exists(tmp_path: Path):
    tests = "tests: [{type: row_count, params: {min: 1}}]\n"
    files: dict[str, str | bytes] = {
        "dataset.a.yaml": spec("a.b.orders"),
        "metric.m.yaml": spec("a.b.revenue"),
        "quality.1.yaml": f"name: a.b.q1\ntarget:\n  name: a.b.ordres\n{tests}",
        "quality.2.yaml": f"name: a.b.q2\ntarget: {{type: metric, name: a.b.orders}}\n{tests}",
        "quality.3.yaml": f"name: a.b.q3\ntarget: {{type: metric, name: a.b.revenue}}\n{tests}",
    }
    assert findings(tmp_path, files) == [
        "quality.1.yaml:3:9 error DLI-603 Quality target not found: a.b.ordres, did you mean 'a.b.orders'?",
        "quality.2.yaml:2:30 error DLI-603 Quality target not found: a.b.orders",
    ]


@pytest.mark.parametrize(
    ("schedule", "said"),
    [
        (
            "cron: 0 9 * *",
            (
                "4:16 error DLI-805 Invalid schedule 0 9 * *: "
                "an expression has five fields (minute, hour, day, month, weekday), this one 4"
            ),
        ),
        ("cron: '0 99 * * *'", "4:12 error DLI-805 Invalid schedule 0 99 * * *: hour: 99 is not between 0 and 23"),
        (
            "cron: 0 0 31 2 *",
            "4:13 error DLI-805 Invalid schedule 0 0 31 2 *: no date fits: this day does not exist in these months",
        ),
        (
            "cron: 'H * * * *'",
            "4:10 error DLI-805 Invalid schedule H * * * *: `H` is a hashed or random time; write the number",
        ),
        (
            "cron: '@daily'\n  timezone: Asia/Seol",
            "5:13 error DLI-805 unknown time zone 'Asia/Seol', did you mean 'Asia/Seoul'?",
        ),
        ("cron: '@daily'\n  timezone: ../etc/passwd", "5:13 error DLI-805 unknown time zone '../etc/passwd'"),
        ("cron: '@daily'\n  timezone: Mars/Olympus", "5:13 error DLI-805 unknown time zone 'Mars/Olympus'"),
    ],
)
def test_a_schedule_that_cannot_be_is_told_at_its_place(tmp_path: Path, schedule: str, said: str):
    found = findings(tmp_path, {"dataset.a.yaml": f"{HEAD}schedule:\n  {schedule}\n"})
    assert found == [f"dataset.a.yaml:{said}"]


@pytest.mark.parametrize("zone", ["Europe", "", "/", "..", "a\\0b", "x" * 5_000, "posixrules/", "tzdata.zi", "UTC "])
def test_a_time_zone_of_any_text_is_known_or_not(tmp_path: Path, zone: str):
    found = findings(tmp_path, {"dataset.a.yaml": f'{HEAD}schedule: {{cron: "@daily", timezone: "{zone}"}}\n'})
    assert len(found) == 1


def test_what_the_clock_changes_do_to_a_schedule_is_a_warning(tmp_path: Path):
    spec = dataset(tmp_path, f"{HEAD}schedule: {{cron: 30 2 * * *, timezone: Europe/Berlin}}\n")
    assert spec.schedule is not None
    assert spec.source is not None
    assert [line(finding) for finding in schedule_findings(spec.schedule, spec.source, 2025)] == [
        (
            "dataset.x.yaml:3:18 warning DLI-805 2025-03-30 02:30 in Europe/Berlin: "
            "the clock skips this time, and it fires when the clock goes on"
        ),
        (
            "dataset.x.yaml:3:18 warning DLI-805 2025-10-26 02:30 in Europe/Berlin: "
            "the clock shows this time twice, and it fires both times"
        ),
    ]


def test_every_wrong_default_and_allowed_value_is_told(tmp_path: Path):
    text = """\
name: a.b.c
query_statement: SELECT {{ a }}, {{ b }}, {{ c }}, {{ d }}, {{ e }}
parameters:
  - {name: a, type: integer, default: soon}
  - {name: b, type: date, allowed: [2025-01-01, later]}
  - {name: c, type: integer, default: 3, allowed: [1, 2]}
  - {name: d, type: "list[integer]", default: [1, x]}
  - name: e
    secret: true
    default: canary
"""
    found = findings(tmp_path, {"dataset.a.yaml": text})
    assert [item.partition(" ")[0] for item in found] == [
        "dataset.a.yaml:4:30",
        "dataset.a.yaml:5:49",
        "dataset.a.yaml:6:30",
        "dataset.a.yaml:7:38",
        "dataset.a.yaml:10:5",
    ]
    assert [item.split(" ")[1:3] for item in found] == [["error", "DLI-203"]] * 4 + [["warning", "DLI-203"]]
    assert "canary" not in "".join(found)


def test_a_file_under_nearly_the_name_of_a_spec_is_a_warning(tmp_path: Path):
    files: dict[str, str | bytes] = {"a/dataset-orders.yaml": HEAD, "metrics.yaml": HEAD}
    assert findings(tmp_path, files, "dataset") == [
        (
            "a/dataset-orders.yaml:1:1 warning DLI-202 "
            "this file is not read: the name of a dataset file is dataset.NAME.yaml"
        )
    ]
    assert len(findings(tmp_path, files)) == 2


def test_specs_of_one_kind_are_checked_by_themselves(tmp_path: Path):
    files: dict[str, str | bytes] = {"dataset.a.yaml": "name: 1", "metric.a.yaml": "name: 2", "quality.a.yaml": ""}
    assert {item.partition(".")[0] for item in findings(tmp_path, files, "metric")} == {"metric"}
    assert {item.partition(".")[0] for item in findings(tmp_path, files)} == {"dataset", "metric", "quality"}


def test_the_api_validates_one_or_all(tmp_path: Path):
    write(
        tmp_path,
        {
            "dli.yaml": "",
            "dataset.a.yaml": spec("a.b.a", "depends_on: [a.b.a]\n"),
            "dataset.b.yaml": spec("a.b.b"),
            "dataset.c.yaml": "name: a.b.c\nquery_file: nowhere.sql\n",
            "dataset.d.yaml": "name: a.b.d\nquery_file: 5\nowner: 6\n",
            "metric.m.yaml": spec("a.b.m"),
        },
    )
    api = DatasetAPI.of(resolve(project=tmp_path))
    assert [finding.code for finding in api.validate("a").findings] == ["DLI-901"]
    assert api.validate("b").findings == ()
    assert [(finding.line, finding.column) for finding in api.validate("d").findings] == [(2, 13), (3, 8)]
    results = api.validate_all()
    assert [(result.name, result.valid) for result in results] == [
        ("a.b.a", False),
        ("a.b.b", True),
        ("a.b.c", False),
        ("dataset.d.yaml", False),
    ]
    assert {result.name: result for result in results}["a.b.a"] == api.validate("a.b.a")
    assert [result.name for result in api.validate_all(["b", "d"])] == ["a.b.b", "a.b.d"]
    assert [result.name for result in MetricAPI.of(resolve(project=tmp_path)).validate_all()] == ["a.b.m"]
    with pytest.raises(DLIError):
        api.validate_all(["b", "nowhere"])


@pytest.mark.parametrize(
    ("name", "whole"),
    [
        ("a.b.c", "a.b.c"),
        ("b.c", "a.b.c"),
        ("c", None),
        ("d", "a.b.d"),
        ("x", None),
        ("a.b.x", None),
        ("q.a.b.c", None),
    ],
)
def test_a_short_name_stands_for_a_whole_one_where_it_is_the_only_one(name: str, whole: str | None):
    assert KnownNames(["a.b.c", "a.b.d", "x.y.c"]).resolve(name) == whole


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("shop.core.order", "shop.core.orders"),
        ("shop.core.orderss", "shop.core.orders"),
        ("shop.core.ordars", "shop.core.orders"),
        ("shop.core.odrers", "shop.core.orders"),
        ("shop.cores.orders", "shop.core.orders"),
        ("shpo.core.orders", "shop.core.orders"),
        ("shpo.cores.orders", None),
        ("shop.core.orders", None),
        ("shop.core.orders_raw", None),
        ("shop.core.events_2024", None),
        ("shop.core.evnets_2023", "shop.core.events_2023"),
        ("shop.core.ab", None),
        ("ordres", "orders"),
        ("core.ordres", None),
        ("", None),
        ("a.b.c.d", None),
    ],
)
def test_a_slip_is_one_letter_of_one_part(name: str, meant: str | None):
    assert KnownNames(["shop.core.orders", "shop.core.events_2023", "shop.core.abc"]).misspelt(name) == meant


def test_thousands_of_unknown_names_are_looked_up_at_once():
    names = KnownNames(f"lake.core.dataset_{n}_daily" for n in range(1_000))
    before = time.process_time()
    assert [names.misspelt(f"lake.core.table_{n}_daily") for n in range(3_000)] == [None] * 3_000
    assert time.process_time() - before < 2
