"""What every spec has: name, owner, parameters, SQL, how it is run.

    Spec ─┬─ SqlSpec ─┬─ DatasetSpec
          │           └─ MetricSpec
          └─ QualitySpec

A model knows its own fields and nothing of files: where a spec came from stands in `Spec.source`, set by the loader.
The lines under the fields are their documentation, for readers, for the manual and for JSON Schema.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, PrivateAttr

from dli_core.errors.phrase import Text
from dli_core.models.base import Fault, Label, Listed, QualifiedName, RuledModel, SpecModel, named_twice, quoted
from dli_core.models.parameter import PARAMETER_TYPES, Parameter
from dli_core.models.quality_test import QualityTest, Severity, tests_named_twice
from dli_core.models.size import Size
from dli_core.models.spelling import VALUES, nearest

if TYPE_CHECKING:
    import dli_fast

__all__ = [
    "COLUMN_TYPES",
    "PARAMETER_TYPES",
    "Column",
    "Execution",
    "Parameter",
    "QualityTest",
    "Retry",
    "Schedule",
    "Severity",
    "SideStatement",
    "Source",
    "Spec",
    "SpecModel",
    "SqlSpec",
]

COLUMN_TYPES = ("integer", "bigint", "float", "double", "decimal(p,s)", "string", "boolean", "date", "timestamp")
_DECIMAL = re.compile(r"decimal\((\d{1,2}),(\d{1,2})\)")
_QUERIES = ("query_file", "query_statement")
_MOST_DIGITS = 38  # of a decimal, on every engine


@lru_cache(256)
def _column_type(value: str) -> str:
    kind = "".join(value.lower().split())
    if kind in COLUMN_TYPES and kind != "decimal(p,s)":
        return kind
    if found := _DECIMAL.fullmatch(kind):
        precision, scale = int(found[1]), int(found[2])
        if 1 <= precision <= _MOST_DIGITS and scale <= precision:
            return f"decimal({precision},{scale})"
        message = Text("spec.decimal", type=quoted(value), most=_MOST_DIGITS)
    elif "(" in kind and not kind.endswith(")"):
        message = Text("spec.decimal_cut", type=quoted(value))
    else:
        near = nearest(kind.partition("(")[0], COLUMN_TYPES, VALUES)
        key = "spec.type_meant" if near else "spec.type_use"
        message = Text(key, type=quoted(value), near=near, names=COLUMN_TYPES)
    raise ValueError(message)


def _notes(value: object) -> object:
    if value is None or isinstance(value, (list, dict)):
        return value  # pyright: ignore[reportUnknownVariableType]
    raise ValueError(Text("spec.versions"))


class SideStatement(SpecModel):
    """A statement before or after the main one."""

    name: Label | None = None
    """For messages."""
    sql: Label
    """A template, like the main statement."""
    continue_on_error: bool = False
    """Go on, with a warning, when it fails."""


class Column(SpecModel):
    """A column of the result: it is cast to this type on every engine."""

    name: Label
    """As in the result."""
    type: Annotated[str, AfterValidator(_column_type)]
    """integer, bigint, float, double, decimal(p,s), string, boolean, date or timestamp."""
    description: str | None = None
    """For people and the catalog."""
    pii: bool = False
    """Personal: masked in samples."""


class Execution(SpecModel):
    """How it is run."""

    timeout_seconds: Annotated[int, Field(ge=1, le=3600)] | None = None
    """Seconds from submit to the first batch, then between batches."""
    retry_count: Annotated[int, Field(ge=0, le=10)] = 0
    """Of a SELECT, after a failure that the engine called final."""
    retry_delay_seconds: Annotated[float, Field(ge=0, le=600, allow_inf_nan=False)] = 1.0
    """Between two tries."""
    dialect: Literal["duckdb", "bigquery", "trino"] | None = None
    """What the SQL is written in; unset: the engine's own."""
    budget: Size | None = None
    """The most a query may scan, like 10GB (BigQuery)."""


class Retry(SpecModel):
    """Of a scheduled run."""

    count: Annotated[int, Field(ge=0, le=10)] = 0
    """Tries after the first."""
    delay_seconds: Annotated[int, Field(ge=0, le=86400)] = 300
    """Between two tries."""


class Schedule(SpecModel):
    """When the workflow runs."""

    cron: Label
    """Five fields or a name like @daily."""
    timezone: Label = "UTC"
    """An IANA name."""
    enabled: bool = True
    """False registers it paused."""
    retry: Retry = Field(default_factory=Retry)
    """What to do when a run fails."""
    notifications: Listed[dict[str, Any]] = Field(default_factory=list[dict[str, Any]])
    """Whom to tell."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a spec was read from, and the place of everything in it. A pickled one has lost the places."""

    path: Path  # absolute
    relative: str  # to the project's root, for people
    places: dli_fast.Places | None = field(default=None, compare=False, repr=False)

    def place(self, *keys: str | int) -> tuple[int, int]:
        """Line and column, from 1, of a key of the spec; of the nearest key around it where it is absent."""
        return self.places.nearest(keys) if self.places is not None else (1, 1)

    def at(self, *keys: str | int) -> dict[str, Any]:
        """The same as details of an error: path, line, column."""
        return self._details(self.place(*keys))

    def value_at(self, *keys: str | int) -> dict[str, Any]:
        """Where the value of a key stands, as details of an error."""
        return self._details((self.places and self.places.get(keys)) or self.place(*keys))

    def _details(self, place: tuple[int, int]) -> dict[str, Any]:
        return {"path": self.relative, "line": place[0], "column": place[1]}

    def __reduce__(self) -> tuple[type[Source], tuple[Path, str]]:
        return type(self), (self.path, self.relative)


class Spec(RuledModel):
    """What all kinds share."""

    kind: ClassVar[str] = ""

    name: QualifiedName
    """catalog.schema.name"""
    description: str | None = None
    """For people and the catalog."""
    owner: str | None = None
    """Whom to ask."""
    team: str | None = None
    """Who keeps it."""
    domains: Listed[Label] = Field(default_factory=list[str])
    """What it belongs to."""
    tags: Listed[Label] = Field(default_factory=list[str])
    """Free words."""
    versions: Annotated[list[Any] | dict[str, Any] | None, BeforeValidator(_notes)] = None
    """Free notes, shown by `get`."""
    _source: Source | None = PrivateAttr(default=None)

    @property
    def source(self) -> Source | None:
        """Where it was read from; None for one made in code."""
        return self._source

    def read_from(self, source: Source) -> Self:
        """Remember where it was read from: for the loader."""
        self._source = source
        return self

    @classmethod
    def faults(cls, given: Mapping[str, Any]) -> Iterator[Fault]:
        """Names used twice."""
        yield from tests_named_twice(given)


class SqlSpec(Spec):
    """A spec with SQL to run."""

    query_type: Literal["SELECT", "DML"] = "SELECT"
    """SELECT returns rows; DML changes tables."""
    parameters: Listed[Parameter] = Field(default_factory=list[Parameter])
    """Typed inputs of the template."""
    query_file: Label | None = None
    """The template, relative to the spec's folder or the root."""
    query_statement: Label | None = None
    """The template, in place."""
    pre_statements: Listed[SideStatement] = Field(default_factory=list[SideStatement])
    """Run before, on the same session."""
    post_statements: Listed[SideStatement] = Field(default_factory=list[SideStatement])
    """Run after the last row was read, on the same session."""
    depends_on: Listed[Label] = Field(default_factory=list[str])
    """Names of what it reads."""
    schema_: Listed[Column] = Field(default_factory=list[Column], alias="schema")
    """Types of the result's columns: what is named here is cast."""
    execution: Execution = Field(default_factory=Execution)
    """How it is run."""
    schedule: Schedule | None = None
    """When the workflow runs."""
    tests: Listed[QualityTest] = Field(default_factory=list[QualityTest])
    """What must hold of the result."""

    @classmethod
    def faults(cls, given: Mapping[str, Any]) -> Iterator[Fault]:
        """Not exactly one query; names used twice."""
        yield from super().faults(given)
        file, statement = given.get("query_file"), given.get("query_statement")
        if file is not None and statement is not None:
            yield Fault(("query_statement",), Text("spec.both_queries"), at_key=True)
        elif file is None and statement is None:
            where = next(((key,) for key in _QUERIES if key in given), ())
            yield Fault(where, Text("spec.no_query"), at_key=True, lacks=tuple((key,) for key in _QUERIES))
        yield from named_twice(given, "parameters", "spec.parameter_twice")
        yield from named_twice(given, "schema", "spec.column_twice")
