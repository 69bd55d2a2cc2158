"""spec + parameters → the statements of one run.

RunRequest ─▶ load ─▶ parameters ─▶ render ─▶ METRIC() expanded, translated where the engine needs it ─▶ Plan
"""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from dli_core.engines.base import SourceMap
from dli_core.errors import DLIError, ErrorCode, error
from dli_core.models.size import bytes_of
from dli_core.render.finish import Finish
from dli_core.render.functions import Functions
from dli_core.render.parameters import Values, ad_hoc, resolve
from dli_core.render.sources import Text
from dli_core.render.template import SpecTemplates, date_values, needs_ds

if TYPE_CHECKING:
    from dli_core.config.settings import Settings
    from dli_core.models.spec import SideStatement, SqlSpec
    from dli_core.run.request import RunRequest
    from dli_core.specs.measures import Measures

DEFAULT_TIMEOUT = 300.0


@dataclass(frozen=True, slots=True)
class Statement:
    """One rendered statement."""

    role: Literal["pre", "main", "post"]
    sql: str = field(repr=False)  # as it is sent: it may hold secrets
    shown: str = ""  # for people: secrets as ***
    journaled: str = ""  # for the journal: personal values as *** too
    name: str | None = None
    continue_on_error: bool = False
    source_map: SourceMap | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What one run executes, in order. Nothing in it changes the world yet."""

    name: str  # the spec's; "" for ad-hoc SQL
    kind: str
    statements: tuple[Statement, ...]  # pre …, main, post …
    query_type: Literal["SELECT", "DML"] | None  # None: ad-hoc SQL may be either
    timeout: float  # seconds, by the order of DESIGN §5
    columns: tuple[tuple[str, str], ...] = ()  # declared (name, type): cast to these
    retry_count: int = 0
    retry_delay: float = 0.0  # seconds
    budget: int | None = None  # the most bytes that a statement may read, by the spec
    values: Values = field(default_factory=Values)
    warnings: tuple[str, ...] = ()  # that it was translated, and what may differ now

    @property
    def main(self) -> Statement:
        """The statement whose rows are the result."""
        return next(statement for statement in self.statements if statement.role == "main")

    @property
    def shown(self) -> dict[str, Any]:
        """The parameters, without secrets."""
        return self.values.shown

    def side(self, role: str) -> tuple[Statement, ...]:
        """The statements before or after the main one."""
        return tuple(statement for statement in self.statements if statement.role == role)


def plan_spec(
    spec: SqlSpec,
    request: RunRequest,
    settings: Settings,
    dialect: str,
    names: Collection[str] = (),
    measures: Measures | None = None,
) -> Plan:
    """The plan of one spec.

    Args:
        spec: what runs.
        request: its parameters and the like.
        settings: where it runs.
        dialect: what the engine speaks. Templates are rendered for the dialect that the spec is written in.
        names: of all datasets of the project, for `ref()` by a short name.
        measures: what METRIC() names; without them it stays as it is.

    Raises DLI-1xx, 2xx or 3xx when a parameter, the template or a file is wrong. Nothing ran then.
    """
    written = spec.execution.dialect or dialect
    templates = SpecTemplates.of(spec, settings.base, written)
    values = resolve(spec.parameters, request.parameters, request.defaults, spec.source)
    functions = Functions(settings, spec.name, names, os.environ)
    finish = Finish(written, dialect, measures, allow_inexact=_allows(request, settings))
    statements = _render(templates, values, request, functions, spec.pre_statements, spec.post_statements, finish)
    return Plan(
        spec.name,
        request.kind,
        statements,
        spec.query_type,
        timeout_of(request, settings, spec),
        tuple((column.name, column.type) for column in spec.schema_),
        spec.execution.retry_count,
        spec.execution.retry_delay_seconds,
        bytes_of(spec.execution.budget) if spec.execution.budget else None,
        values.knowing(functions.secrets),
        tuple(finish.warnings),
    )


def plan_sql(
    sql: str,
    request: RunRequest,
    settings: Settings,
    dialect: str,
    names: Collection[str] = (),
    measures: Measures | None = None,
) -> Plan:
    """The plan of ad-hoc SQL: a template too, with the project's macros and metrics in scope."""
    templates = SpecTemplates.make(Text(request.path, sql, request.path), (), (), settings.root, dialect)
    values = ad_hoc(request.parameters)
    functions = Functions(settings, None, names, os.environ)
    try:
        finish = Finish(dialect, dialect, measures, allow_inexact=_allows(request, settings))
        statements = _render(templates, values, request, functions, (), (), finish)
    except DLIError as problem:
        if problem.details.get("reason") == "undefined" and str(problem.details.get("problem")).isidentifier():
            problem.details["reason"] = "not_given"  # no spec could declare it
        raise
    return Plan(
        "",
        request.kind,
        statements,
        None,
        timeout_of(request, settings, None),
        values=values.knowing(functions.secrets),
        warnings=tuple(finish.warnings),
    )


def _allows(request: RunRequest, settings: Settings) -> bool:
    return request.allow_inexact or settings.execution.allow_inexact


def timeout_of(request: RunRequest, settings: Settings, spec: SqlSpec | None) -> float:
    """Option or argument, DLI_TIMEOUT, the spec, the configuration, 300 seconds: the first that is set."""
    if request.timeout is not None:
        if not 1 <= request.timeout <= 3600:  # noqa: PLR2004 - the range of the configuration
            raise error(ErrorCode.PARAMETER_INVALID, "timeout", timeout=request.timeout)
        return float(request.timeout)
    configured = settings.execution.timeout
    if configured is not None and settings.origin("execution.timeout").explicit:
        return float(configured)
    by_spec = spec.execution.timeout_seconds if spec else None
    return float(by_spec or configured or DEFAULT_TIMEOUT)


def _render(
    templates: SpecTemplates,
    values: Values,
    request: RunRequest,
    functions: Functions,
    pre: Sequence[SideStatement],
    post: Sequence[SideStatement],
    finish: Finish,
) -> tuple[Statement, ...]:
    dates = date_values(request.ds)
    lacking = needs_ds(templates, {**dates, **values.template})
    if lacking is not None:
        raise error(ErrorCode.PARAMETER_INVALID, "ds_missing", path=lacking.path, name="ds")
    calls = functions.all()

    def masked(text: Text, sql: str, names: frozenset[str]) -> str:
        if not names and not functions.secrets:
            return sql
        try:
            shown = templates.render(text, {**dates, **values.masked(names)}, functions.for_people().all())
            return finish(*shown)[0]
        except DLIError:  # *** does not fit there: a number that is calculated with, a date
            return "-- not shown: it holds secret values"

    def render(role: Literal["pre", "main", "post"], text: Text, side: SideStatement | None = None) -> Statement:
        sql, places = finish(*templates.render(text, {**dates, **values.template}, calls))
        shown = masked(text, sql, values.hidden)
        journaled = shown if values.private == values.hidden else masked(text, sql, values.private)
        name, go_on = (side.name, side.continue_on_error) if side else (None, False)
        return Statement(role, sql, shown, journaled, name, go_on, places)

    return (
        *(render("pre", text, side) for text, side in zip(templates.pre, pre, strict=True)),
        render("main", templates.main),
        *(render("post", text, side) for text, side in zip(templates.post, post, strict=True)),
    )
