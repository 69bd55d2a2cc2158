"""The command line: one table of commands, imported when they are used, and the one handler of errors.

words ─▶ typer (root group ─▶ COMMANDS ─▶ module's `app`) ─▶ command ─▶ 0
            └─ UsageError, DLIError, signal, closed pipe ─▶ a text on stderr, an exit code
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.main import get_command

from dli_cli.app import App, Group
from dli_cli.console import Console
from dli_cli.options import DEFAULT_RECEIPT, STDOUT, Directory
from dli_cli.signals import Caught, caught
from dli_cli.usage import EXIT_CODE, UsageError, lines
from dli_core.errors import DLIError, ErrorCode, error
from dli_core.errors.phrase import Text

# Name → the module whose `app` it is, and its line in `dli --help`. A new command is its file and a row here.
COMMANDS: Mapping[str, tuple[str, str]] = {
    "init": ("dli_cli.commands.init", "Start a project that runs at once."),
    "dataset": ("dli_cli.commands.dataset", "Run, export, list and check datasets."),
    "metric": ("dli_cli.commands.metric", "Run, export, list and check metrics."),
    "run": ("dli_cli.commands.run", "Run SQL from the command line, a file or stdin."),
    "config": ("dli_cli.commands.config", "Show, check and change the configuration."),
    "jobs": ("dli_cli.commands.jobs", "Look up and stop what this machine ran."),
    "verify": ("dli_cli.commands.verify", "Compare a file with its receipt."),
    "explain": ("dli_cli.commands.explain", "Tell more about an error code."),
    "schema": ("dli_cli.commands.schema", "Print the JSON Schema of a kind of spec."),
    "completion": ("dli_cli.commands.completion", "Print the completion script of a shell."),
    "version": ("dli_cli.commands.version", "Show the versions of all parts."),
}
_COMMENTS = ("-- ", "--\n", "--\t")
_CLOSED_PIPE = 128 + signal.SIGPIPE


class Commands(Group):
    """The root group: a command's module is imported when the command is named."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - typer's signature
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - typer's signature
        return _command(cmd_name) if cmd_name in COMMANDS else None

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - typer's signature
        """From the table: help imports no command."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@cache  # one command line asks for its command more than once
def _command(name: str) -> Any:
    command = get_command(import_module(COMMANDS[name][0]).app)
    command.name = name
    return command


HELP = """\
Run one SQL spec on DuckDB, Trino, BigQuery or your company's server by changing a flag, and get the whole result
as a file you can prove is complete.

dli init demo --example flights        a project on real data, to try
dli -C demo dataset list               what is in it
dli -C demo dataset run departures     the first rows on the screen
dli -C demo dataset run all_flights -o flights.csv --receipt
"""

app = App(HELP, cls=Commands)


def _version(asked: bool) -> None:
    """`__main__` answers this before typer is imported, unless other words stand beside it."""
    if asked:
        from dli_core import __version__  # noqa: PLC0415 - as there

        typer.echo(f"dli {__version__}")
        raise typer.Exit


Version = Annotated[bool, typer.Option("-V", "--version", callback=_version, is_eager=True, help="Show the version.")]


@app.callback()
def root(directory: Directory = None, version: Version = False) -> None:
    """Hold the options before the noun: commands read `directory` from the context."""
    del directory, version


def run(words: list[str], console: Console | None = None) -> int:
    """Run one command line; the exit code. What it raises is a bug."""
    console = console or Console.of_process()
    with caught() as signals:
        try:
            code = _dispatch(words, console)
            console.flush()
        except (UsageError, typer.TyperException) as problem:
            for line in lines(problem, console.language):
                console.note(line)
            return EXIT_CODE
        except DLIError as problem:
            return _failed(problem, console, signals)
        except KeyboardInterrupt:
            return _failed(error(ErrorCode.EXECUTION_CANCELLED), console, signals)
        except BrokenPipeError:
            return _closed_pipe()
        except OSError as problem:  # a file or folder that the system does not let us look at
            what = ": ".join(str(part) for part in (problem.filename, problem.strerror or problem) if part)
            for line in lines(UsageError(what, Text("usage.check_exists")), console.language):
                console.note(line)
            return EXIT_CODE
        return code


def _dispatch(words: list[str], console: Console) -> int:
    if not all(_is_text(word) for word in words):
        raise UsageError(Text("usage.not_text"), Text("usage.utf8"))
    command = get_command(app)
    try:
        with command.make_context("dli", _commented(_with_receipt(words)), obj=console) as context:
            command.invoke(context)
    except typer.Exit as done:  # --help, --version
        return done.exit_code
    return 0


def _with_receipt(words: list[str]) -> list[str]:
    """`--receipt` may stand alone, which typer does not know: it becomes `--receipt=`."""
    end = words.index("--") if "--" in words else len(words)
    alone = f"--receipt={DEFAULT_RECEIPT}"
    return [alone if word == "--receipt" else word for word in words[:end]] + words[end:]


def _commented(words: list[str]) -> list[str]:
    """SQL may begin with a comment, and is no option then: no option has a blank behind its dashes."""
    before = ["", *words]
    return [
        f" {word}" if word[:3] in _COMMENTS and "run" in words and last[:1] != "-" else word
        for last, word in zip(before, words, strict=False)
    ]


def _is_text(word: str) -> bool:
    """Bytes of the command line that are not text arrive as lone surrogates."""
    try:
        word.encode()
    except UnicodeEncodeError:
        return False
    return True


def _failed(problem: DLIError, console: Console, signals: Caught) -> int:
    """Show the error; a signal decides the exit code, whatever the interrupted code made of it."""
    if problem.details.get("reason") == "pipe" and problem.details.get("path") == str(STDOUT):
        return _closed_pipe()
    interrupted = signals.number is not None or problem.code is ErrorCode.EXECUTION_CANCELLED
    if interrupted and not console.querying:
        return signals.exit_code
    console.error(error(ErrorCode.EXECUTION_CANCELLED) if interrupted else problem)
    return signals.exit_code if interrupted else problem.exit_code


def _closed_pipe() -> int:
    """Whoever read stdout has enough, as in `dli … | head`: quiet, and the code of a process that SIGPIPE ended."""
    with contextlib.suppress(OSError):  # what Python still holds must not fail again when it ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return _CLOSED_PIPE
