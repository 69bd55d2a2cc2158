"""Trino's errors → DLI codes, with the place in the user's file.

    page's `error` ─▶ errorName, else errorType ─▶ code           errorLocation ─▶ Query.source_map ─▶ path:line:column
    HTTP status, exceptions of httpx ─▶ code

By name before type: ABANDONED_QUERY, ADMINISTRATIVELY_KILLED, USER_CANCELED and PERMISSION_DENIED all call themselves
errors of the user.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx

from dli_core.engines.place import place_of
from dli_core.errors import DLIError, ErrorCode, error

if TYPE_CHECKING:
    from dli_core.engines.base import Query
    from dli_core.engines.trino.wire import Failure, Location

NAMES: Mapping[str, ErrorCode] = {
    "ABANDONED_QUERY": ErrorCode.EXECUTION_FAILED,
    "ADMINISTRATIVELY_KILLED": ErrorCode.EXECUTION_FAILED,
    "ADMINISTRATIVELY_PREEMPTED": ErrorCode.EXECUTION_FAILED,
    "CLUSTER_OUT_OF_MEMORY": ErrorCode.EXECUTION_FAILED,
    "EXCEEDED_CPU_LIMIT": ErrorCode.EXECUTION_TIMEOUT,
    "EXCEEDED_TIME_LIMIT": ErrorCode.EXECUTION_TIMEOUT,
    "NO_NODES_AVAILABLE": ErrorCode.EXECUTION_CONNECTION,
    "PERMISSION_DENIED": ErrorCode.EXECUTION_PERMISSION,
    "SERVER_SHUTTING_DOWN": ErrorCode.EXECUTION_CONNECTION,
    "SERVER_STARTING_UP": ErrorCode.EXECUTION_CONNECTION,
    "USER_CANCELED": ErrorCode.EXECUTION_CANCELLED,
}
TYPES: Mapping[str, ErrorCode] = {
    "USER_ERROR": ErrorCode.EXECUTION_QUERY,
    "INSUFFICIENT_RESOURCES": ErrorCode.EXECUTION_FAILED,
    "INTERNAL_ERROR": ErrorCode.EXECUTION_FAILED,
    "EXTERNAL": ErrorCode.EXECUTION_FAILED,
}
STATUSES: Mapping[int, ErrorCode] = {
    400: ErrorCode.EXECUTION_QUERY,
    401: ErrorCode.EXECUTION_PERMISSION,
    403: ErrorCode.EXECUTION_PERMISSION,
}
# Every exception class of httpx; a test compares this with the module. All of them are about the connection.
EXCEPTIONS: Mapping[type[Exception], ErrorCode] = {
    httpx.HTTPError: ErrorCode.EXECUTION_CONNECTION,
    httpx.InvalidURL: ErrorCode.EXECUTION_CONNECTION,
    httpx.StreamError: ErrorCode.EXECUTION_CONNECTION,
    httpx.CookieConflict: ErrorCode.EXECUTION_CONNECTION,
}
# What httpx raises before a request was on its way: nothing can have run.
UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.ProxyError)
_PREFIX = re.compile(r"\Aline \d+:\d+: ")
_LONG = 1000  # characters of an answer that is no JSON


def from_error(found: Failure, query: Query | None = None, *, ahead: int = 0) -> DLIError:
    """The DLIError for the `error` of a page. `ahead`: lines of ours before the query's in what was sent."""
    name, kind = found.get("errorName", ""), found.get("errorType", "")
    code = NAMES.get(name) or TYPES.get(kind, ErrorCode.EXECUTION_FAILED)
    text = _PREFIX.sub("", found.get("message") or name)
    place = _place(found.get("errorLocation"), query, ahead)
    job = query.job_id if query else None
    if code is ErrorCode.EXECUTION_TIMEOUT:
        return error(ErrorCode.EXECUTION_TIMEOUT, "by_engine", engine="Trino", problem=text, job_id=job)
    if code is ErrorCode.EXECUTION_CANCELLED:
        return error(code, job_id=job)
    final = True if code in {ErrorCode.EXECUTION_FAILED, ErrorCode.EXECUTION_CONNECTION} else None
    return error(code, engine="Trino", problem=text, job_id=job, error_name=name or None, final=final, **place)


def from_status(status: int, text: str, url: str, query: Query | None = None) -> DLIError:
    """The DLIError for an answer that is no page. Its text is plain, mostly."""
    code = STATUSES.get(status, ErrorCode.EXECUTION_CONNECTION)
    said = " ".join(text.split())[:_LONG] or f"HTTP {status}"
    facts: dict[str, Any] = {"engine": "Trino", "problem": said, "job_id": query.job_id if query else None}
    if code is ErrorCode.EXECUTION_CONNECTION:
        facts |= {"url": url, "status": status}
        return error(ErrorCode.EXECUTION_CONNECTION, "trino", **facts)
    return error(code, **facts)


def unreachable(problem: Exception, url: str, query: Query | None = None, *, final: bool | None = None) -> DLIError:
    """DLI-403 for an exception of httpx. `final`: the statement did not run, so it may be sent again."""
    job = query.job_id if query else None
    said = str(problem) or type(problem).__name__
    return error(
        ErrorCode.EXECUTION_CONNECTION,
        "trino",
        engine="Trino",
        url=url,
        problem=said,
        job_id=job,
        final=final,
        cause=problem,
    )


@contextmanager
def translated(url: str, query: Query | None = None) -> Generator[None]:
    """Around calls of httpx: its exceptions come out as DLIErrors."""
    try:
        yield
    except tuple(EXCEPTIONS) as problem:
        raise unreachable(problem, url, query, final=isinstance(problem, UNSENT) or None) from problem


def _place(found: Location | None, query: Query | None, ahead: int) -> dict[str, Any]:
    if not found or "lineNumber" not in found:
        return {}
    return place_of(query, found["lineNumber"] - ahead, found.get("columnNumber"))
