"""What is wrong between the specs of a project, and in what they name. Nothing is rendered.

             ┌─▶ depends_on: a misspelt name (warning), a circle (DLI-901)
spec, others ┼─▶ the target of a quality spec does not exist (DLI-603)
             ├─▶ its schedule (DLI-805)
             └─▶ its name is another one's too (DLI-202)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from dli_core.errors import DLIError, ErrorCode, error
from dli_core.errors.phrase import Text, either
from dli_core.errors.text import text_of
from dli_core.models.quality import QualitySpec
from dli_core.models.result import Finding
from dli_core.models.spec import Source, Spec, SqlSpec
from dli_core.specs.graph import Graph
from dli_core.specs.load import Project
from dli_core.specs.problem import Problem
from dli_core.specs.schedule import schedule_findings
from dli_core.specs.slips import KnownNames


@dataclass(frozen=True, slots=True)
class Use:
    """One spec names another one: below depends_on, or in a template with ref()."""

    name: str
    place: dict[str, Any]  # path, line, column


def by_place(findings: Iterable[Finding]) -> list[Finding]:
    """Sorted as people read files, each once."""
    told = dict.fromkeys(findings)
    return sorted(told, key=lambda f: (f.path or "", f.line or 0, f.column or 0, f.message))


def problem_finding(item: Problem) -> Finding:
    """A problem of a file as a finding."""
    return Finding(severity="error", code=ErrorCode.SPEC_PARSE.value, **item)


def error_finding(problem: DLIError) -> Finding:
    """An error as a finding at its place."""
    details = problem.details
    near = details.get("candidates") or [name for name in [details.get("candidate")] if name]
    message, what = text_of(problem), details.get("problem") or ""
    if str(what) not in message:
        message = Text("spec.told", message=message, problem=what)
    if near:
        message = Text("near.meant", problem=message, names=either([repr(str(name)) for name in near[:3]], "or"))
    place = {key: details.get(key) for key in ("path", "line", "column")}
    return Finding(severity="error", code=problem.code.value, message=message, **place)


def error_findings(problem: DLIError) -> Iterator[Finding]:
    """An error as findings: one for each of the places that it lists."""
    for item in problem.details.get("problems") or ():
        place = {key: item.get(key) or problem.details.get(key) for key in ("path", "line", "column")}
        yield Finding(severity="error", code=problem.code.value, message=item["message"], **place)
    if not problem.details.get("problems"):
        yield error_finding(problem)


class ProjectCheck:
    """Checks specs against all others of their project.

    Args:
        refs: what the templates of a spec name with ref(), when somebody can tell.
    """

    def __init__(self, project: Project, refs: Callable[[SqlSpec], Iterable[Use]] | None = None) -> None:
        self._project = project
        self._refs = refs
        # A dataset and a metric may have one name: what is used is the dataset.
        ordered = sorted(project.specs, key=lambda spec: spec.kind == "dataset")
        self._specs = {spec.name: spec for spec in ordered if isinstance(spec, SqlSpec)}
        self._uses: dict[str, list[Use]] = {}
        self._graph = Graph(lambda name: [use.name for use in self._used_by(name)])

    @cached_property
    def datasets(self) -> KnownNames:
        """The names of the project's datasets."""
        return KnownNames(self._project.names_of("dataset"))

    @cached_property
    def names(self) -> KnownNames:
        """Of datasets and metrics."""
        return KnownNames(self._project.names_of("dataset") | self._project.names_of("metric"))

    def findings(self, spec: Spec) -> Iterator[Finding]:
        """All that is wrong with what `spec` names, in no order."""
        source = spec.source
        if source is None:
            return
        for twice in self._project.duplicates:
            if (twice.kind, twice.name) == (spec.kind, spec.name):
                yield problem_finding(twice.problem)
        if isinstance(spec, SqlSpec):
            yield from self._misspelt(spec, source)
            yield from self._circle(spec)
        if isinstance(spec, QualitySpec):
            yield from self._target(spec, source)
        if isinstance(spec, (SqlSpec, QualitySpec)) and spec.schedule is not None:
            yield from schedule_findings(spec.schedule, source)

    def _misspelt(self, spec: SqlSpec, source: Source) -> Iterator[Finding]:
        for index, name in enumerate(spec.depends_on):
            if self.names.resolve(name) is None and (near := self.names.misspelt(name)):
                message = Text("spec.depends_on", name=name, near=near)
                place = source.value_at("depends_on", index)
                yield Finding(severity="warning", code=ErrorCode.DATASET_NOT_FOUND.value, message=message, **place)

    def _circle(self, spec: SqlSpec) -> Iterator[Finding]:
        circle = self._graph.circle(spec.name)
        if circle:
            use = next(use for use in self._used_by(spec.name) if use.name == circle[1])
            yield error_finding(error(ErrorCode.LINEAGE_CYCLE, cycle=" → ".join(circle), **use.place))

    def _used_by(self, name: str) -> list[Use]:
        """What the spec of that name uses, by whole names; nothing where the name is no spec's."""
        if name not in self._uses:
            spec = self._specs.get(name)
            given = [*_depends_on(spec), *(self._refs(spec) if self._refs else ())] if spec else []
            found = [(self.names.resolve(use.name), use) for use in given]
            self._uses[name] = [Use(whole, use.place) for whole, use in found if whole]
        return self._uses[name]

    def _target(self, spec: QualitySpec, source: Source) -> Iterator[Finding]:
        target = spec.target
        known = self.datasets if target.type == "dataset" else KnownNames(self._project.names_of("metric"))
        if target.name in known:
            return
        place = source.value_at("target", "name")
        yield error_finding(
            error(ErrorCode.QUALITY_TARGET_NOT_FOUND, name=target.name, candidate=known.misspelt(target.name), **place)
        )


def _depends_on(spec: SqlSpec) -> Iterator[Use]:
    for index, name in enumerate(spec.depends_on):
        if spec.source is not None:
            yield Use(name, spec.source.at("depends_on", index))
