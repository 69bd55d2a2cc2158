"""What of a value may be seen, and errors without the secrets in them."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from dli_core.config.hidden import shown, without_secrets
from dli_core.errors import DLIError, ErrorCode, error
from dli_core.errors.redact import scrub


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("local.engine", "duckdb", "duckdb"),
        ("execution.timeout", 60, "60"),
        ("server.api_key", SecretStr("x"), "***"),
        ("server.api_key", SecretStr(""), ""),
        ("server.api_key", "x", "***"),
        ("server.api_key", None, "null"),
        ("server.url", "https://me:pw@host/a", "https://***@host/a"),
        ("vars.lookback", 7, "7"),
        ("vars.db_password", "x", "***"),
        ("vars.db_password", None, "null"),
        ("vars.mail", {"host": "smtp", "password": "x"}, '{"host": "smtp", "password": "***"}'),
        ("vars.list", [{"api_key": "x"}, "한글"], '[{"api_key": "***"}, "한글"]'),
        ("rename.shop.tokens", "dev.tokens", "dev.tokens"),
        ("local.duckdb.database", "md:shop?motherduck_token=x&a=b", "md:shop?motherduck_token=***&a=b"),
    ],
)
def test_a_secret_is_hidden_and_the_rest_is_shown(key: str, value: object, expected: str):
    head, _, tail = key.partition(".")
    parts = (head, tail) if head in {"vars", "rename"} else tuple(key.split("."))
    assert shown(parts, value) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no secret: a@b.c", "no secret: a@b.c"),
        ("IO Error: http://u:p@h/x?a=1", "IO Error: http://***@h/x?a=1"),
        ("s3://b/k?X-Amz-Signature=abc&x=1", "s3://b/k?X-Amz-Signature=***&x=1"),
        ("what?token=1 and more", "what?token=*** and more"),
    ],
)
def test_urls_lose_their_secrets_and_nothing_else(text: str, expected: str):
    assert without_secrets(text) == expected


def fail() -> None:
    try:
        int("hunter2")
    except ValueError as cause:
        problems = [{"message": "a hunter2"}]
        raise error(
            ErrorCode.EXECUTION_QUERY, problem="hunter2", problems=problems, hints=("hunter2",), line=3
        ) from cause


def test_an_error_is_scrubbed_with_all_that_lies_behind_it():
    with pytest.raises(DLIError) as caught:
        fail()
    made = scrub(caught.value, lambda text: text.replace("hunter2", "***"))
    assert made is caught.value
    assert made.details == {"problem": "***", "problems": [{"message": "a ***"}], "line": 3}
    assert (made.hints, made.__cause__, made.__context__) == (("***",), None, None)
    assert "hunter2" not in str(made)
