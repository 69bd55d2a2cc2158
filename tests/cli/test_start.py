"""What a start costs: nothing is imported that the command does not need."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import typer.core

import dli_cli.main

HEAVY = {"sqlglot", "httpx", "polars", "pandas", "pyarrow", "pydantic_settings", "rich", "requests", "fastapi"}


def imported(words: list[str], cwd: Path) -> set[str]:
    script = (
        "import sys; from dli_cli.__main__ import main\n"
        f"sys.argv[1:] = {words!r}\n"
        "code = main()\n"
        "print('\\n'.join(sorted(sys.modules)), file=sys.stderr)\n"
        "sys.exit(code)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=cwd, capture_output=True, text=True, check=True)
    return set(done.stderr.splitlines())


@pytest.mark.parametrize(
    "words",
    [
        ["run", "SELECT 1"],
        ["run", "SELECT 1", "--format", "table"],
        ["dataset", "run", "departures", "-p", "date=2013-07-04"],
        ["dataset", "run", "all_flights", "-o", "out.csv", "--receipt"],
        ["metric", "run", "punctuality"],
        ["dataset", "list"],
    ],
    ids=" ".join,
)
def test_a_run_imports_nothing_heavy(words: list[str], flights: Path):
    assert not HEAVY & imported(words, flights)


@pytest.mark.parametrize(
    "words", [["--help"], ["dataset", "--help"], ["explain", "403"], ["config", "get", "local.engine"]]
)
def test_what_runs_no_sql_imports_no_engine(words: list[str], flights: Path):
    assert "duckdb" not in imported(words, flights)


def test_the_help_imports_no_command(flights: Path):
    found = imported(["--help"], flights)
    assert not [name for name in found if name.startswith("dli_cli.commands.")]


def test_options_that_were_not_given_get_no_validator(dli, monkeypatch: pytest.MonkeyPatch):
    """Typer makes one of Pydantic for each: 15 ms of a run that gives none of them."""
    built: list[str] = []
    build = typer.core.build_runtime_param

    def count(descriptor):
        built.append(descriptor.parameter_info.help)
        return build(descriptor)

    monkeypatch.setattr(typer.core, "build_runtime_param", count)
    dli_cli.main._command.cache_clear()
    assert dli("run", "SELECT 1", "--null", "-").out == "1\n1\n"
    assert [text for text in built if text] == [
        "How CSV writes null; unset: nothing at all.",
        "One statement; a template, as in a spec.",
    ]


def test_a_run_without_a_receipt_builds_none(flights: Path):
    assert "dli_core.export.receipt" not in imported(["run", "SELECT 1"], flights)


def test_the_version_imports_next_to_nothing(flights: Path):
    found = imported(["--version"], flights)
    assert not {"typer", "pydantic", "dli_fast", "dli_core.errors"} & found
