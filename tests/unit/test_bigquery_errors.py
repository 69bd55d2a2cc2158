"""Every exception of BigQuery's libraries, and every reason of BigQuery's, has a code of ours."""

from __future__ import annotations

import inspect
import json
import ssl
from types import ModuleType

import grpc
import pytest
import requests
import urllib3.exceptions as http
from google.api_core import exceptions as api
from google.auth import exceptions as auth

from dli_core.engines.base import Query
from dli_core.engines.bigquery.errors import (
    CLASSES,
    FOREIGN,
    REASONS,
    Place,
    answered,
    from_exception,
    from_result,
    passing,
    reason_of,
    shown_bytes,
    translated,
    unsent,
)
from dli_core.errors import DLIError, ErrorCode
from dli_core.errors.show import format_error

WHERE = Place("my-project", "US")
E = ErrorCode
# What BigQuery's manual lists as reasons, and those that its API and the client library are known to give beside them.
KNOWN_REASONS = [
    "accessDenied",
    "attributeError",
    "backendError",
    "badRequest",
    "billingNotEnabled",
    "billingTierLimitExceeded",
    "blocked",
    "bytesBilledLimitExceeded",
    "duplicate",
    "forbidden",
    "internalError",
    "invalid",
    "invalidParameter",
    "invalidQuery",
    "invalidUser",
    "jobBackendError",
    "jobInternalError",
    "jobRateLimitExceeded",
    "notFound",
    "notImplemented",
    "parseError",
    "policyViolation",
    "quotaExceeded",
    "rateLimitExceeded",
    "required",
    "resourceInUse",
    "resourcesExceeded",
    "responseTooLarge",
    "stopped",
    "tableUnavailable",
    "timeout",
    "userRateLimitExceeded",
    "authError",
    "accountDisabled",
]


def classes(module: ModuleType) -> list[type[BaseException]]:
    own = [kind for _, kind in inspect.getmembers(module, inspect.isclass) if kind.__module__ == module.__name__]
    return [kind for kind in own if issubclass(kind, BaseException)]


def answer(code: int, reason: str, message: str) -> api.GoogleAPICallError:
    """As the client makes it of an HTTP answer."""
    response = requests.Response()
    response.status_code = code
    response.request = requests.Request("POST", "http://127.0.0.1/bigquery/v2/projects/p/jobs?x=1").prepare()
    response._content = json.dumps(
        {"error": {"code": code, "message": message, "errors": [{"reason": reason, "message": message}]}}
    ).encode()
    return api.from_http_response(response)


@pytest.mark.parametrize("kind", [*classes(api), *classes(auth), grpc.RpcError], ids=lambda kind: kind.__name__)
def test_every_class_has_a_code(kind: type[BaseException]):
    assert next((CLASSES[base] for base in kind.__mro__ if base in CLASSES), None) is not None


@pytest.mark.parametrize("kind", classes(requests.exceptions), ids=lambda kind: kind.__name__)
def test_every_exception_of_the_http_library_is_caught(kind: type[BaseException]):
    assert issubclass(kind, (*FOREIGN, Warning))


def test_the_classes_are_those_of_the_libraries():
    assert {kind.__name__ for kind in CLASSES if kind is not OSError} <= {
        kind.__name__ for kind in (*classes(api), *classes(auth), grpc.RpcError)
    }


def test_every_known_reason_has_a_code():
    assert set(KNOWN_REASONS) <= set(REASONS)


@pytest.mark.parametrize(
    ("status", "reason", "code"),
    [
        (400, "invalidQuery", E.EXECUTION_QUERY),
        (404, "notFound", E.EXECUTION_QUERY),
        (409, "duplicate", E.EXECUTION_QUERY),
        (400, "resourcesExceeded", E.EXECUTION_QUERY),
        (403, "accessDenied", E.EXECUTION_PERMISSION),
        (403, "policyViolation", E.EXECUTION_PERMISSION),
        (403, "billingNotEnabled", E.EXECUTION_PERMISSION),
        (401, "authError", E.EXECUTION_PERMISSION),
        (403, "rateLimitExceeded", E.EXECUTION_CONNECTION),
        (403, "quotaExceeded", E.EXECUTION_FAILED),
        (403, "responseTooLarge", E.EXECUTION_FAILED),
        (503, "backendError", E.EXECUTION_CONNECTION),
        (400, "stopped", E.EXECUTION_CANCELLED),
        (400, "timeout", E.EXECUTION_TIMEOUT),
        (400, "bytesBilledLimitExceeded", E.BUDGET_EXCEEDED),
        (400, "somethingNew", E.EXECUTION_QUERY),
        (403, "somethingNew", E.EXECUTION_PERMISSION),
        (429, "somethingNew", E.EXECUTION_CONNECTION),
        (500, "somethingNew", E.EXECUTION_CONNECTION),
        (418, "somethingNew", E.EXECUTION_FAILED),
    ],
)
def test_the_reason_decides_before_the_class(status: int, reason: str, code: ErrorCode):
    found = from_exception(answer(status, reason, "because"), WHERE)
    assert found.code is code
    assert "127.0.0.1" not in found.message


def test_a_job_that_failed_is_over_whatever_the_reason():
    for reason in REASONS:
        found = from_result({"reason": reason, "message": "m"}, WHERE)
        assert found.code is not E.EXECUTION_CONNECTION
        assert found.code is not E.EXECUTION_FAILED or found.details["final"] is True
    assert from_result({"reason": "somethingNew", "message": "m"}, WHERE).code is E.EXECUTION_FAILED


class Map:
    def locate(self, line: int, column: int | None = None) -> tuple[str, int, int | None]:
        return "models/a.sql", line + 10, column

    def excerpt(self, line: int, column: int | None = None) -> str:
        del column
        return f"line {line} of the file"


@pytest.mark.parametrize("form", ["Unrecognized name: nope at [2:3]", "Unrecognized name: nope [at 2:3]"])
def test_the_place_is_that_in_the_users_file(form: str):
    query = Query("SELECT\n  nope", "dli-1", source_map=Map())
    found = from_exception(answer(400, "invalidQuery", form), WHERE, query)
    assert found.details["problem"] == "Unrecognized name: nope"
    assert {key: found.details[key] for key in ("path", "line", "column", "excerpt")} == {
        "path": "models/a.sql",
        "line": 12,
        "column": 3,
        "excerpt": "line 2 of the file",
    }


def test_without_a_file_the_place_is_that_in_the_sql():
    found = from_result(
        {"reason": "invalidQuery", "message": "no at [2:3]; really"}, WHERE, Query("SELECT\n  nope", "dli-1")
    )
    assert (found.details["line"], found.details["column"], found.details["excerpt"]) == (2, 3, "  nope")
    assert found.details["problem"] == "no; really"


def refused_by_network(inner: Exception) -> requests.exceptions.ConnectionError:
    pool = http.MaxRetryError(None, "/x", inner)  # type: ignore[arg-type]
    return requests.exceptions.ConnectionError(pool)


def test_what_never_went_out_is_told_from_what_may_have_arrived():
    never = [
        refused_by_network(http.NewConnectionError(None, "refused")),  # type: ignore[arg-type]
        refused_by_network(http.NameResolutionError("h", None, OSError("unknown"))),  # type: ignore[arg-type]
        requests.exceptions.SSLError(http.MaxRetryError(None, "/x", http.SSLError(ssl.SSLCertVerificationError("no")))),  # type: ignore[arg-type]
        requests.exceptions.ConnectTimeout("slow"),
        auth.TransportError("token"),
        auth.RefreshError("expired"),
    ]
    perhaps = [
        requests.exceptions.ConnectionError(http.ProtocolError("aborted", ConnectionResetError("reset"))),
        requests.exceptions.ReadTimeout("slow"),
        requests.exceptions.ChunkedEncodingError("half"),
        requests.exceptions.JSONDecodeError("half", "{", 1),
        answer(503, "backendError", "x"),
        answer(500, "internalError", "x"),
    ]
    assert [unsent(problem) for problem in never] == [True] * len(never)
    assert [unsent(problem) for problem in perhaps] == [False] * len(perhaps)
    assert not any(answered(problem) for problem in (*never, *perhaps))
    assert answered(answer(400, "invalidQuery", "x"))
    assert answered(answer(403, "quotaExceeded", "x"))


def test_what_may_pass_is_told_from_what_will_not():
    assert all(
        passing(problem)
        for problem in (
            answer(503, "backendError", "x"),
            answer(500, "", "x"),
            answer(429, "", "x"),
            answer(403, "rateLimitExceeded", "x"),
            api.ServiceUnavailable("stream cut"),
            requests.exceptions.ConnectionError("reset"),
            auth.TransportError("x"),
        )
    )
    assert not any(
        passing(problem)
        for problem in (
            answer(400, "invalidQuery", "x"),
            answer(403, "quotaExceeded", "x"),
            answer(403, "accessDenied", "x"),
            answer(404, "notFound", "x"),
            auth.RefreshError("x"),
            requests.exceptions.SSLError(http.SSLError(ssl.SSLCertVerificationError("no"))),
        )
    )


def test_no_credentials_is_the_block_people_know():
    found = from_exception(auth.DefaultCredentialsError("none found"), WHERE)
    assert format_error(found).splitlines()[:3] == [
        "[DLI-403] Failed to connect to BigQuery",
        "  Project: my-project",
        "  Location: US",
    ]
    assert "Missing GOOGLE_APPLICATION_CREDENTIALS" in format_error(found)
    assert "dli config check" in format_error(found)
    assert found.details["final"] is True


def test_an_expired_login_says_so_without_the_answer_behind_it():
    found = from_exception(auth.RefreshError("invalid_grant: expired", {"id_token": "s3cret"}), WHERE)
    assert (found.code, found.details["reason"]) == (E.EXECUTION_PERMISSION, "bigquery_login")
    assert "gcloud auth application-default login" in format_error(found)
    assert "s3cret" not in format_error(found)


def test_a_budget_that_bigquery_enforced_names_both_sides():
    message = "Query exceeded limit for bytes billed: 1000. 10485760 or higher required."
    found = from_result(
        {"reason": "bytesBilledLimitExceeded", "message": message}, WHERE, Query("", "dli-1", budget=1000)
    )
    assert found.code is E.BUDGET_EXCEEDED
    assert found.details["estimate"] == "10.5 MB (10485760 bytes)"
    assert found.details["budget"] == "1 kB (1000 bytes)"


def test_the_context_manager_translates_and_lets_others_pass():
    with pytest.raises(DLIError) as caught, translated(WHERE):
        raise answer(403, "accessDenied", "no")
    assert caught.value.code is E.EXECUTION_PERMISSION
    assert reason_of(caught.value.cause) == "accessDenied"
    with pytest.raises(ZeroDivisionError), translated(WHERE):
        raise ZeroDivisionError


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1_500_000_000, "1.5 GB (1500000000 bytes)"),
        (10**18, "1e+03 PB (1000000000000000000 bytes)"),
    ],
)
def test_bytes_are_said_as_people_do(count: int, shown: str):
    assert shown_bytes(count) == shown
