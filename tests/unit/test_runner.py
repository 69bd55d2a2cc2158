"""LocalRunner: what runs, in which order, and what must not run."""

from __future__ import annotations

from pathlib import Path

import pytest

from dli import DatasetAPI, ExecutionContext, MetricAPI, MockExecutor, SqlAPI
from dli_core.config import resolve
from dli_core.errors import DLIError, ErrorCode
from dli_core.models.common import ResultStatus
from dli_core.models.result import ExecutionResult, QueryResult
from dli_core.run.local import LocalRunner, collect
from dli_core.run.request import RunRequest


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "dli.yaml").write_text("local: {duckdb: {database: data.duckdb}}\n")
    return tmp_path


def write(root: Path, text: str, name: str = "dataset.x.yaml") -> None:
    (root / name).write_text(text)


def sql(root: Path, text: str) -> ExecutionResult:
    return SqlAPI(ExecutionContext(project_path=root)).run(text)


def api(root: Path) -> DatasetAPI:
    return DatasetAPI(ExecutionContext(project_path=root))


DML = """\
name: data.main.x
query_type: DML
pre_statements:
  - {name: make, sql: CREATE TABLE IF NOT EXISTS log (step VARCHAR)}
  - {name: first, sql: INSERT INTO log VALUES ('pre')}
query_statement: INSERT INTO log SELECT 'main' FROM range(3)
post_statements:
  - {name: last, sql: INSERT INTO log VALUES ('post')}
"""


def test_pre_main_and_post_run_in_order_on_one_session(root: Path):
    write(root, DML)
    result = api(root).run("x")
    assert (result.status, result.row_count, result.data) == (ResultStatus.SUCCESS, 3, [])
    assert [row["step"] for row in sql(root, "FROM log").data] == ["pre", "main", "main", "main", "post"]


def test_temporary_tables_of_pre_statements_are_seen_by_the_main_one(root: Path):
    write(
        root,
        "name: data.main.x\nquery_statement: FROM t\npre_statements: [{sql: CREATE TEMP TABLE t AS SELECT 7 AS n}]\n",
    )
    assert api(root).run("x").data == [{"n": 7}]


def test_post_statements_wait_for_the_last_row(root: Path):
    write(
        root,
        "name: data.main.x\nquery_statement: FROM range(500000)\npre_statements: [{sql: CREATE TABLE t (n INT)}]\n"
        "post_statements: [{sql: INSERT INTO t VALUES (1)}]\n",
    )
    with api(root).stream("x") as stream:
        assert len(stream.collect(limit=10)) == 10
    assert sql(root, "FROM t").data == []


def test_a_failed_pre_statement_ends_the_run_and_is_named(root: Path):
    write(root, DML.replace("INSERT INTO log VALUES ('pre')", "INSERT INTO nowhere VALUES (1)"))
    with pytest.raises(DLIError) as caught:
        api(root).run("x")
    assert caught.value.details["statement"] == "first"
    assert sql(root, "FROM log").data == []


def test_continue_on_error_turns_a_failure_into_a_warning(root: Path):
    write(root, DML.replace("INSERT INTO log VALUES ('pre')", "INSERT INTO nowhere SELECT 1, continue_on_error: true"))
    result = api(root).run("x")
    assert result.row_count == 3
    assert len(result.warnings) == 1
    assert "first" in result.warnings[0]


def test_a_select_spec_that_changes_data_is_refused_before_it_runs(root: Path):
    sql(root, "CREATE TABLE t AS SELECT 1 AS n")
    write(root, "name: data.main.x\nquery_statement: DELETE FROM t\n")
    with pytest.raises(DLIError) as caught:
        api(root).run("x")
    assert caught.value.details["reason"] == "query_type"
    assert sql(root, "FROM t").row_count == 1


def test_an_export_never_runs_what_returns_no_rows(root: Path, tmp_path: Path):
    write(root, DML)
    for export in (
        lambda: api(root).export("x", tmp_path / "o.csv"),
        lambda: SqlAPI(ExecutionContext(project_path=root)).export("CREATE TABLE log AS SELECT 1", tmp_path / "o.csv"),
    ):
        with pytest.raises(DLIError) as caught:
            export()
        assert caught.value.details["reason"] == "no_rows"
    assert not (tmp_path / "o.csv").exists()
    with pytest.raises(DLIError):
        sql(root, "FROM log")


def test_a_protected_environment_wants_to_be_confirmed(root: Path):
    (root / "dli.yaml").write_text("local: {duckdb: {database: d.duckdb}}\nenvironments: {prod: {protected: true}}\n")
    write(root, DML)
    runner = LocalRunner(resolve(project=root, environment="prod"))
    requests = [
        RunRequest("dataset", "x"),
        RunRequest("sql", sql="CREATE TABLE log (step VARCHAR)"),
    ]
    for request in requests:
        with pytest.raises(DLIError) as caught:
            runner.stream(request)
        assert (caught.value.code, caught.value.details["reason"]) == (ErrorCode.EXECUTION_PERMISSION, "protected")
    assert collect(runner.stream(RunRequest("sql", sql="SELECT 1 AS n"))).row_count == 1
    assert collect(runner.stream(RunRequest("dataset", "x", confirmed=True))).row_count == 3


def test_declared_columns_are_cast_and_the_others_pass(root: Path):
    write(
        root,
        'name: data.main.x\nquery_statement: SELECT 1::TINYINT AS a, 2.5::DOUBLE AS "b""c", \'x\' AS other\n'
        'schema: [{name: a, type: integer}, {name: \'b"c\', type: "decimal(10,2)"}, {name: gone, type: string}]\n',
    )
    with api(root).stream("x") as stream:
        assert stream.columns == (("a", "BIGINT"), ('b"c', "DECIMAL(10,2)"), ("other", "VARCHAR"))
        stream.collect()
        assert stream.warnings == ["the declared column gone is not in the result"]


def test_the_order_of_rows_survives_the_casts(root: Path):
    write(
        root,
        "name: data.main.x\nquery_statement: SELECT n AS n FROM range(100000) t(n) ORDER BY n DESC\n"
        "schema: [{name: n, type: string}]\n",
    )
    data = api(root).run("x").data
    assert [row["n"] for row in data] == [str(n) for n in reversed(range(100000))]


def test_a_dry_run_executes_nothing(root: Path):
    write(root, DML)
    found = api(root).dry_run("x")
    assert (found.checked, found.valid, len(found.statements)) == (False, True, 4)
    with pytest.raises(DLIError):
        sql(root, "FROM log")


def test_a_dry_run_reports_what_the_engine_finds(root: Path):
    write(root, "name: data.main.x\nquery_statement: |\n  SELECT 1,\n    nope\n")
    found = api(root).dry_run("x")
    assert (found.checked, found.valid) == (True, False)
    assert found.error is not None
    assert found.error["details"]["line"] == 4


def test_specs_are_read_again_for_every_run(root: Path):
    write(root, "name: data.main.x\nquery_statement: SELECT 1 AS n\n")
    facade = api(root)
    assert facade.run("x").data == [{"n": 1}]
    write(root, "name: data.main.x\nquery_statement: SELECT 2 AS n\n")
    assert facade.run("x").data == [{"n": 2}]


def test_get_is_none_for_an_unknown_name_and_raises_for_a_broken_file(root: Path):
    write(root, "name: data.main.x\nquery_statement: SELECT 1\n")
    write(root, "name: data.main.y\nquery: SELECT 1\n", "dataset.y.yaml")
    write(root, "name: data.other.x\nquery_statement: SELECT 1\n", "dataset.z.yaml")
    facade = api(root)
    assert facade.get("nope") is None
    found = facade.get("data.main.x")
    assert found is not None
    assert found.query_statement == "SELECT 1"
    with pytest.raises(DLIError, match="DLI-202"):
        facade.get("y")
    with pytest.raises(DLIError, match="DLI-101"):
        facade.get("x")
    assert [spec.name for spec in facade.list_datasets()] == ["data.main.x", "data.other.x"]
    assert [(finding.path, finding.line) for finding in facade.problems()] == [("dataset.y.yaml", 2)]


def test_metrics_run_as_datasets_do(root: Path):
    write(root, "name: data.main.m\nquery_statement: SELECT 4 AS total\n", "metric.m.yaml")
    metrics = MetricAPI(ExecutionContext(project_path=root))
    assert [spec.name for spec in metrics.list_metrics()] == ["data.main.m"]
    assert metrics.run("m").data == [{"total": 4}]
    assert metrics.render_sql("m") == "SELECT 4 AS total"
    assert metrics.validate("m").valid


def test_a_mock_without_value_answers_with_the_declared_columns(root: Path):
    write(root, "name: data.main.x\nquery_statement: SELECT 1\nschema: [{name: n, type: bigint}]\n")
    result = DatasetAPI(ExecutionContext(project_path=root, mock_mode=True)).run("x")
    assert (result.columns, result.data, result.mode.value) == (["n"], [], "mock")


def test_an_executor_sees_the_rendered_sql_of_every_statement(root: Path):
    write(root, DML)
    executor = MockExecutor()
    DatasetAPI(ExecutionContext(project_path=root), executor=executor).run("x")
    assert [text.split()[0] for text in executor.executed] == ["CREATE", "INSERT", "INSERT", "INSERT"]


def test_an_executor_that_counts_other_rows_than_it_gives_is_incomplete(root: Path):
    write(root, "name: data.main.x\nquery_statement: SELECT 1\n")
    executor = MockExecutor(QueryResult(rows=[{"a": 1}], row_count=2))
    with pytest.raises(DLIError) as caught:
        DatasetAPI(ExecutionContext(project_path=root), executor=executor).run("x")
    assert caught.value.code is ErrorCode.RESULT_INCOMPLETE


def test_an_executor_s_own_exception_becomes_a_dli_error(root: Path):
    write(root, "name: data.main.x\nquery_statement: SELECT 1\n")
    executor = MockExecutor(error=OSError("no route"))
    with pytest.raises(DLIError) as caught:
        DatasetAPI(ExecutionContext(project_path=root), executor=executor).run("x")
    assert caught.value.code is ErrorCode.EXECUTION_FAILED
    assert isinstance(caught.value.__cause__, OSError)


@pytest.mark.parametrize(
    "text", ["CREATE TABLE t AS SELECT 1 AS a", "INSERT INTO nowhere VALUES (1)", "SELECT 1; DROP TABLE t"]
)
def test_what_is_refused_makes_no_database(root: Path, text: str):
    (root / "dli.yaml").write_text("local: {duckdb: {database: d.duckdb}}\nenvironments: {prod: {protected: true}}\n")
    protected = LocalRunner(resolve(project=root, environment="prod"))
    with pytest.raises(DLIError) as caught:
        protected.stream(RunRequest("sql", sql=text))
    assert caught.value.code in {ErrorCode.EXECUTION_PERMISSION, ErrorCode.SQL_SYNTAX}
    write(root, f"name: data.main.x\nquery_statement: {text}\n")
    with pytest.raises(DLIError):
        api(root).run("x")
    write(root, f"name: data.main.x\nquery_statement: SELECT 1\npre_statements: [{{sql: '{text}'}}]\n")
    with pytest.raises(DLIError):
        protected.stream(RunRequest("dataset", "x"))
    assert not (root / "d.duckdb").exists()
    assert collect(protected.stream(RunRequest("sql", sql="SELECT 1 AS a"))).data == [{"a": 1}]
    assert (root / "d.duckdb").exists()  # a query makes it, as DuckDB does


def test_a_dry_run_knows_the_engine_by_both_of_its_names(root: Path):
    write(root, "name: data.main.x\nquery_statement: SELECT 1 AS n\n")
    found = api(root).dry_run("x")
    assert (found.engine, found.engine_title) == ("duckdb", "DuckDB")
    mock = DatasetAPI(ExecutionContext(project_path=root, mock_mode=True)).dry_run("x")
    assert (mock.engine, mock.engine_title) == ("mock", "Mock")


def test_a_declared_column_that_the_result_lacks_is_a_finding_before_any_run(root: Path):
    write(
        root,
        "name: data.main.x\nparameters: [{name: day, type: date}]\n"
        "query_statement: SELECT 1 AS n, {{ day }} AS day WHERE {{ ds }} > '2000-01-01'\n"
        "schema:\n  - {name: n, type: bigint}\n  - {name: m, type: string}\n  - {name: day, type: date}\n",
    )
    (finding,) = api(root).validate("x").findings
    assert (finding.severity, finding.code, finding.line, finding.column) == ("warning", "DLI-201", 6, 12)
    assert finding.message == "the declared column m is not in the result"
    assert [found.findings for found in api(root).validate_all()] == [(finding,)]
    assert not (root / "data.duckdb").exists()


def test_an_engine_that_cannot_tell_the_columns_hides_no_other_finding(root: Path):
    text = "name: data.main.x\nparameters: [{name: unused, type: date}]\nquery_statement: FROM nowhere\n"
    write(root, text + "schema: [{name: n, type: bigint}]\n")
    assert [finding.message for finding in api(root).validate("x").findings] == [
        "parameter 'unused' is not used by any statement"
    ]
    mock = DatasetAPI(ExecutionContext(project_path=root, mock_mode=True))
    assert len(mock.validate("x").findings) == 1


def test_a_table_that_a_run_has_made_is_described_by_the_same_engine(tmp_path: Path):
    (tmp_path / "dli.yaml").write_text("")  # a database in memory
    text = "name: data.main.x\nquery_statement: FROM made\nschema: [{name: m, type: bigint}]\n"
    write(
        tmp_path,
        "name: data.main.made\nquery_type: DML\nquery_statement: CREATE TABLE made AS SELECT 1 AS n\n",
        "dataset.m.yaml",
    )
    write(tmp_path, text)
    datasets = api(tmp_path)
    assert datasets.validate("x").findings == ()
    datasets.run("made")
    assert [finding.line for finding in datasets.validate("x").findings] == [3]
    assert datasets.run("x").row_count == 1


def test_ref_knows_short_names_in_sql_that_no_spec_holds(root: Path):
    write(root, "name: data.main.x\nquery_type: DML\nquery_statement: CREATE TABLE x AS SELECT 5 AS n\n")
    write(root, "name: data.other.y\nquery_statement: SELECT 1\n", "dataset.y.yaml")
    api(root).run("x")
    for name in ("x", "main.x", "data.main.x"):
        assert sql(root, f"SELECT n FROM {{{{ ref('{name}') }}}}").data == [{"n": 5}], name
    with pytest.raises(DLIError) as caught:
        sql(root, "SELECT n FROM {{ ref('z') }}")
    assert caught.value.code is ErrorCode.DATASET_NOT_FOUND
