"""The line of progress on a terminal: where the query stands, and then how much of it is written.

the engine's word, from its thread ─▶ state() ─┐
rows and bytes, from the writer ─────▶ show() ─┴─▶ one line on stderr, gone at the end
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TextIO

from dli_cli import amounts
from dli_core.errors.phrase import Text, counted

_OFTEN = 0.1  # seconds between two lines, at least
_PATIENCE = 0.5  # seconds before the first one: most queries are done by then
# The engines' words; any other one is a part of getting ready: PLANNING, STARTING, …
_STATES = {
    "QUEUED": "screen.queued",
    "WAITING_FOR_RESOURCES": "screen.queued",
    "PENDING": "screen.queued",
    "RUNNING": "screen.running",
    "FINISHING": "screen.finishing",
    "FINISHED": "screen.finishing",
    "DONE": "screen.finishing",
}


@dataclass(slots=True)
class Progress:
    """One line, from several threads."""

    stream: TextIO
    width: int
    language: str
    started: float = field(default_factory=time.monotonic)
    shown: bool = False
    _told: float = 0.0
    _writing: float | None = None  # since when
    _over: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def state(self, facts: Mapping[str, Any]) -> None:
        """What the engine says of a query; shown until there are rows. See `Query.told`."""
        now = time.monotonic()
        if self._writing is not None or now - self._told < _OFTEN or now - self.started < _PATIENCE:
            return
        parts = [Text(_STATES.get(str(facts.get("state")).upper(), "screen.preparing"))]
        if facts.get("splits"):
            parts.append(Text("screen.splits", done=facts.get("completed_splits") or 0, splits=facts["splits"]))
        if rows := facts.get("processed_rows"):
            size = amounts.size(facts.get("processed_bytes") or 0)
            parts.append(Text("screen.read", rows=counted(rows, "row"), size=size))
        parts.append(Text("screen.seconds", seconds=round(now - self.started)))
        self._line("  ".join(part.say(self.language) for part in parts))

    def show(self, rows: int, written: int) -> None:
        """What is written by now. Called at most ten times a second."""
        if not rows:
            return  # until there is one, the engine's word says more
        now = time.monotonic()
        self._writing = now if self._writing is None else self._writing
        rate = written / max(now - self._writing, 0.1)
        facts = {"rows": counted(rows, "row"), "size": amounts.size(written), "rate": amounts.size(rate)}
        self._line(Text("screen.progress", **facts).say(self.language))

    def clear(self) -> None:
        """No more lines."""
        with self._lock:
            self._over = True
            if self.shown:
                self.stream.write("\r\x1b[K")
                self.stream.flush()

    def _line(self, text: str) -> None:
        from dli_cli.tables import cut  # noqa: PLC0415 - only a terminal shows it

        with self._lock:
            if self._over:
                return
            self._told = time.monotonic()
            self.stream.write(f"\r\x1b[K{cut(text, self.width - 1)}")
            self.stream.flush()
            self.shown = True
