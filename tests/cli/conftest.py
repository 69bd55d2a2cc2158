"""The command line as a user has it: in this process where that is enough, as a program, and on a terminal.

dli(*words)       in this process: quick                    program(*words)   a process of its own: signals, exit codes
terminal(*words)  a process on a pseudo terminal            snapshot(name, text)   UPDATE_SNAPSHOTS=1 writes them anew
"""

from __future__ import annotations

import fcntl
import io
import os
import pty
import re
import select
import shutil
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from dli_cli.main import run

SNAPSHOTS = Path(__file__).with_name("snapshots")
SIZE = {"COLUMNS": "80", "LINES": "24"}


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def usage(self) -> list[str]:
        """The lines of a usage error; fails for any other end."""
        lines = self.err.splitlines()
        assert (self.code, len(lines), self.out) == (2, 2, ""), self
        assert lines[0].startswith("Error: "), self
        return lines


Command = Callable[..., Done]


class _Stdin(io.TextIOWrapper):
    """Standard input with a text in it; nobody sits there."""


@pytest.fixture
def dli(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Command:
    """Run a command line in this process. What it writes to descriptor 1 itself is captured too."""

    def call(
        *words: str, cwd: Path | None = None, stdin: bytes | str = b"", env: Mapping[str, str] | None = None
    ) -> Done:
        data = stdin.encode() if isinstance(stdin, str) else stdin
        with monkeypatch.context() as patch:
            for name, value in {**SIZE, **(env or {})}.items():
                patch.setenv(name, value)
            if cwd is not None:
                patch.chdir(cwd)
            patch.setattr(sys, "stdin", _Stdin(io.BytesIO(data), encoding="utf-8"))
            capfd.readouterr()
            code = run(list(words))
            out, err = capfd.readouterr()
        return Done(code, out, err)

    return call


def command_line(words: tuple[str, ...]) -> list[str]:
    return [sys.executable, "-m", "dli_cli", *words]


@pytest.fixture
def program() -> Command:
    """Run a command line as a process of its own, to its end."""

    def call(*words: str, cwd: Path | None = None, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> Done:
        environment = {**os.environ, **SIZE, **(env or {})}
        done = subprocess.run(
            command_line(words), cwd=cwd, input=stdin, capture_output=True, env=environment, timeout=60, check=False
        )
        return Done(done.returncode, done.stdout.decode(), done.stderr.decode())

    return call


@pytest.fixture
def terminal() -> Command:
    """Run a command line on a terminal of 80 columns: `out` is all that the terminal got."""

    def call(
        *words: str,
        cwd: Path | None = None,
        keys: str = "",
        env: Mapping[str, str] | None = None,
        size: tuple[int, int] = (24, 80),
        interrupt_after: float | None = None,
    ) -> Done:
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
        environment = {name: value for name, value in os.environ.items() if name not in SIZE}
        process = subprocess.Popen(
            command_line(words),
            cwd=cwd,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={**environment, **(env or {})},
            start_new_session=True,
            preexec_fn=_take_terminal,  # noqa: PLW1509 - there is one thread here
        )
        os.close(theirs)
        if interrupt_after is not None:
            time.sleep(interrupt_after)
            os.write(ours, b"\x03")  # as the key does: the terminal makes a signal of it
        if keys:
            os.write(ours, keys.encode())
        text = _read(ours, process)
        os.close(ours)
        return Done(process.wait(), text.replace("\r\n", "\n"), "")

    return call


def _take_terminal() -> None:
    """In the child: the pseudo terminal is its own, so that Ctrl-C reaches it."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _read(terminal: int, process: subprocess.Popen[bytes]) -> str:
    found = b""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                part = os.read(terminal, 1 << 16)
            except OSError:  # the other end is closed
                break
            if not part:
                break
            found += part
        elif process.poll() is not None:
            break
    return found.decode()


@pytest.fixture(scope="session")
def _flights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("flights") / "project"
    assert run(["init", str(folder), "--example", "flights"]) == 0
    return folder


@pytest.fixture
def flights(_flights: Path, tmp_path: Path) -> Path:
    """The example project, as `dli init --example flights` makes it. A copy of its own; the data are shared."""
    folder = tmp_path / "flights"
    shutil.copytree(_flights, folder, copy_function=os.link)
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """An empty project."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "dli.yaml").write_text("")
    return folder


@pytest.fixture
def snapshot() -> Callable[[str, str], None]:
    """Compare a text with a file of tests/cli/snapshots; durations are left out."""

    def check(name: str, text: str) -> None:
        text = re.sub(r"\d+\.\d\ds(?= \|)", "0.00s", text)
        path = SNAPSHOTS / f"{name}.txt"
        if os.environ.get("UPDATE_SNAPSHOTS"):
            path.write_text(text)
        assert path.is_file(), f"no snapshot {path.name} yet: UPDATE_SNAPSHOTS=1 writes it"
        assert text == path.read_text(), f"{path.name} differs: UPDATE_SNAPSHOTS=1 writes it anew"

    return check


@pytest.fixture
def spec(project: Path) -> Callable[..., Path]:
    """Write a spec file of the empty project."""

    def write(name: str, text: str) -> Path:
        path = project / name
        path.write_text(text)
        return path

    return write


@pytest.fixture(autouse=True)
def _no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TERM", raising=False)
