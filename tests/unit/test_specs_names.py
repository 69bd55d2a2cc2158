"""A name is one spec, whatever else the project holds; and only files that can hold it are parsed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import dli_fast
import pytest

from dli_core.config import resolve
from dli_core.errors import DLIError, ErrorCode
from dli_core.models.spec import Spec
from dli_core.run.local import LocalRunner
from dli_core.run.request import RunRequest
from dli_core.specs.load import load_project
from dli_core.specs.named import load_named
from dli_core.specs.names import Names
from dli_core.specs.select import select
from tests.support.specs import write


def spec(name: str) -> str:
    return f"name: {name}\nquery_statement: SELECT 1\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write(
        tmp_path,
        {
            "dli.yaml": "",
            "dataset.a.yaml": spec("sales.eu.orders"),
            "dataset.b.yaml": spec("sales.us.orders"),
            "dataset.c.yaml": spec("sales.eu.customers"),
            "metric.m.yaml": spec("sales.eu.revenue"),
            "dataset.broken.yaml": "name: sales.eu.returns\nquery_statement: 5\n",
            "dataset.torn.yaml": "description: 'x'\nname: sales.eu.refunds  # half\nquery_statement: [\n",
            "dataset.empty.yaml": "",
            "dataset.one.yaml": spec("sales.eu.twice"),
            "dataset.two.yaml": spec("sales.eu.twice"),
        },
    )


def answer(ask: Any) -> tuple[object, ...]:
    """What was found, or the error with all its details."""
    try:
        found: Spec = ask()
    except DLIError as problem:
        return problem.code, problem.details
    return found.name, found.source and found.source.relative


def by_name(root: Path, kind: str, name: str) -> tuple[object, ...]:
    """The answer of `load_named`, which is that of `select` over everything."""
    found = answer(lambda: load_named(root, kind, name))
    assert found == answer(lambda: select(load_project(root), kind, name))
    return found


@pytest.mark.parametrize("name", ["sales.eu.customers", "eu.customers", "customers"])
def test_the_last_parts_of_a_name_are_enough(root: Path, name: str):
    assert by_name(root, "dataset", name) == ("sales.eu.customers", "dataset.c.yaml")


@pytest.mark.parametrize(
    "name", ["ustomers", "u.customers", "sales.eu.customers.", ".customers", "", ".", "*", "Customers"]
)
def test_anything_but_whole_parts_is_no_name(root: Path, name: str):
    assert by_name(root, "dataset", name)[0] is ErrorCode.DATASET_NOT_FOUND


def test_a_short_name_of_several_lists_them(root: Path):
    code, details = by_name(root, "dataset", "orders")
    assert code is ErrorCode.DATASET_NOT_FOUND
    assert details == {"reason": "ambiguous", "name": "orders", "candidates": ["sales.eu.orders", "sales.us.orders"]}


def test_a_whole_name_wins_over_one_that_ends_like_it(tmp_path: Path):
    write(tmp_path, {"dataset.a.yaml": spec("a.b.c"), "dataset.b.yaml": spec("x-a.b.c")})
    assert by_name(tmp_path, "dataset", "a.b.c") == ("a.b.c", "dataset.a.yaml")
    assert by_name(tmp_path, "dataset", "b.c")[0] is ErrorCode.DATASET_NOT_FOUND


def test_an_unknown_name_tells_what_is_near(root: Path):
    _, details = by_name(root, "dataset", "sales.eu.custmers")
    assert isinstance(details, dict)
    assert details["candidates"][0] == "sales.eu.customers"
    assert details["known"] == 4


def test_the_name_of_another_kind_says_so(root: Path):
    _, details = by_name(root, "dataset", "sales.eu.revenue")
    assert isinstance(details, dict)
    assert (details["reason"], details["other"]) == ("other_kind", "metric")


def test_a_broken_spec_raises_its_own_problems(root: Path):
    code, details = by_name(root, "dataset", "returns")
    assert code is ErrorCode.SPEC_PARSE
    assert isinstance(details, dict)
    assert (details["path"], details["name"]) == ("dataset.broken.yaml", "sales.eu.returns")
    assert [p["message"] for p in details["problems"]] == ["'query_statement' wants text, not 5: put it in quotes"]


@pytest.mark.parametrize("name", ["refunds", "eu.refunds", "sales.eu.refunds"])
def test_a_file_that_is_no_yaml_is_known_by_the_name_it_holds(root: Path, name: str):
    code, details = by_name(root, "dataset", name)
    assert code is ErrorCode.SPEC_PARSE
    assert isinstance(details, dict)
    assert (details["path"], details["name"]) == ("dataset.torn.yaml", "sales.eu.refunds")


def test_a_file_without_a_name_is_known_by_that_of_the_file(root: Path):
    code, details = by_name(root, "dataset", "sales.eu.empty")
    assert code is ErrorCode.SPEC_PARSE
    assert isinstance(details, dict)
    assert details["path"] == "dataset.empty.yaml"


def test_a_name_that_two_files_define_is_refused_with_both_places(root: Path):
    code, details = by_name(root, "dataset", "twice")
    assert code is ErrorCode.SPEC_PARSE
    assert isinstance(details, dict)
    assert details["problems"] == [
        {
            "path": "dataset.two.yaml",
            "line": 1,
            "column": 7,
            "message": "'sales.eu.twice' is the name of another dataset already: dataset.one.yaml:1",
        }
    ]


def test_kinds_have_names_of_their_own(tmp_path: Path):
    write(tmp_path, {"dataset.a.yaml": spec("a.b.c"), "metric.a.yaml": spec("a.b.c")})
    assert by_name(tmp_path, "dataset", "c")[1] == "dataset.a.yaml"
    assert by_name(tmp_path, "metric", "c")[1] == "metric.a.yaml"


@pytest.mark.parametrize(
    "written", ['"a.b.\\x63ats"', '"a.b.\\u0063ats"', '"a.b.ca\\\n  ts"', "'a.b.cats'", "a.b.cats # c"]
)
def test_a_name_is_found_however_it_is_written(tmp_path: Path, written: str):
    write(tmp_path, {"dataset.q.yaml": f"query_file: x\nname: {written}\n"})
    assert by_name(tmp_path, "dataset", "cats")[0] == "a.b.cats"


def test_names_in_other_scripts_are_found(tmp_path: Path):
    write(tmp_path, {"dataset.q.yaml": spec("영업.매출.주문"), "dataset.r.yaml": spec("a.b.c")})
    assert by_name(tmp_path, "dataset", "주문")[0] == "영업.매출.주문"


def test_a_name_that_is_no_text_is_not_found(root: Path):
    assert by_name(root, "dataset", os.fsdecode(b"\xff\xfe"))[0] is ErrorCode.DATASET_NOT_FOUND


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The files that are parsed from here on."""
    seen: list[bytes] = []
    read = dli_fast.read_yaml

    def counted(data: bytes, **limits: int) -> object:
        seen.append(data)
        return read(data, **limits)

    monkeypatch.setattr(dli_fast, "read_yaml", counted)
    return seen


def many(root: Path) -> Path:
    return write(root, {"dli.yaml": "", **{f"dataset.d{n}.yaml": spec(f"a.b.number_{n}") for n in range(50)}})


def test_one_spec_is_loaded_without_parsing_the_others(tmp_path: Path, parsed: list[bytes]):
    assert load_named(many(tmp_path), "dataset", "number_42").name == "a.b.number_42"
    assert len(parsed) == 1


def test_a_run_parses_one_spec(tmp_path: Path, parsed: list[bytes]):
    runner = LocalRunner(resolve(project=many(tmp_path)))
    parsed.clear()
    runner.plan(RunRequest(kind="dataset", name="number_7"))
    assert parsed == [spec("a.b.number_7").encode()]


def test_ref_by_a_short_name_reads_the_names_when_it_is_called(tmp_path: Path, parsed: list[bytes]):
    many(tmp_path)
    text = "name: a.b.top\nquery_statement: SELECT * FROM {{ ref('number_3') }}, {{ ref('a.b.number_4') }}\n"
    write(
        tmp_path,
        {
            "dataset.top.yaml": text,
            "dataset.plain.yaml": text.replace("top", "plain").replace("'number_3", "'a.b.number_3"),
        },
    )
    runner = LocalRunner(resolve(project=tmp_path))
    parsed.clear()
    assert (
        runner.plan(RunRequest(kind="dataset", name="plain")).main.sql
        == 'SELECT * FROM "a"."b"."number_3", "a"."b"."number_4"'
    )
    assert len(parsed) == 1
    assert runner.plan(RunRequest(kind="dataset", name="top")).main.sql.endswith('"a"."b"."number_4"')
    assert len(parsed) > 50


def test_ad_hoc_sql_refers_to_datasets_by_their_short_names(tmp_path: Path):
    runner = LocalRunner(resolve(project=many(tmp_path)))
    plan = runner.plan(RunRequest(kind="sql", sql="SELECT * FROM {{ ref('number_3') }}"))
    assert plan.main.sql == 'SELECT * FROM "a"."b"."number_3"'


def test_an_unknown_ref_is_told_where_it_stands(tmp_path: Path):
    write(
        many(tmp_path), {"dataset.q.yaml": "name: a.b.q\nquery_statement: |\n  SELECT 1\n  FROM {{ ref('numbr_3') }}\n"}
    )
    with pytest.raises(DLIError) as caught:
        LocalRunner(resolve(project=tmp_path)).plan(RunRequest(kind="dataset", name="q"))
    details = caught.value.details
    assert (caught.value.code, details["reason"], details["name"]) == (ErrorCode.DATASET_NOT_FOUND, "ref", "numbr_3")
    assert (details["path"], details["line"]) == ("dataset.q.yaml", 4)
    assert details["excerpt"] == "  FROM {{ ref('numbr_3') }}"


def test_names_are_a_collection_that_is_read_once(tmp_path: Path, parsed: list[bytes]):
    names = Names(many(tmp_path), "dataset")
    assert not parsed
    assert "a.b.number_1" in names
    assert "number_1" not in names
    assert len(names) == len([*names]) == 50
    assert len(parsed) == 50
    assert not [*Names(None, "dataset")]


def test_a_broken_spec_is_still_one_that_others_refer_to(root: Path):
    write(
        root,
        {
            "dataset.top.yaml": "name: a.b.top\nquery_statement: SELECT * FROM {{ ref('returns') }}, {{ ref('refunds') }}\n"
        },
    )
    plan = LocalRunner(resolve(project=root)).plan(RunRequest(kind="dataset", name="top"))
    assert plan.main.sql == 'SELECT * FROM "sales"."eu"."returns", "sales"."eu"."refunds"'
    assert "sales.eu.returns" in load_project(root).names_of("dataset")
    assert "sales.eu.returns" not in load_project(root).names
