"""An error as plain text: the block that a person reads.

    DLIError ──▶ describe ──▶ title ─▶ facts ─▶ problems ─▶ excerpt with caret ─▶ causes ─▶ hints

    [DLI-403] Failed to connect to BigQuery
      Project: my-gcp-project

      Possible causes:
      - Invalid project ID

      Run 'dli config check' to verify your configuration.

Titles and facts are not wrapped, so that paths can be copied; sentences are. `Excerpt` and `columns` serve those who
draw in colour.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from dli_core.errors.safe import escaped, items, mapping
from dli_core.errors.text import describe, explain, words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from dli_core.errors.base import DLIError
    from dli_core.errors.codes import ErrorCode

PROBLEMS = 50
_LATER_JAMO = frozenset(map(chr, (*range(0x1160, 0x1200), *range(0xD7B0, 0xD800))))
_LARGEST = 1 << 20  # bytes of a file that an excerpt is read from: as large as a spec may be
# Words; a command stays whole, in quotes or after a colon: 'dli config check'. … run: dli config set KEY VALUE
_WORD = re.compile(r"(?<=: )(?:dli|pip) .+|(?<!\w)'[^']+'(?![A-Za-z0-9])\S*|\S+")


@dataclass(frozen=True, slots=True)
class Excerpt:
    """One line of the user's file (or of the SQL that was sent), cut to a width, and where its caret stands."""

    line: int
    text: str
    caret: int | None  # terminal columns before it


def format_error(error: DLIError, lang: str = "en", *, width: int = 80, root: Path | None = None) -> str:
    """The whole text of `error`. Excerpts are read from files below `root`, if one is given."""
    told = describe(error, lang)
    facts = [row for label, value in told.facts for row in _fact(label, value)]
    found = excerpt(error, root, width=width)
    problems = list(told.problems[:PROBLEMS])
    if len(told.problems) > PROBLEMS:
        problems.append(words("words", lang)["more"].format(count=len(told.problems) - PROBLEMS))
    parts = [
        [told.title, *indent(facts or problems)],
        list(indent(problems if facts else [])),
        list(indent(_drawn(found))) if found else [],
        list(_listed(words("words", lang)["causes"], told.causes, width)),
        [row for hint in told.hints for row in wrap(hint, width, "  ")],
    ]
    return "\n\n".join("\n".join(part) for part in parts if part)


def format_explanation(code: ErrorCode, lang: str = "en", *, width: int = 80) -> str:
    """What `dli explain` prints."""
    told, names = explain(code, lang), words("words", lang)
    parts = [
        [told.title, f"  {told.name}"],
        list(wrap(told.text, width, "  ")),
        list(_listed(names["forms"], told.forms, width)),
        list(_listed(names["causes"], told.causes, width)),
        list(_listed(names["remedies"], told.hints, width)),
        [f"  {told.codes}"],
    ]
    return "\n\n".join("\n".join(part) for part in parts if part)


def excerpt(error: DLIError, root: Path | None = None, *, width: int = 80) -> Excerpt | None:
    """The line that `error` is about: its own `excerpt`, else read from its file below `root`."""
    details = _one_place(error.details)
    number, column = details.get("line"), details.get("column")
    if type(number) is not int or number < 1:
        return None
    text = details.get("excerpt")
    if not isinstance(text, str):
        text = None if root is None else _read(root, details.get("path"), number)
    if not text or not text.strip():
        return None
    room = max(width - len(f"  {number} | "), 20)
    return Excerpt(number, *_window(text, column if type(column) is int and column > 0 else None, room))


def columns(text: str) -> int:
    """Terminal columns of `text`: Hangul and other wide characters take two, marks that combine none."""
    return len(text) if text.isascii() else sum(map(_cells, text))


@lru_cache(1 << 12)
def _cells(character: str) -> int:
    # Vowels and final consonants of Hangul that is written in its parts stand in the cell of their syllable.
    if unicodedata.category(character) in {"Mn", "Me"} or character in _LATER_JAMO:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def wrap(text: str, width: int, first: str, rest: str | None = None) -> Iterator[str]:
    """Lines of at most `width` columns; `first` stands before the first, `rest` (or `first`) before the others."""
    row, prefix = "", first
    for word in _WORD.findall(text):
        if row and columns(prefix) + columns(row) + 1 + columns(word) > width:
            yield prefix + row
            row, prefix = word, first if rest is None else rest
        else:
            row = f"{row} {word}" if row else word
    yield prefix + row


def indent(rows: list[str]) -> Iterator[str]:
    """Each row two columns further in."""
    return (f"  {row}".rstrip() for row in rows)


def _fact(label: str, value: str) -> list[str]:
    rows = value.split("\n")
    return [f"{label}: {value}"] if len(rows) == 1 else [f"{label}:", *(f"  {row}" for row in rows)]


def _listed(title: str, items: tuple[str, ...], width: int) -> Iterator[str]:
    if items:
        yield f"  {title}"
        for item in items:
            yield from wrap(item, width, "  - ", "    ")


def _drawn(found: Excerpt) -> list[str]:
    gutter = str(found.line)
    rows = [f"{gutter} | {found.text}"]
    return rows if found.caret is None else [*rows, f"{' ' * len(gutter)} | {' ' * found.caret}^"]


def _one_place(details: Mapping[str, object]) -> Mapping[str, object]:
    """The details, or those of the only problem."""
    problems = items(details.get("problems"))
    if problems is None:
        return details
    return (mapping(problems[0]) or {}) if len(problems) == 1 else {}


def _read(root: Path, path: object, number: int) -> str | None:
    """Line `number` of a spec, macro or query below `root`; None for whatever is no readable text there."""
    if not isinstance(path, str):
        return None
    try:
        file, base = (root / path).resolve(), root.resolve()
        if not file.is_relative_to(base) or _secretive(file.relative_to(base)):
            return None
        if not file.is_file() or file.stat().st_size > _LARGEST:
            return None
        rows = file.read_text("utf-8").split("\n")
    except (OSError, ValueError):  # not there, not ours, not UTF-8, a NUL in the path
        return None
    return rows[number - 1] if number <= len(rows) else None


def _secretive(path: Path) -> bool:
    """Whether secrets may stand there: dli.yaml, .dli.local.yaml, .env, ~/.dli/config.yaml."""
    return path.name == "dli.yaml" or any(part.startswith(".") for part in path.parts)


def _window(text: str, column: int | None, room: int) -> tuple[str, int | None]:
    """`text` made safe and cut to `room` columns around the caret, and the caret's place in it."""
    shown = text.split("\n", 1)[0].rstrip("\r")[: 1 << 16]
    cells = [escaped(c.replace("\t", "    ")) for c in shown]
    at = None if column is None or column > len(cells) + 1 else column - 1
    if columns("".join(cells)) <= room:
        return "".join(cells), None if at is None else columns("".join(cells[:at]))
    start = end = min(at or 0, max(len(cells) - 1, 0))
    left = room - 2 - columns("".join(cells[start : start + 1]))  # an ellipsis at each side
    # Two thirds of the room before the caret: what led there says more than what follows.
    before = left * 2 // 3
    while start > 0 and columns(cells[start - 1]) <= before:
        start -= 1
        before -= columns(cells[start])
        left -= columns(cells[start])
    while end + 1 < len(cells) and columns(cells[end + 1]) <= left:
        end += 1
        left -= columns(cells[end])
    cut = "".join(cells[start : end + 1])
    front, back = "…" if start else "", "…" if end + 1 < len(cells) else ""
    caret = None if at is None else len(front) + columns("".join(cells[start:at]))
    return f"{front}{cut}{back}", caret
