"""METRIC(m) in a query → the aggregate of that metric.

sql ─▶ tree ─▶ where METRIC(…) stands, and whether it needs an alias ─▶ edits of the text ─▶ sql and its source map

Only the calls are replaced: what the author wrote around them stays as it is, and so do the places of errors.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from sqlglot import Expr, exp

from dli_core.errors import DLIError, ErrorCode, error
from dli_core.errors.phrase import reason_of
from dli_core.sql.edit import Edit, EditedMap, edited, place_at
from dli_core.sql.tree import UnreadableError, parse, tokens

if TYPE_CHECKING:
    from dli_core.engines.base import SourceMap
    from dli_core.models.metric import Measure

_COMMENT = re.compile(r"--|#")


class Expansion(NamedTuple):
    """What METRIC() is expanded with.

    Attributes:
        dialect: what the SQL is written in: duckdb, trino or bigquery.
        find: the metric of a name, `m` or `spec.m`, and the dialect that it is written in; raises DLI-302.
        allow_inexact: take a metric of another dialect even where its translation may mean something else.
    """

    dialect: str
    find: Callable[[str], tuple[Measure, str]]
    allow_inexact: bool = False


def expand(sql: str, source_map: SourceMap, how: Expansion) -> tuple[str, SourceMap]:
    """Rendered SQL without METRIC(), and its source map. Raises DLI-302 at the user's place."""
    try:
        edits = _edits(sql, how, ())
    except UnreadableError as problem:
        failure = error(ErrorCode.METRIC_EXPANSION, "unreadable", problem=reason_of(problem))
        raise _placed(failure, source_map, problem.line, problem.column) from None
    except DLIError as problem:
        raise _placed(problem, source_map, *place_at(sql, problem.details.pop("offset"))) from None
    return (edited(sql, edits), EditedMap(sql, edits, source_map)) if edits else (sql, source_map)


def _placed(problem: DLIError, source_map: SourceMap, line: int | None, column: int | None) -> DLIError:
    found = None if line is None else source_map.locate(line, column)
    if line is not None and found is not None:
        path, line_, column_ = found
        problem.details.update(path=path, line=line_, column=column_, excerpt=source_map.excerpt(line, column))
    return problem


def _edits(sql: str, how: Expansion, within: Sequence[str]) -> list[Edit]:
    """What to replace in `sql`, in order; `within` are the metrics whose expressions are being expanded."""
    calls = {
        int(call.meta["start"]): call
        for tree in parse(sql, how.dialect)
        for call in tree.find_all(exp.Anonymous)
        if call.name.upper() == "METRIC" and "start" in call.meta
    }
    ends = _ends(sql, how.dialect, calls)
    return [Edit(start, ends[start], _replacement(calls[start], start, how, within)) for start in sorted(calls)]


def _ends(sql: str, dialect: str, starts: dict[int, exp.Anonymous]) -> dict[int, int]:
    """Start of a call → where its closing bracket ends: the tree knows only where a name is."""
    found: dict[int, int] = {}
    opened: list[int] = []
    before = -1
    for token in tokens(sql, dialect) if starts else ():
        if sql[token.start : token.end + 1] == "(":
            opened.append(before)
        elif sql[token.start : token.end + 1] == ")":
            found[opened.pop()] = token.end + 1
        before = token.start
    return found


def _replacement(call: exp.Anonymous, start: int, how: Expansion, within: Sequence[str]) -> str:
    name = ""
    try:
        name = _name(call)
        measure, written = how.find(name)
        if measure.name in within:
            chain = " → ".join([*within, measure.name])
            raise error(ErrorCode.METRIC_EXPANSION, "cycle", name=name, chain=chain)
        text = _aggregate(measure, how._replace(dialect=written), [*within, measure.name])
        if written != how.dialect:
            text = _translated(text, written, how)
    except UnreadableError as problem:
        failure = error(ErrorCode.METRIC_EXPANSION, "expression", name=name, problem=reason_of(problem))
        failure.details["offset"] = start
        raise failure from None
    except DLIError as problem:
        problem.details["offset"] = start  # of the outermost call in the end: that is what the user wrote
        raise
    if not within and isinstance(call.parent, exp.Select) and call.arg_key == "expressions":
        text += f" AS {exp.to_identifier(measure.name, quoted=True).sql(how.dialect)}"
    return text


def _translated(text: str, written: str, how: Expansion) -> str:
    """The aggregate in the dialect of the query around it."""
    from dli_core.sql.translate import expression  # noqa: PLC0415 - most metrics are of the query's own dialect

    return expression(text, written, how.dialect, allow_inexact=how.allow_inexact)


def _name(call: exp.Anonymous) -> str:
    only = call.expressions[0] if len(call.expressions) == 1 else None
    if isinstance(only, exp.Column | exp.Dot):
        return ".".join(part.name for part in only.parts)
    if isinstance(only, exp.Literal) and only.is_string:
        return str(only.this)
    raise error(ErrorCode.METRIC_EXPANSION, "argument")


def _aggregate(measure: Measure, how: Expansion, within: Sequence[str]) -> str:
    """The SQL of one metric, its filters as FILTER, or as CASE where there is none."""

    def expanded(text: str) -> str:
        found = edited(text, _edits(text, how, within))
        return f"{found}\n" if _COMMENT.search(found) else found  # a comment may not swallow what follows

    star = measure.expression.strip() == "*"
    body = "*" if star else expanded(measure.expression)
    where = " AND ".join(f"({expanded(text)})" for text in measure.filters)
    if measure.aggregation == "expression":
        return f"({_filtered(body, where, how.dialect) if where else body})"
    if measure.aggregation == "median" and how.dialect != "duckdb":
        raise error(ErrorCode.UNSUPPORTED_CONSTRUCT, "median", name=measure.name, engine=how.dialect)
    if where and how.dialect == "bigquery":
        body, where = f"CASE WHEN {where} THEN {'1' if star else body} END", ""
    distinct = measure.aggregation == "count_distinct"
    called = f"COUNT(DISTINCT {body})" if distinct else f"{measure.aggregation.upper()}({body})"
    return f"{called} FILTER (WHERE {where})" if where else called


def _filtered(body: str, where: str, dialect: str) -> str:
    """Each aggregate of an expression, for the rows that count."""
    tree, condition = exp.Paren(this=parse(body, dialect)[0]), parse(where, dialect)[0]
    outermost = [node for node in tree.find_all(exp.AggFunc) if node.find_ancestor(exp.AggFunc) is None]
    if not outermost:
        raise error(ErrorCode.METRIC_EXPANSION, "no_aggregate")
    for node in outermost:
        node.replace(_for_rows(node.copy(), condition, dialect))
    return str(tree.this.sql(dialect))


def _for_rows(node: Expr, condition: Expr, dialect: str) -> Expr:
    if dialect != "bigquery":
        return exp.Filter(this=node, expression=exp.Where(this=condition.copy()))
    inner = node.this.expressions[0] if isinstance(node.this, exp.Distinct) else node.this
    value = exp.Literal.number(1) if isinstance(inner, exp.Star) else inner.copy()
    inner.replace(exp.Case(ifs=[exp.If(this=condition.copy(), true=value)]))
    return node
