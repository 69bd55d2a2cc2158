"""METRIC() in rendered SQL: looked for by its word, so that SQL without it costs nothing.

sql with its source map ─▶ (METRIC?) ─▶ dli_core.sql.metric ─▶ sql with its source map
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dli_core.engines.base import SourceMap
    from dli_core.specs.measures import Measures

_CALL = re.compile(r"\bmetric\s*\(", re.IGNORECASE)


def expanded(
    sql: str, places: SourceMap, dialect: str, measures: Measures | None, *, allow_inexact: bool = False
) -> tuple[str, SourceMap]:
    """Rendered SQL with METRIC() expanded, and its source map; as it is without measures. Raises DLI-302, DLI-303."""
    if measures is None or not _CALL.search(sql):
        return sql, places
    from dli_core.sql.metric import Expansion, expand  # noqa: PLC0415 - sqlglot costs more than a small run

    return expand(sql, places, Expansion(dialect, measures.find, allow_inexact))
