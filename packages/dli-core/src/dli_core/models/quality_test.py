"""One statement about the data that must hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Annotated, Any, Literal, cast

from pydantic import Field

from dli_core.errors.phrase import Text
from dli_core.models.base import Fault, Label, Listed, RuledModel, name_of, quoted
from dli_core.models.quality_rules import rule_faults

TestType = Literal[
    "not_null",
    "unique",
    "accepted_values",
    "relationships",
    "range_check",
    "row_count",
    "expression",
    "freshness",
    "singular",
]


class Severity(str, Enum):
    """Does a failed test fail the run?"""

    ERROR = "error"
    WARN = "warn"


class QualityTest(RuledModel):
    """One statement about the data that must hold."""

    name: Label | None = None
    """Unset: made of type and column."""
    type: TestType
    """Which kind of test."""
    column: Label | None = None
    """The column it is about."""
    columns: Annotated[Listed[Label], Field(min_length=1)] | None = None
    """Several columns, for unique."""
    severity: Annotated[Severity, Field(strict=False)] = Severity.ERROR
    """error or warn."""
    params: dict[str, Any] = Field(default_factory=dict[str, Any])
    """What the type needs: values, min, max, to, field, sql, max_age."""
    description: str | None = None
    """For people."""

    @property
    def called(self) -> str:
        """Its name, or one made of what it tests: not_null_user_id. `--test` takes it."""
        return self.name or made_name(self.type, self.column, self.columns)

    @classmethod
    def faults(cls, given: Mapping[str, Any]) -> Iterator[Fault]:
        """Columns and params that the type lacks or does not have."""
        yield from rule_faults(given)


def made_name(kind: str, column: str | None, columns: list[str] | None) -> str:
    """The name of a test that has none."""
    return "_".join([kind, *([column] if column else columns or [])])


def tests_named_twice(given: Mapping[str, Any]) -> Iterator[Fault]:
    """Tests of one list whose name, given or made, another one before them has."""
    items: object = given.get("tests")
    seen: set[str] = set()
    for index, item in enumerate(cast("list[object]", items) if isinstance(items, list) else ()):
        own = name_of(item)
        name = own or _made(item)
        if name in seen:
            how = Text("spec.test_twice" if own else "spec.test_too", name=quoted(str(name)))
            yield Fault(("tests", index, *(("name",) if own else ())), how)
        if name:
            seen.add(name)


def _made(item: object) -> str | None:
    if isinstance(item, QualityTest):
        return item.called
    if not isinstance(item, dict):
        return None
    written = cast("dict[str, Any]", item)
    kind, column, columns = written.get("type"), written.get("column"), written.get("columns")
    listed = [c for c in cast("list[object]", columns) if isinstance(c, str)] if isinstance(columns, list) else None
    return made_name(kind, column if isinstance(column, str) else None, listed) if isinstance(kind, str) else None
