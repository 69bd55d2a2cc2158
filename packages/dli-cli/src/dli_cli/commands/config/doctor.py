"""`dli config check`: the doctor. It also speaks when the configuration does not resolve."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from dli_cli.console import Console
from dli_cli.options import ListOptions
from dli_cli.session import overrides_of
from dli_cli.usage import EXIT_CODE
from dli_core.errors.phrase import said
from dli_core.errors.safe import escaped

if TYPE_CHECKING:
    from dli_core.config.check import Check

_MARKS = {"ok": "✓", "warn": "!", "fail": "✗", "skip": "-"}


def check_command(console: Console, options: ListOptions) -> None:
    """Check every file, variable, host and engine of the configuration, and its server.

    The exit code is 2 when something has to be mended, 3 when only an engine or the server does not answer.

    dli config check
    dli config check --env prod
    """
    from dli.server_check import check_server  # noqa: PLC0415 - --help needs none
    from dli_core.config.check import diagnose  # noqa: PLC0415 - as above

    found = diagnose(overrides_of(options), project=options.directory, environment=options.env, more=check_server)
    if options.format == "json":
        console.json([_as_json(check) for check in found])
    else:
        for check in found:
            name, message, remedy = (
                escaped(said(text, console.language)) for text in (check.name, check.message, check.remedy)
            )
            console.data(f"{_MARKS[check.status]} {name}: {message}")
            if remedy:
                console.data(f"    {remedy}")
    failed = [check for check in found if check.status == "fail"]
    silent = [check.problem for check in failed if check.problem is not None]
    for problem in silent:
        console.error(problem)
    if failed:
        codes = {problem.code.exit_code for problem in silent}
        raise typer.Exit(max(codes) if len(silent) == len(failed) else EXIT_CODE)


def _as_json(check: Check) -> dict[str, object]:
    found = {name: getattr(check, name) for name in ("name", "status", "message", "remedy")}
    return {**found, "code": check.problem.code.value if check.problem is not None else None}
