"""The look-alike of BigQuery (tests/real/bigquery/lookalike) as a process of its own, for as long as the tests run."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

from tests.support.trino_server import die_with_parent, free_port, only_on_loopback

_ROOT = Path(__file__).parent.parent.parent
_BOOT = 60.0  # seconds; one or two


class BigQueryLookAlike:
    """One look-alike.

    Attributes:
        url: where its REST API answers.
        storage: host:port of its Storage Read API.
        project: the only project that it has.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.project = "test"
        self._rest, self._grpc = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self._rest}"
        self.storage = f"127.0.0.1:{self._grpc}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, cache: Path) -> None:
        """Begin to boot, in the main thread."""
        del cache  # nothing is to be downloaded
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.real.bigquery.lookalike", str(self._rest), str(self._grpc)],
                cwd=_ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent,  # noqa: PLW1509 - it calls one function of libc
            )

    def wait(self) -> None:
        """Return when it answers."""
        until = time.monotonic() + _BOOT
        while True:
            with contextlib.suppress(OSError):
                self.look()
                break
            if self._process is None or self._process.poll() is not None or time.monotonic() > until:
                message = (
                    f"the look-alike does not answer:\n{(self.folder / 'log').read_text(errors='replace')[-2000:]}"
                )
                raise RuntimeError(message)
            time.sleep(0.1)
        assert self._process is not None
        only_on_loopback(self._process.pid)

    def stop(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def look(self) -> dict[str, Any]:
        """Its jobs, what it ran, and what is to go wrong."""
        with urllib.request.urlopen(f"{self.url}/lookalike", timeout=10) as answer:
            found: dict[str, Any] = json.load(answer)
        return found

    def control(self, **wanted: Any) -> None:
        """From now on: see lookalike.jobs.Controls."""
        request = urllib.request.Request(f"{self.url}/lookalike", data=json.dumps(wanted).encode())
        with urllib.request.urlopen(request, timeout=10):
            return

    def job(self, job_id: str) -> dict[str, Any] | None:
        """One of its jobs."""
        return next((job for job in self.look()["jobs"] if job["id"] == job_id), None)
