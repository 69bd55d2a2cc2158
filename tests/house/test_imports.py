"""Who may import by a name given as text: three doors, and each opens downward only.

import-linter does not see `import_module("…")`, so the direction of these is checked here; `make lint` checks the rest.
"""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted([*ROOT.glob("packages/*/src/**/*.py"), *ROOT.glob("crates/dli_fast/python/**/*.py")])
# The door, and what the names given there may start with.
DOORS = {
    "packages/dli-sdk/src/dli/__init__.py": ("dli.", "dli_core."),
    "packages/dli-cli/src/dli_cli/main.py": ("dli_cli.commands",),
    "packages/dli-core/src/dli_core/engines/factory.py": ("dli_core.engines.",),
}
BY_TEXT = {"import_module", "__import__", "run_module", "run_path", "spec_from_file_location", "load_module"}


def _names(tree: ast.AST) -> set[str]:
    """Every name, attribute and imported name in a file."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.ImportFrom):
            found.update(alias.name for alias in node.names)
    return found


def _path(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_there_are_sources_to_look_at():
    assert len(SOURCES) > 30
    assert {_path(path) for path in SOURCES} >= set(DOORS)


@pytest.mark.parametrize("path", SOURCES, ids=_path)
def test_names_are_imported_as_text_at_the_doors_only(path: Path):
    used = _names(ast.parse(path.read_bytes())) & BY_TEXT
    assert not used or _path(path) in DOORS, used


@pytest.mark.parametrize("door", DOORS)
def test_a_door_names_modules_below_it_only(door: str):
    tree = ast.parse((ROOT / door).read_bytes())
    named = {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value.split(".")[0] in {"dli", "dli_cli", "dli_core", "dli_server"}
        and all(part.isidentifier() for part in node.value.removesuffix(".").split("."))
        and "." in node.value
    }
    assert named, "no module is named here: is this still a door?"
    assert all(name.startswith(DOORS[door]) for name in named), named


def test_the_ban_of_ruff_has_the_same_doors():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    ignores = settings["tool"]["ruff"]["lint"]["per-file-ignores"]
    assert {path for path, rules in ignores.items() if "TID251" in rules and "*" not in path} == set(DOORS)
    assert [path for path, rules in ignores.items() if "TID251" in rules and "*" in path] == ["tests/**"]
