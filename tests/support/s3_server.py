"""An S3 server on loopback, in memory: what a Trino spools its results to.

PyPI ─▶ moto, in an environment of its own in the user's cache ─▶ moto_server ─▶ a bucket, ready
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from tests.support.trino_server import Unavailable, die_with_parent, free_port, only_on_loopback

PINS = ["moto[server]==5.2.5"]
BUCKET = "spool"
BOOT = 60.0  # seconds; one on two cores


class S3Server:
    """One server, with the bucket `spool` in it. It takes any key."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, cache: Path) -> None:
        """Begin to boot, in the main thread."""
        command = [str(installed(cache) / "bin" / "moto_server"), "-H", "127.0.0.1", "-p", str(self.port)]
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                command,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent,  # noqa: PLW1509 - it calls one function of libc
            )

    def wait(self) -> None:
        """Return when the bucket is there."""
        deadline = time.monotonic() + BOOT
        while not self._made():
            assert time.monotonic() < deadline, f"no S3 server: {self.folder}/log"
            time.sleep(0.1)
        assert self._process is not None
        only_on_loopback(self._process.pid)

    def stop(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _made(self) -> bool:
        request = urllib.request.Request(f"{self.url}/{BUCKET}", method="PUT")
        with contextlib.suppress(OSError, urllib.error.URLError), urllib.request.urlopen(request, timeout=5) as answer:
            return bool(answer.status == 200)
        return False


def installed(cache: Path) -> Path:
    """Its environment in `cache`, made when it is not there."""
    home = cache / f"moto-{PINS[0].rpartition('=')[2]}-{sys.version_info.major}.{sys.version_info.minor}"
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "moto.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / "ready").exists():
            shutil.rmtree(home, ignore_errors=True)
            environment(home, PINS)
            (home / "ready").touch()
    return home


def environment(home: Path, pins: list[str]) -> None:
    """A virtual environment with these distributions."""
    environ = {**os.environ, "PYTHONPATH": ""}
    for command in (
        [sys.executable, "-m", "venv", str(home)],
        [str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", *pins],
    ):
        done = subprocess.run(
            command,
            env=environ,
            cwd=home.parent,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        if done.returncode:
            message = f"{pins[0]} could not be installed from PyPI: {done.stdout[-500:]}"
            raise Unavailable(message)
