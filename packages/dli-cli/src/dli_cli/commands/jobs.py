"""`dli jobs …`: what this machine ran, from the journal."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dli_cli import amounts, tables
from dli_cli.app import App
from dli_cli.console import Console
from dli_cli.options import TABLE, ListFormat, one_of
from dli_cli.usage import UsageError
from dli_core.errors.phrase import Text
from dli_core.errors.safe import escaped
from dli_core.errors.show import columns
from dli_core.errors.text import text_of

if TYPE_CHECKING:
    from dli_core.run.journal import Entry, Journal

app = App("Look up and stop what this machine ran.")

Job = Annotated[str, typer.Argument(metavar="JOB", help="Its id, or the beginning of it.")]
Limit = Annotated[int, typer.Option("--limit", min=1, metavar="N", help="The newest N; unset: 20.")]
MaybeJob = Annotated[str | None, typer.Argument(metavar="[JOB]", help="Its id, or the beginning of it.")]
Orphans = Annotated[
    bool, typer.Option("--orphans", help="Only runs whose process is gone while the engine still works on them.")
]
AllOrphans = Annotated[bool, typer.Option("--orphans", help="Every run whose process is gone.")]
Sql = Annotated[bool, typer.Option("--sql", help="Print the SQL alone.")]
_SHOWN = 20


@app.verb("list")
def list_command(
    console: Console,
    limit: Limit = _SHOWN,
    orphans: Orphans = False,
    format: ListFormat = TABLE,  # noqa: A002 - the option's name
) -> None:
    """List the newest runs of this machine: when, how they ended, what they were.

    dli jobs list
    dli jobs list --limit 100 --format json
    dli jobs list --orphans
    """
    one_of("--format", format, (TABLE, "json"))
    entries = _orphaned(console) if orphans else _journal().entries()
    found = [entry for entry, _ in zip(entries, range(limit), strict=False)]
    if format == "json":
        console.json([_as_json(entry) for entry in found])
    elif found:
        width = console.width if console.on_terminal else None
        heads = [console.say(f"jobs.head_{name}") for name in ("job", "started", "state", "rows", "engine", "what")]
        console.data("\n".join(tables.plain(heads, [_row(console, entry) for entry in found], width)))
    else:
        console.tell("jobs.no_orphans" if orphans else "jobs.none")


@app.verb("show")
def show_command(console: Console, job: Job, sql: Sql = False, format: ListFormat = TABLE) -> None:  # noqa: A002 - the option's name
    """Show one run: its parameters, its SQL, how it ended. Secret values are not kept.

    dli jobs show 7f3a
    dli jobs show 7f3a --sql
    """
    one_of("--format", format, (TABLE, "json"))
    entry = _one(job)
    if format == "json":
        console.json(_as_json(entry))
    elif sql:
        console.text(";\n\n".join(statement.sql.strip().rstrip(";") for statement in entry.statements))
    else:
        console.data("\n".join(_told(console, entry)))


@app.verb("cancel")
def cancel_command(console: Console, job: MaybeJob = None, orphans: AllOrphans = False) -> None:
    """Stop a run of this machine that is still going on, as Ctrl-C in its own window would.

    Of a run whose process is gone, the engine is told to stop.

    dli jobs cancel 7f3a
    dli jobs cancel --orphans
    """
    if (job is None) is not orphans:
        raise UsageError(Text("usage.job_or_orphans"), Text("usage.look_jobs"))
    if job is None:
        _cancel_orphans(console)
        return
    entry = _one(job)
    if entry.state == "running":
        os.kill(entry.pid, signal.SIGINT)
        console.tell("jobs.asked", job=entry.short, pid=entry.pid)
    elif entry.state != "lost" or not _cancel_lost(console, entry):
        console.tell("jobs.not_running", job=entry.short, state=_state(entry))


def _orphaned(console: Console) -> Iterator[Entry]:
    """Lost runs that an engine still works on; what could not be asked is said."""
    from dli_core.run.orphans import orphans  # noqa: PLC0415 - it brings the engines

    for found in orphans(_journal()):
        if found.problem is None:
            yield found.entry
        else:
            console.warn(Text("jobs.not_asked", job=found.entry.short, problem=text_of(found.problem)))


def _cancel_orphans(console: Console) -> None:
    found = [entry for entry in _orphaned(console) if _cancel_lost(console, entry)]
    if not found:
        console.tell("jobs.no_orphans")


def _cancel_lost(console: Console, entry: Entry) -> bool:
    """Tell the engine to stop what is left of a run. False: there was nothing."""
    from dli_core.run.orphans import cancel, look  # noqa: PLC0415 - it brings the engines

    found = look(entry)
    if found.problem is not None:
        raise found.problem
    if not found.running:
        return False
    cancel(found, _journal())
    console.tell("jobs.cancelled_at", job=entry.short, engine=entry.engine)
    return True


def _journal() -> Journal:
    from dli_core.run.journal import Journal  # noqa: PLC0415 - --help needs none

    home = os.environ.get("HOME")
    return Journal(Path(home) if home else Path.home())


def _one(job: str) -> Entry:
    found = _journal().find(job)
    if len(found) == 1:
        return found[0]
    if not found:
        raise UsageError(Text("usage.no_run", job=job), Text("usage.look_jobs"))
    message = Text("usage.several_runs", job=job, count=len(found), names=[entry.id for entry in found[:5]])
    raise UsageError(message, Text("usage.give_more"))


def _row(console: Console, entry: Entry) -> list[str]:
    what = entry.name or " ".join(entry.statements[0].sql.split())
    rows = "" if entry.rows is None else amounts.count(entry.rows)
    return [
        entry.short,
        _moment(entry.started),
        _state(entry).say(console.language),
        rows,
        entry.engine,
        escaped(what[:200]),
    ]


def _state(entry: Entry) -> Text:
    return Text(f"jobs.{entry.state}")


def _told(console: Console, entry: Entry) -> list[str]:
    facts = {
        "job": entry.id,
        "what": entry.name or "SQL",
        "state": _state(entry).say(console.language),
        "started": _moment(entry.started),
        "ended": _moment(entry.ended) if entry.ended else "",
        "rows": "" if entry.rows is None else amounts.count(entry.rows),
        "execution": f"{entry.mode.upper()} ({entry.engine})",
        "environment": entry.environment or "",
        "project": entry.project or "",
        "commit": entry.commit or "",
        "settings": ", ".join(f"{key}: {origin}" for key, origin in entry.origins.items()),
        "parameters": ", ".join(f"{name}={value}" for name, value in entry.parameters.items()),
        "error": f"{entry.error['code']} {entry.error['message']}".strip() if entry.error else "",
    }
    labels = {name: console.say(f"jobs.{name}") + ":" for name in facts}
    width = max(map(columns, labels.values())) + 1
    lines = [tables.pad(labels[name], width) + escaped(str(value)) for name, value in facts.items() if value]
    for statement in entry.statements:
        title = statement.name or console.say(f"jobs.{statement.role}")
        lines += ["", f"{title}:", *(f"  {escaped(line)}" for line in statement.sql.strip().splitlines())]
    return lines


def _as_json(entry: Entry) -> dict[str, object]:
    return {**asdict(entry), "state": entry.state}


def _moment(text: str) -> str:
    """Local time, to the second."""
    return datetime.fromisoformat(text).astimezone().strftime("%Y-%m-%d %H:%M:%S")
