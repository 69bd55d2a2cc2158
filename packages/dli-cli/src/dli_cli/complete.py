"""What a shell offers at TAB, without typer: `dli --complete WORDS…`, asked by the scripts of `dli completion`.

    words before and at the cursor ─▶ words.json (commands, options, their values) ─▶ candidate TAB what it is
                                   └▶ NAME ─▶ names in the project's spec files

`:file` or `:dir` alone asks the shell for its own completion of paths. Nothing here imports more than it needs: a shell
waits for it. `words.json` is made of the commands themselves (`dli_cli.commands.completion`); a test compares the two.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from typing import Any

TABLE = os.path.join(os.path.dirname(__file__), "words.json")  # noqa: PTH118,PTH120 - pathlib costs as much as all else
_ROOT = "dli.yaml"
_READ = 1 << 14  # bytes of a spec file: its name stands near the top


def main(words: list[str]) -> int:
    """Print the candidates for the last of `words`."""
    with open(TABLE, encoding="utf-8") as file:  # noqa: PTH123 - as above
        table = json.load(file)
    try:
        sys.stdout.write("".join(f"{line}\n" for line in candidates(table, _joined(words))))
        sys.stdout.flush()
    except OSError:  # the shell did not wait
        return 1
    return 0


def candidates(table: dict[str, Any], words: list[str]) -> Iterator[str]:
    """Lines for the last word, after all the others."""
    current = words[-1] if words else ""
    path, options, pending, place, folder = _walk(table, words[:-1])
    command = table[path]
    if pending is not None:
        yield from _values(pending, current, folder)
    elif current.startswith("--") and "=" in current:
        name, _, start = current.partition("=")
        for line in _values(options.get(name, {}).get("values"), start, folder):
            yield line if line.startswith(":") else f"{name}={line}"
    elif current.startswith("-"):
        yield from (f"{name}\t{told['help']}" for name, told in options.items() if name.startswith(current))
    elif "commands" in command:
        yield from (f"{name}\t{text}" for name, text in command["commands"].items() if name.startswith(current))
    else:
        arguments = command["arguments"]
        if arguments:
            yield from _values(arguments[min(place, len(arguments) - 1)], current, folder)


def _walk(table: dict[str, Any], words: list[str]) -> tuple[str, dict[str, Any], Any, int, str | None]:
    """Command, its options, what the last option waits for, how many arguments there were, and the folder of -C."""
    path, place, folder = "", 0, None
    waiting: str | None = None
    for word in words:
        options = table[path]["options"]
        if waiting is not None:
            folder = word if waiting in {"-C", "--directory"} else folder
            waiting = None
        elif word.startswith("-"):
            name, equals, value = word.partition("=")
            if equals:
                folder = value if name == "--directory" else folder
            elif options.get(name, {}).get("takes"):
                waiting = name
        elif word in table[path].get("commands", {}):
            path = f"{path} {word}".strip()
        else:
            place += 1
    options = table[path]["options"]
    pending = None if waiting is None else (options.get(waiting, {}).get("values") or "")
    return path, options, pending, place, folder


def _values(values: list[str] | str | None, start: str, folder: str | None) -> Iterator[str]:
    """`values`: a list of words, `:file`, `:dir`, or `@kind` for the names of specs."""
    if isinstance(values, list):
        yield from (value for value in values if value.startswith(start))
    elif values and values.startswith("@"):
        yield from (name for name in _names(values[1:], folder, start) if name.startswith(start))
    elif values:
        yield values


def _names(kind: str, folder: str | None, start: str) -> list[str]:
    """Names of the project's specs: their last part where it is unique, whole ones once a dot is typed."""
    root = folder or _root(os.getcwd())  # noqa: PTH109 - as above
    if root is None:
        return []
    whole = sorted(set(_spec_names(root, kind)))
    if "." in start:
        return whole
    last = [name.rpartition(".")[2] for name in whole]
    return [short if last.count(short) == 1 else name for name, short in zip(whole, last, strict=True)]


def _spec_names(root: str, kind: str) -> Iterator[str]:
    from pathlib import Path  # noqa: PLC0415 - as above

    from dli_core.specs.find import find_specs  # noqa: PLC0415 - only where names are asked for

    for found in find_specs(Path(root)):
        if found.kind == kind:
            try:
                with found.path.open("rb") as file:
                    text = file.read(_READ).decode("utf-8", "replace")
            except OSError:
                continue
            named = (
                line[5:].split(" #")[0].strip().strip("'\"") for line in text.splitlines() if line.startswith("name:")
            )
            yield from (name for name in named if name and name.isprintable())


def _root(folder: str) -> str | None:
    """The nearest folder upward that is a project."""
    while not os.path.isfile(os.path.join(folder, _ROOT)):  # noqa: PTH113,PTH118 - as above
        above = os.path.dirname(folder)  # noqa: PTH120 - as above
        if above == folder:
            return None
        folder = above
    return folder


def _joined(words: list[str]) -> list[str]:
    """Bash takes words apart at `=`: put `--format`, `=`, `csv` together again."""
    joined: list[str] = []
    for word in words:
        if joined and joined[-1].startswith("--") and (word == "=" or joined[-1].endswith("=")):
            joined[-1] += word
        else:
            joined.append(word)
    return joined
