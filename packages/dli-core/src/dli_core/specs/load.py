"""YAML files → frozen models, with the place of every problem.

    find ─▶ read (bytes) ─▶ read_yaml (values + places) ─▶ pydantic ─▶ Spec │ problems

All problems of all files come back together, sorted by place. A broken file never hides another: its spec is
missing, the rest run. Nothing here renders, connects or prints.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import cast

import dli_fast
from pydantic import ValidationError

from dli_core.errors import DLIError
from dli_core.errors.phrase import Text, of_yaml, reason_of
from dli_core.models.base import is_qualified, name_of
from dli_core.models.dataset import DatasetSpec
from dli_core.models.metric import MetricSpec
from dli_core.models.quality import QualitySpec
from dli_core.models.spec import Source, Spec
from dli_core.specs.find import SpecFile, find_specs, relative_to
from dli_core.specs.problem import START, Problem, by_place, invalid, problem
from dli_core.specs.read import read_bytes

MODELS: Mapping[str, type[Spec]] = {"dataset": DatasetSpec, "metric": MetricSpec, "quality": QualitySpec}
_TOP_NAME = re.compile(rb"^name:[ \t]*[\"']?([^\s\"'#]+)", re.MULTILINE)
_building = threading.Lock()


@dataclass(frozen=True)
class Broken:
    """A file that is no spec, as far as its name could still be read."""

    file: SpecFile
    name: str | None
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class Duplicate:
    """A spec whose name another one of its kind has already."""

    kind: str
    name: str
    problem: Problem


@dataclass(frozen=True)
class Project:
    """Every spec below one root that could be read, and every reason why another could not."""

    root: Path
    specs: tuple[Spec, ...] = ()
    broken: tuple[Broken, ...] = ()
    duplicates: tuple[Duplicate, ...] = ()

    @property
    def problems(self) -> list[Problem]:
        """All problems, sorted by place."""
        return self.problems_of(None)

    def problems_of(self, kind: str | None) -> list[Problem]:
        """The problems in files of one kind, sorted by place."""
        found = [problem for b in self.broken if kind in {None, b.file.kind} for problem in b.problems]
        return by_place([*found, *(twice.problem for twice in self.duplicates if kind in {None, twice.kind})])

    @cached_property
    def names(self) -> frozenset[str]:
        """The names of all specs."""
        return frozenset(spec.name for spec in self.specs)

    def names_of(self, kind: str) -> frozenset[str]:
        """The names of the specs of one kind. A broken one has its name all the same: others may refer to it."""
        broken = {item.name for item in self.broken if item.file.kind == kind and item.name is not None}
        read = {spec.name for spec in self.specs if spec.kind == kind}
        return frozenset(read | {name for name in broken if is_qualified(name)})

    def of(self, kind: str) -> list[Spec]:
        """The specs of one kind, by name."""
        return sorted((spec for spec in self.specs if spec.kind == kind), key=lambda spec: spec.name)


def load_project(root: Path) -> Project:
    """Read every spec below `root`."""
    return load_files(root, find_specs(root))


def load_files(root: Path, files: Iterable[SpecFile]) -> Project:
    """Read these files. One that was deleted since it was found is none."""
    specs: dict[tuple[str, str], Spec] = {}
    broken: list[Broken] = []
    duplicates: list[Duplicate] = []
    for file in files:
        try:
            spec = load_spec(file, root)
        except DLIError as found:
            if os.path.lexists(file.path):
                broken.append(Broken(file, found.details.get("name"), tuple(found.details["problems"])))
            continue
        first = specs.setdefault((file.kind, spec.name), spec)
        if first is not spec:
            duplicates.append(Duplicate(file.kind, spec.name, _twice(spec, first)))
    return Project(root, tuple(specs.values()), tuple(broken), tuple(duplicates))


def load_spec(file: SpecFile, root: Path) -> Spec:
    """Read one file, or raise DLI-202 with all that is wrong in it (`problems`)."""
    relative = relative_to(root, file.path)
    values, places, twice = _read(file, relative)
    try:
        spec = _model(file.kind).model_validate(values)
    except ValidationError as found:
        from dli_core.specs.explain import Written, explain  # noqa: PLC0415 - only for what is wrong

        problems = explain(found, Written(MODELS, file.kind, relative, values, places))
        raise invalid(relative, file.kind, name_of(values), by_place([*twice, *problems])) from None
    if twice:
        raise invalid(relative, file.kind, spec.name, twice)
    return spec.read_from(Source(file.path, relative, places))


def _read(file: SpecFile, relative: str) -> tuple[dict[str, object], dli_fast.Places, list[Problem]]:
    """The keys and values of a file, with their places, and its keys that stand twice, of which the first counts.

    Raises DLI-202 for a file that is no mapping in YAML.
    """
    data = b""
    twice: list[dli_fast.YamlError] = []
    try:
        data = read_bytes(file.path)
        values, places = dli_fast.read_yaml(data, twice=twice)
    except OSError as found:
        raise invalid(relative, file.kind, None, [problem(relative, START, reason_of(found))]) from None
    except dli_fast.YamlError as found:
        told = by_place(_of_yaml(item, relative) for item in [*twice, found])
        raise invalid(relative, file.kind, _written_name(data), told) from None
    if isinstance(values, dict):
        return cast("dict[str, object]", values), places, [_of_yaml(item, relative) for item in twice]
    what = Text("spec.empty" if values is None else "spec.no_block")
    raise invalid(relative, file.kind, None, [problem(relative, START, what)])


def _of_yaml(found: dli_fast.YamlError, relative: str) -> Problem:
    return problem(relative, (found.line, found.column), of_yaml(found.message))


def _model(kind: str) -> type[Spec]:
    """The model, built: its first use would build it, in every thread that comes at the same time."""
    model = MODELS[kind]
    if not model.__pydantic_complete__:
        with _building:
            model.model_rebuild()
    return model


def _written_name(data: bytes) -> str | None:
    """The name in a file that is not YAML, as far as one can be made out."""
    found = _TOP_NAME.search(data)
    return found[1].decode(errors="replace") if found else None


def _twice(spec: Spec, first: Spec) -> Problem:
    where, other = _source(spec).value_at("name"), _source(first).at("name")
    place = f"{other['path']}:{other['line']}"
    message = Text("spec.name_taken", name=spec.name, kind=spec.kind, place=place)
    return problem(where["path"], (where["line"], where["column"]), message)


def _source(spec: Spec) -> Source:
    """Of a spec that was read."""
    return spec.source or Source(Path(), "")
