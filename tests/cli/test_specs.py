"""`list`, `get` and `validate` of datasets and metrics."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

GOOD = "name: a.b.good\nowner: me\ndescription: |\n  The first line.\n  The second.\nquery_statement: SELECT 1 AS x\n"
BROKEN = "name: a.b.broken\nnmae: x\nquery_statement: SELECT 1\n"


@pytest.mark.parametrize("kind", ["dataset", "metric"])
def test_a_listing_reads_as_in_its_snapshot(dli, flights: Path, snapshot, kind: str):
    done = dli(kind, "list", cwd=flights)
    assert (done.code, done.err) == (0, "")
    snapshot(f"{kind}-list", done.out)


def test_a_listing_as_json(dli, flights: Path):
    found = json.loads(dli("dataset", "list", "--format", "json", cwd=flights).out)
    assert [spec["name"] for spec in found] == [
        "flights.main.all_flights", "flights.main.daily_summary", "flights.main.departures",
    ]  # fmt: skip
    assert found[2] == {
        "name": "flights.main.departures",
        "query_type": "SELECT",
        "description": "Departures of one day, with the airline's name.",
        "owner": "data@example.com",
        "team": "flights",
        "domains": [],
        "tags": ["daily"],
        "path": "datasets/dataset.departures.yaml",
    }


def test_an_empty_project_lists_nothing_and_says_what_to_do(dli, project: Path):
    done = dli("dataset", "list", cwd=project)
    assert (done.code, done.out) == (0, "")
    assert "dataset.NAME.yaml" in done.err
    assert dli("dataset", "list", "--format", "json", cwd=project).out == "[]\n"


def test_a_broken_file_hides_no_other(dli, spec, project: Path):
    spec("dataset.good.yaml", GOOD)
    spec("dataset.broken.yaml", BROKEN)
    done = dli("dataset", "list", cwd=project)
    assert done.code == 0
    assert done.out.splitlines()[1].split() == ["a.b.good", "SELECT", "me", "The", "first", "line."]
    assert "dataset.broken.yaml:2:1: error: unknown key 'nmae', did you mean 'name'? (DLI-202)" in done.err
    assert done.err.splitlines()[-1] == "Warning: 1 file could not be read and is not listed."
    assert dli("dataset", "run", "good", cwd=project).out == "x\n1\n"


def test_a_broken_spec_raises_its_own_problems(dli, spec, project: Path):
    spec("dataset.broken.yaml", BROKEN)
    done = dli("dataset", "run", "broken", cwd=project)
    assert done.code == 2
    assert done.err.startswith("[DLI-202]")
    assert "2 | nmae: x" in done.err


@pytest.mark.parametrize(
    ("kind", "name"), [("dataset", "departures"), ("dataset", "daily_summary"), ("metric", "punctuality")]
)
def test_a_spec_reads_as_in_its_snapshot(dli, flights: Path, snapshot, kind: str, name: str):
    done = dli(kind, "get", name, cwd=flights)
    assert (done.code, done.err) == (0, "")
    assert max(map(len, done.out.splitlines())) <= 80
    snapshot(f"{kind}-get-{name}", done.out)


def test_a_spec_as_json_has_its_file_and_its_defaults(dli, flights: Path):
    found = json.loads(dli("dataset", "get", "departures", "--format", "json", cwd=flights).out)
    assert found["path"] == "datasets/dataset.departures.yaml"
    assert found["query_file"] == "departures.sql"
    assert [parameter["name"] for parameter in found["parameters"]] == ["date", "carrier", "origins", "min_delay"]
    assert "schema" in found


def test_a_secret_default_is_never_shown(dli, spec, project: Path):
    spec(
        "dataset.s.yaml",
        "name: a.b.s\nquery_statement: SELECT {{ key }} AS x\n"
        "parameters: [{name: key, secret: true, default: hunter2}]\n",
    )
    for words in ([], ["--format", "json"]):
        done = dli("dataset", "get", "s", *words, cwd=project)
        assert done.code == 0
        assert "hunter2" not in done.out + done.err
        assert "***" in done.out


def test_an_unknown_name_gets_the_nearest(dli, flights: Path):
    done = dli("dataset", "get", "depatures", cwd=flights)
    assert done.code == 2
    assert "Did you mean 'flights.main.departures'?" in done.err


def test_a_metric_is_no_dataset(dli, flights: Path):
    done = dli("dataset", "get", "flights.main.punctuality", cwd=flights)
    assert done.code == 2
    assert done.err.startswith("[DLI-101]")
    assert "metric" in done.err


def test_a_valid_project_is_valid(dli, flights: Path):
    for kind, count in (("dataset", "3 datasets"), ("metric", "2 metrics")):
        done = dli(kind, "validate", cwd=flights)
        assert (done.code, done.out, done.err) == (0, "", f"✓ {count} checked: no errors\n")


def test_every_finding_has_its_place(dli, spec, project: Path, snapshot):
    spec("dataset.good.yaml", GOOD)
    spec("dataset.broken.yaml", BROKEN + "owner: 12\n")
    spec("dataset.file.yaml", "name: a.b.file\nquery_file: nowhere.sql\n")
    spec(
        "dataset.raw.yaml",
        "name: a.b.raw\nquery_statement: SELECT {{ a | raw }}\nparameters: [{name: a}, {name: unused}]\n",
    )
    spec("dataset.twice.yaml", GOOD)
    done = dli("dataset", "validate", cwd=project)
    assert done.code == 2
    snapshot("validate", done.out + done.err)
    found = json.loads(dli("dataset", "validate", "--format", "json", cwd=project).out)
    assert found["valid"] is False
    assert len(found["findings"]) == len(done.out.splitlines())


def test_only_the_named_specs_are_checked(dli, spec, project: Path):
    spec("dataset.good.yaml", GOOD)
    spec("dataset.broken.yaml", BROKEN)
    assert dli("dataset", "validate", "good", cwd=project).code == 0
    assert dli("dataset", "validate", "good", "broken", cwd=project).code == 2
    missing = dli("dataset", "validate", "nobody", cwd=project)
    assert (missing.code, missing.out) == (2, "")
    assert missing.err.startswith("[DLI-101]")


def test_warnings_alone_are_no_failure(dli, spec, project: Path):
    spec(
        "dataset.raw.yaml",
        "name: a.b.raw\nquery_statement: SELECT {{ a | raw }} AS x\nparameters: [{name: a, default: '1'}]\n",
    )
    done = dli("dataset", "validate", cwd=project)
    assert done.code == 0
    assert "warning: " in done.out
    assert done.err == "✓ 1 dataset checked: no errors, 1 warning\n"


def test_hostile_text_in_a_spec_commands_no_terminal(dli, spec, project: Path):
    spec("dataset.e.yaml", 'name: a.b.e\nowner: "\\e[31mred"\ndescription: "\\e]0;x\\a"\nquery_statement: SELECT 1\n')
    for words in (["list"], ["get", "e"], ["validate"]):
        done = dli("dataset", *words, cwd=project)
        assert done.code == 0
        assert "\x1b" not in done.out + done.err
