"""BigQuery's errors → DLI codes, with the place in the user's file.

    errors[0].reason, else the exception's class ─▶ code     `at [2:3]` in the message ─▶ Query.source_map ─▶ path:line
    a job's errorResult                          ─▶ code

By reason before class: the class follows the HTTP status, and 400 or 403 stands for many things.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import grpc
from google.api_core import exceptions as api
from google.auth import exceptions as auth

from dli_core.engines.place import place_of
from dli_core.errors import DLIError, ErrorCode, error

if TYPE_CHECKING:
    from dli_core.engines.base import Query

REASONS: Mapping[str, ErrorCode] = {
    "accessDenied": ErrorCode.EXECUTION_PERMISSION,
    "accountDisabled": ErrorCode.EXECUTION_PERMISSION,
    "attributeError": ErrorCode.EXECUTION_QUERY,
    "authError": ErrorCode.EXECUTION_PERMISSION,
    "backendError": ErrorCode.EXECUTION_CONNECTION,
    "badRequest": ErrorCode.EXECUTION_QUERY,
    "billingNotEnabled": ErrorCode.EXECUTION_PERMISSION,
    "billingTierLimitExceeded": ErrorCode.BUDGET_EXCEEDED,
    "blocked": ErrorCode.EXECUTION_PERMISSION,
    "bytesBilledLimitExceeded": ErrorCode.BUDGET_EXCEEDED,
    "duplicate": ErrorCode.EXECUTION_QUERY,
    "forbidden": ErrorCode.EXECUTION_PERMISSION,
    "internalError": ErrorCode.EXECUTION_CONNECTION,
    "invalid": ErrorCode.EXECUTION_QUERY,
    "invalidParameter": ErrorCode.EXECUTION_QUERY,
    "invalidQuery": ErrorCode.EXECUTION_QUERY,
    "invalidUser": ErrorCode.EXECUTION_PERMISSION,
    "jobBackendError": ErrorCode.EXECUTION_FAILED,
    "jobInternalError": ErrorCode.EXECUTION_FAILED,
    "jobRateLimitExceeded": ErrorCode.EXECUTION_FAILED,
    "notFound": ErrorCode.EXECUTION_QUERY,
    "notImplemented": ErrorCode.EXECUTION_QUERY,
    "parseError": ErrorCode.EXECUTION_QUERY,
    "policyViolation": ErrorCode.EXECUTION_PERMISSION,
    "quotaExceeded": ErrorCode.EXECUTION_FAILED,
    "rateLimitExceeded": ErrorCode.EXECUTION_CONNECTION,
    "required": ErrorCode.EXECUTION_QUERY,
    "resourceInUse": ErrorCode.EXECUTION_FAILED,
    "resourcesExceeded": ErrorCode.EXECUTION_QUERY,
    "responseTooLarge": ErrorCode.EXECUTION_FAILED,
    "stopped": ErrorCode.EXECUTION_CANCELLED,
    "tableUnavailable": ErrorCode.EXECUTION_FAILED,
    "timeout": ErrorCode.EXECUTION_TIMEOUT,
    "userRateLimitExceeded": ErrorCode.EXECUTION_CONNECTION,
}
# Of an exception without a reason. Looked up along the class's bases; a test compares this with the modules.
CLASSES: Mapping[type[BaseException], ErrorCode] = {
    api.GoogleAPIError: ErrorCode.EXECUTION_CONNECTION,
    api.AsyncRestUnsupportedParameterError: ErrorCode.EXECUTION_FAILED,
    api.ClientError: ErrorCode.EXECUTION_FAILED,
    api.BadRequest: ErrorCode.EXECUTION_QUERY,
    api.Unauthorized: ErrorCode.EXECUTION_PERMISSION,
    api.Forbidden: ErrorCode.EXECUTION_PERMISSION,
    api.NotFound: ErrorCode.EXECUTION_QUERY,
    api.TooManyRequests: ErrorCode.EXECUTION_CONNECTION,
    api.Cancelled: ErrorCode.EXECUTION_CANCELLED,
    api.DataLoss: ErrorCode.EXECUTION_FAILED,
    auth.GoogleAuthError: ErrorCode.EXECUTION_CONNECTION,
    auth.RefreshError: ErrorCode.EXECUTION_PERMISSION,
    auth.UserAccessTokenError: ErrorCode.EXECUTION_PERMISSION,
    auth.OAuthError: ErrorCode.EXECUTION_PERMISSION,
    grpc.RpcError: ErrorCode.EXECUTION_CONNECTION,
    OSError: ErrorCode.EXECUTION_CONNECTION,  # what the HTTP library raises is one
}
FOREIGN = (api.GoogleAPIError, auth.GoogleAuthError, grpc.RpcError, OSError)
# What may pass by itself; the same request may be sent again where it changes nothing.
_PASSING_REASONS = frozenset(
    {"backendError", "internalError", "rateLimitExceeded", "userRateLimitExceeded", "jobRateLimitExceeded"}
)
_HOPELESS = frozenset({"SSLCertVerificationError", "InvalidURL", "InvalidSchema", "MissingSchema"})
_UNSENT = _HOPELESS | {"ConnectTimeout", "ProxyError", "NewConnectionError", "NameResolutionError"}
_FIRST_REFUSAL, _FIRST_FAILURE = 400, 500
_REQUEST_TIMEOUT = 408  # a proxy's: whether the request went on is not said
_PLACE = re.compile(r"\s*(?:\bat \[(\d+):(\d+)\]|\[at (\d+):(\d+)\])")
_PREFIX = re.compile(r"\A(?:\d{3} )?(?:GET|POST|PUT|DELETE) \S+: ")
_REQUIRED_BYTES = re.compile(r"(\d+) or higher required")


@dataclass(frozen=True, slots=True)
class Place:
    """Where queries run, for errors about the connection."""

    project: str | None
    location: str | None
    url: str | None = None  # of an emulator


def reason_of(problem: BaseException) -> str | None:
    """`errors[0].reason` of an answer; None where there was none."""
    found: object = getattr(problem, "errors", None)
    first: object = cast("list[object]", found)[0] if isinstance(found, list) and found else None
    reason = cast("dict[str, object]", first).get("reason") if isinstance(first, dict) else None
    return str(reason) if reason else None


def unsent(problem: BaseException) -> bool:
    """Whether the request never went out: no connection, no login. What was to run cannot have run."""
    if isinstance(problem, auth.GoogleAuthError):
        return True
    return not _UNSENT.isdisjoint(kind.__name__ for link in _chain(problem) for kind in type(link).__mro__)


def answered(problem: BaseException) -> bool:
    """Whether BigQuery itself refused the request: nothing of it runs."""
    return isinstance(problem, api.GoogleAPICallError) and _FIRST_REFUSAL <= _status(problem) < _FIRST_FAILURE


def passing(problem: BaseException) -> bool:
    """Whether the same request may succeed a moment later."""
    if isinstance(problem, auth.GoogleAuthError):
        return isinstance(problem, auth.TransportError)
    if isinstance(problem, api.GoogleAPIError):
        busy = isinstance(problem, (api.ServerError, api.TooManyRequests))
        return reason_of(problem) in _PASSING_REASONS or busy
    return _HOPELESS.isdisjoint(type(link).__name__ for link in _chain(problem))


def from_exception(problem: Exception, where: Place, query: Query | None = None) -> DLIError:
    """The DLIError for an exception of the driver."""
    reason = reason_of(problem)
    code = REASONS.get(reason or "") or next(CLASSES[kind] for kind in type(problem).__mro__ if kind in CLASSES)
    if code is ErrorCode.EXECUTION_CONNECTION and type(problem) is api.GoogleAPICallError and answered(problem):
        code = ErrorCode.EXECUTION_FAILED  # a status without a class of its own
    return _error(code, _said(problem), where, query, reason=reason, cause=problem)


def from_result(result: Mapping[str, Any], where: Place, query: Query | None = None) -> DLIError:
    """The DLIError for the errorResult of a job, which is over then."""
    reason = str(result.get("reason", ""))
    code = REASONS.get(reason, ErrorCode.EXECUTION_FAILED)
    if code is ErrorCode.EXECUTION_CONNECTION:
        code = ErrorCode.EXECUTION_FAILED  # the connection is fine: it told us
    return _error(code, str(result.get("message") or reason), where, query, reason=reason, final=True)


@contextmanager
def translated(where: Place, query: Query | None = None) -> Generator[None]:
    """Around calls into the driver: its exceptions come out as DLIErrors."""
    try:
        yield
    except FOREIGN as problem:
        raise from_exception(problem, where, query) from problem


def over_budget(estimate: int, budget: int, query: Query | None = None) -> DLIError:
    """DLI-410: what a statement would read, or has to be allowed to, and what it may."""
    job = query.job_id if query else None
    return error(ErrorCode.BUDGET_EXCEEDED, estimate=shown_bytes(estimate), budget=shown_bytes(budget), job_id=job)


def shown_bytes(count: int) -> str:
    """`1.5 GB (1500000000 bytes)`."""
    size, unit = float(count), "bytes"
    for larger in ("kB", "MB", "GB", "TB", "PB"):
        if size < 1000:  # noqa: PLR2004 - units are decimal, as BigQuery's bill is not: budgets are
            break
        size, unit = size / 1000, larger
    return f"{count} bytes" if unit == "bytes" else f"{size:.3g} {unit} ({count} bytes)"


def _error(
    code: ErrorCode,
    text: str,
    where: Place,
    query: Query | None,
    *,
    reason: str | None = None,
    final: bool | None = None,
    cause: Exception | None = None,
) -> DLIError:
    job = query.job_id if query else None
    if code is ErrorCode.EXECUTION_CONNECTION:
        final = True if cause is not None and (unsent(cause) or answered(cause)) else final
        return unreachable(text, where, job_id=job, final=final, cause=cause)
    if code is ErrorCode.EXECUTION_CANCELLED:
        return error(code, job_id=job, cause=cause)
    message, place = _placed(text, query)
    facts: dict[str, Any] = {"engine": "BigQuery", "problem": message, "job_id": job, "cause": cause}
    if code is ErrorCode.EXECUTION_TIMEOUT:
        return error(ErrorCode.EXECUTION_TIMEOUT, "by_engine", **facts)
    if code is ErrorCode.BUDGET_EXCEEDED:
        needed = _REQUIRED_BYTES.search(text)
        budget = query.budget if query else None
        return error(
            code,
            estimate=shown_bytes(int(needed[1])) if needed else message,
            budget=shown_bytes(budget) if budget else None,
            job_id=job,
            cause=cause,
        )
    if code is ErrorCode.EXECUTION_PERMISSION:
        place |= {"project": where.project, "location": where.location}
        if isinstance(cause, auth.GoogleAuthError):
            return error(ErrorCode.EXECUTION_PERMISSION, "bigquery_login", **facts, **place)
    if code is ErrorCode.EXECUTION_FAILED:
        place["final"] = final
    return error(code, error_name=reason, **facts, **place)


def unreachable(
    text: str,
    where: Place,
    *,
    job_id: str | None = None,
    final: bool | None = None,
    cause: Exception | None = None,
) -> DLIError:
    """DLI-403. `final`: the statement did not run and never will, so it may be sent again."""
    return error(
        ErrorCode.EXECUTION_CONNECTION,
        "bigquery",
        engine="BigQuery",
        project=where.project,
        location=where.location,
        url=where.url,
        problem=text,
        job_id=job_id,
        final=final,
        cause=cause,
    )


def _placed(text: str, query: Query | None) -> tuple[str, dict[str, Any]]:
    """The message without the place in it, and that place in the user's file."""
    found = _PLACE.search(text)
    if found is None:
        return text, {}
    line, column = (int(number) for number in found.groups() if number)
    return text[: found.start()] + text[found.end() :], place_of(query, line, column)


def _said(problem: Exception) -> str:
    """What it says, without method, URL and status."""
    found: object = getattr(problem, "errors", None)
    first: object = cast("list[object]", found)[0] if isinstance(found, list) and found else None
    if isinstance(first, dict) and (message := cast("dict[str, object]", first).get("message")):
        return str(message)
    whole: object = getattr(problem, "message", None)
    if isinstance(problem, api.GoogleAPICallError) and whole:
        return _PREFIX.sub("", str(whole))
    if isinstance(problem, auth.GoogleAuthError) and problem.args:
        return str(problem.args[0])  # what follows may be a whole answer
    deepest = _chain(problem)[-1]
    return str(deepest) or str(problem) or type(problem).__name__


def _status(problem: api.GoogleAPICallError) -> int:
    code: object = problem.code
    status = int(code) if isinstance(code, int) else 0
    return 0 if status == _REQUEST_TIMEOUT else status


def _chain(problem: BaseException) -> list[BaseException]:
    """An exception and those inside of it: the HTTP library wraps the socket's twice, as argument and as `reason`."""
    found = [problem]
    while len(found) < 8:  # noqa: PLR2004 - no chain is so long
        last = found[-1]
        inner: object = getattr(last, "reason", None) or next(
            (arg for arg in last.args if isinstance(arg, Exception)), None
        )
        if not isinstance(inner, BaseException) or inner in found:
            break
        found.append(inner)
    return found
