"""What is published: the wheels of `make dist`, installed into new environments as a user would."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import dli_fast
import pytest

from tools import fresh

ROOT = Path(__file__).resolve().parents[2]
DIST = ROOT / "dist"
VERSION = dli_fast.build_info()["version"]
AIRFLOW = "apache-airflow==3.3.2"
UNWANTED = ("typer", "rich", "fastapi", "pandas", "dli-cli", "dli-server", "pyarrow", "sqlalchemy")

pytestmark = pytest.mark.dist


@pytest.fixture(scope="module")
def wheels() -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for path in DIST.glob("*.whl"):
        found.setdefault(path.name.split("-")[0], []).append(path)
    assert set(found) == {"dli_fast", "dli_core", "dli_sdk", "dli_cli"}, "run `make dist` first"
    return found


class Installed:
    """A new environment with some of our wheels in it."""

    def __init__(self, folder: Path, environment: dict[str, str], *requirements: str) -> None:
        self.bin = folder / "bin"
        self.home = folder / "home"
        self.environment = environment | {"HOME": str(self.home)}
        uv = shutil.which("uv", path=environment.get("PATH")) or str(ROOT / ".tools" / "bin" / "uv")
        # PIP_* and UV_* of the machine stay: they say where its packages come from.
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, folder], check=True, env=environment)
        install = [uv, "pip", "install", "--quiet", f"--python={self.bin / 'python'}", f"--find-links={DIST}"]
        fresh_copies = [f"--refresh-package={name}" for name in ("dli-fast", "dli-core", "dli-sdk", "dli-cli")]
        subprocess.run([*install, *fresh_copies, *requirements], check=True, env=environment)
        listed = subprocess.run(
            [uv, "pip", "list", "--python", self.bin / "python", "--format", "freeze"],
            check=True,
            env=environment,
            capture_output=True,
            text=True,
        )
        self.packages = dict(line.split("==") for line in listed.stdout.splitlines() if "==" in line)

    def run(self, *command: str, cwd: Path) -> str:
        """Run a program of the environment; what it wrote to stdout."""
        done = subprocess.run(
            [self.bin / command[0], *command[1:]],
            cwd=cwd,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def sdk(wheels, machine, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    assert wheels
    return Installed(tmp_path_factory.mktemp("sdk"), machine, f"dli-sdk=={VERSION}")


PROJECT = {
    "dli.yaml": "",
    "dataset.numbers.yaml": "name: demo.main.numbers\nquery_file: numbers.sql\n"
    "parameters:\n  - {name: top, type: integer, default: 3}\n",
    "numbers.sql": "SELECT range AS n FROM range({{ top }})\n",
}
PROGRAM = """
from dli import DatasetAPI
api = DatasetAPI()
result = api.run("demo.main.numbers", parameters={"top": 2})
done = api.export("demo.main.numbers", "numbers.csv")
print(result.data, done.rows)
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in PROJECT.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "program.py").write_text(PROGRAM)
    return tmp_path


def test_the_wheels_hold_the_extension_of_these_sources(sdk: Installed, tmp_path: Path):
    printed = sdk.run("python", "-c", "import dli_fast; print(dli_fast.build_info()['source_hash'])", cwd=tmp_path)
    assert printed.strip() == fresh.source_hash()


def test_the_sdk_alone_runs_and_exports(sdk: Installed, project: Path):
    assert sdk.run("python", "program.py", cwd=project) == "[{'n': 0}, {'n': 1}] 3\n"
    assert (project / "numbers.csv").read_text() == "n\n0\n1\n2\n"


def test_the_sdk_brings_nothing_that_it_does_not_need(sdk: Installed):
    assert not set(UNWANTED) & set(sdk.packages)
    assert {"dli-core", "dli-fast", "dli-sdk", "duckdb", "polars", "pydantic"} <= set(sdk.packages)


def test_the_sdk_is_typed_where_it_is_installed(sdk: Installed, tmp_path: Path):
    (tmp_path / "right.py").write_text("from dli import DatasetAPI\nreveal_type(DatasetAPI)\n")
    (tmp_path / "wrong.py").write_text("from dli import Nope\n")
    check = [sys.executable, "-m", "mypy", "--strict", "--no-incremental", f"--python-executable={sdk.bin / 'python'}"]
    answers = [
        subprocess.run([*check, name], cwd=tmp_path, capture_output=True, text=True, check=False)
        for name in ("right.py", "wrong.py")
    ]
    assert answers[0].returncode == 0, answers[0].stdout
    assert "def (context: " in answers[0].stdout
    assert 'has no attribute "Nope"' in answers[1].stdout


def test_the_command_line_brings_its_example(wheels, machine, tmp_path: Path):
    assert wheels
    cli = Installed(tmp_path / "cli", machine, f"dli-cli=={VERSION}")
    assert cli.run("dli", "--version", cwd=tmp_path) == f"dli {VERSION}\n"
    cli.run("dli", "init", "--example", "flights", "flights", cwd=tmp_path)
    text = cli.run("dli", "dataset", "run", "departures", "--format", "csv", cwd=tmp_path / "flights")
    assert text.startswith("sched_dep_time,carrier,airline,")


def test_the_sdk_runs_beside_airflow(wheels, machine, project: Path, tmp_path_factory: pytest.TempPathFactory):
    assert wheels
    both = Installed(tmp_path_factory.mktemp("airflow"), machine, f"dli-sdk=={VERSION}", AIRFLOW)
    both.environment["AIRFLOW_HOME"] = str(both.home / "airflow")
    assert both.packages["apache-airflow"] == AIRFLOW.split("==")[1]
    (project / "program.py").write_text("from airflow.sdk import DAG\n" + PROGRAM + "print(DAG.__name__)\n")
    printed = both.run("python", "program.py", cwd=project)
    assert printed.splitlines()[-2:] == ["[{'n': 0}, {'n': 1}] 3", "DAG"]


def test_every_archive_holds_the_licence_and_no_cache(wheels):
    for paths in wheels.values():
        for path in paths:
            names = zipfile.ZipFile(path).namelist()
            assert any(name.endswith("dist-info/licenses/LICENSE") for name in names), path
            assert any(name.endswith("py.typed") for name in names), path
            assert not [name for name in names if "__pycache__" in name or name.endswith((".duckdb", ".rs"))], path


def test_the_extension_runs_on_old_distributions(wheels):
    if sys.platform != "linux":
        pytest.skip("manylinux is about Linux")
    assert wheels["dli_fast"]
    assert all("-cp311-abi3-manylinux_2_28_" in path.name for path in wheels["dli_fast"])


def test_every_wheel_has_its_source_distribution(wheels):
    assert {path.name for path in DIST.glob("*.tar.gz")} == {f"{name}-{VERSION}.tar.gz" for name in wheels}
