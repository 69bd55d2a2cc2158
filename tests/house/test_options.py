"""Options of the command line: none is taken and then forgotten."""

from __future__ import annotations

import ast
from dataclasses import fields
from pathlib import Path

import pytest

import dli_cli
from dli_cli.options import ListOptions, ProjectOptions, RunOptions

SOURCES = Path(dli_cli.__file__).parent


def read_outside_of_checks() -> set[str]:
    """Names that are read as attributes anywhere but where an options value checks itself."""
    found: set[str] = set()
    for path in SOURCES.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and node.name == "__post_init__":
                node.body = []
        found |= {
            node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)
        }
    return found


@pytest.mark.parametrize("options", [ProjectOptions, ListOptions, RunOptions])
def test_every_field_of_an_options_value_is_read(options: type[ProjectOptions]):
    assert {field.name for field in fields(options)} <= read_outside_of_checks()
