"""A metric spec: aggregates with their dimensions, and the query that shows them."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from dli_core.models.spec import SpecModel, SqlSpec, Text


class Measure(SpecModel):
    """One aggregate."""

    name: Text
    """Unique in the project, or written spec.name."""
    aggregation: Literal["sum", "count", "count_distinct", "avg", "min", "max", "median", "expression"]
    """How the expression is aggregated."""
    expression: Text
    """SQL over the query's columns; * for count."""
    filters: list[Text] = Field(default_factory=list[str])
    """Conditions on the rows that count."""
    description: Text | None = None
    """For people."""


class Dimension(SpecModel):
    """What a metric can be grouped by."""

    name: Text
    """Name of the column in the result."""
    type: Literal["categorical", "time"] = "categorical"
    """time has a grain."""
    expression: Text | None = None
    """Unset: the column of the same name."""
    description: Text | None = None
    """For people."""


class MetricSpec(SqlSpec):
    """metric.*.yaml"""

    kind: ClassVar[str] = "metric"
    type: Literal["Metric"] | None = None
    """Metric, or nothing."""
    metrics: list[Measure] = Field(default_factory=list[Measure])
    """The aggregates."""
    dimensions: list[Dimension] = Field(default_factory=list[Dimension])
    """What they can be grouped by."""
