"""Exports that are killed, and disks that fail: see exporter.py and faults.c."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.crash)


@pytest.fixture(scope="session")
def faults(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """faults.c as a library."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("needs a C compiler: cc")
    library = tmp_path_factory.mktemp("faults") / "faults.so"
    subprocess.run(
        [compiler, "-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-o", library, HERE / "faults.c", "-ldl"],
        check=True,
    )
    return library


@dataclass
class Exporter:
    """Exports in processes of their own."""

    process: subprocess.Popen[str]

    def many(self, *requests: dict[str, Any]) -> list[dict[str, Any]]:
        """Run them at the same time; the outcomes in the order of the requests."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(requests) + "\n")
        self.process.stdin.flush()
        answers = json.loads(self.process.stdout.readline())
        for answer in answers:
            assert not answer["hung"], answer
            assert answer.get("error") != "traceback", answer
        return answers

    def __call__(self, path: Path, sql: str, **request: Any) -> dict[str, Any]:
        (answer,) = self.many({"path": str(path), "sql": sql, **request})
        return answer


@pytest.fixture(scope="session")
def exporter(faults: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exporter]:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("DLI_")},
        "LD_PRELOAD": str(faults),
        "HOME": str(tmp_path_factory.mktemp("home")),
        "DLI_USER_CONFIG": "off",
    }
    process = subprocess.Popen(
        [sys.executable, HERE / "exporter.py"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
        cwd=tmp_path_factory.mktemp("work"),
    )
    with process:
        yield Exporter(process)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(60) == 0
