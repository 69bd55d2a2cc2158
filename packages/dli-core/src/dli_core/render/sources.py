"""Where template text comes from, and the way back: SQL line ─▶ file, line, column.

query_file ───────┐
query_statement ──┼─▶ Text(name, text, path, start) ─▶ one dli_fast.Templates per spec ─▶ FileMap
pre, post ────────┤
macros, includes ─┘
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from dli_core.errors import ErrorCode, error
from dli_core.errors.phrase import recognised

if TYPE_CHECKING:
    import dli_fast

    from dli_core.models.spec import Source, SqlSpec

# Includes name their templates in quotes; one that computes a name is told that there is no such template.
_INCLUDE = re.compile(r"\{%[-+]?\s*(?:include|import|from|extends)\b(.*?)[-+]?%\}", re.DOTALL)
_QUOTED = re.compile(r"'([^'\n]+)'|\"([^\"\n]+)\"")

MACROS = "macros"


class Text(NamedTuple):
    """One template: its name for the engine, and the place of its first character in the user's file."""

    name: str
    text: str
    path: str  # relative to the root, for people
    line: int = 1
    column: int | None = 1  # None: the text was folded or unescaped, only its line is known

    def locate(self, line: int, column: int | None) -> tuple[str, int, int | None]:
        """A place in the text → a place in the file."""
        if self.column is None:
            return self.path, self.line, None
        # Block text is indented alike on every line; other text has one line.
        return self.path, self.line + line - 1, None if column is None else self.column + column - 1

    def excerpt(self, line: int) -> str | None:
        """A line of the text, as far to the right as it stands in the file."""
        lines = self.text.split("\n")
        if self.column is None or not 1 <= line <= len(lines):
            return None
        return " " * (self.column - 1) + lines[line - 1].rstrip("\r")


class FileMap(NamedTuple):
    """The SourceMap of one rendered statement."""

    rendered: dli_fast.Rendered
    texts: Mapping[str, Text]

    def locate(self, line: int, column: int | None = None) -> tuple[str, int, int | None] | None:
        """(path relative to the root, line, column) of a place in the statement; lines and columns from 1."""
        found = self.rendered.locate(line, column)
        if found is None or found[0] not in self.texts:
            return None
        return self.texts[found[0]].locate(found[1], found[2])

    def excerpt(self, line: int, column: int | None = None) -> str | None:
        """The user's own line that line `line` of the statement came from. `column` tells nothing more here."""
        del column
        found = self.rendered.locate(line)
        text = self.texts.get(found[0]) if found else None
        return text.excerpt(found[1]) if text and found else None


def main_text(spec: SqlSpec, root: Path) -> Text:
    """The template of a spec's main statement."""
    if spec.query_file is not None:
        return query_file(spec, root)
    return _inline(spec.source, spec.query_statement or "", "query_statement")


def side_texts(spec: SqlSpec) -> tuple[list[Text], list[Text]]:
    """The templates of the pre and of the post statements."""
    pre = [_inline(spec.source, s.sql, "pre_statements", i, "sql") for i, s in enumerate(spec.pre_statements)]
    post = [_inline(spec.source, s.sql, "post_statements", i, "sql") for i, s in enumerate(spec.post_statements)]
    return pre, post


def query_file(spec: SqlSpec, root: Path) -> Text:
    """The text of `query_file`: below the root, relative to the spec's folder or to the root."""
    given = spec.query_file or ""
    where: dict[str, Any] = {"file": given, **(spec.source.at("query_file") if spec.source else {})}
    folders = [root] if spec.source is None else [spec.source.path.parent, root]
    if Path(given).is_absolute() or ".." in Path(given).parts:
        raise error(ErrorCode.VALIDATION_FAILED, "outside_project", **where)
    for folder in folders:
        path = folder / given
        if not path.is_file():
            continue
        if not path.resolve().is_relative_to(root.resolve()):
            raise error(ErrorCode.VALIDATION_FAILED, "outside_project", **where)
        relative = path.relative_to(root).as_posix()
        return Text(relative, read_text(path, relative), relative)
    raise error(ErrorCode.FILE_NOT_FOUND, "query_file", **where)


def macro_texts(root: Path) -> dict[str, Text]:
    """Namespace → template: `macros/*.sql` are in scope everywhere under their file's name."""
    folder = root / MACROS
    found: dict[str, Text] = {}
    for path in sorted(folder.glob("*.sql")) if folder.is_dir() else ():
        if path.resolve().is_relative_to(root.resolve()):
            relative = path.relative_to(root).as_posix()
            found[path.stem] = Text(relative, read_text(path, relative), relative)
    return found


def included_texts(texts: list[Text], root: Path) -> list[Text]:
    """What `texts` include, and what that includes, as far as it lies inside the project."""
    found: dict[str, Text] = {}
    pending = list(texts)
    while pending:
        for name in _includes(pending.pop().text):
            path = root / name
            if name in found or Path(name).is_absolute() or ".." in Path(name).parts or not path.is_file():
                continue
            if path.resolve().is_relative_to(root.resolve()):
                found[name] = Text(name, read_text(path, name), name)
                pending.append(found[name])
    return list(found.values())


def read_text(path: Path, shown: str) -> str:
    """The text of a template file; DLI-105 when it cannot be read as UTF-8."""
    try:
        return path.read_bytes().decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as problem:
        why = recognised("number", problem.reason)
        raise error(ErrorCode.FILE_NOT_FOUND, "not_utf8", path=shown, problem=why, cause=problem) from None
    except OSError as problem:
        text = problem.strerror or str(problem)
        raise error(ErrorCode.FILE_NOT_FOUND, "unreadable", path=shown, problem=text, cause=problem) from problem


def _includes(text: str) -> Iterator[str]:
    for tag in _INCLUDE.finditer(text):
        for quoted in _QUOTED.finditer(tag[1]):
            yield quoted[1] or quoted[2]


def _inline(source: Source | None, text: str, *keys: str | int) -> Text:
    dotted = ".".join(str(key) for key in keys)
    if source is None or source.places is None:
        return Text(dotted, text, dotted)
    start = source.places.text(keys)
    line, column = start or (source.place(*keys)[0], None)
    return Text(f"{source.relative}:{dotted}", text, source.relative, line, column)
