"""A metric spec: aggregates with their dimensions, and the query that shows them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal, cast

from pydantic import AfterValidator, Field

from dli_core.errors.phrase import Text
from dli_core.models.base import Fault, Label, Listed, RuledModel, SpecModel, name_of, named_twice, quoted
from dli_core.models.spec import SqlSpec

_NAME = re.compile(r"[^\W\d]\w*")


def _measure(value: str) -> str:
    if not _NAME.fullmatch(value):
        raise ValueError(Text("spec.metric_name", name=quoted(value)))
    return value


class Measure(RuledModel):
    """One aggregate."""

    # The pattern is wider than the rule: the word characters of JSON Schema are ASCII.
    name: Annotated[str, AfterValidator(_measure), Field(json_schema_extra={"pattern": r"^[^\s\d.-][^\s.-]*$"})]
    """Unique in the project, or written spec.name."""
    aggregation: Literal["sum", "count", "count_distinct", "avg", "min", "max", "median", "expression"]
    """How the expression is aggregated."""
    expression: Label
    """SQL over the query's columns; * for count."""
    filters: Listed[Label] = Field(default_factory=list[str])
    """Conditions on the rows that count."""
    description: str | None = None
    """For people."""

    @classmethod
    def faults(cls, given: Mapping[str, Any]) -> Iterator[Fault]:
        """`*` is no value: only rows can be counted."""
        how: object = given.get("aggregation")
        if isinstance(how, str) and how != "count" and str(given.get("expression")).strip() == "*":
            yield Fault(("expression",), Text("spec.star", aggregation=how))


class Dimension(SpecModel):
    """What a metric can be grouped by."""

    name: Label
    """Name of the column in the result."""
    type: Literal["categorical", "time"] = "categorical"
    """time has a grain."""
    expression: Label | None = None
    """Unset: the column of the same name."""
    description: str | None = None
    """For people."""


class MetricSpec(SqlSpec):
    """What a file metric.*.yaml holds."""

    kind: ClassVar[str] = "metric"
    type: Literal["Metric"] | None = None
    """Metric, or nothing."""
    metrics: Listed[Measure] = Field(default_factory=list[Measure])
    """The aggregates."""
    dimensions: Listed[Dimension] = Field(default_factory=list[Dimension])
    """What they can be grouped by."""

    @classmethod
    def faults(cls, given: Mapping[str, Any]) -> Iterator[Fault]:
        """Names used twice: metrics and dimensions are columns of one result."""
        yield from super().faults(given)
        yield from named_twice(given, "metrics", "spec.metric_twice")
        yield from named_twice(given, "dimensions", "spec.dimension_twice")
        measures = {name_of(item) for item in _items(given, "metrics")} - {None}
        for index, item in enumerate(_items(given, "dimensions")):
            if (name := name_of(item)) in measures:
                message = Text("spec.dimension_is_metric", name=quoted(str(name)))
                yield Fault(("dimensions", index, "name"), message)


def _items(given: Mapping[str, Any], key: str) -> list[object]:
    found: object = given.get(key)
    return cast("list[object]", found) if isinstance(found, list) else []
