"""JSON Schemas: they accept what the loader accepts, and refuse what JSON Schema can say of the rest."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dli_fast
import pytest

from dli_core.models.spec import COLUMN_TYPES, PARAMETER_TYPES
from dli_core.specs.find import KINDS, find_specs
from dli_core.specs.load import MODELS
from dli_core.specs.schema import DIALECT, json_schema, json_schemas
from tests.support.json_schema import broken
from tests.support.specs import HEAD, QUALITY, load
from tests.unit.test_specs_fields import DATASET
from tests.unit.test_specs_quality import TESTS
from tests.unit.test_specs_refusals import ESSENTIALS, METRICS, UNKNOWN, WRONG

EXAMPLES = Path(__file__).parents[2] / "packages" / "dli-cli" / "src" / "dli_cli" / "examples"
SCHEMAS = json_schemas()


def faults(kind: str, text: str | bytes) -> list[str]:
    values, _ = dli_fast.read_yaml(text.encode() if isinstance(text, str) else text)
    return broken(SCHEMAS[kind], values)


def blocks(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield "the spec", schema
    yield from ((name, block) for name, block in schema["$defs"].items() if "properties" in block)


@pytest.mark.parametrize("kind", KINDS)
def test_a_schema_says_what_it_is(kind: str):
    schema = json_schema(kind)
    assert (schema["$schema"], schema["title"]) == (DIALECT, f"{kind}.*.yaml")
    assert schema["type"] == "object"
    assert json.loads(json.dumps(schema)) == schema
    assert json_schema(kind) == schema


@pytest.mark.parametrize("kind", KINDS)
def test_every_key_is_described_and_no_other_is_allowed(kind: str):
    for name, block in blocks(SCHEMAS[kind]):
        assert block["additionalProperties"] is False, name
        assert block["description"], name
        for key, field in block["properties"].items():
            assert field["description"].strip(), f"{name}.{key}"
            assert "title" not in field, f"{name}.{key}"


@pytest.mark.parametrize("kind", KINDS)
def test_a_schema_has_the_keys_of_the_model_as_users_write_them(kind: str):
    fields = MODELS[kind].model_fields
    assert set(SCHEMAS[kind]["properties"]) == {info.alias or name for name, info in fields.items()}
    assert "schema_" not in SCHEMAS[kind]["properties"]


def test_every_spec_of_the_examples_is_valid():
    files = find_specs(EXAMPLES)
    assert {file.kind for file in files} == set(KINDS)
    for file in files:
        assert faults(file.kind, file.path.read_bytes()) == [], file.path


def test_a_spec_with_every_field_is_valid():
    assert faults("dataset", DATASET) == []


# Of all refusals of the loader, those that JSON Schema does not make: they compare several places.
COMPARING = {
    "parameters declared twice",
    "columns declared twice",
    "types of columns",  # the last digit of decimal(2,3)
    "names of parameters",  # words of templates
    "a size",
}


@pytest.mark.parametrize("case", [*UNKNOWN, *(case for case in WRONG if case not in COMPARING)])
def test_what_the_loader_refuses_of_a_dataset_the_schema_refuses(case: str):
    text, _ = {**UNKNOWN, **WRONG}[case]
    assert faults("dataset", HEAD + text)


@pytest.mark.parametrize("text", [text for text in ESSENTIALS if "'a.b c.d'" not in text])
def test_a_name_and_one_query_are_needed_there_too(text: str):
    assert faults("dataset", text)


@pytest.mark.parametrize("text", [text for text in METRICS if "expression: x" not in text and "'*'" not in text])
def test_what_the_loader_refuses_of_a_metric_the_schema_refuses(text: str):
    assert faults("metric", HEAD + text)


@pytest.mark.parametrize("text", [text for text in TESTS if "max: 1}" not in text or "min" not in text])
def test_what_a_test_needs_the_schema_needs(text: str):
    assert faults("quality", f"{QUALITY}tests:\n  - {text}\n")


@pytest.mark.parametrize("text", ["{type: unique, columns: [a]}", "{type: row_count, params: {max: 5}}"])
def test_a_test_that_has_it_is_valid(text: str):
    assert faults("quality", f"{QUALITY}tests:\n  - {text}\n") == []


def test_types_are_completed_and_checked():
    column = SCHEMAS["dataset"]["$defs"]["Column"]["properties"]["type"]["anyOf"]
    assert column[0]["enum"] == [*(name for name in COLUMN_TYPES if "(" not in name), "decimal(18,2)"]
    parameter = SCHEMAS["dataset"]["$defs"]["Parameter"]["properties"]["type"]["enum"]
    assert parameter == [*PARAMETER_TYPES, *(f"list[{name}]" for name in PARAMETER_TYPES)]


@pytest.mark.parametrize("kind", ["BIGINT", "Decimal( 18, 2 )", "decimal(38,0)", "timestamp"])
def test_types_of_columns_are_accepted_as_the_loader_does(tmp_path: Path, kind: str):
    text = f'{HEAD}schema: [{{name: a, type: "{kind}"}}]\n'
    assert load(tmp_path, {"dataset.x.yaml": text}).problems == []
    assert faults("dataset", text) == []


def test_schemas_are_made_without_an_engine():
    code = "import dli_core.specs.schema, sys; dli_core.specs.schema.json_schemas(); print('duckdb' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
