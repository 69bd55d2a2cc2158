"""Completion: a table that is made of the commands, and shells that ask it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command

from dli_cli import complete
from dli_cli.commands.completion import SCRIPTS, table
from dli_cli.main import app
from dli_core.export.formats import FORMATS

TABLE = Path(complete.TABLE)


def made() -> str:
    command = get_command(app)
    context = command.make_context("dli", ["version"], resilient_parsing=True)
    return json.dumps(table(command, context), indent=1, ensure_ascii=False) + "\n"


def test_the_table_is_that_of_the_commands():
    if os.environ.get("UPDATE_SNAPSHOTS"):
        TABLE.write_text(made())
    assert TABLE.read_text() == made(), "UPDATE_SNAPSHOTS=1 makes it anew"


def offered(*words: str) -> list[str]:
    found = json.loads(TABLE.read_text())
    return [line.partition("\t")[0] for line in complete.candidates(found, list(words))]


@pytest.mark.parametrize(
    ("words", "candidates"),
    [
        (["d"], ["dataset"]),
        (["dataset", ""], ["list", "get", "run", "validate"]),
        (["dataset", "run", "x", "--form"], ["--format"]),
        (["dataset", "run", "x", "--format", "n"], ["ndjson"]),
        (["dataset", "run", "x", "--compression", ""], ["none", "gzip", "zstd", "snappy", "lz4"]),
        (["dataset", "run", "x", "--format=n"], ["--format=ndjson"]),
        (["dataset", "run", "x", "-o", "da"], [":file"]),
        (["dataset", "run", "x", "--receipt=p"], [":file"]),
        (["-C", ""], [":dir"]),
        (["init", "--example", ""], ["flights"]),
        (["explain", "DLI-90"], ["DLI-900", "DLI-901"]),
        (["config", "get", "local.duckdb.d"], ["local.duckdb.database"]),
        (["completion", ""], ["bash", "zsh", "fish"]),
        (["schema", "q"], ["quality"]),
        (["dataset", "run", "x", "-p", ""], []),
        (["version", ""], []),
    ],
)
def test_a_word_is_completed(words: list[str], candidates: list[str]):
    assert offered(*words) == candidates


def test_names_of_the_project_are_offered(flights: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(flights / "datasets")
    assert offered("dataset", "run", "") == ["all_flights", "daily_summary", "departures"]
    assert offered("dataset", "run", "flights.main.d") == ["flights.main.daily_summary", "flights.main.departures"]
    assert offered("metric", "get", "p") == ["punctuality"]
    monkeypatch.chdir(flights.parent)
    assert offered("dataset", "run", "") == []
    assert offered("-C", str(flights), "dataset", "run", "dep") == ["departures"]
    assert offered("dataset", "run", "-C", str(flights), "dep") == ["departures"]


def test_broken_files_offer_nothing_and_break_nothing(spec, project: Path, monkeypatch: pytest.MonkeyPatch):
    spec("dataset.a.yaml", "name: 'a.b.quoted' # said\n")
    (project / "dataset.b.yaml").write_bytes(b"\xff\xfe\x00")
    (project / "dataset.c.yaml").symlink_to("nowhere")
    monkeypatch.chdir(project)
    assert offered("dataset", "run", "") == ["quoted"]


def test_a_shell_is_answered_before_typer_is_imported(flights: Path):
    script = (
        "import sys; sys.argv[1:] = ['--complete', 'dataset', 'run', '']; from dli_cli.__main__ import main; main(); "
    )
    script += "print(sorted({'typer', 'pydantic', 'dli_fast', 'duckdb'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], cwd=flights, capture_output=True, text=True, check=True)
    assert done.stdout == "all_flights\ndaily_summary\ndepartures\n[]\n"


@pytest.mark.parametrize("shell", SCRIPTS)
def test_the_script_is_printed(dli, shell: str):
    done = dli("completion", shell)
    assert (done.code, done.err) == (0, "")
    assert done.out == SCRIPTS[shell]


@pytest.fixture
def dli_on_path(tmp_path: Path) -> dict[str, str]:
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "dli"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m dli_cli "$@"\n')
    program.chmod(0o755)
    return {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}


def bash(words: list[str], cwd: Path, env: dict[str, str]) -> list[str]:
    """What bash would offer for the last word; words as bash takes them apart."""
    quoted = " ".join(f"'{word}'" for word in ["dli", *words])
    script = (
        f"{SCRIPTS['bash']}\nCOMP_WORDS=({quoted}); COMP_CWORD={len(words)}\n_dli\nprintf '%s\\n' \"${{COMPREPLY[@]}}\""
    )
    done = subprocess.run(["bash", "-c", script], cwd=cwd, env=env, capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_bash_offers_what_the_table_says(flights: Path, dli_on_path: dict[str, str]):
    assert bash(["da"], flights, dli_on_path) == ["dataset"]
    assert bash(["dataset", "run", "dep"], flights, dli_on_path) == ["departures"]
    assert bash(["dataset", "run", "x", "--format", "="], flights, dli_on_path) == [*FORMATS, "table"]
    assert bash(["dataset", "run", "x", "--format", "=", "c"], flights, dli_on_path) == ["csv"]
    assert bash(["dataset", "run", "x", "-o", "da"], flights, dli_on_path) == []  # bash's own files
