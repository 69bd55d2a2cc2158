"""Spec files below a project's root.

    root ─▶ dataset.*.yaml, metric.*.yaml, quality.*.yaml, in order of their paths
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

KINDS = ("dataset", "metric", "quality")
_SUFFIXES = (".yaml", ".yml")
# Folders that hold other people's files, or none of ours.
_SKIPPED = {"node_modules", "__pycache__", "target", "dist", "build", "site-packages", "venv"}


class SpecFile(NamedTuple):
    """A file whose name says that it is a spec."""

    kind: str
    path: Path


def find_specs(root: Path) -> list[SpecFile]:
    """All spec files, hidden and foreign folders left out; links to folders are not followed."""
    return sorted(_walk(root), key=lambda found: found.path)


def _walk(folder: Path) -> Iterator[SpecFile]:
    for path, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".") and name not in _SKIPPED]
        for name in files:
            kind = kind_of(name)
            if kind:
                yield SpecFile(kind, Path(path, name))


def kind_of(name: str) -> str | None:
    """The kind of spec a file of this name holds."""
    kind, dot, rest = name.partition(".")
    return kind if dot and kind in KINDS and rest.endswith(_SUFFIXES) and rest not in _SUFFIXES else None
