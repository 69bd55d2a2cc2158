"""A dataset: SQL that returns rows, or fills a table."""

from __future__ import annotations

from typing import ClassVar, Literal

from dli_core.models.spec import SqlSpec


class DatasetSpec(SqlSpec):
    """What a file dataset.*.yaml holds."""

    kind: ClassVar[str] = "dataset"
    type: Literal["Dataset"] | None = None
    """Dataset, or nothing."""
