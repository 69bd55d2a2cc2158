"""The specs of one project, as a runner asks for them. Read anew each time: files change under a running program.

load() ─▶ Project, every spec        find(name) ─▶ one spec, the others not parsed
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dli_core.models.spec import Spec, SqlSpec
from dli_core.specs.load import Project, load_project
from dli_core.specs.named import load_named
from dli_core.specs.select import select


@dataclass(frozen=True, slots=True)
class SpecFolder:
    """The spec files below `root`; outside of a project there are none, and `base` is what errors name."""

    root: Path | None
    base: Path

    def load(self) -> Project:
        """Every spec."""
        return load_project(self.root) if self.root else Project(self.base)

    def find(self, kind: str, name: str) -> Spec:
        """One spec by its name, whole or its last parts. Raises as `select`."""
        return load_named(self.root, kind, name) if self.root else select(self.load(), kind, name)

    def runnable(self, kind: str, name: str) -> SqlSpec:
        """A dataset or metric by its name."""
        spec = self.find(kind, name)
        if not isinstance(spec, SqlSpec):
            message = f"a {kind} spec has no SQL of its own"
            raise TypeError(message)
        return spec
