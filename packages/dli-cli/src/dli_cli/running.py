"""Running SQL, whatever named it: a dataset, a metric or the command line itself.

RunOptions ─▶ RunRequest ─▶ runner ─┬─ dry_run ─▶ the SQL on stdout, the engine's word on stderr
                                    └─ stream  ─▶ preview on the screen │ export to a file or stdout │ rows changed
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from dli_cli import amounts
from dli_cli.options import STDOUT, RunOptions
from dli_cli.session import Session
from dli_cli.summary import title
from dli_core.errors import DLIError, ErrorCode, error
from dli_core.errors.phrase import Text, counted
from dli_core.export.options import ExportOptions, export_options
from dli_core.render.parameters import read_options
from dli_core.run.request import RunRequest

if TYPE_CHECKING:
    from dli_cli.progress import Progress
    from dli_core.engines.stream import QueryStream
    from dli_core.models.result import DryRunResult, ExportResult
    from dli_core.run.local import Runner

ROWS = 10_000


def run(
    session: Session, kind: Literal["dataset", "metric", "sql"], text: str, options: RunOptions, path: str = "sql"
) -> None:
    """Run the spec called `text`, or `text` itself, which stands in `path`."""
    console = session.console
    target = options.target(on_terminal=console.on_terminal)
    settled = None if target is None else export_options(target, options.format, options.compression, **options.shape())
    request = RunRequest(
        kind=kind,
        name="" if kind == "sql" else text,
        sql=text if kind == "sql" else None,
        path=path,
        parameters=read_options(options.param),
        timeout=options.timeout,
        ds=options.ds,
        allow_inexact=options.allow_inexact,
        wants_rows=target not in {None, STDOUT},
        confirmed=options.yes,
    )
    console.querying = True
    with closing(session.runner()) as runner:
        if options.dry_run:
            dry_run(session, runner.dry_run(replace(request, wants_rows=False)))
        elif target is None or settled is None:
            show(session, runner, request, ROWS if options.rows is None else options.rows)
        else:
            export(session, runner, request, target, settled)


def show(session: Session, runner: Runner, request: RunRequest, rows: int) -> None:
    """The first and the last rows on the screen."""
    from dli_cli.preview import preview  # noqa: PLC0415 - what goes to a file or a pipe needs no tables

    with session.console.progress() as progress, open_stream(session, runner, request, progress) as stream:
        batches = stream.collect((rows or None) if stream.returns_rows else None)
    if stream.returns_rows:
        preview(session.console, stream, batches)
    else:
        changed(session, stream)
    warn(session, stream.warnings)


def export(session: Session, runner: Runner, request: RunRequest, path: Path, options: ExportOptions) -> None:
    """Every row to `path`; say so, unless that is stdout. The target is opened first: it must not cost a query."""
    from dli_core.export import sink  # noqa: PLC0415 - a preview writes no file

    console = session.console
    with (
        sink.target(path, options) as target,
        console.progress(path) as progress,
        open_stream(session, runner, request, progress) as stream,
    ):
        if stream.returns_rows:
            done = target.take(stream, progress.show if progress else None)
        else:
            stream.collect()
            done = None
    if done is None:
        changed(session, stream)
        warn(session, stream.warnings)
        return
    if path != STDOUT:
        for line in saved(stream, done):
            console.note(line)
    warn(session, done.warnings)


def open_stream(session: Session, runner: Runner, request: RunRequest, progress: Progress | None = None) -> QueryStream:
    """The open stream; a protected environment asks for its name first, where there is somebody to ask."""
    told = progress.state if progress else None
    try:
        return runner.stream(request, told)
    except DLIError as problem:
        name = session.settings.environment
        if problem.details.get("reason") != "protected" or not name or not session.console.interactive:
            raise
        answer = session.console.ask(session.console.say("screen.type_name", name=name))
        if answer != name:
            raise
    return runner.stream(replace(request, confirmed=True), told)


def warn(session: Session, warnings: Iterable[str]) -> None:
    """What went on, but not as it should."""
    for warning in warnings:
        session.console.warn(warning)


def saved(stream: QueryStream, done: ExportResult) -> list[str]:
    """What is said of a file that is complete."""
    facts = f"Rows: {amounts.count(done.rows)} | Size: {amounts.size(done.bytes)}"
    lines = [*title(stream, facts), f"✓ Results saved to: {done.path}"]
    return lines if done.receipt is None else [*lines, f"✓ Receipt saved to: {done.receipt}"]


def changed(session: Session, stream: QueryStream) -> None:
    """How many rows a statement changed that ran to its end."""
    done = "Done" if stream.affected is None else f"Rows affected: {amounts.count(stream.affected)}"
    for line in title(stream, done):
        session.console.note(line)


def dry_run(session: Session, found: DryRunResult) -> None:
    """The SQL on stdout, the engine's word on stderr; SQL that the engine finds wrong is exit code 1."""
    console = session.console
    several = len(found.statements) > 1
    texts = [
        text.strip().rstrip(";").rstrip() if several else text.strip("\n") for text in found.statements or (found.sql,)
    ]
    console.text(";\n\n".join(texts) + (";" if several else ""))
    console.flush()
    warn(session, found.warnings)
    complaint = found.error
    if complaint is not None and found.checked:
        details: dict[str, Any] = {**complaint["details"], "exit_code": 1}
        raise error(ErrorCode(complaint["code"]), details.pop("reason", None), **details)
    if not found.checked:
        if complaint:
            why = Text(str(complaint["code"]), **complaint["details"])
            console.tell("screen.not_checked_why", engine=found.engine_title, problem=why)
        else:
            console.tell("screen.not_checked", engine=found.engine_title)
        return
    columns = counted(len(found.columns), "column") if found.columns else None
    console.tell("screen.checked_columns" if columns else "screen.checked", engine=found.engine_title, columns=columns)
    for name, value in found.estimate.items():
        console.note(f"  {name}: {value}")
