"""10 M rows that DuckDB SELECTs, exported: peak memory over the drain alone, and CPU against DuckDB's own COPY.

    one child a way: drain │ dli │ COPY ─▶ its CPU seconds after the imports and its VmHWM ─▶ dli − drain ≤ 40 MiB

Children report their own VmHWM: the ru_maxrss of a child includes what its parent held before the exec.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from data import mixed
from measure import OURS, Comparison

ROWS = 10_000_000
OVER_DRAIN = {"csv": 40, "ndjson": 40, "parquet": 64}  # MiB; Parquet holds the row groups that its workers encode

CHILD = """
import json, resource, sys
import duckdb, pyarrow, dli_fast
way, sql, path, settings = sys.argv[1], sys.argv[2], sys.argv[3], json.loads(sys.argv[4])
connection = duckdb.connect(config=settings)
start = resource.getrusage(resource.RUSAGE_SELF)
if way == "copy csv":
    connection.execute(f"COPY ({sql}) TO '{path}' (FORMAT csv, HEADER)")
elif way == "copy ndjson":
    connection.execute(f"COPY ({sql}) TO '{path}' (FORMAT json)")
elif way == "copy parquet":
    connection.execute(f"COPY ({sql}) TO '{path}' (FORMAT parquet, COMPRESSION zstd)")
elif way == "drain":
    for batch in pyarrow.RecordBatchReader.from_stream(connection.sql(sql)):
        pass
else:
    kind, _, receipt = way.partition(" ")
    write = {"csv": dli_fast.write_csv, "parquet": dli_fast.write_parquet, "ipc": dli_fast.write_ipc,
             "ndjson": lambda source, fd, **hashed: dli_fast.write_json(source, fd, lines=True, **hashed)}[kind]
    with open(path, "wb") as out:
        write(connection.sql(sql), out.fileno(), sha256=bool(receipt))
with open("/proc/self/status") as status:
    peak = next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))
usage = resource.getrusage(resource.RUSAGE_SELF)
spent = usage.ru_utime - start.ru_utime + usage.ru_stime - start.ru_stime
print(json.dumps({"cpu": spent, "peak": peak}))
"""


def run(way: str, rows: int, path: Path, settings: dict[str, str | int]) -> dict[str, float]:
    command = [sys.executable, "-c", CHILD, way, mixed(rows), str(path), json.dumps(settings)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    path.unlink(missing_ok=True)
    # DuckDB may draw a progress bar before it.
    return json.loads(done.stdout.splitlines()[-1])  # type: ignore[no-any-return]


@pytest.mark.parametrize("limited", [False, True], ids=["free", "limited"])
@pytest.mark.parametrize("kind", ["csv", "ndjson", "parquet"])
def test_memory(kind: str, limited: bool, tmp_path: Path, short: bool, record: Callable[[Comparison], None]) -> None:
    rows = ROWS // 20 if short else ROWS
    settings: dict[str, str | int] = {"threads": 2}
    if limited:
        settings["memory_limit"] = "100MB"
    ways = {OURS: kind, "dli with sha256": f"{kind} receipt", "drain alone": "drain", "duckdb COPY": f"copy {kind}"}
    found: dict[str, dict[str, float]] = {}
    for _ in range(1 if short else 3):
        for name, way in ways.items():
            one = run(way, rows, tmp_path / "out", settings)
            best = found.setdefault(name, one)
            found[name] = {key: min(best[key], one[key]) for key in one}
    over = found[OURS]["peak"] - found["drain alone"]["peak"]
    peaks = ", ".join(f"{name} {each['peak']:.0f}" for name, each in found.items())
    seconds = {name: each["cpu"] for name, each in found.items()}
    notes = {"peak MiB:": peaks, "over the drain:": f"{over:+.0f} MiB"}
    case = f"DuckDB SELECT → {kind}" + (", memory_limit 100MB" if limited else "")
    record(Comparison("memory", case, f"{rows:,} rows", seconds, notes=notes))
    assert over <= OVER_DRAIN[kind], peaks
    if limited and kind != "parquet":
        assert found[OURS]["peak"] < 250, peaks
