"""What a text of GoogleSQL is, by its words: how many statements, whether ordered, whether others depend on it.

    text ─▶ words (a string, a name, a comment is one) ─▶ blocks: BEGIN … END, IF … END IF, CASE … END ─▶ statements

A block of the procedural language is one statement with others inside. BigQuery itself tells what a statement changes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from dli_core.errors import ErrorCode, error

# A backslash keeps a quote from ending its string in raw strings too.
_TOKEN = re.compile(
    r"""
    (?P<comment> \#[^\n]* | --[^\n]* | /\*.*?(?:\*/|\Z) )
  | (?P<text> (?:[rR][bB]?|[bB][rR]?)?
      (?: \"{3}(?:\\.|[^\\])*?(?:\"{3}|\Z) | '{3}(?:\\.|[^\\])*?(?:'{3}|\Z)
        | \"(?:\\.|[^\\\"\n])*(?:\"|\Z|(?=\n)) | '(?:\\.|[^\\'\n])*(?:'|\Z|(?=\n)) ) )
  | (?P<name> `(?:\\.|[^\\`])*(?:`|\Z) )
  | (?P<word> [A-Za-z_][A-Za-z0-9_]* )
  | (?P<sign> \S )
    """,
    re.VERBOSE | re.DOTALL,
)
_OPENING = frozenset({"BEGIN", "IF", "LOOP", "WHILE", "REPEAT", "FOR", "CASE"})
_INNER = frozenset({"THEN", "ELSE", "DO"})  # a statement of the block begins behind these
_TEMPORARY = frozenset({"TEMP", "TEMPORARY"})
_STATEFUL = frozenset({"SET", "DECLARE", "BEGIN"})  # what they leave, the next statement of the session finds


@dataclass(slots=True)
class _Reader:
    """Follows the blocks of a text, word by word."""

    blocks: list[str] = field(default_factory=list[str])  # those that are open; "case" is the expression
    head: list[str] = field(default_factory=list[str])  # the first words of the current statement
    start: bool = True  # a statement may begin here
    before: str = ""
    pending: bool = False  # BEGIN: a block, unless `;` or TRANSACTION follows

    def take(self, word: str) -> bool:
        """Read a word or sign; True when it is a `;` that ends a statement of the outermost level."""
        if self.pending:
            self.pending = False
            if word not in {";", "TRANSACTION"}:
                self.blocks.append("BEGIN")
                self.start = True
        ends = word == ";" and not self.blocks
        if ends:
            self.head.clear()
        elif len(self.head) < 5:  # noqa: PLR2004 - CREATE OR REPLACE TEMP PROCEDURE
            self.head.append(word)
        self.start = word == ";" or self._opens(word)
        self.before = word
        return ends

    def _opens(self, word: str) -> bool:
        """Whether a statement may begin behind this word."""
        if self.before == "." or (self.before == "END" and word in _OPENING):
            return False
        if word == "END":
            del self.blocks[-1:]
        elif word == "BEGIN" and (self.start or self._in_procedure()):
            self.pending = True
        elif self.start and word in _OPENING:
            self.blocks.append(word)
            return word in {"LOOP", "REPEAT"}
        elif word == "CASE":
            self.blocks.append("case")
        return word in _INNER and self.blocks[-1:] not in ([], ["case"])

    def _in_procedure(self) -> bool:
        return self.head[:1] == ["CREATE"] and "PROCEDURE" in self.head


def tokens(sql: str) -> Iterator[str]:
    """Words in capitals and signs; a quoted name is "`", a string is "'". No comments."""
    for found in _TOKEN.finditer(sql):
        kind = found.lastgroup
        if kind == "word":
            yield found[0].upper()
        elif kind != "comment":
            yield {"text": "'", "name": "`"}.get(str(kind), found[0])


def single(sql: str) -> str:
    """The text, when it is exactly one statement. Raises DLI-204."""
    reader, count, empty = _Reader(), 0, True
    for word in tokens(sql):
        if empty and word != ";":
            count += 1
        empty = reader.take(word) or (empty and word == ";")
    if count != 1:
        raise error(ErrorCode.SQL_SYNTAX, "several_statements" if count else "no_statement", count=count)
    return sql


def is_ordered(sql: str) -> bool:
    """Whether the rows may have an order to keep: ORDER BY outside of all parentheses, or anywhere in a script."""
    found = list(tokens(sql))
    anywhere = found[:1] == ["("] or (bool(found) and found[0] in _OPENING)
    depth, before = 0, ""
    for word in found:
        depth += (word == "(") - (word == ")")
        if before == "ORDER" and word == "BY" and (anywhere or depth == 0):
            return True
        before = word
    return False


def needs_session(sql: str) -> bool:
    """Whether it makes something that the next statements of its run may use: a temporary table, a variable."""
    found = list(tokens(sql))
    return bool(found) and (found[0] in _STATEFUL or not _TEMPORARY.isdisjoint(found))


def first_word(sql: str) -> str:
    """The word that says what a statement is, in capitals; "" where there is none."""
    return next((found["word"].upper() for found in _TOKEN.finditer(sql) if found["word"]), "")


def only_reads(sql: str) -> bool:
    """Whether its first word says that it is a query, and so changes nothing."""
    return next(tokens(sql), "") in {"SELECT", "WITH", "FROM", "("}
