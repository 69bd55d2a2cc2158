"""What a user mistypes: two plain lines, the nearest name, exit code 2, never a traceback."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dli_cli.main import COMMANDS


@pytest.mark.parametrize(
    ("words", "said", "remedy"),
    [
        ("datset", "There is no command 'datset'; did you mean 'dli dataset'?", "Run 'dli --help' for help."),
        ("dataset rnu", "did you mean 'dli dataset run'?", "Run 'dli dataset --help' for help."),
        ("list", "did you mean 'dli dataset list'?", "Run 'dli --help' for help."),
        ("quux", "There is no command 'quux'.", "Run 'dli --help' for help."),
        ("--versoin", "There is no option '--versoin'; did you mean '--version'?", "Run 'dli --help' for help."),
        ("dataset run x --fromat csv", "did you mean '--format'?", "Run 'dli dataset run --help' for help."),
        ("dataset run x -q", "There is no option '-q'.", "Run 'dli dataset run --help' for help."),
        ("dataset run", "Missing argument 'NAME'.", "Run 'dli dataset run --help' for help."),
        ("dataset run x y", "There is an argument too many: 'y'.", "Run 'dli dataset run --help' for help."),
        ("run SELECT 1", "There is an argument too many: '1'.", "Put SQL in quotes: dli run"),
        ("run -o", "Option '-o' requires an argument.", "Run 'dli run --help' for help."),
        ("run 1 --timeout 0", "'0' is not a whole number from 1 to 3600", "Run 'dli run --help' for help."),
        ("run 1 --timeout soon", "'soon' is not a whole number", "Run 'dli run --help' for help."),
        ("run 1 --rows -1", "'-1' is not a whole number, 0 or more", "Run 'dli run --help' for help."),
        ("run 1 --ds tomorrow", "'tomorrow' is not a date: write YYYY-MM-DD", "Run 'dli run --help' for help."),
        ("run 1 --format cvs", "--format has no value 'cvs'; did you mean 'csv'?", "Run 'dli run --help' for help."),
        ("run 1 --compression zip", "--compression has no value 'zip'", "Run 'dli run --help' for help."),
        ("run 1 --specs serve", "did you mean 'server'?", "Run 'dli run --help' for help."),
        ("run 1 --local --server", "--local and --server exclude each other.", "Give one of the two, or neither."),
        ("run 1 -f x.sql", "SQL is given twice", "Give one of the two."),
        ("run 1 --receipt", "--receipt proves what a file contains.", "Name the file with -o FILE."),
        ("run 1 --receipt -o -", "--receipt proves what a file contains.", "Name the file with -o FILE."),
        ("run 1 --rows 5 -o x.csv", "--rows limits the table on the screen", "Leave out one of the two."),
        ("run 1 --format table -o x.csv", "--format table is for the screen", "Leave out one of the two."),
        ("run 1 --delimiter ab", "'ab' is not a delimiter", "Run 'dli run --help' for help."),
        ("explain DLI-4003", "did you mean 'DLI-403'?", "Run 'dli explain' to list them."),
        ("schema datset", "did you mean 'dataset'?", "Kinds: dataset, metric, quality."),
        ("completion bsh", "did you mean 'bash'?", "Shells: bash, zsh, fish."),
        ("config set --project --private a b", "--project and --private exclude each other.", "Give one of the two"),
        ("dataset list --format yaml", "--format has no value 'yaml'", "Run 'dli dataset list --help' for help."),
    ],
)
def test_a_mistake_is_two_lines(dli, words: str, said: str, remedy: str):
    first, second = dli(*words.split()).usage
    assert said in first
    assert second.startswith(remedy)


@pytest.mark.parametrize("words", ["", "dataset", "metric", "config"])
def test_a_noun_alone_shows_its_help_on_stderr(dli, words: str):
    done = dli(*words.split())
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("Usage: dli")
    assert "Commands:" in done.err


def test_an_argument_that_is_no_text_is_a_mistake(dli):
    assert dli("run", os.fsdecode(b"SELECT '\xff'")).usage == [
        "Error: An argument is not valid text.",
        "Write it as UTF-8.",
    ]


def test_control_characters_of_a_mistake_are_shown_escaped(dli):
    assert "\\x1b[31m" in dli("\x1b[31mred").usage[0]


def test_names_whose_issue_is_to_come_are_absent(dli):
    for name in ("workflow", "quality", "catalog", "lineage", "server", "login", "transpile"):
        assert name not in COMMANDS
        assert dli(name).code == 2


def test_a_folder_that_is_not_there_is_named(dli, tmp_path: Path):
    done = dli("-C", str(tmp_path / "nowhere"), "dataset", "list")
    assert done.code == 2
    assert done.err.startswith("[DLI-002]")


@pytest.mark.parametrize("before", [True, False])
def test_the_folder_stands_before_the_noun_or_after_the_verb(dli, flights: Path, tmp_path: Path, before: bool):
    words = ["dataset", "list"]
    done = dli(*(["-C", str(flights), *words] if before else [*words, "-C", str(flights)]), cwd=tmp_path)
    assert done.code == 0
    assert "flights.main.departures" in done.out


def test_the_folder_after_the_verb_is_nearer(dli, flights: Path, project: Path):
    done = dli("-C", str(project), "dataset", "list", "-C", str(flights))
    assert "flights.main.departures" in done.out


def test_the_nearest_folder_upward_is_the_project(dli, flights: Path):
    assert "flights.main.departures" in dli("dataset", "list", cwd=flights / "datasets").out


def test_what_the_system_does_not_show_is_no_traceback(dli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(path: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os.path, "lexists", refuse)
    first, second = dli("init", "locked", cwd=tmp_path).usage
    assert first == "Error: locked: Permission denied"
    assert second == "Check that it exists, and that you may read it."
