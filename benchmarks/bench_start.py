"""Whole commands: CPU seconds and peak memory of a process, against the least a Python process can do."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from data import lineitem
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


DRAIN = """
import duckdb, dli_fast, os, sys
con = duckdb.connect(); con.execute("SET memory_limit='{memory}'")
relation = con.sql({sql!r})
if {write!r} == "drain":
    import pyarrow
    for batch in pyarrow.RecordBatchReader.from_stream(relation):
        pass
elif {write!r} == "copy":
    con.execute("COPY (" + {sql!r} + ") TO '{target}' (FORMAT {copy})")
else:
    fd = os.open({target!r}, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    dli_fast.write_csv(relation, fd) if {write!r} == "csv" else dli_fast.write_json(relation, fd, lines=True)
"""


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_ten_million_rows(kind: str, record: Record, short: bool, tmp_path: Path) -> None:
    """DuckDB → file: CPU against DuckDB's own COPY, and peak memory above that of draining the same stream."""
    if shutil.disk_usage(tmp_path).free < 8 << 30:
        pytest.fail("needs 8 GiB of free disk")
    source = lineitem(0.05 if short else 2)
    rows = 300_000 if short else 10_000_000
    sql = (
        "SELECT l_orderkey, l_partkey, l_quantity, l_extendedprice, l_returnflag, l_shipdate, l_shipmode, l_comment "
        f"FROM '{source}' LIMIT {rows}"
    )
    options = {"sql": sql, "memory": "128MB", "target": str(tmp_path / "out"), "copy": kind}
    commands = {
        "dli": [PYTHON, "-c", DRAIN.format(write=kind, **options)],
        "DuckDB COPY": [PYTHON, "-c", DRAIN.format(write="copy", **options)],
        "drain alone, pyarrow": [PYTHON, "-c", DRAIN.format(write="drain", **options)],
    }
    done = children(commands, 1 if short else 3)
    notes = {"peak MiB": ", ".join(f"{name} {c.peak:.0f}" for name, c in done.items())}
    seconds = {name: c.seconds for name, c in done.items()}
    record(Comparison("start", f"DuckDB → {kind}", f"{rows:,} rows", seconds, notes=notes))
