"""A blocking call of a driver, on a thread of its own, so that Ctrl-C and timeouts still reach us.

call ─▶ thread          the caller waits on an Event: in the main thread signals run meanwhile
          └─ result or exception ─▶ returned or raised here; in other threads the caller looks after Ctrl-C itself
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from dli_core.engines.interrupt import TICK, interrupted

T = TypeVar("T")

_GRACE = 5.0  # seconds a cancelled call may take to come back
_AGAIN = 0.1  # seconds between two requests to stop


class CallTimeoutError(Exception):
    """The call took longer than it was given, and was asked to stop."""


def interruptible(call: Callable[[], T], cancel: Callable[[], None], timeout: float, *, grace: float = _GRACE) -> T:
    """`call()`, or CallTimeoutError after `timeout` seconds; what ends the wait (Ctrl-C) cancels the call first.

    `grace` is how many seconds a cancelled call may take to come back.

    In another thread than the main one, Ctrl-C lets the call fail as a cancelled one does.
    """
    result: list[T] = []
    failed: list[BaseException] = []
    finished = threading.Event()

    def body() -> None:
        try:
            result.append(call())
        except BaseException as problem:  # noqa: BLE001 - carried to the caller's thread, whatever it is
            failed.append(problem)
        finally:
            finished.set()

    threading.Thread(target=body, name="dli-call", daemon=True).start()
    try:
        in_time = _wait(finished, timeout, cancel, grace)
    except BaseException:
        _stop(cancel, finished, grace)
        raise
    if not in_time:
        _stop(cancel, finished, grace)
        raise CallTimeoutError
    if failed:
        raise failed[0]
    return result[0]


def _wait(finished: threading.Event, timeout: float, cancel: Callable[[], None], grace: float) -> bool:
    if threading.current_thread() is threading.main_thread():
        return finished.wait(timeout)
    deadline = time.monotonic() + timeout
    while not finished.wait(max(0.0, min(TICK, deadline - time.monotonic()))):
        if time.monotonic() >= deadline:
            return False
        if interrupted():
            _stop(cancel, finished, grace)
    return True


def _stop(cancel: Callable[[], None], finished: threading.Event, grace: float) -> None:
    """Ask until it ends: an engine forgets a request that comes just before it begins."""
    deadline = time.monotonic() + grace
    while not finished.is_set() and time.monotonic() < deadline:
        cancel()
        finished.wait(_AGAIN)
