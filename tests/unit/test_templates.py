"""The templates of a spec: files, macros, includes, functions, and the way back to the user's line."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest

from dli_core.config import Settings, resolve
from dli_core.errors import DLIError, ErrorCode
from dli_core.models.spec import SqlSpec
from dli_core.render.check import check_spec
from dli_core.run.local import LocalRunner
from dli_core.run.plan import Plan, plan_spec
from dli_core.run.request import RunRequest
from dli_core.specs.find import SpecFile
from dli_core.specs.load import load_spec


class Project:
    """A folder with specs, made line by line."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.write("dli.yaml", "")

    def write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def settings(self, **environ: str) -> Settings:
        return resolve(project=self.root, environ={"DLI_USER_CONFIG": "off", **environ})

    def spec(self, text: str) -> SqlSpec:
        path = self.write("d/dataset.x.yaml", text)
        spec = load_spec(SpecFile("dataset", path), self.root)
        assert isinstance(spec, SqlSpec)
        return spec

    def plan(self, text: str, *, ds: date | None = None, **parameters: object) -> Plan:
        request = RunRequest("dataset", "c.s.x", parameters=parameters, ds=ds)
        names = frozenset({"c.s.x", "c.s.orders", "c.t.orders", "c.s.users"})
        return plan_spec(self.spec(text), request, self.settings(), "duckdb", names)

    def refused(self, text: str, **parameters: object) -> DLIError:
        with pytest.raises(DLIError) as caught:
            self.plan(text, **parameters)
        return caught.value


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_a_query_file_is_found_beside_the_spec_then_below_the_root(project: Project):
    project.write("q.sql", "SELECT 'root'")
    text = "name: c.s.x\nquery_file: q.sql\n"
    assert project.plan(text).main.sql == "SELECT 'root'"
    project.write("d/q.sql", "SELECT 'beside'")
    assert project.plan(text).main.sql == "SELECT 'beside'"


@pytest.mark.parametrize("path", ["/etc/passwd", "../secret.sql", "a/../../secret.sql"])
def test_a_query_file_outside_of_the_project_is_refused(project: Project, path: str):
    problem = project.refused(f"name: c.s.x\nquery_file: {path}\n")
    assert (problem.code, problem.details["reason"]) == (ErrorCode.VALIDATION_FAILED, "outside_project")
    assert problem.details["line"] == 2


def test_a_link_out_of_the_project_is_refused(project: Project, tmp_path_factory: pytest.TempPathFactory):
    outside = tmp_path_factory.mktemp("outside") / "secret.sql"
    outside.write_text("SELECT 'secret'")
    (project.root / "d").mkdir()
    (project.root / "d" / "q.sql").symlink_to(outside)
    assert project.refused("name: c.s.x\nquery_file: q.sql\n").details["reason"] == "outside_project"


def test_a_missing_query_file_names_the_line_of_the_spec(project: Project):
    problem = project.refused("name: c.s.x\nquery_file: nope.sql\n")
    assert (problem.code, problem.details["line"]) == (ErrorCode.FILE_NOT_FOUND, 2)


def test_macros_are_in_scope_under_the_name_of_their_file(project: Project):
    project.write("macros/dates.sql", "{% macro first(d) %}date_trunc('month', {{ d }}){% endmacro %}")
    plan = project.plan(
        "name: c.s.x\nquery_statement: SELECT {{ dates.first(day) }}\nparameters: [{name: day, type: date}]\n",
        day="2025-01-31",
    )
    assert plan.main.sql == "SELECT date_trunc('month', DATE '2025-01-31')"


def test_includes_are_found_inside_the_project_only(project: Project):
    project.write("parts/where.sql", "WHERE {% include 'parts/deep.sql' %}")
    project.write("parts/deep.sql", "TRUE")
    assert project.plan("name: c.s.x\nquery_statement: SELECT 1 {% include 'parts/where.sql' %}\n").main.sql == (
        "SELECT 1 WHERE TRUE"
    )
    problem = project.refused("name: c.s.x\nquery_statement: SELECT 1 {% include '../x.sql' %}\n")
    assert problem.code is ErrorCode.TEMPLATE


def test_values_cannot_leave_their_place(project: Project):
    text = "name: c.s.x\nquery_statement: SELECT {{ s }} AS a, '{{ s }}' AS b\nparameters: [{name: s}]\n"
    assert project.plan(text, s="x' OR '1'='1").main.sql == "SELECT 'x'' OR ''1''=''1' AS a, 'x'' OR ''1''=''1' AS b"


def test_a_string_where_a_name_is_meant_is_refused_with_its_place(project: Project):
    problem = project.refused(
        "name: c.s.x\nquery_statement: |\n  SELECT 1\n  FROM {{ t }}\nparameters: [{name: t}]\n", t="orders"
    )
    assert problem.code is ErrorCode.UNSAFE_INPUT
    assert [problem.details[key] for key in ("path", "line", "column")] == ["d/dataset.x.yaml", 4, 8]


def test_ref_is_the_table_in_the_chosen_environment(project: Project):
    project.write("dli.yaml", 'environments:\n  dev: {rename: {"c.s": "dev.s_kim"}}\n')
    text = "name: c.s.x\nquery_statement: SELECT * FROM {{ ref('c.s.orders') }}, {{ this() }}\n"
    assert project.plan(text).main.sql == 'SELECT * FROM "c"."s"."orders", "c"."s"."x"'
    settings = project.settings(DLI_ENV="dev")
    plan = plan_spec(project.spec(text), RunRequest("dataset", "x"), settings, "duckdb")
    assert plan.main.sql == 'SELECT * FROM "dev"."s_kim"."orders", "dev"."s_kim"."x"'


def test_ref_takes_a_short_name_that_is_unique(project: Project):
    text = "name: c.s.x\nquery_statement: SELECT * FROM {{ ref('NAME') }}\n"
    assert project.plan(text.replace("NAME", "users")).main.sql == 'SELECT * FROM "c"."s"."users"'
    assert project.refused(text.replace("NAME", "orders")).details["reason"] == "ambiguous"
    assert project.refused(text.replace("NAME", "user")).details["candidates"] == ["c.s.users"]


def test_var_reads_the_configuration(project: Project):
    project.write("dli.yaml", "vars: {lookback: 7}\n")
    assert project.plan("name: c.s.x\nquery_statement: SELECT {{ var('lookback') }}\n").main.sql == "SELECT 7"
    assert project.plan("name: c.s.x\nquery_statement: SELECT {{ var('z', 1) }}\n").main.sql == "SELECT 1"
    assert project.refused("name: c.s.x\nquery_statement: SELECT {{ var('lookbak') }}\n").details["candidate"] == (
        "lookback"
    )


def test_env_var_reads_only_what_the_project_allows(project: Project, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("REGION", "eu")
    text = "name: c.s.x\nquery_statement: SELECT {{ env_var('REGION') }}\n"
    assert project.refused(text).code is ErrorCode.UNSAFE_INPUT
    project.write("dli.yaml", "env_vars: [REGION]\n")
    assert project.plan(text).main.sql == "SELECT 'eu'"
    monkeypatch.delenv("REGION")
    assert project.refused(text).details["reason"] == "env_var_unset"


def test_ds_is_given_or_an_error_never_today(project: Project):
    text = "name: c.s.x\nquery_statement: SELECT {{ ds }}, 't_{{ ds_nodash }}'\n"
    assert project.plan(text, ds=date(2025, 1, 31)).main.sql == "SELECT DATE '2025-01-31', 't_20250131'"
    assert project.refused(text).details["reason"] == "ds_missing"


def test_an_undefined_name_is_refused_with_place_and_nearest(project: Project):
    problem = project.refused("name: c.s.x\nquery_statement: SELECT {{ dy }}\nparameters: [{name: day}]\n", day="1")
    assert (problem.code, problem.details["candidate"]) == (ErrorCode.TEMPLATE, "day")
    assert (problem.details["line"], problem.details["column"]) == (2, 28)


def test_an_endless_template_is_stopped(project: Project):
    text = "name: c.s.x\nquery_statement: >-\n  {% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}\n"
    assert project.refused(text).code is ErrorCode.TEMPLATE


def test_side_statements_are_rendered_in_order(project: Project):
    plan = project.plan(
        "name: c.s.x\nquery_type: DML\nquery_statement: INSERT INTO t SELECT {{ n }}\n"
        "pre_statements: [{name: one, sql: 'SELECT {{ n }}'}, {sql: SELECT 2, continue_on_error: true}]\n"
        "post_statements: [{sql: SELECT 3}]\nparameters: [{name: n, type: integer}]\n",
        n=1,
    )
    assert [(s.role, s.sql, s.continue_on_error) for s in plan.statements] == [
        ("pre", "SELECT 1", False),
        ("pre", "SELECT 2", True),
        ("main", "INSERT INTO t SELECT 1", False),
        ("post", "SELECT 3", False),
    ]


def test_the_engine_error_is_placed_in_the_file_it_came_from(project: Project):
    project.write("macros/m.sql", "{% macro bad() %}\n  no_such_column\n{% endmacro %}")
    project.write("d/q.sql", "SELECT\n  1 AS a,\n  {{ m.bad() }}\nFROM range(3)\n")
    project.spec("name: c.s.x\nquery_file: q.sql\n")
    with pytest.raises(DLIError) as caught:
        LocalRunner(project.settings()).stream(RunRequest("dataset", "x"))
    assert caught.value.code is ErrorCode.EXECUTION_QUERY
    assert [caught.value.details[key] for key in ("path", "line", "column")] == ["macros/m.sql", 2, 3]
    assert caught.value.details["excerpt"] == "  no_such_column"


def test_what_may_mean_something_else_in_the_engine_s_dialect_is_refused(project: Project):
    problem = project.refused("name: c.s.x\nquery_statement: SELECT 1 / 2 AS h\nexecution: {dialect: trino}\n")
    assert (problem.code, problem.details["line"], problem.details["column"]) == (
        ErrorCode.UNSUPPORTED_CONSTRUCT,
        2,
        25,
    )


def test_the_configuration_may_allow_what_is_inexact(project: Project):
    project.spec("name: c.s.x\nquery_statement: SELECT 1 / 2 AS h\nexecution: {dialect: trino}\n")
    (project.root / "dli.yaml").write_text("execution: {allow_inexact: true}\n")
    plan = LocalRunner(project.settings()).plan(RunRequest("dataset", "x"))
    assert "1 / 2" in plan.main.sql
    assert len(plan.warnings) == 2


@pytest.mark.parametrize(
    ("option", "environ", "spec", "config", "expected"),
    [
        (5, "6", 7, 8, 5),
        (None, "6", 7, 8, 6),
        (None, None, 7, 8, 7),
        (None, None, None, 8, 8),
        (None, None, None, None, 300),
    ],
)
def test_the_timeout_is_the_first_that_is_set(project: Project, option, environ, spec, config, expected):
    project.write("dli.yaml", f"execution: {{timeout: {config}}}\n" if config else "")
    execution = f"execution: {{timeout_seconds: {spec}}}\n" if spec else ""
    settings = project.settings(**({"DLI_TIMEOUT": environ} if environ else {}))
    request = RunRequest("dataset", "x", timeout=option)
    plan = plan_spec(project.spec(f"name: c.s.x\nquery_statement: SELECT 1\n{execution}"), request, settings, "duckdb")
    assert plan.timeout == expected


def findings(project: Project, text: str) -> list[tuple[str, str, int | None]]:
    found = check_spec(project.spec(text), project.settings(), "duckdb", frozenset())
    return [(finding.severity, finding.code, finding.line) for finding in found]


def test_validation_finds_nothing_in_a_sound_spec(project: Project):
    text = "name: c.s.x\nquery_statement: SELECT {{ ds }}, {{ n }}\nparameters: [{name: n, type: integer}]\n"
    assert findings(project, text) == []


def test_validation_looks_into_branches_that_defaults_skip(project: Project):
    text = (
        "name: c.s.x\nquery_statement: |\n  SELECT 1\n  {% if t is not none %}\n  FROM {{ t }}\n  {% endif %}\n"
        "parameters: [{name: t, required: false}]\n"
    )
    assert findings(project, text) == [("error", "DLI-205", 5)]


def test_validation_warns_of_raw_and_of_unused_parameters(project: Project):
    text = "name: c.s.x\nquery_statement: SELECT {{ a | raw }}\nparameters:\n  - name: a\n  - name: b\n"
    assert findings(project, text) == [("warning", "DLI-205", 2), ("warning", "DLI-203", 5)]


def test_validation_reports_a_missing_file_and_a_bad_default(project: Project):
    assert findings(project, "name: c.s.x\nquery_file: no.sql\n") == [("error", "DLI-105", 2)]
    text = "name: c.s.x\nquery_statement: SELECT {{ n }}\nparameters:\n  - {name: n, type: integer, default: x}\n"
    assert findings(project, text) == [("error", "DLI-203", 4)]


def test_rendering_needs_no_driver(project: Project):
    project.spec("name: c.s.x\nquery_statement: SELECT {{ n }}\nparameters: [{name: n, default: it's}]\n")
    settings = resolve(project=project.root, environ={"DLI_LOCAL__ENGINE": "bigquery", "DLI_USER_CONFIG": "off"})
    assert LocalRunner(settings).plan(RunRequest("dataset", "x")).main.sql == "SELECT 'it\\'s'"
    assert os.environ.get("DLI_LOCAL__ENGINE") is None
