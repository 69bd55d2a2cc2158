"""Surgery on YAML text: one value changes, every other byte stays.

    text + tree + places ─put(path, value)─▶ text with the value at its place │ Unclear

The places of the reader say where keys and values begin; where they end is found here. The caller reads the result
again and compares, so a text this does not understand is refused, never damaged.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any, cast

import dli_fast

from dli_core.config.keys import Parts

_STEP = 2  # spaces of one level, where the file shows none
_PLAIN = re.compile(r"[^\W_][\w./:@+=~%-]*(?: [\w./:@+=~%-]+)*|[./~_][\w./:@+=~%-]+")
_ODD = re.compile(r"[^\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]|[\u2028\u2029]")
_BREAK = re.compile(r"\r\n|\n|\r")
_BLANK = re.compile(r"[ \t]*(?:#.*)?")
_SPACE = re.compile(r"[ \t]*")

Path = tuple[str | int, ...]  # keys and positions in lists


class UnclearError(Exception):
    """The text is written in a way that this does not change safely."""


def emit(value: Any) -> str:
    """A value on one line, as it may stand in a block or in `[ ]` and `{ }`."""
    if isinstance(value, Mapping):
        items = (f"{emit(str(key))}: {emit(item)}" for key, item in value.items())  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        return "{" + ", ".join(items) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(emit(item) for item in value) + "]"  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, float) and not math.isfinite(value):
        return ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"
    if not isinstance(value, str):
        return json.dumps(value)
    if _PLAIN.fullmatch(value) and _reads_back(value):
        return value
    quoted = json.dumps(value, ensure_ascii=False)
    return _ODD.sub(lambda m: f"\\U{ord(m[0]):08x}", quoted)


def put(text: str, tree: Any, places: dli_fast.Places, path: Parts, value: Any) -> str:
    """The text with `value` at `path`. Raises UnclearError."""
    return _Text(text, tree, places).put(path, value)


def _reads_back(text: str) -> bool:
    try:
        return bool(dli_fast.read_yaml(f"a: [{text}, {{b: {text}}}]\n".encode())[0] == {"a": [text, {"b": text}]})
    except dli_fast.YamlError:
        return False


class _Text:
    def __init__(self, text: str, tree: Any, places: dli_fast.Places) -> None:
        self.text = text
        self.tree = tree
        self.places = places
        self.starts = [0, *(match.end() for match in _BREAK.finditer(text))]
        found = _BREAK.search(text)
        self.newline = found.group() if found else "\n"

    def put(self, path: Parts, value: Any) -> str:
        depth, inner = 0, self.tree
        while depth < len(path) and isinstance(inner, dict) and path[depth] in inner:
            inner = inner[path[depth]]  # pyright: ignore[reportUnknownVariableType]
            depth += 1
        if depth == len(path):
            return self._replace(path, emit(value))
        rest = path[depth:]
        if isinstance(inner, dict) and inner:
            return self._add(path[:depth], rest, value, last=str(list(inner)[-1]))  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
        if depth == 0:
            return self._append(rest, value)
        if inner is None and self._is_empty(path[:depth]) and not self._in_flow(path[:depth]):
            return self._fill_empty(path[:depth], rest, value)
        if inner is None or inner == {}:
            return self._replace(path[:depth], emit(_nest(rest, value)))
        raise UnclearError

    # The four edits

    def _replace(self, path: Parts, new: str) -> str:
        colon = self._colon(path)
        start = self._after_space(colon)
        if self._is_empty(path):
            return self._splice(colon, colon, f" {new}")
        if not self._ends_line(start) and self.text[start] not in "|>":
            return self._splice(start, self._end(start, flow=self._in_flow(path)), new)
        # The value stands on lines of its own: they go, and a comment behind the colon stays.
        stop = self._block_end(path)
        head = self.text[start : self._line_end(start)]
        kept = "" if head.startswith(("|", ">")) or not head else f"  {head}"
        return self._splice(colon, stop, f" {new}{kept}")

    def _add(self, parent: Parts, rest: Parts, value: Any, *, last: str) -> str:
        """A new key behind the last one of a mapping that has some."""
        if self._is_flow(parent):
            end = self._flow_end((*parent, last))
            return self._splice(end, end, f", {_pair(rest, value)}")
        at = self._block_end((*parent, last))
        column = self._key_place((*parent, last))[1]
        return self._insert_lines(at, column - 1, rest, value)

    def _append(self, rest: Parts, value: Any) -> str:
        """Into a file that says nothing yet, or only `{}`."""
        if self.tree is None:
            return self._insert_lines(len(self.text.rstrip("\r\n")) if self.text.strip() else 0, 0, rest, value)
        if not self._is_flow(()):
            raise UnclearError
        at = self._offset(self.places.get(()) or (1, 1)) + 1
        return self._splice(at, at, _pair(rest, value))

    def _fill_empty(self, parent: Parts, rest: Parts, value: Any) -> str:
        """Below `parent:`, which has nothing behind its colon but perhaps a comment."""
        at = self._line_end(self._colon(parent))
        return self._insert_lines(at, self._key_place(parent)[1] - 1 + _STEP, rest, value)

    def _insert_lines(self, at: int, indent: int, rest: Parts, value: Any) -> str:
        """`rest` as lines of their own, behind the line that ends at `at`."""
        lines = [" " * (indent + _STEP * level) + f"{emit(name)}:" for level, name in enumerate(rest)]
        lines[-1] += f" {emit(value)}"
        block = self.newline.join(lines)
        before = self.newline if at > 0 and not self.text[:at].endswith(("\n", "\r")) else ""
        after = "" if self.text[at:].startswith(("\n", "\r")) else self.newline
        return self._splice(at, at, f"{before}{block}{after}")

    # Where things are

    def _splice(self, start: int, stop: int, new: str) -> str:
        return self.text[:start] + new + self.text[stop:]

    def _offset(self, place: tuple[int, int]) -> int:
        return self.starts[place[0] - 1] + place[1] - 1

    def _key_place(self, path: Parts) -> tuple[int, int]:
        place = self.places.key(path)
        if place is None:
            raise UnclearError
        return place

    def _colon(self, path: Parts) -> int:
        """Behind the colon of a key."""
        start = self._offset(self._key_place(path))
        quote = self.text[start : start + 1]
        end = self._quoted_end(start) if quote in {"'", '"'} else start
        match = re.compile(r"[^\n\r]*?:(?=[ \t\r\n,}\]\"'\[{]|$)").match(self.text, end)
        if match is None:
            raise UnclearError
        return match.end()

    def _after_space(self, at: int) -> int:
        match = _SPACE.match(self.text, at)
        return match.end() if match else at

    def _line_end(self, at: int) -> int:
        match = _BREAK.search(self.text, at)
        return match.start() if match else len(self.text)

    def _ends_line(self, at: int) -> bool:
        return at >= len(self.text) or self.text[at] in "\r\n#"

    def _is_empty(self, path: Parts) -> bool:
        """Whether nothing stands behind the colon: the reader then gives the key's place for the value's."""
        return self.places.get(path) == self.places.key(path)

    def _is_flow(self, path: Parts) -> bool:
        place = self.places.get(path)
        if place is None:
            raise UnclearError
        return self.text[self._offset(place)] == "{"

    def _in_flow(self, path: Parts) -> bool:
        return any(self._is_flow(path[:depth]) for depth in range(len(path)))

    def _end(self, start: int, *, flow: bool) -> int:
        """Where a value that begins at `start`, on its key's line, ends."""
        first = self.text[start]
        if first in "'\"":
            return self._quoted_end(start)
        if first in "[{":
            return self._bracket_end(start)
        stop = re.compile(r"[,\]}\r\n]|[ \t]+#|:[ \t]" if flow else r"[\r\n]|[ \t]+#").search(self.text, start)
        end = stop.start() if stop else len(self.text)
        return start + len(self.text[start:end].rstrip(" \t"))

    def _flow_end(self, path: Parts) -> int:
        if self._is_empty(path):
            start = self._offset(self._key_place(path))
            try:
                return self._colon(path)
            except UnclearError:
                return self._end(start, flow=True)
        place = self.places.get(path)
        if place is None:
            raise UnclearError
        return self._end(self._offset(place), flow=True)

    def _quoted_end(self, start: int) -> int:
        pattern = r"'(?:[^']|'')*'" if self.text[start] == "'" else r'"(?:[^"\\]|\\.)*"'
        match = re.compile(pattern, re.DOTALL).match(self.text, start)
        if match is None:
            raise UnclearError
        return match.end()

    def _bracket_end(self, start: int) -> int:
        depth, at = 0, start
        while at < len(self.text):
            char = self.text[at]
            if char in "'\"" and self.text[at - 1] in " \t\r\n,:[{":
                at = self._quoted_end(at)
                continue
            if char == "#" and self.text[at - 1] in " \t\r\n":
                at = self._line_end(at)
                continue
            depth += (char in "[{") - (char in "]}")
            at += 1
            if depth == 0:
                return at
        raise UnclearError

    def _block_end(self, path: Parts) -> int:
        """The end of the last line that belongs to the key at `path`: those below it that are indented deeper."""
        line, column = self._key_place(path)
        start = self._after_space(self._colon(path))
        scalar = start < len(self.text) and self.text[start] in "|>"
        # Braces inside may reach over lines of any indentation: their end is looked for, not guessed.
        if not scalar:
            line = max(line, self._line_of(self._last_end(path, self._value(path))))
        last = line
        for number in range(line + 1, len(self.starts) + 1):
            content = self.text[self.starts[number - 1] : self._line_end(self.starts[number - 1])]
            if not content.strip() or (not scalar and _BLANK.fullmatch(content)):
                continue
            indent = len(content) - len(content.lstrip(" "))
            item = indent == column - 1 and content[indent:].startswith(("- ", "-\t")) and self._ends_line(start)
            if indent < column and not item:
                break
            last = number
        return self._line_end(self.starts[last - 1])

    def _value(self, path: Parts) -> Any:
        value = self.tree
        for part in path:
            value = value[part]
        return value

    def _last_end(self, path: Path, value: Any) -> int:
        """Where the last thing inside of a value ends, but for the further lines of a text without quotes."""
        place = self.places.get(path)
        if place is None:
            raise UnclearError
        offset = self._offset(place)
        if isinstance(value, dict | list) and value:
            inside = cast("Any", value)
            steps: list[str | int] = list(range(len(inside))) if isinstance(value, list) else list(inside)
            # Lines, not brackets; a list whose first item is in brackets begins where that does.
            if self.text[offset] not in "[{" or place == self.places.key((*path, steps[0])):
                return self._last_end((*path, steps[-1]), inside[steps[-1]])
        nothing = isinstance(path[-1], str) and self.places.key(path) == place
        if nothing or self._ends_line(offset):
            return offset
        return self._end(offset, flow=False)

    def _line_of(self, offset: int) -> int:
        return sum(1 for start in self.starts if start <= offset)


def _nest(rest: Parts, value: Any) -> dict[str, Any]:
    for name in reversed(rest):
        value = {name: value}
    found: dict[str, Any] = value
    return found


def _pair(rest: Parts, value: Any) -> str:
    return emit(_nest(rest, value))[1:-1]
