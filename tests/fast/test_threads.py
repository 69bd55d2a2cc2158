"""exception_of: what another thread handles, without locking up the interpreter."""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Callable
from functools import partial

import dli_fast
import pytest


def test_the_exception_that_another_thread_handles_is_seen():
    handling, seen = threading.Event(), threading.Event()

    def work() -> None:
        try:
            1 / 0  # noqa: B018 - it raises
        except ZeroDivisionError:
            handling.set()
            seen.wait(10)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        assert handling.wait(10)
        assert isinstance(dli_fast.exception_of(thread.ident or 0), ZeroDivisionError)
    finally:
        seen.set()
        thread.join()
    assert dli_fast.exception_of(thread.ident or 0) is None
    assert dli_fast.exception_of(1) is None


@pytest.mark.parametrize("switched_on", [True, False])
def test_the_garbage_collector_stays_as_it_was(switched_on: bool):
    was_on = gc.isenabled()
    try:
        (gc.enable if switched_on else gc.disable)()
        dli_fast.exception_of(threading.get_ident())
        assert gc.isenabled() is switched_on
    finally:
        (gc.enable if was_on else gc.disable)()


def collections_during(call: Callable[[], object]) -> int:
    """How often garbage was collected while this ran, when nearly every new object may begin it."""
    phases: list[str] = []
    gc.callbacks.append(lambda phase, _: phases.append(phase))
    usual = gc.get_threshold()
    try:
        call()  # what it has to find only once is found
        gc.collect()  # objects that Python keeps for the next use are gone too: those are not counted as new
        gc.set_threshold(1)
        before = len(phases)
        call()
        return len(phases) - before
    finally:
        gc.set_threshold(*usual)
        gc.callbacks.pop()


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="garbage is collected between two instructions only")
def test_no_garbage_is_collected_under_the_lock_that_python_asks_with():
    assert collections_during(sys._current_exceptions) > 0  # or this test shows nothing
    assert collections_during(partial(dli_fast.exception_of, threading.get_ident())) == 0
