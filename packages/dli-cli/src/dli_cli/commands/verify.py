"""`dli verify`: does a file still hold what its receipt says?"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dli_cli import tables
from dli_cli.app import App
from dli_cli.console import Console
from dli_cli.options import TABLE, ListFormat, one_of
from dli_core.errors.phrase import counted
from dli_core.errors.safe import escaped
from dli_core.errors.show import columns

if TYPE_CHECKING:
    from dli_core.export.receipt import Verification

app = App()

Exported = Annotated[Path, typer.Argument(metavar="FILE", help="The exported file.")]
ReceiptPath = Annotated[
    Path | None, typer.Option("--receipt-file", metavar="PATH", help="Its receipt; unset: FILE.receipt.json.")
]
MATCH, MISMATCH, NO_RECEIPT = 0, 1, 2  # exit codes


@app.verb()
def verify_command(
    console: Console,
    file: Exported,
    receipt_file: ReceiptPath = None,
    format: ListFormat = TABLE,  # noqa: A002 - the option's name
) -> None:
    """Compare a file with its receipt.

    The exit code is 0 for a match, 1 for a mismatch, and 2 where there is no receipt.

    dli dataset run all_flights -o flights.csv --receipt
    dli verify flights.csv
    """
    one_of("--format", format, (TABLE, "json"))
    from dli_core.export.receipt import verify  # noqa: PLC0415 - pydantic; --help needs none

    found = verify(file, receipt_file)
    if format == "json":
        console.json(found.model_dump(mode="json"))
    else:
        (console.data if found.verdict.value == "match" else console.note)("\n".join(_told(console, found)))
    code = {"match": MATCH, "no_receipt": NO_RECEIPT}.get(found.verdict.value, MISMATCH)
    raise typer.Exit(code)


def _told(console: Console, found: Verification) -> list[str]:
    path, expected = escaped(str(found.path)), found.expected
    if expected is None:
        absent = console.say("verify.no_receipt", path=path, receipt=escaped(str(found.receipt)))
        return [absent, console.say("verify.export_again")]
    rows, size = counted(expected.rows, "row"), counted(expected.bytes, "byte")
    if found.verdict.value == "match":
        return [console.say("verify.complete", path=path, rows=rows, bytes=size), f"  sha256 {found.sha256}"]
    stale = found.verdict.value == "stale"
    order = "file_later" if found.later else "file_earlier"
    moments = [datetime.fromisoformat(text).astimezone() for text in (expected.created, found.written or "") if text]
    proof, now = (f"{moment:%Y-%m-%d %H:%M:%S}" for moment in moments)
    of_receipt = {"rows": rows, "bytes": size, "sha256": expected.sha256, "moment": proof}
    of_file = {"bytes": counted(found.bytes or 0, "byte"), "sha256": found.sha256, "moment": now}
    labels = [console.say("verify.expected"), console.say("verify.found")]
    width = max(map(columns, labels)) + 2
    return [
        console.say("verify.stale" if stale else "verify.mismatch", path=path),
        *([console.say(f"verify.{order}")] if stale else []),
        f"  {tables.pad(labels[0], width)}{console.say('verify.of_receipt', **of_receipt)}",
        f"  {tables.pad(labels[1], width)}{console.say('verify.of_file', **of_file)}",
        console.say("verify.repeat" if stale else "verify.damaged"),
    ]
