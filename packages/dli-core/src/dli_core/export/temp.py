"""One folder, by its handle: temp files that nobody sees or that carry `PREFIX`, locks, and the sweep.

    Folder ─▶ temporary() ─▶ Temp: unnamed, or PREFIX + random, locked ─▶ named() ─▶ folder.put(temp, name)
       └─▶ sweep(): removes every PREFIX file that no living process has locked

Names are never looked up twice: everything happens relative to the handle, with O_EXCL or O_NOFOLLOW, so that a link
planted under a temp file's name is refused and not followed.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

PREFIX = ".dli-partial-"
_PROC = Path("/proc/self/fd")

# Filesystems without unnamed files answer one of these to O_TMPFILE.
_NO_TMPFILE = {errno.EOPNOTSUPP, errno.EISDIR, errno.ENOENT, errno.EINVAL}
# … and these to a name for one.
_NO_LINK = {errno.ENOENT, errno.EPERM, errno.EOPNOTSUPP, errno.EXDEV, errno.EACCES, errno.EMLINK}
# A folder that cannot be synced by itself: the filesystem does that with the file, or not at all.
_NO_FOLDER_SYNC = {errno.EINVAL, errno.ENOTSUP, errno.EBADF}


def random_name() -> str:
    """A name that nobody can guess and the sweep knows."""
    return PREFIX + secrets.token_hex(8)


def sweep(path: Path) -> int:
    """Remove temp files in the folder `path` that no living writer holds; returns how many. Never raises."""
    with contextlib.suppress(OSError), contextlib.closing(Folder.open(path)) as folder:
        return folder.sweep()
    return 0


class Folder(NamedTuple):
    """An open folder: it stays the same one, whatever happens to its name."""

    fd: int
    readable: bool  # False: names may be made in it, but it cannot be listed or synced

    @classmethod
    def open(cls, path: Path) -> Folder:
        """Raises OSError where there is no such folder."""
        try:
            return cls(os.open(path, os.O_RDONLY | os.O_DIRECTORY), readable=True)
        except PermissionError:
            return cls(os.open(path, os.O_PATH | os.O_DIRECTORY), readable=False)

    def close(self) -> None:
        os.close(self.fd)

    def sync(self, file: int) -> None:
        """Make its names durable, that of the open `file` above all: syncing a file takes its new name along."""
        try:
            os.fsync(self.fd if self.readable else file)
        except OSError as problem:
            if problem.errno not in _NO_FOLDER_SYNC:
                raise

    def unlink(self, name: str) -> None:
        """Remove a name; none is no error."""
        with contextlib.suppress(OSError):
            os.unlink(name, dir_fd=self.fd)

    def replace(self, old: str, new: str) -> None:
        os.replace(old, new, src_dir_fd=self.fd, dst_dir_fd=self.fd)

    def temporary(self, mode: int) -> Temp:
        """An empty file to write to: unnamed, or under a random name where the filesystem has no unnamed ones."""
        if _PROC.is_dir():  # else it could not be given a name later
            try:
                fd = os.open(".", os.O_TMPFILE | os.O_RDWR, mode, dir_fd=self.fd)
            except OSError as problem:
                if problem.errno not in _NO_TMPFILE:
                    raise
            else:
                lock(fd)
                return Temp(self, fd)
        return self.named(mode)[0]

    def named(self, mode: int) -> tuple[Temp, str]:
        """An empty file under a random name, and that name."""
        while True:
            name = random_name()
            fd = os.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode, dir_fd=self.fd)
            lock(fd)
            if os.fstat(fd).st_nlink:  # a sweeper may have taken it between creation and lock
                return Temp(self, fd, name), name
            os.close(fd)

    def keep(self, name: str) -> Kept:
        """A second name of the file `name`, so that it can come back."""
        try:
            fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=self.fd)
        except FileNotFoundError:
            return Kept(self, existed=False)
        except OSError:  # not ours to read, or a link
            return Kept(self, existed=True)
        lock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
        twin = random_name()
        try:
            os.link(name, twin, src_dir_fd=self.fd, dst_dir_fd=self.fd, follow_symlinks=False)
        except OSError:  # the filesystem has no hard links, or forbids this one
            os.close(fd)
            return Kept(self, existed=True)
        return Kept(self, existed=True, name=twin, fd=fd)

    def sweep(self) -> int:
        """Remove the temp files that nobody holds; returns how many."""
        if not self.readable:
            return 0
        found = [
            entry.name
            for entry in os.scandir(self.fd)
            if entry.name.startswith(PREFIX) and entry.is_file(follow_symlinks=False)
        ]
        return sum(map(self._remove_orphan, found))

    def _remove_orphan(self, name: str) -> bool:
        fd = self._open_orphan(name)
        if fd is None:
            return False
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.unlink(name, dir_fd=self.fd)
        except OSError:  # somebody lives in it, or removed it already
            return False
        else:
            return True
        finally:
            os.close(fd)

    def _open_orphan(self, name: str) -> int | None:
        for access in (os.O_RDWR, os.O_RDONLY):  # network filesystems lock exclusively only what is open for writing
            with contextlib.suppress(OSError):
                return os.open(name, access | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=self.fd)
        return None


@dataclass(slots=True)
class Temp:
    """A file being written: open, locked, and gone with `close` unless it was put somewhere."""

    folder: Folder
    fd: int
    name: str | None = None

    def link(self) -> str:
        """Its name; an unnamed file gets one. Where it cannot, its bytes move to a file that has one."""
        if self.name is None:
            name = random_name()
            try:
                # With a folder's handle this is linkat(AT_SYMLINK_FOLLOW); without, it would link the link in /proc.
                os.link(_PROC / str(self.fd), name, dst_dir_fd=self.folder.fd, follow_symlinks=True)
            except OSError as problem:
                if problem.errno not in _NO_LINK:
                    raise
                return self._move()
            self.name = name
        return self.name

    def _move(self) -> str:
        status = os.fstat(self.fd)
        file, name = self.folder.named(stat.S_IMODE(status.st_mode) & 0o600)
        unnamed, self.fd, self.name = self.fd, file.fd, name
        try:
            offset = 0
            while offset < status.st_size:
                offset += os.sendfile(self.fd, unnamed, offset, status.st_size - offset)
            os.fchmod(self.fd, stat.S_IMODE(status.st_mode))
            os.fsync(self.fd)
        finally:
            os.close(unnamed)
        return name

    def put(self, name: str) -> None:
        """Become the file `name` of the folder, in one step."""
        self.folder.replace(self.link(), name)
        self.name = None

    def close(self) -> None:
        """Close it, and remove its name if it still has one of its own."""
        if self.name is not None:
            self.folder.unlink(self.name)
        with contextlib.suppress(OSError):
            os.close(self.fd)


@dataclass(slots=True)
class Kept:
    """What a name held before it was replaced."""

    folder: Folder
    existed: bool
    name: str | None = None  # the second name; None where there can be none
    fd: int | None = None  # holds its lock

    def restore(self, name: str) -> bool:
        """Make `name` what it was; False when that is impossible."""
        try:
            if self.name is not None:
                self.folder.replace(self.name, name)
            elif not self.existed:
                os.unlink(name, dir_fd=self.folder.fd)
            else:
                return False
        except OSError:
            return False
        return True

    def forget(self) -> None:
        if self.name is not None:
            self.folder.unlink(self.name)
        if self.fd is not None:
            os.close(self.fd)


def lock(fd: int, how: int = fcntl.LOCK_EX) -> None:
    """Tell sweepers that somebody lives here. Where there are no locks, nothing is swept either."""
    with contextlib.suppress(OSError):
        fcntl.flock(fd, how)
