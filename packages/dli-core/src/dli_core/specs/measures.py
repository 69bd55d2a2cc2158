"""The aggregates of a project's metric specs, by the names that METRIC() takes.

m │ spec.m │ catalog.schema.spec.m ─▶ Measure │ DLI-302 with the nearest names
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, cast

from dli_core.errors import ErrorCode, error

if TYPE_CHECKING:
    from dli_core.models.metric import Measure, MetricSpec
    from dli_core.specs.load import Project


class Measures:
    """Read when somebody first asks for one.

    Args:
        load: the project.
        dialect: what a spec that does not say it is written in: the engine's.
    """

    def __init__(self, load: Callable[[], Project], dialect: str) -> None:
        self._load = load
        self._dialect = dialect

    @cached_property
    def _all(self) -> dict[str, list[tuple[MetricSpec, Measure]]]:
        found: dict[str, list[tuple[MetricSpec, Measure]]] = {}
        for spec in cast("list[MetricSpec]", self._load().of("metric")):
            for measure in spec.metrics:
                found.setdefault(measure.name, []).append((spec, measure))
        return found

    def find(self, name: str) -> tuple[Measure, str]:
        """The metric called `name`, and the dialect that it is written in.

        Raises DLI-302 when there is none, or more than one.
        """
        of, _, last = name.rpartition(".")
        found = [
            (spec, measure)
            for spec, measure in self._all.get(last, ())
            if not of or spec.name == of or spec.name.endswith(f".{of}")
        ]
        if len(found) > 1:
            candidates = [f"{spec.name}.{last}" for spec, _ in found]
            raise error(ErrorCode.METRIC_EXPANSION, "ambiguous", name=name, candidates=candidates)
        if not found:
            raise error(ErrorCode.METRIC_EXPANSION, name=name, candidates=self._near(of, last))
        spec, measure = found[0]
        return measure, spec.execution.dialect or self._dialect

    def _near(self, of: str, last: str) -> list[str] | None:
        if of and last in self._all:  # the metric is there, and its spec is misspelt
            return [f"{spec.name}.{last}" for spec, _ in self._all[last]]
        return difflib.get_close_matches(last, self._all, n=3) or None
