"""`dli run`: SQL that no spec holds.

argument │ -f FILE │ stdin ─▶ one text ─▶ is it the name of a spec? ─▶ running.run
"""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from typing import Annotated

import typer

from dli_cli.app import App
from dli_cli.console import Console
from dli_cli.options import STDOUT, RunOptions
from dli_cli.running import run
from dli_cli.session import Session, open_session
from dli_cli.usage import UsageError
from dli_core.errors import ErrorCode, error
from dli_core.errors.phrase import Text

app = App()

Sql = Annotated[str | None, typer.Argument(metavar="SQL", help="One statement; a template, as in a spec.")]
File = Annotated[
    Path | None, typer.Option("-f", "--file", metavar="FILE", help="Read the SQL from FILE; - is standard input.")
]

_NAME = re.compile(r"[^\W\d][\w$-]*(\.[^\W\d][\w$-]*)*")
_STATEMENTS = frozenset({"abort", "analyze", "begin", "checkpoint", "commit", "rollback", "vacuum"})  # of one word


@app.verb()
def run_command(console: Console, sql: Sql = None, file: File = None, *, options: RunOptions) -> None:
    """Run SQL from the argument, a file or standard input.

    Parameters are placed safely, as in a spec; their type stands in place: -p day:date=2013-07-04.

    dli run "SELECT 42 AS answer"
    dli run -f report.sql -p day:date=2013-07-04 -o report.csv
    echo "SELECT * FROM 'data/flights.parquet'" | dli run --format ndjson
    """
    text = _text(console, sql, file)
    session = open_session(console, options)
    _refuse_name(session, text)
    run(session, "sql", text, options, "sql" if file in {None, STDOUT} else str(file))


def _text(console: Console, sql: str | None, file: Path | None) -> str:
    if sql is not None and file is not None:
        raise UsageError(Text("usage.sql_twice"), Text("usage.give_one"))
    if sql is not None:
        return sql
    if file is not None and file != STDOUT:
        return _read(file)
    if file is None and console.stdin.isatty():
        raise UsageError(Text("usage.no_sql"), Text("usage.give_sql"))
    try:
        return console.stdin.read()
    except UnicodeDecodeError as problem:
        raise error(ErrorCode.FILE_NOT_FOUND, "not_utf8", path=Text("run.standard_input"), cause=problem) from problem


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8-sig")
    except FileNotFoundError as problem:
        raise error(ErrorCode.FILE_NOT_FOUND, path=str(file), cause=problem) from problem
    except UnicodeDecodeError as problem:
        raise error(ErrorCode.FILE_NOT_FOUND, "not_utf8", path=str(file), cause=problem) from problem
    except OSError as problem:
        raise UsageError(Text("usage.unreadable", file=file, problem=problem.strerror)) from problem


def _refuse_name(session: Session, text: str) -> None:
    """A spec's name is no SQL, and what was meant is plain."""
    name = text.strip()
    if not _NAME.fullmatch(name) or name.lower() in _STATEMENTS:
        return
    project = session.runner().load()
    kinds = {spec.name: kind for kind in ("dataset", "metric") for spec in project.of(kind)}
    short = {full.rpartition(".")[2]: full for full in kinds}
    known = name in kinds or name in short
    near = [name] if known else difflib.get_close_matches(name, [*kinds, *short], n=1, cutoff=0.7)
    if near:
        found = near[0] if near[0] in kinds else short[near[0]]
        raise UsageError(
            Text("usage.name_of" if known else "usage.no_sql_meant", name=name, kind=kinds[found], spec=found)
        )
