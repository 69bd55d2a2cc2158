"""What the tests on real servers share: the command line as a process of its own, with a configuration of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Started = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project in a folder of its own, and a home without a journal."""
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "dli.yaml").touch()
    return tmp_path / "project"


@pytest.fixture
def command(project: Path, tmp_path: Path, trino) -> Callable[..., tuple[list[str], dict[str, str]]]:
    """The command line and environment of `dli` on the plain Trino."""

    def made(*words: str) -> tuple[list[str], dict[str, str]]:
        environ = {
            **os.environ,
            "HOME": str(tmp_path),
            "DLI_LOCAL__ENGINE": "trino",
            "DLI_LOCAL__TRINO__URL": trino.url,
            "DLI_LOCAL__TRINO__USER": "tester",
        }
        return [sys.executable, "-m", "dli_cli", *words], environ

    return made


@pytest.fixture
def dli(command, project: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a command line to its end."""

    def call(*words: str) -> subprocess.CompletedProcess[str]:
        line, environ = command(*words)
        return subprocess.run(line, cwd=project, env=environ, capture_output=True, text=True, check=False, timeout=120)

    return call


@pytest.fixture
def start(command, project: Path) -> Started:
    """Start a command line."""

    def call(*words: str) -> subprocess.Popen[bytes]:
        line, environ = command(*words)
        return subprocess.Popen(
            line, cwd=project, env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )

    return call
