"""What is done to SQL between its template and the engine.

rendered SQL, in the dialect that it is written in ─▶ METRIC() expanded ─▶ translated, where the engine's is another
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dli_core.errors.phrase import Text
from dli_core.render.metrics import expanded

if TYPE_CHECKING:
    from dli_core.engines.base import SourceMap
    from dli_core.specs.measures import Measures


class Finish:
    """The same for every statement of a spec.

    Args:
        written: the dialect of the SQL.
        dialect: the engine's.
        measures: what METRIC() names; without them it stays as it is.
        allow_inexact: translate even what may mean something else; `warnings` then say what.
    """

    def __init__(self, written: str, dialect: str, measures: Measures | None, *, allow_inexact: bool = False) -> None:
        self._written = written
        self._dialect = dialect
        self._measures = measures
        self._allow = allow_inexact
        self._warnings: dict[str, None] = {}

    @property
    def warnings(self) -> list[str]:
        """What is to be told of the statements so far, each once."""
        return list(self._warnings)

    def __call__(self, sql: str, places: SourceMap) -> tuple[str, SourceMap]:
        """The SQL that the engine gets, and its source map. Raises DLI-302 and DLI-303."""
        sql, places = expanded(sql, places, self._written, self._measures, allow_inexact=self._allow)
        if self._written == self._dialect:
            return sql, places
        from dli_core.sql.translate import translate  # noqa: PLC0415 - sqlglot costs more than a small run
        from dli_core.sql.verdict import TITLES  # noqa: PLC0415 - as above

        found = translate(sql, places, self._written, self._dialect)
        if found.inexact and not self._allow:
            raise found.error()
        told = Text("sql.translated", dialect=TITLES[self._written], engine=TITLES[self._dialect])
        self._warnings |= dict.fromkeys([told, *found.warnings()])
        return found.sql, found.source_map
