"""YAML files → frozen models, with the place of every problem.

    find ─▶ read_yaml (values + places) ─▶ pydantic ─▶ Spec │ problems

All problems of all files come back together, sorted by place. A broken file never hides another: its spec is
missing, the rest run. Nothing here renders, connects or prints.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import dli_fast
from pydantic import BaseModel, ValidationError

from dli_core.errors import DLIError, ErrorCode, error
from dli_core.models.dataset import DatasetSpec
from dli_core.models.metric import MetricSpec
from dli_core.models.quality import QualitySpec
from dli_core.models.spec import Source, Spec
from dli_core.specs.find import SpecFile, find_specs

MODELS: Mapping[str, type[Spec]] = {"dataset": DatasetSpec, "metric": MetricSpec, "quality": QualitySpec}
# What people write when they mean another key.
_ALIASES = {
    "query": "query_statement",
    "sql": "query_statement",
    "sql_file": "query_file",
    "params": "parameters",
    "columns": "schema",
    "dependencies": "depends_on",
    "timeout": "timeout_seconds",
    "kind": "type",
}

Problem = dict[str, Any]  # path, line, column, message: as in DLIError.details["problems"]


@dataclass(frozen=True)
class Broken:
    """A file that is no spec, as far as its name could still be read."""

    file: SpecFile
    name: str | None
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class Project:
    """Every spec below one root that could be read, and every reason why another could not."""

    root: Path
    specs: tuple[Spec, ...] = ()
    broken: tuple[Broken, ...] = ()
    duplicates: tuple[Problem, ...] = field(default=())

    @property
    def problems(self) -> list[Problem]:
        """All problems, sorted by place."""
        found = [problem for broken in self.broken for problem in broken.problems]
        return sorted([*found, *self.duplicates], key=lambda p: (p["path"], p["line"], p["column"]))

    @cached_property
    def names(self) -> frozenset[str]:
        """The names of all specs."""
        return frozenset(spec.name for spec in self.specs)

    def of(self, kind: str) -> list[Spec]:
        """The specs of one kind, by name."""
        return sorted((s for s in self.specs if s.kind == kind), key=lambda s: s.name)  # type: ignore[attr-defined]


def load_project(root: Path) -> Project:
    """Read every spec below `root`."""
    specs: dict[tuple[str, str], Spec] = {}
    broken: list[Broken] = []
    duplicates: list[Problem] = []
    for file in find_specs(root):
        try:
            spec = load_spec(file, root)
        except DLIError as problem:
            broken.append(Broken(file, problem.details.get("name"), tuple(problem.details["problems"])))
            continue
        first = specs.setdefault((file.kind, spec.name), spec)
        if first is not spec:
            duplicates.append(_duplicate(spec, first))
    return Project(root, tuple(specs.values()), tuple(broken), tuple(duplicates))


def load_spec(file: SpecFile, root: Path) -> Spec:
    """Read one file, or raise DLI-202 with all that is wrong in it (`problems`)."""
    relative = file.path.relative_to(root).as_posix()
    try:
        data = file.path.read_bytes()
        values, places = dli_fast.read_yaml(data)
    except OSError as problem:
        raise _invalid(file, relative, None, [_problem(relative, (1, 1), str(problem))]) from problem
    except dli_fast.YamlError as problem:
        found = _problem(relative, (problem.line, problem.column), problem.message)
        raise _invalid(file, relative, None, [found]) from problem
    if not isinstance(values, dict):
        what = "is empty" if values is None else "does not hold keys and values"
        raise _invalid(file, relative, None, [_problem(relative, (1, 1), f"the file {what}")])
    model = MODELS[file.kind]
    try:
        spec = model.model_validate(values)
    except ValidationError as problem:
        errors = problem.errors(include_url=False, include_context=False)
        found = sorted(_explain(relative, dict(e), places, model) for e in errors)
        name = values.get("name")
        raise _invalid(file, relative, name if isinstance(name, str) else None, [p for _, p in found]) from None
    spec._source = Source(file.path, relative, places)  # noqa: SLF001 - the loader is the one that sets it
    return spec


def _invalid(file: SpecFile, relative: str, name: str | None, problems: list[Problem]) -> DLIError:
    return error(ErrorCode.SPEC_PARSE, path=relative, kind=file.kind, name=name, problems=problems, count=len(problems))


def _problem(path: str, place: tuple[int, int], message: str) -> Problem:
    return {"path": path, "line": place[0], "column": place[1], "message": message}


def _explain(
    path: str, found: dict[str, Any], places: dli_fast.Places, model: type[BaseModel]
) -> tuple[tuple[int, int, str], Problem]:
    where: tuple[str | int, ...] = tuple(found["loc"])
    place = places.nearest(where)
    message = str(found["msg"]).removeprefix("Value error, ")
    last = str(where[-1]) if where else ""
    if found["type"] == "extra_forbidden":
        near = _nearest(last, _fields(model, where[:-1]))
        message = f"unknown key '{last}'" + (f", did you mean '{near}'?" if near else "")
    elif found["type"] == "missing":
        message = f"'{last}' is missing"
        place = places.nearest(where[:-1])
    elif where and not message.startswith(("'", "unknown")):
        message = f"{last}: {message[0].lower()}{message[1:]}"
    problem = _problem(path, place, message)
    return (*place, message), problem


def _nearest(key: str, names: list[str]) -> str | None:
    if _ALIASES.get(key.lower()) in names:
        return _ALIASES[key.lower()]
    return next(iter(difflib.get_close_matches(key, names, n=1)), None)


def _fields(model: type[BaseModel], where: tuple[str | int, ...]) -> list[str]:
    """Names of the keys that may stand at `where`."""
    current: type[BaseModel] | None = model
    for key in where:
        if isinstance(key, int) or current is None:
            continue
        current = next((f for name, f in _nested(current) if name == key), None)
    return [f.alias or name for name, f in current.model_fields.items()] if current else []


def _nested(model: type[BaseModel]) -> Iterator[tuple[str, type[BaseModel]]]:
    for name, info in model.model_fields.items():
        pending = [info.annotation]
        while pending:
            kind = pending.pop()
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                yield info.alias or name, kind
            pending.extend(getattr(kind, "__args__", ()))


def _duplicate(spec: Spec, first: Spec) -> Problem:
    where, other = spec.source, first.source
    assert where is not None
    assert other is not None
    line = other.place("name")[0]
    return _problem(where.relative, where.place("name"), f"'{spec.name}' is defined before: {other.relative}:{line}")
