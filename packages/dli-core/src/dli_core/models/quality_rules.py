"""What each type of quality test needs, and what is said of a test that lacks it.

type             column(s)               params
not_null         column
unique           column or columns
accepted_values  column                  values
relationships    column                  to, field
range_check      column                  min, max: at least one
row_count                                min, max: at least one
expression       column, if it has one   sql: a condition that every row fulfils
freshness        column                  max_age: 30m, 24h, 7d
singular                                 sql: a query of the rows that are wrong
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal, cast

from dli_core.errors.phrase import Text
from dli_core.models.base import Fault, quoted
from dli_core.models.spelling import nearest

Check = Callable[[object], Text | None]  # a value → what to write instead, None when it fits
AGE = re.compile(r"([1-9]\d{0,5})\s?([mhd])")
_WITH_AN = ("accepted_values", "expression")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def max_age(text: str) -> timedelta | None:
    """`30m`, `24h` or `7d` as a duration; None for anything else."""
    found = AGE.fullmatch(text)
    return timedelta(**{_UNITS[found[2]]: int(found[1])}) if found else None


def wants_text(value: object) -> Text | None:
    return None if isinstance(value, str) and value.strip() else Text("test.text")


def wants_sql(value: object) -> Text | None:
    return None if isinstance(value, str) and value.strip() else Text("test.sql")


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def wants_bound(value: object) -> Text | None:
    return None if _is_number(value) or (isinstance(value, str) and value.strip()) else Text("test.bound")


def wants_count(value: object) -> Text | None:
    whole = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return None if whole else Text("test.count")


def wants_values(value: object) -> Text | None:
    if not isinstance(value, list) or not value:
        return Text("test.values")
    plain = all(_is_number(item) or isinstance(item, (str, bool)) for item in cast("list[object]", value))
    return None if plain else Text("test.items")


def wants_age(value: object) -> Text | None:
    return None if isinstance(value, str) and max_age(value) else Text("test.age")


@dataclass(frozen=True, slots=True)
class Rule:
    """What one type of test needs."""

    columns: Literal["one", "some", "none", "maybe"]
    needs: Mapping[str, Check] = field(default_factory=dict[str, Check])  # params, all of them
    bounds: Check | None = None  # for min and max, of which one is enough

    @property
    def params(self) -> dict[str, Check]:
        """Every key that may stand below `params`."""
        return {**self.needs, **(dict.fromkeys(("min", "max"), self.bounds) if self.bounds else {})}


RULES: Mapping[str, Rule] = {
    "not_null": Rule("one"),
    "unique": Rule("some"),
    "accepted_values": Rule("one", {"values": wants_values}),
    "relationships": Rule("one", {"to": wants_text, "field": wants_text}),
    "range_check": Rule("one", bounds=wants_bound),
    "row_count": Rule("none", bounds=wants_count),
    "expression": Rule("maybe", {"sql": wants_sql}),
    "freshness": Rule("one", {"max_age": wants_age}),
    "singular": Rule("none", {"sql": wants_sql}),
}


def rule_faults(given: Mapping[str, Any]) -> Iterator[Fault]:
    """Columns and params that a test lacks, or has and its type does not."""
    kind: object = given.get("type")
    rule = RULES.get(kind) if isinstance(kind, str) else None
    if rule is None:
        return  # told by the key itself
    title = Text("test.an" if kind in _WITH_AN else "test.a", type=kind)
    yield from _column_faults(rule, title, given)
    params = given.get("params", {})
    if isinstance(params, dict):
        yield from _param_faults(rule, title, cast("dict[str, object]", params))


def _column_faults(rule: Rule, title: Text, given: Mapping[str, Any]) -> Iterator[Fault]:
    one, several = given.get("column") is not None, given.get("columns") is not None
    if rule.columns == "none":
        for key in [key for key, there in (("column", one), ("columns", several)) if there]:
            yield Fault((key,), Text("test.whole_table", test=title, key=key), at_key=True)
    elif rule.columns == "some":
        if one == several:
            how = Text("test.not_both" if one else "test.some_columns", test=title)
            lacks = () if one else (("column",), ("columns",))
            yield Fault(("columns",) if one else (), how, at_key=True, lacks=lacks)
    elif several:
        yield Fault(("columns",), Text("test.one_column", test=title), at_key=True)
    elif rule.columns == "one" and not one:
        yield Fault((), Text("test.a_column", test=title), at_key=True, lacks=(("column",),))


def _param_faults(rule: Rule, title: Text, params: Mapping[str, object]) -> Iterator[Fault]:
    known, present = rule.params, {*params}
    for key, value in params.items():
        if key not in known:
            near = nearest(key, known)
            present.add(near or key)
            yield Fault(("params", key), _unknown(title, key, near, known), at_key=True)
        elif wanted := known[key](value):
            yield Fault(("params", key), Text("test.does_not_fit", key=key, test=title, problem=wanted))
    for key in rule.needs:
        if key not in present:
            yield _absent(Text("test.needs", test=title, key=key), key)
    if rule.bounds is None:
        return
    if not {"min", "max"} & present:
        yield _absent(Text("test.needs_bound", test=title), "min", "max")
    low, high = params.get("min"), params.get("max")
    if _is_number(low) and _is_number(high) and cast("float", low) > cast("float", high):
        yield Fault(("params", "min"), Text("test.min_above"))


def _absent(message: Text, *keys: str) -> Fault:
    lacks = tuple(("params", key) for key in keys)
    return Fault(("params",), message, at_key=True, lacks=lacks)


def _unknown(title: Text, key: str, near: str | None, known: Mapping[str, Check]) -> Text:
    if not known:
        return Text("test.no_params", test=title, key=quoted(key))
    facts = {"key": quoted(key), "test": title}
    if near:
        return Text("test.unknown_meant", **facts, near=near)
    return Text("test.unknown_has", **facts, names=[*known])
