"""SQL of one dialect → SQL of another, with a verdict on whatever is not the same.

sql ─▶ trees ─▶ exact.inexact() ─▶ what has to be said in other words is ─▶ sqlglot writes it ─▶ Translation
                                                                     └─ what it warns of is inexact too
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlglot import ErrorLevel, Expr, exp
from sqlglot.dialects.dialect import Dialect

from dli_core.errors import ErrorCode, error
from dli_core.errors.phrase import Text, reason_of
from dli_core.sql.align import AlignedMap
from dli_core.sql.edit import place_at
from dli_core.sql.exact import Pair, inexact, offset_of, shown
from dli_core.sql.kinds import is_double
from dli_core.sql.tree import UnreadableError, parse
from dli_core.sql.verdict import TITLES, Construct, Translation, Verdict, refusal

if TYPE_CHECKING:
    from dli_core.engines.base import SourceMap


def translate(sql: str, source_map: SourceMap, read: str, write: str) -> Translation:
    """Rendered SQL in the dialect `write`. Raises DLI-303 at the user's place where it cannot be read."""
    pair = Pair(read, write)
    try:
        trees = parse(sql, read)
        found = [_one(tree, pair) for tree in trees]
    except UnreadableError as problem:
        failure = error(ErrorCode.UNSUPPORTED_CONSTRUCT, "unreadable", problem=reason_of(problem), dialect=TITLES[read])
        failure.details.update(_place(source_map, problem.line, problem.column))
        raise failure from None
    except RecursionError:
        failure = error(ErrorCode.UNSUPPORTED_CONSTRUCT, "unreadable", problem=Text("sql.depth"), dialect=TITLES[read])
        raise failure from None
    text = ";\n".join(text for text, _ in found)
    constructs = tuple(construct for _, constructs in found for construct in constructs)
    places = tuple(
        {} if construct.offset is None else _place(source_map, *place_at(sql, construct.offset))
        for construct in constructs
    )
    return Translation(text, read, write, constructs, places, AlignedMap(sql, text, (read, write), source_map))


def expression(text: str, read: str, write: str, *, allow_inexact: bool = False) -> str:
    """An expression in the dialect `write`. Raises DLI-303 where it may mean something else, and UnreadableError."""
    pair = Pair(read, write)
    [tree] = parse(f"SELECT {text} AS m", read)
    written, constructs = _one(tree, pair)
    problems: list[dict[str, Any]] = [{"message": each.reason} for each in constructs if each.verdict.inexact]
    if problems and not allow_inexact:
        raise refusal(problems[:1], read, write)
    return str(parse(written, write)[0].expressions[0].this.sql(write))


def _one(tree: Expr, pair: Pair) -> tuple[str, list[Construct]]:
    constructs = list(inexact(tree, pair))
    if pair.write == "bigquery":
        constructs += _for_bigquery(tree, pair)
    writer = Dialect.get_or_raise(pair.write).generator(pretty=True, unsupported_level=ErrorLevel.IGNORE)
    text = writer.generate(tree)
    told = any(construct.reason.key == "sql.alias_columns" for construct in constructs)
    for message in dict.fromkeys(writer.unsupported_messages):
        if told and message.startswith("Named columns"):
            continue  # the same, without a place
        reason = Text("sql.unsupported", problem=message.rstrip("."), engine=TITLES[pair.write])
        constructs.append(Construct(Verdict.PASSED_THROUGH, reason))
    return text, sorted(constructs, key=lambda construct: construct.offset or 0)


def _for_bigquery(tree: Expr, pair: Pair) -> list[Construct]:
    """Divide as the others do, where a division by zero is no error; and count intervals with numbers."""
    done: list[Construct] = []
    for division in [node for node in tree.find_all(exp.Div) if is_double(node)]:
        reason = Text("sql.emulated", construct=shown(division, pair.read), other="IEEE_DIVIDE")
        done.append(Construct(Verdict.EMULATED, reason, offset_of(division)))
        said = exp.Anonymous(this="IEEE_DIVIDE", expressions=[_bare(division.this), _bare(division.expression)])
        division.replace(said)
    for interval in tree.find_all(exp.Interval):
        if isinstance(interval.this, exp.Literal) and interval.this.is_string and interval.this.name.isdigit():
            interval.set("this", exp.Literal.number(interval.this.name))
    return done


def _bare(node: Expr) -> Expr:
    """An argument needs no brackets of its own."""
    return node.this if isinstance(node, exp.Paren) else node


def _place(source_map: SourceMap, line: int | None, column: int | None) -> dict[str, Any]:
    found = None if line is None else source_map.locate(line, column)
    if line is None or found is None:
        return {}
    path, at, at_column = found
    return {"path": path, "line": at, "column": at_column, "excerpt": source_map.excerpt(line, column)}
