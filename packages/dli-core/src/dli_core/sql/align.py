"""From a translation back to what it was translated from: by the words that both have, in their order.

new text, line and column ─▶ its word ─▶ the same word of the old text, or the last one before it ─▶ the user's file
"""

from __future__ import annotations

from bisect import bisect_right
from difflib import SequenceMatcher
from functools import cached_property
from typing import TYPE_CHECKING

from sqlglot.errors import SqlglotError

from dli_core.sql.edit import place_at
from dli_core.sql.tree import tokens

if TYPE_CHECKING:
    from dli_core.engines.base import SourceMap


class AlignedMap:
    """The SourceMap of translated SQL. Nothing is aligned before an engine names a place."""

    def __init__(self, old: str, new: str, dialects: tuple[str, str], inner: SourceMap) -> None:
        self._old = old
        self._new = new
        self._dialects = dialects
        self._inner = inner

    def locate(self, line: int, column: int | None = None) -> tuple[str, int, int | None] | None:
        """As SourceMap says."""
        old = self._before(line, column)
        if old is None:
            return None
        return self._inner.locate(old[0], None if column is None else old[1])

    def excerpt(self, line: int, column: int | None = None) -> str | None:
        """As SourceMap says."""
        old = self._before(line, column)
        return None if old is None else self._inner.excerpt(old[0], old[1])

    def _before(self, line: int, column: int | None) -> tuple[int, int] | None:
        lines = self._new.split("\n")
        if not 1 <= line <= len(lines):
            return None
        text = lines[line - 1]
        at = column - 1 if column is not None else len(text) - len(text.lstrip())
        offset = sum(len(found) + 1 for found in lines[: line - 1]) + at
        starts, olds = self._pairs
        index = bisect_right(starts, offset) - 1
        return place_at(self._old, olds[index] if index >= 0 else 0)

    @cached_property
    def _pairs(self) -> tuple[list[int], list[int]]:
        """Starts of words of the new text, and of the old one's words that they are."""
        read, write = self._dialects
        try:
            old, new = tokens(self._old, read), tokens(self._new, write)
        except SqlglotError:  # it was read before; what was written is not ours
            return [], []
        matcher = SequenceMatcher(
            None, [token.text.upper() for token in old], [token.text.upper() for token in new], autojunk=False
        )
        both = [
            (new[block.b + step].start, old[block.a + step].start)
            for block in matcher.get_matching_blocks()
            for step in range(block.size)
        ]
        return [start for start, _ in both], [start for _, start in both]
