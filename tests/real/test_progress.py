"""On a terminal, a line tells how a query stands before its first row; elsewhere nothing does."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.real.test_trino import ENDLESS

pytestmark = pytest.mark.real("trino")


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", r"running  \d+ of \d+ parts  (.* rows? read .*  )?\d s"), ("ko", r"실행 중  \d+개 중 \d+개 완료")],
)
@pytest.mark.parametrize("target", [[], ["-o", "out.csv"]], ids=["screen", "file"])
def test_a_query_without_rows_tells_how_it_stands(command, project: Path, language: str, said: str, target: list[str]):
    line, environ = command("run", f"{ENDLESS} -- {language} {target}", *target)
    reading, writing = pty.openpty()
    process = subprocess.Popen(
        line,
        cwd=project,
        env={**environ, "DLI_LANG": language, "TERM": "xterm", "COLUMNS": "100"},
        stdin=subprocess.DEVNULL,
        stdout=writing,
        stderr=writing,
    )
    os.close(writing)
    try:
        seen = read_until(reading, said, 30)
        process.send_signal(signal.SIGINT)
        seen += read_until(reading, "DLI-406", 10)
        assert process.wait(10) == 130
    finally:
        process.kill()
        os.close(reading)
    assert seen.rpartition("DLI-406")[0].endswith("\r\x1b[K[")  # the line is gone before the error


def read_until(reading: int, pattern: str, seconds: float) -> str:
    seen, until = b"", time.monotonic() + seconds
    while time.monotonic() < until:
        if select.select([reading], [], [], 0.2)[0]:
            try:
                seen += os.read(reading, 1 << 16)
            except OSError:
                break
        if re.search(pattern, seen.decode("utf-8", "ignore")):
            return seen.decode("utf-8", "ignore")
    pytest.fail(f"{pattern} is not in {seen.decode('utf-8', 'ignore')!r}")


def test_nobody_watching_means_no_line(start):
    process = start("run", f"{ENDLESS} -- nobody", "--timeout", "3")
    _, err = process.communicate(timeout=30)
    assert err.decode().startswith("[DLI-402]")
    assert "\r" not in err.decode()
