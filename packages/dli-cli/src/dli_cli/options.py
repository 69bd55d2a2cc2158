"""Every option, worded once. A new option is a type here and a field in the options value it belongs to.

ProjectOptions   -C --env --specs                 every command that reads a project
 └─ RunOptions   -p -o --format --dry-run …       what runs SQL
ListOptions      --format table|json              listings
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Annotated, get_args

import typer

from dli_cli.usage import UsageError, nearest
from dli_core.errors.phrase import Text, either
from dli_core.export.formats import FORMATS
from dli_core.export.formats import Compression as Codec

TABLE = "table"
STDOUT = Path("-")
DEFAULT_RECEIPT = ""  # `--receipt` without a path; main.run writes it as `--receipt=`


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(Text("usage.date", text=text)) from None


def _delimiter(text: str) -> str:
    text = {"\\t": "\t", "tab": "\t"}.get(text, text)
    if len(text) != 1 or not text.isascii() or text in '"\r\n':
        raise typer.BadParameter(Text("usage.delimiter", text=text))
    return text


def _whole(least: int, most: int | None = None) -> Callable[[str], int]:
    """A reader of whole numbers in a range."""
    wanted = "usage.between" if most else "usage.at_least"

    def read(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not least <= int(text[:18]) <= (most or 10**18):
            raise typer.BadParameter(Text(wanted, text=text, least=least, most=most))
        return int(text)

    return read


# Arguments

Name = Annotated[str, typer.Argument(metavar="NAME", help="The whole name, or its last part where that is unique.")]
Names = Annotated[list[str] | None, typer.Argument(metavar="NAME", help="Names; all of them when left out.")]

# Where specs and settings come from

Directory = Annotated[
    Path | None,
    typer.Option("-C", "--directory", metavar="DIR", help="The project's folder; unset: the nearest one upward."),
]
Environment = Annotated[
    str | None,
    typer.Option("--env", metavar="ENV", help="An environment of the configuration; unset: DLI_ENV, default_env."),
]
Specs = Annotated[str | None, typer.Option("--specs", metavar="local|server", help="Where specs are read from.")]

# What runs, and where

Params = Annotated[
    list[str],
    typer.Option(
        "-p",
        "--param",
        metavar="NAME=VALUE",
        help="A parameter; repeat it for others and for lists. NAME:null is null.",
    ),
]
Day = Annotated[
    date | None, typer.Option("--ds", parser=_date, metavar="DATE", help="The date that {{ ds }} stands for.")
]
Engine = Annotated[
    str | None, typer.Option("--engine", metavar="ENGINE", help="Run on this engine; unset: local.engine.")
]
Local = Annotated[bool, typer.Option("--local", help="Connect to the engine from here (the default).")]
Server = Annotated[bool, typer.Option("--server", help="Let the Basecamp Server run it.")]
Timeout = Annotated[
    int | None,
    typer.Option(
        "--timeout",
        parser=_whole(1, 3600),
        metavar="SECONDS",
        help="Wait this long for the engine, 1 to 3600; unset: the spec's, else 300.",
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print the SQL and let the engine check it; run nothing.")]
Yes = Annotated[bool, typer.Option("--yes", help="Change data in a protected environment without being asked.")]
AllowInexact = Annotated[
    bool, typer.Option("--allow-inexact", help="Run a translation to another dialect even where it may differ.")
]

# What is written

OutputFile = Annotated[
    Path | None,
    typer.Option("-o", "--output", metavar="FILE", help="Write the full result to FILE; - is standard output."),
]
Format = Annotated[
    str | None,
    typer.Option(
        "--format", metavar="FORMAT", help=f"{', '.join(FORMATS)}, or table; unset: by FILE's suffix, else csv."
    ),
]
Compression = Annotated[
    str | None,
    typer.Option(
        "--compression",
        metavar="CODEC",
        help="none, gzip, zstd; inside of Parquet and Arrow also snappy, lz4. Unset: by FILE's suffix.",
    ),
]
Rows = Annotated[
    int | None,
    typer.Option(
        "--rows", parser=_whole(0), metavar="N", help="Fetch at most N rows for the table; 0 for all, unset: 10,000."
    ),
]
ReceiptOption = Annotated[
    str | None,
    typer.Option(
        "--receipt", metavar="[=PATH]", help="Write a receipt beside FILE, or to PATH: 'dli verify' checks it."
    ),
]
Delimiter = Annotated[
    str | None,
    typer.Option("--delimiter", parser=_delimiter, metavar="CHAR", help="Between the cells of CSV; unset: a comma."),
]
Null = Annotated[str | None, typer.Option("--null", metavar="TEXT", help="How CSV writes null; unset: nothing at all.")]
Bom = Annotated[bool, typer.Option("--bom", help="Start CSV with a byte order mark, for Excel.")]
CsvSafe = Annotated[bool, typer.Option("--csv-safe", help="Disarm CSV cells that a spreadsheet would run as formulas.")]
JsonNumbers = Annotated[
    str | None,
    typer.Option("--json-numbers", metavar="exact|string", help="JSON: 'string' quotes big integers and decimals."),
]

# Listings

ListFormat = Annotated[str, typer.Option("--format", metavar="table|json", help="For people (unset), or for programs.")]


def one_of(option: str, value: str | None, allowed: tuple[str, ...]) -> None:
    """Refuse a value that the option does not have."""
    if value is not None and value not in allowed:
        near = nearest(value, allowed)
        facts = {"option": option, "value": value}
        raise UsageError(
            Text("usage.no_value_meant", **facts, near=near)
            if near
            else Text("usage.no_value", **facts, names=either(allowed))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectOptions:
    """Which project, and in which environment."""

    env: Environment = None
    specs: Specs = None
    directory: Directory = None

    def __post_init__(self) -> None:
        one_of("--specs", self.specs, ("local", "server"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOptions(ProjectOptions):
    """A listing."""

    format: ListFormat = TABLE

    def __post_init__(self) -> None:
        ProjectOptions.__post_init__(self)
        one_of("--format", self.format, (TABLE, "json"))


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions(ProjectOptions):
    """One run: with what, where, and what becomes of its rows."""

    param: Params = field(default_factory=list[str])
    output: OutputFile = None
    format: Format = None
    compression: Compression = None
    receipt: ReceiptOption = None
    rows: Rows = None
    dry_run: DryRun = False
    timeout: Timeout = None
    ds: Day = None
    local: Local = False
    server: Server = False
    engine: Engine = None
    allow_inexact: AllowInexact = False
    yes: Yes = False
    csv_safe: CsvSafe = False
    bom: Bom = False
    null: Null = None
    delimiter: Delimiter = None
    json_numbers: JsonNumbers = None

    def __post_init__(self) -> None:
        ProjectOptions.__post_init__(self)
        one_of("--compression", self.compression, get_args(Codec))
        one_of("--json-numbers", self.json_numbers, ("exact", "string"))
        one_of("--format", self.format, (*FORMATS, TABLE))
        if self.local and self.server:
            raise UsageError(Text("usage.local_server"), Text("usage.one_or_neither"))
        to_file = self.output not in {None, STDOUT}
        if self.format == TABLE and self.output is not None:
            raise UsageError(Text("usage.table_output"), Text("usage.leave_one"))
        if self.rows is not None and self.output is not None:
            raise UsageError(Text("usage.rows_output"), Text("usage.leave_one"))
        if self.receipt is not None and not to_file and not self.dry_run:
            raise UsageError(Text("usage.receipt"), Text("usage.name_file"))

    def target(self, *, on_terminal: bool) -> Path | None:
        """Where all rows go; None is the table on the screen."""
        if self.output is not None:
            return self.output
        if self.format == TABLE or (self.format is None and on_terminal):
            return None
        return STDOUT

    def shape(self) -> dict[str, object]:
        """What shapes the bytes, by the names of `ExportOptions`; only what was given."""
        receipt = self.receipt is not None and (self.receipt == DEFAULT_RECEIPT or Path(self.receipt))
        given: dict[str, object] = {
            "receipt": receipt or None,
            "safe": self.csv_safe or None,
            "bom": self.bom or None,
            "null": self.null,
            "delimiter": self.delimiter,
            "numbers": self.json_numbers,
        }
        return {name: value for name, value in given.items() if value is not None}
