"""Format and compression are settled once, before anything runs; what contradicts itself is refused."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from pathlib import Path
from typing import Any

import pytest

from dli_core.errors import DLIError, ErrorCode
from dli_core.export.options import ExportOptions, export_options


def refused(*args: Any, **fields: Any) -> dict[str, Any]:
    with pytest.raises(DLIError) as caught:
        export_options(*args, **fields) if args else ExportOptions(**fields)
    assert caught.value.code is ErrorCode.CONFIG_INVALID
    assert caught.value.exit_code == 2
    return caught.value.details


@pytest.mark.parametrize(
    ("name", "kind", "compression"),
    [
        ("out.csv", "csv", "none"),
        ("out.json", "json", "none"),
        ("out.ndjson", "ndjson", "none"),
        ("out.jsonl", "ndjson", "none"),
        ("OUT.CSV", "csv", "none"),
        ("out.csv.gz", "csv", "gzip"),
        ("out.JSON.GZ", "json", "gzip"),
        ("out.ndjson.zst", "ndjson", "zstd"),
        ("out.2025.01.31.json.zst", "json", "zstd"),
        ("out.json.csv", "csv", "none"),
        ("out", "csv", "none"),
        ("out.txt", "csv", "none"),
        ("out.2025", "csv", "none"),
        ("out.gz", "csv", "gzip"),
        (".csv", "csv", "none"),
        ("-", "csv", "none"),
        ("/dev/stdout", "csv", "none"),
        ("folder.parquet/out.csv", "csv", "none"),
    ],
)
def test_the_name_says_format_and_compression(name: str, kind: str, compression: str):
    settled = export_options(Path(name))
    assert (settled.format, settled.compression) == (kind, compression)


@pytest.mark.parametrize("name", ["out.csv", "out.parquet", "out.xlsx", "out", "out.ndjson"])
def test_a_format_that_was_said_beats_the_name(name: str):
    assert export_options(Path(name), format="json").format == "json"


def test_a_compression_that_was_said_needs_no_suffix():
    assert export_options(Path("out.csv"), compression="zstd").compression == "zstd"
    assert export_options(Path("out.csv.gz"), compression="gzip").compression == "gzip"
    assert export_options(Path("-"), compression="gzip").compression == "gzip"


@pytest.mark.parametrize(("name", "compression"), [("a.csv.gz", "none"), ("a.csv.gz", "zstd"), ("a.json.zst", "gzip")])
def test_a_compression_that_contradicts_the_name_is_refused(name: str, compression: str):
    details = refused(Path(name), compression=compression)
    assert (details["reason"], details["value"]) == ("compression_suffix", compression)


@pytest.mark.parametrize("name", ["out.parquet.gz", "out.arrow.zst"])
def test_a_format_that_packs_itself_has_no_packed_name(name: str):
    assert refused(Path(name))["reason"] == "compression_suffix"


def test_a_format_that_packs_itself_has_codecs_and_a_default_of_its_own():
    assert export_options(Path("out.parquet")).compression == "zstd"
    assert export_options(Path("out.parquet"), compression="snappy").compression == "snappy"
    assert export_options(Path("out.arrow"), compression="lz4").compression == "lz4"
    assert refused(Path("out.arrow"), compression="gzip")["reason"] == "compression"
    assert refused(Path("out.csv"), compression="snappy")["reason"] == "compression"


@pytest.mark.parametrize("name", ["out.xlsx", "out.csv.bz2", "out.orc", "out.sql.gz", "out.XLSX", "out.zip"])
def test_a_name_that_means_a_format_dli_does_not_write_is_refused(name: str):
    assert refused(Path(name))["reason"] == "suffix"


def test_an_unknown_format_or_compression_names_the_known_ones():
    assert "ndjson" in refused(Path("out.csv"), format="xml")["allowed"]
    assert "zstd" in refused(Path("out.csv"), compression="brotli")["allowed"]


def test_tsv_is_csv_with_tabs():
    assert export_options(Path("out.tsv")).delimiter == "\t"
    assert export_options(Path("out.tsv.gz"), delimiter=";").delimiter == ";"
    assert export_options(Path("out.tsv"), format="json").delimiter == ","


@pytest.mark.parametrize(
    "fields",
    [
        {"format": "json", "bom": True},
        {"format": "ndjson", "delimiter": ";"},
        {"format": "json", "null": "NULL"},
        {"format": "json", "safe": True},
        {"format": "csv", "numbers": "string"},
        {"format": "csv", "nan": "error"},
    ],
)
def test_an_option_of_another_format_is_refused(fields: dict[str, Any]):
    assert refused(**fields)["reason"] == "format_option"


def test_defaults_of_another_format_are_no_contradiction():
    assert ExportOptions(format="json", bom=False, delimiter=",", null="").format == "json"


@pytest.mark.parametrize(
    "fields",
    [
        {"delimiter": ""},
        {"delimiter": "ab"},
        {"delimiter": "é"},
        {"delimiter": '"'},
        {"delimiter": "\n"},
        {"delimiter": "1"},
        {"null": "a,b"},
        {"null": '"'},
        {"compression": "gzip", "level": 12},
        {"compression": "zstd", "level": -100},
        {"compression": "none", "level": 3},
        {"compression": "gzip", "level": 1 << 40},
        {"format": "json", "numbers": "rounded"},
        {"format": "json", "nan": "zero"},
        {"binary": "ascii"},
        {"utf8": "ignore"},
        {"null": None},
    ],
)
def test_a_value_the_writer_would_not_take_is_refused_before_anything_runs(fields: dict[str, Any]):
    details = refused(**fields)
    assert details["reason"] == "output_option"
    assert details["problem"]


@pytest.mark.parametrize("fields", [{"compression": "zstd", "level": 19}, {"delimiter": "\t"}, {"null": "NULL"}])
def test_a_value_that_the_writer_takes_is_taken(fields: dict[str, Any]):
    for name, value in fields.items():
        assert getattr(ExportOptions(**fields), name) == value


def test_options_are_frozen_and_checked_again_when_changed():
    options = ExportOptions(format="json")
    with pytest.raises(FrozenInstanceError):
        options.format = "csv"  # type: ignore[misc]
    with pytest.raises(DLIError):
        replace(options, bom=True)
