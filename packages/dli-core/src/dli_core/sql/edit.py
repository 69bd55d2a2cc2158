"""Pieces of a statement replaced by others, the rest byte for byte as its author wrote it.

sql + [Edit(start, end, text)] ─▶ sql         a place in the new text ─▶ its place in the old one ─▶ the user's file
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from dli_core.engines.base import SourceMap


class Edit(NamedTuple):
    """`text` instead of the characters from `start` up to `end`."""

    start: int
    end: int
    text: str


def edited(sql: str, edits: Sequence[Edit]) -> str:
    """`sql` with all `edits`, which are sorted and do not overlap."""
    parts: list[str] = []
    at = 0
    for edit in edits:
        parts += [sql[at : edit.start], edit.text]
        at = edit.end
    return "".join([*parts, sql[at:]])


def place_at(text: str, offset: int) -> tuple[int, int]:
    """Line and column, from 1, of a character."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


class EditedMap:
    """The SourceMap of an edited statement: a place inside of a replacement is that of what it replaced."""

    def __init__(self, sql: str, edits: Sequence[Edit], inner: SourceMap) -> None:
        self._old = sql
        self._new = edited(sql, edits)
        self._edits = edits
        self._inner = inner
        self._lines = list(accumulate((len(line) + 1 for line in self._new.split("\n")), initial=0))

    def locate(self, line: int, column: int | None = None) -> tuple[str, int, int | None] | None:
        """As SourceMap says."""
        old = self._before(line, column or 1)
        if old is None:
            return None
        return self._inner.locate(old[0], None if column is None else old[1])

    def excerpt(self, line: int, column: int | None = None) -> str | None:
        """As SourceMap says."""
        old = self._before(line, column or 1)
        return None if old is None else self._inner.excerpt(old[0], None if column is None else old[1])

    def _before(self, line: int, column: int) -> tuple[int, int] | None:
        if not 1 <= line < len(self._lines):
            return None
        at = min(self._lines[line - 1] + column - 1, len(self._new))
        grown = 0
        for start, end, text in self._edits:
            if at < start + grown:
                break
            if at < start + grown + len(text):
                return place_at(self._old, start)
            grown += len(text) - (end - start)
        return place_at(self._old, at - grown)
