"""Everything that can be said of the specs of a project without running one.

project ─┬─▶ files that cannot be read, specs against each other      dli_core.specs.validate
         └─▶ each spec's parameters and templates                     dli_core.render.check      ─▶ findings by place
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING

from dli_core.errors import DLIError, ErrorCode
from dli_core.errors.phrase import Text
from dli_core.models.metric import MetricSpec
from dli_core.models.result import Finding
from dli_core.models.spec import SqlSpec
from dli_core.render.check import check_templates, lacking_columns, refs, unusable_measures, warning
from dli_core.render.finish import Finish
from dli_core.render.template import SpecTemplates
from dli_core.specs.find import misnamed
from dli_core.specs.measures import Measures
from dli_core.specs.validate import ProjectCheck, Use, by_place, error_finding, problem_finding

if TYPE_CHECKING:
    from dli_core.config.settings import Settings
    from dli_core.models.spec import Spec
    from dli_core.specs.load import Project


class Checker:
    """Checks one spec after another; what they share is read once.

    Args:
        dialect: what the engine speaks, and what a spec that names none is written in.
        describe: the columns of a spec's result, where somebody can tell without running it; else None.
    """

    def __init__(
        self,
        project: Project,
        settings: Settings,
        dialect: str,
        describe: Callable[[SqlSpec], Collection[str] | None] | None = None,
    ) -> None:
        self._project = project
        self._settings = settings
        self._dialect = dialect
        self._describe = describe
        self._others = ProjectCheck(project, self._refs)
        self._datasets = project.names_of("dataset")
        self._measures = Measures(lambda: project, dialect)
        self._templates: dict[tuple[str, str], SpecTemplates | DLIError] = {}

    def check(self, spec: Spec) -> list[Finding]:
        """All findings on one spec, by place."""
        found = [*self._others.findings(spec)]
        if isinstance(spec, SqlSpec):
            templates = self._read(spec)
            if isinstance(templates, DLIError):
                found.append(error_finding(templates))
            else:
                measures = self._measures
                finish = Finish(templates.dialect, self._dialect, measures)
                found += check_templates(spec, templates, self._settings, self._datasets, finish)
                found += self._unknown_refs(templates)
                if isinstance(spec, MetricSpec):
                    found += unusable_measures(spec, templates.dialect, measures)
                if spec.schema_ and self._describe and not any(item.severity == "error" for item in found):
                    columns = self._describe(spec)
                    found += lacking_columns(spec, columns) if columns is not None else ()
        return by_place(found)

    def check_files(self, kind: str | None = None) -> list[Finding]:
        """What is wrong with files of one kind, or of all, that hold no spec: unreadable, or named in another way."""
        broken = [item for item in self._project.broken if kind in {None, item.file.kind}]
        found = [problem_finding(problem) for item in broken for problem in item.problems]
        for path, meant in misnamed(self._project.root):
            if kind in {None, meant}:
                message = Text("spec.not_read", kind=meant)
                found.append(warning(ErrorCode.SPEC_PARSE, message, {"path": path, "line": 1, "column": 1}))
        return by_place(found)

    def check_all(self, kind: str | None = None) -> list[Finding]:
        """All findings on all specs and files of one kind, or of all kinds."""
        specs = [spec for spec in self._project.specs if kind in {None, spec.kind}]
        return by_place([*self.check_files(kind), *(finding for spec in specs for finding in self.check(spec))])

    def _read(self, spec: SqlSpec) -> SpecTemplates | DLIError:
        key = (spec.kind, spec.name)
        if key not in self._templates:
            try:
                dialect = spec.execution.dialect or self._dialect
                self._templates[key] = SpecTemplates.of(spec, self._settings.base, dialect)
            except DLIError as problem:
                self._templates[key] = problem
        return self._templates[key]

    def _refs(self, spec: SqlSpec) -> Iterator[Use]:
        templates = self._read(spec)
        return iter(()) if isinstance(templates, DLIError) else refs(templates)

    def _unknown_refs(self, templates: SpecTemplates) -> Iterator[Finding]:
        """Whole names of no dataset: right for a table that no dataset makes, and a misspelt one looks the same."""
        known = self._others.datasets
        for use in refs(templates):
            if use.name.count(".") > 1 and use.name not in known:
                near = known.misspelt(use.name)
                message = Text("spec.ref_meant" if near else "spec.ref_table", name=use.name, near=near)
                yield warning(ErrorCode.DATASET_NOT_FOUND, message, use.place)
