"""JSON Schemas of the spec kinds, for editors.

DatasetSpec, MetricSpec, QualitySpec ─▶ pydantic ─▶ JSON Schema ─▶ `dli schema KIND`, `dli init`
"""

from __future__ import annotations

from typing import Any

from dli_core.specs.load import MODELS

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def kinds() -> list[str]:
    """The kinds that have a schema."""
    return list(MODELS)


def schema(kind: str) -> dict[str, Any]:
    """The JSON Schema of one kind of spec; keys as users write them."""
    found = MODELS[kind].model_json_schema(by_alias=True)
    found.pop("description", None)
    return {"$schema": DIALECT, **found, "title": f"{kind}.*.yaml"}
