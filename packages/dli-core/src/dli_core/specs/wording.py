"""What is said of a value that does not fit: what it is, what is wanted, and how the one becomes the other.

"5" for a number ─▶ 'retry_count' wants a whole number, not the text '5': remove the quotes
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from dli_core.models.base import Path, quoted

# pydantic's type of an error → what is wanted.
WANTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "keys and values",
    "model_type": "keys and values",
}
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_SWITCHES = {**dict.fromkeys(("yes", "on", "y", "1"), "true"), **dict.fromkeys(("no", "off", "n", "0"), "false")}


def of_type(what: str, wanted: str, given: object, *, needed: bool) -> str:
    """One value that is of another type than its key wants."""
    if given is None:
        return f"{what} has no value: write {wanted}" + ("" if needed else ", or remove the key")
    remedy = _remedy(wanted, given)
    return f"{what} wants {wanted}, not {_shown(given)}" + (f": {remedy}" if remedy else "")


def _remedy(wanted: str, given: object) -> str | None:
    """How what was written becomes what is wanted, where that is plain."""
    plain = isinstance(given, (str, bool, int, float))
    if wanted == "text" and plain:
        return "put it in quotes"
    if wanted == "true or false" and plain and str(given).lower() in {*_SWITCHES, "true", "false"}:
        return f"write {_SWITCHES.get(str(given).lower(), str(given).lower())}"
    if wanted == "a list":
        return f"write [{_plain(given)}]" if plain else "begin each item with '- '"
    if wanted in {"a number", "a whole number"} and isinstance(given, str) and _NUMBER.fullmatch(given):
        return "remove the quotes"
    return None


def limit(kind: str, what: str, given: object, facts: Mapping[str, Any]) -> str | None:
    """One value that is too small, too large or empty."""
    match kind:
        case "greater_than_equal":
            return f"{what} is {_plain(given)}: use {facts['ge']:g} or more"
        case "less_than_equal":
            return f"{what} is {_plain(given)}: use {facts['le']:g} or less"
        case "string_too_short":
            return f"{what} is an empty text"
        case "too_short":
            return f"{what} is an empty list"
        case "too_long":
            return f"{what} has {facts['actual_length']:,} items: {facts['max_length']:,} are the most"
        case _:
            return None


def subject(where: Path) -> str:
    """The value at `where`, named as people do."""
    if not where:
        return "the file"
    if isinstance(where[-1], int):
        outer = next((key for key in reversed(where) if isinstance(key, str)), "the list")
        return f"item {where[-1] + 1} of '{outer}'"
    return quoted(where[-1])


def _shown(value: object) -> str:
    """What somebody wrote, and what it is."""
    return f"the text {quoted(value)}" if isinstance(value, str) else as_written(value)


def as_written(value: object) -> str:
    """What somebody wrote, short enough for a sentence."""
    if isinstance(value, (list, dict)):
        return "a list" if isinstance(value, list) else "keys and values"
    return quoted(value) if isinstance(value, str) else _plain(value)


def _plain(value: object) -> str:
    """A scalar as YAML writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and not math.isfinite(value):
        return ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"
    return "null" if value is None else quoted(str(value))[1:-1]


def either(names: list[str], word: str) -> str:
    return f"{', '.join(names[:-1])} {word} {names[-1]}" if len(names) > 1 else "".join(names)
