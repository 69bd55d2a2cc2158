"""DuckDB's errors → DLI codes, with the place in the user's file.

"Binder Error: … LINE 3: …" ─▶ kind (the words before ':') ─▶ code
                 └─▶ line, column ─▶ Query.source_map ─▶ path:line:column
"""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import duckdb

from dli_core.engines.place import place_of
from dli_core.errors import DLIError, ErrorCode, error

if TYPE_CHECKING:
    from dli_core.engines.base import Query

# Every exception class of the driver; a test compares this with the module.
CODES: Mapping[type[Exception], ErrorCode] = {
    duckdb.BinderException: ErrorCode.EXECUTION_QUERY,
    duckdb.CatalogException: ErrorCode.EXECUTION_QUERY,
    duckdb.ConnectionException: ErrorCode.EXECUTION_CONNECTION,
    duckdb.ConstraintException: ErrorCode.EXECUTION_QUERY,
    duckdb.ConversionException: ErrorCode.EXECUTION_QUERY,
    duckdb.DataError: ErrorCode.EXECUTION_QUERY,
    duckdb.DatabaseError: ErrorCode.EXECUTION_FAILED,
    duckdb.DependencyException: ErrorCode.EXECUTION_QUERY,
    duckdb.Error: ErrorCode.EXECUTION_FAILED,
    duckdb.FatalException: ErrorCode.EXECUTION_FAILED,
    duckdb.HTTPException: ErrorCode.EXECUTION_CONNECTION,
    duckdb.IOException: ErrorCode.EXECUTION_FAILED,
    duckdb.IntegrityError: ErrorCode.EXECUTION_QUERY,
    duckdb.InternalError: ErrorCode.EXECUTION_FAILED,
    duckdb.InternalException: ErrorCode.EXECUTION_FAILED,
    duckdb.InterruptException: ErrorCode.EXECUTION_CANCELLED,
    duckdb.InvalidInputException: ErrorCode.EXECUTION_QUERY,
    duckdb.InvalidTypeException: ErrorCode.EXECUTION_QUERY,
    duckdb.NotImplementedException: ErrorCode.EXECUTION_QUERY,
    duckdb.NotSupportedError: ErrorCode.EXECUTION_QUERY,
    duckdb.OperationalError: ErrorCode.EXECUTION_FAILED,
    duckdb.OutOfMemoryException: ErrorCode.EXECUTION_FAILED,
    duckdb.OutOfRangeException: ErrorCode.EXECUTION_QUERY,
    duckdb.ParserException: ErrorCode.EXECUTION_QUERY,
    duckdb.PermissionException: ErrorCode.EXECUTION_PERMISSION,
    duckdb.ProgrammingError: ErrorCode.EXECUTION_QUERY,
    duckdb.ResourceInUseException: ErrorCode.EXECUTION_FAILED,
    duckdb.SequenceException: ErrorCode.EXECUTION_QUERY,
    duckdb.SerializationException: ErrorCode.EXECUTION_FAILED,
    duckdb.SyntaxException: ErrorCode.EXECUTION_QUERY,
    duckdb.TransactionException: ErrorCode.EXECUTION_FAILED,
    duckdb.TypeMismatchException: ErrorCode.EXECUTION_QUERY,
    duckdb.Warning: ErrorCode.EXECUTION_FAILED,
}

# A stream's error is text alone: the words before the colon say which class it would have been.
_KINDS: Mapping[str, type[Exception]] = {
    "Binder": duckdb.BinderException,
    "Catalog": duckdb.CatalogException,
    "Connection": duckdb.ConnectionException,
    "Constraint": duckdb.ConstraintException,
    "Conversion": duckdb.ConversionException,
    "Dependency": duckdb.DependencyException,
    "FATAL": duckdb.FatalException,
    "HTTP": duckdb.HTTPException,
    "IO": duckdb.IOException,
    "INTERNAL": duckdb.InternalException,
    "INTERRUPT": duckdb.InterruptException,
    "Invalid Input": duckdb.InvalidInputException,
    "Invalid type": duckdb.InvalidTypeException,
    "Not implemented": duckdb.NotImplementedException,
    "Out of Memory": duckdb.OutOfMemoryException,
    "Out of Range": duckdb.OutOfRangeException,
    "Parser": duckdb.ParserException,
    "Permission": duckdb.PermissionException,
    "Resource In Use": duckdb.ResourceInUseException,
    "Sequence": duckdb.SequenceException,
    "Serialization": duckdb.SerializationException,
    "Syntax": duckdb.SyntaxException,
    "TransactionContext": duckdb.TransactionException,
    "Mismatch Type": duckdb.TypeMismatchException,
}
_FIRST_WIDE = "\u1100"  # Hangul; what is wide begins here
_HEAD = re.compile(r"\A([A-Za-z ]+?) Error: ")
_NO_FILE = re.compile(r"\AIO Error: No files found that match the pattern")
# It looks for near names among its own tables too.
_OWN_NAMES = re.compile(r"\s*Did you mean \"(?:pg_|duckdb_|sqlite_|pragma_|information_schema)[^\"]*\"\??")
_LINE = re.compile(r"\n\s*\nLINE (\d+): (.*)\n([ ]*)\^[\^~]*\s*\Z")


@contextmanager
def translated(query: Query | None = None, *, ahead: int = 0) -> Generator[None]:
    """Around every call into the driver: its exceptions come out as DLIErrors.

    `ahead` is how many lines of ours stand before the query's in what the driver was given.
    """
    try:
        yield
    except duckdb.Error as problem:
        raise from_exception(problem, query, ahead=ahead) from problem


def from_exception(problem: Exception, query: Query | None = None, *, ahead: int = 0) -> DLIError:
    """The DLIError for an exception of the driver."""
    code = next(CODES[kind] for kind in type(problem).__mro__ if kind in CODES)
    return _error(code, str(problem), query, problem, ahead)


def has_place(problem: Exception) -> bool:
    """Does the driver say where in the SQL it went wrong?"""
    return _LINE.search(str(problem)) is not None


def from_text(text: str, query: Query | None = None) -> DLIError:
    """The DLIError for the text of an error that arrived inside a stream."""
    head = _HEAD.match(text)
    kind = _KINDS.get(head[1]) if head else None
    return _error(CODES[kind] if kind else ErrorCode.EXECUTION_FAILED, text, query, None, 0)


def _error(code: ErrorCode, text: str, query: Query | None, cause: Exception | None, ahead: int) -> DLIError:
    message, place = _place(text, query, ahead)
    message = _OWN_NAMES.sub("", message)
    missing = code is ErrorCode.EXECUTION_FAILED and _NO_FILE.match(text)
    if missing:  # the SQL is wrong, and trying again will not help
        code = ErrorCode.EXECUTION_QUERY
    job = query.job_id if query else None
    # An embedded engine that failed is not at it any more: such a query may be sent again.
    final = True if code in {ErrorCode.EXECUTION_FAILED, ErrorCode.EXECUTION_CONNECTION} else None
    reason = "no_file" if missing else None
    return error(code, reason, engine="DuckDB", problem=message, job_id=job, final=final, cause=cause, **place)


def _place(text: str, query: Query | None, ahead: int) -> tuple[str, dict[str, Any]]:
    """The text without DuckDB's own excerpt, and where in the user's file (or the SQL) it points."""
    found = _LINE.search(text)
    if not found:
        return text, {}
    message = text[: found.start()].rstrip()
    line = int(found[1]) - ahead
    if query is None:
        return message, {"line": line}
    return message, place_of(query, line, _column(query.sql, line, found[2], len(found[3]) - len(f"LINE {found[1]}: ")))


def _column(sql: str, line: int, shown: str, caret: int) -> int | None:
    """The column from 1, in characters. DuckDB cuts long lines: what it shows is found again in the line."""
    lines = sql.split("\n")
    if not 0 <= caret <= len(shown) or line > len(lines):
        return None
    front = 3 if shown.startswith("...") else 0
    start = lines[line - 1].find(shown[front:].removesuffix("..."))
    # The caret counts display columns: a wide character before it takes two.
    width = sum(2 if character >= _FIRST_WIDE else 1 for character in shown[:caret])
    wide = width - min(caret, len(shown))
    return None if start < 0 else start + caret - wide - front + 1
