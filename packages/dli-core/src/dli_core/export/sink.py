"""A running query → one complete file.

    target ──▶ stream ──▶ Format.write(fd) ──▶ counted, end proven ──▶ file sealed ──▶ receipt sealed

A format knows bytes and nothing of paths; `publish.sealed` knows paths and nothing of bytes. The target is the old
file until `seal()`: leaving the block without it leaves no trace. What the system refuses is found when the target is
opened, so open it before the query runs.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any, NamedTuple

import dli_fast

from dli_core.engines.stream import QueryStream
from dli_core.errors import ErrorCode, error
from dli_core.errors.phrase import Text, recognised
from dli_core.export.formats import FORMATS, Progress
from dli_core.export.options import ExportOptions
from dli_core.export.publish import Output, has_receipt, output_errors, receipt_path, sealed
from dli_core.models.result import ExportResult


def export(stream: QueryStream, path: Path, options: ExportOptions, progress: Progress | None = None) -> ExportResult:
    """Write every row of an open stream to `path`: `target` and `take` in one."""
    with target(path, options) as sink:
        return sink.take(stream, progress)


@contextlib.contextmanager
def target(path: Path, options: ExportOptions) -> Generator[Target]:
    """Open what is to be written, the receipt too. Raises DLI-407 for whatever the system refuses."""
    with contextlib.ExitStack() as stack:
        output = stack.enter_context(sealed(path))
        receipt = _receipt_place(output, options)
        yield Target(output, options, None if receipt is None else stack.enter_context(sealed(receipt)))


class Target(NamedTuple):
    """An open target, and how its bytes look."""

    output: Output
    options: ExportOptions
    receipt: Output | None

    def take(self, stream: QueryStream, progress: Progress | None = None) -> ExportResult:
        """Write every row of `stream`, or leave everything as it was. Memory does not grow with the result.

        Raises DLI-408 when the engine did not say that the stream is complete or the counts differ, DLI-407 when the
        disk refuses, the engine's own error when the query fails in mid-stream.
        """
        start = time.monotonic()
        written = self._write(stream, progress)
        if written.rows != written.drained:
            raise error(
                ErrorCode.RESULT_INCOMPLETE,
                "drained",
                job_id=stream.job_id,
                rows=written.rows,
                expected=written.drained,
            )
        stream.done(written.rows)
        self.output.mark(stream.job_id)
        self.output.seal()
        result = self._result(stream, written, start)
        if self.receipt is not None:
            self._prove(self.receipt, result, stream)
        return result

    def _write(self, stream: QueryStream, progress: Progress | None) -> dli_fast.Written:
        path = str(self.output.path)
        stream.watch.mark_json(stream.json)
        # The stream comes first: an OSError may be its own, and then the disk is not to blame.
        with output_errors(self.output.path), stream.reading():
            try:
                return FORMATS[self.options.format].write(stream, self.output.fd, self.options, progress)
            except dli_fast.DataError as problem:
                raise error(
                    ErrorCode.OUTPUT_FAILED,
                    "value",
                    path=path,
                    column_name=problem.column,
                    row=problem.row,
                    problem=recognised("write", problem.message),
                    cause=problem,
                ) from problem

    def _prove(self, receipt: Output, result: ExportResult, stream: QueryStream) -> None:
        from dli_core.export.receipt import Receipt  # noqa: PLC0415 - most exports have none, and building it takes 2 ms

        text = Receipt.of(result, stream).text()
        with output_errors(receipt.path):
            rest = memoryview(text.encode(errors="backslashreplace"))
            while rest:
                rest = rest[os.write(receipt.fd, rest) :]
        receipt.seal()

    def _result(self, stream: QueryStream, written: dli_fast.Written, start: float) -> ExportResult:
        facts: dict[str, Any] = {key: stream.info[key] for key in ("mode", "engine")}
        warnings = list(stream.warnings)
        if self.receipt is None and not self.output.streaming and has_receipt(self.output.path):
            stale = receipt_path(self.output.path).name
            warnings.append(Text("run.stale_receipt", path=stale))
        return ExportResult.sealed(
            written.sha256,
            path=self.output.path,
            format=self.options.format,
            rows=written.rows,
            bytes=written.bytes,
            duration_ms=round((time.monotonic() - start) * 1000),
            sql=stream.query.sql,
            job_id=stream.job_id,
            receipt=None if self.receipt is None else self.receipt.path,
            warnings=tuple(warnings),
            **facts,
        )


def _receipt_place(output: Output, options: ExportOptions) -> Path | None:
    """Where the receipt goes. Beside a device or a pipe there is no place for one."""
    if not options.receipt:
        return None
    if options.receipt is True:
        if output.streaming:
            raise error(ErrorCode.CONFIG_INVALID, "receipt_place", path=str(output.path))
        return receipt_path(output.path)
    place = Path(options.receipt)
    if os.path.realpath(place) == os.path.realpath(output.path):
        raise error(ErrorCode.CONFIG_INVALID, "receipt_same", path=str(place))
    return place
