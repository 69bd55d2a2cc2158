"""For tests of your own specs, and of your code that uses DLI. Needs no engine, no server and no test framework.

make_project(tmp_path, {"dataset.a.yaml": "…"})   a project in a folder
MockExecutor(return_value=…)                      one answer for every statement
Answers({"FROM orders": rows})                    an answer by what the SQL holds
assert_valid(folder)                              AssertionError with every finding, by place
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dli_core.config import resolve
from dli_core.engines.factory import dialect_of
from dli_core.engines.mock import MockExecutor
from dli_core.models.result import Finding, QueryResult
from dli_core.render.checker import Checker
from dli_core.specs.load import load_project

__all__ = ["Answers", "MockExecutor", "assert_valid", "make_project"]

Rows = Sequence[Mapping[str, Any]]


def make_project(folder: Path, files: Mapping[str, str] | None = None) -> Path:
    r"""A project in `folder`: an empty `dli.yaml`, unless `files` has one, and the files by their relative paths.

    >>> import tempfile
    >>> root = make_project(Path(tempfile.mkdtemp()), {"dataset.a.yaml": "name: a.b.c\nquery_statement: SELECT 1"})
    >>> sorted(path.name for path in root.iterdir())
    ['dataset.a.yaml', 'dli.yaml']
    """
    for name, text in {"dli.yaml": "", **(files or {})}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


class Answers(MockExecutor):
    r"""A MockExecutor that answers by what the SQL holds.

    Args:
        rows: pattern of a regular expression → the rows of every statement in which it is found; the first one wins.

    A statement that fits none is an AssertionError: a test must not pass on an answer that nobody gave.

    >>> answers = Answers({r"FROM\s+orders": [{"n": 1}]})
    >>> answers.execute("SELECT n FROM orders").rows
    [{'n': 1}]
    """

    def __init__(self, rows: Mapping[str, Rows]) -> None:
        super().__init__()
        self._rows = {re.compile(pattern): [dict(row) for row in found] for pattern, found in rows.items()}

    def execute(self, sql: str, params: Mapping[str, Any] | None = None) -> QueryResult:
        """The rows for `sql`."""
        super().execute(sql, params)
        for pattern, rows in self._rows.items():
            if pattern.search(sql):
                return QueryResult(rows=rows)
        message = f"no answer fits this SQL; there are {[p.pattern for p in self._rows]}:\n{sql}"
        raise AssertionError(message)


def assert_valid(folder: Path, *, warnings: bool = False) -> None:
    """Every spec below `folder` can be read and rendered, and the specs it names exist.

    Args:
        folder: of the project.
        warnings: let findings that are warnings fail too.

    Raises:
        AssertionError: with one line per finding, `path:line:column: message`.
    """
    settings = resolve(project=folder)
    found = Checker(load_project(settings.base), settings, dialect_of(settings)).check_all()
    wrong = [finding for finding in found if warnings or finding.severity == "error"]
    if wrong:
        raise AssertionError("\n".join(_line(finding) for finding in wrong))


def _line(finding: Finding) -> str:
    place = ":".join(str(part) for part in (finding.path, finding.line, finding.column) if part is not None)
    return f"{place}: {finding.message} ({finding.code})"
