"""The names of a project's specs, for whoever may never ask for them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import cached_property
from pathlib import Path


class Names(Collection[str]):
    """The names of all specs of one kind, read when somebody first asks."""

    def __init__(self, root: Path | None, kind: str) -> None:
        self._root = root
        self._kind = kind

    @cached_property
    def _names(self) -> frozenset[str]:
        if self._root is None:
            return frozenset()
        from dli_core.specs.load import load_project  # noqa: PLC0415 - models and all files, for a short ref() only

        return load_project(self._root).names_of(self._kind)

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)
