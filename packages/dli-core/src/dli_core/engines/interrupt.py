"""Ctrl-C for the other threads: Python tells only the main one.

main thread: KeyboardInterrupt ─▶ (waits for its threads, in a `with` block or at the end of Python)
other thread, waiting for an engine: interrupted()? ─▶ its query is cancelled too
"""

from __future__ import annotations

import sys
import threading

import dli_fast

TICK = 0.2  # seconds between two looks


def interrupted() -> bool:
    """Is the main thread on its way out, by Ctrl-C? Always False in that thread: there it is an exception."""
    main = threading.main_thread()
    if threading.current_thread() is main:
        return False
    if not main.is_alive():  # Python ends, and waits for the threads that are left
        last = getattr(sys, "last_type", None)
        return isinstance(last, type) and issubclass(last, KeyboardInterrupt)
    return isinstance(dli_fast.exception_of(main.ident or 0), KeyboardInterrupt)
