"""What every spec has: name, owner, parameters, SQL, how it is run.

    Spec ─┬─ SqlSpec ─┬─ DatasetSpec
          │           └─ MetricSpec
          └─ QualitySpec

A model knows its own fields and nothing of files: where a spec came from stands in `Spec.source`, set by the loader.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr, model_validator

PARAMETER_TYPES = ("string", "integer", "float", "decimal", "boolean", "date", "timestamp", "identifier")
_COLUMN_TYPE = re.compile(
    r"integer|bigint|float|double|string|boolean|date|timestamp|decimal\(\s*\d{1,2}\s*,\s*\d{1,2}\s*\)", re.IGNORECASE
)
_NAME = re.compile(r"[^\W\d][\w$-]*(\.[^\W\d][\w$-]*){2}")


class SpecModel(BaseModel):
    """Base of all blocks of a spec: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, use_attribute_docstrings=True)


def _name(value: str) -> str:
    if not _NAME.fullmatch(value):
        message = f"'{value}' is not a name: write catalog.schema.name"
        raise ValueError(message)
    return value


def _text(value: Any) -> Any:
    # YAML reads `owner: 12` as a number: say what to write instead of pydantic's "valid string".
    if isinstance(value, (bool, int, float)):
        message = f"{value!r} is not text: put it in quotes"
        raise ValueError(message)  # noqa: TRY004 - pydantic collects ValueErrors
    return value


Text = Annotated[str, BeforeValidator(_text)]
QualifiedName = Annotated[str, BeforeValidator(_text), AfterValidator(_name)]


def _parameter_type(value: str) -> str:
    inner = value.removeprefix("list[").removesuffix("]") if value.startswith("list[") and value.endswith("]") else value
    if inner not in PARAMETER_TYPES:
        message = f"unknown type '{value}': use {', '.join(PARAMETER_TYPES)}, or list[…] of one of these"
        raise ValueError(message)
    return value


class Parameter(SpecModel):
    """A typed input of the template."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
    """Name in the template and after -p."""
    type: Annotated[str, AfterValidator(_parameter_type)] = "string"
    """string, integer, float, decimal, boolean, date, timestamp, identifier, or list[…] of one of these."""
    required: bool | None = None
    """Must a run give a value? Unset: yes, unless there is a default."""
    default: Any = None
    """The value when none is given."""
    description: Text | None = None
    """For people."""
    allowed: list[Any] | None = None
    """The only values it may have."""
    secret: bool = False
    """Never shown, logged or written; only its hash goes into receipts."""
    pii: bool = False
    """Shown as *** in the journal."""

    @property
    def is_list(self) -> bool:
        """Is it a list?"""
        return self.type.startswith("list[")

    @property
    def scalar(self) -> str:
        """The type of the value, or of a list's items."""
        return self.type.removeprefix("list[").removesuffix("]") if self.is_list else self.type

    @property
    def must_be_given(self) -> bool:
        """Does a run without it fail?"""
        return "default" not in self.model_fields_set if self.required is None else (
            self.required and self.default is None
        )


class SideStatement(SpecModel):
    """A statement before or after the main one."""

    name: Text | None = None
    """For messages."""
    sql: str
    """A template, like the main statement."""
    continue_on_error: bool = False
    """Go on, with a warning, when it fails."""


def _column_type(value: str) -> str:
    if not _COLUMN_TYPE.fullmatch(value):
        message = (
            f"unknown type '{value}': use integer, bigint, float, double, decimal(p,s), string, boolean, date, timestamp"
        )
        raise ValueError(message)
    return value.lower().replace(" ", "")


class Column(SpecModel):
    """A column of the result: it is cast to this type on every engine."""

    name: Text
    """As in the result."""
    type: Annotated[str, AfterValidator(_column_type)]
    """integer, bigint, float, double, decimal(p,s), string, boolean, date or timestamp."""
    description: Text | None = None
    """For people and the catalog."""
    pii: bool = False
    """Personal: masked in samples."""


class Execution(SpecModel):
    """How it is run."""

    timeout_seconds: Annotated[int, Field(ge=1, le=3600)] | None = None
    """Seconds from submit to the first batch, then between batches."""
    retry_count: Annotated[int, Field(ge=0, le=10)] = 0
    """Of a SELECT, after a failure that the engine called final."""
    retry_delay_seconds: Annotated[float, Field(ge=0, le=600)] = 1.0
    """Between two tries."""
    dialect: Literal["duckdb", "bigquery", "trino"] | None = None
    """What the SQL is written in; unset: the engine's own."""
    budget: Text | None = None
    """The most a query may scan, like 10GB (BigQuery)."""


class Retry(SpecModel):
    """Of a scheduled run."""

    count: Annotated[int, Field(ge=0, le=10)] = 0
    """Tries after the first."""
    delay_seconds: Annotated[int, Field(ge=0, le=86400)] = 300
    """Between two tries."""


class Schedule(SpecModel):
    """When the workflow runs."""

    cron: Text
    """Five fields or a name like @daily."""
    timezone: Text = "UTC"
    """An IANA name."""
    enabled: bool = True
    """False registers it paused."""
    retry: Retry = Field(default_factory=Retry)
    """What to do when a run fails."""
    notifications: list[dict[str, Any]] = Field(default_factory=list[dict[str, Any]])
    """Whom to tell."""


class Severity(str, Enum):
    """Does a failed test fail the run?"""

    ERROR = "error"
    WARN = "warn"


TEST_TYPES = (
    "not_null",
    "unique",
    "accepted_values",
    "relationships",
    "range_check",
    "row_count",
    "expression",
    "freshness",
    "singular",
)


class QualityTest(SpecModel):
    """One statement about the data that must hold."""

    name: Text | None = None
    """Unset: made of type and column."""
    type: Literal[
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
    """Which kind of test."""
    column: Text | None = None
    """The column it is about."""
    columns: list[Text] | None = None
    """Several columns, for unique."""
    severity: Severity = Severity.ERROR
    """error or warn."""
    params: dict[str, Any] = Field(default_factory=dict[str, Any])
    """What the type needs: values, min, max, to, field, sql, …"""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a spec was read from, and the place of everything in it."""

    path: Path  # absolute
    relative: str  # to the project's root, for people
    places: Any = None  # dli_fast.Places
    lines: tuple[str, ...] = ()

    def place(self, *keys: str | int) -> tuple[int, int]:
        """Line and column, from 1, of a key of the spec."""
        return self.places.nearest(keys) if self.places is not None else (1, 1)

    def at(self, *keys: str | int) -> dict[str, Any]:
        """The same as details of an error."""
        line, column = self.place(*keys)
        return {"path": self.relative, "line": line, "column": column}


class Spec(SpecModel):
    """What all kinds share."""

    name: QualifiedName
    """catalog.schema.name"""
    description: Text | None = None
    """For people and the catalog."""
    owner: Text | None = None
    """Whom to ask."""
    team: Text | None = None
    """Who keeps it."""
    domains: list[Text] = Field(default_factory=list[str])
    """What it belongs to."""
    tags: list[Text] = Field(default_factory=list[str])
    """Free words."""
    versions: list[Any] | dict[str, Any] | None = None
    """Free notes, shown by `get`."""
    _source: Source | None = PrivateAttr(default=None)

    @property
    def source(self) -> Source | None:
        """Where it was read from; None for one made in code."""
        return self._source


class SqlSpec(Spec):
    """A spec with SQL to run."""

    type: Literal["Dataset", "Metric"] | None = None
    """Must agree with the file's name."""
    query_type: Literal["SELECT", "DML"] = "SELECT"
    """SELECT returns rows; DML changes tables."""
    parameters: list[Parameter] = Field(default_factory=list[Parameter])
    """Typed inputs of the template."""
    query_file: Text | None = None
    """The template, relative to the spec's folder or the root."""
    query_statement: str | None = None
    """The template, in place."""
    pre_statements: list[SideStatement] = Field(default_factory=list[SideStatement])
    """Run before, on the same session."""
    post_statements: list[SideStatement] = Field(default_factory=list[SideStatement])
    """Run after the last row was read, on the same session."""
    depends_on: list[Text] = Field(default_factory=list[str])
    """Names of what it reads."""
    schema_: list[Column] = Field(default_factory=list[Column], alias="schema")
    """Types of the result's columns: what is named here is cast."""
    execution: Execution = Field(default_factory=Execution)
    """How it is run."""
    schedule: Schedule | None = None
    """When the workflow runs."""
    tests: list[QualityTest] = Field(default_factory=list[QualityTest])
    """What must hold of the result."""

    @model_validator(mode="after")
    def _one_query(self) -> SqlSpec:
        if (self.query_file is None) == (self.query_statement is None):
            message = "give exactly one of query_file and query_statement"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _parameters_once(self) -> SqlSpec:
        names = [parameter.name for parameter in self.parameters]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            message = f"parameter '{twice[0]}' is declared twice"
            raise ValueError(message)
        return self
