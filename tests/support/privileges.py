"""Permissions that hold for root too: what a test forbids is forbidden, whoever runs it.

with without_privileges(): …      this thread obeys the modes of files and folders
"""

from __future__ import annotations

import ctypes
from collections.abc import Generator
from contextlib import contextmanager

_VERSION_3 = 0x20080522
_IGNORE_MODES = (1 << 1) | (1 << 2)  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH


@contextmanager
def without_privileges() -> Generator[None]:
    """Take root's right to ignore permissions from this thread, and give it back."""
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(_VERSION_3, 0)
    sets = (ctypes.c_uint32 * 6)()  # effective, permitted and inheritable: the low words, then the high ones
    assert libc.capget(header, sets) == 0
    before = sets[0]
    sets[0] = before & ~_IGNORE_MODES
    assert libc.capset(header, sets) == 0
    try:
        yield
    finally:
        sets[0] = before
        assert libc.capset(header, sets) == 0
