"""What is wrong with a spec's templates and parameters, without running anything.

spec ─▶ its files, defaults, names ─▶ rendered with defaults and samples ─▶ findings with places
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import dli_fast

from dli_core.errors import DLIError
from dli_core.models.result import Finding
from dli_core.render.functions import Functions
from dli_core.render.parameters import resolve
from dli_core.render.template import SpecTemplates, date_values

if TYPE_CHECKING:
    from dli_core.config.settings import Settings
    from dli_core.models.spec import Parameter, SqlSpec

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
    spec: SqlSpec, templates: SpecTemplates, settings: Settings, names: Collection[str]
) -> list[Finding]:
    """The same, of templates that are read already."""
    functions = Functions(settings, spec.name, names, os.environ)
    found = [*_parameters(spec), *_refs(templates, functions)]
    if not any(finding.severity == "error" and finding.code == ErrorCode.PARAMETER_INVALID for finding in found):
        found += _rendered(spec, templates, functions)
    return by_place(found)


def _parameters(spec: SqlSpec) -> Iterator[Finding]:
    """Defaults and allowed values that do not fit; each parameter is looked at by itself."""
    for index, parameter in enumerate(spec.parameters):
        wrong = [*_allowed(spec, index, parameter)]
        yield from wrong
        if wrong:
            continue
        if parameter.secret and parameter.default is not None and spec.source is not None:
            message = f"the default of the secret parameter '{parameter.name}' stands in the file for everybody to read"
            yield _warning(ErrorCode.PARAMETER_INVALID, message, spec.source.at("parameters", index, "default"))
    declared, given = list(spec.parameters), _given(spec)
    for _ in range(_MOST):
        try:
            resolve(declared, given, None, spec.source)
        except DLIError as problem:
            yield error_finding(problem)
            # The next one is found when this one is out of the way.
            name = str(problem.details["name"])
            index = [parameter.name for parameter in declared].index(name)
            declared[index] = Parameter(name=name, default=None)
            given.pop(name, None)
        else:
            return


def _allowed(spec: SqlSpec, index: int, parameter: Parameter) -> Iterator[Finding]:
    for at, value in enumerate(parameter.allowed or ()):
        try:
            read(value, parameter.scalar)
        except ValueError as problem:
            details = {"name": parameter.name, "type": parameter.scalar, "problem": str(problem)}
            place = spec.source.value_at("parameters", index, "allowed", at) if spec.source else {}
            yield error_finding(error(ErrorCode.PARAMETER_INVALID, "type", **details, **place))


def _rendered(spec: SqlSpec, templates: SpecTemplates, functions: Functions) -> Iterator[Finding]:
    """What goes wrong when the statements are rendered with defaults and samples, and what they leave unused."""
    values = resolve(spec.parameters, _given(spec), None, spec.source)
    # A null default skips the branches that a value would take: those parameters are rendered with a sample too.
    filled = {
        p.name: _sample(p) if values.template[p.name] is None else values.template[p.name] for p in spec.parameters
    }
    used: set[str] = set()
    for text in templates.own:
        try:
            used |= templates.undeclared(text)
            for variant in (values.template, filled):
                templates.render(text, {**date_values(date(2025, 1, 31)), **variant}, functions.all())
        except DLIError as problem:
            yield error_finding(problem)
            used |= {parameter.name for parameter in spec.parameters}
            continue
        yield from _raw_uses(templates, text.name)
    yield from _unused(spec, used)


def _sample(parameter: Parameter) -> object:
    if parameter.allowed:
        return [parameter.allowed[0]] if parameter.is_list else parameter.allowed[0]
    sample = _SAMPLES[parameter.scalar]
    return [sample] if parameter.is_list else sample


def _raw_uses(templates: SpecTemplates, name: str) -> Iterator[Finding]:
    for template, line, column in templates.engine.raw_uses(name):
        path, line_, column_ = templates.texts[template].locate(line, column)
        message = "| raw writes a value into the SQL as it is: make sure that nobody else chooses it"
        yield Finding(severity="warning", code="DLI-205", message=message, path=path, line=line_, column=column_)


def _unused(spec: SqlSpec, used: set[str]) -> Iterator[Finding]:
    for index, parameter in enumerate(spec.parameters):
        if parameter.name not in used and spec.source is not None:
            message = f"parameter '{parameter.name}' is not used by any statement"
            yield Finding(
                severity="warning", code="DLI-203", message=message, **spec.source.at("parameters", index, "name")
            )
