"""The journal: every run leaves one entry that says what was sent and how it ended, without rows and secrets."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from dli import DatasetAPI, ExecutionContext, MockExecutor, SqlAPI
from dli_core.engines.stream import QueryStream
from dli_core.errors import DLIError
from dli_core.models.result import QueryResult
from dli_core.run.journal import Entry, Journal, JournaledStatement, commit_of, now

SPEC = """\
name: data.main.x
query_statement: SELECT {{ key }} AS k, {{ who }} AS w, {{ n }} AS n -- {{ key }}
parameters:
  - {name: key, secret: true}
  - {name: who, pii: true}
  - {name: n, type: integer, default: 1}
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "dli.yaml").write_text("")
    (folder / "dataset.x.yaml").write_text(SPEC)
    return folder


def entries(home: Path) -> list[Entry]:
    return list(Journal(home).entries())


def run(root: Path, sql: str) -> None:
    SqlAPI(ExecutionContext(project_path=root)).run(sql)


def test_a_run_leaves_one_entry_that_only_its_user_can_read(home: Path, root: Path):
    run(root, "SELECT 1 AS n")
    [entry] = entries(home)
    assert (entry.outcome, entry.state, entry.rows, entry.engine, entry.mode) == ("done", "done", 1, "duckdb", "local")
    assert [statement.sql for statement in entry.statements] == ["SELECT 1 AS n"]
    assert entry.statements[0].job_id == entry.id
    [path] = (home / ".dli" / "runs").rglob("*.json")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_secret_and_personal_values_are_masked(home: Path, root: Path):
    api = DatasetAPI(ExecutionContext(project_path=root))
    result = api.run("x", parameters={"key": "canary'1", "who": "Kim"})
    assert result.data == [{"k": "canary'1", "w": "Kim", "n": 1}]
    [path] = (home / ".dli" / "runs").rglob("*.json")
    text = path.read_text()
    assert "canary" not in text
    assert "Kim" not in text
    assert json.loads(text)["statements"][0]["sql"].startswith("SELECT '***' AS k, '***' AS w, 1 AS n")
    assert "canary" not in repr(result)


def test_a_dry_run_shows_no_secret_and_leaves_no_entry(home: Path, root: Path):
    found = DatasetAPI(ExecutionContext(project_path=root)).dry_run("x", parameters={"key": "canary1", "who": "Kim"})
    assert "canary" not in found.model_dump_json()
    assert "'Kim'" in found.sql
    assert entries(home) == []


def test_an_error_that_quotes_a_secret_is_redacted(home: Path, root: Path):
    (root / "dataset.x.yaml").write_text(SPEC.replace("{{ key }} AS k", "CAST({{ key }} AS INTEGER) AS k"))
    with pytest.raises(DLIError) as caught:
        DatasetAPI(ExecutionContext(project_path=root)).run("x", parameters={"key": "canary1", "who": "Kim"})
    problem = caught.value
    texts = [str(problem), repr(problem.details), repr(problem.__cause__), repr(problem.__context__)]
    assert problem.details["problem"].startswith("Conversion Error: Could not convert string '***'")
    assert not [text for text in texts if "canary" in text and text is not texts[3]]
    assert problem.__suppress_context__
    assert "canary" not in next((home / ".dli" / "runs").rglob("*.json")).read_text()


@pytest.mark.parametrize(
    ("sql", "outcome"),
    [
        ("SELECT no_such_column", "failed"),
        ("SELECT CASE WHEN n = 400000 THEN error('boom') ELSE n END FROM range(500000) t(n)", "failed"),
    ],
)
def test_a_failed_run_says_so(home: Path, root: Path, sql: str, outcome: str):
    with pytest.raises(DLIError):
        run(root, sql)
    [entry] = entries(home)
    assert entry.outcome == outcome
    assert entry.error is not None
    assert entry.error["code"] == "DLI-405"


def test_a_run_left_early_is_partial(home: Path, root: Path):
    with SqlAPI(ExecutionContext(project_path=root)).stream("FROM range(1000000)") as stream:
        stream.collect(limit=5)
    assert entries(home)[0].outcome == "partial"


def test_an_export_that_the_disk_refuses_is_failed(home: Path, root: Path):
    with pytest.raises(DLIError):
        SqlAPI(ExecutionContext(project_path=root)).export("SELECT 1 AS n", "/dev/full")
    assert entries(home)[0].error == {"code": "DLI-407", "message": entries(home)[0].error["message"]}  # type: ignore[index]


def test_a_run_whose_process_is_gone_is_lost(home: Path):
    child = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True, check=True
    )
    entry = Entry("dli-1", "x", "sql", "local", "duckdb", [JournaledStatement("main", "dli-1", "SELECT 1")], now())
    Journal(home).start(Entry(**{**_fields(entry), "pid": int(child.stdout)}))
    Journal(home).start(Entry(**{**_fields(entry), "id": "dli-2", "pid": os.getpid()}))
    assert {found.id: found.state for found in entries(home)} == {"dli-1": "lost", "dli-2": "running"}


def _fields(entry: Entry) -> dict[str, object]:
    return {name: getattr(entry, name) for name in Entry.__dataclass_fields__}


def test_an_entry_is_found_by_the_beginning_of_its_id(home: Path, root: Path):
    run(root, "SELECT 1")
    [entry] = entries(home)
    assert Journal(home).find(entry.short) == [entry]
    assert Journal(home).find(entry.id) == [entry]
    assert Journal(home).find("zz") == []


def test_entries_go_after_thirty_days(home: Path, root: Path):
    old = home / ".dli" / "runs" / "2020-01-01"
    old.mkdir(parents=True)
    (old / "000000-x.json").write_text("{}")
    run(root, "SELECT 1")
    assert not old.exists()
    assert len(entries(home)) == 1


def test_files_that_are_no_entries_are_left_out(home: Path, root: Path):
    run(root, "SELECT 1")
    folder = next((home / ".dli" / "runs").iterdir())
    for name, text in {"a": "", "b": "[]", "c": '{"statements": 5}', "d": '{"statements": []}'}.items():
        (folder / f"{name}.json").write_text(text)
    assert len(entries(home)) == 1


def test_a_journal_that_cannot_be_written_stops_no_run(home: Path, root: Path):
    home.mkdir()
    (home / ".dli").write_text("a file, not a folder")
    run(root, "SELECT 1")


def test_a_mock_leaves_no_entry(home: Path, root: Path):
    SqlAPI(ExecutionContext(project_path=root), executor=MockExecutor(QueryResult(rows=[{"a": 1}]))).run("SELECT 1")
    assert entries(home) == []


def test_the_commit_is_read_from_files(tmp_path: Path):
    git = tmp_path / ".git"
    (git / "refs" / "heads").mkdir(parents=True)
    (git / "HEAD").write_text("ref: refs/heads/main\n")
    (git / "refs" / "heads" / "main").write_text("a" * 40 + "\n")
    assert commit_of(tmp_path / "deep" / "er") == "a" * 40
    (git / "refs" / "heads" / "main").unlink()
    (git / "packed-refs").write_text(f"# pack-refs\n{'b' * 40} refs/heads/main\n")
    assert commit_of(tmp_path) == "b" * 40
    (git / "HEAD").write_text("c" * 40)
    assert commit_of(tmp_path) == "c" * 40
    assert commit_of(None) is None


def test_a_select_is_tried_again_after_a_final_failure(home: Path, root: Path, monkeypatch: pytest.MonkeyPatch):
    from dli_core.engines.duckdb.engine import DuckDBEngine
    from dli_core.errors import ErrorCode, error

    real = DuckDBEngine.stream
    failures = [
        error(ErrorCode.EXECUTION_FAILED, engine="DuckDB", problem="IO Error: busy", final=True),
        error(ErrorCode.EXECUTION_FAILED, engine="DuckDB", problem="IO Error: busy", final=True),
    ]

    def stream(self: DuckDBEngine, *given: object) -> QueryStream:
        if failures:
            raise failures.pop()
        return real(self, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(DuckDBEngine, "stream", stream)
    text = "name: data.main.y\nquery_statement: SELECT 1 AS n\nexecution: {retry_count: 2, retry_delay_seconds: 0}\n"
    (root / "dataset.y.yaml").write_text(text)
    result = DatasetAPI(ExecutionContext(project_path=root)).run("y")
    assert result.data == [{"n": 1}]
    assert len(result.warnings) == 2
    failures.append(
        error(ErrorCode.EXECUTION_FAILED, engine="DuckDB", problem="IO Error: busy")
    )  # not said to be final
    with pytest.raises(DLIError):
        DatasetAPI(ExecutionContext(project_path=root)).run("y")
