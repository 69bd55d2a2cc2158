"""A quality spec: what must hold of a dataset or metric."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from dli_core.models.spec import QualifiedName, QualityTest, Schedule, Spec, SpecModel


class Target(SpecModel):
    """What is tested."""

    type: Literal["dataset", "metric"] = "dataset"
    """dataset or metric."""
    name: QualifiedName
    """Its name."""


class QualitySpec(Spec):
    """quality.*.yaml"""

    kind: ClassVar[str] = "quality"
    type: Literal["Quality"] | None = None
    """Quality, or nothing."""
    target: Target
    """What is tested."""
    metadata: dict[str, Any] = Field(default_factory=dict[str, Any])
    """Free notes."""
    schedule: Schedule | None = None
    """When it runs."""
    notifications: list[dict[str, Any]] = Field(default_factory=list[dict[str, Any]])
    """Whom to tell."""
    tests: list[QualityTest]
    """What must hold."""
