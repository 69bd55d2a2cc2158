"""The list of what means the same in two dialects. What is not on it has no claim to that.

    tree ─▶ each node: on the list? with these arguments only? does its rule agree? ─▶ the constructs that are inexact

The columns' types are not known here: where the meaning hangs on them, the SQL has to say the type, with a CAST. On the
list is what was seen to give equal values on DuckDB and Trino (tests/real/test_translated.py), and what BigQuery's
documentation says word for word. docs/dialects.md says why the rest is not there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from sqlglot import Expr, exp

from dli_core.errors.phrase import Text
from dli_core.sql.kinds import (
    DATE,
    decimal,
    fits_bigint,
    integer,
    is_double,
    is_number,
    moves_date,
    whole_days,
)
from dli_core.sql.verdict import TITLES, Construct, Verdict


class Pair(NamedTuple):
    """From which dialect to which."""

    read: str
    write: str

    def has(self, dialect: str) -> bool:
        """Is it one of the two?"""
        return dialect in self


_QUERY = {"with_", "order", "limit", "offset"}
_TWO = {"this", "expression"}
_ONE = {"this"}
_NONE: set[str] = set()

# What may stand in a query, with the arguments that it may have.
SHAPES: Mapping[type[Expr], set[str]] = {
    exp.Select: {*_QUERY, "expressions", "from_", "joins", "where", "group", "having", "distinct"},
    exp.Union: {*_QUERY, *_TWO, "distinct"},
    exp.Except: {*_QUERY, *_TWO, "distinct"},
    exp.Intersect: {*_QUERY, *_TWO, "distinct"},
    exp.With: {"expressions"},
    exp.CTE: {"this", "alias"},
    exp.From: _ONE,
    exp.Table: {"this", "db", "catalog", "alias"},
    exp.TableAlias: {"this", "columns"},
    exp.Subquery: {"this", "alias"},
    exp.Join: {"this", "on", "side", "kind", "using"},
    exp.Where: _ONE,
    exp.Group: {"expressions"},
    exp.Having: _ONE,
    exp.Order: {"expressions"},
    exp.Ordered: {"this", "desc", "nulls_first"},
    exp.Limit: {"expression"},
    exp.Offset: {"expression"},
    exp.Distinct: {"expressions"},
    exp.Alias: {"this", "alias"},
    exp.Column: {"this", "table", "db", "catalog"},
    exp.Identifier: {"this", "quoted"},
    exp.Star: _NONE,
    exp.Literal: {"this", "is_string"},
    exp.Boolean: _ONE,
    exp.Null: _NONE,
    exp.Paren: _ONE,
    exp.And: _TWO,
    exp.Or: _TWO,
    exp.Not: _ONE,
    exp.EQ: _TWO,
    exp.NEQ: _TWO,
    exp.LT: _TWO,
    exp.LTE: _TWO,
    exp.GT: _TWO,
    exp.GTE: _TWO,
    exp.Between: {"this", "low", "high"},
    exp.In: {"this", "expressions", "query"},
    exp.Exists: _ONE,
    exp.Is: {*_TWO, "negate"},
    exp.Like: {*_TWO, "negate"},
    exp.Case: {"this", "ifs", "default"},
    exp.If: {"this", "true", "false"},
    exp.Add: _TWO,
    exp.Sub: _TWO,
    exp.Mul: _TWO,
    exp.Div: {*_TWO, "typed", "safe"},
    exp.Mod: _TWO,
    exp.Neg: _ONE,
    exp.Interval: {"this", "unit"},
    exp.Var: _ONE,
    exp.Cast: {"this", "to"},
    exp.Extract: _TWO,
    exp.DPipe: {*_TWO, "safe"},
    exp.Substring: {"this", "start", "length"},
    exp.Length: _ONE,
    exp.Coalesce: {"this", "expressions"},
    exp.Nullif: _TWO,
    exp.Abs: _ONE,
    exp.Count: {"this", "big_int"},
    exp.Sum: _ONE,
    exp.Min: _ONE,
    exp.Max: _ONE,
    exp.Avg: _ONE,
    exp.Window: {"this", "partition_by", "order", "over"},
    exp.RowNumber: _NONE,
    exp.Rank: _NONE,
    exp.DenseRank: _NONE,
}

_COMPARED = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.Between)
_PARTS = {"YEAR", "QUARTER", "MONTH", "DAY", "HOUR", "MINUTE"}  # whole numbers everywhere; a WEEK is not one week
_SIDES = {"", "LEFT", "RIGHT", "FULL"}
_KINDS = {"", "INNER", "OUTER", "CROSS"}
_NUMERIC = (29, 9)  # the most digits of BigQuery's NUMERIC before and behind the point


def inexact(tree: Expr, pair: Pair) -> Iterator[Construct]:
    """Every outermost construct of a statement that is not on the list, in the order of the tree."""
    yield from _unnamed(tree, pair)
    waiting: list[Expr] = [tree]
    while waiting:  # not by calls: SQL may be nested as deep as it likes
        node = waiting.pop()
        reason = _reason(node, pair)
        if reason is not None:
            verdict = Verdict.PASSED_THROUGH if reason.key == "sql.unlisted" else Verdict.MEANING_CHANGED
            yield Construct(verdict, reason, offset_of(node))
            continue
        children = [child for name, child in _children(node) if not (isinstance(node, exp.Cast) and name == "to")]
        waiting += reversed(children)


def offset_of(node: Expr) -> int | None:
    """Where a construct stands: the first of its words whose place is known."""
    starts = [found.meta["start"] for found in node.walk() if "start" in found.meta]
    return min(starts, default=None)


def _children(node: Expr) -> Iterator[tuple[str, Expr]]:
    for child in node.iter_expressions():
        yield str(child.arg_key), child


def _reason(node: Expr, pair: Pair) -> Text | None:
    """Why a node, without what is below it, may mean something else; None where it cannot."""
    shape = SHAPES.get(type(node))
    if shape is None or any(value for name, value in node.args.items() if name not in shape):
        return _told("sql.unlisted", node, pair)
    rule = _RULES.get(type(node))
    found = rule(node, pair) if rule else None
    return _told(found, node, pair) if found else None


def _told(key: str, node: Expr, pair: Pair) -> Text:
    return Text(key, construct=shown(node, pair.read), dialect=TITLES[pair.read], engine=TITLES[pair.write])


def shown(node: Expr, dialect: str) -> str:
    """A construct as one short line of SQL."""
    text = " ".join(node.sql(dialect, comments=False).split())
    most = 60
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _unnamed(tree: Expr, pair: Pair) -> Iterator[Construct]:
    """Columns of the result that have no name of their own: each engine makes up another."""
    while isinstance(tree, exp.SetOperation | exp.Subquery | exp.Paren):
        tree = tree.this
    for column in tree.expressions if isinstance(tree, exp.Select) else ():
        if not isinstance(column, exp.Column | exp.Alias | exp.Star) and type(column) in SHAPES:
            yield Construct(Verdict.MEANING_CHANGED, _told("sql.unnamed", column, pair), offset_of(column))


# The rules: the key of what is wrong, or None


def _literal(node: Expr, pair: Pair) -> str | None:
    number = integer(node)
    if number is not None:
        return None if fits_bigint(number) else "sql.large_integer"
    if decimal(node) is not None and pair.has("bigquery") and not _is_cast(node):
        return "sql.decimal_literal"
    return None


def _is_cast(node: Expr) -> bool:
    """A literal, with a minus or without one, that a CAST gives its type."""
    above = node.parent.parent if isinstance(node.parent, exp.Neg) else node.parent
    return isinstance(above, exp.Cast)


def _average(node: Expr, _: Pair) -> str | None:
    return None if is_double(node.this) else "sql.average"


def _division(node: Expr, pair: Pair) -> str | None:
    if not is_double(node):
        return "sql.division"
    return "sql.division_by_zero" if pair.read == "bigquery" else None


def _remainder(node: Expr, _: Pair) -> str | None:
    return None if integer(node.expression) else "sql.remainder"


def _subtraction(node: Expr, pair: Pair) -> str | None:
    if moves_date(node):
        return _moved_date(node, pair)
    return None if is_number(node.this) or is_number(node.expression) else "sql.subtraction"


def _addition(node: Expr, pair: Pair) -> str | None:
    if isinstance(node.this, exp.Interval):
        return "sql.unlisted"
    return _moved_date(node, pair) if moves_date(node) else None


def _moved_date(node: Expr, _: Pair) -> str | None:
    """A date plus an interval is a date here and a timestamp there: the same where it is compared, or cast again."""
    if not whole_days(node.expression):
        return "sql.unlisted"
    above = node.parent
    while isinstance(above, exp.Paren) or moves_date(above):
        above = above.parent if above else None
    if isinstance(above, _COMPARED) or (isinstance(above, exp.Cast) and above.args["to"].this is exp.DType.DATE):
        return None
    return "sql.moved_date"


def _cast(node: Expr, pair: Pair) -> str | None:
    kind, value = node.args["to"].this, node.this
    if kind is exp.DType.DOUBLE:
        return None
    if kind is exp.DType.DATE:
        is_date = isinstance(value, exp.Literal) and value.is_string and DATE.fullmatch(value.name)
        return None if is_date or moves_date(_bare(value)) else "sql.cast"
    if kind is exp.DType.BIGINT and integer(value) is not None:
        return None
    if kind is exp.DType.DECIMAL:
        return None if _fits(node, pair) else "sql.cast"
    return "sql.cast"


def _fits(node: Expr, pair: Pair) -> bool:
    """Is it a literal that a decimal type holds to the last digit, in both dialects?"""
    value = node.this.this if isinstance(node.this, exp.Neg) else node.this
    found = decimal(value) if integer(value) is None else integer(value)
    sizes = [integer(part.this) for part in node.args["to"].expressions]
    if found is None or len(sizes) != 2 or sizes[0] is None or sizes[1] is None:  # noqa: PLR2004 - precision and scale
        return False
    whole, scale = sizes[0] - sizes[1], sizes[1]
    if pair.has("bigquery") and (whole > _NUMERIC[0] or scale > _NUMERIC[1]):
        return False
    digits = value.name.partition(".")
    return len(digits[2].rstrip("0")) <= scale and len(digits[0].lstrip("0")) <= whole


def _bare(node: Expr) -> Expr:
    while isinstance(node, exp.Paren):
        node = node.this
    return node


def _part(node: Expr, _: Pair) -> str | None:
    return None if node.name.upper() in _PARTS else "sql.unlisted"


def _pattern(node: Expr, pair: Pair) -> str | None:
    if not pair.has("bigquery"):
        return None
    pattern = node.expression
    return None if isinstance(pattern, exp.Literal) and "\\" not in pattern.name else "sql.pattern"


def _piece(node: Expr, _: Pair) -> str | None:
    length = node.args.get("length")
    return (
        None if integer(node.args.get("start")) and (length is None or integer(length) is not None) else "sql.substring"
    )


def _named_columns(node: Expr, pair: Pair) -> str | None:
    """Columns named behind an alias: BigQuery has them for WITH alone, and there sqlglot moves them into the query."""
    return "sql.alias_columns" if node.args.get("columns") and pair.write == "bigquery" else None


def _all_of_joined(node: Expr, _: Pair) -> str | None:
    """SELECT * of a join with USING: the shared columns stand first in the standard, and where they were in DuckDB."""
    stars = any(isinstance(column, exp.Star) for column in node.expressions)
    return "sql.star" if stars and any(join.args.get("using") for join in node.args.get("joins") or ()) else None


def _distinct(node: Expr, _: Pair) -> str | None:
    return "sql.unlisted" if len(node.expressions) > 1 else None


def _join(node: Expr, _: Pair) -> str | None:
    side, kind = (str(node.args.get(name) or "").upper() for name in ("side", "kind"))
    return None if side in _SIDES and kind in _KINDS else "sql.unlisted"


def _of_sets(node: Expr, _: Pair) -> str | None:
    return None if node.args.get("distinct") else "sql.unlisted"


def _is(node: Expr, _: Pair) -> str | None:
    return None if isinstance(node.expression, exp.Null) else "sql.unlisted"  # sqlglot says IS TRUE to Trino as = TRUE


_RULES: Mapping[type[Expr], Callable[[Expr, Pair], str | None]] = {
    exp.Select: _all_of_joined,
    exp.Literal: _literal,
    exp.Avg: _average,
    exp.Div: _division,
    exp.Mod: _remainder,
    exp.Add: _addition,
    exp.Sub: _subtraction,
    exp.Cast: _cast,
    exp.Extract: _part,
    exp.Like: _pattern,
    exp.Substring: _piece,
    exp.Distinct: _distinct,
    exp.TableAlias: _named_columns,
    exp.Join: _join,
    exp.Except: _of_sets,
    exp.Intersect: _of_sets,
    exp.Is: _is,
}
