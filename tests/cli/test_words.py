"""`explain`, `version`, `schema`: what the program says of itself."""

from __future__ import annotations

import json

import pytest

from dli_core.errors import ErrorCode


@pytest.mark.parametrize("name", ["DLI-403", "dli-403", "403", "EXECUTION_CONNECTION", "execution_connection"])
def test_a_code_is_explained_by_any_of_its_names(dli, name: str):
    done = dli("explain", name)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("[DLI-403]")
    assert "Exit code 3" in done.out


def test_an_explanation_is_korean_for_who_reads_korean(dli):
    done = dli("explain", "403", env={"DLI_LANG": "ko"})
    assert done.out.startswith("[DLI-403]")
    assert "종료 코드 3" in done.out


def test_every_code_is_listed(dli):
    lines = dli("explain").out.splitlines()
    assert [line.split()[0] for line in lines[1:]] == [code.value for code in ErrorCode]
    found = json.loads(dli("explain", "--format", "json").out)
    assert {row["code"]: row["exit_code"] for row in found} == {code.value: code.exit_code for code in ErrorCode}


def test_one_code_as_json(dli):
    found = json.loads(dli("explain", "405", "--format", "json").out)
    assert found["name"] == "EXECUTION_QUERY"
    assert found["exit_code"] == 1
    assert found["text"]


def test_the_versions_are_those_that_run(dli):
    found = json.loads(dli("version", "--format", "json").out)
    assert found["dli-cli"] == found["dli-core"] == found["dli-sdk"] == found["dli-fast"]
    assert {"duckdb", "python", "platform", "dli-fast build"} <= set(found)
    lines = dli("version").out.splitlines()
    assert lines[0].split() == ["dli-cli", found["dli-cli"]]


@pytest.mark.parametrize("kind", ["dataset", "metric", "quality"])
def test_a_schema_names_the_keys_as_users_write_them(dli, kind: str):
    found = json.loads(dli("schema", kind).out)
    assert found["$schema"].startswith("https://json-schema.org/")
    assert "name" in found["properties"]
    assert ("schema" in found["properties"]) == (kind != "quality")
    assert "schema_" not in found["properties"]
    assert found["additionalProperties"] is False
