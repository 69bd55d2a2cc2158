"""The output formats: one row each. A new format is a function here and a row in FORMATS.

    Format.write(stream, fd, options, progress) ─▶ Written: rows, drained, bytes, sha256 for a receipt

A writer knows bytes and nothing of paths, compression included; what a name's suffixes mean is settled in options.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import dli_fast

if TYPE_CHECKING:
    from dli_core.export.options import ExportOptions

Compression = Literal["none", "gzip", "zstd", "snappy", "lz4"]

Progress = Callable[[int, int], object]
"""Rows and bytes so far; called from the calling thread, at most 10 times a second."""

Write = Callable[[object, int, "ExportOptions", Progress | None], "dli_fast.Written"]


@dataclass(frozen=True, slots=True)
class Format:
    """A name on the command line and what belongs to it.

    Attributes:
        suffixes: file names that mean this format.
        write: puts a stream into a descriptor.
        options: the fields of ExportOptions, beyond compression, that change its bytes; setting another is an error.
        compressions: what it can be packed with; the first is the default.
        packs_itself: the compression is inside of the file, as in Parquet: no `.gz` or `.zst` behind its suffix.
    """

    suffixes: tuple[str, ...]
    write: Write
    options: frozenset[str] = frozenset()
    compressions: tuple[Compression, ...] = ("none", "gzip", "zstd")
    packs_itself: bool = False


def _csv(stream: object, fd: int, o: ExportOptions, progress: Progress | None) -> dli_fast.Written:
    return dli_fast.write_csv(
        stream,  # type: ignore[arg-type]
        fd,
        delimiter=o.delimiter,
        header=o.header,
        null=o.null,
        bom=o.bom,
        safe=o.safe,
        binary=o.binary,
        utf8=o.utf8,
        control=o.control,
        compression=o.compression,  # type: ignore[arg-type]  # ExportOptions has checked it
        level=o.level,
        sha256=o.hashed,
        progress=progress,
    )


def _json(stream: object, fd: int, o: ExportOptions, progress: Progress | None, *, lines: bool) -> dli_fast.Written:
    return dli_fast.write_json(
        stream,  # type: ignore[arg-type]
        fd,
        lines=lines,
        numbers=o.numbers,
        nan=o.nan,
        binary=o.binary,
        utf8=o.utf8,
        control=o.control,
        compression=o.compression,  # type: ignore[arg-type]  # as above
        level=o.level,
        sha256=o.hashed,
        progress=progress,
    )


def _array(stream: object, fd: int, o: ExportOptions, progress: Progress | None) -> dli_fast.Written:
    return _json(stream, fd, o, progress, lines=False)


def _ndjson(stream: object, fd: int, o: ExportOptions, progress: Progress | None) -> dli_fast.Written:
    return _json(stream, fd, o, progress, lines=True)


def _parquet(stream: object, fd: int, o: ExportOptions, progress: Progress | None) -> dli_fast.Written:
    return dli_fast.write_parquet(
        stream,  # type: ignore[arg-type]
        fd,
        compression=o.compression,  # type: ignore[arg-type]
        level=o.level,
        sha256=o.hashed,
        progress=progress,
    )


def _arrow(stream: object, fd: int, o: ExportOptions, progress: Progress | None) -> dli_fast.Written:
    return dli_fast.write_ipc(
        stream,  # type: ignore[arg-type]
        fd,
        compression=o.compression,  # type: ignore[arg-type]
        level=o.level,
        sha256=o.hashed,
        progress=progress,
    )


_CSV = frozenset({"delimiter", "header", "null", "bom", "safe", "binary", "utf8", "control"})
_JSON = frozenset({"numbers", "nan", "binary", "utf8", "control"})

FORMATS: Mapping[str, Format] = {
    "csv": Format((".csv", ".tsv"), _csv, _CSV),
    "json": Format((".json",), _array, _JSON),
    "ndjson": Format((".ndjson", ".jsonl"), _ndjson, _JSON),
    "parquet": Format(
        (".parquet", ".pq"), _parquet, compressions=("zstd", "snappy", "gzip", "none"), packs_itself=True
    ),
    "arrow": Format((".arrow", ".feather", ".ipc"), _arrow, compressions=("none", "zstd", "lz4"), packs_itself=True),
}
