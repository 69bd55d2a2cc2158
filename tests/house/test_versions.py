"""One version, said alike in every place."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path

import dli_fast
import pytest

from tools import bump

ROOT = bump.ROOT
MEMBERS = ("dli-core", "dli-sdk", "dli-cli", "dli-fast")


def test_every_place_says_the_same_version():
    mentions = list(bump.found())
    assert {mention.version for mention in mentions} == {dli_fast.build_info()["version"]}, mentions


def test_every_member_is_among_the_places():
    files = {mention.path.relative_to(ROOT).as_posix() for mention in bump.found()}
    members = {f"{path.relative_to(ROOT).as_posix()}" for path in ROOT.glob("packages/*/pyproject.toml")}
    assert members | {"uv.lock", "crates/dli_fast/Cargo.toml", "crates/dli_fast/Cargo.lock"} <= files
    locked = [mention for mention in bump.found() if mention.path.name == "uv.lock"]
    assert len(locked) == len(members) + 1


def test_packages_of_ours_are_pinned_exactly():
    for path in ROOT.glob("packages/*/pyproject.toml"):
        project = tomllib.loads(path.read_text())["project"]
        extras = [item for items in project.get("optional-dependencies", {}).values() for item in items]
        ours = [item for item in [*project.get("dependencies", []), *extras] if item.startswith("dli-")]
        assert all("==" in item for item in ours), path


def test_each_importable_package_says_its_version():
    said = {mention.path.parent.name for mention in bump.found() if mention.path.name == "__init__.py"}
    assert {"dli_core", "dli"} <= said


def test_the_changelog_has_a_section_for_the_version():
    version = dli_fast.build_info()["version"]
    assert f"\n## [{version}]" in (ROOT / "CHANGELOG.md").read_text()


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The files that hold a version, alone."""
    for path in {mention.path for mention in bump.found()}:
        target = tmp_path / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    return tmp_path


def test_bump_writes_every_place(copy: Path):
    before = list(bump.found(copy))
    bump.write("12.34.56", copy)
    after = list(bump.found(copy))
    assert [(mention.path, mention.line) for mention in after] == [(mention.path, mention.line) for mention in before]
    assert {mention.version for mention in after} == {"12.34.56"}


def test_bump_changes_nothing_else(copy: Path):
    version = next(bump.found(copy)).version
    texts = {mention.path: mention.path.read_text() for mention in bump.found(copy)}
    bump.write("12.34.56", copy)
    for path, text in texts.items():
        assert path.read_text().replace("12.34.56", version) == text


@pytest.mark.parametrize("text", ["1", "1.2", "v1.2.3", "1.2.3rc1", "01.2.3", "1.2.3\n", ""])
def test_bump_refuses_what_python_and_cargo_would_read_differently(text: str, copy: Path):
    with pytest.raises(ValueError, match="is not MAJOR"):
        bump.write(text, copy)
