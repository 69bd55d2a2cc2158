"""Where an engine's error is in the user's files.

the engine's line and column ─▶ Query.source_map ─▶ path, line, column, excerpt: details of the DLIError
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dli_core.engines.base import Query


def place_of(query: Query | None, line: int, column: int | None) -> dict[str, Any]:
    """The details that show a place of the statement: in the user's file where that is known, else in the SQL."""
    if query is None or line < 1:
        return {"line": line} if line >= 1 else {}
    place = query.source_map.locate(line, column) if query.source_map else None
    if place and query.source_map:
        path, at, at_column = place
        excerpt = query.source_map.excerpt(line, column)
        facts = {"path": path, "line": at, "column": at_column, "excerpt": excerpt}
    else:
        lines = query.sql.split("\n")
        facts = {"line": line, "column": column, "excerpt": lines[line - 1] if line <= len(lines) else None}
    return {key: value for key, value in facts.items() if value is not None}
