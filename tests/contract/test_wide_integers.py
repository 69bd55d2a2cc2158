"""DuckDB's HUGEINT has up to 39 digits, an Arrow decimal 38: texts have them all, Parquet and Arrow say where one is."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest

from dli import SqlAPI
from dli_core.errors import DLIError, ErrorCode

LARGEST, SMALLEST = 2**127 - 1, -(2**127)
IN_38 = 10**38 - 1
SQL = f"SELECT 1 AS n, x FROM (VALUES ({IN_38}::HUGEINT), ({LARGEST}::HUGEINT), (({SMALLEST})::HUGEINT)) t(x)"


def test_csv_and_json_have_every_digit(tmp_path: Path):
    for name in ("out.csv", "out.json", "out.ndjson"):
        SqlAPI().export(SQL, tmp_path / name)
    rows = [*csv.DictReader((tmp_path / "out.csv").read_text().splitlines())]
    assert [int(row["x"]) for row in rows] == [IN_38, LARGEST, SMALLEST]
    assert [row["x"] for row in json.loads((tmp_path / "out.json").read_text())] == [IN_38, LARGEST, SMALLEST]
    lines = (tmp_path / "out.ndjson").read_text().splitlines()
    assert [json.loads(line)["x"] for line in lines] == [IN_38, LARGEST, SMALLEST]


@pytest.mark.parametrize("suffix", [".parquet", ".arrow"])
def test_files_of_columns_refuse_39_digits_and_name_column_and_row(suffix: str, tmp_path: Path):
    path = tmp_path / f"out{suffix}"
    path.write_bytes(b"old")
    with pytest.raises(DLIError) as caught:
        SqlAPI().export(SQL, path)
    assert caught.value.code is ErrorCode.OUTPUT_FAILED
    assert (caught.value.details["column_name"], caught.value.details["row"]) == ("x", 2)
    assert path.read_bytes() == b"old"


def test_a_cast_to_text_carries_them_into_parquet(tmp_path: Path):
    SqlAPI().export(f"SELECT x::VARCHAR AS x FROM ({SQL})", tmp_path / "out.parquet")
    assert pyarrow.parquet.read_table(tmp_path / "out.parquet")["x"].to_pylist() == [
        str(number) for number in (IN_38, LARGEST, SMALLEST)
    ]


def test_38_digits_are_a_decimal_in_parquet(tmp_path: Path):
    SqlAPI().export(f"SELECT x FROM ({SQL}) WHERE x = {IN_38}", tmp_path / "out.parquet")
    table = pyarrow.parquet.read_table(tmp_path / "out.parquet")
    assert table.schema.field("x").type == pa.decimal128(38, 0)
    assert [int(value) for value in table["x"].to_pylist()] == [IN_38]
