"""What an export writes: resolved once from `-o`, `--format`, `--compression` and the suffix; never guessed again.

    path + options ──▶ export_options() ──▶ ExportOptions ──▶ export.sink

What was said beats what a name suggests: `--format json -o out.csv` writes JSON. Two things are refused, because every
tool that opens the file would fail: a name that ends in another compression than the one that was asked for
(`out.csv.gz` and `--compression none`), and, where no format was said, a name that means one DLI does not write
(`out.xlsx`). Any other suffix, or none, is CSV.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Literal

import dli_fast

from dli_core.errors import ErrorCode, error
from dli_core.errors.phrase import Text, recognised
from dli_core.export.formats import FORMATS, Compression

SUFFIXES: dict[str, Compression] = {".gz": "gzip", ".gzip": "gzip", ".zst": "zstd", ".zstd": "zstd"}
# Names that mean something that CSV is not. A suffix in FORMATS comes first.
_FOREIGN = frozenset(
    {
        *(".parquet", ".pq", ".arrow", ".arrows", ".feather", ".ipc", ".orc", ".avro", ".npy", ".npz", ".h5", ".hdf5"),
        *(".xlsx", ".xls", ".ods", ".xml", ".html", ".htm", ".md", ".pdf", ".yaml", ".yml", ".pickle", ".pkl"),
        *(".sql", ".sqlite", ".db", ".duckdb", ".dta", ".sav"),
        *(".bz2", ".xz", ".lzma", ".lz4", ".br", ".snappy", ".zip", ".7z", ".tar", ".tgz"),
    }
)
_COMMON = frozenset({"format", "compression", "level", "receipt"})  # options of every format


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """How the bytes look. One that exists is right: a contradiction is DLI-001 when it is made.

    Attributes:
        format: a name in `export.formats.FORMATS`.
        compression: of the whole file, per block and in parallel; of the columns in Parquet and Arrow. The default
            of a format is that of `export_options`.
        level: of the compression; None is the format's default.
        delimiter: between cells, one ASCII character (CSV).
        header: start with the names of the columns (CSV).
        safe: prefix cells that a spreadsheet would run as formulas with `'` (CSV).
        bom: start with a byte order mark, for Excel (CSV).
        null: the text of a null (CSV).
        numbers: "string" quotes integers beyond 2^53 and decimals (JSON).
        nan: what NaN and infinity become: null, or the end of the export (JSON).
        binary: text form of binary values.
        control: "error" ends the export at a control character in text, other than tab and line ends.
        utf8: "replace" writes U+FFFD for bytes that are no text; "strict" ends the export with row and column.
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
    control: Literal["keep", "error"] = "keep"
    receipt: bool | Path = False

    @property
    def hashed(self) -> bool:
        """Is the SHA-256 taken while the bytes are written? It is for the receipt: it costs as much as the encoding."""
        return self.receipt is not False

    def __post_init__(self) -> None:
        row = FORMATS.get(self.format)
        if row is None:
            raise error(
                ErrorCode.CONFIG_INVALID,
                "format",
                value=self.format,
                allowed=", ".join(FORMATS),
                candidates=list(FORMATS),
            )
        if self.compression not in row.compressions:
            raise error(
                ErrorCode.CONFIG_INVALID,
                "compression",
                value=self.compression,
                format=self.format,
                allowed=", ".join(row.compressions),
            )
        changed = {f.name for f in fields(self) if f.name not in _COMMON and getattr(self, f.name) != f.default}
        for name in sorted(changed - row.options):
            raise error(ErrorCode.CONFIG_INVALID, "format_option", key=name, format=self.format)
        if changed or self.level is not None:
            self._try()

    def _try(self) -> None:
        """Let the writer itself judge the values, on no rows."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            FORMATS[self.format].write(dli_fast.from_rows([], [("column", "string")]), nowhere, self, None)
        except (ValueError, TypeError, OverflowError) as problem:
            what = recognised("write", str(problem))
            raise error(
                ErrorCode.CONFIG_INVALID, "output_option", problem=what, format=self.format, cause=problem
            ) from problem
        finally:
            os.close(nowhere)


def export_options(
    path: Path,
    format: str | None = None,  # noqa: A002 - the option's name
    compression: str | None = None,
    **others: object,
) -> ExportOptions:
    """Options for `path`: what was not said is read from its suffixes (`out.csv.gz`), else CSV, uncompressed.

    Raises DLI-001 for what contradicts itself.
    """
    suffixes = [suffix.lower() for suffix in path.suffixes]
    packed = SUFFIXES.get(suffixes[-1]) if suffixes else None
    ending = suffixes.pop() if packed else ""
    suffix = suffixes[-1] if suffixes else ""
    name = format or _by_suffix(suffix, path)
    row = FORMATS.get(name)
    if packed and (compression not in {None, packed} or (row and row.packs_itself)):
        raise error(
            ErrorCode.CONFIG_INVALID,
            "compression_suffix",
            suffix=ending,
            value=compression or Text("run.inside_of", format=name),
            path=str(path),
        )
    if suffix == ".tsv" and name == "csv":
        others = {"delimiter": "\t", **others}
    settled = compression or packed or (row.compressions[0] if row else "none")
    return ExportOptions(format=name, compression=settled, **others)  # type: ignore[arg-type]


def _by_suffix(suffix: str, path: Path) -> str:
    found = next((name for name, row in FORMATS.items() if suffix in row.suffixes), None)
    if found is None and suffix in _FOREIGN:
        allowed = ", ".join(suffix for row in FORMATS.values() for suffix in row.suffixes)
        raise error(ErrorCode.CONFIG_INVALID, "suffix", suffix=suffix, path=str(path), allowed=allowed)
    return found or "csv"
