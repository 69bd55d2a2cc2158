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


def check_spec(spec: SqlSpec, settings: Settings, dialect: str, names: frozenset[str]) -> list[Finding]:
    """All findings on one spec that could be read, by place."""
    findings = [*_check(spec, settings, dialect, names)]
    return sorted(findings, key=lambda f: (f.path or "", f.line or 0, f.column or 0))


def finding_of(problem: DLIError) -> Finding:
    """An error as a finding at its place."""
    details = problem.details
    return Finding(
        severity="error",
        code=problem.code.value,
        message=problem.message,
        path=details.get("path"),
        line=details.get("line"),
        column=details.get("column"),
    )


def _check(spec: SqlSpec, settings: Settings, dialect: str, names: frozenset[str]) -> Iterator[Finding]:
    written = spec.execution.dialect or dialect
    try:
        templates = SpecTemplates.of(spec, settings.base, written)
    except DLIError as problem:
        yield finding_of(problem)
        return
    given = {parameter.name: _sample(parameter) for parameter in spec.parameters if parameter.must_be_given}
    try:
        values = resolve(spec.parameters, given, None, spec.source)
    except DLIError as problem:
        yield finding_of(problem)
        return
    # A null default skips the branches that a value would take: those parameters are rendered with a sample too.
    filled = {
        p.name: _sample(p) if values.template[p.name] is None else values.template[p.name] for p in spec.parameters
    }
    calls = Functions(settings, spec.name, names, os.environ).all()
    used: set[str] = set()
    for text in templates.own:
        try:
            used |= templates.undeclared(text)
            for variant in (values.template, filled):
                templates.render(text, {**date_values(date(2025, 1, 31)), **variant}, calls)
        except DLIError as problem:
            yield finding_of(problem)
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
