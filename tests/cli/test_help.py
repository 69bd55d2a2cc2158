"""Help fits 80 columns, keeps its examples as they are, and reads as in the snapshots."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from typer.main import get_command

from dli_cli.main import app


def _commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield path, command
    for name in command.list_commands(None) if hasattr(command, "list_commands") else ():
        yield from _commands(command.get_command(None, name), (*path, name))


COMMANDS = list(_commands(get_command(app)))


@pytest.mark.parametrize("path", [path for path, _ in COMMANDS], ids=lambda path: " ".join(path) or "dli")
def test_help_reads_as_in_its_snapshot(dli, snapshot, path: tuple[str, ...]):
    done = dli(*path, "--help")
    assert (done.code, done.err) == (0, "")
    assert max(map(len, done.out.splitlines())) <= 80
    snapshot("-".join(("help", *path)), done.out)


@pytest.mark.parametrize(
    ("path", "command"),
    [pytest.param(path, command, id=" ".join(path)) for path, command in COMMANDS if not hasattr(command, "commands")],
)
def test_every_verb_has_an_example_and_a_word_on_each_option(dli, path: tuple[str, ...], command: Any):
    lines = dli(*path, "--help").out.splitlines()
    assert any(line.strip().startswith(("dli " + " ".join(path), "echo ")) for line in lines)
    assert all(param.help for param in command.params), [param.name for param in command.params if not param.help]


def test_h_is_help(dli):
    assert dli("run", "-h").out == dli("run", "--help").out


def test_help_is_not_wider_on_a_wide_terminal(dli):
    assert dli("run", "--help", env={"COLUMNS": "200"}).out == dli("run", "--help").out


def test_the_version_is_said_in_three_ways(dli, program):
    said = program("--version").out
    assert said == program("-V").out == dli("-C", ".", "--version").out
    assert said.startswith("dli 0.")
