"""What is wrong in a file, and where: as in `DLIError.details["problems"]`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypedDict

from dli_core.errors import DLIError, ErrorCode, error

Place = tuple[int, int]  # line and column, from 1
START: Place = (1, 1)


class Problem(TypedDict):
    """One problem. JSON-like: it travels inside of an error."""

    path: str  # relative to the project's root
    line: int
    column: int
    message: str  # a sentence without a full stop, mostly a Text: it is said in the language of whoever shows it


def problem(path: str, place: Place, message: str) -> Problem:
    """A problem at its place."""
    return {"path": path, "line": place[0], "column": place[1], "message": message}


def by_place(problems: Iterable[Problem]) -> list[Problem]:
    """Sorted as people read files."""
    return sorted(problems, key=lambda p: (p["path"], p["line"], p["column"]))


def invalid(path: str, kind: str, name: str | None, problems: Iterable[Problem]) -> DLIError:
    """DLI-202 with all problems of one file."""
    found = list(problems)
    return error(ErrorCode.SPEC_PARSE, path=path, kind=kind, name=name, problems=found, count=len(found))
