"""`dli config set`: one value in one file, every other byte kept. `dli_core.config.edit` does it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dli_cli.console import Console
from dli_cli.options import Directory
from dli_cli.usage import UsageError
from dli_core.errors import ErrorCode, error
from dli_core.errors.phrase import Text
from dli_core.errors.safe import escaped

Key = Annotated[str, typer.Argument(metavar="KEY", help="A dotted path like local.engine.")]
Value = Annotated[str, typer.Argument(metavar="VALUE", help="Its value; null takes it back.")]
InProject = Annotated[bool, typer.Option("--project", help="Write dli.yaml, which is shared by Git.")]
InPrivate = Annotated[bool, typer.Option("--private", help="Write .dli.local.yaml, which is not.")]


def set_command(
    console: Console,
    key: Key,
    value: Value,
    project: InProject = False,
    private: InPrivate = False,
    directory: Directory = None,
) -> None:
    """Write one value into a configuration file.

    That is your own ~/.dli/config.yaml, unless you say otherwise. Every other byte of the file stays as it is, and
    what would not load again is refused.

    dli config set execution.timeout 600
    dli config set --project local.duckdb.database data.duckdb
    dli config set --private server.api_key '${BASECAMP_API_KEY}'
    """
    from dli_core.config.edit import set_value  # noqa: PLC0415 - --help needs none

    if project and private:
        raise UsageError(Text("usage.project_private"), Text("usage.one_or_neither"))
    path = _file(console, project=project, private=private, directory=directory)
    set_value(path, key, value)
    console.tell("screen.is_set", key=escaped(key), path=escaped(str(path)))


def _file(console: Console, *, project: bool, private: bool, directory: Path | None) -> Path:
    """The file to write. The configuration is not resolved for it: `set` is also how a broken one is mended."""
    from dli_core.config.files import PRIVATE_FILE, PROJECT_FILE, find_root, home_of  # noqa: PLC0415 - as above

    if project or private:
        asked = directory or console.environ.get("DLI_PROJECT_PATH")
        root = Path(asked).expanduser() if asked else find_root(Path.cwd())
        if root is None:
            raise error(ErrorCode.CONFIG_NOT_FOUND, "no_project", path=str(Path.cwd()))
        if not root.is_dir():
            raise error(ErrorCode.CONFIG_NOT_FOUND, "no_folder", path=str(root))
        return root / (PROJECT_FILE if project else PRIVATE_FILE)
    home = home_of(console.environ)
    if home is None:
        raise UsageError(Text("usage.no_home"), Text("usage.set_home"))
    return home / ".dli" / "config.yaml"
