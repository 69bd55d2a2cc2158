"""The output formats: one row each. A new format is a function here and a row in FORMATS."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import dli_fast

if TYPE_CHECKING:
    from dli_core.export.options import ExportOptions

Progress = Callable[[int, int], object]
"""Rows and bytes so far; called from the calling thread, at most 10 times a second."""

Write = Callable[[object, int, "ExportOptions", Progress | None], "dli_fast.Written"]


@dataclass(frozen=True, slots=True)
class Format:
    """A name on the command line, the suffixes that mean it, and the function that writes it to a descriptor."""

    suffixes: tuple[str, ...]
    write: Write


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
        compression=o.compression,
        level=o.level,
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
        compression=o.compression,
        level=o.level,
        progress=progress,
    )


def _array(stream: object, fd: int, o: ExportOptions, progress: Progress | None) -> dli_fast.Written:
    return _json(stream, fd, o, progress, lines=False)


def _ndjson(stream: object, fd: int, o: ExportOptions, progress: Progress | None) -> dli_fast.Written:
    return _json(stream, fd, o, progress, lines=True)


FORMATS: Mapping[str, Format] = {
    "csv": Format((".csv",), _csv),
    "json": Format((".json",), _array),
    "ndjson": Format((".ndjson", ".jsonl"), _ndjson),
}
