"""Arrow → files: the canonical text of DESIGN §6, whatever the producer. Source: src/csv.rs, src/json.rs,
src/pipe.rs.
"""

from collections.abc import Callable
from typing import Literal, Protocol, TypeAlias, final

class ArrowStreamExportable(Protocol):
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...

class SupportsWrite(Protocol):
    def write(self, data: bytes, /) -> int | None: ...

Progress: TypeAlias = Callable[[int, int], object]
"""Rows and bytes so far; called from the calling thread, at most 10 times a second. What it raises ends the write."""

class SourceError(RuntimeError):
    """The producer's stream ended with an error. `message` is the producer's own text.

    When the producer is a Python object that raised, that exception itself is raised instead.
    """

    message: str

class DataError(ValueError):
    """A value that has no form in the file: `message`, `column` (its name) and `row` (from 1, header not counted)."""

    message: str
    column: str
    row: int | None

class CancelledError(RuntimeError):
    """The CancelToken was cancelled while writing."""

@final
class CancelToken:
    """Cancels a write from any thread, within 0.1 s."""
    def __init__(self) -> None: ...
    def cancel(self) -> None: ...
    @property
    def cancelled(self) -> bool: ...

@final
class Written:
    """What a writer wrote. `rows` is counted where rows are encoded, `drained` where batches are read: they must agree.
    `bytes` and `sha256` (hex; None where it was not wanted) are of the bytes at the target, after compression.
    """

    rows: int
    drained: int
    bytes: int
    sha256: str | None

def write_csv(
    source: ArrowStreamExportable,
    target: int | SupportsWrite,
    *,
    delimiter: str = ",",
    header: bool = True,
    null: str = "",
    bom: bool = False,
    safe: bool = False,
    binary: Literal["base64", "hex"] = "base64",
    utf8: Literal["strict", "replace"] = "strict",
    control: Literal["keep", "error"] = "keep",
    compression: Literal["none", "gzip", "zstd"] = "none",
    level: int | None = None,
    sha256: bool = True,
    workers: int | None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> Written:
    """Write every batch of `source` as RFC 4180 CSV with LF to a file descriptor or a Python writer.

    `control="error"` refuses text with a control character other than tab, LF and CR.
    `sha256=False` leaves the hash out, which costs about 0.5 ns a byte. The GIL is released throughout; memory is
    bounded in bytes; Ctrl-C raises KeyboardInterrupt. Raises DataError, SourceError (or the Python producer's own
    exception), OSError (with errno; of the target), CancelledError.
    """

def write_json(
    source: ArrowStreamExportable,
    target: int | SupportsWrite,
    *,
    lines: bool,
    numbers: Literal["exact", "string"] = "exact",
    nan: Literal["null", "error"] = "null",
    binary: Literal["base64", "hex"] = "base64",
    utf8: Literal["strict", "replace"] = "strict",
    control: Literal["keep", "error"] = "keep",
    compression: Literal["none", "gzip", "zstd"] = "none",
    level: int | None = None,
    sha256: bool = True,
    workers: int | None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> Written:
    """Write NDJSON (`lines=True`: one object a line) or a JSON array (`[` LF, one object a line joined by `,` LF, `]`
    LF; `[]` LF when empty).

    Duplicate column names are a DataError. Otherwise as `write_csv`.
    """
