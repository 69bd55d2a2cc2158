"""A quality spec: what must hold of a dataset or metric."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from dli_core.models.base import Listed, QualifiedName, SpecModel
from dli_core.models.spec import QualityTest, Schedule, Spec


class Target(SpecModel):
    """What is tested."""

    type: Literal["dataset", "metric"] = "dataset"
    """dataset or metric."""
    name: QualifiedName
    """Its name."""


class QualitySpec(Spec):
    """What a file quality.*.yaml holds."""

    kind: ClassVar[str] = "quality"
    type: Literal["Quality"] | None = None
    """Quality, or nothing."""
    target: Target
    """What is tested."""
    metadata: dict[str, Any] = Field(default_factory=dict[str, Any])
    """Free notes."""
    schedule: Schedule | None = None
    """When it runs."""
    notifications: Listed[dict[str, Any]] = Field(default_factory=list[dict[str, Any]])
    """Whom to tell."""
    tests: Annotated[Listed[QualityTest], Field(min_length=1)]
    """What must hold."""
