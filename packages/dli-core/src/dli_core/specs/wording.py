"""What is said of a value that does not fit: what it is, what is wanted, and how the one becomes the other.

"5" for a number ─▶ 'retry_count' wants a whole number, not the text '5': remove the quotes

All of it is Text: it can be said in another language.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from dli_core.errors.phrase import Text
from dli_core.models.base import Path, quoted

# pydantic's type of an error → what is wanted, a key of the room "wanted".
WANTED = {
    "string_type": "text",
    "int_type": "whole",
    "int_from_float": "whole",
    "float_type": "number",
    "finite_number": "finite",
    "bool_type": "switch",
    "list_type": "list",
    "dict_type": "block",
    "model_type": "block",
}
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_SWITCHES = {**dict.fromkeys(("yes", "on", "y", "1"), "true"), **dict.fromkeys(("no", "off", "n", "0"), "false")}


def of_type(what: str, wanted: str, given: object, *, needed: bool) -> Text:
    """One value that is of another type than its key wants."""
    facts = {"what": what, "wanted": Text(f"wanted.{wanted}")}
    if given is None:
        return Text("spec.no_value" if needed else "spec.no_value_or_remove", **facts)
    remedy = _remedy(wanted, given)
    return Text("spec.of_type_remedy" if remedy else "spec.of_type", **facts, given=_shown(given), remedy=remedy)


def _remedy(wanted: str, given: object) -> Text | None:
    """How what was written becomes what is wanted, where that is plain."""
    plain = isinstance(given, (str, bool, int, float))
    if wanted == "text" and plain:
        return Text("spec.put_in_quotes")
    if wanted == "switch" and plain and str(given).lower() in {*_SWITCHES, "true", "false"}:
        return Text("spec.write", value=_SWITCHES.get(str(given).lower(), str(given).lower()))
    if wanted == "list":
        return Text("spec.write", value=f"[{_plain(given)}]") if plain else Text("spec.begin_items")
    if wanted in {"number", "whole"} and isinstance(given, str) and _NUMBER.fullmatch(given):
        return Text("spec.remove_quotes")
    return None


def limit(kind: str, what: str, given: object, facts: Mapping[str, Any]) -> Text | None:
    """One value that is too small, too large or empty."""
    match kind:
        case "greater_than_equal":
            return Text("spec.or_more", what=what, given=_plain(given), limit=f"{facts['ge']:g}")
        case "less_than_equal":
            return Text("spec.or_less", what=what, given=_plain(given), limit=f"{facts['le']:g}")
        case "string_too_short":
            return Text("spec.empty_text", what=what)
        case "too_short":
            return Text("spec.empty_list", what=what)
        case "too_long":
            count, most = f"{facts['actual_length']:,}", f"{facts['max_length']:,}"
            return Text("spec.items", what=what, count=count, most=most)
        case _:
            return None


def subject(where: Path) -> str:
    """The value at `where`, named as people do."""
    if not where:
        return Text("spec.the_file")
    if isinstance(where[-1], int):
        outer = next((key for key in reversed(where) if isinstance(key, str)), None)
        return Text("spec.item", number=where[-1] + 1, list=outer or Text("spec.the_list"))
    return quoted(where[-1])


def _shown(value: object) -> str:
    """What somebody wrote, and what it is."""
    return Text("spec.given_text", value=quoted(value)) if isinstance(value, str) else as_written(value)


def as_written(value: object) -> str:
    """What somebody wrote, short enough for a sentence."""
    if isinstance(value, (list, dict)):
        return Text("spec.given_list" if isinstance(value, list) else "spec.given_block")
    return quoted(value) if isinstance(value, str) else _plain(value)


def _plain(value: object) -> str:
    """A scalar as YAML writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and not math.isfinite(value):
        return ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"
    return "null" if value is None else quoted(str(value))[1:-1]
