"""Parameters: read by the declared type, and every refusal names the spec's line."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import dli_fast
import pytest

from dli_core.errors import DLIError, ErrorCode
from dli_core.models.spec import Parameter, SqlSpec
from dli_core.render.parameters import Typed, ad_hoc, read_options, resolve
from dli_core.render.values import TYPES, example, read
from dli_core.specs.find import SpecFile
from dli_core.specs.load import load_spec


def parameter(**fields: Any) -> Parameter:
    return Parameter(**{"name": "p", **fields})


def value(given: object, **fields: Any) -> object:
    return resolve([parameter(**fields)], {"p": given}).template["p"]


def refusal(given: object, **fields: Any) -> dict[str, Any]:
    with pytest.raises(DLIError) as caught:
        value(given, **fields)
    assert caught.value.code is ErrorCode.PARAMETER_INVALID
    return caught.value.details


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("string", "", ""),
        ("string", "null", "null"),
        ("integer", "-7", -7),
        ("integer", "1" * 38, int("1" * 38)),
        ("float", "1e3", 1000.0),
        ("decimal", "12.50", Decimal("12.50")),
        ("boolean", "TRUE", True),
        ("date", "2024-02-29", date(2024, 2, 29)),
        ("timestamp", "2025-01-31 10:20:30", datetime(2025, 1, 31, 10, 20, 30)),
        ("identifier", "a.b_c.d$", dli_fast.Identifier("a", "b_c", "d$")),
        ("list[integer]", "[1, 2]", [1, 2]),
        ("list[integer]", "3", [3]),
        ("list[string]", '["a", "b,c"]', ["a", "b,c"]),
        ("list[decimal]", "[0.1]", [Decimal("0.1")]),
        ("list[date]", '["2025-01-31"]', [date(2025, 1, 31)]),
    ],
)
def test_text_is_read_by_the_declared_type(kind: str, text: str, expected: object):
    assert value(text, type=kind) == expected


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        ("integer", "1.0"),
        ("integer", "١"),
        ("integer", True),
        ("integer", 1.5),
        ("integer", 2**127),
        ("float", "one"),
        ("decimal", "1e5"),
        ("decimal", "NaN"),
        ("boolean", "yes"),
        ("boolean", 1),
        ("date", "2025-02-30"),
        ("date", "20250131"),
        ("date", datetime(2025, 1, 31)),
        ("timestamp", "yesterday"),
        ("identifier", "t; DROP TABLE x"),
        ("identifier", "a..b"),
        ("identifier", ""),
        ("list[integer]", "[1, null]"),
        ("list[integer]", "[1, 'a']"),
        ("list[integer]", "[1"),
        ("list[string]", 5),
    ],
)
def test_a_value_of_another_type_is_refused(kind: str, wrong: object):
    details = refusal(wrong, type=kind)
    assert details["reason"] == "type"
    assert details["example"]
    assert not isinstance(wrong, str) or len(wrong) < 4 or wrong not in details.get("problem", "")
    assert not isinstance(wrong, str) or details["value"] == wrong


@pytest.mark.parametrize("hidden", ["secret", "pii"])
def test_a_value_that_nobody_may_see_is_refused_without_showing_it(hidden: str):
    assert "hunter2" not in str(refusal("hunter2", type="date", **{hidden: True}))
    assert "hunter2" not in str(refusal("hunter2", allowed=["a", "b"], **{hidden: True}))


@pytest.mark.parametrize("kind", TYPES)
def test_the_example_of_a_type_is_of_that_type(kind: str):
    for name in (kind, f"list[{kind}]"):
        assert value(example(name), type=name) is not None


def test_python_values_pass_as_they_are():
    assert value(date(2025, 1, 31), type="date") == date(2025, 1, 31)
    assert value(date(2025, 1, 31), type="timestamp") == datetime(2025, 1, 31)
    assert value((1, 2), type="list[integer]") == [1, 2]
    assert value(0.1, type="decimal") == Decimal("0.1")


def test_a_parameter_without_default_must_be_given():
    with pytest.raises(DLIError) as caught:
        resolve([parameter(type="date")], {})
    assert caught.value.details["reason"] == "missing"


def test_required_false_without_default_is_null():
    assert resolve([parameter(required=False)], {}).template == {"p": None}


def test_null_is_refused_where_a_value_is_required():
    assert refusal(None)["reason"] == "null"
    assert value(None, required=False) is None


def test_an_empty_list_is_refused():
    assert refusal([], type="list[string]")["reason"] == "empty_list"


def test_only_allowed_values_pass():
    assert value("b", allowed=["a", "b"]) == "b"
    assert refusal("c", allowed=["a", "b"])["reason"] == "not_allowed"
    assert value(["1", "2"], type="list[integer]", allowed=[1, 2, 3]) == [1, 2]
    assert refusal(["1", "9"], type="list[integer]", allowed=[1, 2, 3])["reason"] == "not_allowed"


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(DLIError) as caught:
        resolve([parameter(name="carrier", required=False)], {"carier": "UA"})
    assert caught.value.code is ErrorCode.PARAMETER_NOT_FOUND
    assert caught.value.details["candidate"] == "carrier"


def test_defaults_of_the_context_are_ignored_where_undeclared():
    values = resolve([parameter(type="integer")], {}, {"p": 3, "project": "gcp"})
    assert values.template == {"p": 3}


def test_secrets_are_wrapped_masked_and_hashed():
    values = resolve([parameter(secret=True)], {"p": "canary"})
    assert "canary" not in repr(values)
    assert values.shown == {"p": "***"}
    assert values.receipt["p"].startswith("sha256:")


def test_personal_values_are_masked_where_they_are_shown():
    values = resolve([parameter(pii=True)], {"p": "Kim"})
    assert values.shown == {"p": "***"}


def test_options_are_read_as_written():
    options = ["a=1", "b:null", "c=", "d=x=y", "n:integer=3", "l=1", "l=2"]
    assert read_options(options) == {
        "a": "1", "b": None, "c": "", "d": "x=y", "n": Typed("integer", "3"), "l": ["1", "2"],
    }  # fmt: skip


def test_a_repeated_typed_option_is_a_list_of_that_type():
    assert ad_hoc(read_options(["n:integer=3", "n:integer=4"])).template == {"n": [3, 4]}


@pytest.mark.parametrize("option", ["a", "=1", "a b=1", "a:int=1", "1a=2", "a:nul"])
def test_a_malformed_option_is_refused(option: str):
    with pytest.raises(DLIError) as caught:
        read_options([option])
    assert caught.value.code is ErrorCode.PARAMETER_INVALID


def test_every_error_names_the_line_of_the_spec(tmp_path: Path):
    path = tmp_path / "dataset.x.yaml"
    path.write_text(
        "name: a.b.c\nquery_statement: SELECT 1\nparameters:\n"
        "  - name: day\n    type: date\n  - name: n\n    type: integer\n    default: many\n"
    )
    spec = load_spec(SpecFile("dataset", path), tmp_path)
    assert isinstance(spec, SqlSpec)
    with pytest.raises(DLIError) as missing:
        resolve(spec.parameters, {}, None, spec.source)
    assert (missing.value.details["path"], missing.value.details["line"]) == ("dataset.x.yaml", 4)
    with pytest.raises(DLIError) as default:
        resolve(spec.parameters, {"day": "2025-01-31"}, None, spec.source)
    assert (default.value.details["line"], default.value.details["column"]) == (8, 5)


def test_null_stays_null_for_every_type():
    assert read(None, "list[date]") is None
