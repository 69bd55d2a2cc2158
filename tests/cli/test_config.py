"""`dli config`: values and where they come from, single edits, the doctor."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from dli_core.errors import ErrorCode


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    return folder


def test_values_are_shown_with_their_origin(dli, flights: Path, home: Path):
    done = dli("config", "show", "local.engine", "--origin", cwd=flights, env={"DLI_DIALECT": "duckdb"})
    assert done.out.splitlines()[1].split() == ["local.engine", "duckdb", "DLI_DIALECT"]
    whole = dli("config", "show", cwd=flights)
    assert (whole.code, whole.err) == (0, "")
    assert "vars.late_minutes = 15" in whole.out.splitlines()


def test_values_as_json(dli, flights: Path, home: Path):
    found = json.loads(dli("config", "show", "vars", "--format", "json", cwd=flights).out)
    assert found == {"vars.late_minutes": {"value": "15", "origin": "dli.yaml:7"}}


def test_a_secret_is_never_shown(dli, project: Path, home: Path):
    env = {"DLI_API_KEY": "hunter2", "DLI_SERVER_URL": "https://127.0.0.1:1"}
    for words in (["show"], ["show", "--origin"], ["show", "--format", "json"], ["get", "server.api_key"], ["check"]):
        done = dli("config", *words, cwd=project, env=env)
        assert done.code == (3 if words == ["check"] else 0), done
        assert "hunter2" not in done.out + done.err
    assert dli("config", "get", "server.api_key", cwd=project, env=env).out == "***\n"


def test_get_is_for_scripts(dli, flights: Path, home: Path):
    assert dli("config", "get", "vars.late_minutes", cwd=flights).out == "15\n"
    assert json.loads(dli("config", "get", "vars", cwd=flights).out) == {"late_minutes": "15"}
    unset = dli("config", "get", "server.url", cwd=flights)
    assert (unset.code, unset.out) == (2, "")
    assert unset.err.startswith("[DLI-003]")


@pytest.mark.parametrize("verb", ["show", "get"])
def test_an_unknown_key_gets_the_nearest(dli, flights: Path, home: Path, verb: str):
    done = dli("config", verb, "local.enginee", cwd=flights)
    assert (done.code, done.out) == (2, "")
    assert "Did you mean 'local.engine'?" in done.err


def test_the_files_of_the_layers_are_listed(dli, flights: Path, home: Path):
    done = dli("config", "path", cwd=flights)
    assert done.out.splitlines() == [
        f"{flights}/.env  (absent)",
        f"{flights}/.dli.local.yaml  (absent)",
        f"{flights}/dli.yaml",
        f"{home}/.dli/config.yaml  (absent)",
    ]
    assert json.loads(dli("config", "path", "--format", "json", cwd=flights).out)[2]["exists"] is True


def test_set_writes_the_users_own_file(dli, project: Path, home: Path):
    done = dli("config", "set", "execution.timeout", "600", cwd=project)
    assert (done.code, done.out) == (0, "")
    assert (home / ".dli" / "config.yaml").stat().st_mode & 0o077 == 0
    assert dli("config", "get", "execution.timeout", cwd=project).out == "600\n"


@pytest.mark.parametrize("before", [True, False])
def test_set_writes_the_project_and_keeps_every_other_byte(
    dli, flights: Path, home: Path, tmp_path: Path, before: bool
):
    text = (flights / "dli.yaml").read_bytes()
    (flights / "dli.yaml").unlink()  # the copy is a link to the session's
    (flights / "dli.yaml").write_bytes(text)
    words = ["config", "set", "--project", "vars.late_minutes", "20"]
    done = dli(*(["-C", str(flights), *words] if before else [*words, "-C", str(flights)]), cwd=tmp_path)
    assert done.code == 0
    assert (flights / "dli.yaml").read_bytes() == text.replace(b"late_minutes: 15", b"late_minutes: 20")


def test_set_writes_the_private_file(dli, project: Path, home: Path):
    assert dli("config", "set", "--private", "server.url", "https://example.com", cwd=project).code == 0
    assert (project / ".dli.local.yaml").is_file()
    assert dli("config", "get", "server.url", cwd=project).out == "https://example.com\n"


def test_set_refuses_what_would_not_load(dli, project: Path, home: Path):
    for words in (["execution.timeout", "6000"], ["local.enginee", "duckdb"]):
        done = dli("config", "set", *words, cwd=project)
        assert (done.code, done.out) == (2, "")
        assert done.err.startswith("[DLI-001]")
    assert not (home / ".dli").exists()


def test_set_mends_a_file_that_does_not_load(dli, project: Path, home: Path):
    (project / "dli.yaml").write_text("execution:\n  timeout: 9999\n")
    assert dli("dataset", "list", cwd=project).code == 2
    assert dli("config", "set", "--project", "execution.timeout", "60", cwd=project).code == 0
    assert dli("dataset", "list", cwd=project).code == 0


@pytest.mark.parametrize("option", ["--project", "--private"])
def test_set_needs_a_project_for_the_projects_files(dli, tmp_path: Path, home: Path, option: str):
    done = dli("config", "set", option, "execution.timeout", "60", cwd=tmp_path)
    assert done.code == 2
    assert done.err.startswith("[DLI-002]")
    gone = dli("config", "set", option, "execution.timeout", "60", "-C", str(tmp_path / "no"), cwd=tmp_path)
    assert gone.code == 2
    assert gone.err.startswith("[DLI-002]")


def test_the_doctor_is_content_with_the_example(dli, flights: Path, home: Path):
    done = dli("config", "check", cwd=flights)
    assert (done.code, done.err) == (0, "")
    assert "✓ engine duckdb: answers" in done.out.splitlines()


def test_the_doctor_speaks_of_a_configuration_that_does_not_resolve(dli, project: Path, home: Path):
    (project / "dli.yaml").write_text("execution: {timeout: 9999}\nbogus: 1\n")
    done = dli("config", "check", cwd=project)
    assert done.code == 2
    assert done.out.count("✗") == 2
    found = json.loads(dli("config", "check", "--format", "json", cwd=project).out)
    assert [check["status"] for check in found] == ["fail", "fail"]


def test_the_doctor_warns_of_names_that_nothing_reads(dli, project: Path, home: Path):
    done = dli("config", "check", cwd=project, env={"DLI_TIMEOUTT": "5"})
    assert done.code == 0
    assert "! DLI_TIMEOUTT" in done.out
    assert "did you mean DLI_TIMEOUT?" in done.out


def test_all_problems_of_a_configuration_are_told_at_once(dli, project: Path, home: Path):
    (project / "dli.yaml").write_text("execution: {timeout: 9999}\nlocal: {enginee: duckdb}\n")
    done = dli("dataset", "list", cwd=project)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("[DLI-001]")
    assert "dli.yaml:1:" in done.err
    assert "dli.yaml:2:" in done.err


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 3), (None, 3)])
def test_the_doctor_asks_the_server(dli, tmp_path: Path, status: int | None, code: int):
    asked: list[tuple[str, str | None]] = []

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            asked.append((self.path, self.headers.get("X-API-Key")))
            self.send_response(status or 0)
            self.end_headers()

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        url = f"http://127.0.0.1:{server.server_address[1]}"
        if status is None:
            server.server_close()
        else:
            threading.Thread(target=server.handle_request, daemon=True).start()
        done = dli("config", "check", cwd=tmp_path, env={"DLI_SERVER__URL": url, "DLI_SERVER__API_KEY": "a-canary"})
    assert done.code == code
    assert asked == ([] if status is None else [("/api/v1/health", None)])
    assert ("✓ Basecamp Server: answers" in done.out) is (status == 200)
    if status != 200:
        assert done.err.startswith(f"[DLI-501] Basecamp Server unreachable: {url}")
    assert "a-canary" not in done.out + done.err


def test_a_server_that_does_not_answer_is_told_in_korean_too(dli, tmp_path: Path):
    done = dli("config", "check", cwd=tmp_path, env={"DLI_SERVER__URL": "http://127.0.0.1:1", "DLI_LANG": "ko"})
    assert done.code == 3
    assert done.err.startswith(f"[{ErrorCode.SERVER_UNREACHABLE}] Basecamp Server에 연결하지 못했습니다")
