"""JSON Schemas of the spec kinds, for editors: they complete keys, show what they mean, and mark what is wrong.

models ─▶ pydantic ─▶ + descriptions (the lines under the fields) + rules between keys ─▶ `dli schema KIND`, `dli init`

A schema accepts whatever the loader accepts. It refuses what JSON Schema can say: unknown keys, types, alternatives,
what each type of test needs; not names used twice, nor places that depend on other files.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Mapping
from functools import cache
from textwrap import dedent
from typing import Any, cast

from pydantic import BaseModel

from dli_core.models import quality_rules as tests
from dli_core.models.base import SpecModel
from dli_core.models.quality_rules import RULES, Check, Rule
from dli_core.models.spec import COLUMN_TYPES
from dli_core.specs.find import KINDS
from dli_core.specs.load import MODELS

DIALECT = "https://json-schema.org/draft/2020-12/schema"

Schema = dict[str, Any]


def json_schema(kind: str) -> Schema:
    """The JSON Schema (draft 2020-12) of one kind of spec: "dataset", "metric" or "quality"."""
    made = MODELS[kind].model_json_schema(by_alias=True)
    for part in [made, *made["$defs"].values()]:
        _tidy(part)
    blocks = _blocks(SpecModel)
    for name, definition in made["$defs"].items():
        if name in blocks:  # the others are enums
            _describe(definition, blocks[name])
        if name in _REFINED:
            _REFINED[name](definition)
    _describe(made, MODELS[kind])
    if "query_file" in made["properties"]:
        made["oneOf"] = [_has("query_file"), _has("query_statement")]
    return {"$schema": DIALECT, "title": f"{kind}.*.yaml", **made}


def json_schemas() -> dict[str, Schema]:
    """Every schema, by kind."""
    return {kind: json_schema(kind) for kind in KINDS}


def _tidy(part: Schema) -> None:
    """Without the titles that pydantic makes of names, which editors show above the descriptions, and without nulls."""
    part.pop("title", None)
    for item in part.get("properties", {}).values():
        item.pop("title", None)
        if item.get("default", 0) is None:
            del item["default"]


def _describe(part: Schema, model: type[BaseModel]) -> None:
    part["description"] = inspect.cleandoc(model.__doc__ or "").partition("\n")[0]
    told = {key: text for cls in reversed(model.__mro__) for key, text in _docs(cls).items()}
    for name, info in model.model_fields.items():
        # Beside a $ref other keywords count, in this draft: the line of the field tells more than that of its block.
        part["properties"][info.alias or name]["description"] = told[name]


@cache
def _docs(cls: type[Any]) -> Mapping[str, str]:
    """Name of a field → the line under it, of one class."""
    if not issubclass(cls, BaseModel) or not cls.__module__.startswith("dli_core."):
        return {}
    (body,) = cast("list[ast.ClassDef]", ast.parse(dedent(inspect.getsource(cls))).body)
    found: dict[str, str] = {}
    for field, line in zip(body.body, body.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(line, ast.Expr):
            found[field.target.id] = inspect.cleandoc(str(cast("ast.Constant", line.value).value))
    return found


def _blocks(base: type[SpecModel]) -> dict[str, type[SpecModel]]:
    """Every block of a spec by the name that pydantic gives it."""
    found = {base.__name__: base}
    for block in base.__subclasses__():
        found |= _blocks(block)
    return found


def _has(key: str) -> Schema:
    return {"required": [key], "properties": {key: {"type": "string"}}}


def _column(part: Schema) -> None:
    """Types in any case, decimals with their digits; the plain names are what editors complete."""
    plain = [name for name in COLUMN_TYPES if "(" not in name]
    any_case = ["".join(f"[{c.upper()}{c}]" for c in name) for name in [*plain, "decimal"]]
    decimal = any_case.pop() + r"\s*\(\s*\d{1,2}\s*,\s*\d{1,2}\s*\)"
    kind = part["properties"]["type"]
    kind.pop("type")
    pattern = f"^\\s*({'|'.join(any_case)}|{decimal})\\s*$"
    kind["anyOf"] = [{"enum": [*plain, "decimal(18,2)"]}, {"type": "string", "pattern": pattern}]


def _test(part: Schema) -> None:
    part["allOf"] = [_by_type(kind, rule) for kind, rule in RULES.items()]


def _by_type(kind: str, rule: Rule) -> Schema:
    """What one type of test needs."""
    params: Schema = {"properties": {key: _PARAMS[check] for key, check in rule.params.items()}}
    params["additionalProperties"] = False
    if rule.needs:
        params["required"] = [*rule.needs]
    if rule.bounds:
        params["anyOf"] = [{"required": ["min"]}, {"required": ["max"]}]
    then: Schema = {"properties": {"params": params, **_columns(rule)}}
    required = ["column"] if rule.columns == "one" else []
    required += ["params"] if rule.needs or rule.bounds else []
    if required:
        then["required"] = required
    if rule.columns == "some":
        then["oneOf"] = [_given("column"), _given("columns")]
    return {"if": {"properties": {"type": {"const": kind}}, "required": ["type"]}, "then": then}


def _columns(rule: Rule) -> Schema:
    absent = {"type": "null"}
    match rule.columns:
        case "one":
            return {"column": {"type": "string"}, "columns": absent}
        case "maybe":
            return {"columns": absent}
        case "none":
            return {"column": absent, "columns": absent}
        case "some":
            return {}


def _given(key: str) -> Schema:
    return {"required": [key], "properties": {key: {"not": {"type": "null"}}}}


_TEXT: Schema = {"type": "string", "pattern": r"\S"}
# The checks of params, as schemas.
_PARAMS: dict[Check, Schema] = {
    tests.wants_text: _TEXT,
    tests.wants_sql: _TEXT,
    tests.wants_bound: {"anyOf": [{"type": "number"}, _TEXT]},
    tests.wants_count: {"type": "integer", "minimum": 0},
    tests.wants_values: {"type": "array", "minItems": 1, "items": {"type": ["string", "number", "boolean"]}},
    tests.wants_age: {"type": "string", "pattern": f"^({tests.AGE.pattern})$"},
}
_REFINED: dict[str, Callable[[Schema], None]] = {"Column": _column, "QualityTest": _test}
