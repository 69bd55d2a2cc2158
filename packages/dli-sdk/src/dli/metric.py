"""MetricAPI: list, run, stream and export the metrics of a project."""

from __future__ import annotations

from typing import ClassVar, Literal

from dli.facade import SpecFacade
from dli_core.models.metric import MetricSpec


class MetricAPI(SpecFacade[MetricSpec]):
    """The metrics of one project, in the mode of `context`. Threads may share it.

    Args:
        context: where and how to run; unset: the layers of the configuration decide.
        executor: runs the SQL instead of the engine; for tests and own engines.
    """

    kind: ClassVar[Literal["dataset", "metric"]] = "metric"

    def list_metrics(self) -> list[MetricSpec]:
        """Every metric that could be read, by name; `problems()` tells of the others."""
        return self._list()
