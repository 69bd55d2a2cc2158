"""ExecutionContext: what was given explicitly is the top layer; the token shows nowhere."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from dli import ConfigurationError, DatasetAPI, ExecutionContext, ExecutionMode


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "dli.yaml").write_text("execution: {timeout: 20}\nlocal: {engine: trino}\n")
    return tmp_path


def test_only_given_fields_count_as_the_top_layer(project: Path):
    settings = ExecutionContext(project_path=project).resolve()
    assert settings.execution.timeout == 20
    assert settings.local.engine == "trino"
    assert settings.origin("execution.timeout").layer == "dli.yaml"


def test_a_given_field_beats_every_file(project: Path):
    settings = ExecutionContext(project_path=project, timeout=7, dialect="duckdb").resolve()
    assert (settings.execution.timeout, settings.local.engine) == (7, "duckdb")
    assert settings.origin("execution.timeout").layer == "argument timeout"


def test_an_environment_variable_keeps_its_own_layer(project: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DLI_TIMEOUT", "9")
    context = ExecutionContext(project_path=project)
    assert context.timeout == 9
    assert context.resolve().origin("execution.timeout").layer == "DLI_TIMEOUT"


def test_an_unknown_keyword_is_an_error_with_the_nearest_name():
    with pytest.raises(ConfigurationError) as caught:
        ExecutionContext(timout=3)  # type: ignore[call-arg]
    assert caught.value.details["candidate"] == "timeout"


@pytest.mark.parametrize("timeout", [0, 3601, "soon"])
def test_a_timeout_out_of_range_is_an_error_that_names_it(timeout):
    with pytest.raises(ConfigurationError) as caught:
        ExecutionContext(timeout=timeout)
    assert caught.value.details["key"] == "timeout"


def test_a_bad_variable_is_named_as_the_variable(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DLI_TIMEOUT", "soon")
    with pytest.raises(ConfigurationError) as caught:
        ExecutionContext()
    assert caught.value.details["key"] == "DLI_TIMEOUT"


def test_the_token_shows_nowhere():
    context = ExecutionContext(api_token="canary-1234", server_url="https://example.com")
    texts = [repr(context), str(context), str(context.model_dump()), context.model_dump_json()]
    with pytest.raises(ConfigurationError) as caught:
        ExecutionContext(api_token="canary-1234", timeout=0)
    texts += [repr(caught.value), str(caught.value), str(caught.value.details)]
    settings = context.resolve()
    texts += [repr(settings), str(settings.model_dump()), settings.model_dump_json()]
    assert not [text for text in texts if "canary" in text]
    assert settings.server.api_key is not None
    assert settings.server.api_key.get_secret_value() == "canary-1234"


def test_a_context_is_frozen():
    context = ExecutionContext()
    with pytest.raises(ValueError, match="frozen"):
        context.timeout = 5  # type: ignore[misc]


def test_a_context_survives_pickling(project: Path):
    context = ExecutionContext(project_path=project, timeout=7)
    again = pickle.loads(pickle.dumps(context))
    assert again.resolve().execution.timeout == 7
    assert again.resolve().root == project


def test_context_parameters_are_defaults_that_specs_may_ignore(project: Path):
    (project / "dataset.a.yaml").write_text(
        "name: a.b.one\nquery_statement: SELECT {{ n }} AS n\nparameters:\n  - {name: n, type: integer}\n"
    )
    context = ExecutionContext(project_path=project, dialect="duckdb", parameters={"n": 4, "project": "gcp"})
    api = DatasetAPI(context)
    assert api.run("one").data == [{"n": 4}]
    assert api.run("one", parameters={"n": 5}).data == [{"n": 5}]
    assert api.settings.local.bigquery.project == "gcp"


def test_context_dry_run_is_the_default_of_run(project: Path):
    (project / "dataset.a.yaml").write_text("name: a.b.one\nquery_statement: SELECT 1 AS n\n")
    api = DatasetAPI(ExecutionContext(project_path=project, dialect="duckdb", dry_run=True))
    assert api.run("one").status.value == "skipped"
    assert api.run("one", dry_run=False).data == [{"n": 1}]


def test_server_mode_says_at_once_that_there_is_no_client():
    with pytest.raises(ConfigurationError) as caught:
        DatasetAPI(ExecutionContext(execution_mode=ExecutionMode.SERVER))
    assert caught.value.details["reason"] == "no_client"
