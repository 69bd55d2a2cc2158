"""`${VAR}` in files, environments, and the version that a project requires."""

from __future__ import annotations

from pathlib import Path

import pytest

from dli_core import __version__
from dli_core.config import requires
from dli_core.config.values import require
from dli_core.errors import DLIError, ErrorCode
from tests.support.config import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path).write(project="")


# Variables


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${A}", "1"),
        ("x${A}y${B}z", "x1y2z"),
        ("${NOPE:-d}", "d"),
        ("${NOPE:-}", ""),
        ("${EMPTY:-d}", "d"),
        ("x${EMPTY}", "x"),
        ("${A:-d}", "1"),
        ("${NOPE:-http://h:1/p}", "http://h:1/p"),
        ("$${A}", "${A}"),
        ("$A $", "$A $"),
        ("${A}$${A}", "1${A}"),
    ],
)
def test_variables_are_filled_in_where_a_connection_is_described(text: str, value: str, world: World):
    world.write(project=f'local: {{duckdb: {{settings: {{x: "{text}"}}}}, trino: {{client_tags: ["{text}"]}}}}')
    local = world.resolve(environ={"A": "1", "B": "2", "EMPTY": ""}).local
    assert str(local.duckdb.settings["x"]) == value
    assert local.trino.client_tags == [value]


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("vars: {x: '${A}'}", "vars"),
        ("env_vars: ['${A}']", "env_vars"),
        ("environments: {dev: {vars: {x: '${A}'}}}\ndefault_env: dev", "vars"),
    ],
)
def test_outside_of_the_allowed_fields_a_variable_stays_text(text: str, where: str, world: World):
    found = getattr(world.write(project=text).resolve(environ={"A": "1"}), where)
    assert "${A}" in (found.values() if isinstance(found, dict) else found)


def test_the_hosts_that_are_trusted_are_spelled_out(world: World):
    world.write(user="server: {trusted_hosts: ['${A}']}")
    assert world.resolve(environ={"A": "evil"}).server.trusted_hosts == ["${A}"]


def test_a_variable_is_not_read_in_an_environment_variable_or_option(world: World):
    assert world.resolve(environ={"DLI_LOCAL__TRINO__USER": "${A}", "A": "1"}).local.trino.user == "${A}"


def test_a_variable_that_is_a_whole_value_takes_the_type_of_its_key(world: World):
    world.write(
        project="local: {engine: '${E}', trino: {verify: '${V}', user: '${N}'}, duckdb: {settings: {t: '${N}'}}}"
    )
    local = world.resolve(environ={"V": "false", "N": "2", "E": "trino"}).local
    assert (local.engine, local.trino.verify, local.trino.user) == ("trino", False, "2")
    assert local.duckdb.settings == {"t": 2}


def test_a_value_that_does_not_fit_once_filled_in_is_told_at_its_line(world: World):
    world.write(project="local:\n  engine: ${E}\n")
    assert world.messages(environ={"E": "duck"}) == [
        "dli.yaml:2:3: local.engine: must be 'bigquery', 'duckdb' or 'trino'"
    ]


@pytest.mark.parametrize("text", ["${A-x}", "${1}", "${A", "${A:-${B}}", "${A:?no}", "${}"])
def test_a_malformed_variable_is_told(text: str, world: World):
    [message] = world.write(project=f'local: {{duckdb: {{settings: {{x: "{text}"}}}}}}').messages(environ={"A": "1"})
    assert message.startswith("dli.yaml:1:29: local.duckdb.settings.x: a variable is ${NAME} or ${NAME:-default}")


def test_a_project_reads_the_environment_then_its_env_file(world: World):
    world.write(project="local: {trino: {user: '${U}', catalog: '${C}'}}", env="U=file\nC=file\n")
    trino = world.resolve(environ={"U": "shell"}).local.trino
    assert (trino.user, trino.catalog) == ("shell", "file")


def test_the_users_file_never_asks_the_env_file_of_a_project(world: World):
    world.write(user="server: {url: 'https://${HOST}'}", env="HOST=evil\n")
    settings = world.resolve()
    assert settings.server.url is None
    assert settings.found.unset["server.url"].variable == "HOST"


def test_the_origin_names_the_variables(world: World):
    world.write(project="local: {trino: {user: '${A}-${B:-b}'}}")
    assert str(world.resolve(environ={"A": "1"}).origin("local.trino.user")) == "dli.yaml:1 (${A}, ${B})"


def test_a_variable_that_is_needed_and_not_set_is_an_error_with_its_place(world: World):
    world.write(project="server:\n  api_key: ${KEY}\nexecution: {default_mode: server}\n")
    problem = world.refused()
    assert problem.code is ErrorCode.CONFIG_TEMPLATE
    details = problem.details
    assert (details["reason"], details["variable"], details["key"]) == ("variable", "KEY", "server.api_key")
    assert (details["path"], details["line"], details["column"]) == ("dli.yaml", 2, 3)


@pytest.mark.parametrize(
    ("text", "environ", "needed"),
    [
        ("server: {url: '${X}'}", {}, False),
        ("server: {url: '${X}'}", {"DLI_EXECUTION_MODE": "server"}, True),
        ("server: {url: '${X}'}", {"DLI_SPECS__SOURCE": "server"}, True),
        ("server: {url: '${X}'}", {"DLI_EXECUTION_MODE": "mock"}, False),
        ("local: {trino: {url: '${X}'}}", {}, False),
        ("local: {trino: {url: '${X}'}}", {"DLI_DIALECT": "trino"}, True),
        ("local: {trino: {url: '${X}'}}", {"DLI_DIALECT": "trino", "DLI_EXECUTION_MODE": "mock"}, False),
        ("local: {duckdb: {database: '${X}'}}", {}, True),
        ("environments: {dev: {rename: {a.b: 'c.${X}'}}}", {}, False),
        ("environments: {dev: {rename: {a.b: 'c.${X}'}}}", {"DLI_ENV": "dev"}, True),
        ("server: {url: '${X}'}", {"DLI_EXECUTION_MODE": "server", "DLI_SERVER_URL": "https://b"}, False),
    ],
)
def test_a_missing_variable_matters_only_when_its_value_does(
    text: str, environ: dict[str, str], needed: bool, world: World
):
    world.write(project=text)
    if needed:
        assert world.refused(environ=environ).code is ErrorCode.CONFIG_TEMPLATE
    else:
        world.resolve(environ=environ)


def test_whoever_needs_a_value_later_is_told_of_its_variable(world: World):
    settings = world.write(project="server: {url: '${X}'}").resolve()
    with pytest.raises(DLIError) as caught:
        require(settings, "server.url")
    assert (caught.value.code, caught.value.details["variable"]) == (ErrorCode.CONFIG_TEMPLATE, "X")


# Environments

ENVIRONMENTS = """\
local: {engine: duckdb}
vars: {a: 1, b: 1}
environments:
  dev: {vars: {b: 2}, rename: {"iceberg.analytics": iceberg.dev}}
  prod: {local: {engine: trino}, protected: true}
  empty:
"""


def test_an_environment_lies_over_its_own_file(world: World):
    world.write(project=ENVIRONMENTS)
    dev = world.resolve(environment="dev")
    assert (dev.vars, dev.rename, dev.protected) == ({"a": 1, "b": 2}, {"iceberg.analytics": "iceberg.dev"}, False)
    prod = world.resolve(environment="prod")
    assert (prod.local.engine, prod.vars, prod.protected) == ("trino", {"a": 1, "b": 1}, True)
    assert str(prod.origin("local.engine")) == "dli.yaml:5"
    assert world.resolve(environment="empty").vars == {"a": 1, "b": 1}
    assert world.resolve().environment is None


def test_a_lower_layers_environment_never_beats_a_higher_layer(world: World):
    world.write(project=ENVIRONMENTS, private="local: {engine: bigquery}", user="environments: {dev: {vars: {a: 9}}}")
    assert world.resolve(environment="prod").local.engine == "bigquery"
    assert world.resolve(environment="dev").vars == {"a": 1, "b": 2}


def test_every_file_may_add_to_an_environment(world: World):
    world.write(project=ENVIRONMENTS, private="environments: {dev: {vars: {b: 3}}, mine: {}}")
    assert world.resolve(environment="dev").vars == {"a": 1, "b": 3}
    assert world.resolve(environment="mine").environment == "mine"


def test_who_chooses_the_environment_highest_first(world: World):
    world.write(project=ENVIRONMENTS + "default_env: empty\n", env="DLI_ENV=prod\n")
    by_file = world.resolve()
    assert (by_file.environment, str(by_file.origin("environment"))) == ("prod", ".env:1")
    by_variable = world.resolve(environ={"DLI_ENV": "dev"})
    assert (by_variable.environment, str(by_variable.origin("environment"))) == ("dev", "DLI_ENV")
    assert world.resolve(environment="empty", environ={"DLI_ENV": "dev"}).environment == "empty"
    world.write(env="")
    assert str(world.resolve().origin("environment")) == "dli.yaml:7"


def test_an_environment_that_no_file_defines_is_an_error_with_candidates(world: World):
    problem = world.write(project=ENVIRONMENTS).refused(environment="prd")
    assert problem.code is ErrorCode.CONFIG_ENV_NOT_FOUND
    assert problem.details["candidates"] == ["prod"]
    assert problem.details["known_environments"] == ["dev", "prod", "empty"]


def test_a_default_environment_that_no_file_defines_is_told_at_its_line(world: World):
    problem = world.write(project="execution: {}\ndefault_env: dev\n").refused()
    assert (problem.code, problem.details["path"], problem.details["line"]) == (
        ErrorCode.CONFIG_ENV_NOT_FOUND,
        "dli.yaml",
        2,
    )


# requires


@pytest.mark.parametrize(
    ("text", "version", "fits"),
    [
        (">=0.4,<1", "0.4.0", True),
        (">=0.4,<1", "0.4", True),
        (">=0.4,<1", "0.10.2", True),
        (">=0.4,<1", "0.3.9", False),
        (">=0.4,<1", "1.0.0", False),
        (">=0.4,<1", "1.0.0rc1", False),
        (">=0.4", "0.4.0rc1", False),
        (">=0.4.0rc1", "0.4.0rc2", True),
        ("<1.0rc2", "1.0rc1", True),
        ("==0.4.*", "0.4.9", True),
        ("==0.4.*", "0.5.0", False),
        ("!=0.4.*", "0.5.0", True),
        ("==0.4", "0.4.0", True),
        ("!=0.4", "0.4.0", False),
        ("~=0.4.2", "0.4.9", True),
        ("~=0.4.2", "0.5.0", False),
        ("~=0.4", "0.9", True),
        ("~=0.4", "1.0", False),
        (">0.4", "0.4.1", True),
        (">0.4", "0.4.0", False),
        ("<=0.4", "0.4.0", True),
        (" >= 0.4 , < 1 ", "0.5", True),
        (">=0.4", "0.5.0.dev3", True),
        (">=0.5", "0.5.0.dev3", False),
    ],
)
def test_versions_compare_as_pip_compares_them(text: str, version: str, fits: bool):
    assert requires.satisfied(text, version) is fits


@pytest.mark.parametrize("text", ["0.4", "=>0.4", "latest", "", ">=0.4,", "~=1", ">=1.*", ">=x"])
def test_what_is_no_version_specifier_is_told(text: str, world: World):
    with pytest.raises(ValueError, match="is no version specifier"):
        requires.satisfied(text, "0.4.0")
    if text:
        [message] = world.write(project=f"requires: '{text}'\n").messages()
        assert message.startswith("dli.yaml:1:1: requires: ")


@pytest.mark.parametrize(
    "text",
    [
        'requires: ">=99"\n',
        "requires: '>=99' # soon\nunknown: key\n",
        "requires: >=99\n",
        "new_block: &anchor {a: 1}\nrequires: '>=99'\nuse: *anchor\n",
        "execution: {timeout: forever}\n'requires': '>=99'\n",
        "{requires: '>=99', unknown: 1}\n",
    ],
)
def test_a_newer_project_asks_for_an_upgrade_before_anything_else(text: str, world: World):
    problem = world.write(project=text, user="unknown: key\n").refused(environ={"DLI_TIMEOUT": "x"})
    details = problem.details
    assert (problem.code, details["reason"]) == (ErrorCode.CONFIG_INVALID, "requires")
    assert (details["requires"], details["version"], details["path"]) == (">=99", __version__, "dli.yaml")
    assert details["command"] == "pip install --upgrade 'dli-cli>=99'"
    assert details["line"] == text[: text.index("requires")].count("\n") + 1


def test_a_project_for_this_version_loads(world: World):
    assert world.write(project=f"requires: '>={__version__}'\n").resolve().requires == f">={__version__}"
    assert world.write(project="requires: null\n").resolve().requires is None
