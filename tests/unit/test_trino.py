"""What the Trino engine decides without a server: statements, errors, logins, retries."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import httpx
import pytest
import urllib3

from dli_core.config import Override, resolve
from dli_core.engines.base import Query
from dli_core.engines.factory import make_engine
from dli_core.engines.trino import errors
from dli_core.engines.trino.client import Client, Patience, session_changes
from dli_core.engines.trino.client import Page as TrinoPage
from dli_core.engines.trino.login import session_header
from dli_core.engines.trino.statement import only_reads, single
from dli_core.engines.trino.transport import Transport
from dli_core.engines.trino.types import json_paths
from dli_core.errors import DLIError, ErrorCode

QUERY = Query("SELECT\n  nope", "dli-1")


def refused(**keys: object) -> DLIError:
    """What using this configuration of `local.trino` raises."""
    overrides = {f"local.trino.{key}": Override(value, "a test") for key, value in keys.items()}
    settings = resolve(
        {"local.engine": Override("trino", "a test"), **overrides}, environ={"DLI_USER_CONFIG": "off"}, cwd=Path("/")
    )
    with pytest.raises(DLIError) as caught:
        make_engine(settings).check()
    return caught.value


# One statement


@pytest.mark.parametrize(
    ("sql", "sent"),
    [
        ("SELECT 1", "SELECT 1"),
        ("SELECT 1;", "SELECT 1"),
        ("SELECT 1 ;; -- done", "SELECT 1 "),
        ("SELECT ';' -- ; \n, \";\" /* ; */;", "SELECT ';' -- ; \n, \";\" /* ; */"),
        ("SELECT 'it''s;'", "SELECT 'it''s;'"),
        ("WITH FUNCTION f() RETURNS int LANGUAGE PYTHON AS $$ a; b $$ SELECT f();", None),
    ],
)
def test_a_last_semicolon_is_not_sent(sql: str, sent: str | None):
    assert single(sql) == (sql.rstrip(";") if sent is None else sent)


@pytest.mark.parametrize("sql", ["", "  ", ";", "-- nothing", "/* nothing */ ; "])
def test_nothing_is_no_statement(sql: str):
    with pytest.raises(DLIError) as caught:
        single(sql)
    assert caught.value.details["reason"] == "no_statement"


@pytest.mark.parametrize("sql", ["SELECT 1; SELECT 2", "SELECT 1; x", "SELECT ';'; DELETE FROM t"])
def test_text_behind_a_semicolon_is_a_second_statement(sql: str):
    with pytest.raises(DLIError) as caught:
        single(sql)
    assert caught.value.details["reason"] == "several_statements"


@pytest.mark.parametrize("sql", ["/**/" * 20_000 + "x", "(" * 50_000, "--\n" * 20_000, "'" * 50_001])
def test_hostile_text_takes_no_time(sql: str):
    only_reads(sql)
    single(f"{sql} SELECT 1;")


@pytest.mark.parametrize(
    ("sql", "reads"),
    [
        ("SELECT 1", True),
        ("-- x\n/* y */ ((SELECT 1))", True),
        ("with q as (select 1) select * from q", True),
        ("VALUES 1", True),
        ("TABLE t", True),
        ("SHOW TABLES", True),
        ("EXPLAIN DELETE FROM t", True),
        ("EXPLAIN (TYPE VALIDATE) DELETE FROM t", True),
        ("EXPLAIN ANALYZE DELETE FROM t", False),
        ("EXPLAIN/**/ANALYZE SELECT 1", False),
        ("INSERT INTO t SELECT 1", False),
        ("EXECUTE IMMEDIATE 'DROP TABLE t'", False),
        ("CALL system.runtime.kill_query('x')", False),
        ("SET SESSION a = 1", False),
        ("SELECTED", False),
        ("", False),
    ],
)
def test_the_first_word_says_whether_a_statement_only_reads(sql: str, reads: bool):
    assert only_reads(sql) is reads


# Errors


@pytest.mark.parametrize(
    ("name", "kind", "code"),
    [
        ("SYNTAX_ERROR", "USER_ERROR", ErrorCode.EXECUTION_QUERY),
        ("DIVISION_BY_ZERO", "USER_ERROR", ErrorCode.EXECUTION_QUERY),
        ("PERMISSION_DENIED", "USER_ERROR", ErrorCode.EXECUTION_PERMISSION),
        ("EXCEEDED_TIME_LIMIT", "INSUFFICIENT_RESOURCES", ErrorCode.EXECUTION_TIMEOUT),
        ("EXCEEDED_CPU_LIMIT", "INSUFFICIENT_RESOURCES", ErrorCode.EXECUTION_TIMEOUT),
        ("EXCEEDED_GLOBAL_MEMORY_LIMIT", "INSUFFICIENT_RESOURCES", ErrorCode.EXECUTION_FAILED),
        ("USER_CANCELED", "USER_ERROR", ErrorCode.EXECUTION_CANCELLED),
        ("ADMINISTRATIVELY_KILLED", "USER_ERROR", ErrorCode.EXECUTION_FAILED),
        ("ABANDONED_QUERY", "USER_ERROR", ErrorCode.EXECUTION_FAILED),
        ("GENERIC_INTERNAL_ERROR", "INTERNAL_ERROR", ErrorCode.EXECUTION_FAILED),
        ("HIVE_METASTORE_ERROR", "EXTERNAL", ErrorCode.EXECUTION_FAILED),
        ("SERVER_STARTING_UP", "INTERNAL_ERROR", ErrorCode.EXECUTION_CONNECTION),
        ("NO_NODES_AVAILABLE", "INTERNAL_ERROR", ErrorCode.EXECUTION_CONNECTION),
        ("OF_A_LATER_VERSION", "OF_A_LATER_VERSION", ErrorCode.EXECUTION_FAILED),
    ],
)
def test_an_error_is_told_by_its_name_before_its_type(name: str, kind: str, code: ErrorCode):
    found = errors.from_error({"errorName": name, "errorType": kind, "message": "line 2:3: why"}, QUERY)
    assert found.code is code
    assert "line 2:3" not in str(found.details.get("problem", ""))


def test_a_place_is_that_of_the_query():
    where: Any = {"errorName": "COLUMN_NOT_FOUND", "errorType": "USER_ERROR", "message": "no"}
    where["errorLocation"] = {"lineNumber": 3, "columnNumber": 3}
    found = errors.from_error(where, QUERY, ahead=1)
    assert (found.details["line"], found.details["column"], found.details["excerpt"]) == (2, 3, "  nope")


def test_every_exception_of_the_client_library_has_a_code():
    raised = {kind for kind in vars(httpx).values() if isinstance(kind, type) and issubclass(kind, Exception)}
    assert raised
    for kind in raised:
        assert any(issubclass(kind, known) for known in errors.EXCEPTIONS), kind


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, ErrorCode.EXECUTION_QUERY),
        (401, ErrorCode.EXECUTION_PERMISSION),
        (403, ErrorCode.EXECUTION_PERMISSION),
        (404, ErrorCode.EXECUTION_CONNECTION),
        (502, ErrorCode.EXECUTION_CONNECTION),
    ],
)
def test_an_answer_that_is_no_page_is_told_by_its_status(status: int, code: ErrorCode):
    assert errors.from_status(status, "said so", "http://trino", QUERY).code is code


# The login


def test_a_url_is_needed():
    assert refused().code is ErrorCode.CONFIG_MISSING


def test_a_password_is_not_sent_in_the_clear():
    found = refused(url="http://trino.example:8080", user="me", auth="basic", password="hunter2")
    assert found.details["reason"] == "in_the_clear"
    assert "hunter2" not in str(found)


@pytest.mark.parametrize(
    ("keys", "missing"),
    [
        ({"auth": "basic", "password": "x"}, "local.trino.user"),
        ({"auth": "jwt"}, "local.trino.token"),
        ({"auth": "certificate"}, "local.trino.certificate"),
    ],
)
def test_a_login_needs_its_parts(keys: dict[str, str], missing: str):
    found = refused(url="https://localhost:1", **keys)
    assert (found.code, found.details["key"]) == (ErrorCode.CONFIG_MISSING, missing)


def test_a_file_of_certificates_that_is_none_is_named(tmp_path: Path):
    (tmp_path / "ca.pem").write_text("no certificate")
    found = refused(url="https://localhost:1", verify=str(tmp_path / "ca.pem"))
    assert found.details["reason"] == "certificate"


def test_a_server_that_is_not_there_is_a_connection_error_of_trino():
    found = refused(url="http://127.0.0.1:1")
    assert (found.code, found.details["reason"], found.details["final"]) == (
        ErrorCode.EXECUTION_CONNECTION,
        "trino",
        True,
    )


# The session


def test_a_session_learns_from_the_headers_of_an_answer():
    told = (
        ("x-trino-set-session", "a=x%2Cy"),
        ("x-trino-set-session", "b=2"),
        ("x-trino-clear-session", "c"),
        ("x-trino-set-catalog", "memory"),
        ("x-trino-added-prepare", "p=SELECT+1%2B1"),
        ("x-trino-of-a-later-version", "x"),
    )
    changes = list(session_changes(TrinoPage({}, told=told)))
    assert changes == [
        ("property", "a", "x,y"),
        ("property", "b", "2"),
        ("property", "c", None),
        ("catalog", "", "memory"),
        ("prepared", "p", "SELECT 1+1"),
    ]


def test_a_property_goes_out_as_it_came():
    assert session_header({"a": "x,y=z ü"}) == "a=x%2Cy%3Dz%20%C3%BC"


def test_json_is_found_in_types_within_types():
    text: Any = {"rawType": "varchar", "arguments": [{"kind": "LONG", "value": 3}]}
    json: Any = {"rawType": "json", "arguments": []}
    row = {
        "rawType": "row",
        "arguments": [
            {"kind": "NAMED_TYPE", "value": {"fieldName": {"name": "a"}, "typeSignature": text}},
            {"kind": "NAMED_TYPE", "value": {"fieldName": {"name": "b"}, "typeSignature": json}},
        ],
    }
    array: Any = {"rawType": "array", "arguments": [{"kind": "TYPE", "value": row}]}
    assert json_paths([text, json, array]) == [[1], [2, 0, 1]]


# Retries


def test_patience_ends_and_raises_what_it_was_given():
    patience = Patience(0.2, threading.Event())
    failure = DLIError(code=ErrorCode.EXECUTION_CONNECTION)

    def tried() -> None:
        for _ in range(10):
            patience.wait(failure)

    with pytest.raises(DLIError) as caught:
        tried()
    assert caught.value is failure


def test_who_gives_up_waits_no_longer():
    given_up = threading.Event()
    given_up.set()
    with pytest.raises(DLIError):
        Patience(60, given_up).wait(DLIError(code=ErrorCode.EXECUTION_CONNECTION))


def _client(answer) -> Client:
    found = Client("https://trino.example", {}, None, httpx.create_ssl_context(verify=False))
    found._http = httpx.Client(transport=httpx.MockTransport(answer))
    found._pages = None
    return found


def test_a_next_page_on_another_host_is_not_asked_for():
    asked: list[httpx.URL] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url)
        return httpx.Response(200)

    for uri in (
        "https://evil.example/v1/x",
        "http://trino.example/v1/x",
        "https://trino.example:444/v1/x",
        "https://trino.example@evil.example/v1/x",
    ):
        with pytest.raises(DLIError) as caught:
            _client(answer).follow(uri, QUERY, Patience(1, threading.Event()))
        assert caught.value.details["reason"] == "trino_elsewhere"
        assert uri not in str(caught.value)
    assert asked == []


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_statement_is_posted_once_whatever_is_answered(status: int):
    posts: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        posts.append(request)
        return httpx.Response(status)

    with pytest.raises(DLIError) as caught:
        _client(answer).submit(QUERY, QUERY.sql, {})
    assert (len(posts), caught.value.code) == (1, ErrorCode.OUTCOME_UNKNOWN)


def test_a_page_is_asked_for_again_until_it_comes():
    answers = iter(
        [
            httpx.Response(503),
            httpx.Response(200, content=b'{"stats": {}, "da'),
            httpx.Response(200, content=b'{"stats": {}}'),
        ]
    )
    page = _client(lambda _: next(answers)).follow("https://trino.example/v1/x", QUERY, Patience(5, threading.Event()))
    assert page.head == {"stats": {}}


# The transport


@pytest.mark.parametrize(
    ("raised", "told"),
    [
        (urllib3.exceptions.ReadTimeoutError(None, "https://secret", "x"), httpx.ReadTimeout),
        (urllib3.exceptions.ConnectTimeoutError("https://secret"), httpx.ConnectTimeout),
        (urllib3.exceptions.SSLError("bad certificate"), httpx.ConnectError),
        (urllib3.exceptions.ProtocolError("cut", ConnectionResetError(104, "reset")), httpx.RemoteProtocolError),
        (urllib3.exceptions.IncompleteRead(1, 2), httpx.RemoteProtocolError),
        (urllib3.exceptions.LocationParseError("x"), httpx.UnsupportedProtocol),
    ],
)
def test_what_the_connection_raises_is_told_in_the_words_of_httpx(
    monkeypatch, raised: Exception, told: type[Exception]
):
    def fail(*_: object, **__: object) -> None:
        raise raised

    monkeypatch.setattr(urllib3.PoolManager, "urlopen", fail)
    transport = Transport(httpx.create_ssl_context(verify=False))
    with pytest.raises(told) as caught:
        transport.handle_request(httpx.Request("GET", "https://localhost/v1/secret"))
    assert "secret" not in str(caught.value)


def test_every_error_of_the_connections_library_is_told():
    kinds = {
        kind for kind in vars(urllib3.exceptions).values() if isinstance(kind, type) and issubclass(kind, Exception)
    }
    told = {kind for kind in kinds if kind.__module__ == "urllib3.exceptions" and not issubclass(kind, Warning)}
    ours = told - {urllib3.exceptions.ProxySchemeUnsupported}  # it goes through no proxy
    assert ours
    assert all(issubclass(kind, urllib3.exceptions.HTTPError) for kind in ours)
