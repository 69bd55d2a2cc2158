"""`dli schema`: the JSON Schema of a kind of spec."""

from __future__ import annotations

from typing import Annotated

import typer

from dli_cli.app import App
from dli_cli.console import Console
from dli_cli.usage import UsageError, unknown
from dli_core.errors.phrase import Text
from dli_core.specs.find import KINDS

app = App()

Kind = Annotated[str, typer.Argument(metavar="KIND", help="dataset, metric or quality.")]


@app.verb()
def schema_command(console: Console, kind: Kind) -> None:
    """Print the JSON Schema of a kind of spec, for editors and checks.

    'dli init' writes all of them into a project, with settings that make editors use them.

    dli schema dataset > dataset.schema.json
    """
    from dli_core.specs.schema import json_schema  # noqa: PLC0415 - builds the models; --help needs none

    if kind not in KINDS:
        message = unknown("kind", kind, KINDS)
        raise UsageError(message, Text("usage.kinds", names=[*KINDS]))
    console.json(json_schema(kind))
