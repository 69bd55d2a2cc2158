"""The built extension is the one of these sources, and one that is not is noticed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import dli_fast
import pytest

from tools import fresh

TOOL = Path(fresh.__file__)


@pytest.fixture
def crate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the crate's sources that a test may edit."""
    copy = tmp_path / "dli_fast"
    shutil.copytree(fresh.CRATE / "src", copy / "src")
    for name in ("Cargo.toml", "Cargo.lock"):
        shutil.copy(fresh.CRATE / name, copy / name)
    monkeypatch.setattr(fresh, "CRATE", copy)
    return copy


def test_the_extension_was_built_from_these_sources():
    assert dli_fast.build_info()["source_hash"] == fresh.source_hash()


def test_a_fresh_extension_is_fresh(crate: Path):
    assert crate.exists()
    assert fresh.main() == 0


@pytest.mark.parametrize("name", ["src/lib.rs", "src/text/mod.rs", "Cargo.toml", "Cargo.lock"])
def test_an_edited_source_is_noticed(name: str, crate: Path, capsys: pytest.CaptureFixture[str]):
    with (crate / name).open("a") as file:
        file.write("\n")
    assert fresh.main() == 1
    assert "other sources" in capsys.readouterr().err


def test_an_added_and_a_removed_source_are_noticed(crate: Path):
    (crate / "src" / "new.rs").write_text("")
    assert fresh.main() == 1
    (crate / "src" / "new.rs").unlink()
    assert fresh.main() == 0
    (crate / "src" / "watch.rs").unlink()
    assert fresh.main() == 1


def test_a_deleted_extension_is_noticed(tmp_path: Path):
    package = Path(dli_fast.__file__).parent
    shutil.copytree(package, tmp_path / "dli_fast", ignore=shutil.ignore_patterns("*.so", "*.pyd", "__pycache__"))
    environment = {"PYTHONPATH": str(tmp_path)}
    done = subprocess.run([sys.executable, TOOL], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("dli_fast cannot be imported")
