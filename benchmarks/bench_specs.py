"""1,000 spec files of about 60 lines → frozen models with the place of every key, and the commands that read them."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from bench_yaml import spec
from conftest import Compare
from measure import PYTHON, Comparison, children

from dli_core.models.dataset import DatasetSpec
from dli_core.specs.load import load_project
from dli_core.specs.named import load_named

DLI = str(Path(sys.executable).parent / "dli")
BY_HAND = (
    "import pathlib, yaml; [yaml.load(f.read_bytes(), yaml.CSafeLoader) for f in pathlib.Path('.').glob('*.yaml')]"
)


@pytest.fixture
def root(tmp_path: Path, short: bool) -> Path:
    (tmp_path / "dli.yaml").touch()
    (tmp_path / "daily.sql").write_text("SELECT {{ start_date }}, {{ limit_rows }}")
    for number in range(100 if short else 1_000):
        (tmp_path / f"dataset.daily_{number}.yaml").write_bytes(spec(number))
    return tmp_path


def test_load(compare: Compare, root: Path) -> None:
    files = sorted(root.glob("dataset.*.yaml"))
    assert len(load_project(root).specs) == len(files)
    compare(
        "load and validate specs",
        f"{len(files):,} files",
        {
            "dli": lambda: load_project(root),
            "PyYAML, C loader, and the same models, no places": lambda: [
                DatasetSpec.model_validate(yaml.load(file.read_bytes(), yaml.CSafeLoader)) for file in files
            ],
        },
    )


def test_one(compare: Compare, root: Path) -> None:
    count = len(list(root.glob("dataset.*.yaml")))
    ways = {"dli": lambda: load_named(root, "dataset", "daily_7"), "all of them": lambda: load_project(root)}
    compare("load one spec by its name", f"of {count:,} files", ways)


@pytest.mark.parametrize("verb", ["list", "validate"])
def test_commands(verb: str, record: Callable[[Comparison], None], root: Path, short: bool) -> None:
    assert shutil.which(DLI)
    commands = {"dli": [DLI, "dataset", verb], "python, PyYAML's C loader alone": [PYTHON, "-c", BY_HAND]}
    done = children(commands, 3 if short else 7, cwd=str(root), env={"DLI_USER_CONFIG": "off"})
    count = len(list(root.glob("dataset.*.yaml")))
    seconds = {name: child.seconds for name, child in done.items()}
    record(Comparison("specs", f"dli dataset {verb}", f"{count:,} files", seconds))
