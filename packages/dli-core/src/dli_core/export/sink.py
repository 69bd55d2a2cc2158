"""A running query → one complete file.

    stream ──▶ Format.write(fd) ──▶ counted, end proven ──▶ sealed ──▶ receipt

A format knows bytes and nothing of paths; `publish.sealed` knows paths and nothing of bytes. The target is the old
file until `seal()`: leaving the block without it leaves no trace.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from dli_core.engines.stream import QueryStream
from dli_core.errors import ErrorCode, error
from dli_core.export.formats import FORMATS, Progress
from dli_core.export.options import ExportOptions
from dli_core.export.publish import output_errors, sealed
from dli_core.export.receipt import Receipt, receipt_path, write_receipt
from dli_core.models.result import ExportResult

import dli_fast


def export(stream: QueryStream, path: Path, options: ExportOptions, progress: Progress | None = None) -> ExportResult:
    """Write every row of `stream` to `path`, or leave `path` as it was. Memory does not grow with the result.

    Raises DLI-408 when the engine did not say that the stream is complete or the counts differ, DLI-407 when the
    disk refuses, the engine's own error when the query fails in mid-stream.
    """
    start = time.monotonic()
    with sealed(path) as output:
        written = _write(stream, output.fd, path, options, progress)
        if written.rows != written.drained:
            raise error(ErrorCode.RESULT_INCOMPLETE, "drained", rows=written.rows, expected=written.drained)
        stream.done(written.rows)
        output.seal()
    facts: dict[str, Any] = {key: stream.info[key] for key in ("mode", "engine")}
    result = ExportResult(
        path=path,
        format=options.format,
        rows=written.rows,
        bytes=written.bytes,
        sha256=written.sha256,
        duration_ms=round((time.monotonic() - start) * 1000),
        sql=stream.query.sql,
        job_id=stream.job_id,
        warnings=tuple(stream.warnings),
        **facts,
    )
    if options.receipt and not output.streaming:
        receipt = receipt_path(path) if options.receipt is True else Path(options.receipt)
        write_receipt(receipt, Receipt.of(result, stream))
        return result.model_copy(update={"receipt": receipt})
    return result


def _write(
    stream: QueryStream, fd: int, path: Path, options: ExportOptions, progress: Progress | None
) -> dli_fast.Written:
    with stream.reading(), output_errors(path):
        try:
            return FORMATS[options.format].write(stream, fd, options, progress)
        except dli_fast.DataError as problem:
            raise error(
                ErrorCode.OUTPUT_FAILED,
                "value",
                path=str(path),
                column_name=problem.column,
                row=problem.row,
                problem=problem.message,
                cause=problem,
            ) from problem
