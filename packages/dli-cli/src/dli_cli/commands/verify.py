"""`dli verify`: does a file still hold what its receipt says?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dli_cli import amounts
from dli_cli.app import App
from dli_cli.console import Console
from dli_cli.options import TABLE, ListFormat, one_of
from dli_core.errors.safe import escaped

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
        (console.data if found.verdict.value == "match" else console.note)("\n".join(_told(found)))
    code = {"match": MATCH, "no_receipt": NO_RECEIPT}.get(found.verdict.value, MISMATCH)
    raise typer.Exit(code)


def _told(found: Verification) -> list[str]:
    path, expected = escaped(str(found.path)), found.expected
    if expected is None:
        return [
            f"✗ {path} has no receipt: {escaped(str(found.receipt))} does not exist",
            "  Export it with --receipt to get one.",
        ]
    facts = f"{amounts.count(expected.rows, 'row')}, {amounts.count(expected.bytes, 'byte')}"
    if found.verdict.value == "match":
        return [f"✓ {path} is complete: {facts}", f"  sha256 {found.sha256}"]
    what = "is newer than its receipt" if found.verdict.value == "stale" else "is not what its receipt says"
    also = ["  The receipt is that of an earlier export."] if found.verdict.value == "stale" else []
    return [
        f"✗ {path} {what}",
        *also,
        f"  expected  {amounts.count(expected.bytes, 'byte')}, sha256 {expected.sha256}",
        f"  found     {amounts.count(found.bytes or 0, 'byte')}, sha256 {found.sha256}",
    ]
