"""Arrow → CSV and NDJSON: DLI's writers against each library's own, on the same frame."""

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
from data import columns, flights, lineitem

Way = Callable[[], object]


def ours_csv(frame: pl.DataFrame, path: Path) -> dli_fast.Written:
    with path.open("wb") as out:
        return dli_fast.write_csv(frame, out.fileno())


def ours_json(frame: pl.DataFrame, path: Path) -> dli_fast.Written:
    with path.open("wb") as out:
        return dli_fast.write_json(frame, out.fileno(), lines=True)


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


@pytest.fixture(scope="module")
def mixed(request: pytest.FixtureRequest) -> pl.DataFrame:
    """TPC-H lineitem; decimals as doubles for the peers that would write them otherwise."""
    rows = 300_000 if request.config.getoption("--short") else 2_000_000
    return pl.read_parquet(lineitem(0.05 if rows < 10**6 else 1), n_rows=rows).rechunk()


def test_lineitem_csv(mixed: pl.DataFrame, compare: Compare, tmp_path: Path) -> None:
    ours_csv(mixed, tmp_path / "a")
    polars_csv(mixed, tmp_path / "b")
    agree(tmp_path / "a", tmp_path / "b")
    table = mixed.to_arrow()
    compare(
        "TPC-H lineitem → CSV",
        f"{mixed.height:,} rows",
        {
            "dli": lambda: ours_csv(mixed, tmp_path / "a"),
            "polars": lambda: polars_csv(mixed, tmp_path / "b"),
            "pyarrow": lambda: pa.csv.write_csv(_no_views(table), tmp_path / "c"),
            "duckdb": lambda: duckdb_copy(mixed, tmp_path / "d", "FORMAT csv, HEADER"),
        },
    )


def test_lineitem_ndjson(mixed: pl.DataFrame, compare: Compare, tmp_path: Path) -> None:
    compare(
        "TPC-H lineitem → NDJSON",
        f"{mixed.height:,} rows",
        {
            "dli": lambda: ours_json(mixed, tmp_path / "a"),
            "polars": lambda: mixed.write_ndjson(tmp_path / "b"),
            "duckdb": lambda: duckdb_copy(mixed, tmp_path / "d", "FORMAT json"),
        },
    )


def test_flights_csv(compare: Compare, tmp_path: Path) -> None:
    frame = pl.read_parquet(flights()).rechunk()
    compare(
        "flights → CSV",
        f"{frame.height:,} rows",
        {
            "dli": lambda: ours_csv(frame, tmp_path / "a"),
            "polars": lambda: frame.write_csv(tmp_path / "b"),
            "duckdb": lambda: duckdb_copy(frame, tmp_path / "d", "FORMAT csv, HEADER"),
            "csv module": lambda: csv_module(frame, tmp_path / "e"),
        },
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
                "dli": lambda: dli_fast.write_csv(frame, null),
                "polars": lambda: frame.write_csv(os.devnull, datetime_format="%Y-%m-%dT%H:%M:%S%.6f"),
            },
        )
    finally:
        os.close(null)


def _no_views(table: pa.Table) -> pa.Table:
    """Strings instead of string views, which the CSV writer of pyarrow does not know."""
    fields = [f.with_type(pa.string()) if pa.types.is_string_view(f.type) else f for f in table.schema]
    return table.cast(pa.schema(fields))
