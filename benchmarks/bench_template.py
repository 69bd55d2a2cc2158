"""One 62-line template with 12 parameters, an `if`, a `for` over ten and `ref()`: cold and warm.

From Python, where values and functions cross over; and the crate by itself beside the bare engine that it is built on.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dli_fast
import jinja2
import minijinja
import pytest
from conftest import Compare
from data import ROOT
from measure import OURS, Comparison

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


def test_the_crate(record: Callable[[Comparison], None], short: bool) -> None:
    """The crate's own benchmark. The bare engine does less: it neither escapes nor keeps a source map."""
    if short:
        pytest.skip("builds the crate once more")
    command = ["cargo", "bench", "--quiet", "--no-default-features", "--bench", "template"]
    done = subprocess.run(command, cwd=ROOT / "crates" / "dli_fast", check=True, capture_output=True, text=True)
    lines = re.findall(r"^(\w+ \w+) +([\d.]+) µs$", done.stdout, re.MULTILINE)
    found = {name: float(micros) / 1e6 for name, micros in lines}
    for case, state in (("compile and render", "cold"), ("render again", "warm")):
        seconds = {OURS: found[f"dli {state}"], "minijinja crate": found[f"minijinja {state}"]}
        record(Comparison("template", f"{case}, in Rust", "1 render", seconds))
