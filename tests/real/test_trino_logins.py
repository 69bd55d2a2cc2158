"""Trino with logins: each kind of one, what a wrong one is told, and that no secret is shown or sent in the clear."""

from __future__ import annotations

from pathlib import Path

import pytest

from dli_core.config import Override, resolve
from dli_core.engines.factory import make_engine
from dli_core.errors import DLIError, ErrorCode
from dli_core.errors.show import format_error
from tests.support.trino_secure import PASSWORD, USER

pytestmark = pytest.mark.real("trino_secure")


@pytest.fixture
def check(trino_secure, tmp_path: Path):
    """Log in with these keys of `local.trino`, and ask something."""

    def call(**keys: object) -> None:
        given = {"url": trino_secure.https, "verify": str(trino_secure.ca), **keys}
        overrides = {f"local.trino.{key}": Override(value, "a test") for key, value in given.items()}
        overrides["local.engine"] = Override("trino", "a test")
        engine = make_engine(resolve(overrides, project=tmp_path, environ={"DLI_USER_CONFIG": "off"}))
        try:
            engine.check()
        finally:
            engine.close()

    return call


def test_a_password(check):
    check(auth="basic", user=USER, password=PASSWORD)


def test_a_token_with_and_without_a_user(check, trino_secure):
    check(auth="jwt", token=trino_secure.token())
    check(auth="jwt", token=trino_secure.token(), user=USER)


def test_a_certificate(check, trino_secure):
    check(auth="certificate", certificate=str(trino_secure.client))


def test_any_authority_where_none_is_asked_for(check):
    check(auth="basic", user=USER, password=PASSWORD, verify=False)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"auth": "basic", "user": USER, "password": "hunter2"}, "Invalid credentials"),
        ({"auth": "basic", "user": "nobody", "password": "hunter2"}, "Invalid credentials"),
        ({"auth": "none", "user": USER}, "Unauthorized"),
        ({"auth": "jwt", "token": "hunter2"}, ""),
    ],
)
def test_a_wrong_login_is_a_matter_of_permission(check, keys: dict[str, str], said: str):
    with pytest.raises(DLIError) as caught:
        check(**keys)
    assert caught.value.code is ErrorCode.EXECUTION_PERMISSION
    assert said in str(caught.value.details["problem"])
    assert "hunter2" not in format_error(caught.value) + repr(caught.value)


def test_an_expired_token_says_so(check, trino_secure):
    token = trino_secure.token(seconds=-60)
    with pytest.raises(DLIError) as caught:
        check(auth="jwt", token=token)
    assert caught.value.code is ErrorCode.EXECUTION_PERMISSION
    assert "expired" in str(caught.value.details["problem"])
    assert token not in format_error(caught.value)


def test_another_user_than_the_login_is_refused(check):
    with pytest.raises(DLIError) as caught:
        check(auth="jwt", token="x", user=USER, verify=False)
    assert caught.value.code is ErrorCode.EXECUTION_PERMISSION


def test_a_server_of_an_unknown_authority_is_not_told_the_password(check):
    with pytest.raises(DLIError) as caught:
        check(auth="basic", user=USER, password=PASSWORD, verify=True)
    assert caught.value.code is ErrorCode.EXECUTION_CONNECTION
    assert "certificate" in str(caught.value.details["problem"]).lower()
    assert PASSWORD not in format_error(caught.value)


def test_a_login_holds_for_every_page(trino_secure, tmp_path: Path):
    keys = {
        "url": trino_secure.https,
        "verify": str(trino_secure.ca),
        "auth": "basic",
        "user": USER,
        "password": PASSWORD,
    }
    overrides = {f"local.trino.{key}": Override(value, "a test") for key, value in keys.items()}
    overrides["local.engine"] = Override("trino", "a test")
    from dli_core.engines.base import Query

    engine = make_engine(resolve(overrides, project=tmp_path, environ={"DLI_USER_CONFIG": "off"}))
    with engine.stream(Query("SELECT orderkey FROM tpch.tiny.lineitem", "dli-pages")) as stream:
        assert len(stream.collect()) == 60_175
    engine.close()
