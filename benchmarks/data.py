"""Inputs, made once per machine and kept outside of the checkout.

TPC-H by `tpchgen-cli`; the flights of examples/flights; one column per type; spec files; templates.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import polars as pl

ROOT = Path(__file__).resolve().parent.parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dli-bench"


def lineitem(scale: float) -> Path:
    """TPC-H lineitem as Parquet; scale 1 is 6,001,215 rows of 16 columns."""
    folder = CACHE / f"tpch-{scale:g}"
    target = folder / "lineitem.parquet"
    if not target.exists():
        scratch = folder.with_suffix(f".{os.getpid()}")
        scratch.mkdir(parents=True)
        tool = Path(sys.executable).parent / "tpchgen-cli"
        subprocess.run(
            [str(tool), "parquet", "-s", f"{scale:g}", "--tables", "lineitem", "--output-dir", str(scratch)], check=True
        )
        folder.mkdir(exist_ok=True)
        shutil.move(next(scratch.rglob("lineitem*.parquet")), target)
        shutil.rmtree(scratch)
    return target


def flights() -> Path:
    """The flights table of the example project: 336,776 rows."""
    return ROOT / "examples" / "flights" / "data" / "flights.parquet"


def mixed(rows: int) -> str:
    """SQL of 13 mixed columns, about 140 bytes of Arrow a row."""
    return f"""
SELECT i AS id, (i * 2654435761) % 1000003 AS code, (i % 97)::INTEGER AS kind, i % 3 = 0 AS flag,
       ((i * 7919) % 10000000) / 100.0::DOUBLE AS price, sqrt(i + 0.5) AS measure,
       (((i * 104729) % 100000000) / 100)::DECIMAL(18, 2) AS amount,
       DATE '2000-01-01' + (i % 9000)::INTEGER AS day, TIMESTAMP '2020-01-01' + to_microseconds(i * 1000003) AS moment,
       CASE WHEN i % 10 = 7 THEN NULL ELSE 'name ' || (i % 5000) END AS name, lpad(i::VARCHAR, 10, 'x') AS key,
       'a longer text, with a comma now and then: ' || (i % 100000) AS comment, (i * 31) % 256 AS small
FROM range({rows}) AS numbers(i)
"""


def columns(rows: int) -> dict[str, pl.DataFrame]:
    """One frame of one column per type family, with every tenth value null."""
    index = pl.int_range(rows, eager=True)
    mixed = (index * 2654435761) % 1_000_003
    series = {
        "int64": mixed.cast(pl.Int64) - 500_000,
        "int64_19_digits": (index.cast(pl.Int64) * 999_999_937 + 1_000_000_000_000_000_000),
        "price": (mixed.cast(pl.Float64) / 100).round(2),
        "double": (mixed.cast(pl.Float64) + 0.5).sqrt() * 1.000000123,
        "boolean": mixed % 2 == 0,
        "date": (mixed % 20_000).cast(pl.Int32).cast(pl.Date),
        "timestamp_us": (mixed.cast(pl.Int64) * 1_000_003_000).cast(pl.Datetime("us")),
        "text10": mixed.cast(pl.String).str.pad_start(10, "x"),
        "text55": mixed.cast(pl.String).str.pad_start(55, "lorem, ipsum dolor "[0]),
        "decimal": mixed.cast(pl.Decimal(20, 4)),
    }
    keep = index % 10 != 7
    return {name: pl.DataFrame({name: pl.select(pl.when(keep).then(s)).to_series()}) for name, s in series.items()}
