"""`dli init`: a project that runs at once. Overwrites nothing."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import Annotated

import typer

from dli_cli.app import App
from dli_cli.console import Console
from dli_cli.usage import UsageError, unknown
from dli_core.errors.phrase import Text, counted
from dli_core.errors.safe import escaped

app = App()

Folder = Annotated[
    Path, typer.Argument(metavar="DIR", help="The project's folder; it is made if it is not there. Unset: this one.")
]
Engine = Annotated[
    str | None, typer.Option("--engine", metavar="ENGINE", help="The engine to configure; unset: duckdb.")
]
Example = Annotated[
    str | None, typer.Option("--example", metavar="NAME", help="Start with an example: flights, on real data of 2013.")
]
_FIRST = {"hello": "dli dataset run hello -p name=Ada", "flights": "dli dataset run departures -p date=2013-07-04"}
_MOST = 4  # names of files in one message


@app.verb()
def init_command(console: Console, folder: Folder = Path(), engine: Engine = None, example: Example = None) -> None:
    """Start a project: a configuration, a first dataset, editor settings. It runs at once, on DuckDB.

    A file that exists is never overwritten.

    dli init
    dli init demo --example flights
    """
    from dli_cli import scaffold  # noqa: PLC0415 - builds the JSON Schemas; --help needs none

    chosen, name = engine or "duckdb", example or scaffold.HELLO
    if chosen not in scaffold.engines():
        raise UsageError(
            unknown("engine", chosen, scaffold.engines()), Text("usage.engines", names=[*scaffold.engines()])
        )
    if name not in {scaffold.HELLO, *scaffold.examples()}:
        raise UsageError(
            unknown("example", name, scaffold.examples()), Text("usage.examples", names=[*scaffold.examples()])
        )
    if next((not path.is_dir() for path in (folder, *folder.parents) if os.path.lexists(path)), False):
        raise UsageError(Text("usage.no_folder", folder=folder), Text("usage.another_name"))
    files = scaffold.project_files(name, chosen)
    if taken := scaffold.in_the_way(folder, files):
        key = "exist_more" if len(taken) > _MOST else "exists" if len(taken) == 1 else "exist"
        message = Text(f"usage.{key}", names=taken[:_MOST], count=len(taken) - _MOST)
        raise UsageError(message, Text("usage.another_folder"))
    written = scaffold.write(folder, files)
    _tell(console, folder, name, written, kept=[path for path in files if path not in written])


def _tell(console: Console, folder: Path, name: str, written: list[str], kept: list[str]) -> None:
    files = counted(len(written), "file")
    console.tell("screen.project_made", folder=escaped(str(folder.resolve())), files=files)
    shown = [path for path in written if not path.startswith((".", "data/"))]
    for path in shown:
        console.note(f"  {path}")
    if others := [path for path in written if path not in shown]:
        places = dict.fromkeys(top + slash for top, slash, _ in (path.partition("/") for path in others))
        console.tell("screen.other_files", count=len(others), names=[*places])
    if kept:
        console.tell("screen.left", names=kept)
    console.tell("screen.next")
    if folder.resolve() != Path.cwd():
        console.note(f"  cd {shlex.quote(str(folder))}")
    console.note("  dli dataset list")
    console.note(f"  {_FIRST.get(name, 'dli dataset validate')}")
