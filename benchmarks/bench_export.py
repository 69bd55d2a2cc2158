"""Arrow → CSV and NDJSON: DLI's writers against each library's own, on the same frame, to a new file each time.

No peer hashes what it writes, so ours does not either; what the hash of a receipt adds stands in the row too.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable
from pathlib import Path

import dli_fast
import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.csv
import pytest
from conftest import Compare
from data import columns, flights, lineitem, mixed

Way = Callable[[], object]


def ours_csv(frame: pl.DataFrame, path: Path, *, sha256: bool = False) -> dli_fast.Written:
    with path.open("wb") as out:
        return dli_fast.write_csv(frame, out.fileno(), sha256=sha256)


def ours_json(frame: pl.DataFrame, path: Path, *, sha256: bool = False) -> dli_fast.Written:
    with path.open("wb") as out:
        return dli_fast.write_json(frame, out.fileno(), lines=True, sha256=sha256)


def polars_csv(frame: pl.DataFrame, path: Path) -> None:
    """Polars with the policies that the two share: T between date and time, digits of the unit."""
    frame.write_csv(path, datetime_format="%Y-%m-%dT%H:%M:%S%.6f")


def csv_module(frame: pl.DataFrame, path: Path) -> None:
    with path.open("w", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(frame.columns)
        writer.writerows(frame.iter_rows())


def duckdb_copy(frame: pl.DataFrame, path: Path, kind: str) -> None:
    with duckdb.connect() as connection:
        arrow = frame.to_arrow()  # noqa: F841 - DuckDB reads the variable
        connection.execute(f"COPY (SELECT * FROM arrow) TO '{path}' ({kind})")


def agree(mine: Path, theirs: Path) -> None:
    """The two files are equal, byte for byte: only then is their time compared."""
    assert mine.read_bytes() == theirs.read_bytes()


FRAMES: dict[str, Callable[[bool], pl.DataFrame]] = {
    "TPC-H lineitem": lambda short: pl.read_parquet(
        lineitem(0.05 if short else 1), n_rows=300_000 if short else 2_000_000
    ).rechunk(),
    "13 mixed columns": lambda short: duckdb.sql(mixed(300_000 if short else 2_000_000)).pl().rechunk(),
    "flights": lambda _: pl.read_parquet(flights()).rechunk(),
}


@pytest.fixture(scope="module", params=list(FRAMES))
def table(request: pytest.FixtureRequest) -> tuple[str, pl.DataFrame]:
    """What is exported, and its name."""
    return request.param, FRAMES[request.param](bool(request.config.getoption("--short")))


def emptied(folder: Path) -> Callable[[], None]:
    """Remove the files of the last round, which nobody's time should hold."""

    def remove() -> None:
        for path in folder.iterdir():
            path.unlink()

    return remove


def test_csv(table: tuple[str, pl.DataFrame], compare: Compare, tmp_path: Path) -> None:
    name, frame = table
    if name != "flights":  # its time stamps have a zone, which Polars writes in its own way
        ours_csv(frame, tmp_path / "a")
        polars_csv(frame, tmp_path / "b")
        agree(tmp_path / "a", tmp_path / "b")
    arrow = _no_views(frame.to_arrow())
    ways: dict[str, Way] = {
        "dli": lambda: ours_csv(frame, tmp_path / "a"),
        "dli with sha256": lambda: ours_csv(frame, tmp_path / "a", sha256=True),
        "polars": lambda: polars_csv(frame, tmp_path / "b"),
        "pyarrow": lambda: pa.csv.write_csv(arrow, tmp_path / "c"),
        "duckdb": lambda: duckdb_copy(frame, tmp_path / "d", "FORMAT csv, HEADER"),
    }
    if name == "flights":
        ways["csv module"] = lambda: csv_module(frame, tmp_path / "e")
    compare(f"{name} → CSV", f"{frame.height:,} rows", ways, before=emptied(tmp_path))


def test_ndjson(table: tuple[str, pl.DataFrame], compare: Compare, tmp_path: Path) -> None:
    name, frame = table
    compare(
        f"{name} → NDJSON",
        f"{frame.height:,} rows",
        {
            "dli": lambda: ours_json(frame, tmp_path / "a"),
            "dli with sha256": lambda: ours_json(frame, tmp_path / "a", sha256=True),
            "polars": lambda: frame.write_ndjson(tmp_path / "b"),
            "duckdb": lambda: duckdb_copy(frame, tmp_path / "d", "FORMAT json"),
        },
        before=emptied(tmp_path),
    )


@pytest.mark.parametrize("name", list(columns(10)))
def test_one_column(name: str, compare: Compare, short: bool) -> None:
    frame = columns(200_000 if short else 2_000_000)[name]
    null = os.open(os.devnull, os.O_WRONLY)
    try:
        mine, theirs = io.BytesIO(), io.BytesIO()
        dli_fast.write_csv(frame.head(5_000), mine)
        frame.head(5_000).write_csv(theirs, datetime_format="%Y-%m-%dT%H:%M:%S%.6f")
        assert mine.getvalue() == theirs.getvalue()
        compare(
            f"one column of {name} → CSV",
            f"{frame.height:,} values",
            {
                "dli": lambda: dli_fast.write_csv(frame, null, sha256=False),
                "polars": lambda: frame.write_csv(os.devnull, datetime_format="%Y-%m-%dT%H:%M:%S%.6f"),
            },
        )
    finally:
        os.close(null)


def _no_views(table: pa.Table) -> pa.Table:
    """Strings instead of string views, which the CSV writer of pyarrow does not know."""
    fields = [f.with_type(pa.string()) if pa.types.is_string_view(f.type) else f for f in table.schema]
    return table.cast(pa.schema(fields))
