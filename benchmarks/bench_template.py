"""One 62-line template with 12 parameters, an `if`, a `for` over ten and `ref()`: cold and warm."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import dli_fast
import jinja2
import minijinja
from conftest import Compare

TEMPLATE = (Path(__file__).parent / "inputs" / "daily_orders.sql").read_text()
CHANNELS = ["web", "app", "tv", "sms", "mail", "call", "shop", "kiosk", "tmall", "naver"]
VALUES: dict[str, Any] = {
    "start_date": "2025-01-01",
    "end_date": "2025-01-31",
    "country": "KR",
    "min_amount": 100,
    "channels": CHANNELS,
    "status": "paid",
    "segment": "vip",
    "threshold": 0.25,
    "limit_rows": 100000,
    "tz": "Asia/Seoul",
    "env": "prod",
    "only_new": True,
}
CALLS = 300


def many(run: Callable[[], object]) -> Callable[[], None]:
    def loop() -> None:
        for _ in range(CALLS):
            run()

    return loop


def ref(name: str) -> dli_fast.Identifier:
    return dli_fast.Identifier("analytics", name)


def plain_ref(name: str) -> str:
    return f'"analytics"."{name}"'


def var(_name: str) -> str:
    return "prod"


def test_cold(compare: Compare) -> None:
    def ours() -> str:
        templates = dli_fast.Templates("trino", {"t": TEMPLATE})
        return templates.render("t", VALUES, {"ref": ref, "var": var}).sql

    def jinja() -> str:
        return jinja2.Environment().from_string(TEMPLATE).render(**VALUES, ref=plain_ref, var=var)

    def mini() -> str:
        return minijinja.Environment().render_str(TEMPLATE, **VALUES, ref=plain_ref, var=var)

    assert ours().split()[:3] == jinja().split()[:3]
    compare(
        "compile and render, from Python",
        "1 render",
        {"dli": many(ours), "jinja2": many(jinja), "minijinja": many(mini)},
        scale=CALLS,
    )


def test_warm(compare: Compare) -> None:
    functions = {"ref": ref, "var": var}
    templates = dli_fast.Templates("trino", {"t": TEMPLATE})
    compiled = jinja2.Environment().from_string(TEMPLATE)
    environment = minijinja.Environment(templates={"t": TEMPLATE})
    compare(
        "render again, from Python",
        "1 render",
        {
            "dli": many(lambda: templates.render("t", VALUES, functions).sql),
            "jinja2": many(lambda: compiled.render(**VALUES, ref=plain_ref, var=var)),
            "minijinja": many(lambda: environment.render_template("t", **VALUES, ref=plain_ref, var=var)),
        },
        scale=CALLS,
    )
