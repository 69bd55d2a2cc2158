"""A stream seen from outside. Source: src/watch.rs."""

from collections.abc import Sequence
from typing import final

from dli_fast._write import ArrowStreamExportable

@final
class Watch:
    """`source`'s stream, batch for batch; whoever drains it, the counters tell how it stands. Read once."""
    def __init__(self, source: ArrowStreamExportable) -> None: ...
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """The stream. A second call raises RuntimeError."""
    def mark_json(self, paths: Sequence[Sequence[int]]) -> None:
        """The texts at these paths are marked as JSON (`arrow.json`) in the schema of a stream handed out later. A path
        is a column's place, then those of the fields inside of it: 0 in a list, 0 and 1 for a map's keys and values.
        One that leads nowhere, or to what is no text, changes nothing.
        """
    def hide(self, texts: Sequence[str]) -> None:
        """From now on `***` stands for each of these in the names of columns, and of fields inside of them. A stream
        that was handed out already keeps its names.
        """
    def close(self) -> None:
        """Release the producer if nobody took the stream."""
    @property
    def rows(self) -> int:
        """Rows handed out so far."""
    @property
    def batches(self) -> int: ...
    @property
    def ended(self) -> bool:
        """The producer said, without an error, that there is no more."""
    @property
    def waiting(self) -> float | None:
        """Seconds that the consumer has been inside the producer by now; None when it is not."""
    @property
    def failed(self) -> str | None:
        """The producer's error."""
