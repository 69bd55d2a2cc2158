"""What the facades share: a name or a text becomes a RunRequest, a stream becomes one of three results.

run    → ExecutionResult   the rows in memory, for results that fit
stream → QueryStream       Arrow batches, for results that do not
export → ExportResult      one complete file, in constant memory

Facade (settings, runner) ─▶ SpecFacade (get, validate …) ─▶ DatasetAPI, MetricAPI
                         └─▶ SqlAPI
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from itertools import groupby
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, Self, TypeVar, cast

from dli.runner import runner_for
from dli_core.config import resolve
from dli_core.errors import DLIError, ErrorCode
from dli_core.models.result import DryRunResult, ExecutionResult, ExportResult, Finding, ValidationResult
from dli_core.models.spec import SqlSpec
from dli_core.run.local import collect, skipped
from dli_core.run.request import RunRequest
from dli_core.specs.load import Project
from dli_core.specs.select import select

if TYPE_CHECKING:
    from dli.context import ExecutionContext
    from dli_core.config.settings import Settings
    from dli_core.engines.base import QueryExecutor
    from dli_core.engines.stream import QueryStream
    from dli_core.export.formats import Progress
    from dli_core.export.options import ExportOptions
    from dli_core.render.checker import Checker

Parameters = Mapping[str, Any]
S = TypeVar("S", bound=SqlSpec)


class Facade(ABC):
    """Settings resolved once, and the runner that they choose."""

    def __init__(self, context: ExecutionContext | None = None, *, executor: QueryExecutor | None = None) -> None:
        if context is None:
            self._start(resolve(), executor)
        else:
            self._start(context.resolve(), executor, context.parameters, dry_run=context.dry_run)

    @classmethod
    def of(cls, settings: Settings, *, executor: QueryExecutor | None = None) -> Self:
        """On settings that are resolved already."""
        made = cls.__new__(cls)
        made._start(settings, executor)  # noqa: SLF001 - its own
        return made

    def _start(
        self,
        settings: Settings,
        executor: QueryExecutor | None,
        defaults: Parameters | None = None,
        *,
        dry_run: bool = False,
    ) -> None:
        self._runner = runner_for(settings, executor)
        self._defaults = dict(defaults or {})
        self._dry_run = dry_run

    @property
    def settings(self) -> Settings:
        """What is used: all layers, with their origins."""
        return self._runner.settings

    def run(
        self,
        name: str,
        *,
        parameters: Parameters | None = None,
        timeout: float | None = None,
        dry_run: bool | None = None,
        ds: date | None = None,
    ) -> ExecutionResult:
        """Run and hold all rows. DML has no rows; `row_count` is what it changed.

        Args:
            name: of the spec, whole or its last part; for SqlAPI, the SQL.
            parameters: by name; text is read by the declared type.
            timeout: seconds, 1 to 3600, to the first batch and between batches.
            dry_run: only render; the result's status is SKIPPED.
            ds: the date that `{{ ds }}` stands for.
        """
        request = self._request(name, parameters, timeout, ds)
        if self._dry_run if dry_run is None else dry_run:
            return skipped(self._runner.plan(request), self.settings, self.settings.local.engine)
        return collect(self._runner.stream(request))

    def stream(
        self,
        name: str,
        *,
        parameters: Parameters | None = None,
        timeout: float | None = None,
        ds: date | None = None,
    ) -> QueryStream:
        """Run and read batch by batch. Use it in a `with` block: leaving early cancels the query."""
        return self._runner.stream(self._request(name, parameters, timeout, ds))

    def export(
        self,
        name: str,
        path: str | PathLike[str],
        *,
        parameters: Parameters | None = None,
        timeout: float | None = None,
        options: ExportOptions | None = None,
        progress: Progress | None = None,
        ds: date | None = None,
    ) -> ExportResult:
        """Write every row to `path`, or leave `path` as it was. Memory does not grow with the result.

        The format is that of the suffix (`.csv`, `.json`, `.ndjson`, `.csv.gz`, …) unless `options` say otherwise.
        """
        from dli_core.export.options import export_options  # noqa: PLC0415 - a run writes no file
        from dli_core.export.sink import target  # noqa: PLC0415 - as above

        settled = options or export_options(Path(path))
        request = replace(self._request(name, parameters, timeout, ds), wants_rows=True)
        # The target first: a folder that is not there must not cost a query.
        with target(Path(path), settled) as sink, self._runner.stream(request) as stream:
            return sink.take(stream, progress)

    def dry_run(self, name: str, *, parameters: Parameters | None = None, ds: date | None = None) -> DryRunResult:
        """Render, and let the engine check and estimate. Nothing is executed."""
        return self._runner.dry_run(self._request(name, parameters, None, ds))

    def render_sql(self, name: str, *, parameters: Parameters | None = None, ds: date | None = None) -> str:
        """The main statement as it would be sent to the engine."""
        return self._runner.plan(self._request(name, parameters, None, ds)).main.sql

    @abstractmethod
    def _request(self, name: str, parameters: Parameters | None, timeout: float | None, ds: date | None) -> RunRequest:
        """What is asked for, by a name or by SQL."""
        ...


class SpecFacade(Facade, Generic[S]):
    """The specs of one kind of one project. Threads may share it.

    Every method raises a DLIError when it fails: a result in hand is a run that worked.
    """

    kind: ClassVar[Literal["dataset", "metric"]]

    def get(self, name: str) -> S | None:
        """The spec called `name` (its last part is enough if it is unique), or None.

        Raises:
            DLIValidationError: DLI-202, its file cannot be read as a spec.
            NotFoundError: the name is short and fits several.
        """
        try:
            return cast("S", self._runner.find(self.kind, name))
        except DLIError as problem:
            if problem.code in {ErrorCode.DATASET_NOT_FOUND, ErrorCode.METRIC_NOT_FOUND} and (
                problem.details.get("reason") != "ambiguous"
            ):
                return None
            raise

    def validate(self, name: str) -> ValidationResult:
        """All that is wrong with one spec, with places. Nothing is executed.

        Raises:
            NotFoundError: there is no such spec.
        """
        with self._checker() as (project, checker):
            return self._validated(name, project, checker)

    def validate_all(self, names: Sequence[str] = ()) -> tuple[ValidationResult, ...]:
        """The same of several specs, or of all; the files are read once. Files that hold no spec come last, by path.

        Raises:
            NotFoundError: there is no spec of one of the names.
        """
        with self._checker() as (project, checker):
            if names:
                return tuple(self._validated(name, project, checker) for name in names)
            specs = [ValidationResult(name=s.name, findings=tuple(checker.check(s))) for s in project.of(self.kind)]
            files = groupby(checker.check_files(self.kind), key=lambda finding: finding.path or "")
            return (*specs, *(ValidationResult(name=path, findings=tuple(found)) for path, found in files))

    @contextmanager
    def _checker(self) -> Generator[tuple[Project, Checker]]:
        from dli_core.render.checker import Checker  # noqa: PLC0415 - a run checks nothing

        project = self._runner.load()
        with self._runner.describing() as describe:
            yield project, Checker(project, self.settings, self._runner.dialect, describe)

    def _validated(self, name: str, project: Project, checker: Checker) -> ValidationResult:
        try:
            spec = select(project, self.kind, name)
        except DLIError as problem:
            if problem.code is not ErrorCode.SPEC_PARSE:
                raise
            return ValidationResult(name=str(problem.details.get("name", name)), findings=_findings(problem))
        return ValidationResult(name=spec.name, findings=tuple(checker.check(spec)))

    def problems(self) -> tuple[Finding, ...]:
        """What is wrong with files of this kind that could not be read, by place."""
        return problems_of(self._runner.load(), self.kind)

    def _list(self) -> list[S]:
        return cast("list[S]", self._runner.load().of(self.kind))

    def _request(self, name: str, parameters: Parameters | None, timeout: float | None, ds: date | None) -> RunRequest:
        return RunRequest(
            kind=self.kind, name=name, parameters=parameters or {}, defaults=self._defaults, timeout=timeout, ds=ds
        )


def problems_of(project: Project, kind: str) -> tuple[Finding, ...]:
    """The problems of one kind's files."""
    return tuple(_finding(item) for item in project.problems_of(kind))


def _findings(problem: DLIError) -> tuple[Finding, ...]:
    return tuple(_finding(item) for item in problem.details["problems"])


def _finding(item: Mapping[str, Any]) -> Finding:
    return Finding(
        severity="error",
        code=ErrorCode.SPEC_PARSE.value,
        message=item["message"],
        path=item["path"],
        line=item["line"],
        column=item["column"],
    )
