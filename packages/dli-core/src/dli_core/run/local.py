"""LocalRunner: plan here, run on an engine that we connect to ourselves.

    RunRequest ─▶ Plan ─▶ pre … on one session ─▶ main: an open QueryStream ─▶ (drained) ─▶ post …

MOCK is this runner over a MockExecutor. The Basecamp Server runs its own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator
from contextlib import AbstractContextManager, contextmanager
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, cast

from dli_core.engines.base import Engine, Query, WriteRefusal, refused
from dli_core.engines.factory import dialect_of, make_engine
from dli_core.errors import DLIError, ErrorCode
from dli_core.errors.redact import redacted
from dli_core.errors.text import message_of
from dli_core.models.common import ResultStatus
from dli_core.models.result import DryRunResult, ExecutionResult
from dli_core.run.execution import Execution
from dli_core.run.plan import Plan, plan_spec, plan_sql
from dli_core.run.request import RunRequest, SpecKind
from dli_core.specs.measures import Measures
from dli_core.specs.names import Names

if TYPE_CHECKING:
    from dli_core.config.settings import Settings
    from dli_core.engines.base import QueryExecutor, Told
    from dli_core.engines.stream import QueryStream
    from dli_core.models.spec import Spec, SqlSpec
    from dli_core.specs.folder import SpecFolder
    from dli_core.specs.load import Project


Describe = Callable[["SqlSpec"], Collection[str] | None]
_ANY_DAY = date(2025, 1, 31)  # for `ds` where nothing runs


class Runner(Protocol):
    """What turns "run this" into statements and a stream, here or on the server."""

    settings: Settings

    @property
    def dialect(self) -> str:
        """What SQL is rendered for."""
        ...

    def load(self) -> Project:
        """Every spec it can run."""
        ...

    def find(self, kind: str, name: str) -> Spec:
        """One spec by its name, whole or its last parts."""
        ...

    def plan(self, request: RunRequest) -> Plan:
        """What would run. Nothing is executed."""
        ...

    def stream(self, request: RunRequest, told: Told | None = None) -> QueryStream:
        """Run and return the open stream; `told` hears how its statements stand until they have rows."""
        ...

    def dry_run(self, request: RunRequest) -> DryRunResult:
        """Render, and let the engine check and estimate. Nothing is executed."""
        ...

    def describing(self) -> AbstractContextManager[Describe]:
        """What tells the columns of a spec's result without running it, for as long as it is needed."""
        ...

    def close(self) -> None:
        """Let go of what is held; the next use opens it again."""
        ...


class LocalRunner:
    """Runs specs of a project on one engine. Threads may share it."""

    def __init__(self, settings: Settings, executor: QueryExecutor | None = None) -> None:
        self.settings = settings
        self._executor = executor

    @cached_property
    def engine(self) -> Engine:
        """Made on first use: listing and rendering need no driver."""
        return make_engine(self.settings, self._executor)

    @property
    def dialect(self) -> str:
        """What SQL is rendered for."""
        return dialect_of(self.settings)

    @cached_property
    def _specs(self) -> SpecFolder:
        from dli_core.specs.folder import SpecFolder  # noqa: PLC0415 - ad-hoc SQL needs no models of specs

        return SpecFolder(self.settings.root, self.settings.base)

    def load(self) -> Project:
        """Every spec of the project."""
        return self._specs.load()

    def find(self, kind: str, name: str) -> Spec:
        """One spec by its name, whole or its last parts. Raises as `select`."""
        return self._specs.find(kind, name)

    def plan(self, request: RunRequest) -> Plan:
        """Load, resolve parameters, render. Nothing is executed."""
        if request.sql is not None:
            return plan_sql(request.sql, request, self.settings, self.dialect, self._names, self._measures)
        spec = self._specs.runnable(request.kind, request.name)
        return plan_spec(spec, request, self.settings, self.dialect, self._names, self._measures)

    @property
    def _names(self) -> Names:
        """Of all datasets, for `ref()` by a short name."""
        return Names(self.settings.root, "dataset")

    @property
    def _measures(self) -> Measures:
        """What METRIC() names; a spec that does not say its dialect is written in the engine's."""
        return Measures(self.load, self.dialect)

    def stream(self, request: RunRequest, told: Told | None = None) -> QueryStream:
        """Run the pre statements, submit the main one, and return its open stream."""
        plan = self.plan(request)
        stream = Execution(plan, self.engine, self.settings, self._refusal(plan, request), told).open()
        stream.info.update(self._info(plan))
        return stream

    def dry_run(self, request: RunRequest) -> DryRunResult:
        """Render all statements and let the engine check the main one. Nothing is executed, whatever the text is."""
        plan = self.plan(request)
        found = self._ask(plan)
        if not found.valid and plan.side("pre"):
            # What the pre statements would make is not there: the engine cannot know.
            found = found.model_copy(update={"valid": True, "checked": False, "error": None})
        statements = tuple(statement.shown for statement in plan.statements)
        shown = {"sql": plan.main.shown, "statements": statements, "parameters": plan.shown, "warnings": plan.warnings}
        shown["engine_title"] = self.engine.title
        return found.model_copy(update=shown)

    def _ask(self, plan: Plan) -> DryRunResult:
        query = Query(
            plan.main.sql,
            "dli-dry-run",
            plan.timeout,
            columns=plan.columns,
            budget=plan.budget,
            source_map=plan.main.source_map,
        )
        try:
            found = self.engine.dry_run(query)
        except DLIError as problem:
            if problem.code not in {ErrorCode.EXECUTION_CONNECTION, ErrorCode.EXECUTION_TIMEOUT}:
                raise
            return DryRunResult(sql=query.sql, engine=self.engine.name, checked=False, error=_complaint(problem))
        if found.error:
            found.error["details"].pop("job_id", None)  # nothing was sent: there is no job to look up
            found.error["details"]["dry_run"] = True
        if not plan.values.secrets:
            return found
        redact = plan.values.redact
        columns = tuple((redact(name), kind) for name, kind in found.columns)
        return found.model_copy(update={"error": found.error and _without(found.error, redact), "columns": columns})

    @contextmanager
    def describing(self) -> Generator[Describe]:
        """What tells the columns of a spec's result, by the engine's own binder: None where it cannot say.

        Only an engine in this process is asked: a check connects to nothing, and costs nothing elsewhere.
        """
        made: list[Engine] = []

        def engine() -> Engine:
            if "engine" in vars(self):
                return self.engine  # it may know temporary tables, or a database in memory
            if not made:
                made.append(make_engine(self.settings, self._executor))
            return made[0]

        def columns(spec: SqlSpec) -> tuple[str, ...] | None:
            try:
                return self._columns(spec, engine())
            except DLIError:  # a table that is not there yet, a database that is in use: a run will tell
                return None

        try:
            yield columns
        finally:
            for each in made:
                each.close()

    def _columns(self, spec: SqlSpec, engine: Engine) -> tuple[str, ...] | None:
        from dli_core.render.check import samples  # noqa: PLC0415 - a run checks nothing

        if not engine.capabilities.embedded:
            return None
        request = RunRequest(kind=cast("SpecKind", spec.kind), name=spec.name, parameters=samples(spec), ds=_ANY_DAY)
        plan = plan_spec(spec, request, self.settings, self.dialect, self._names, self._measures)
        found = engine.dry_run(Query(plan.main.sql, "dli-dry-run", plan.timeout, source_map=plan.main.source_map))
        return tuple(name for name, _ in found.columns) or None

    def _refusal(self, plan: Plan, request: RunRequest) -> WriteRefusal | None:
        """Why a statement that changes data must not run, if it must not; at once where the spec says it is one."""
        reason: WriteRefusal | None = None
        if self.settings.protected and not request.confirmed:
            reason = "protected"
        elif plan.query_type == "SELECT":
            return "query_type"
        elif request.wants_rows:
            reason = "no_rows"
        if reason and plan.query_type == "DML":
            raise refused(
                reason, environment=self.settings.environment if reason == "protected" else None, name=plan.name
            )
        return reason

    def close(self) -> None:
        """Close the engine, if one was made: its driver complains about what is open when Python ends."""
        if "engine" in vars(self):
            self.engine.close()

    def _info(self, plan: Plan) -> dict[str, object]:
        return {
            "name": plan.name,
            "kind": plan.kind,
            "sql": plan.main.shown,
            "mode": self.settings.mode,
            "engine": self.engine.name,
            "engine_title": self.engine.title,
            "environment": self.settings.environment,
            "parameters": plan.values.receipt,
        }


def collect(stream: QueryStream) -> ExecutionResult:
    """Hold all rows of an open stream; what was changed, for DML."""
    with stream:
        batches = stream.collect()
    rows = len(batches) if stream.returns_rows else (stream.affected or 0)
    return ExecutionResult.of(
        batches if stream.returns_rows else None,
        name=str(stream.info["name"]),
        status=ResultStatus.SUCCESS,
        row_count=rows,
        duration_ms=stream.elapsed_ms,
        sql=stream.query.sql,
        mode=stream.info["mode"],
        engine=stream.info["engine"],
        job_id=stream.job_id,
        warnings=tuple(stream.warnings),
    )


def skipped(plan: Plan, settings: Settings, engine: str) -> ExecutionResult:
    """The result of a run that was only asked for as a dry run."""
    return ExecutionResult.of(
        None,
        name=plan.name,
        status=ResultStatus.SKIPPED,
        row_count=0,
        duration_ms=0,
        sql=plan.main.shown,
        mode=settings.mode,
        engine=engine,
        job_id="",
    )


def _without(complaint: dict[str, Any], redact: Callable[[str], str]) -> dict[str, Any]:
    """A complaint without secrets. Its message is made anew: in the old one, line ends have become blanks."""
    details = redacted(complaint["details"], redact)
    return {**complaint, "message": message_of(ErrorCode(complaint["code"]), details), "details": details}


def _complaint(problem: DLIError) -> dict[str, object]:
    return {"code": problem.code.value, "message": problem.message, "details": problem.details}
