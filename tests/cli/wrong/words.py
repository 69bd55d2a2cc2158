"""Command lines that are no commands."""

from __future__ import annotations

from tests.cli.wrong.case import USAGE, Wrong

CASES = [
    Wrong("unknown-command", ("datset", "list"), USAGE),
    Wrong("unknown-verb", ("dataset", "rnu", "orders"), USAGE),
    Wrong("unknown-option", ("dataset", "run", "orders", "--fromat", "csv"), USAGE),
    Wrong("name-missing", ("dataset", "run"), USAGE),
    Wrong("argument-too-many", ("dataset", "run", "orders", "revenue"), USAGE),
    Wrong("option-without-a-value", ("run", "SELECT 1", "-o"), USAGE),
    Wrong("rows-is-no-number", ("run", "SELECT 1", "--rows", "many"), USAGE),
    Wrong("unknown-error-code", ("explain", "DLI-4003"), USAGE),
    Wrong("unknown-run", ("jobs", "show", "7f3a"), USAGE),
    Wrong("unknown-kind-of-spec", ("schema", "datset"), USAGE),
    Wrong("init-where-a-project-is", ("init", "."), USAGE),
    Wrong("init-with-an-unknown-example", ("init", "new", "--example", "fligths"), USAGE),
    Wrong("a-command-of-a-later-version", ("workflow", "list"), USAGE),
]
