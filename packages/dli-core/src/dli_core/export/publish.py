"""Where bytes go, and how a file appears: whole, or not at all.

    open an unnamed temp file ─▶ (a sink writes) ─▶ fsync ─▶ link ─▶ rename over the target ─▶ fsync the folder

After a kill, a full disk or a power cut the target is the old file or the complete new one; it keeps the old one's mode
and, where the system allows it, its owner. The next export into that folder removes what a killed one left behind.
Devices, pipes and standard output are streamed: they cannot promise that. A link at the target is replaced, and what it
points to is left alone, unless that is a device, a pipe or a folder.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import stat
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from dli_core.errors import ErrorCode, error
from dli_core.export.temp import Folder, Temp

STDOUT = Path("-")
MARK = "user.dli.job"  # an attribute of each exported file: the job that wrote it, and what it was like then

_DESCRIPTOR = re.compile(r"/(?:dev|proc/self)/fd/(\d{1,9})", re.ASCII)
_STREAMS = {"-": 1, "/dev/stdout": 1, "/dev/stderr": 2}
_REASONS = {
    errno.ENOSPC: "no_space",
    errno.EDQUOT: "quota",
    errno.EFBIG: "too_large",
    errno.EACCES: "denied",
    errno.EPERM: "denied",
    errno.EROFS: "read_only",
    errno.ENOENT: "no_folder",
    errno.ENOTDIR: "no_folder",
    errno.EISDIR: "is_folder",
    errno.EIO: "io",
    errno.EPIPE: "pipe",
    errno.ENAMETOOLONG: "name",
}


def receipt_path(path: Path) -> Path:
    """Where the receipt of `path` lies unless it was put elsewhere."""
    return path.with_name(path.name + ".receipt.json")


def has_receipt(path: Path) -> bool:
    """Does a receipt lie beside `path`? Where there cannot be one (the name is too long), there is none."""
    with contextlib.suppress(OSError):
        return receipt_path(path).is_file()
    return False


def mark_of(job_id: str, facts: os.stat_result) -> bytes:
    """The mark of a file that `job_id` wrote and nobody has changed since."""
    return f"{job_id} {facts.st_size} {facts.st_mtime_ns}".encode()


def unchanged_sha256(path: Path, size: int, job_id: str) -> str:
    """SHA-256 of a file that `job_id` wrote, in hex. Raises DLI-105 unless it is still that file."""
    try:
        # A device or a pipe would never end, or take bytes from whoever reads it.
        if not path.is_file():
            raise error(ErrorCode.FILE_NOT_FOUND, path=str(path))
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
            facts = os.fstat(file.fileno())
            same = facts.st_size == size and _mark(file.fileno()) in {mark_of(job_id, facts), None}
    except OSError as problem:
        what = os.strerror(problem.errno) if problem.errno else str(problem)
        raise error(ErrorCode.FILE_NOT_FOUND, "unreadable", path=str(path), problem=what, cause=problem) from problem
    if not same:
        raise error(ErrorCode.FILE_NOT_FOUND, "changed", path=str(path), job_id=job_id)
    return found


def _mark(fd: int) -> bytes | None:
    """The mark of an open file; None where the filesystem keeps none."""
    try:
        return os.getxattr(fd, MARK)
    except OSError as problem:
        return None if problem.errno in {errno.ENOTSUP, errno.ENOSYS} else b""


@contextlib.contextmanager
def output_errors(path: Path) -> Generator[None]:
    """OSError → DLI-407 with the path, what happened, and a reason for the text."""
    try:
        yield
    except OSError as problem:
        reason = _REASONS.get(problem.errno or 0)
        what = os.strerror(problem.errno) if problem.errno else str(problem)
        raise error(ErrorCode.OUTPUT_FAILED, reason, path=str(path), problem=what, cause=problem) from problem


@dataclass(slots=True)
class Output:
    """An open target. Write to `fd`, then `seal()`; without it a file stays what it was."""

    path: Path
    _at: Temp | int  # a device, a pipe or standard output is only a descriptor: nothing to seal

    @property
    def streaming(self) -> bool:
        """Does it go out as it is written?"""
        return isinstance(self._at, int)

    @property
    def fd(self) -> int:
        return self._at if isinstance(self._at, int) else self._at.fd

    def mark(self, job_id: str) -> None:
        """Note the job beside the bytes, where the filesystem can: `verify` knows another export by it."""
        if not self.streaming:
            with contextlib.suppress(OSError):
                os.setxattr(self.fd, MARK, mark_of(job_id, os.fstat(self.fd)))

    def seal(self) -> None:
        """Make the file appear: durable when this returns."""
        if not isinstance(self._at, int):
            with output_errors(self.path):
                os.fsync(self._at.fd)
                _put(self._at, self.path)

    def close(self) -> None:
        """Without `seal` before it, nothing of the file remains."""
        if isinstance(self._at, int):
            with contextlib.suppress(OSError):
                os.close(self._at)
        else:
            self._at.close()
            self._at.folder.close()


@contextlib.contextmanager
def sealed(path: Path) -> Generator[Output]:
    """Open `path` for writing: `-` is standard output. Raises DLI-407 for whatever the system refuses."""
    with output_errors(path):
        output = _open(path)
    try:
        # Not translated here: an OSError inside the block may be the caller's own (a socket, a producer).
        yield output
    finally:
        output.close()


def _open(path: Path) -> Output:
    descriptor = _descriptor(path)
    if descriptor is not None:
        return Output(path, os.dup(descriptor))
    old = _status(path)
    if old is not None and stat.S_ISDIR(old.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if old is not None and not stat.S_ISREG(old.st_mode):
        return Output(path, os.open(path, os.O_WRONLY | os.O_NOCTTY))
    if path.is_symlink():
        old = None  # the link is replaced, not what it points to
    elif old is not None and not os.access(path, os.W_OK):  # renaming would get around a write-protected file
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    folder = Folder.open(path.parent)
    try:
        with contextlib.suppress(OSError):
            folder.sweep()
        return Output(path, _temporary(folder, old))
    except BaseException:
        folder.close()
        raise


def _descriptor(path: Path) -> int | None:
    """The open descriptor that a path names: opening that path anew would start over at its first byte."""
    text = str(path)
    found = _DESCRIPTOR.fullmatch(text)
    return int(found[1]) if found else _STREAMS.get(text)


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:
        return None
    except ValueError as problem:  # a NUL in the name
        raise OSError(errno.EINVAL, str(problem)) from problem


def _temporary(folder: Folder, old: os.stat_result | None) -> Temp:
    """A temp file with the old file's mode and owner, if there is an old file."""
    temp = folder.temporary(0o666 if old is None else 0o600)
    if old is not None:
        try:
            _adopt(temp.fd, old)
            os.fchmod(temp.fd, stat.S_IMODE(old.st_mode))
        except BaseException:
            temp.close()
            raise
    return temp


def _adopt(fd: int, old: os.stat_result) -> None:
    own = os.fstat(fd)
    if (own.st_uid, own.st_gid) != (old.st_uid, old.st_gid):
        for uid in (old.st_uid, -1):  # only root may give a file away; a group one belongs to, everyone
            with contextlib.suppress(OSError):
                os.fchown(fd, uid, old.st_gid)
                return


def _put(temp: Temp, path: Path) -> None:
    """Rename over the target and make that durable, or take it back."""
    folder, name = temp.folder, path.name
    kept = folder.keep(name)
    try:
        temp.put(name)
        try:
            folder.sync(temp.fd)
        except OSError as problem:
            if kept.restore(name):
                raise
            what = os.strerror(problem.errno) if problem.errno else str(problem)
            raise error(
                ErrorCode.OUTPUT_FAILED, "not_durable", path=str(path), problem=what, cause=problem
            ) from problem
    finally:
        kept.forget()
