"""As much of JSON Schema as the schemas of specs use: what a value breaks, as `path: keyword`.

A keyword that is not known here is an error, so that a schema cannot promise what nobody checks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}
NOTES = {"$schema", "$defs", "title", "description", "default", "then"}


def broken(schema: dict[str, Any], value: object) -> list[str]:
    """Everything that `value` breaks; empty when it is valid."""
    return [*_Check(schema).broken(schema, value, "$")]


def _is_one_of(rule: str | list[str], value: object) -> bool:
    names = [rule] if isinstance(rule, str) else rule
    return any(isinstance(value, TYPES[name]) and (name == "boolean" or not isinstance(value, bool)) for name in names)


def _is_number(value: object) -> bool:
    return _is_one_of("number", value)


# keyword → whether a value keeps it; one of another type keeps it always
SIMPLE: dict[str, Callable[[Any, Any], bool]] = {
    "type": _is_one_of,
    "enum": lambda rule, value: value in rule,
    "const": lambda rule, value: bool(value == rule),
    "required": lambda rule, value: not isinstance(value, dict) or set(rule) <= set(value),
    "minLength": lambda rule, value: not isinstance(value, str) or len(value) >= rule,
    "pattern": lambda rule, value: not isinstance(value, str) or re.search(rule, value) is not None,
    "minItems": lambda rule, value: not isinstance(value, list) or len(value) >= rule,
    "maxItems": lambda rule, value: not isinstance(value, list) or len(value) <= rule,
    "minimum": lambda rule, value: not _is_number(value) or value >= rule,
    "maximum": lambda rule, value: not _is_number(value) or value <= rule,
}


@dataclass(frozen=True)
class _Check:
    root: dict[str, Any]

    def broken(self, schema: dict[str, Any], value: Any, path: str) -> Iterator[str]:
        for keyword, rule in schema.items():
            if keyword in NOTES:
                continue
            if keyword in SIMPLE:
                kept = SIMPLE[keyword](rule, value)
            elif keyword in {"anyOf", "oneOf", "not"}:
                kept = self.combines(keyword, rule, value)
            else:
                yield from self.inside(keyword, schema, value, path)
                continue
            if not kept:
                yield f"{path}: {keyword}"

    def valid(self, schema: dict[str, Any], value: object) -> bool:
        return not [*self.broken(schema, value, "")]

    def combines(self, keyword: str, rule: Any, value: object) -> bool:
        if keyword == "not":
            return not self.valid(rule, value)
        count = sum(self.valid(part, value) for part in rule)
        return count == 1 if keyword == "oneOf" else count > 0

    def inside(self, keyword: str, schema: dict[str, Any], value: Any, path: str) -> Iterator[str]:
        rule, items = schema[keyword], value if isinstance(value, (dict, list)) else {}
        if keyword == "additionalProperties":
            for key in set(items) - set(schema.get("properties", {})) if isinstance(items, dict) else ():
                yield from [f"{path}.{key}: {keyword}"] if rule is False else []
                yield from self.broken(rule, items[key], f"{path}.{key}") if isinstance(rule, dict) else []
        for part, inner, place in self.parts(keyword, rule, schema, value):
            yield from self.broken(part, inner, f"{path}{place}")

    def parts(
        self, keyword: str, rule: Any, schema: dict[str, Any], value: Any
    ) -> list[tuple[dict[str, Any], Any, str]]:
        match keyword:
            case "$ref":
                return [(self.root["$defs"][rule.removeprefix("#/$defs/")], value, "")]
            case "allOf":
                return [(part, value, "") for part in rule]
            case "if":
                return [(schema["then"], value, "")] if self.valid(rule, value) else []
            case "properties":
                return [(rule[k], value[k], f".{k}") for k in rule if k in value] if isinstance(value, dict) else []
            case "items":
                return [(rule, item, f"[{n}]") for n, item in enumerate(value)] if isinstance(value, list) else []
            case "additionalProperties":
                return []
            case _:
                message = f"unknown keyword {keyword}"
                raise AssertionError(message)
