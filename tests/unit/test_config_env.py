"""The environment and .env: every name, short and long, and what `.env` may look like."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dli_core.config import Override, dotenv, env, keys
from tests.support.config import World

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path).write(project="")


@pytest.mark.parametrize(
    ("name", "text", "key", "value"),
    [
        ("DLI_TIMEOUT", "60", "execution.timeout", 60),
        ("DLI_EXECUTION__TIMEOUT", "60", "execution.timeout", 60),
        ("DLI_SERVER_URL", "https://b", "server.url", "https://b"),
        ("DLI_LOCAL__TRINO__URL", "https://t", "local.trino.url", "https://t"),
        ("DLI_LOCAL__TRINO__SCHEMA", "s", "local.trino.schema_", "s"),
        ("DLI_LOCAL__TRINO__VERIFY", "false", "local.trino.verify", False),
        ("DLI_LOCAL__TRINO__VERIFY", "/ca.pem", "local.trino.verify", "/ca.pem"),
        ("DLI_LOCAL__TRINO__USER", "12", "local.trino.user", "12"),
        ("DLI_LOCAL__TRINO__CLIENT_TAGS", "a, b", "local.trino.client_tags", ["a", "b"]),
        ("DLI_LOCAL__TRINO__CLIENT_TAGS", "[a, 'b,c']", "local.trino.client_tags", ["a", "b,c"]),
        ("DLI_LOCAL__DUCKDB__SETTINGS__THREADS", "2", "local.duckdb.settings", {"threads": 2}),
        ("DLI_LOCAL__DUCKDB__SETTINGS", "{threads: 2, memory_limit: 1GB}", "local.duckdb.settings",
         {"threads": 2, "memory_limit": "1GB"}),
        ("DLI_LOCAL__BIGQUERY__LABELS__TEAM", "7", "local.bigquery.labels", {"team": "7"}),
        ("DLI_VARS__LOOKBACK", "7", "vars", {"lookback": 7}),
        ("DLI_VARS__DAY", "2025-01-01", "vars", {"day": "2025-01-01"}),
        ("DLI_VARS__NOTE", "a: b: c", "vars", {"note": "a: b: c"}),
        ("DLI_RENAME", '{"a.b": c.d}', "rename", {"a.b": "c.d"}),
        ("DLI_ENV_VARS", "REGION,ZONE", "env_vars", ["REGION", "ZONE"]),
        ("DLI_PROTECTED", "true", "protected", True),
        ("DLI_DIALECT", "trino", "local.engine", "trino"),
    ],
)  # fmt: skip
def test_any_value_can_come_from_the_environment(name: str, text: str, key: str, value: object, world: World):
    found: object = world.resolve(environ={name: text})
    for part in key.split("."):
        found = getattr(found, part)
    assert found == value


def test_every_key_has_a_long_name_that_leads_back_to_it():
    for name, parts in env.long_names().items():
        assert re.fullmatch(r"DLI_[A-Z_]+", name)
        assert env.parts_of(name) == parts
    settable = {parts for parts, key in keys.table().items() if key.kind != "section"} - {("requires",)}
    assert set(env.long_names().values()) == settable


def test_api_key_and_api_token_are_the_same(world: World):
    for name in ("DLI_API_KEY", "DLI_API_TOKEN", "DLI_SERVER__API_KEY"):
        key = world.resolve(environ={name: "k"}).server.api_key
        assert key is not None
        assert key.get_secret_value() == "k"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("DLI_TIMEOUT", "DLI_EXECUTION__TIMEOUT"),
        ("DLI_API_KEY", "DLI_API_TOKEN"),
        ("DLI_SERVER_URL", "DLI_SERVER__URL"),
        ("DLI_EXECUTION_MODE", "DLI_EXECUTION__DEFAULT_MODE"),
    ],
)
def test_two_names_of_a_key_that_disagree_are_an_error_that_names_both(first: str, second: str, world: World):
    problem = world.refused(environ={first: "1", second: "2"})
    conflicts = [text for text in map(str, problem.details["problems"]) if first in text and second in text]
    assert len(conflicts) == 1
    assert world.write(env=f"{first}=1\n{second}=2\n").refused().details["problems"]


def test_a_conflict_alone_has_its_own_reason(world: World):
    details = world.refused(environ={"DLI_TIMEOUT": "3", "DLI_EXECUTION__TIMEOUT": "4"}).details
    assert (details["reason"], details["first"], details["second"]) == (
        "conflict",
        "DLI_TIMEOUT",
        "DLI_EXECUTION__TIMEOUT",
    )


def test_a_conflict_shows_no_secret(world: World):
    problem = world.refused(environ={"DLI_API_KEY": "hunter2", "DLI_API_TOKEN": "hunter3"})
    assert "hunter" not in repr(problem.details) + str(problem)


def test_two_names_that_agree_are_no_error(world: World):
    assert world.resolve(environ={"DLI_TIMEOUT": "3", "DLI_EXECUTION__TIMEOUT": "3"}).execution.timeout == 3


def test_names_in_different_layers_are_no_conflict(world: World):
    world.write(env="DLI_EXECUTION__TIMEOUT=4\n")
    assert world.resolve(environ={"DLI_TIMEOUT": "3"}).execution.timeout == 3


def test_an_empty_variable_is_not_set(world: World):
    world.write(project="execution: {timeout: 5}", env="DLI_TIMEOUT=\n")
    assert world.resolve(environ={"DLI_TIMEOUT": "", "DLI_ENV": "", "DLI_PROJECT_PATH": ""}).execution.timeout == 5


def test_the_engine_is_named_by_option_then_dialect_then_configuration(world: World):
    world.write(project="local: {engine: bigquery}")
    engine = {"local.engine": Override("duckdb", "--engine")}
    dialect = {"dialect": Override("trino", "argument dialect")}
    assert world.resolve().local.engine == "bigquery"
    assert world.resolve(environ={"DLI_DIALECT": "trino"}).local.engine == "trino"
    assert world.resolve(environ={"DLI_DIALECT": "trino", "DLI_LOCAL__ENGINE": "duckdb"}).local.engine == "duckdb"
    assert world.resolve(dialect, {"DLI_LOCAL__ENGINE": "duckdb"}).local.engine == "trino"
    assert world.resolve({**dialect, **engine}).local.engine == "duckdb"
    assert str(world.resolve(dialect).origin("local.engine")) == "argument dialect"


def test_a_dialect_that_is_no_engine_is_told_by_its_own_name(world: World):
    [message] = world.messages(environ={"DLI_DIALECT": "postgres"})
    assert message == "DLI_DIALECT: local.engine: must be 'bigquery', 'duckdb' or 'trino'"


def test_a_name_sets_the_key_as_a_file_spells_it(world: World):
    world.write(project="vars: {LookBack: 7}")
    assert world.resolve(environ={"DLI_VARS__LOOKBACK": "8"}).vars == {"LookBack": 8}


def test_a_single_key_beats_the_whole_mapping_of_its_layer(world: World):
    environ = {"DLI_VARS": "{a: 1, b: 2}", "DLI_VARS__B": "3"}
    assert world.resolve(environ=environ).vars == {"a": 1, "b": 3}


def test_names_that_nothing_reads_are_found_with_the_one_that_was_meant():
    names = ["DLI_TIMEOUTS", "DLI_LOCAL__TRINO__URLL", "DLI_TIMEOUT", "DLI_ENV", "DLI_VARS__X", "PATH", "DLI_QUUX"]
    assert env.unknown(names) == [
        ("DLI_LOCAL__TRINO__URLL", "DLI_LOCAL__TRINO__URL"),
        ("DLI_QUUX", None),
        ("DLI_TIMEOUTS", "DLI_TIMEOUT"),
    ]


def test_a_name_that_nothing_reads_stops_nobody(world: World):
    assert world.resolve(environ={"DLI_TIMEOUTS": "3"}).execution.timeout is None


def test_every_name_in_our_sources_is_documented():
    sources = [*ROOT.glob("packages/*/src/**/*.py"), *ROOT.glob("packages/*/src/**/*.toml")]
    used = {name for path in sources for name in re.findall(r"\bDLI_[A-Z][A-Z_]*[A-Z]\b", path.read_text("utf-8"))}
    documented = {name.name for name in env.documented()}
    assert used
    assert {name for name in used if name not in documented and env.parts_of(name) is None} == set()
    assert all(name.meaning for name in env.documented())


# .env


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("A=b", "b"),
        ("A = b ", "b"),
        ("export A=b", "b"),
        ("  export  A=b # note", "b"),
        ("A=b#c", "b#c"),
        ("A=# note", ""),
        ("A=", ""),
        ("A=''", ""),
        ('A="b # c" # note', "b # c"),
        ("A='b # c'", "b # c"),
        (r"A='a\nb'", r"a\nb"),
        (r'A="a\nb\t\"c\" \\ \$ \x"', 'a\nb\t"c" \\ $ \\x'),
        ('A="two\nlines"', "two\nlines"),
        ("A='two\nlines' # note", "two\nlines"),
        ("A=b=c", "b=c"),
        ("\ufeffA=b\r\nB=c\r\n", "b"),
        ("A=1\nA=2", "2"),
        ("not a line\n=x\nA=b", "b"),
        ("A=한글", "한글"),
    ],
)
def test_an_assignment_in_an_env_file_is_read_as_shells_do(text: str, value: str):
    entries, wrong = dotenv.parse(text)
    assert entries["A"].text == value
    assert wrong == []


def test_entries_know_their_line():
    entries, _ = dotenv.parse('# c\nA="1\n2"\n\nexport B=3\n')
    assert [(name, entry.line) for name, entry in entries.items()] == [("A", 2), ("B", 5)]


@pytest.mark.parametrize("text", ["DLI_TIMEOUT 3", 'DLI_TIMEOUT="3', "export DLI_TIMEOUT", "DLI_TIMEOUT='3' x"])
def test_a_line_about_dli_that_is_no_assignment_is_told(text: str, world: World):
    [message] = world.write(env=f"A=1\n{text}\n").messages()
    assert message.startswith(".env:2:1: ")


def test_a_broken_line_about_something_else_stops_nobody(world: World):
    assert world.write(env='OTHER="open\nDLI_TIMEOUT=3\n').resolve().execution.timeout == 3


def test_variables_in_an_env_file_are_filled_in_but_for_single_quotes(world: World):
    text = "HOST=t\nDLI_LOCAL__TRINO__URL=\"https://${HOST}:${PORT:-8443}\"\nDLI_LOCAL__TRINO__USER='${HOST}'\n"
    trino = world.write(env=text).resolve(environ={"PORT": "1"}).local.trino
    assert (trino.url, trino.user) == ("https://t:1", "${HOST}")


def test_an_escaped_dollar_is_a_dollar(world: World):
    world.write(env='DLI_LOCAL__TRINO__USER="\\${HOST}"\nDLI_LOCAL__TRINO__CATALOG=a$${b}$5\n')
    trino = world.resolve().local.trino
    assert (trino.user, trino.catalog) == ("${HOST}", "a${b}$5")


def test_a_variable_of_an_env_file_that_is_not_set_is_told(world: World):
    [message] = world.write(env="A=${NOPE}\nDLI_TIMEOUT=${NOPE}\n").messages()
    assert message == ".env:2:13: DLI_TIMEOUT: the variable NOPE is not set"


def test_an_env_file_cannot_trust_hosts(world: World):
    [message] = world.write(env="DLI_SERVER__TRUSTED_HOSTS=evil\n").messages()
    assert "only your own ~/.dli/config.yaml may trust hosts" in message


def test_an_env_file_that_is_no_text_is_told(world: World):
    (world.root / ".env").write_bytes(b"A=\xff\n")
    assert world.messages() == [".env:1:1: it is not UTF-8 text"]
