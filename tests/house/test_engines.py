"""One place to add an engine: a package beside the others, and everything else follows from it."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from pydantic import SecretStr

from dli_core.config import keys
from dli_core.config.settings import SECRETS, LocalSettings, Settings, sections
from dli_core.engines import factory
from dli_core.models.section import Section

ROOT = Path(__file__).resolve().parents[2]
ENGINES = Path(factory.__file__).parent
SOURCES = sorted(ROOT.glob("packages/*/src/**/*.py"))
# What a throw-away engine is made of: it answers every statement with one row.
TOY = '''
"""A toy: every statement gives what the configuration says."""

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field, SecretStr

from dli_core.models.section import URL, Files, Secrets, Section

DIALECT = "duckdb"
DRIVER = "toy"


class Config(Section):
    secrets: ClassVar[Secrets] = {"token": "url"}
    files: ClassVar[Files] = {"box": frozenset()}
    x: int = Field(default=1, description="What every statement gives.")
    box: str | None = Field(default=None, description="The file that the toys are in; unset: none.")
    url: str | None = Field(default=None, pattern=URL, description="Where toys are; unset: here.")
    token: SecretStr | None = Field(default=None, description="The token for the host; unset: none.")


def make(settings):
    from dli_core.engines.toy.engine import ToyEngine

    return ToyEngine(settings)
'''
TOY_ENGINE = '''
"""The engine itself, which a real one would import its driver in."""

from dli_core.engines.mock import ExecutorEngine, MockExecutor
from dli_core.engines.toy import Config
from dli_core.models.result import QueryResult


class ToyEngine(ExecutorEngine):
    name = "toy"
    title = "Toy"

    def __init__(self, settings):
        super().__init__(MockExecutor(QueryResult(rows=[{"x": settings.local.block(Config).x}])))
'''
# The folder as if it were one of ours; then the program that was asked for.
START = "import sys; import dli_core.engines as e; e.__path__.append(sys.argv.pop(1)); "
COMMAND = START + "from dli_cli.main import run; sys.exit(run(sys.argv[1:]))"
# Of a package of an engine, what the rest of dli_core imports as well.
SHARED = {*sys.stdlib_module_names, "dli_core", "dli_fast", "pydantic"}


@pytest.fixture
def toys(tmp_path: Path) -> Path:
    folder = tmp_path / "more" / "toy"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text(TOY.lstrip())
    (folder / "engine.py").write_text(TOY_ENGINE.lstrip())
    return folder.parent


@pytest.fixture
def toy(toys: Path, tmp_path: Path):
    """`dli` with one engine more."""
    project = tmp_path / "project"
    project.mkdir()

    def dli(*words: str, config: str = "", code: int = 0) -> str:
        (project / "dli.yaml").write_text(config)
        command = [sys.executable, "-W", "error", "-c", COMMAND, str(toys), *words]
        done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stderr
        return done.stdout + done.stderr

    return dli


def test_a_package_is_all_that_an_engine_needs(toy):
    config = "local: {engine: toy, toy: {x: 7}}\n"
    assert toy("run", "SELECT 1", "--format", "csv", config=config) == "x\n7\n"
    assert toy("run", "SELECT 1", "--format", "csv", "--engine", "toy") == "x\n1\n"
    assert toy("config", "get", "local.toy.x", config=config) == "7\n"
    assert "engine toy" in toy("config", "check", config=config)
    assert "local.toy.x = 7" in toy("config", "show", config=config)


def test_values_of_a_new_engine_are_checked_as_all_are(toy):
    assert "local.toy.x: must be a whole number" in toy(
        "config", "get", "vars", config="local: {toy: {x: a}}\n", code=2
    )
    message = toy("config", "get", "vars", config="local: {toy: {bxo: a}}\n", code=2)
    assert "local.toy.bxo" in message
    assert "local.toy.box" in message
    assert "must be 'bigquery', 'duckdb', 'toy' or 'trino'" in toy("run", "SELECT 1", "--engine", "tyo", code=2)


def test_a_package_that_cannot_run_sql_is_no_engine_to_run_on(toy, toys: Path):
    (toys / "half").mkdir()
    (toys / "half" / "__init__.py").write_text(TOY.lstrip().partition("def make")[0])
    message = toy("run", "SELECT 1", "--engine", "half", code=2)
    assert re.search(r"Use one of: bigquery, duckdb, toy, trino\.", message)


def test_a_path_of_a_new_engine_is_relative_to_the_project(toy, tmp_path: Path):
    printed = toy("config", "get", "local.toy.box", config="local: {toy: {box: a/../toys.zip}}\n")
    assert printed == f"{tmp_path / 'project' / 'toys.zip'}\n"


def test_the_secret_of_a_new_engine_is_hidden_and_goes_to_its_host_only(toy, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DLI_LOCAL__TOY__TOKEN", "hunter2")
    config = 'local: {engine: toy, toy: {url: "https://evil.example"}}\n'
    for words in (("config", "show"), ("config", "get", "local.toy.token"), ("run", "SELECT 1", "--format", "csv")):
        assert "hunter2" not in toy(*words, config=config)
    checked = toy("config", "check", config=config, code=2)
    assert "local.toy.token" in checked
    assert "hunter2" not in checked


def test_a_new_engine_is_offered_and_scaffolded(toy, tmp_path: Path):
    toy("init", "new", "--engine", "toy")
    written = (tmp_path / "project" / "new" / "dli.yaml").read_text()
    assert "  engine: toy\n  toy:\n    x: 1\n    box: null\n    url: null\n" in written
    assert "token" not in written


@pytest.mark.parametrize("name", factory.packages())
def test_an_engine_says_all_about_itself(name: str):
    package = factory.packages()[name]
    assert issubclass(package.Config, Section)
    assert package.Config.__module__ == f"dli_core.engines.{name}"
    assert LocalSettings.model_fields[name].annotation is package.Config
    assert package.DIALECT in {"duckdb", "bigquery", "trino"}
    assert package.DRIVER


def test_every_package_is_an_engine_and_every_module_is_shared():
    folders = {path.parent.name for path in ENGINES.glob("*/__init__.py")}
    assert set(factory.packages()) == folders
    assert {"duckdb"} <= set(factory.runnable()) <= folders


def test_the_packages_import_no_driver():
    names = sorted(factory.packages())
    imports = "; ".join(f"import dli_core.engines.{name}" for name in names)
    script = f"import sys; {imports}; print(*sorted({{m.partition('.')[0] for m in sys.modules}}))"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert not set(loaded) & {module for name in names for module in foreign(name)}


def foreign(engine: str) -> set[str]:
    """What an engine's package imports, and the rest of the project does not: its driver."""
    return {module for path in ENGINES.glob(f"{engine}/*.py") for module in imported(path)} - SHARED


def imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.partition(".")[0])
    return found


def test_a_driver_is_imported_by_its_engine_alone():
    assert foreign("duckdb") == {"duckdb"}
    for engine in factory.packages():
        drivers = foreign(engine)
        elsewhere = [
            path for path in SOURCES if not path.is_relative_to(ENGINES / engine) and "examples" not in path.parts
        ]
        assert [path for path in elsewhere if imported(path) & drivers] == []


def test_a_driver_is_in_the_distribution_that_is_named():
    for engine in factory.runnable():
        distributions = metadata.packages_distributions()
        assert any(factory.packages()[engine].DRIVER in distributions[module] for module in foreign(engine))


def test_every_secret_says_which_host_it_is_for():
    secret = {keys.join(parts) for parts, key in keys.table().items() if key.secret}
    assert secret <= set(SECRETS)
    for name, host in SECRETS.items():
        assert keys.key_at(keys.split(name)) is not None, name
        assert keys.key_at(keys.split(host)) is not None, host
    assert {parts for parts in keys.files() if keys.key_at(parts) is None} == set()


def test_a_secret_type_is_found_wherever_it_stands():
    fields = [field for _, kind in sections(Settings) for field in kind.model_fields.values()]
    assert sum(SecretStr in getattr(field.annotation, "__args__", ()) for field in fields) >= 3


@pytest.mark.parametrize(("path", "kind"), list(sections(Settings)), ids=str)
def test_every_key_says_in_one_sentence_what_it_means(path: tuple[str, ...], kind: type[Section]):
    for name, field in kind.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, Section):
            continue
        where, text = ".".join((*path, name)), field.description or ""
        assert re.fullmatch(r"[A-Z][^\n]{15,}\.", text), where
        if field.get_default(call_default_factory=True) in (None, {}, []):
            assert re.search(r"unset|default|none|nothing|outside", text, re.IGNORECASE), (
                f"{where}: what holds when unset?"
            )


def test_the_schema_of_the_configuration_names_the_blocks_of_the_engines():
    text = json.dumps(Settings.model_json_schema())
    assert all(f'"{name}"' in text for name in factory.packages())
