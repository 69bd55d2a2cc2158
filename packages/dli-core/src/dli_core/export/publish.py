"""Where bytes go, and how a file appears: whole, or not at all.

    open unnamed temp ─▶ (a sink writes) ─▶ fsync ─▶ link ─▶ rename over the target ─▶ fsync the folder

After a kill, a full disk or a power cut the target is the old file or the complete new one. Temp files carry
`PREFIX` and are locked while their writer lives; the next run into that folder removes those nobody holds.
Devices, pipes and standard output are streamed: they cannot promise that.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import secrets
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from dli_core.errors import ErrorCode, error

PREFIX = ".dli-partial-"
STDOUT = Path("-")

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
# Filesystems without unnamed files answer one of these to O_TMPFILE.
_NO_TMPFILE = {errno.EOPNOTSUPP, errno.EISDIR, errno.ENOENT, errno.EINVAL}
# … and these to linking one (no /proc, or hard links forbidden there).
_NO_LINK = {errno.ENOENT, errno.EPERM, errno.EOPNOTSUPP, errno.EXDEV, errno.EACCES}


@contextlib.contextmanager
def output_errors(path: Path) -> Iterator[None]:
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
    fd: int
    streaming: bool  # a device, a pipe or standard output: nothing to seal
    _temp: Path | None = None
    _sealed: bool = False
    _mode: int | None = field(default=None)

    def seal(self) -> None:
        """Make the file appear: durable when this returns."""
        if not self.streaming:
            _publish(self)
        self._sealed = True


@contextlib.contextmanager
def sealed(path: Path) -> Iterator[Output]:
    """Open `path` for writing: `-` is standard output. Raises DLI-407 for whatever the system refuses."""
    with output_errors(path):
        output = _open(path)
    try:
        # Not translated here: an OSError inside the block may be the caller's own (a socket, a producer).
        yield output
    finally:
        _close(output)


def sweep(folder: Path) -> int:
    """Remove temp files in `folder` that no living writer holds; returns how many. Never raises."""
    removed = 0
    with contextlib.suppress(OSError):
        for entry in os.scandir(folder):
            if entry.name.startswith(PREFIX) and entry.is_file(follow_symlinks=False):
                removed += _remove_orphan(entry.path)
    return removed


def _remove_orphan(path: str) -> bool:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.unlink(path)
    except OSError:  # somebody lives in it, or removed it already
        return False
    else:
        return True
    finally:
        os.close(fd)


def _open(path: Path) -> Output:
    if path == STDOUT:
        return Output(path, os.dup(1), streaming=True)
    try:
        found = path.stat()
    except FileNotFoundError:
        found = None
    if found is not None:
        if stat.S_ISDIR(found.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not stat.S_ISREG(found.st_mode) or _is_descriptor(path):
            return Output(path, os.open(path, os.O_WRONLY | os.O_APPEND if _is_descriptor(path) else os.O_WRONLY), True)
        if not os.access(path, os.W_OK):  # renaming would get around a write-protected file
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    sweep(path.parent)
    fd, temp = _temporary(path.parent)
    mode = None if found is None or path.is_symlink() else stat.S_IMODE(found.st_mode)
    return Output(path, fd, False, temp, _mode=mode)


def _is_descriptor(path: Path) -> bool:
    text = str(path)
    return text in {"/dev/stdout", "/dev/stderr"} or text.startswith(("/dev/fd/", "/proc/self/fd/"))


def _temporary(folder: Path) -> tuple[int, Path | None]:
    """An unnamed file, or one under a random name where the filesystem has no unnamed ones; locked."""
    try:
        fd = os.open(folder, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o666)
    except OSError as problem:
        if problem.errno not in _NO_TMPFILE or not folder.is_dir():
            raise
        return _named(folder)
    fcntl.flock(fd, fcntl.LOCK_EX)
    return fd, None


def _named(folder: Path) -> tuple[int, Path]:
    while True:
        temp = folder / f"{PREFIX}{secrets.token_hex(8)}"
        fd = os.open(temp, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
        fcntl.flock(fd, fcntl.LOCK_EX)
        if os.fstat(fd).st_nlink:  # a sweeper may have taken it between creation and lock
            return fd, temp
        os.close(fd)


def _publish(output: Output) -> None:
    with output_errors(output.path):
        if output._mode is not None:
            os.fchmod(output.fd, output._mode)
        os.fsync(output.fd)
        output._temp = output._temp or _link(output)
        backup = _keep_old(output.path)
        try:
            os.replace(output._temp, output.path)
            output._temp = None
            try:
                _fsync_folder(output.path.parent)
            except OSError:
                _restore(output.path, backup)
                raise
        finally:
            if backup is not None:
                backup.forget()


def _link(output: Output) -> Path:
    temp = output.path.parent / f"{PREFIX}{secrets.token_hex(8)}"
    try:
        os.link(f"/proc/self/fd/{output.fd}", temp, follow_symlinks=True)
    except OSError as problem:
        if problem.errno not in _NO_LINK:
            raise
        return _copy_to_named(output)
    return temp


def _copy_to_named(output: Output) -> Path:
    """Where an unnamed file cannot be given a name: its bytes move to a named one."""
    fd, temp = _named(output.path.parent)
    offset, size = 0, os.fstat(output.fd).st_size
    while offset < size:
        offset += os.sendfile(fd, output.fd, offset, size - offset)
    os.fchmod(fd, stat.S_IMODE(os.fstat(output.fd).st_mode))
    os.fsync(fd)
    os.close(output.fd)
    output.fd = fd
    return temp


@dataclass(slots=True)
class _Backup:
    """A second, locked name of the old file, until the new one is durable."""

    path: Path
    fd: int

    def forget(self) -> None:
        with contextlib.suppress(OSError):
            os.unlink(self.path)
        os.close(self.fd)


def _keep_old(path: Path) -> _Backup | None:
    """None when there is no old file, or when the system does not let us keep a second name of it."""
    backup = path.parent / f"{PREFIX}{secrets.token_hex(8)}"
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
        os.link(path, backup, follow_symlinks=False)
    except OSError:
        os.close(fd)
        return None
    return _Backup(backup, fd)


def _restore(path: Path, backup: _Backup | None) -> None:
    with contextlib.suppress(OSError):
        if backup is None:
            os.unlink(path)
        else:
            os.replace(backup.path, path)


def _fsync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _close(output: Output) -> None:
    if output._temp is not None:
        with contextlib.suppress(OSError):
            os.unlink(output._temp)
    with contextlib.suppress(OSError):
        os.close(output.fd)
