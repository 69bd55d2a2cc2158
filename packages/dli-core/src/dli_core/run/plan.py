"""spec + parameters → the statements of one run.

    RunRequest ─▶ load ─▶ parameters ─▶ render ─▶ expand ─▶ transpile ─▶ Plan
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from dli_core.engines.base import SourceMap


@dataclass(frozen=True, slots=True)
class Statement:
    """One rendered statement."""

    role: Literal["pre", "main", "post"]
    sql: str
    name: str | None = None
    continue_on_error: bool = False
    source_map: SourceMap | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What one run executes, in order. Nothing in it changes the world yet."""

    name: str
    statements: tuple[Statement, ...]  # pre …, main, post …
    query_type: Literal["SELECT", "DML"]
    dialect: str
    timeout: float  # seconds, by the order of DESIGN §5
    retry_count: int = 0
    retry_delay: float = 0.0
    columns: tuple[tuple[str, str], ...] = ()  # declared (name, type): cast to these
    parameters: dict[str, Any] = field(default_factory=dict)  # resolved; secret and pii ones as "***"
    warnings: tuple[str, ...] = ()

    @property
    def main(self) -> Statement:
        """The statement whose rows are the result."""
        return next(statement for statement in self.statements if statement.role == "main")
