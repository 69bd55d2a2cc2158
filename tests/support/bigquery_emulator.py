"""bqemulator, an emulator of BigQuery that runs real SQL, on loopback for as long as the tests run.

    PyPI ─▶ an environment of its own in the user's cache, since it pins what we use ─▶ bqemulator start … ─▶ answers

It is not Google's: what it proves and what not is in docs/bigquery.md. The server dies with the process that started it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from tests.support.s3_server import environment
from tests.support.trino_server import die_with_parent, free_port, only_on_loopback

VERSION = "1.4.0"
DUCKDB = "1.5.5"  # it pins its own
PINS = [
    f"bqemulator=={VERSION}",
    f"duckdb=={DUCKDB}",
    f"duckdb-extension-spatial=={DUCKDB}",
    "duckdb-extensions",
    "numpy",
]
PROJECT = "test"
BOOT = 120.0  # seconds; 6 to 10 on two cores


class BigQueryEmulator:
    """One emulator.

    Attributes:
        url: where its REST API answers.
        storage: host:port of its Storage Read API.
        project: the only project that it has.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.project = PROJECT
        self._rest, self._grpc = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self._rest}"
        self.storage = f"127.0.0.1:{self._grpc}"
        self._process: subprocess.Popen[bytes] | None = None
        self._began = time.monotonic()

    def start(self, cache: Path) -> None:
        """Begin to boot, in the main thread."""
        home = installed(cache)
        command = [home / "bin" / "bqemulator", "start", "--project", PROJECT, "--ephemeral", "--log-level", "error"]
        command += ["--rest-host", "127.0.0.1", "--rest-port", str(self._rest)]
        command += ["--grpc-host", "127.0.0.1", "--grpc-port", str(self._grpc)]
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                list(map(str, command)),
                cwd=self.folder,
                env={**os.environ, "HOME": str(home / "home")},  # where DuckDB looks for its extensions
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent,  # noqa: PLW1509 - it calls one function of libc
            )
        self._began = time.monotonic()

    def wait(self) -> None:
        """Return when it answers."""
        while not self._answers():
            if self._process is None or self._process.poll() is not None:
                message = (
                    f"bqemulator ended while it booted:\n{(self.folder / 'log').read_text(errors='replace')[-2000:]}"
                )
                raise RuntimeError(message)
            if time.monotonic() - self._began > BOOT:
                message = f"bqemulator was not ready after {BOOT} s"
                raise RuntimeError(message)
            time.sleep(0.1)
        assert self._process is not None
        only_on_loopback(self._process.pid)

    def stop(self) -> None:
        """End it. It may need to be told twice."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(3)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _answers(self) -> bool:
        url = f"{self.url}/bigquery/v2/projects/{PROJECT}/datasets"
        with contextlib.suppress(OSError, urllib.error.URLError), urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
        return False


def installed(cache: Path) -> Path:
    """Its environment in `cache`, made when it is not there."""
    home = cache / f"bqemulator-{VERSION}-{sys.version_info.major}.{sys.version_info.minor}"
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "bqemulator.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / "ready").exists():
            shutil.rmtree(home, ignore_errors=True)
            _install(home)
    return home


def _install(home: Path) -> None:
    environment(home, PINS)
    (home / "home").mkdir()
    # Without this one in its home the server would try to download it.
    spatial = 'from duckdb_extensions import import_extension; import_extension("spatial")'
    environ = {**os.environ, "PYTHONPATH": "", "HOME": str(home / "home")}
    subprocess.run([str(home / "bin" / "python"), "-c", spatial], cwd=home, env=environ, check=True)
    (home / "ready").touch()
