"""One file → its bytes, whatever lies under its name.

path ─▶ open without waiting ─▶ a regular file of at most 1 MiB ─▶ bytes │ OSError in words
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from dli_core.errors.phrase import Text

LARGEST = 1 << 20  # bytes of a spec
# A pipe under this name would wait for a writer for ever.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOCTTY", 0)


def read_bytes(path: Path) -> bytes:
    """The bytes of a spec file. Raises OSError whose text is a sentence without the path."""
    try:
        handle = os.open(path, _FLAGS)
    except OSError as problem:
        raise _told(problem) from None
    try:
        facts = os.fstat(handle)
        if not stat.S_ISREG(facts.st_mode):
            raise OSError(Text("spec.no_file"))
        if facts.st_size > LARGEST:
            raise OSError(Text("spec.too_large", bytes=f"{facts.st_size:,}", most=f"{LARGEST:,}"))
        return _read(handle, facts.st_size)
    finally:
        os.close(handle)


def _read(handle: int, size: int) -> bytes:
    # One byte more than the file has: less than that is the end, and a file that grows meanwhile is seen to.
    left, step, pieces = LARGEST + 1, size + 1, list[bytes]()
    try:
        while left > 0 and (piece := os.read(handle, step)):
            pieces.append(piece)
            left -= len(piece)
            if len(piece) < step:
                break
            step = min(left, 1 << 16)
    except OSError as problem:
        raise _told(problem) from None
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _told(problem: OSError) -> OSError:
    """The same class, so that callers can tell a missing file; its text is only the reason."""
    told = type(problem)(Text("spec.unreadable", problem=(problem.strerror or str(problem)).lower()))
    told.errno = problem.errno
    return told
