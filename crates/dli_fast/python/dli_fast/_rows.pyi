"""Rows ↔ Arrow and held batches, without pyarrow. Source: src/rows.rs, src/text/."""

from collections.abc import Mapping, Sequence
from typing import Any, final

from dli_fast._write import ArrowStreamExportable

@final
class Batches:
    """Held Arrow record batches of one schema; a capsule producer that can be read any number of times."""
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...
    def __arrow_c_schema__(self) -> object: ...
    def __len__(self) -> int:
        """Rows in all batches."""
    @property
    def names(self) -> list[str]: ...
    @property
    def types(self) -> list[str]:
        """Per column, DLI's name of its type: integer, bigint, float, double, decimal(p,s), string, boolean, date,
        time, timestamp, timestamp_tz, binary, list, struct, map, interval, null, and utinyint … for the others.
        """
    @property
    def numeric(self) -> list[bool]:
        """Per column: is it a number (right-aligned on screen)?"""
    @property
    def nbytes(self) -> int: ...
    @property
    def truncated(self) -> bool:
        """True when `collect(limit=…)` stopped before the stream's end."""
    def to_dicts(self) -> list[dict[str, Any]]:
        """Rows as Python values: int, float, Decimal, str, bool, date, datetime (aware when zoned), time, timedelta,
        bytes, list, dict, None.
        """
    def to_tuples(self) -> list[tuple[Any, ...]]: ...
    def texts(self, start: int = 0, stop: int | None = None) -> list[list[str | None]]:
        """Cells of rows [start, stop) as the canonical text CSV would have (unquoted); None is null."""

def collect(source: ArrowStreamExportable, *, limit: int | None = None) -> Batches:
    """Read a stream into memory: all of it, or at most `limit` rows (then the stream is released early).

    Raises SourceError or the Python producer's exception. The GIL is released while waiting for the producer.
    """

def from_rows(rows: Sequence[Mapping[str, Any]], schema: Sequence[tuple[str, str]] | None = None) -> Batches:
    """Rows → batches. Column order: the schema's, else first appearance; a missing key is null; types are inferred over
    all rows (int64, or decimal(38,0) beyond; int+float → double; Decimal → the smallest decimal that holds all; a
    column of None only → null) unless `schema` names them by DESIGN §3's types.
    Raises DataError with column and row.
    """
