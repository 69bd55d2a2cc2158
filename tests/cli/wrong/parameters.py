"""Values that do not fit, and values that attack."""

from __future__ import annotations

from tests.cli.wrong.case import USAGE, Wrong, dataset

ATTACK = "'; DROP TABLE orders; --"
DAY = ("-p", "day=2025-01-31")
ORDERS = ("dataset", "run", "orders", "-o", "out.csv")


def orders(*words: str) -> tuple[str, ...]:
    return (*ORDERS, *words)


CASES = [
    Wrong("missing-parameter", ORDERS, "DLI-203"),
    Wrong("ill-typed-date", orders("-p", "day=soon"), "DLI-203"),
    Wrong("date-that-does-not-exist", orders("-p", "day=2025-02-30"), "DLI-203"),
    Wrong("ill-typed-list", orders(*DAY, "-p", "ids=[1,x]"), "DLI-203"),
    Wrong("ill-typed-item", orders(*DAY, "-p", "ids=1", "-p", "ids=two"), "DLI-203"),
    Wrong("empty-list", orders(*DAY, "-p", "ids=[]"), "DLI-203"),
    Wrong("null-for-a-required-parameter", orders("-p", "day:null"), "DLI-203"),
    Wrong("value-that-is-not-allowed", orders(*DAY, "-p", "status=lost"), "DLI-203"),
    Wrong("unknown-parameter", orders(*DAY, "-p", "statsu=open"), "DLI-104"),
    Wrong("parameter-of-a-spec-without-any", ("metric", "run", "revenue", "-p", "day=2025-01-31"), "DLI-104"),
    Wrong("parameter-without-a-value", orders("-p", "day"), "DLI-203"),
    Wrong("parameter-without-a-name", orders("-p", "=2025-01-31"), "DLI-203"),
    Wrong("parameter-that-is-not-given", ("run", "SELECT * FROM 'orders.csv' WHERE day = {{ day }}"), "DLI-304"),
    Wrong("parameter-of-an-unknown-type", ("run", "SELECT {{ n }}", "-p", "n:int=3"), "DLI-203"),
    Wrong(
        "parameter-of-two-types", ("run", "SELECT {{ n }}", "-p", "n:integer=3", "-p", "n:date=2025-01-31"), "DLI-203"
    ),
    Wrong("parameter-that-is-no-integer", ("run", "SELECT {{ n }}", "-p", "n:integer=three"), "DLI-203"),
    Wrong("ds-is-no-date", orders("--ds", "yesterday"), USAGE),
    Wrong("ds-is-missing", ("run", "SELECT '{{ ds }}'"), "DLI-203"),
    Wrong("timeout-of-zero", orders("--timeout", "0"), USAGE),
    Wrong("drop-table-as-a-name", orders(*DAY, "-p", f"sort={ATTACK}"), "DLI-203"),
    Wrong("drop-table-as-a-date", orders("-p", f"day={ATTACK}"), "DLI-203"),
    Wrong("drop-table-after-from", ("run", "SELECT * FROM {{ t }}", "-p", f"t={ATTACK}"), "DLI-205"),
    Wrong("drop-table-glued-to-a-word", ("run", "SELECT * FROM orders_{{ t }}", "-p", f"t={ATTACK}"), "DLI-205"),
    Wrong(
        "drop-table-after-order-by",
        ("dataset", "run", "it", "-p", f"by={ATTACK}", "-o", "out.csv"),
        "DLI-205",
        files=dataset("SELECT * FROM 'orders.csv'\nORDER BY {{ by }}", "parameters: [{name: by}]\n"),
    ),
]
