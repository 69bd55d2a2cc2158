"""What is wrong with a spec's templates and parameters, without running anything.

spec ─▶ its files, defaults, names ─▶ rendered with defaults and samples ─▶ findings with places
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import dli_fast

from dli_core.errors import DLIError, ErrorCode, error
from dli_core.errors.phrase import Text, reason_of
from dli_core.models.parameter import Parameter
from dli_core.models.result import Finding
from dli_core.render.functions import Functions
from dli_core.render.metrics import expanded
from dli_core.render.parameters import resolve
from dli_core.render.template import SpecTemplates, date_values
from dli_core.render.values import read
from dli_core.specs.validate import Use, by_place, error_finding, error_findings

if TYPE_CHECKING:
    from dli_core.config.settings import Settings
    from dli_core.models.metric import MetricSpec
    from dli_core.models.spec import SqlSpec
    from dli_core.render.finish import Finish
    from dli_core.specs.measures import Measures

_MOST = 100  # wrong parameters of one spec that are told

# What a required parameter is rendered with: any value of its type finds a value in a wrong place.
_SAMPLES: dict[str, Any] = {
    "string": "sample",
    "integer": 1,
    "float": 1.5,
    "decimal": Decimal("1.50"),
    "boolean": True,
    "date": date(2025, 1, 31),
    "timestamp": datetime(2025, 1, 31, 10, 20, 30),  # noqa: DTZ001 - a timestamp without a zone
    "identifier": dli_fast.Identifier("sample"),
}


def check_spec(spec: SqlSpec, settings: Settings, dialect: str, names: Collection[str]) -> list[Finding]:
    """All findings on the templates and parameters of one spec that could be read, by place."""
    try:
        templates = SpecTemplates.of(spec, settings.base, spec.execution.dialect or dialect)
    except DLIError as problem:
        return [error_finding(problem)]
    return check_templates(spec, templates, settings, names)


def check_templates(
    spec: SqlSpec,
    templates: SpecTemplates,
    settings: Settings,
    names: Collection[str],
    finish: Finish | None = None,
) -> list[Finding]:
    """The same, of templates that are read already; what `finish` does to them too."""
    functions = Functions(settings, spec.name, names, os.environ)
    found = [*_parameters(spec)]
    if not any(finding.severity == "error" for finding in found):
        found += _rendered(spec, templates, functions, finish)
    return by_place([*found, *_refs(templates, functions)])


def _parameters(spec: SqlSpec) -> Iterator[Finding]:
    """Defaults and allowed values that do not fit; each parameter is looked at by itself."""
    declared, given = list(spec.parameters), samples(spec)
    for index, parameter in enumerate(spec.parameters):
        wrong = [*_allowed(spec, index, parameter)]
        yield from wrong
        if wrong:
            _put_aside(declared, given, parameter.name)
        elif parameter.secret and parameter.default is not None and spec.source is not None:
            message = Text("spec.secret_default", name=parameter.name)
            yield warning(ErrorCode.PARAMETER_INVALID, message, spec.source.at("parameters", index, "default"))
    for _ in range(_MOST):
        try:
            resolve(declared, given, None, spec.source)
        except DLIError as problem:
            yield error_finding(problem)
            _put_aside(declared, given, str(problem.details["name"]))
        else:
            return


def _put_aside(declared: list[Parameter], given: dict[str, object], name: str) -> None:
    """Make a parameter harmless, so that the next wrong one is found."""
    index = [parameter.name for parameter in declared].index(name)
    declared[index] = Parameter(name=name, default=None)
    given.pop(name, None)


def _allowed(spec: SqlSpec, index: int, parameter: Parameter) -> Iterator[Finding]:
    for at, value in enumerate(parameter.allowed or ()):
        try:
            read(value, parameter.scalar)
        except ValueError as problem:
            details: dict[str, Any] = {"name": parameter.name, "type": parameter.scalar, "problem": reason_of(problem)}
            if spec.source is not None:
                details |= spec.source.value_at("parameters", index, "allowed", at)
            yield error_finding(error(ErrorCode.PARAMETER_INVALID, "type", **details))


def refs(templates: SpecTemplates) -> Iterator[Use]:
    """Every `ref('…')` in the statements of a spec and in the macros that they call, by its place."""
    for text in templates.own:
        try:
            calls = templates.engine.calls(text.name, "ref")
        except dli_fast.TemplateError:  # told when it is rendered
            continue
        for template, line, column, name in calls:
            yield Use(name, _details(templates, template, line, column))


def _refs(templates: SpecTemplates, functions: Functions) -> Iterator[Finding]:
    """Names that ref() cannot resolve, in branches too that no sample takes."""
    for use in refs(templates):
        try:
            functions.ref(use.name)
        except DLIError as problem:
            problem.details.update(use.place)
            yield error_finding(problem)


def _rendered(
    spec: SqlSpec, templates: SpecTemplates, functions: Functions, finish: Finish | None
) -> Iterator[Finding]:
    """What goes wrong when the statements are rendered with defaults and samples, and what they leave unused."""
    values = resolve(spec.parameters, samples(spec), None, spec.source)
    # A null default skips the branches that a value would take: those parameters are rendered with a sample too.
    filled = {
        p.name: _sample(p) if values.template[p.name] is None else values.template[p.name] for p in spec.parameters
    }
    used: set[str] = set()
    for text in templates.own:
        try:
            used |= templates.undeclared(text)
            for variant in (values.template, filled):
                given = {**date_values(date(2025, 1, 31)), **variant}
                rendered = templates.render(text, given, functions.all())
                if finish is not None:
                    finish(*rendered)
        except DLIError as problem:
            yield from error_findings(problem)
            used |= {parameter.name for parameter in spec.parameters}
            continue
        yield from _raw_uses(templates, text.name)
    yield from _unused(spec, used)


def samples(spec: SqlSpec) -> dict[str, object]:
    """A value for every parameter that a run must give."""
    return {parameter.name: _sample(parameter) for parameter in spec.parameters if parameter.must_be_given}


def _sample(parameter: Parameter) -> object:
    if parameter.allowed:
        return [parameter.allowed[0]] if parameter.is_list else parameter.allowed[0]
    sample = _SAMPLES[parameter.scalar]
    return [sample] if parameter.is_list else sample


def _raw_uses(templates: SpecTemplates, name: str) -> Iterator[Finding]:
    for template, line, column in templates.engine.raw_uses(name):
        yield warning(ErrorCode.UNSAFE_INPUT, Text("spec.raw"), _details(templates, template, line, column))


def _unused(spec: SqlSpec, used: set[str]) -> Iterator[Finding]:
    for index, parameter in enumerate(spec.parameters):
        if parameter.name not in used and spec.source is not None:
            message = Text("spec.unused", name=parameter.name)
            yield warning(ErrorCode.PARAMETER_INVALID, message, spec.source.at("parameters", index, "name"))


def _details(templates: SpecTemplates, template: str, line: int, column: int | None) -> dict[str, Any]:
    """A place in a template as a place in the user's file."""
    path, line_, column_ = templates.texts[template].locate(line, column)
    return {"path": path, "line": line_, "column": column_}


def lacking_columns(spec: SqlSpec, columns: Collection[str]) -> Iterator[Finding]:
    """Declared columns that the result, which has these `columns`, lacks."""
    for index, column in enumerate(spec.schema_):
        if column.name not in columns and spec.source is not None:
            message = Text("run.declared_column", name=column.name)
            yield warning(ErrorCode.VALIDATION_FAILED, message, spec.source.value_at("schema", index, "name"))


class _Nowhere:
    """The source map of SQL that no file holds."""

    def locate(self, line: int, column: int | None = None) -> None:
        del line, column

    def excerpt(self, line: int, column: int | None = None) -> None:
        del line, column


def unusable_measures(spec: MetricSpec, dialect: str, measures: Measures) -> Iterator[Finding]:
    """The metrics of a spec whose expressions METRIC() could not stand for: unreadable, unknown names, circles."""
    for index, measure in enumerate(spec.metrics):
        try:
            expanded(f"SELECT METRIC('{spec.name}.{measure.name}')", _Nowhere(), dialect, measures)
        except DLIError as problem:
            if spec.source is not None:
                problem.details.update(spec.source.value_at("metrics", index, "expression"))
            yield error_finding(problem)


def warning(code: ErrorCode, message: str, place: dict[str, Any]) -> Finding:
    """A finding that stops nothing."""
    return Finding(severity="warning", code=code.value, message=message, **place)
