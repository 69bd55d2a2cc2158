"""`dli config show`, `get`, `path`: values, where they come from, and the files of the layers.

settings ─▶ ConfigAPI.show ─▶ {"local.engine": ("duckdb", dli.yaml:3)} ─▶ lines │ JSON. Secrets are ***.
"""

from __future__ import annotations

from typing import Annotated

import typer

from dli_cli import tables
from dli_cli.console import Console
from dli_cli.options import ListOptions, ProjectOptions
from dli_cli.session import open_session
from dli_core.errors import ErrorCode, error
from dli_core.errors.safe import escaped

Key = Annotated[str, typer.Argument(metavar="KEY", help="A dotted path like local.engine.")]
Section = Annotated[
    str | None, typer.Argument(metavar="KEY", help="A dotted path, or the start of one; all when left out.")
]
WithOrigin = Annotated[
    bool, typer.Option("--origin", help="Show which file, variable or option each value comes from.")
]


def show_command(console: Console, key: Section = None, origin: WithOrigin = False, *, options: ListOptions) -> None:
    """Show the values that are used, all layers together.

    dli config show
    dli config show local.duckdb --origin
    """
    from dli import ConfigAPI  # noqa: PLC0415 - --help needs none

    api = ConfigAPI.of(open_session(console, options).settings)
    values = {
        name: value for name, value in api.show().items() if key is None or name == key or name.startswith(f"{key}.")
    }
    if key is not None and not values:
        api.get(key)  # an empty mapping, or no key at all: that is DLI-001
    if options.format == "json":
        console.json({name: {"value": text, "origin": str(where)} for name, (text, where) in values.items()})
    elif origin:
        rows = [[name, text, str(where)] for name, (text, where) in values.items()]
        heads = [console.say(f"described.head_{name}") for name in ("key", "value", "origin")]
        width = console.width if console.on_terminal else None
        console.data("\n".join(tables.plain(heads, rows, width)))
    else:
        for name, (text, _) in values.items():
            console.data(escaped(f"{name} = {text}"))


def get_command(console: Console, key: Key, options: ProjectOptions) -> None:
    """Print one value, for scripts. A secret is printed as ***.

    dli config get local.engine
    """
    from dli import ConfigAPI  # noqa: PLC0415 - as above

    api = ConfigAPI.of(open_session(console, options).settings)
    shown = api.show()
    if key not in shown:
        api.get(key)  # DLI-001, unless it is a section or a mapping
        inside = {name.removeprefix(f"{key}."): text for name, (text, _) in shown.items() if name.startswith(f"{key}.")}
        console.json(inside)
        return
    text = shown[key][0]
    if text == "null":
        raise error(ErrorCode.CONFIG_MISSING, "missing_key", key=key)
    console.text(text)


def path_command(console: Console, options: ListOptions) -> None:
    """List the files that are layers, the highest first.

    Above them stand options and environment variables, below them the defaults.

    dli config path
    """
    from dli import ConfigAPI  # noqa: PLC0415 - as above

    paths = ConfigAPI.of(open_session(console, options).settings).path()
    if options.format == "json":
        console.json([{"path": str(path), "exists": path.is_file()} for path in paths])
    else:
        for path in paths:
            shown = escaped(str(path))
            console.data(shown if path.is_file() else console.say("screen.absent_file", path=shown))
