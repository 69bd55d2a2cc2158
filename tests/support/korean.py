"""English where Korean is wanted: sentences of ours that were not translated."""

from __future__ import annotations

import re
from collections.abc import Iterator

_MOST = 4  # English words in a row: names, commands and types stand side by side too
# What stays as it is: what others say, what somebody wrote, commands, paths, lists of names.
_QUOTED = re.compile(r"“.*?”(?!”)|'[^']*'|`[^`]*`|\"[^\"]*\"|\S*[/\\=]\S*|\{\{.*?\}\}|\([^()가-힣]*\)")
_WORDS = re.compile(r"[A-Za-z][A-Za-z'-]*(?:[ ,;:]+[A-Za-z][A-Za-z'-]*)+")
_EXCERPT = re.compile(r"\s*\d* \| ")  # a line of the user's file, and its caret
_NAMES = re.compile(r"^[\w.\[\]…-]+(, [\w.\[\]…()-]+)*$")

# Lines that are data or a name of the seed, and no sentence of ours.
EXCEPTIONS = (
    re.compile(r"^\s*이유: "),  # an engine's own words as a fact, whole
    re.compile(r"^(Dataset|Metric|Query): "),  # the box of a result, the same in every language
    re.compile(r"^(Execution|Duration): "),
    re.compile(r"^✓ (Results|Receipt) saved to: "),
    re.compile(r": (dli|pip) "),  # a command to run, to the end of its line
)


def english(text: str) -> Iterator[str]:
    """The lines of a Korean text that hold an English sentence."""
    quotes, block = False, 0
    for line in text.splitlines():
        indent = len(line) - len(line.lstrip())
        block = 0 if line.strip() and indent < block else block
        if block:
            continue
        block = indent + 1 if line.endswith("이유:") else 0  # an engine's own words, of several lines
        # A sentence of others may have several lines.
        quotes, inside = line.count("“") + quotes > line.count("”"), quotes
        if inside or _EXCERPT.match(line) or any(exception.search(line) for exception in EXCEPTIONS):
            continue
        plain = _QUOTED.sub("·", line.partition("“")[0] if quotes else line)
        for found in _WORDS.findall(plain):
            words = found.replace(",", " ").split()
            if len(words) > _MOST and not _is_list(found):
                yield line
                break


def _is_list(found: str) -> bool:
    """`csv, json, parquet`: names with commas between them."""
    return all(len(part.split()) < _MOST for part in found.split(","))
