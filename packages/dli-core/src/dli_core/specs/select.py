"""A name on the command line → one spec.

whole name, or its last parts if they are unique ─▶ Spec │ not found, with the nearest names │ ambiguous │ broken
"""

from __future__ import annotations

import difflib

from dli_core.config.files import find_root
from dli_core.errors import DLIError, ErrorCode, error
from dli_core.models.spec import Spec
from dli_core.specs.find import unread
from dli_core.specs.load import Broken, Project
from dli_core.specs.problem import invalid

CODES = {
    "dataset": ErrorCode.DATASET_NOT_FOUND,
    "metric": ErrorCode.METRIC_NOT_FOUND,
    "quality": ErrorCode.QUALITY_SPEC_NOT_FOUND,
}


def select(project: Project, kind: str, name: str) -> Spec:
    """The spec of `kind` called `name`.

    One that cannot be read raises its own problems (DLI-202), not "not found"; so does a name that two files give to
    a spec of theirs: nobody can tell which of them is meant.
    """
    specs = project.of(kind)
    found = [spec for spec in specs if spec.name == name] or [s for s in specs if s.name.endswith(f".{name}")]
    if len(found) > 1:
        raise error(CODES[kind], "ambiguous", name=name, candidates=[spec.name for spec in found])
    if found:
        _refuse_twice(project, found[0])
        return found[0]
    for broken in project.broken:
        if broken.file.kind == kind and _is_called(broken, name):
            raise broken_error(broken)
    raise not_found(project, kind, name)


def broken_error(broken: Broken) -> DLIError:
    """DLI-202 with all problems of one file."""
    return invalid(broken.problems[0]["path"], broken.file.kind, broken.name, broken.problems)


def not_found(project: Project, kind: str, name: str) -> DLIError:
    """The error for an unknown name, with the nearest known ones."""
    if not project.specs and not project.broken and find_root(project.root) is None:
        return error(CODES[kind], "no_project", name=name, path=str(project.root))
    names = [spec.name for spec in project.of(kind)]
    short = {n.rpartition(".")[2]: n for n in names}
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.6)
    near += [short[s] for s in difflib.get_close_matches(name.rpartition(".")[2], short, n=3, cutoff=0.6)]
    candidates = list(dict.fromkeys(near))
    other = next((s.kind for s in project.specs if s.name == name or s.name.endswith(f".{name}")), None)
    file = None if other else unread(project.root, name)
    return error(
        CODES[kind],
        "other_kind" if other else "misnamed" if file else None,
        name=name,
        file=file,
        candidates=candidates or None,
        other=other,
        project=str(project.root),
        known=len(names),
    )


def _refuse_twice(project: Project, spec: Spec) -> None:
    twice = [item.problem for item in project.duplicates if (item.kind, item.name) == (spec.kind, spec.name)]
    if twice:
        raise invalid(twice[0]["path"], spec.kind, spec.name, twice)


def _is_called(broken: Broken, name: str) -> bool:
    if broken.name:
        return broken.name == name or broken.name.endswith(f".{name}")
    # Unreadable: its file is named after it, by custom.
    return broken.file.path.name.split(".")[1] == name.rpartition(".")[2]
