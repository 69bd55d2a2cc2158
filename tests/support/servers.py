"""The real servers of a test run: each started when it is first known to be needed, and ended with the run.

collected tests with @pytest.mark.real("trino") ─▶ begin() at once, in the main thread ─▶ it boots while others run
the fixture of its name ─▶ get(): waits for it │ skips with what the machine lacks
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Protocol

import pytest

from tests.support.bigquery_emulator import BigQueryEmulator
from tests.support.bigquery_lookalike import BigQueryLookAlike
from tests.support.trino_server import TrinoServer, Unavailable


class Server(Protocol):
    """A process of its own that answers at a `url`."""

    @property
    def url(self) -> str: ...
    def start(self, cache: Path) -> None: ...
    def wait(self) -> None: ...
    def stop(self) -> None: ...


def _secure(folder: Path) -> Server:
    from tests.support.trino_secure import SecureTrino

    return SecureTrino(folder)


MAKERS: Mapping[str, Callable[[Path], Server]] = {
    "trino": TrinoServer,
    "trino_secure": _secure,
    "bigquery_emulator": BigQueryEmulator,
    "bigquery_lookalike": BigQueryLookAlike,
}


def cache_of(machine: Mapping[str, str]) -> Path:
    """Where downloads are kept, outside of the checkout."""
    named = machine.get("DLI_REAL_CACHE")
    base = machine.get("XDG_CACHE_HOME") or f"{machine.get('HOME', '/tmp')}/.cache"
    return Path(named) if named else Path(base) / "dli-real"


class Servers:
    """All servers of one run."""

    def __init__(self, folder: Path, machine: Mapping[str, str]) -> None:
        self._folder = folder
        self._cache = cache_of(machine)
        self._begun: dict[str, Server | Unavailable] = {}
        self._ready: set[str] = set()

    def begin(self, names: Iterable[str]) -> None:
        """Let these boot."""
        for name in names:
            if name in self._begun or name not in MAKERS:
                continue
            folder = self._folder / name
            folder.mkdir(parents=True)
            server = MAKERS[name](folder)
            try:
                server.start(self._cache)
            except Unavailable as lack:
                self._begun[name] = lack
            else:
                self._begun[name] = server

    def get(self, name: str) -> Server:
        """The server, ready."""
        self.begin([name])
        found = self._begun[name]
        if isinstance(found, Unavailable):
            pytest.skip(str(found))
        if name not in self._ready:
            found.wait()
            self._ready.add(name)
        return found

    def stop(self) -> None:
        """End all of them."""
        for server in self._begun.values():
            if not isinstance(server, Unavailable):
                server.stop()
        self._begun.clear()
