r"""The `.env` file of the root.

    NAME=value │ export NAME='value' │ NAME="a\nb" │ # comment ─▶ {name: Entry(text, line, expands)}

Single quotes hold text as it is; double quotes know \n \r \t \\ \" \$; both may run over lines. Without quotes a text
ends before ` #`. `${VAR}` is filled in when the value is used, not in single quotes. The file may be written for other
programs too: a line that is no assignment is left out, and told only if it is about DLI.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from dli_core.errors.phrase import Text

_START = re.compile(r"[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.-]*)[ \t]*=[ \t]*")
_ABOUT = re.compile(r"[ \t]*(?:export[ \t]+)?DLI_")
_SINGLE = re.compile(r"'([^']*)'")
_DOUBLE = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPE = re.compile(r"\\(\$\{|.)", re.DOTALL)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\", '"': '"', "$": "$", "${": "$${"}
_COMMENT = re.compile(r"(?:^|\s)#.*")
_REST = re.compile(r"[ \t]*(?:#[^\n]*)?(?=\n|$)")


class Entry(NamedTuple):
    """One assignment; the last one of a name counts."""

    text: str
    line: int
    column: int
    expands: bool


def parse(text: str) -> tuple[dict[str, Entry], list[tuple[int, Text]]]:
    """The assignments of a file, and the lines about DLI that are none, with what is wrong."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    entries: dict[str, Entry] = {}
    wrong: list[tuple[int, Text]] = []
    at, line = 0, 1
    while at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        stop = end
        start = _START.match(text, at, end)
        if start is None:
            if _ABOUT.match(text, at, end):
                wrong.append((line, Text("config.assignment")))
        else:
            found = _value(text, start.end(), end)
            if found is None:
                if start.group(1).startswith("DLI_"):
                    wrong.append((line, Text("config.quote", name=start.group(1))))
            else:
                value, stop, expands = found
                entries[start.group(1)] = Entry(value, line, start.end() - at + 1, expands)
        line += text.count("\n", at, stop) + 1
        at = stop + 1
    return entries, wrong


def _value(text: str, at: int, end: int) -> tuple[str, int, bool] | None:
    """The value that begins at `at`, where its last line ends, and whether it expands; None if it is malformed."""
    quote = text[at : at + 1]
    if quote not in {"'", '"'}:
        return _COMMENT.sub("", text[at:end]).strip(), end, True
    match = (_SINGLE if quote == "'" else _DOUBLE).match(text, at)
    if match is None or (rest := _REST.match(text, match.end())) is None:
        return None
    if quote == "'":
        return match.group(1), rest.end(), False
    return _ESCAPE.sub(lambda m: _ESCAPES.get(m[1], m[0]), match.group(1)), rest.end(), True
