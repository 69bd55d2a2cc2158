"""Runs whose process is gone, and whose queries an engine may still be working on.

journal ─▶ lost runs ─▶ the engine each was sent to, by its project's configuration ─▶ running? ─▶ cancelled

A process that is killed cannot cancel its query: the journal knows the query's id, and the engine knows it too.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dli_core.config.resolve import Override, resolve
from dli_core.engines.factory import make_engine, names
from dli_core.errors import DLIError
from dli_core.models.common import ExecutionMode
from dli_core.run.journal import Entry, Journal

if TYPE_CHECKING:
    from dli_core.engines.base import Engine


@dataclass(frozen=True, slots=True)
class Orphan:
    """A run without its process.

    Attributes:
        running: the ids of its queries that the engine still works on.
        problem: why the engine could not be asked; then nothing is known of them.
    """

    entry: Entry
    running: tuple[str, ...] = ()
    problem: DLIError | None = None


def orphans(journal: Journal) -> Iterator[Orphan]:
    """Every lost run that an engine of its own may still be working on, the newest first."""
    for entry in journal.entries():
        if entry.state == "lost" and entry.engine in names():
            found = look(entry)
            if found.problem is not None or found.running:
                yield found


def look(entry: Entry) -> Orphan:
    """Ask the engine of a run which of its queries still run."""
    try:
        with closing(_engine(entry)) as engine:
            jobs = [statement.job_id for statement in entry.statements]
            return Orphan(entry, tuple(job for job in jobs if engine.running(job)))
    except DLIError as problem:
        return Orphan(entry, problem=problem)


def cancel(orphan: Orphan, journal: Journal) -> None:
    """Stop what still runs, and write down that the run is over. Raises as the engine does."""
    with closing(_engine(orphan.entry)) as engine:
        for job in orphan.running:
            engine.cancel(job)
    journal.end(orphan.entry, "cancelled")


def _engine(entry: Entry) -> Engine:
    origin = f"run {entry.short}"
    overrides = {
        "execution.default_mode": Override(ExecutionMode.LOCAL.value, origin),
        "local.engine": Override(entry.engine, origin),
    }
    project = Path(entry.project) if entry.project else None
    return make_engine(resolve(overrides, project=project, environment=entry.environment))
