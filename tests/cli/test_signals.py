"""Signals and pipes: a running query is cancelled, the exit code says what happened, no output is half there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ENDLESS = "SELECT count(*) FROM range(100000000000) a, range(1000)"
MANY = "SELECT i, repeat('x', 100) AS t FROM range(100000000000) r(i)"


def start(*words: str, cwd: Path | None = None, env: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "dli_cli", *words],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def wait_until_busy(process: subprocess.Popen[bytes]) -> None:
    """Until the query runs: it needs more CPU time than everything before it."""
    deadline = time.monotonic() + 30
    stat = Path(f"/proc/{process.pid}/stat")
    while time.monotonic() < deadline and process.poll() is None:
        fields = stat.read_text().rpartition(")")[2].split()
        if (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") > 1.2:
            return
        time.sleep(0.05)
    pytest.fail(f"it never got busy: {process.communicate(timeout=5)}")


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)],
    ids=str,
)
def test_a_signal_cancels_the_query(number: signal.Signals, code: int):
    process = start("run", ENDLESS)
    wait_until_busy(process)
    sent = time.monotonic()
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert time.monotonic() - sent < 5
    assert (process.returncode, out) == (code, b"")
    assert err.decode().startswith("[DLI-406]")
    assert b"Traceback" not in err
    assert b"leaked" not in err


def test_an_interrupted_export_leaves_the_old_file_and_nothing_else(tmp_path: Path):
    (tmp_path / "out.csv").write_text("old")
    process = start("run", MANY, "-o", "out.csv", cwd=tmp_path)
    wait_until_busy(process)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert err.decode().startswith("[DLI-406]")
    assert (tmp_path / "out.csv").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]


def test_the_word_on_an_interrupt_is_korean_for_who_reads_korean():
    process = start("run", ENDLESS, env={"DLI_LANG": "ko"})
    wait_until_busy(process)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert err.decode().startswith("[DLI-406]")
    assert not err.isascii()


def test_nohup_keeps_the_query_running(tmp_path: Path):
    command = [sys.executable, "-m", "dli_cli", "run", MANY, "-o", str(tmp_path / "o.csv")]
    process = subprocess.Popen(
        ["nohup", *command], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    wait_until_busy(process)
    process.send_signal(signal.SIGHUP)
    time.sleep(0.5)
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=20) == 143


@pytest.mark.parametrize("words", [["run", MANY], ["run", MANY, "--format", "ndjson"]])
def test_a_reader_that_has_enough_ends_the_query_quietly(words: list[str]):
    process = start(*words)
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.readline()
    process.stdout.close()
    with process.stderr as stderr:
        err = stderr.read()
    assert process.wait(timeout=20) == 141
    assert err == b""


def test_a_listing_into_a_closed_pipe_is_quiet():
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "dli_cli", "explain"], stdout=writer, stderr=subprocess.PIPE, timeout=30, check=False
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.parametrize("words", [["run", "SELECT 1"], ["explain"], ["dataset", "list", "--format", "json"]])
def test_a_full_device_is_an_error(words: list[str], tmp_path: Path):
    (tmp_path / "dli.yaml").write_text("")
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "dli_cli", *words],
            cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, timeout=30, check=False,
        )  # fmt: skip
    assert done.returncode == 7
    assert done.stderr.decode().startswith("[DLI-407]")
    assert b"Traceback" not in done.stderr


def test_without_a_stdout_a_listing_goes_nowhere(tmp_path: Path):
    done = subprocess.run(
        ["sh", "-c", 'exec "$0" -m dli_cli explain >&-', sys.executable],
        stderr=subprocess.PIPE,
        timeout=30,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_nothing_of_the_engine_is_left_when_python_ends(program):
    for _ in range(5):
        done = program("run", "SELECT * FROM range(100000)", "--format", "table", "--rows", "10")
        assert done.code == 0
        assert "leaked" not in done.err
