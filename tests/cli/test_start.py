"""What a start costs: nothing is imported that the command does not need."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

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


def test_the_version_imports_next_to_nothing(flights: Path):
    found = imported(["--version"], flights)
    assert not {"typer", "pydantic", "dli_fast", "dli_core.errors"} & found
