"""tests/conftest.py itself: what is off is skipped and told, and CI skips nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).resolve().parents[1] / "conftest.py"
SUITE = """
import os, pytest

def test_plain(): pass

@pytest.mark.slow
def test_slow(): pass

def test_home(): assert os.environ["HOME"] != {home!r} and "DLI_TIMEOUT" not in os.environ
"""
ABSENT = '\ndef test_absent(): pytest.skip("there is no trino here")\n'


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    shutil.copy(CONFTEST, tmp_path)
    (tmp_path / "pytest.toml").write_text("[pytest]\nstrict = true\n")
    (tmp_path / "test_some.py").write_text(SUITE.format(home=os.environ["HOME"]))
    return tmp_path


def run(suite: Path, *options: str, ci: bool = False) -> tuple[int, str]:
    environment = {name: value for name, value in os.environ.items() if name != "CI"} | {"DLI_TIMEOUT": "1"}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options]
    environment |= {"CI": "true"} if ci else {}
    done = subprocess.run(command, cwd=suite, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def test_what_is_off_is_skipped_and_told(suite: Path):
    code, out = run(suite)
    assert code == 0
    assert "1  takes long: --run-slow" in out
    assert "2 passed, 1 skipped" in out


@pytest.mark.parametrize("option", ["--run-slow", "--run-all"])
def test_an_option_switches_a_mark_on(option: str, suite: Path):
    code, out = run(suite, option)
    assert (code, "3 passed" in out, "not run" in out) == (0, True, False)


def test_ci_runs_every_mark(suite: Path):
    code, out = run(suite, ci=True)
    assert (code, "3 passed" in out) == (0, True)


def test_a_skip_is_told_and_fails_only_ci(suite: Path):
    with (suite / "test_some.py").open("a") as file:
        file.write(ABSENT)
    code, out = run(suite, "--run-all")
    assert (code, "1  there is no trino here" in out) == (0, True)
    code, out = run(suite, ci=True)
    assert (code, "1  there is no trino here" in out) == (1, True)


def test_what_root_cannot_show_is_no_failure_of_ci(suite: Path):
    with (suite / "test_some.py").open("a") as file:
        file.write(ABSENT.replace("there is no trino here", "root may read everything"))
    code, out = run(suite, ci=True)
    assert (code, "1  root may read everything" in out) == (0, True)


def test_an_unknown_mark_is_an_error(suite: Path):
    with (suite / "test_some.py").open("a") as file:
        file.write("\n@pytest.mark.sloow\ndef test_typo(): pass\n")
    assert run(suite)[0] != 0
