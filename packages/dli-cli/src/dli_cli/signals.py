"""Ctrl-C, SIGTERM and SIGHUP: the first one raises in the main thread, which cancels the running query on its way out.

    signal ─▶ Caught.number, KeyboardInterrupt ─▶ (streams close: the engine is told) ─▶ exit code 128 + number

A second one does not wait for that.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Generator
from dataclasses import dataclass
from types import FrameType

_HANDLED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(slots=True)
class Caught:
    """Which signal came, if one did."""

    number: int | None = None

    @property
    def exit_code(self) -> int:
        """As shells report it; an interrupt without a signal counts as Ctrl-C."""
        return 128 + (self.number or signal.SIGINT)

    def handle(self, number: int, _frame: FrameType | None) -> None:
        """The signal handler."""
        if self.number is not None:
            os._exit(self.exit_code)
        self.number = number
        raise KeyboardInterrupt


@contextlib.contextmanager
def caught() -> Generator[Caught]:
    """Handle the signals inside of the block; outside of the main thread there is nothing to handle."""
    found = Caught()
    if threading.current_thread() is not threading.main_thread():
        yield found
        return
    before = {number: signal.getsignal(number) for number in _HANDLED}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:  # nohup means it
            signal.signal(number, found.handle)
    try:
        yield found
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
