"""`dli version`: the versions of all parts, for a bug report."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

from dli_cli.app import App
from dli_cli.console import Console
from dli_cli.options import TABLE, ListFormat, one_of

app = App()

_OURS = ("dli-cli", "dli-sdk", "dli-core", "dli-fast", "dli-server")
_OTHERS = ("pydantic", "typer", "polars", "pyarrow")


@app.verb()
def version_command(console: Console, format: ListFormat = TABLE) -> None:  # noqa: A002 - the option's name
    """Show the versions of all parts that are installed.

    dli version
    dli version --format json
    """
    one_of("--format", format, (TABLE, "json"))
    found = _versions()
    if format == "json":
        console.json(found)
    else:
        console.data("\n".join(f"{name:<22}{value}" for name, value in found.items()))


def _versions() -> dict[str, str]:
    import dli_fast  # noqa: PLC0415 - only to ask how it was built

    from dli_core.engines.factory import drivers  # noqa: PLC0415 - as above

    build = dli_fast.build_info()
    found = {name: _installed(name) for name in (*_OURS, *drivers(), *_OTHERS)}
    return {
        **{name: text for name, text in found.items() if text},
        "dli-fast build": f"{build['profile']}, rustc {build['rustc'].removeprefix('rustc ')}",
        "python": platform.python_version(),
        "platform": platform.platform(),
    }


def _installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
