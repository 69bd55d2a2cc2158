"""Layers: which value wins, where it came from, and what is said of what is wrong."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from dli_core.config import Layer, Override, Settings, find_root, resolve
from dli_core.errors import ErrorCode
from dli_core.models.common import ExecutionMode
from tests.support.config import World

# Every layer's way to say "execution.timeout", highest first.
TIMEOUTS = [("override", 1), ("environ", 2), ("env", 3), ("private", 4), ("project", 5), ("user", 6)]
ORIGINS = ["--timeout", "DLI_TIMEOUT", ".env:1", ".dli.local.yaml:1", "dli.yaml:1", "~/.dli/config.yaml:1"]
EXAMPLE = """\
requires: ">=0.0"
execution: {default_mode: local, timeout: 300}
specs: {source: local}
local:
  engine: duckdb
  duckdb: {database: data.duckdb, settings: {}}
  bigquery: {project: p, location: US, budget: 10GB, labels: {}, credentials: adc, impersonate: null,
    quota_project: null, api_endpoint: null}
  trino: {url: "https://trino", user: u, catalog: c, schema: s, auth: none, session: {}, client_tags: [], verify: true}
server: {url: "https://basecamp", api_key: "${BASECAMP_API_KEY}"}
vars: {lookback: 7}
env_vars: [REGION]
default_env: dev
environments:
  dev:  {rename: {"iceberg.analytics": "iceberg.dev_${USER}"}}
  prod: {local: {engine: trino}, protected: true}
"""


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path).write(project="")


def with_timeouts(world: World, layers: list[tuple[str, int]]) -> Settings:
    said = dict(layers)
    for name in ("private", "project", "user"):
        if name in said:
            world.write(**{name: f"execution: {{timeout: {said[name]}}}\n"})
    if "env" in said:
        world.write(env=f"DLI_TIMEOUT={said['env']}\n")
    environ = {"DLI_TIMEOUT": str(said["environ"])} if "environ" in said else {}
    overrides = {"execution.timeout": Override(said["override"], "--timeout")} if "override" in said else {}
    return world.resolve(overrides, environ)


@pytest.mark.parametrize("lowest", range(len(TIMEOUTS)))
@pytest.mark.parametrize("highest", range(len(TIMEOUTS)))
def test_the_highest_layer_that_speaks_wins_and_is_the_origin(highest: int, lowest: int, world: World):
    layers = TIMEOUTS[highest : lowest + 1]
    if not layers:
        highest = lowest
        layers = [TIMEOUTS[lowest]]
    settings = with_timeouts(world, layers)
    assert settings.execution.timeout == TIMEOUTS[highest][1]
    assert str(settings.origin("execution.timeout")) == ORIGINS[highest]


def test_without_any_layer_the_defaults_work(tmp_path: Path):
    settings = resolve(environ={}, home=tmp_path / "home", cwd=tmp_path)
    assert settings == Settings().knowing(settings.found)
    assert settings.root is None
    assert settings.base == tmp_path
    assert str(settings.origin("local.engine")) == "default"


def test_layers_merge_key_by_key_and_lists_whole(world: World):
    world.write(
        user="local: {duckdb: {settings: {threads: 1, memory_limit: 1GB}}, trino: {client_tags: [a, b]}}",
        project="local: {duckdb: {settings: {threads: 2}}, trino: {client_tags: [c]}}",
    )
    settings = world.resolve()
    assert settings.local.duckdb.settings == {"threads": 2, "memory_limit": "1GB"}
    assert settings.local.trino.client_tags == ["c"]


def test_an_explicit_null_hides_a_lower_layer(world: World):
    world.write(user='server: {url: "https://a"}', project="server: {url: null}")
    assert world.resolve().server.url is None


def test_a_block_whose_lines_are_all_comments_says_nothing(world: World):
    world.write(user="execution: {timeout: 7}", project="execution:\n  # timeout: 3\nvars:\nenvironments:\n")
    assert world.resolve().execution.timeout == 7


def test_an_override_of_none_was_not_given(world: World):
    world.write(project="execution: {timeout: 7}")
    assert world.resolve({"execution.timeout": Override(None, "--timeout")}).execution.timeout == 7


def test_the_example_of_the_manual_loads(world: World):
    settings = world.write(project=EXAMPLE).resolve(environ={"USER": "kim"})
    assert settings.rename == {"iceberg.analytics": "iceberg.dev_kim"}
    assert settings.local.trino.schema_ == "s"
    assert settings.vars == {"lookback": 7}
    assert settings.environment == "dev"
    assert settings.found.environments == ("dev", "prod")


def test_every_value_of_a_file_knows_its_line(world: World):
    settings = world.write(project=EXAMPLE).resolve(environ={"USER": "kim"})
    lines = {key: origin.line for key, origin in settings.origins.items()}
    assert lines["execution.timeout"] == 2
    assert lines["local.duckdb.database"] == 6
    assert lines["local.bigquery.quota_project"] == 8
    assert lines['rename."iceberg.analytics"'] == 15
    assert settings.origin("environment").line == 13


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("execution:\n  timeuot: 3\n",
         "dli.yaml:2:3: unknown key 'execution.timeuot', did you mean 'execution.timeout'?"),
        ("timeout: 3\n", "dli.yaml:1:1: unknown key 'timeout', did you mean 'execution.timeout'?"),
        ("engine: trino\n", "dli.yaml:1:1: unknown key 'engine', did you mean 'local.engine'?"),
        ("enviroments: {}\n", "dli.yaml:1:1: unknown key 'enviroments', did you mean 'environments'?"),
        ("local:\n  trino: {host: x}\n",
         "dli.yaml:2:11: unknown key 'local.trino.host', did you mean 'local.trino.url'?"),
        ("quux: 3\n", "dli.yaml:1:1: unknown key 'quux'"),
        ("root: /\n", "dli.yaml:1:1: unknown key 'root'"),
        ("execution:\n  timeout: 0\n", "dli.yaml:2:3: execution.timeout: must be 1 or more"),
        ("execution:\n  timeout: 3601\n", "dli.yaml:2:3: execution.timeout: must be 3600 or less"),
        ("local: {engine: duck}\n", "dli.yaml:1:9: local.engine: must be 'bigquery', 'duckdb' or 'trino'"),
        ("local: trino\n", "dli.yaml:1:1: local: must hold keys and values"),
        ("local: {trino: {user: 12}}\n", "dli.yaml:1:17: local.trino.user: must be text: write it in quotes"),
        ("local: {duckdb: {settings: {a: [1]}}}\n",
         "dli.yaml:1:29: local.duckdb.settings.a: must be a text, a number, true or false"),
        ("server: {url: basecamp}\n", "dli.yaml:1:10: server.url: must begin with https:// or http://"),
        ("server: {trusted_hosts: [evil]}\n",
         "dli.yaml:1:10: server.trusted_hosts: only your own ~/.dli/config.yaml may trust hosts, a project may not"),
        ("rename: {}\n",
         "dli.yaml:1:1: unknown key 'rename' outside of an environment, did you mean 'environments.NAME.rename'?"),
        ("environments: {dev: {requires: '>=1'}}\n", "dli.yaml:1:22: unknown key 'requires' inside of an environment"),
        ("environments: {dev: {local: {engin: trino}}}\n",
         "dli.yaml:1:30: unknown key 'environments.dev.local.engin', did you mean 'local.engine'?"),
        ("environments: [dev]\n", "dli.yaml:1:1: environments: must hold keys and values"),
        ("- a\n", "dli.yaml:1:1: the file does not hold keys and values"),
        ("vars: {}\nvars: {}\n",
         "dli.yaml:2:1: the key 'vars' stands twice in this mapping: first at line 1, column 1"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place_and_what_was_meant(text: str, message: str, world: World):
    assert world.write(project=text).messages() == [message]


def test_a_key_that_stands_twice_hides_no_other_mistake(world: World):
    assert world.write(project="vars: {a: 1, a: 2}\nvras: 1\nlocal: {engine: duck}\n").messages() == [
        "dli.yaml:1:14: the key 'a' stands twice in this mapping: first at line 1, column 8",
        "dli.yaml:2:1: unknown key 'vras', did you mean 'vars'?",
        "dli.yaml:3:9: local.engine: must be 'bigquery', 'duckdb' or 'trino'",
    ]


def test_all_problems_of_all_layers_come_at_once_highest_first(world: World):
    world.write(
        user="locl: 1\n", project="execution: {timeout: x}\nvras: 1\n", private="- a\n", env="DLI_TIMEOUT=soon\n"
    )
    problems = world.messages({"execution.timeout": Override(0, "--timeout")}, environ={"DLI_TIMEOUT": "x"})
    assert [problem.split(":")[0] for problem in problems] == [
        "--timeout",
        "DLI_TIMEOUT",
        ".env",
        ".dli.local.yaml",
        "dli.yaml",
        "dli.yaml",
        "~/.dli/config.yaml",
    ]


def test_a_mistake_in_a_layer_that_loses_is_told_too(world: World):
    world.write(user="execution: {timeout: x}\n", project="execution: {timeout: 3}\n")
    assert len(world.messages()) == 1


def test_a_mistake_in_another_environment_is_told_too(world: World):
    text = "environments:\n  dev: {}\n  prod: {execution: {timeout: x}}\n"
    assert len(world.write(project=text).messages(environment="dev")) == 1


def test_one_problem_alone_is_told_in_its_own_words(world: World):
    problem = world.write(project="execution:\n  timeuot: 3\n").refused()
    assert problem.code is ErrorCode.CONFIG_INVALID
    assert problem.exit_code == 2
    assert problem.details["reason"] == "unknown_key"
    assert (problem.details["path"], problem.details["line"]) == ("dli.yaml", 2)
    assert "execution.timeuot" in str(problem)


def test_a_secret_is_never_in_an_error(world: World):
    problem = world.write(user="local: {trino: {password: [hunter2]}}").refused()
    assert "hunter2" not in repr(problem.details) + str(problem)


def test_an_unknown_key_of_an_override_is_told(world: World):
    [message] = world.messages({"execution.timeuot": Override(3, "argument timeuot")})
    assert message == "argument timeuot: unknown key 'execution.timeuot', did you mean 'execution.timeout'?"


def test_a_file_that_cannot_be_read_is_told(world: World):
    (world.root / ".dli.local.yaml").mkdir()
    assert world.messages() == [".dli.local.yaml:1:1: Is a directory"]


def test_the_root_is_the_nearest_folder_upward_with_a_dli_yaml(world: World):
    inner = world.root / "a" / "b"
    inner.mkdir(parents=True)
    assert find_root(inner) == world.root
    assert world.resolve(project=None, cwd=inner).root == world.root
    (world.root / "a" / "dli.yaml").write_text("")
    assert find_root(inner) == world.root / "a"


def test_a_folder_that_was_named_is_the_root_even_without_a_dli_yaml(world: World, tmp_path: Path):
    (tmp_path / "bare").mkdir()
    assert world.resolve(project=Path("bare")).root == tmp_path / "bare"
    assert world.resolve(project=None, environ={"DLI_PROJECT_PATH": "bare"}).root == tmp_path / "bare"
    (world.home / "mine").mkdir()
    assert world.resolve(project=Path("~/mine")).root == world.home / "mine"


@pytest.mark.parametrize("name", ["absent", "project/dli.yaml"])
def test_a_root_that_is_no_folder_is_refused(name: str, world: World):
    problem = world.refused(project=Path(name))
    assert problem.code is ErrorCode.CONFIG_NOT_FOUND
    assert problem.details["path"] == str(world.base / name)


def test_relative_paths_are_relative_to_the_root_and_a_tilde_is_the_home(world: World):
    world.write(
        project="local: {duckdb: {database: data/x.duckdb}, trino: {certificate: ../c.pem, key: ~/k.pem}}",
        user="local: {trino: {verify: ca.pem}, bigquery: {credentials: ~/key.json}}",
    )
    local = world.resolve().local
    assert local.duckdb.database == str(world.root / "data/x.duckdb")
    assert local.trino.certificate == str(world.base / "c.pem")
    assert local.trino.key == str(world.home / "k.pem")
    assert local.trino.verify == str(world.root / "ca.pem")
    assert local.bigquery.credentials == str(world.home / "key.json")


@pytest.mark.parametrize("text", [":memory:", ":memory:shared", "md:sales", "s3://bucket/x.duckdb", "/abs/x.duckdb"])
def test_a_database_that_is_no_relative_path_stays_as_it_is(text: str, world: World):
    world.write(project=f'local: {{duckdb: {{database: "{text}"}}}}')
    assert world.resolve().local.duckdb.database == text


def test_words_that_are_no_paths_stay_words(world: World):
    local = world.write(project="local: {trino: {verify: false}, bigquery: {credentials: adc}}").resolve().local
    assert local.trino.verify is False
    assert local.bigquery.credentials == "adc"


def test_settings_are_frozen_and_show_no_secret(world: World):
    world.write(
        user="server: {api_key: k3y}\n"
        "local: {trino: {password: hunter2}, duckdb: {settings: {s3_secret_access_key: s3cr3t}}}"
    )
    settings = world.resolve()
    assert settings.server.api_key is not None
    assert settings.server.api_key.get_secret_value() == "k3y"
    assert not any(secret in repr(settings) for secret in ("k3y", "hunter2", "s3cr3t"))
    with pytest.raises(ValueError, match="frozen"):
        settings.default_env = "x"  # type: ignore[misc]


def test_the_mode_is_read_from_any_layer(world: World):
    assert world.resolve().mode is ExecutionMode.LOCAL
    assert world.resolve(environ={"DLI_EXECUTION_MODE": "mock"}).mode is ExecutionMode.MOCK
    override = {"execution.default_mode": Override(ExecutionMode.LOCAL, "--local")}
    assert world.resolve(override, {"DLI_EXECUTION_MODE": "server"}).mode is ExecutionMode.LOCAL


def test_what_was_said_for_this_run_is_explicit(world: World):
    world.write(project="execution: {timeout: 3}\nlocal: {engine: duckdb}", env="DLI_SPECS__SOURCE=local")
    settings = world.resolve({"local.engine": Override("trino", "--engine")}, {"DLI_TIMEOUT": "4"})
    explicit = [settings.origin(key).explicit for key in ("local.engine", "execution.timeout", "specs.source")]
    assert explicit == [True, True, True]
    assert not world.resolve().origin("local.engine").explicit
    assert not settings.origin("server.url").explicit


def test_the_user_file_can_be_left_out(world: World):
    world.write(user="execution: {timeout: 9}\nbroken key: 1\n")
    assert world.resolve(environ={"DLI_USER_CONFIG": "off"}).execution.timeout is None
    assert world.messages(environ={"DLI_USER_CONFIG": "maybe"})[0] == "DLI_USER_CONFIG: say 'off' or 'on'"


def test_what_the_layers_are_called(world: World):
    assert [layer.name for layer in sorted(Layer)] == [
        "DEFAULT", "USER", "PROJECT", "PRIVATE", "ENV_FILE", "ENVIRONMENT", "OVERRIDE",
    ]  # fmt: skip
    assert [layer.of_user for layer in sorted(Layer)] == [False, True, False, False, False, True, True]


def test_resolving_imports_nothing_heavy(tmp_path: Path):
    (tmp_path / "dli.yaml").write_text(EXAMPLE)
    heavy = [
        "pydantic_settings",
        "yaml",
        "dotenv",
        "httpx",
        "packaging",
        "duckdb",
        "polars",
        "sqlglot",
        "json",
        "jinja2",
    ]
    code = f"""
import sys
from pathlib import Path
import pydantic
before = set(sys.modules)
from dli_core.config import resolve
resolve(project=Path({str(tmp_path)!r}), environ={{"USER": "kim"}}, home=Path({str(tmp_path)!r}))
print([name for name in {heavy} if name in set(sys.modules) - before])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
