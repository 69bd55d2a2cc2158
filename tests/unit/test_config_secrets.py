"""A secret goes only to a host that the user named, or that the project named beside the secret."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from dli_core.config import Layer, Origin, Override, Settings
from dli_core.config.edit import set_value
from dli_core.config.secrets import address_of, check_host, host_of
from dli_core.config.settings import SECRETS
from dli_core.errors import DLIError, ErrorCode
from tests.support.config import World

KEY, URL = "server.api_key", "server.url"
URL_TEXT = "https://basecamp.example.com"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path).write(project="")


def say(world: World, layers: dict[str, list[str]]) -> Settings:
    """Settings of a world whose layers give the url, the key, or both."""
    texts = {"url": f'url: "{URL_TEXT}"', "key": "api_key: k3y", "variable": 'api_key: "${KEY}"'}
    environ = {"KEY": "k3y"}
    overrides: dict[str, Override] = {}
    for layer, what in layers.items():
        if layer in {"user", "project", "private"}:
            world.write(**{layer: f"server: {{{', '.join(texts[item] for item in what)}}}"})
        elif layer == "env":
            names = {"url": f"DLI_SERVER_URL={URL_TEXT}", "key": "DLI_API_KEY=k3y"}
            world.write(env="\n".join(names[item] for item in what) + "\n")
        elif layer == "environ":
            environ |= {"DLI_SERVER_URL": URL_TEXT} if "url" in what else {}
            environ |= {"DLI_API_KEY": "k3y"} if "key" in what else {}
        else:
            overrides |= {URL: Override(URL_TEXT, "argument server_url")} if "url" in what else {}
            overrides |= {KEY: Override("k3y", "argument api_token")} if "key" in what else {}
    return world.resolve(overrides, environ)


def refused(settings: Settings, secret: str = KEY) -> DLIError:
    with pytest.raises(DLIError) as caught:
        check_host(settings, secret)
    return caught.value


LAYERS = ["user", "project", "private", "env", "environ", "override"]
PROJECTS = {"project": 0, "private": 1, "env": 2}  # of the project, lowest first


@pytest.mark.parametrize("secret", LAYERS)
@pytest.mark.parametrize("host", LAYERS)
def test_who_may_name_the_host_for_whose_secret(host: str, secret: str, world: World):
    layers = {host: ["url", "key"]} if host == secret else {host: ["url"], secret: ["key"]}
    settings = say(world, layers)
    by_user = host not in PROJECTS
    beside_it = host in PROJECTS and secret in PROJECTS and PROJECTS[host] >= PROJECTS[secret]
    if by_user or beside_it:
        check_host(settings, KEY)
    else:
        assert refused(settings).details["reason"] == "foreign_host"


def test_a_secret_of_the_users_file_is_not_sent_to_a_host_that_the_project_names(world: World):
    problem = refused(say(world, {"user": ["key"], "project": ["url"]}))
    assert problem.code is ErrorCode.SERVER_AUTH_FAILED
    details = problem.details
    assert (details["host"], details["host_origin"]) == ("basecamp.example.com", "dli.yaml:1")
    assert details["secret_origin"] == "~/.dli/config.yaml:1"
    assert "k3y" not in repr(details) + str(problem)


def test_a_project_cannot_take_a_secret_out_of_the_environment(world: World):
    problem = refused(say(world, {"project": ["url", "variable"]}))
    assert problem.details["secret_origin"] == "dli.yaml:1 (${KEY})"


def test_the_users_file_may_take_its_secret_from_the_environment(world: World):
    check_host(say(world, {"user": ["url", "variable"]}), KEY)


def test_a_project_may_name_the_host_that_the_user_named_too(world: World):
    settings = say(world, {"user": ["url", "key"], "project": ["url"]})
    assert settings.origin(URL).rank is Layer.PROJECT
    check_host(settings, KEY)


def test_a_project_that_redirects_to_another_host_is_refused(world: World):
    world.write(
        user=f'server: {{url: "{URL_TEXT}", api_key: k3y}}', project='server: {url: "https://evil.example.com"}'
    )
    assert refused(world.resolve()).details["host"] == "evil.example.com"


def test_a_projects_environment_cannot_redirect_either(world: World):
    world.write(
        user=f'server: {{url: "{URL_TEXT}", api_key: k3y}}',
        project='environments: {prod: {server: {url: "https://evil.example.com"}}}',
    )
    check_host(world.resolve(), KEY)
    assert refused(world.resolve(environment="prod")).details["host"] == "evil.example.com"


def test_the_command_of_the_error_approves_the_host_and_keeps_those_approved_before(world: World):
    world.write(
        user="server: {api_key: k3y, trusted_hosts: [other.example.com]}", project=f'server: {{url: "{URL_TEXT}"}}'
    )
    command = refused(world.resolve()).details["command"]
    program, noun, verb, key, value = shlex.split(command)
    assert (program, noun, verb) == ("dli", "config", "set")
    assert json.loads(value) == ["other.example.com", URL_TEXT]
    set_value(world.user_file, key, value)
    check_host(world.resolve(), KEY)


@pytest.mark.parametrize("where", ["user", "environ", "override"])
def test_hosts_are_trusted_by_the_user_alone(where: str, world: World):
    world.write(project=f'server: {{url: "{URL_TEXT}"}}', user="server: {api_key: k3y}")
    environ, overrides = {}, {}
    if where == "user":
        world.write(user=f'server: {{api_key: k3y, trusted_hosts: ["{URL_TEXT}"]}}')
    elif where == "environ":
        environ = {"DLI_SERVER__TRUSTED_HOSTS": URL_TEXT}
    else:
        overrides = {"server.trusted_hosts": Override([URL_TEXT], "argument trusted_hosts")}
    check_host(world.resolve(overrides, environ), KEY)


@pytest.mark.parametrize(
    ("trusted", "url", "fine"),
    [
        ("b.example.com", "https://b.example.com", True),
        ("b.example.com", "https://B.example.com./path", True),
        ("b.example.com:443", "https://b.example.com", True),
        ("https://b.example.com", "https://b.example.com:443/x", True),
        ("b.example.com", "http://b.example.com", False),
        ("http://b.example.com", "http://b.example.com", True),
        ("b.example.com", "https://b.example.com:8443", False),
        ("b.example.com:8443", "https://b.example.com:8443", True),
        ("example.com", "https://b.example.com", False),
        ("b.example.com", "https://b.example.com.evil.com", False),
        ("b.example.com", "https://b.example.com@evil.com", False),
        ("b.example.com", "https://evil.com/b.example.com", False),
        ("b.example.com", "https://evil.com#b.example.com", False),
        ("b.example.com", "https://evil.com\\\\@b.example.com", False),
        ("b.example.com", "https://b.example.com:x", False),
        ("[::1]:8080", "https://[::1]:8080", True),
    ],
)
def test_a_trusted_host_is_that_scheme_host_and_port_and_no_other(trusted: str, url: str, fine: bool, world: World):
    world.write(user=f'server: {{api_key: k3y, trusted_hosts: ["{trusted}"]}}', project=f'server: {{url: "{url}"}}')
    settings = world.resolve()
    if fine:
        check_host(settings, KEY)
    else:
        assert refused(settings).details["reason"] == "foreign_host"


@pytest.mark.parametrize("secret", [secret for secret in SECRETS if secret.startswith("local.trino")])
def test_an_engines_secret_is_guarded_too(secret: str, world: World):
    name = secret.rpartition(".")[2]
    world.write(user=f"local: {{trino: {{{name}: hunter2}}}}", project='local: {trino: {url: "https://evil"}}')
    problem = refused(world.resolve(), secret)
    assert problem.code is ErrorCode.EXECUTION_CONNECTION
    assert problem.exit_code == 3


def test_the_machines_own_credentials_are_the_users(world: World):
    world.write(project='local: {bigquery: {api_endpoint: "https://evil"}}')
    assert refused(world.resolve(), "local.bigquery.credentials").details["secret_origin"] == "your own credentials"
    world.write(project="", user='local: {bigquery: {api_endpoint: "https://emulator"}}')
    check_host(world.resolve(), "local.bigquery.credentials")


def test_an_engines_own_address_needs_no_approval(world: World):
    check_host(world.resolve(), "local.bigquery.credentials")


def test_a_secret_from_a_keyring_is_the_users(world: World):
    settings = say(world, {"project": ["url"]})
    with pytest.raises(DLIError) as caught:
        check_host(settings, KEY, origin=Origin("keyring", rank=Layer.USER))
    assert caught.value.details["secret_origin"] == "keyring"


def test_the_hosts_name_shows_no_user_or_password():
    assert host_of("https://user:pass@b.example.com/x") == "b.example.com"
    assert host_of("http://b:8080") == "b:8080"
    assert address_of("b.example.com") == ("https", "b.example.com", 443)
