"""What a result holds as JSON is JSON in a file of JSON, wherever the column has it; elsewhere it is its text."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pyarrow.parquet
import pytest

from dli import SqlAPI
from dli_core.export.options import ExportOptions

SQL = """SELECT '{"b": [1, 2.50], "a": null}'::JSON AS j, ['1'::JSON, '"x"'::JSON] AS l, {'k': '{"d": true}'::JSON} AS s,
  MAP {'m': '[0]'::JSON} AS m, '[1]' AS plain, NULL::JSON AS nothing, UNION_VALUE(u := '{"v": 1}'::JSON) AS u"""


@pytest.mark.parametrize("name", ["out.json", "out.ndjson"])
def test_json_is_embedded(name: str, tmp_path: Path):
    SqlAPI().export(SQL, tmp_path / name)
    text = (tmp_path / name).read_text()
    assert '"j":{"b":[1,2.50],"a":null}' in text
    found = json.loads(text)
    (row,) = found if isinstance(found, list) else [found]
    assert row == {
        "j": {"b": [1, 2.5], "a": None},
        "l": [1, "x"],
        "s": {"k": {"d": True}},
        "m": {"m": [0]},
        "plain": "[1]",
        "nothing": None,
        "u": {"v": 1},
    }


def test_csv_and_rows_keep_the_text(tmp_path: Path):
    SqlAPI().export(SQL, tmp_path / "out.csv")
    (row,) = csv.DictReader((tmp_path / "out.csv").read_text().splitlines())
    assert row["j"] == '{"b": [1, 2.50], "a": null}'
    assert row["s"] == '{"k":{"d":true}}'
    result = SqlAPI().run(SQL.rpartition(", UNION")[0])
    assert result.data[0]["j"] == '{"b": [1, 2.50], "a": null}'
    assert result.to_polars()["j"].to_list() == ['{"b": [1, 2.50], "a": null}']


def test_parquet_knows_what_is_json(tmp_path: Path):
    SqlAPI().export("SELECT '[1]'::JSON AS j, '[1]' AS plain", tmp_path / "out.parquet")
    schema = pyarrow.parquet.read_schema(tmp_path / "out.parquet")
    assert [str(schema.field(name).type) for name in ("j", "plain")] == ["extension<arrow.json>", "string"]
    SqlAPI().export(f"SELECT * FROM '{tmp_path}/out.parquet'", tmp_path / "again.json")
    assert json.loads((tmp_path / "again.json").read_text())[0]["plain"] == "[1]"


def test_text_that_is_no_json_is_quoted(tmp_path: Path):
    # DuckDB checks a cast to JSON, and no value that it was told is JSON already.
    (tmp_path / "in.csv").write_text("j\n{broken\n")
    sql = f"SELECT j::VARCHAR AS j FROM read_csv('{tmp_path}/in.csv', columns = {{'j': 'VARCHAR'}})"
    SqlAPI().export(sql, tmp_path / "out.json", options=ExportOptions(format="json"))
    assert json.loads((tmp_path / "out.json").read_text()) == [{"j": "{broken"}]
