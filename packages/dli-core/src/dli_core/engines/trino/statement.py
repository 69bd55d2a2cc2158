"""What can be said of a statement before Trino has seen it. Its own parser stays the judge of everything else.

SQL ─▶ single(): without a last semicolon, which Trino does not take │ only_reads(): may it change anything?
"""

from __future__ import annotations

import re

from dli_core.errors import ErrorCode, error

_COMMENT = r"(?>--[^\n]*(?:\n|\Z)|/\*.*?\*/)"  # atomic: a comment ends at its first end, or hostile SQL takes for ever
_BLANKS = rf"(?:\s|{_COMMENT})"
_HEAD = re.compile(rf"\A(?:{_BLANKS}|\()*([A-Za-z]+)(?:{_BLANKS}+([A-Za-z]+))?", re.DOTALL)
# What a semicolon may stand in: strings, names in quotes, comments, the body of a function.
_TEXT = re.compile(rf"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|\$\$.*?\$\$|{_COMMENT}|;", re.DOTALL)
_NOTHING = re.compile(rf"(?:{_BLANKS}|;)*\Z", re.DOTALL)
# A query is the only statement that begins so: WITH stands behind INSERT INTO, never before it.
_READS = {"SELECT", "WITH", "VALUES", "TABLE", "SHOW", "DESCRIBE", "DESC", "EXPLAIN"}


def single(sql: str) -> str:
    """The statement, up to its semicolon. Raises DLI-204 where there is none, or text behind its semicolon."""
    if _NOTHING.match(sql):
        raise error(ErrorCode.SQL_SYNTAX, "no_statement", count=0)
    end = next((found.start() for found in _TEXT.finditer(sql) if found[0] == ";"), None)
    if end is None:
        return sql
    if not _NOTHING.match(sql, end):
        raise error(ErrorCode.SQL_SYNTAX, "several_statements", count=2)
    return sql[:end]


def only_reads(sql: str) -> bool:
    """Whether a statement changes nothing: in Trino its first word decides. EXPLAIN ANALYZE runs what it explains."""
    found = _HEAD.match(sql)
    if found is None or found[1].upper() not in _READS:
        return False
    return not (found[1].upper() == "EXPLAIN" and (found[2] or "").upper() == "ANALYZE")


def kind_of(sql: str) -> str:
    """The word that says what a statement is, in capitals."""
    found = _HEAD.match(sql)
    return found[1].upper() if found else ""
