"""Pages of Trino's protocol → Arrow. Source: src/trino/."""

from collections.abc import Sequence
from typing import TypeAlias, final

TrinoKind: TypeAlias = str | tuple[object, ...]
"""What a column's values become: "boolean", "tinyint", "smallint", "integer", "bigint", "real", "double", "text",
"binary", "date", ("decimal", precision, scale), ("time", digits), ("timestamp", digits), ("instant", digits), ("list",
kind), ("map", key, value) or ("row", [(name, kind), …]). Digits are those of a second: at most 9."""

def trino_page(body: bytes) -> tuple[bytes, tuple[int, int] | None]:
    """An answer of the server: its JSON with null in place of its `data`, and where in `body` the value of that is.

    None where there is no such value. Of it, only strings and brackets are looked at.

    Raises ValueError for what is no JSON object.
    """

@final
class TrinoStream:
    """Pages put in by one thread, and read as an Arrow stream by another, which decodes them.

    Args:
        columns: (name, kind), in the order of the cells.
        capacity: bytes that may wait; a single page or segment fits always.

    A value that is not of its column's kind ends the stream with an error that names row and column.
    """
    def __init__(self, columns: Sequence[tuple[str, TrinoKind]], capacity: int = ...) -> None: ...
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """The stream. A second call raises RuntimeError. Releasing it is `close`."""
    @property
    def names(self) -> list[str]: ...
    @property
    def failed(self) -> str | None:
        """The text of `fail`, or what was wrong with a page."""
    def put(self, body: bytes, start: int, end: int) -> bool:
        """Add the rows at [start, end) of an answer, a JSON list of lists. Waits for room, without the GIL; False when
        nobody reads any more.
        """
    def put_segment(self, body: bytes, encoding: str, size: int | None = None, rows: int | None = None) -> bool:
        """The same for a segment's bytes.

        Args:
            body: as it came, base64 undone.
            encoding: "json", "json+zstd" or "json+lz4".
            size: bytes of its rows as JSON; needed when it is compressed, and at most 1 GiB.
            rows: how many rows it has; another number ends the stream with an error.
        """
    def finish(self) -> None:
        """There are no more pages."""
    def fail(self, text: str) -> None:
        """There are no more pages, and the stream ends with this error behind those that are in."""
    def close(self) -> None:
        """Drop what waits, and let nobody wait any more. Safe from any thread."""
