"""What may be in the repository at all: sizes, leftovers, paths of somebody's machine, copies that must agree."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LONGEST = 400
# Files over the limit, each with its reason.
LONG = {
    "crates/dli_fast/src/text/fast/text.rs": "the cells of one type family, whose unsafe code shares its conditions",
}
LEFTOVERS = re.compile(r"\b(TODO|FIXME|XXX)\b|NotImplementedError|\b(todo|unimplemented)!\(")
MACHINE = re.compile(r"(?<![\w.$}/-])/(work|root|farm)/")


def tracked(*globs: str) -> list[Path]:
    """Files of the repository, those not yet added included."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *globs],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    here = Path(__file__)  # it holds the words that it looks for
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file() and path != here]


def sources() -> list[Path]:
    return tracked("*.py", "*.pyi", "*.rs")


def texts() -> dict[str, str]:
    binary = {".parquet", ".arrow", ".png", ".svg", ".ico", ".gz", ".zst"}
    return {name(path): path.read_text("utf-8", "replace") for path in tracked() if path.suffix not in binary}


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_there_is_something_to_look_at():
    assert len(texts()) > len(sources()) > 100


def test_no_source_is_long_without_a_reason():
    # A suite of tests is a list of facts, and may be as long as there are facts.
    code = [path for path in sources() if "tests" not in path.relative_to(ROOT).parts]
    lines = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in code}
    assert {file: count for file, count in lines.items() if count > LONGEST and file not in LONG} == {}
    assert [file for file in LONG if lines.get(file, 0) <= LONGEST] == [], "no longer long: take the reason away"


def test_no_source_holds_a_leftover():
    found = [f"{name(path)}: {match[0]}" for path in sources() for match in LEFTOVERS.finditer(path.read_text("utf-8"))]
    assert found == []


def test_nothing_names_a_path_of_somebodys_machine(machine: dict[str, str]):
    here = (f"{ROOT}/", f"{Path(machine['HOME'])}/")
    assert [f"{file}: {match[0]}" for file, text in texts().items() for match in MACHINE.finditer(text)] == []
    assert [file for file, text in texts().items() if any(path in text for path in here)] == []


MEMBERS = ["packages/dli-core", "packages/dli-sdk", "packages/dli-cli", "crates/dli_fast"]


@pytest.mark.parametrize("folder", MEMBERS)
def test_each_package_shows_a_readme_of_its_own(folder: str):
    project = tomllib.loads((ROOT / folder / "pyproject.toml").read_text())["project"]
    assert (ROOT / folder / project["readme"]).read_text().startswith(f"# {project['name']}\n")


@pytest.mark.parametrize("folder", MEMBERS)
def test_each_package_ships_the_licence(folder: str):
    assert (ROOT / folder / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()


def test_every_module_says_what_it_is():
    silent = [
        name(path)
        for path in tracked("packages/*.py", "crates/*.py", "tools/*.py", "benchmarks/*.py")
        if (text := path.read_text("utf-8").strip()) and not text.startswith(('"""', 'r"""'))
    ]
    assert silent == []
