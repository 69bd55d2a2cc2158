"""The examples of the source documents, as they stand there; a spec fixture where one is needed."""

from __future__ import annotations

from pathlib import Path

import pytest

from dli import (
    DatasetAPI,
    DLIError,
    ErrorCode,
    ExecutionContext,
    ExecutionMode,
    ExecutorFactory,
    MockExecutor,
    QueryResult,
    ResultStatus,
    WorkflowAPI,
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "dli.yaml").write_text("")
    (tmp_path / "dataset.one.yaml").write_text(
        "name: test.schema.dataset\nquery_statement: SELECT 1 AS id\n"
        "parameters:\n  - {name: date, type: date, default: 2025-01-01}\n"
    )
    return tmp_path


# 003 §8.3, tests/test_execution_context.py


def test_execution_mode_default():
    ctx = ExecutionContext()
    assert ctx.execution_mode == ExecutionMode.LOCAL


def test_mock_mode_migration():
    ctx = ExecutionContext(mock_mode=True)
    assert ctx.execution_mode == ExecutionMode.MOCK


def test_mock_mode_deprecation_warning():
    ctx = ExecutionContext(execution_mode=ExecutionMode.MOCK)
    with pytest.warns(DeprecationWarning, match="mock_mode is deprecated"):
        _ = ctx.mock_mode


# 003 §8.3, tests/test_dataset_api.py


def test_run_with_mock_executor(project: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(project)
    mock_executor = MockExecutor(return_value=QueryResult(rows=[{"id": 1}], row_count=1))

    api = DatasetAPI(
        context=ExecutionContext(execution_mode=ExecutionMode.LOCAL),
        executor=mock_executor,
    )

    result = api.run("test.schema.dataset")

    assert result.status == ResultStatus.SUCCESS
    assert mock_executor.call_count == 1


# 003 §4.3


def test_results_are_read_as_in_the_usage_example(project: Path):
    ctx = ExecutionContext(project_path=Path(project), execution_mode=ExecutionMode.LOCAL, dialect="duckdb")
    result = DatasetAPI(context=ctx).run("test.schema.dataset", parameters={"date": "2025-01-01"})
    assert result.row_count == 1
    assert result.duration_ms >= 0
    assert list(result.data) == [{"id": 1}]


def test_a_mock_executor_without_row_count_counts_its_rows(project: Path):
    mock_executor = MockExecutor(return_value=QueryResult(rows=[{"id": 1}]))
    api = DatasetAPI(context=ExecutionContext(project_path=project), executor=mock_executor)
    assert api.run("test.schema.dataset").data == [{"id": 1}]


# 003 §4.1


def test_context_reads_the_environment(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DLI_EXECUTION_MODE", "server")
    monkeypatch.setenv("DLI_PROJECT_PATH", "/path/to/project")
    ctx = ExecutionContext()
    assert ctx.execution_mode is ExecutionMode.SERVER
    assert ctx.project_path == Path("/path/to/project")


def test_context_shows_the_defaults_of_the_seed():
    ctx = ExecutionContext()
    assert (ctx.dialect, ctx.timeout, ctx.dry_run, ctx.parameters) == ("trino", 300, False, {})
    assert (ctx.project_path, ctx.server_url, ctx.api_token) == (None, None, None)


def test_explicit_mock_mode_beats_the_environment(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DLI_EXECUTION_MODE", "local")
    assert ExecutionContext(mock_mode=True).execution_mode is ExecutionMode.MOCK
    assert ExecutionContext(mock_mode=True).resolve().mode is ExecutionMode.MOCK


# 003 §4.2


def test_the_factory_makes_an_executor_by_mode(project: Path):
    ctx = ExecutionContext(project_path=project)
    assert isinstance(ExecutorFactory.create(ExecutionMode.MOCK, ctx), MockExecutor)
    local = ExecutorFactory.create(ExecutionMode.LOCAL, ctx)
    assert local.test_connection() is True
    assert local.execute("SELECT {{ n }} AS n", {"n": 2}).rows == [{"n": 2}]


def test_the_factory_refuses_what_no_engine_serves(project: Path):
    ctx = ExecutionContext(project_path=project, dialect="oracle")
    with pytest.raises(DLIError) as caught:
        ExecutorFactory.create(ExecutionMode.LOCAL, ctx)
    assert caught.value.code is ErrorCode.CONFIG_INVALID


# 000 §3.3


def test_workflows_say_that_they_need_the_server():
    with pytest.raises(DLIError, match="WorkflowAPI requires SERVER mode") as caught:
        WorkflowAPI(context=ExecutionContext(execution_mode=ExecutionMode.LOCAL))
    assert caught.value.code is ErrorCode.CONFIG_MISSING
