"""Spec files below a project's root.

root ─▶ dataset.*.yaml, metric.*.yaml, quality.*.yaml, in order of their paths
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from dli_core.specs.read import read_bytes

KINDS = ("dataset", "metric", "quality")
_SUFFIXES = (".yaml", ".yml")
# Folders that hold other people's files, or none of ours.
_SKIPPED = {"node_modules", "__pycache__", "target", "dist", "build", "site-packages", "venv"}
# Nearly the name of a spec: dataset.yaml, dataset-orders.yaml, datasets.orders.yaml, Dataset.orders.yaml
_NEARLY = re.compile(r"(dataset|metric|quality)s?([._ -].*)?\.ya?ml", re.IGNORECASE)
_NAME = re.compile(rb"^name:", re.MULTILINE)
_VALUE = re.compile(rb"^name:[ \t]*[\"']?([^\s\"'#]+)", re.MULTILINE)
_CONTENT = re.compile(rb"^(query_file|query_statement|query_type|target):", re.MULTILINE)


class SpecFile(NamedTuple):
    """A file whose name says that it is a spec."""

    kind: str
    path: Path


def find_specs(root: Path) -> list[SpecFile]:
    """All spec files, hidden and foreign folders left out; links to folders are not followed."""
    return [SpecFile(kind, Path(path)) for path, kind in sorted(_walk(root))]


def _walk(root: Path) -> Iterator[tuple[str, str]]:
    for folder, files in _folders(root):
        for name in files:
            if kind := kind_of(name):
                yield os.path.join(folder, name), kind  # noqa: PTH118 - a thousand Paths are sorted slowly


def _folders(root: Path) -> Iterator[tuple[str, list[str]]]:
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if not name.startswith(".") and name not in _SKIPPED]
        yield folder, files


def kind_of(name: str) -> str | None:
    """The kind of spec a file of this name holds."""
    kind, dot, rest = name.partition(".")
    return kind if dot and kind in KINDS and rest.endswith(_SUFFIXES) and rest not in _SUFFIXES else None


def misnamed(root: Path) -> Iterator[tuple[str, str]]:
    """Files that hold what a spec holds, under a name that is nearly one: (path relative to the root, kind)."""
    for folder, files in _folders(root):
        for name in files:
            near = _NEARLY.fullmatch(name)
            if near and kind_of(name) is None:
                path = Path(folder, name)
                if _looks_like_a_spec(path):
                    yield relative_to(root, path), near[1].lower()


def unread(root: Path, name: str) -> str | None:
    """The file that defines `name` and is not read, because its own name is not that of a spec."""
    for folder, files in _folders(root):
        for file in files:
            path = Path(folder, file)
            if file.endswith(_SUFFIXES) and kind_of(file) is None and _looks_like_a_spec(path):
                found = _VALUE.search(read_bytes(path))
                written = found[1].decode(errors="replace") if found else ""
                if written == name or written.endswith(f".{name}"):
                    return relative_to(root, path)
    return None


def _looks_like_a_spec(path: Path) -> bool:
    try:
        data = read_bytes(path)
    except OSError:
        return False
    return _NAME.search(data) is not None and _CONTENT.search(data) is not None


def relative_to(root: Path, path: Path) -> str:
    """The path of a file below the root, as it is shown: with slashes."""
    text, start = str(path), f"{root}{os.sep}"
    if os.sep == "/" and text.startswith(start):
        return text[len(start) :]
    return path.relative_to(root).as_posix()
