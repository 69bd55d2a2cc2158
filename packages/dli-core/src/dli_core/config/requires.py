"""The version that a project asks for.

    ">=0.4,<1" + "0.3.2" ─▶ satisfied │ ValueError when the text is no version specifier

Our own versions are a release with at most a pre-release, so the comparison fits here: importing `packaging` would
cost every start more than the rest of the configuration.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping

from dli_core.errors.phrase import Text

_CLAUSE = re.compile(r"\s*(~=|==|!=|<=|>=|<|>)\s*v?(\d+(?:\.\d+)*)(\.\*)?(?:(a|b|rc|\.?dev)(\d+))?\s*")
_VERSION = re.compile(r"(\d+(?:\.\d+)*)(?:(a|b|rc|\.?dev)(\d+))?.*")
_STAGE = {"dev": 0, "a": 1, "b": 2, "rc": 3}
_FINAL = (4, 0)
_LENGTH = 6  # numbers of a release that are compared

Version = tuple[tuple[int, ...], tuple[int, int]]


def satisfied(text: str, version: str) -> bool:
    """Whether `version` fits all the comma-separated clauses of `text`. A pre-release counts as that version's own."""
    match = _VERSION.fullmatch(version)
    if match is None:
        raise _invalid(version)
    have = _version(*match.groups())
    fits = [_fits(have, clause) for clause in text.split(",")]  # all of them, so that a typo is told
    return all(fits)


def _version(release: str, stage: str | None, number: str | None) -> Version:
    numbers = tuple(int(part) for part in release.split("."))
    order = (_STAGE[stage.lstrip(".")], int(number or 0)) if stage else _FINAL
    return (numbers + (0,) * (_LENGTH - len(numbers)), order)


def _fits(have: Version, clause: str) -> bool:
    match = _CLAUSE.fullmatch(clause)
    if match is None:
        raise _invalid(clause)
    sign, release, star, stage, number = match.groups()
    want = _version(release, stage, number)
    length = release.count(".") + 1
    if (star and (stage or sign not in {"==", "!="})) or (sign == "~=" and length == 1):
        raise _invalid(clause)
    if star:
        return (have[0][:length] == want[0][:length]) == (sign == "==")
    if sign == "~=":
        return have >= want and have[0][: length - 1] == want[0][: length - 1]
    if sign == "<" and not stage:  # "<1" leaves out 1.0rc1 too
        return have[0] < want[0]
    return _COMPARE[sign](have, want)


def _invalid(text: str) -> ValueError:
    return ValueError(Text("config.version", text=text.strip()))


_COMPARE: Mapping[str, Callable[[Version, Version], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}
