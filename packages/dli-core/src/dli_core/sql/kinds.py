"""What can be known of a value's type from the SQL alone: columns have none here.

CAST(x AS DOUBLE) * y ─▶ double, in every dialect        x * y ─▶ a number        x ─▶ nothing
"""

from __future__ import annotations

import re
from decimal import Decimal

from sqlglot import Expr, exp

_INTEGER = re.compile(r"[0-9]+")
_DECIMAL = re.compile(r"[0-9]*\.[0-9]*")
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LARGEST = 2**63 - 1
DAYS = {"YEAR", "MONTH", "DAY"}  # a date plus these is a date again: or its midnight
NUMBERS = {
    exp.DType.TINYINT,
    exp.DType.SMALLINT,
    exp.DType.INT,
    exp.DType.BIGINT,
    exp.DType.DECIMAL,
    exp.DType.DOUBLE,
    exp.DType.FLOAT,
}

_ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Div)
_NUMERIC = (
    *(exp.Mul, exp.Div, exp.Mod, exp.Neg, exp.Abs, exp.Count, exp.Sum, exp.Avg),
    *(exp.Length, exp.Extract, exp.RowNumber, exp.Rank, exp.DenseRank),
)
_SAME_TYPE = (
    *(exp.Paren, exp.Neg, exp.Abs, exp.Nullif, exp.Alias),
    *(exp.Sum, exp.Min, exp.Max, exp.Avg, exp.Window),  # of doubles
)


def integer(node: Expr | None) -> int | None:
    """The value of an integer literal."""
    found = isinstance(node, exp.Literal) and not node.is_string and _INTEGER.fullmatch(node.name)
    return int(node.name) if found and node is not None else None


def fits_bigint(value: int) -> bool:
    """Whether every engine has a type of its own for it."""
    return value <= _LARGEST


def decimal(node: Expr) -> Decimal | None:
    """The value of a literal with a point and without an exponent: a decimal, but for BigQuery."""
    found = isinstance(node, exp.Literal) and not node.is_string and _DECIMAL.fullmatch(node.name)
    return Decimal(node.name) if found else None


def is_double(node: Expr | None) -> bool:
    """Is it a double wherever it is calculated?"""
    if isinstance(node, exp.Literal):
        return not node.is_string and "e" in node.name.lower()
    if isinstance(node, exp.Cast):
        return node.to.this is exp.DType.DOUBLE
    if isinstance(node, _ARITHMETIC):
        return is_double(node.this) or is_double(node.expression)
    return any(is_double(part) for part in _passed_on(node))


def is_number(node: Expr | None) -> bool:
    """Is it a number, and so no date?"""
    if isinstance(node, exp.Literal):
        return not node.is_string
    if isinstance(node, exp.Cast):
        return node.to.this in NUMBERS
    if isinstance(node, exp.Add | exp.Sub):
        return is_number(node.this) and is_number(node.expression)
    return isinstance(node, _NUMERIC) or any(is_number(part) for part in _passed_on(node))


def _passed_on(node: Expr | None) -> list[Expr | None]:
    """The values of which one comes out, with its type."""
    if isinstance(node, _SAME_TYPE):
        return [node.this]
    if isinstance(node, exp.Distinct) or (isinstance(node, exp.Select) and len(node.expressions) == 1):
        return [*node.expressions]
    if isinstance(node, exp.Subquery):
        return _passed_on(node.this)
    if isinstance(node, exp.Coalesce):
        return [node.this, *node.expressions]
    if isinstance(node, exp.Case):
        return [*(branch.args["true"] for branch in node.args["ifs"]), node.args.get("default")]
    return []


def moves_date(node: Expr | None) -> bool:
    """Is it something plus or minus a whole number of years, months or days?"""
    return isinstance(node, exp.Add | exp.Sub) and isinstance(node.expression, exp.Interval)


def whole_days(node: exp.Interval) -> bool:
    """Is it an interval of a literal number of years, months or days?"""
    unit = node.args.get("unit")
    amount = node.this
    return (
        isinstance(unit, exp.Var)
        and unit.name.upper() in DAYS
        and isinstance(amount, exp.Literal)
        and _INTEGER.fullmatch(amount.name) is not None
    )
