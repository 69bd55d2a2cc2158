"""What CONTRIBUTING promises a newcomer: one row is enough, and everything above it follows. For engines: test_engines.py."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dli import DatasetAPI, ExecutionContext, MockExecutor, QueryResult
from dli.testing import make_project
from dli_core.errors import DLIError, ErrorCode, error
from dli_core.errors.text import explain
from dli_core.export import formats

SPEC = {"dataset.a.yaml": "name: a.b.c\nquery_statement: SELECT 1 AS n\n"}


def tally(stream, fd, options, progress):
    """A format that writes how many rows there are: CSV decides, into the void."""
    with Path(os.devnull).open("wb") as void:
        written = formats.FORMATS["csv"].write(stream, void.fileno(), options, progress)
    os.write(fd, f"{written.rows}\n".encode())
    return written


def test_a_row_is_all_that_an_output_format_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(formats.FORMATS, "tally", formats.Format((".tally",), tally))
    api = DatasetAPI(
        ExecutionContext(project_path=make_project(tmp_path, SPEC)),
        executor=MockExecutor(QueryResult(rows=[{"n": 1}, {"n": 2}])),
    )
    done = api.export("a.b.c", tmp_path / "out.tally")
    assert (done.format, (tmp_path / "out.tally").read_text()) == ("tally", "2\n")


def test_every_code_of_the_table_can_be_raised_and_explained():
    for code in ErrorCode:
        assert isinstance(error(code), DLIError)
        assert explain(code, "en").text
        assert explain(code, "ko").text
