"""A stream seen from outside. Source: src/watch.rs."""

from typing import final

from dli_fast._write import ArrowStreamExportable

@final
class Watch:
    """`source`'s stream, batch for batch; whoever drains it, the counters tell how it stands. Read once."""
    def __init__(self, source: ArrowStreamExportable) -> None: ...
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """The stream. A second call raises RuntimeError."""
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
