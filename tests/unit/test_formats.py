"""One row a format: its names are its own, and what it says of itself is what its writer does."""

from __future__ import annotations

import os
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import dli_fast
import pytest

from dli_core.export.formats import FORMATS
from dli_core.export.options import SUFFIXES, ExportOptions, export_options

# For each option of a format, a value that changes the bytes of ROWS.
CHANGES: dict[str, Any] = {
    "delimiter": ";",
    "header": False,
    "null": "NULL",
    "bom": True,
    "safe": True,
    "numbers": "string",
    "binary": "hex",
    "utf8": None,  # only for bytes that are no text: DuckDB and Python have none
    "control": None,  # only ends the export
    "nan": None,  # only ends the export
}
ROWS = dli_fast.from_rows([{"n": 1, "text": "=1+1", "none": None, "bytes": b"\xff", "big": 2**60}])


def written(folder: Path, options: ExportOptions) -> bytes:
    path = folder / "out"
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    try:
        result = FORMATS[options.format].write(ROWS, fd, options, None)
    finally:
        os.close(fd)
    data = path.read_bytes()
    assert (result.rows, result.drained, result.bytes) == (1, 1, len(data))
    return data


def test_every_suffix_means_one_format():
    suffixes = [suffix for row in FORMATS.values() for suffix in row.suffixes]
    assert len(suffixes) == len(set(suffixes))
    assert not set(suffixes) & set(SUFFIXES)
    assert all(suffix.startswith(".") and suffix == suffix.lower() for suffix in suffixes)


@pytest.mark.parametrize("name", FORMATS)
def test_its_own_suffixes_choose_it(name: str):
    for suffix in FORMATS[name].suffixes:
        settled = export_options(Path(f"out{suffix}"))
        assert (settled.format, settled.compression) == (name, FORMATS[name].compressions[0])


@pytest.mark.parametrize("name", FORMATS)
def test_its_options_are_fields_that_change_its_bytes(name: str, tmp_path: Path):
    plain = written(tmp_path, ExportOptions(format=name))
    assert FORMATS[name].options <= {field.name for field in fields(ExportOptions)}
    for option in FORMATS[name].options:
        if CHANGES[option] is not None:
            changed = replace(ExportOptions(format=name), **{option: CHANGES[option]})
            assert written(tmp_path, changed) != plain, option


@pytest.mark.parametrize("name", FORMATS)
def test_its_compressions_change_its_bytes(name: str, tmp_path: Path):
    seen = {written(tmp_path, ExportOptions(format=name, compression=kind)) for kind in FORMATS[name].compressions}
    assert len(seen) == len(FORMATS[name].compressions)


@pytest.mark.parametrize("name", FORMATS)
def test_equal_rows_give_equal_bytes(name: str, tmp_path: Path):
    for kind in FORMATS[name].compressions:
        options = ExportOptions(format=name, compression=kind)
        assert written(tmp_path, options) == written(tmp_path, options)
