"""Arrow → Parquet and Arrow IPC, Arrow IPC → Arrow. Source: src/file/."""

from typing import Literal, Protocol, final

from dli_fast._write import ArrowStreamExportable, CancelToken, Progress, SupportsWrite, Written

class SupportsRead(Protocol):
    def read(self, size: int, /) -> bytes: ...

def write_parquet(
    source: ArrowStreamExportable,
    target: int | SupportsWrite,
    *,
    compression: Literal["none", "snappy", "gzip", "zstd"] = "zstd",
    level: int | None = None,
    sha256: bool = True,
    workers: int | None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> Written:
    """Write every batch of `source` as one Parquet file, to a file descriptor or a Python writer; nothing seeks.

    Row groups of about 8 MiB as encoded, at most about 1 M rows; which rows share one depends on the data and its
    batches, not on time or `workers`. `level`: zstd 1 to 22 (1), gzip 0 to 9 (6). What Parquet lacks becomes:
    timestamp[s] and time32[s] milliseconds, date64 a date, an interval INTERVAL (months, days, ms), a decimal of
    negative scale one of scale 0, dictionary and run-end columns their values. A DataError names the column: a union, a
    struct without fields, a name that stands twice, a decimal beyond 76 digits; and column and row: text that is not
    UTF-8, a decimal beyond its precision, a time out of range, a negative interval or one with parts of a millisecond.
    Progress, cancelling, Ctrl-C, memory and the other errors as `write_csv`.
    """

def write_ipc(
    source: ArrowStreamExportable,
    target: int | SupportsWrite,
    *,
    format: Literal["file", "stream"] = "file",
    compression: Literal["none", "lz4", "zstd"] = "none",
    level: int | None = None,
    sha256: bool = True,
    workers: int | None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> Written:
    """Write every batch of `source` as Arrow IPC: the file format (Feather 2) or the stream format; nothing seeks.

    Batches are kept, those beyond about 1 MiB cut. Every Arrow type is kept as it is. `level`: zstd 1 to 22 (1). A
    DataError names column and row of text that is not UTF-8 and of a decimal beyond its precision, and the column of a
    dictionary of dictionaries. Otherwise as `write_csv`.
    """

@final
class IpcStream:
    """An Arrow IPC stream or file; a capsule producer that is read once, batch by batch, in the memory of one."""
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """The stream. A second call raises RuntimeError."""
    def __arrow_c_schema__(self) -> object: ...
    @property
    def names(self) -> list[str]: ...
    @property
    def metadata(self) -> dict[str, str]:
        """The custom metadata of the last message read so far."""
    def close(self) -> None:
        """Let go of the input if nobody took the stream."""

def read_ipc(source: bytes | int | SupportsRead) -> IpcStream:
    """Read Arrow IPC, the stream or the file format, from bytes (without a copy), a file descriptor (duplicated, read
    from where it stands) or an object with `read` (or `read1`); nothing seeks.

    Returns when the schema was read. What is torn is an error, of this call or of the stream: the end mark must be
    there, and a file's last mark.
    Raises SourceError, or the object's own exception.
    """
