"""A mistake on the command line: two plain lines, with the nearest name. It has no code; the exit code is 2.

UsageError │ typer's own exceptions ─▶ lines() ─▶ stderr
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import TYPE_CHECKING

from dli_core.errors.phrase import Text, recognised, said
from dli_core.errors.safe import escaped

if TYPE_CHECKING:
    import typer

EXIT_CODE = 2


class UsageError(Exception):
    """What is wrong, and the remedy; without one, the command's --help is named. Both are said in two languages."""

    def __init__(self, message: str, remedy: str | None = None, command: str = "dli") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.command = command


def nearest(name: str, names: Iterable[str]) -> str | None:
    """The name that was probably meant."""
    found = difflib.get_close_matches(name, list(names), n=1, cutoff=0.5)
    return found[0] if found else None


def unknown(what: str, name: str, names: Iterable[str], prefix: str = "") -> Text:
    """What is said of a name that does not exist: `There is no command 'datset'; did you mean 'dataset'?`.

    `what` is a command, an option, a code, an engine, an example, a kind or a shell.
    """
    near = nearest(name, names)
    return (
        Text(f"usage.no_{what}_meant", name=name, near=prefix + near) if near else Text(f"usage.no_{what}", name=name)
    )


def lines(problem: UsageError | typer.TyperException, lang: str = "en") -> list[str]:
    """The two lines that are printed for `problem`."""
    if isinstance(problem, UsageError):
        message, remedy, command = problem.message, problem.remedy, problem.command
    else:
        message, remedy = _message(problem), None
        command = str(getattr(getattr(problem, "ctx", None), "command_path", None) or "dli")
    told = Text("usage.error", problem=message), remedy or Text("usage.help", command=command)
    return [escaped(said(text, lang)) for text in told]


def _message(problem: typer.TyperException) -> str:
    near: list[str] | None = getattr(problem, "possibilities", [""])
    if near != [""]:  # no such option: typer lists several names, unsorted by nearness
        return unknown("option", str(getattr(problem, "option_name", "")), near or ())
    return recognised("typer usage", " ".join(problem.format_message().split()))
