"""Declared types for the results of other engines: cast here, by DuckDB, so that every engine gives the same.

    remote stream ─▶ capsule ─▶ DuckDB: CAST(#1 AS BIGINT) … ─▶ relation: the capsule that is read

A cast at the remote engine would be its own idea of rounding and of text, and a query put around the author's loses its
ORDER BY there.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

import duckdb

from dli_core.engines.duckdb.types import selection
from dli_core.errors import DLIError, ErrorCode, error
from dli_core.errors.phrase import Text

if TYPE_CHECKING:
    from dli_core.engines.base import Query

Columns = tuple[tuple[str, str], ...]


class Producer(Protocol):
    """What can be read as an Arrow stream."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...


class Taken:
    """A producer whose capsule was taken already, by Python itself.

    DuckDB reads the first rows when it is asked for its capsule, without the interpreter's lock. A compiled library
    that asked would think that it still has the lock when it comes to read the source.
    """

    def __init__(self, producer: Producer) -> None:
        self._capsule = producer.__arrow_c_stream__()

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """The capsule, which is read once."""
        del requested_schema
        return self._capsule


def declared(source: Producer, columns: Columns, wanted: Columns) -> tuple[Producer, Columns, list[str]]:
    """`source` with the types that a spec declares.

    Args:
        source: an Arrow stream that nobody has read yet.
        columns: (name, type) as the engine says them.
        wanted: (name, type) as the spec declares them; names that the result lacks are warned of.

    Returns the stream to read, its columns, and the warnings. It may wait for the first row: for a thread that can be
    given up.
    """
    missing = {name for name, _ in wanted} - {name for name, _ in columns}
    warnings: list[str] = [Text("run.declared_column", name=name) for name, _ in wanted if name in missing]
    if len(missing) == len({name for name, _ in wanted}):
        return source, columns, warnings
    connection: Any = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    # The capsule itself: of an object DuckDB would ask for several streams.
    relation = connection.from_arrow(source.__arrow_c_stream__())
    casts = dict(wanted)
    relation = relation.project(selection(relation.columns, relation.types, casts))
    kinds = tuple(
        (name, str(kind) if name in casts else of_engine)
        for (name, of_engine), kind in zip(columns, relation.types, strict=True)
    )
    return Taken(relation), kinds, warnings


@contextmanager
def translated(query: Query) -> Generator[None]:
    """Around the opening of such a stream: a value that does not fit comes out as DLI-405."""
    try:
        yield
    except duckdb.Error as problem:
        raise unfit(str(problem), query) from problem


def unfit(text: str, query: Query) -> DLIError:
    """DLI-405 for the text of an error of the cast."""
    said = text.partition("\n")[0].partition(" Error: ")[2] or text
    return error(ErrorCode.EXECUTION_QUERY, "declared", problem=said, job_id=query.job_id)
