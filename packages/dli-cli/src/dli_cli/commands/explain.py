"""`dli explain`: what an error code means, in the user's language."""

from __future__ import annotations

from typing import Annotated

import typer

from dli_cli import tables
from dli_cli.app import App
from dli_cli.console import Console
from dli_cli.options import TABLE, ListFormat, one_of
from dli_cli.usage import UsageError, unknown
from dli_core.errors import ErrorCode
from dli_core.errors.phrase import Text
from dli_core.errors.show import format_explanation
from dli_core.errors.text import explain

app = App()

Code = Annotated[str | None, typer.Argument(metavar="CODE", help="Like DLI-403, 403 or its name; all when left out.")]


@app.verb()
def explain_command(console: Console, code: Code = None, format: ListFormat = TABLE) -> None:  # noqa: A002 - the option's name
    """Tell more about an error code, or list all of them.

    dli explain DLI-403
    dli explain
    """
    one_of("--format", format, (TABLE, "json"))
    if code is None:
        _list(console, format)
        return
    found = ErrorCode.parse(code)
    if found is None:
        names = [known.value for known in ErrorCode] + [known.name for known in ErrorCode]
        message = unknown("code", code, names)
        raise UsageError(message, Text("usage.list_codes"))
    if format == "json":
        console.json({"code": found.value, **_facts(found, console.language)})
    else:
        console.data(format_explanation(found, console.language, width=min(console.width, 100)))


def _list(console: Console, format: str) -> None:  # noqa: A002 - as above
    if format == "json":
        console.json([{"code": code.value, **_facts(code, console.language)} for code in ErrorCode])
        return
    titles = [explain(code, console.language).title.partition("] ")[2] for code in ErrorCode]
    rows = [[code.value, code.name, str(code.exit_code), title] for code, title in zip(ErrorCode, titles, strict=True)]
    heads = [console.say(f"explain.head_{name}") for name in ("code", "name", "exit", "message")]
    width = console.width if console.on_terminal else None
    console.data("\n".join(tables.plain(heads, rows, width)))


def _facts(code: ErrorCode, lang: str) -> dict[str, object]:
    told = explain(code, lang)
    return {
        "name": code.name,
        "exit_code": code.exit_code,
        "http_status": code.http_status,
        "message": told.title.partition("] ")[2],
        "text": told.text,
        "causes": list(told.causes),
        "hints": list(told.hints),
    }
