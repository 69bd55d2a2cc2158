"""Trino with logins: each kind of one, what a wrong one is told, and that no secret is shown or sent in the clear."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dli_core.config import Override, resolve
from dli_core.engines.base import Query
from dli_core.engines.factory import make_engine
from dli_core.engines.trino import running
from dli_core.engines.trino.client import Client
from dli_core.engines.trino.errors import from_status
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


@pytest.fixture
def engine(trino_secure, tmp_path: Path):
    keys = {
        "url": trino_secure.https,
        "verify": str(trino_secure.ca),
        "auth": "basic",
        "user": USER,
        "password": PASSWORD,
    }
    overrides = {f"local.trino.{key}": Override(value, "a test") for key, value in keys.items()}
    overrides["local.engine"] = Override("trino", "a test")
    found = make_engine(resolve(overrides, project=tmp_path, environ={"DLI_USER_CONFIG": "off"}))
    yield found
    found.close()


LINES = "SELECT orderkey, linenumber, comment FROM tpch.{}.lineitem ORDER BY orderkey, linenumber"


# Spooled results: this server keeps them at an S3 server, once they are large enough


@pytest.mark.parametrize("encoding", ["json", "json+zstd", "json+lz4"])
def test_a_spooled_result_is_whole_and_in_order(engine, encoding: str, monkeypatch: pytest.MonkeyPatch):
    asked: list[str] = []
    segment = Client.segment

    def counted(self: Client, uri: str, *rest: Any) -> bytes:
        asked.append(uri)
        return segment(self, uri, *rest)

    monkeypatch.setattr(Client, "segment", counted)
    monkeypatch.setattr(running, "_SPOOLED", encoding)
    with engine.stream(Query(LINES.format('"sf0.1"'), "dli-spooled", timeout=120)) as stream:
        found = stream.collect()
    assert len(found) == 600_572
    keys = [(int(row[0] or 0), int(row[1] or 0)) for row in found.texts()]
    assert keys == sorted(keys)
    assert asked, "nothing was spooled"


def test_a_small_result_comes_inline(engine, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Client, "segment", None)  # nothing is fetched from elsewhere
    with engine.stream(Query("SELECT * FROM tpch.tiny.nation", "dli-inline")) as stream:
        assert len(stream.collect()) == 25


def test_a_segment_that_cannot_be_had_is_an_incomplete_result(engine, monkeypatch: pytest.MonkeyPatch):
    def gone(self: Client, uri: str, headers: Any, query: Query, patience: Any) -> bytes:
        raise from_status(404, "gone", self.url, query)

    monkeypatch.setattr(Client, "segment", gone)
    with (
        pytest.raises(DLIError) as caught,
        engine.stream(Query(LINES.format('"sf0.1"'), "dli-gone", timeout=60)) as stream,
    ):
        stream.collect()
    assert caught.value.code is ErrorCode.RESULT_INCOMPLETE
