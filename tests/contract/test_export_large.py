"""Results larger than memory should be: DuckDB sorts and joins within its own limit, the export adds little."""

from __future__ import annotations

from pathlib import Path

import pytest

from dli import ExecutionContext, SqlAPI

ROWS = 20_000_000
SQL = (
    f"""SELECT a.i, b.i * 2 AS twice FROM range({ROWS}) a(i) JOIN range({ROWS}) b(i) ON a.i = b.i ORDER BY hash(a.i)"""
)


@pytest.mark.slow
@pytest.mark.parametrize("settings", ["{}", "{memory_limit: 500MB, threads: 2}"], ids=["free", "limited"])
def test_a_join_and_sort_of_twenty_million_rows_is_exported_whole(tmp_path: Path, settings: str):
    (tmp_path / "dli.yaml").write_text(f"local: {{duckdb: {{settings: {settings}}}}}\n")
    path = tmp_path / "out.csv"
    done = SqlAPI(ExecutionContext(project_path=tmp_path)).export(SQL, path)
    assert done.rows == ROWS
    total, lines = 0, 0
    with path.open("rb") as file:
        assert next(file) == b"i,twice\n"
        for line in file:
            lines += 1
            total += int(line[: line.index(b",")])
    path.unlink()
    assert (lines, total) == (ROWS, ROWS * (ROWS - 1) // 2)
