"""One spec, told in full: `dli dataset get`, `dli metric get`.

Spec ─▶ as_text: facts, then a listing each of parameters, columns, measures …     as_json: the model itself
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from dli_cli import tables
from dli_core.errors.safe import escaped, items
from dli_core.errors.show import wrap
from dli_core.models.metric import MetricSpec
from dli_core.models.spec import Parameter, SqlSpec

_MASK = "***"


def as_json(spec: SqlSpec) -> dict[str, Any]:
    """What the file says, with the defaults of what it leaves out, and where it lies."""
    told = spec.model_dump(mode="json", by_alias=True)
    for parameter, plain in zip(spec.parameters, told["parameters"], strict=True):
        plain["default"] = _default(parameter)
    return {**told, "path": spec.source.relative if spec.source else None}


def as_text(spec: SqlSpec, width: int) -> Iterator[str]:
    """Lines for people."""
    yield escaped(spec.name)
    if spec.description:
        yield from wrap(escaped(" ".join(spec.description.split())), width, "  ")
    yield ""
    for label, value in _facts(spec):
        yield f"  {label:<12}{escaped(value)}"
    for title, headers, rows in _listings(spec):
        if rows:
            used = [i for i in range(len(headers)) if any(row[i] for row in rows)]
            shown = [[row[i] for i in used] for row in rows]
            yield ""
            yield f"{title}:"
            yield from (f"  {line}" for line in tables.plain([headers[i] for i in used], shown, width - 2))


def _facts(spec: SqlSpec) -> Iterator[tuple[str, str]]:
    facts = {
        "File": spec.source.relative if spec.source else "",
        "SQL": spec.query_file or "in the file",
        "Type": spec.query_type,
        "Owner": spec.owner or "",
        "Team": spec.team or "",
        "Domains": ", ".join(spec.domains),
        "Tags": ", ".join(spec.tags),
        "Depends on": ", ".join(spec.depends_on),
        "Timeout": f"{spec.execution.timeout_seconds} seconds" if spec.execution.timeout_seconds else "",
        "Retries": str(spec.execution.retry_count or ""),
        "Dialect": spec.execution.dialect or "",
        "Budget": spec.execution.budget or "",
        "Schedule": _schedule(spec),
        "Versions": _versions(spec),
    }
    yield from ((label, value) for label, value in facts.items() if value)


def _schedule(spec: SqlSpec) -> str:
    if spec.schedule is None:
        return ""
    return f"{spec.schedule.cron} ({spec.schedule.timezone})" + ("" if spec.schedule.enabled else ", not enabled")


def _versions(spec: SqlSpec) -> str:
    notes = spec.versions.items() if isinstance(spec.versions, dict) else enumerate(spec.versions or (), 1)
    return "; ".join(f"{key}: {note}" if isinstance(spec.versions, dict) else str(note) for key, note in notes)


def _listings(spec: SqlSpec) -> Iterator[tuple[str, Sequence[str], list[list[str]]]]:
    yield "Parameters", ("NAME", "TYPE", "DEFAULT", "DESCRIPTION"), [_parameter(p) for p in spec.parameters]
    yield "Columns", ("NAME", "TYPE", "DESCRIPTION"), [[c.name, c.type, c.description or ""] for c in spec.schema_]
    if isinstance(spec, MetricSpec):
        measures = [[m.name, m.aggregation, m.expression, m.description or ""] for m in spec.metrics]
        yield "Measures", ("NAME", "AGGREGATION", "EXPRESSION", "DESCRIPTION"), measures
        dimensions = [[d.name, d.type, d.expression or d.name, d.description or ""] for d in spec.dimensions]
        yield "Dimensions", ("NAME", "TYPE", "EXPRESSION", "DESCRIPTION"), dimensions
    sides = [("before", s) for s in spec.pre_statements] + [("after", s) for s in spec.post_statements]
    yield "Statements", ("WHEN", "NAME", "SQL"), [[when, s.name or "", " ".join(s.sql.split())] for when, s in sides]
    tests = [[t.name or t.type, t.type, t.column or ", ".join(t.columns or ()), t.severity.value] for t in spec.tests]
    yield "Tests", ("NAME", "TYPE", "COLUMN", "SEVERITY"), tests


def _parameter(parameter: Parameter) -> list[str]:
    default = "(required)" if parameter.must_be_given else _plain(_default(parameter))
    allowed = f"one of {', '.join(map(str, parameter.allowed))}" if parameter.allowed else ""
    told = "; ".join(part for part in (parameter.description or "", allowed) if part)
    return [parameter.name, parameter.type, default, told]


def _default(parameter: Parameter) -> Any:
    return _MASK if parameter.secret and parameter.default is not None else parameter.default


def _plain(value: Any) -> str:
    if (several := items(value)) is not None:
        return ", ".join(map(_plain, several))
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
