"""Spec files in a folder, and what the loader says of them as `line:column message`."""

from __future__ import annotations

from pathlib import Path

from dli_core.models.dataset import DatasetSpec
from dli_core.models.metric import MetricSpec
from dli_core.models.quality import QualitySpec
from dli_core.models.spec import Spec
from dli_core.specs.find import SpecFile
from dli_core.specs.load import Project, load_project, load_spec

HEAD = "name: a.b.c\nquery_statement: SELECT 1\n"
QUALITY = "name: a.b.q\ntarget: {name: a.b.c}\n"


def write(root: Path, files: dict[str, str | bytes]) -> Path:
    """Files below `root` by their relative paths."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
    return root


def load(root: Path, files: dict[str, str | bytes]) -> Project:
    return load_project(write(root, files))


def read(root: Path, text: str, kind: str = "dataset") -> Spec:
    """One spec that is right."""
    write(root, {f"{kind}.x.yaml": text})
    return load_spec(SpecFile(kind, root / f"{kind}.x.yaml"), root)


def dataset(root: Path, text: str) -> DatasetSpec:
    spec = read(root, text)
    assert isinstance(spec, DatasetSpec)
    return spec


def metric(root: Path, text: str) -> MetricSpec:
    spec = read(root, text, "metric")
    assert isinstance(spec, MetricSpec)
    return spec


def quality(root: Path, text: str) -> QualitySpec:
    spec = read(root, text, "quality")
    assert isinstance(spec, QualitySpec)
    return spec


def told(project: Project) -> list[str]:
    """All problems: `path:line:column message`."""
    return [f"{p['path']}:{p['line']}:{p['column']} {p['message']}" for p in project.problems]


def refused(root: Path, text: str | bytes, kind: str = "dataset") -> list[str]:
    """The problems of one file: `line:column message`. It holds no spec."""
    project = load(root, {f"{kind}.x.yaml": text})
    assert not project.specs
    return [line.removeprefix(f"{kind}.x.yaml:") for line in told(project)]
