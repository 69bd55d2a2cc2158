"""Values by their dotted path: `config show`, `config get`, and what a command needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from dli_core.config import Override, Settings
from dli_core.config.keys import join, parse, split
from dli_core.config.values import flatten, require, value_at
from dli_core.errors import DLIError, ErrorCode
from tests.support.config import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path).write(project="")


def test_every_value_is_shown_as_text_with_its_origin(world: World):
    world.write(
        project="local: {engine: trino, trino: {schema: s, client_tags: [a]}, duckdb: {settings: {threads: 2}}}\n"
        "vars: {on: true}\nenvironments: {dev: {rename: {a.b: c.d}}}\n"
    )
    settings = world.resolve({"execution.timeout": Override(9, "--timeout")}, environment="dev")
    shown = {key: (text, str(origin)) for key, (text, origin) in flatten(settings).items()}
    expected = {
        "execution.default_mode": ("local", "default"),
        "execution.timeout": ("9", "--timeout"),
        "local.engine": ("trino", "dli.yaml:1"),
        "local.trino.schema": ("s", "dli.yaml:1"),
        "local.trino.client_tags": ('["a"]', "dli.yaml:1"),
        "local.trino.verify": ("true", "default"),
        "local.trino.url": ("null", "default"),
        "local.duckdb.settings.threads": ("2", "dli.yaml:1"),
        "vars.on": ("true", "dli.yaml:2"),
        'rename."a.b"': ("c.d", "dli.yaml:3"),
        "environment": ("dev", "--env"),
        "environments": ('["dev"]', "default"),
    }
    assert {key: shown[key] for key in expected} == expected


def test_secrets_are_shown_as_stars_wherever_they_stand(world: World):
    world.write(
        user="server: {api_key: hunter2, url: 'https://me:hunter2@b.example.com/x'}\n"
        "local:\n  trino: {password: hunter2, token: hunter2, session: {extra_credential: hunter2}}\n"
        "  duckdb: {settings: {s3_secret_access_key: hunter2, s3_access_key_id: hunter2, threads: 2}}\n"
        "vars: {api_key: hunter2, db_password: hunter2, lookback: 7}\n"
    )
    shown = {key: text for key, (text, _) in flatten(world.resolve()).items()}
    assert "hunter2" not in repr(shown)
    assert shown["server.url"] == "https://***@b.example.com/x"
    assert (shown["local.duckdb.settings.threads"], shown["vars.lookback"]) == ("2", "7")
    assert shown["server.api_key"] == "***"


def test_a_value_whose_variable_is_not_set_says_so(world: World):
    text, origin = flatten(world.write(project="server: {url: '${X}'}").resolve())["server.url"]
    assert (text, str(origin)) == ("${X} is not set", "dli.yaml:1")


def test_plain_settings_can_be_shown():
    assert flatten(Settings())["local.engine"][0] == "duckdb"


def test_a_value_is_found_by_its_path(world: World):
    settings = world.write(project="environments: {dev: {rename: {a.b: c.d}}}\nvars: {x: [1]}").resolve(
        environment="dev"
    )
    assert value_at(settings, "local.trino.schema") is None
    assert value_at(settings, 'rename."a.b"') == value_at(settings, "rename.a.b") == "c.d"
    assert value_at(settings, "vars") == {"x": [1]}
    assert value_at(settings, "vars.nope") is None
    assert (value_at(settings, "environment"), value_at(settings, "environments")) == ("dev", ["dev"])
    assert value_at(settings, "local") is settings.local


@pytest.mark.parametrize(
    ("key", "near"), [("local.engin", "local.engine"), ("timeout", "execution.timeout"), ("", None)]
)
def test_a_path_that_leads_nowhere_is_told_with_the_nearest(key: str, near: str | None):
    with pytest.raises(DLIError) as caught:
        value_at(Settings(), key)
    assert caught.value.details.get("candidates") == ([near] if near else None)


def test_what_is_required_and_missing_is_an_error(world: World):
    with pytest.raises(DLIError) as caught:
        require(world.resolve(), "server.url")
    assert (caught.value.code, caught.value.details["key"]) == (ErrorCode.CONFIG_MISSING, "server.url")
    assert require(world.resolve(environ={"DLI_SERVER_URL": "https://b"}), "server.url") == "https://b"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a.b", ("a", "b")),
        ('rename."a.b"', ("rename", "a.b")),
        ('"a.b".c', ("a.b", "c")),
        ("rename.a.b", ("rename", "a.b")),
        ("local.duckdb.settings.x.y", ("local", "duckdb", "settings", "x.y")),
        ("", ("",)),
    ],
)
def test_paths_are_written_with_dots_and_quotes(text: str, parts: tuple[str, ...]):
    assert parse(text) == parts
    assert split(join(parts)) == parts
