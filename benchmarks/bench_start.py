"""Whole commands: CPU seconds of a process, against the least a Python process can do."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from measure import PYTHON, Comparison, children

DLI = str(Path(sys.executable).parent / "dli")
FETCH = "import duckdb; print(duckdb.connect().execute('SELECT 1').fetchall())"
Record = Callable[[Comparison], None]


def test_version(record: Record, short: bool) -> None:
    done = children({"dli": [DLI, "--version"], "python -c pass": [PYTHON, "-c", "pass"]}, 5 if short else 15)
    record(Comparison("start", "dli --version", "1 process", {name: c.seconds for name, c in done.items()}))


def test_select_one(record: Record, short: bool, tmp_path: Path) -> None:
    commands = {"dli": [DLI, "run", "SELECT 1"], "python, import duckdb, fetch": [PYTHON, "-c", FETCH]}
    done = children(commands, 5 if short else 15, cwd=str(tmp_path), env={"DLI_USER_CONFIG": "off"})
    record(Comparison("start", "dli run 'SELECT 1'", "1 process", {name: c.seconds for name, c in done.items()}))
