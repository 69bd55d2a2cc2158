"""What this machine ran: one small file per run, so that a query can be looked up, and found again at its engine.

    start(entry) ─▶ ~/.dli/runs/2025-01-31/102030-7f3a….json ─▶ end(outcome)          find("7f3a") ─▶ Entry

Written before the first statement is submitted and once more at the end: a run that was killed is left as "running".
No rows; secret and personal values are masked. Files are 0600 and go after 30 days. A journal that cannot be written
never stops a run.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

KEPT_DAYS = 30
_PREFIX = "dli-"


def _host() -> str:
    return os.uname().nodename


@dataclass(frozen=True, slots=True)
class JournaledStatement:
    """One statement as it was sent, without secrets."""

    role: str
    job_id: str
    sql: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One run.

    Attributes:
        id: the main statement's job id.
        outcome: running, done, partial (left before the end), failed or cancelled. A run whose process is gone is
            shown as lost.
        started, ended: ISO 8601, UTC.
        error: code and message, when it failed.
        origins: where the values that decided it came from, by key.
        born: when its process began, in words of this machine: another one may have its number by now.
    """

    id: str
    name: str
    kind: str
    mode: str
    engine: str
    statements: list[JournaledStatement]
    started: str
    outcome: str = "running"
    ended: str | None = None
    rows: int | None = None
    output: str | None = None
    error: dict[str, str] | None = None
    parameters: dict[str, Any] = field(default_factory=dict[str, Any])
    environment: str | None = None
    project: str | None = None
    commit: str | None = None
    origins: dict[str, str] = field(default_factory=dict[str, str])
    host: str = field(default_factory=_host)
    pid: int = field(default_factory=os.getpid)
    born: str | None = field(default_factory=lambda: _born(os.getpid()))

    @property
    def short(self) -> str:
        """The id as people type it."""
        return self.id.removeprefix(_PREFIX)[:8]

    @property
    def state(self) -> str:
        """The outcome, "lost" for a run whose process is gone without a word."""
        if self.outcome == "running" and self.host == _host() and not _alive(self.pid, self.born):
            return "lost"
        return self.outcome


class Journal:
    """The runs below one home; None keeps none."""

    def __init__(self, home: Path | None) -> None:
        self.folder = None if home is None else home / ".dli" / "runs"

    def start(self, entry: Entry) -> Record:
        """Write the entry down, and forget the oldest ones."""
        if self.folder is None:
            return Record(None, entry)
        path = self._path(entry)
        record = Record(path, entry)
        with contextlib.suppress(OSError):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _forget(self.folder)
        record.write()
        return record

    def _path(self, entry: Entry) -> Path:
        folder = self.folder or Path()
        return folder / entry.started[:10] / f"{entry.started[11:19].replace(':', '')}-{entry.short}.json"

    def entries(self) -> Iterator[Entry]:
        """All runs, the newest first."""
        if self.folder is None or not self.folder.is_dir():
            return
        for day in sorted((path for path in self.folder.iterdir() if path.is_dir()), reverse=True):
            for path in sorted(day.glob("*.json"), reverse=True):
                entry = _read(path)
                if entry is not None:
                    yield entry

    def end(self, entry: Entry, outcome: str) -> None:
        """Say how a run ended whose process could not."""
        if self.folder is not None:
            Record(self._path(entry), entry).end(outcome)

    def find(self, prefix: str) -> list[Entry]:
        """The runs whose id begins with `prefix`."""
        wanted = prefix.removeprefix(_PREFIX)
        return [entry for entry in self.entries() if entry.id.removeprefix(_PREFIX).startswith(wanted)]


@dataclass(slots=True)
class Record:
    """A run that is being journaled."""

    path: Path | None
    entry: Entry

    def end(self, outcome: str, **facts: Any) -> None:
        """Say how it ended; only the first word counts."""
        if self.entry.outcome == "running":
            self.entry = replace(self.entry, outcome=outcome, ended=now(), **facts)
            self.write()

    def write(self) -> None:
        """Replace the file at once, so that no reader sees half of it."""
        if self.path is None:
            return
        temp = self.path.with_suffix(f".{os.getpid()}")
        with contextlib.suppress(OSError):
            fd = os.open(temp, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
            with os.fdopen(fd, "w", encoding="utf-8") as file:
                json.dump(asdict(self.entry), file, ensure_ascii=False, default=str)
            temp.replace(self.path)


def now() -> str:
    """This moment, as it stands in entries."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def commit_of(root: Path | None) -> str | None:
    """The Git commit that is checked out at `root`, read from its files: no process is started."""
    for folder in () if root is None else (root, *root.parents):
        git = folder / ".git"
        if git.is_dir():
            with contextlib.suppress(OSError):
                return _head(git)
    return None


def _head(git: Path) -> str | None:
    text = (git / "HEAD").read_text("utf-8").strip()
    if not text.startswith("ref: "):
        return text
    name = text.removeprefix("ref: ")
    if (git / name).is_file():
        return (git / name).read_text("utf-8").strip()
    packed = (git / "packed-refs").read_text("utf-8").splitlines()
    return next((line.split()[0] for line in packed if line.endswith(f" {name}")), None)


def _read(path: Path) -> Entry | None:
    """An entry, or None for a file that is none (of another version, or half of one)."""
    try:
        data = json.loads(path.read_bytes())
        known = {item.name for item in fields(Entry)}
        statements = [JournaledStatement(**item) for item in data.pop("statements")]
        return Entry(statements=statements, **{key: value for key, value in data.items() if key in known})
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def _forget(folder: Path) -> None:
    oldest = (datetime.now(UTC) - timedelta(days=KEPT_DAYS)).date().isoformat()
    for day in folder.iterdir():
        if day.name < oldest and day.name.startswith("20"):
            shutil.rmtree(day, ignore_errors=True)


def _alive(pid: int, born: str | None) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return born is None or _born(pid) in {born, None}


def _born(pid: int) -> str | None:
    """When a process began: the boot, and clock ticks since. None where /proc does not tell."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return f"{boot} {fields[19]}"  # the 22nd field of the line; the name before it may hold anything
