"""The doctor: what it says of files, names, secrets, packages and the engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from dli_core.config.check import Check, diagnose, layer_files, packages
from tests.support.config import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path).write(project="")


def checks(world: World, environ: dict[str, str] | None = None, **options: object) -> list[Check]:
    given = {"project": world.root, "cwd": world.base, "home": world.home, **options}
    return diagnose(environ=environ or {}, **given)  # type: ignore[arg-type]


def of(found: list[Check], name: str) -> Check:
    [check] = [check for check in found if check.name == name]
    return check


def complaints(found: list[Check]) -> list[str]:
    return [check.name for check in found if check.status in {"warn", "fail"}]


def test_a_healthy_project_has_nothing_to_complain_about(world: World):
    found = checks(world)
    assert complaints(found) == []
    assert of(found, "dli.yaml").status == "ok"
    assert of(found, ".dli.local.yaml").status == "skip"
    assert of(found, "engine duckdb") == Check("engine duckdb", "ok", "answers")
    assert of(found, "project").message == str(world.root)


def test_outside_of_a_project_it_says_how_to_start_one(world: World, tmp_path: Path):
    check = of(checks(world, project=None, cwd=tmp_path), "project")
    assert (check.status, check.remedy) == ("skip", "dli init")


def test_a_configuration_that_does_not_load_is_told_problem_by_problem(world: World):
    world.write(project="vras: 1\n", user="execution: {timeout: x}\n")
    found = checks(world)
    assert [check.name for check in found] == ["dli.yaml:1:1", "~/.dli/config.yaml:1:13"]
    assert {check.status for check in found} == {"fail"}
    assert all(check.remedy for check in found)
    world.write(user="")
    [only] = checks(world)
    assert "vras" in only.message


def test_a_project_for_another_version_names_the_upgrade(world: World):
    [check] = checks(world.write(project="requires: '>=99'\n"))
    assert "pip install --upgrade" in check.remedy


@pytest.mark.parametrize(("mode", "status"), [(0o600, "ok"), (0o644, "warn"), (0o640, "warn")])
@pytest.mark.parametrize("layer", ["user", "private", "env"])
def test_a_file_with_secrets_is_for_its_owner_alone(layer: str, mode: int, status: str, world: World):
    world.write(**{layer: "DLI_API_KEY=k3y\n" if layer == "env" else "server: {api_key: k3y}\n"})
    names = {"user": "~/.dli/config.yaml", "private": ".dli.local.yaml", "env": ".env"}
    path = world.user_file if layer == "user" else world.root / names[layer]
    path.chmod(mode)
    check = of(checks(world), names[layer])
    assert check.status == status
    assert check.remedy == ("" if status == "ok" else f"chmod 600 {path}")


@pytest.mark.parametrize("text", ["vars: {a: 1}\n", "server: {api_key: '${KEY}'}\n"])
def test_a_file_without_secrets_may_be_read_by_others(text: str, world: World):
    world.write(user=text)
    world.user_file.chmod(0o644)
    assert of(checks(world), "~/.dli/config.yaml").status == "ok"


def test_a_secret_of_an_environment_that_is_not_chosen_is_seen_too(world: World):
    world.write(user="environments: {prod: {server: {api_key: k3y}}}\n")
    world.user_file.chmod(0o644)
    assert of(checks(world), "~/.dli/config.yaml").status == "warn"


def test_a_secret_in_the_projects_file_is_warned_of(world: World):
    check = of(checks(world.write(project="local: {trino: {password: hunter2}}\n")), "dli.yaml")
    assert (check.status, "hunter2" in check.message) == ("warn", False)


def test_names_that_nothing_reads_are_warned_of(world: World):
    world.write(env="DLI_TIMEOUTS=3\nDLI_PROJECT_PATH=/x\nOTHER=1\n")
    found = checks(world, {"DLI_SERVR_URL": "https://b", "PATH": "/bin"})
    assert complaints(found) == ["DLI_SERVR_URL", "DLI_PROJECT_PATH", "DLI_TIMEOUTS"]
    assert of(found, "DLI_SERVR_URL").remedy == "did you mean DLI_SERVER_URL?"
    assert of(found, "DLI_PROJECT_PATH").message == "is not read from .env"


def test_a_value_whose_variable_is_not_set_is_warned_of(world: World):
    check = of(checks(world.write(project="server:\n  url: ${X}\n")), "server.url")
    assert (check.status, check.remedy) == ("warn", "export X=…")


def test_a_secret_for_a_host_that_the_user_does_not_know_fails_with_the_command(world: World):
    world.write(user="server: {api_key: k3y}", project='server: {url: "https://b.example.com"}')
    world.user_file.chmod(0o600)
    check = of(checks(world), "server.api_key")
    assert check.status == "fail"
    assert "dli config set server.trusted_hosts" in check.remedy
    assert "b.example.com" in check.message


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("https://b.example.com", "ok"),
        ("http://b.example.com", "warn"),
        ("http://localhost:8080", "ok"),
        ("http://[::1]", "ok"),
    ],
)
def test_a_secret_that_goes_out_in_the_clear_is_warned_of(url: str, status: str, world: World):
    found = checks(world, {"DLI_SERVER_URL": url, "DLI_API_KEY": "k3y"})
    assert of(found, "server.api_key").status == status


def test_an_engine_that_does_not_answer_fails_with_its_remedy(world: World):
    (world.root / "data").mkdir()
    check = of(checks(world.write(project="local: {duckdb: {database: data}}\n")), "engine duckdb")
    assert check.status == "fail"
    assert check.message.startswith("[DLI-403]")
    assert check.remedy


@pytest.mark.parametrize("mode", ["server", "mock"])
def test_the_engine_is_not_asked_where_it_does_not_run(mode: str, world: World):
    assert of(checks(world, {"DLI_EXECUTION_MODE": mode}), "engine").status == "skip"


def test_another_projects_package_named_dli_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    assert list(packages()) == []
    info = tmp_path / "dli-1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: dli\nVersion: 1.2\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    [check] = packages()
    assert check.status == "fail"
    assert "'dli' 1.2" in check.message


def test_the_user_file_that_is_left_out_is_said(world: World):
    world.write(user="broken: 1\n")
    assert of(checks(world, {"DLI_USER_CONFIG": "off"}), "~/.dli/config.yaml").message == "left out by DLI_USER_CONFIG"


def test_the_files_of_the_layers_are_listed_highest_first(world: World):
    settings = world.resolve()
    assert [place.path for place in layer_files(settings, environ={})] == [
        world.root / ".env",
        world.root / ".dli.local.yaml",
        world.root / "dli.yaml",
        world.user_file,
    ]
    outside = world.resolve(project=None)
    assert [place.name for place in layer_files(outside, environ={})] == ["~/.dli/config.yaml"]
    assert layer_files(outside, environ={"DLI_USER_CONFIG": "off"}) == []
