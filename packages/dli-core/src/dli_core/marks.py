"""The mark of an exported file, beside its bytes: which job wrote it, and what it was like then.

    a file being sealed ─▶ put(fd, job)          look(path) ─▶ Found ─┬─ is_still(job)   for ExportResult.sha256
                                                                      └─ is_of_another(job)   for `verify`
An edit, a copy and a broken disk leave no mark that fits. Some filesystems keep none.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
from pathlib import Path
from typing import NamedTuple

from dli_core.errors import ErrorCode, error

MARK = "user.dli.job"  # an extended attribute


def mark_of(job_id: str, facts: os.stat_result) -> bytes:
    """The mark of a file that `job_id` wrote and nobody has changed since."""
    return f"{job_id} {facts.st_size} {facts.st_mtime_ns}".encode()


def put(fd: int, job_id: str) -> None:
    """Mark an open file whose last byte is written, where the filesystem can."""
    with contextlib.suppress(OSError):
        os.setxattr(fd, MARK, mark_of(job_id, os.fstat(fd)))


class Found(NamedTuple):
    """A file as it is now; `mark` is None where the filesystem keeps none, and empty where the file has none."""

    sha256: str
    facts: os.stat_result
    mark: bytes | None

    def is_still(self, job_id: str, size: int) -> bool:
        """Is it the file of `size` bytes that the job wrote?"""
        return self.facts.st_size == size and self.mark in {mark_of(job_id, self.facts), None}

    def is_of_another(self, job_id: str, *, later: bool) -> bool:
        """Is it whole, and written by another job? Where there are no marks, a `later` file is another export's."""
        if self.mark is None:
            return later
        writer = self.mark.split(b" ", 1)[0].decode(errors="replace")
        return writer != job_id and self.mark == mark_of(writer, self.facts)


def look(path: Path) -> Found:
    """Read all of a file for its hash. Raises DLI-105 when it is not there, is no file or cannot be read."""
    # A device or a pipe would never end, or take bytes from whoever reads it.
    if not path.is_file():
        raise error(ErrorCode.FILE_NOT_FOUND, path=str(path))
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
            return Found(found, os.fstat(file.fileno()), _mark(file.fileno()))
    except OSError as problem:
        what = os.strerror(problem.errno) if problem.errno else str(problem)
        raise error(ErrorCode.FILE_NOT_FOUND, "unreadable", path=str(path), problem=what, cause=problem) from problem


def _mark(fd: int) -> bytes | None:
    try:
        return os.getxattr(fd, MARK)
    except OSError as problem:
        return None if problem.errno in {errno.ENOTSUP, errno.ENOSYS} else b""
