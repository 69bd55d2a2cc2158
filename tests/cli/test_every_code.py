"""Every error code: raised through the command line in both languages, or told why it cannot be yet.

ErrorCode ─┬─ a wrong input of tests/cli/wrong raises it ─▶ its number, its exit code, in English and Korean
           ├─ FINDINGS    `validate` tells it, beside others, with a place
           ├─ ELSEWHERE   it is raised, and cannot be provoked by what one types: the test that raises it
           └─ ABSENT      nothing raises it: what it is for is not in this version; a command that meets it says it right
"""

from __future__ import annotations

import ast
import http.server
import json
import os
import signal
import socketserver
import threading
from functools import cache
from pathlib import Path

import pytest

from dli.runner import runner_for
from dli_core.config import resolve
from dli_core.errors import ErrorCode, QualityError, error
from dli_core.render.checker import Checker
from dli_core.run.local import LocalRunner
from tests.cli.test_signals import ENDLESS, start, wait_until_busy
from tests.cli.test_wrong_inputs import CASES
from tests.cli.wrong.case import Wrong, dataset

ROOT = Path(__file__).resolve().parents[2]
_HERE = "tests/cli/test_every_code.py"
BY_CODE: dict[str, Wrong] = {case.code: case for case in reversed(CASES)}

# Code → a project in which `dli dataset validate` finds it.
FINDINGS: dict[ErrorCode, dict[str, str | bytes | None]] = {
    ErrorCode.WORKFLOW_INVALID_CRON: dataset("SELECT 1", "schedule: {cron: '0 25 * * *'}\n"),
    ErrorCode.LINEAGE_CYCLE: {
        **dataset("SELECT 1", "depends_on: [shop.main.b]\n", "a"),
        **dataset("SELECT 1", "depends_on: [shop.main.a]\n", "b"),
    },
}

# Code → why no command line provokes it, and the test that does.
ELSEWHERE: dict[ErrorCode, tuple[str, str]] = {
    ErrorCode.EXECUTION_CANCELLED: ("it takes a signal", _HERE),
    ErrorCode.RESULT_INCOMPLETE: ("an engine has to lose rows, and an embedded one loses none", "tests/contract"),
    ErrorCode.OUTCOME_UNKNOWN: ("a network has to lose an answer", _HERE),
    ErrorCode.BUDGET_EXCEEDED: ("a warehouse has to say what it would read", _HERE),
    ErrorCode.SERVER_UNREACHABLE: ("'dli config check' tells it behind what it found", "tests/cli/test_config.py"),
    ErrorCode.SERVER_AUTH_FAILED: ("'dli config check' lists it: nothing is sent to a server yet", "tests/unit"),
    ErrorCode.QUALITY_SPEC_NOT_FOUND: ("the core looks it up; there is no 'dli quality' yet", _HERE),
    ErrorCode.QUALITY_TARGET_NOT_FOUND: ("a finding of quality specs; there is no 'dli quality' yet", _HERE),
}

# Code → what it is for, which this version does not have.
_CATALOG, _LINEAGE, _QUALITY, _SERVER, _WORKFLOW = "catalog", "lineage", "quality tests", "server", "workflows"
ABSENT: dict[ErrorCode, str] = {
    ErrorCode.TABLE_NOT_FOUND: _CATALOG,
    ErrorCode.TRANSPILE_FAILED: "other dialects",
    ErrorCode.SERVER_ERROR: _SERVER,
    ErrorCode.SERVER_EXECUTION: _SERVER,
    ErrorCode.QUALITY_SPEC_PARSE: _QUALITY,
    ErrorCode.QUALITY_TEST_EXECUTION: _QUALITY,
    ErrorCode.QUALITY_TEST_TIMEOUT: _QUALITY,
    ErrorCode.QUALITY_NOT_FOUND: _QUALITY,
    ErrorCode.CATALOG_CONNECTION_ERROR: _CATALOG,
    ErrorCode.CATALOG_TABLE_NOT_FOUND: _CATALOG,
    ErrorCode.CATALOG_INVALID_IDENTIFIER: _CATALOG,
    ErrorCode.WORKFLOW_NOT_FOUND: _WORKFLOW,
    ErrorCode.WORKFLOW_REGISTRATION_FAILED: _WORKFLOW,
    ErrorCode.WORKFLOW_EXECUTION_FAILED: _WORKFLOW,
    ErrorCode.WORKFLOW_PERMISSION_DENIED: _WORKFLOW,
    ErrorCode.WORKFLOW_ALREADY_EXISTS: _WORKFLOW,
    ErrorCode.WORKFLOW_OVERRIDDEN: _WORKFLOW,
    ErrorCode.WORKFLOW_INVALID_STATE: _WORKFLOW,
    ErrorCode.WORKFLOW_UNREGISTER_FAILED: _WORKFLOW,
    ErrorCode.LINEAGE_NOT_FOUND: _LINEAGE,
}


@cache
def named_in(folder: str) -> frozenset[str]:
    """Codes that Python files below a folder of the repository name."""
    place = ROOT / folder
    files = [place] if place.is_file() else place.rglob("*.py")
    trees = [ast.parse(path.read_text("utf-8")) for path in files if path.name != "codes.py"]
    return frozenset(
        node.attr
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "ErrorCode"
    )


@pytest.mark.parametrize("code", ErrorCode, ids=lambda code: code.value)
def test_every_code_is_raised_or_its_absence_explained(code: ErrorCode):
    kinds = [code.value in BY_CODE, code in FINDINGS, code in ELSEWHERE, code in ABSENT]
    assert kinds.count(True) == 1, f"{code} {code.name}: raise it in tests/cli/wrong, or say here why nobody can"


@pytest.mark.parametrize("lang", ["en", "ko"])
@pytest.mark.parametrize("code", sorted(BY_CODE.keys() & {code.value for code in ErrorCode}))
def test_a_code_is_raised_through_the_command_line(dli, code: str, lang: str, tmp_path: Path):
    case = BY_CODE[code]
    project = tmp_path / "shop"
    project.mkdir()
    case.write(project)
    with case.around(project):
        done = dli(
            *case.words, cwd=project, stdin=case.stdin, env={"HOME": str(tmp_path), "DLI_LANG": lang, **case.env}
        )
    assert (done.code, done.out) == (ErrorCode(code).exit_code, "")
    title = done.err.splitlines()[0]
    assert title.startswith(f"[{code}] ")
    assert _is_korean(title) == (lang == "ko")


@pytest.mark.parametrize("code", FINDINGS, ids=lambda code: code.value)
def test_a_code_is_told_as_a_finding(dli, code: ErrorCode, tmp_path: Path):
    Wrong("it", (), code, files=FINDINGS[code]).write(tmp_path)
    done = dli("dataset", "validate", cwd=tmp_path)
    assert done.code == 2
    line = next(line for line in done.out.splitlines() if line.endswith(f"({code.value})"))
    assert line.startswith("dataset.")
    assert ": error: " in line


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_an_interrupt_is_told_in_both_languages(lang: str):
    process = start("run", ENDLESS, env={**os.environ, "DLI_LANG": lang})
    wait_until_busy(process)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (ErrorCode.EXECUTION_CANCELLED.exit_code, b"")
    assert err.decode().startswith("[DLI-406] ")
    assert _is_korean(err.decode()) == (lang == "ko")


class _NoAnswer(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self.request.recv(1 << 16)  # read, and left without a word


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_a_lost_answer_is_told_in_both_languages(dli, lang: str):
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _NoAnswer) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        env = {"DLI_LANG": lang, "DLI_LOCAL__TRINO__URL": url, "DLI_LOCAL__TRINO__USER": "me"}
        done = dli("run", "CREATE TABLE t AS SELECT 1 AS n", "--engine", "trino", env=env)
        server.shutdown()
    assert (done.code, done.out) == (ErrorCode.OUTCOME_UNKNOWN.exit_code, "")
    assert done.err.startswith("[DLI-409] ")
    assert "dli-" in done.err
    assert _is_korean(done.err.splitlines()[0]) == (lang == "ko")


class _Expensive(http.server.BaseHTTPRequestHandler):
    """BigQuery, as far as it answers a dry run."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert asked["configuration"]["dryRun"], "what is over its budget must not run"
        facts = {"statementType": "SELECT", "totalBytesProcessed": "5000"}
        body = json.dumps({"status": {"state": "DONE"}, "statistics": {"query": facts, **facts}}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """It is no news."""


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_a_budget_is_told_in_both_languages(dli, lang: str):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Expensive) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        keys = {"PROJECT": "p", "BUDGET": "1KB", "API_ENDPOINT": f"http://127.0.0.1:{server.server_address[1]}"}
        env = {f"DLI_LOCAL__BIGQUERY__{key}": value for key, value in keys.items()}
        done = dli("run", "SELECT 1", "--engine", "bigquery", env={"DLI_LANG": lang, **env})
        server.shutdown()
    assert (done.code, done.out) == (ErrorCode.BUDGET_EXCEEDED.exit_code, "")
    assert done.err.startswith("[DLI-410] ")
    assert _is_korean(done.err.splitlines()[0]) == (lang == "ko")


def test_quality_specs_are_read_and_judged_already(project: Path):
    (project / "quality.a.yaml").write_text(
        "name: shop.quality.a\ntarget: {type: dataset, name: shop.main.gone}\n"
        "tests: [{type: row_count, params: {min: 1}}]\n"
    )
    settings = resolve(project=project)
    with pytest.raises(QualityError) as caught:
        runner_for(settings).find("quality", "b")
    assert caught.value.code is ErrorCode.QUALITY_SPEC_NOT_FOUND
    found = Checker(runner_for(settings).load(), settings, "duckdb").check_all("quality")
    assert [finding.code for finding in found] == [ErrorCode.QUALITY_TARGET_NOT_FOUND.value]


@pytest.mark.parametrize("code", ELSEWHERE, ids=lambda code: code.value)
def test_what_no_command_line_provokes_is_raised_by_another_test(code: ErrorCode):
    assert code.name in named_in("packages")
    assert code.name in named_in(ELSEWHERE[code][1])


@pytest.mark.parametrize("code", ABSENT, ids=lambda code: code.value)
def test_what_is_absent_is_raised_by_nothing(code: ErrorCode):
    assert code.name not in named_in("packages"), f"{code} can be raised now: raise it in tests/cli/wrong"


@pytest.mark.parametrize("lang", ["en", "ko"])
@pytest.mark.parametrize("code", ABSENT, ids=lambda code: code.value)
def test_what_is_absent_would_be_told_by_the_one_handler_of_errors(
    dli, code: ErrorCode, lang: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def refuse(*_: object) -> None:
        raise error(code, name="it", path="it", problem="of a test")

    monkeypatch.setattr(LocalRunner, "stream", refuse)
    (tmp_path / "out.csv").write_text("the old result\n")
    done = dli("run", "SELECT 1", "-o", "out.csv", cwd=tmp_path, env={"DLI_LANG": lang})
    assert (done.code, done.out) == (code.exit_code, "")
    title, *facts = done.err.splitlines()
    assert title.startswith(f"[{code.value}] ")
    assert "{" not in done.err
    assert _is_korean(title) == (lang == "ko")
    assert any(line.strip() for line in facts), "a hint says what to do next"
    assert (tmp_path / "out.csv").read_text() == "the old result\n"


def _is_korean(text: str) -> bool:
    return any("\uac00" <= character <= "\ud7a3" for character in text)
