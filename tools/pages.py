"""A page of the documentation as a script: what it prints is what is run.

```sh                       the commands, in one shell for the whole page
```yaml title="a/b.yaml"    a file, written before what follows
```python                   a program, run in the folder that the commands are in
```text                     output: its lines stand, in this order, in what everything before printed
```console, ```sql, …       only shown

page ─▶ blocks() ─▶ script() ─ bash ─▶ output ─▶ missing() ─▶ the first line that was promised and not printed
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_FENCE = re.compile(
    r'^```(?P<language>\w+)(?: title="(?P<title>[^"]+)")?\n(?P<text>.*?)^```$', re.MULTILINE | re.DOTALL
)
_DURATION = re.compile(r"\d+(?:\.\d+)?s\b")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block."""

    language: str
    title: str | None
    text: str


def blocks(page: Path) -> list[Block]:
    """All fenced blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    return [Block(found["language"], found["title"], found["text"]) for found in _FENCE.finditer(text)]


def script(parts: Iterable[Block]) -> str:
    """What the blocks do, for bash. Standard error is printed in its place among the output."""
    return "\n".join(["set -euo pipefail", "exec 2>&1", *_steps(parts)])


def _steps(parts: Iterable[Block]) -> Iterator[str]:
    for block in parts:
        if block.title:
            name, folder = shlex.quote(block.title), shlex.quote(str(Path(block.title).parent))
            yield f"mkdir -p {folder}\ncat > {name} <<'END_OF_FILE'\n{block.text}END_OF_FILE"
        elif block.language == "sh":
            yield block.text
        elif block.language == "python":
            yield f"python -W error - <<'END_OF_PROGRAM'\n{block.text}END_OF_PROGRAM"


def missing(parts: Iterable[Block], output: str) -> str | None:
    """The first line of a `text` block that `output` lacks, in order; None when all is there.

    Durations may differ, and a line may go on behind what the page shows of it.
    """
    lines = iter([_even(line) for line in output.splitlines()])
    for block in parts:
        if block.language == "text" and not block.title:
            for promised in filter(None, map(_even, block.text.splitlines())):
                if not any(line == promised or line.startswith(f"{promised} ") for line in lines):
                    return promised
    return None


def _even(line: str) -> str:
    """A line without what differs between two runs: how long it took, and so how wide its cells are."""
    return " ".join(_DURATION.sub("0s", line).replace("│", " ").split())
