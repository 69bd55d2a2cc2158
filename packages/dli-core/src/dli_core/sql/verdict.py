"""What a translation to another dialect says of itself.

sql ─▶ translate() ─▶ Translation(sql, constructs, source map) ─┬─ every construct exact or emulated: it may run
                                                                └─ else DLI-303, unless the user accepts it
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from dli_core.errors import DLIError, ErrorCode, error
from dli_core.errors.phrase import Text

if TYPE_CHECKING:
    from dli_core.engines.base import SourceMap

TITLES = {"duckdb": "DuckDB", "trino": "Trino", "bigquery": "BigQuery"}


class Verdict(StrEnum):
    """How the other dialect says it: the same, in other words, as it stands without proof, or with another meaning."""

    EXACT = "exact"
    EMULATED = "emulated"
    PASSED_THROUGH = "passed_through"
    MEANING_CHANGED = "meaning_changed"

    @property
    def inexact(self) -> bool:
        """Whether it may give other rows than the author meant."""
        return self in {Verdict.PASSED_THROUGH, Verdict.MEANING_CHANGED}


@dataclass(frozen=True, slots=True)
class Construct:
    """One construct that is not the same word for word.

    Attributes:
        reason: a sentence with the construct in it.
        offset: its first character in the SQL; None where that is not known.
    """

    verdict: Verdict
    reason: Text
    offset: int | None = None


def refusal(problems: list[dict[str, Any]], read: str, write: str) -> DLIError:
    """DLI-303 for constructs that are inexact: for each a `message`, and path, line and column as far as known."""
    titles: dict[str, Any] = {"dialect": TITLES[read], "engine": TITLES[write]}
    if len(problems) > 1:
        return error(ErrorCode.UNSUPPORTED_CONSTRUCT, "inexact", problems=problems, **titles)
    titles |= {("problem" if name == "message" else name): value for name, value in problems[0].items()}
    return error(ErrorCode.UNSUPPORTED_CONSTRUCT, "inexact_one", **titles)


@dataclass(frozen=True, slots=True)
class Translation:
    """SQL in another dialect.

    Attributes:
        constructs: all that are not exact, in the order of the text.
        places: (path, line, column) of each of them in the user's files, as far as known.
        source_map: from the new text to the user's files.
    """

    sql: str = field(repr=False)
    read: str
    write: str
    constructs: tuple[Construct, ...]
    places: tuple[dict[str, Any], ...]
    source_map: SourceMap

    @property
    def inexact(self) -> list[tuple[Construct, dict[str, Any]]]:
        """What may give other rows, and where it stands."""
        both = zip(self.constructs, self.places, strict=True)
        return [(construct, place) for construct, place in both if construct.verdict.inexact]

    def error(self) -> DLIError:
        """DLI-303 with every construct that is inexact."""
        problems = [{"message": construct.reason, **place} for construct, place in self.inexact]
        return refusal(problems, self.read, self.write)

    def warnings(self) -> list[Text]:
        """One sentence for each construct that is inexact."""
        return [
            Text("sql.accepted", path=place.get("path"), line=place.get("line"), problem=construct.reason)
            if place.get("line")
            else construct.reason
            for construct, place in self.inexact
        ]
