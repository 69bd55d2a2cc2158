"""sqlglot behind one door: text → trees, with its errors as plain facts.

sql ─▶ trees │ UnreadableError(problem, line, column)
"""

from __future__ import annotations

import logging
import re

import sqlglot
from sqlglot import Expr
from sqlglot.errors import ParseError, SqlglotError
from sqlglot.tokenizer_core import Token

from dli_core.errors.phrase import Text

_TOKEN = re.compile(r"<Token token_type: \S+, text: (.*?), line: .*>", re.DOTALL)

# What it has to say goes into our errors, never to stderr.
logging.getLogger("sqlglot").addHandler(logging.NullHandler())


class UnreadableError(ValueError):
    """SQL that the parser could not read; line and column from 1, where it says them."""

    def __init__(self, problem: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(problem)
        self.line = line
        self.column = column


def parse(sql: str, dialect: str) -> list[Expr]:
    """One tree for each statement."""
    try:
        return [tree for tree in sqlglot.parse(sql, read=dialect) if tree is not None]
    except ParseError as problem:
        first = problem.errors[0] if problem.errors else {}
        column = first.get("col")
        width = len(first.get("highlight") or "x")  # its column is that of the end
        raise UnreadableError(
            _TOKEN.sub(r"\1", str(first.get("description") or "it cannot be parsed")).rstrip("."),
            first.get("line"),
            max(column - width + 1, 1) if column else None,
        ) from None
    except SqlglotError:  # a quote that is never closed; its text repeats the SQL, with what colours it
        raise UnreadableError(Text("sql.unclosed")) from None
    except RecursionError:
        raise UnreadableError(Text("sql.depth")) from None


def tokens(sql: str, dialect: str) -> list[Token]:
    """The tokens of SQL that was parsed already."""
    return sqlglot.tokenize(sql, read=dialect)
