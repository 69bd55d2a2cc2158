"""Specs that cannot be read, found or rendered."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from tests.cli.wrong.case import USAGE, Wrong, dataset

IT = ("dataset", "run", "it", "-o", "out.csv")
SPEC = "name: shop.main.it\nquery_statement: SELECT 1\n"


@contextmanager
def pipe_as_spec(folder: Path) -> Generator[None]:
    """A spec's name, and behind it somebody who never writes."""
    os.mkfifo(folder / "dataset.it.yaml")
    try:
        yield
    finally:
        (folder / "dataset.it.yaml").unlink()


@contextmanager
def link_out(folder: Path) -> Generator[None]:
    (folder.parent / "elsewhere.sql").write_text("SELECT 1")
    (folder / "it.sql").symlink_to(folder.parent / "elsewhere.sql")
    try:
        yield
    finally:
        (folder / "it.sql").unlink()
        (folder.parent / "elsewhere.sql").unlink()


def _metric(expression: str, more: str = "") -> dict[str, str | bytes | None]:
    """A dataset that asks for a metric of this expression."""
    measure = f"name: odd, aggregation: expression, expression: {expression!r}, {more}"
    spec = f"name: shop.main.odd\nquery_statement: SELECT 1\nmetrics: [{{{measure}}}]\n"
    return {**dataset("SELECT METRIC(odd) FROM 'orders.csv'"), "metric.odd.yaml": spec}


CASES = [
    # What the file says
    Wrong("misspelt-key", IT, "DLI-202", files={"dataset.it.yaml": "name: shop.main.it\nquery_statment: SELECT 1\n"}),
    Wrong(
        "several-problems-in-one-file",
        IT,
        "DLI-202",
        files={
            "dataset.it.yaml": (
                "name: it\nowner: 12\ntagz: [a]\nparameters:\n  - {name: n, type: int}\n  - {name: n}\n"
                "execution: {timeout_seconds: 0}\nquery_statement: SELECT 1\nquery_file: it.sql\n"
            )
        },
    ),
    Wrong("bad-yaml", IT, "DLI-202", files={"dataset.it.yaml": "name: shop.main.it\nquery_statement: [1, 2\n"}),
    Wrong("tab-in-yaml", IT, "DLI-202", files={"dataset.it.yaml": "name: shop.main.it\nparameters:\n\t- name: n\n"}),
    Wrong("duplicate-key", IT, "DLI-202", files={"dataset.it.yaml": f"{SPEC}name: shop.main.other\n"}),
    Wrong("alias-in-yaml", IT, "DLI-202", files={"dataset.it.yaml": f"{SPEC}tags: &t [a]\ndomains: *t\n"}),
    Wrong("tag-in-yaml", IT, "DLI-202", files={"dataset.it.yaml": f"{SPEC}owner: !!python/object:os.system x\n"}),
    Wrong("200000-brackets", IT, "DLI-202", files={"dataset.it.yaml": f"{SPEC}tags: {'[' * 200_000}\n"}),
    Wrong("spec-of-two-megabytes", IT, "DLI-202", files={"dataset.it.yaml": SPEC + "# " + "x" * 2_000_000}),
    Wrong("spec-is-binary", IT, "DLI-202", files={"dataset.it.yaml": b"name: shop.main.it\n\xff\xfe\x00"}),
    Wrong("spec-is-empty", IT, "DLI-202", files={"dataset.it.yaml": ""}),
    Wrong("spec-is-a-pipe", IT, "DLI-202", around=pipe_as_spec),
    Wrong("spec-without-a-query", IT, "DLI-202", files={"dataset.it.yaml": "name: shop.main.it\n"}),
    Wrong("two-specs-of-one-name", IT, "DLI-202", files={"dataset.it.yaml": SPEC, "more/dataset.it.yaml": SPEC}),
    # Which one is meant
    Wrong("unknown-dataset", ("dataset", "run", "ordres"), "DLI-101"),
    Wrong("unknown-metric", ("metric", "run", "revenu"), "DLI-102"),
    Wrong("metric-run-as-dataset", ("dataset", "run", "shop.main.revenue"), "DLI-101"),
    Wrong("dataset-without-a-project", ("dataset", "run", "orders"), "DLI-101", files={"dli.yaml": None}),
    Wrong("list-without-a-project", ("dataset", "list"), "DLI-002", files={"dli.yaml": None}),
    Wrong("validate-without-a-project", ("metric", "validate"), "DLI-002", files={"dli.yaml": None}),
    Wrong("metric-run-as-dataset-by-its-short-name", ("dataset", "run", "revenue"), "DLI-101"),
    Wrong(
        "ambiguous-name",
        ("dataset", "get", "orders"),
        "DLI-101",
        files={"dataset.archive.yaml": "name: shop.archive.orders\nquery_statement: SELECT 1\n"},
    ),
    Wrong("name-of-the-file-is-not-read", IT, "DLI-101", files={"it.yaml": SPEC}),
    Wrong("name-of-the-file-is-nearly-read", IT, "DLI-101", files={"datasets/it.dataset.yml": SPEC}),
    Wrong("name-of-a-spec-as-sql", ("run", "orders"), USAGE),
    Wrong("misspelt-name-of-a-spec-as-sql", ("run", "shop.main.ordres"), USAGE),
    # The files it names
    Wrong("query-file-missing", IT, "DLI-105", files={"dataset.it.yaml": "name: shop.main.it\nquery_file: it.sql\n"}),
    Wrong(
        "query-file-outside",
        IT,
        "DLI-201",
        files={"dataset.it.yaml": "name: shop.main.it\nquery_file: ../../etc/passwd\n"},
    ),
    Wrong(
        "query-file-links-outside",
        IT,
        "DLI-201",
        files={"dataset.it.yaml": "name: shop.main.it\nquery_file: it.sql\n"},
        around=link_out,
    ),
    Wrong(
        "query-file-is-not-utf8",
        IT,
        "DLI-105",
        files={"dataset.it.yaml": "name: shop.main.it\nquery_file: it.sql\n", "it.sql": b"SELECT '\xe9'"},
    ),
    # Templates
    Wrong("endless-loop", IT, "DLI-304", files=dataset("SELECT 1 {% for i in range(1000000000) %}+ 1{% endfor %}")),
    Wrong(
        "nested-loops",
        IT,
        "DLI-304",
        files=dataset(
            "SELECT 1\n{% for i in range(9999) %}{% for j in range(9999) %}{% for k in range(9999) %}"
            "+ 1{% endfor %}{% endfor %}{% endfor %}"
        ),
    ),
    Wrong(
        "endless-recursion",
        IT,
        "DLI-304",
        files=dataset("{% macro again() %}{{ again() }}{% endmacro %}\nSELECT {{ again() }}"),
    ),
    Wrong(
        "two-files-that-include-each-other",
        IT,
        "DLI-304",
        files={
            **dataset("SELECT 1\n{% include 'a.sql' %}"),
            "a.sql": "{% include 'b.sql' %}",
            "b.sql": "{% include 'a.sql' %}",
        },
    ),
    Wrong("template-not-closed", IT, "DLI-304", files=dataset("SELECT 1\n{% if true %}\n, 2")),
    Wrong("template-misspelt-word", IT, "DLI-304", files=dataset("SELECT 1\n{% fro x in [1] %}\n{% endfor %}")),
    Wrong(
        "template-undeclared-name",
        IT,
        "DLI-304",
        files=dataset("SELECT {{ dya }}", "parameters: [{name: day, default: x}]\n"),
    ),
    Wrong("template-unknown-filter", IT, "DLI-304", files=dataset("SELECT {{ 'a' | uper }}")),
    Wrong("template-includes-nothing", IT, "DLI-304", files=dataset("SELECT 1\n{% include 'gone.sql' %}")),
    Wrong("template-reaches-for-python", IT, "DLI-304", files=dataset("SELECT {{ ''.__class__.__mro__ }}")),
    Wrong("ref-of-an-unknown-dataset", IT, "DLI-101", files=dataset("SELECT * FROM {{ ref('ordres') }}")),
    Wrong(
        "var-that-is-not-set",
        IT,
        "DLI-304",
        files={**dataset("SELECT {{ var('lookbak') }}"), "dli.yaml": "vars: {lookback: 7}\n"},
    ),
    Wrong("env-var-that-is-not-allowed", IT, "DLI-205", files=dataset("SELECT {{ env_var('HOME') }}")),
    Wrong(
        "env-var-that-is-not-set",
        IT,
        "DLI-304",
        files={**dataset("SELECT {{ env_var('REGION') }}"), "dli.yaml": "env_vars: [REGION]\n"},
    ),
    Wrong("this-in-plain-sql", ("run", "SELECT * FROM {{ this() }}"), "DLI-304"),
    # Metrics in queries
    Wrong("metric-that-is-unknown", IT, "DLI-302", files=dataset("SELECT day,\n  METRIC(revenu)\nFROM 'orders.csv'")),
    Wrong(
        "metric-of-two-specs",
        IT,
        "DLI-302",
        files={
            **dataset("SELECT METRIC(revenue) FROM 'orders.csv'"),
            "metric.b.yaml": "name: shop.main.b\nquery_statement: SELECT 1\n"
            "metrics: [{name: revenue, aggregation: count, expression: '*'}]\n",
        },
    ),
    Wrong("metric-without-a-name", ("run", "SELECT METRIC(1 + 1)"), "DLI-302"),
    Wrong("metric-that-never-ends", IT, "DLI-302", files=_metric("METRIC(odd) + 1")),
    Wrong("metric-of-broken-sql", IT, "DLI-302", files=_metric("SUM(amount")),
    Wrong("metric-with-filters-and-no-aggregate", IT, "DLI-302", files=_metric("amount", "filters: [amount > 1]")),
    Wrong("metric-in-a-string-that-is-not-closed", IT, "DLI-302", files=dataset("SELECT METRIC(revenue), 'a")),
    Wrong("metric-deep-in-brackets", IT, "DLI-302", files=dataset("(" * 5000 + "SELECT METRIC(revenue)" + ")" * 5000)),
    Wrong("metric-in-broken-sql", IT, "DLI-302", files=dataset("SELECT METRIC(revenue),\n  ((1)\nFROM 'orders.csv'")),
    Wrong(
        "metric-of-other-columns",
        IT,
        "DLI-405",
        1,
        files=dataset("SELECT 1,\n  METRIC(revenue)\nFROM (SELECT 2 AS two)"),
    ),
    Wrong("another-dialect", IT, "DLI-303", files=dataset("SELECT 1", "execution: {dialect: trino}\n")),
    Wrong("dml-in-a-select-dataset", ("dataset", "run", "it"), "DLI-201", files=dataset("CREATE TABLE t (a INT)")),
]
