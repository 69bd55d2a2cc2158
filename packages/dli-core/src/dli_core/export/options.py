"""What an export writes: resolved once from `-o`, `--format`, `--compression` and the suffix; never guessed again.

    path + options ──▶ export_options() ──▶ ExportOptions ──▶ export.sink
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from dli_core.errors import ErrorCode, error
from dli_core.export.formats import FORMATS

Compression = Literal["none", "gzip", "zstd"]
SUFFIXES: dict[str, Compression] = {".gz": "gzip", ".gzip": "gzip", ".zst": "zstd", ".zstd": "zstd"}


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """How the bytes look.

    Attributes:
        format: a name in `export.formats.FORMATS`.
        compression: of the whole file, per block and in parallel.
        level: of the compression; None is the format's default.
        safe: prefix cells that a spreadsheet would run as formulas with `'` (CSV).
        bom: start with a byte order mark, for Excel (CSV).
        null: the text of a null (CSV).
        numbers: "string" quotes integers beyond 2^53 and decimals (JSON).
        binary: text form of binary values.
        receipt: write a receipt beside the file, or to this path.
    """

    format: str = "csv"
    compression: Compression = "none"
    level: int | None = None
    delimiter: str = ","
    header: bool = True
    null: str = ""
    bom: bool = False
    safe: bool = False
    numbers: Literal["exact", "string"] = "exact"
    nan: Literal["null", "error"] = "null"
    binary: Literal["base64", "hex"] = "base64"
    utf8: Literal["strict", "replace"] = "strict"
    receipt: bool | Path = False


def export_options(
    path: Path, format: str | None = None, compression: str | None = None, **others: object  # noqa: A002 - the option's name
) -> ExportOptions:
    """Options for `path`: what was not said is read from its suffixes (`out.csv.gz`), else CSV, uncompressed."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    packed = SUFFIXES.get(suffixes[-1]) if suffixes else None
    if packed:
        suffixes.pop()
    by_suffix = next((name for name, row in FORMATS.items() if suffixes and suffixes[-1] in row.suffixes), None)
    name = format or by_suffix or "csv"
    if name not in FORMATS:
        raise error(
            ErrorCode.CONFIG_INVALID, "format", value=name, allowed=", ".join(FORMATS), candidates=list(FORMATS)
        )
    return ExportOptions(format=name, compression=compression or packed or "none", **others)  # type: ignore[arg-type]
