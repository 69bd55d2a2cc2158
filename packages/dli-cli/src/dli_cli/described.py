"""One spec, told in full: `dli dataset get`, `dli metric get`.

Spec ─▶ as_text: facts, then a listing each of parameters, columns, measures …     as_json: the model itself
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from dli_cli import tables
from dli_core.errors.phrase import Text, said
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


def as_text(spec: SqlSpec, width: int, lang: str) -> Iterator[str]:
    """Lines for people, in their language."""
    yield escaped(spec.name)
    if spec.description:
        yield from wrap(escaped(" ".join(spec.description.split())), width, "  ")
    yield ""
    for label, value in _facts(spec):
        if value:
            yield f"  {tables.pad(_word(label).say(lang), 12)}{escaped(said(value, lang))}"
    for title, headers, rows in _listings(spec):
        if rows:
            used = [i for i in range(len(headers)) if any(row[i] for row in rows)]
            shown = [[said(row[i], lang) for i in used] for row in rows]
            yield ""
            yield f"{_word(title).say(lang)}:"
            yield from (f"  {line}" for line in tables.plain(heads([headers[i] for i in used], lang), shown, width - 2))


def heads(names: Iterable[str], lang: str) -> list[str]:
    """The heads of a listing."""
    return [_word(f"head_{name}").say(lang) for name in names]


def _word(key: str, **details: object) -> Text:
    return Text(f"described.{key}", **details)


def _facts(spec: SqlSpec) -> Iterator[tuple[str, str]]:
    yield "file", spec.source.relative if spec.source else ""
    yield "sql", spec.query_file or _word("in_file")
    yield "type", spec.query_type
    yield "owner", spec.owner or ""
    yield "team", spec.team or ""
    yield "domains", ", ".join(spec.domains)
    yield "tags", ", ".join(spec.tags)
    yield "depends_on", ", ".join(spec.depends_on)
    seconds = spec.execution.timeout_seconds
    yield "timeout", _word("seconds", count=seconds) if seconds else ""
    yield "retries", str(spec.execution.retry_count or "")
    yield "dialect", spec.execution.dialect or ""
    yield "budget", spec.execution.budget or ""
    yield "schedule", _schedule(spec)
    yield "versions", _versions(spec)


def _schedule(spec: SqlSpec) -> str:
    if spec.schedule is None:
        return ""
    told = f"{spec.schedule.cron} ({spec.schedule.timezone})"
    return told if spec.schedule.enabled else _word("not_enabled", schedule=told)


def _versions(spec: SqlSpec) -> str:
    notes = spec.versions.items() if isinstance(spec.versions, dict) else enumerate(spec.versions or (), 1)
    return "; ".join(f"{key}: {note}" if isinstance(spec.versions, dict) else str(note) for key, note in notes)


def _listings(spec: SqlSpec) -> Iterator[tuple[str, Sequence[str], list[list[str]]]]:
    yield "parameters", ("name", "type", "default", "description"), [_parameter(p) for p in spec.parameters]
    yield "columns", ("name", "type", "description"), [[c.name, c.type, c.description or ""] for c in spec.schema_]
    if isinstance(spec, MetricSpec):
        measures = [[m.name, m.aggregation, m.expression, m.description or ""] for m in spec.metrics]
        yield "measures", ("name", "aggregation", "expression", "description"), measures
        dimensions = [[d.name, d.type, d.expression or d.name, d.description or ""] for d in spec.dimensions]
        yield "dimensions", ("name", "type", "expression", "description"), dimensions
    sides = [("before", s) for s in spec.pre_statements] + [("after", s) for s in spec.post_statements]
    statements = [[_word(when), s.name or "", " ".join(s.sql.split())] for when, s in sides]
    yield "statements", ("when", "name", "sql"), statements
    tests = [[t.name or t.type, t.type, t.column or ", ".join(t.columns or ()), t.severity.value] for t in spec.tests]
    yield "tests", ("name", "type", "column", "severity"), tests


def _parameter(parameter: Parameter) -> list[str]:
    default = _word("required") if parameter.must_be_given else _plain(_default(parameter))
    told = parameter.description or ""
    if parameter.allowed:
        allowed = _word("one_of", names=[str(value) for value in parameter.allowed])
        told = _word("with_values", text=told, allowed=allowed) if told else allowed
    return [parameter.name, parameter.type, default, told]


def _default(parameter: Parameter) -> Any:
    return _MASK if parameter.secret and parameter.default is not None else parameter.default


def _plain(value: Any) -> str:
    if (several := items(value)) is not None:
        return ", ".join(map(_plain, several))
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
