"""The JSON of Trino's protocol, as far as it is read here. Keys that a server leaves out, or adds, are no error.

bytes of an answer ─▶ dli_fast.trino_page ─▶ page_of(): Head, beside the rows
"""

from __future__ import annotations

import json
from typing import Any, TypedDict, TypeGuard, cast


class Argument(TypedDict, total=False):
    """Of a type: a number, or a type within it."""

    kind: str
    value: Any


class FieldName(TypedDict, total=False):
    name: str


class NamedType(TypedDict, total=False):
    """The value of an argument of the kind NAMED_TYPE: a field of a row."""

    fieldName: FieldName | None
    typeSignature: Signature


class Signature(TypedDict, total=False):
    """A type."""

    rawType: str
    arguments: list[Argument]


class Column(TypedDict, total=False):
    name: str
    type: str
    typeSignature: Signature


class Stats(TypedDict, total=False):
    state: str
    queued: bool
    totalSplits: int
    completedSplits: int
    processedRows: int
    processedBytes: int
    cpuTimeMillis: int
    elapsedTimeMillis: int
    peakMemoryBytes: int


class Location(TypedDict, total=False):
    lineNumber: int
    columnNumber: int


class Failure(TypedDict, total=False):
    """The `error` of a page."""

    message: str
    errorCode: int
    errorName: str
    errorType: str
    errorLocation: Location


class Warned(TypedDict, total=False):
    message: str


class Head(TypedDict, total=False):
    """A page without its rows."""

    id: str
    nextUri: str
    columns: list[Column]
    stats: Stats
    error: Failure
    warnings: list[Warned]
    updateType: str
    updateCount: int


class Metadata(TypedDict, total=False):
    uncompressedSize: int
    rowsCount: int


class Segment(TypedDict, total=False):
    """A part of the rows: `data` in base64, or the `uri` where it is."""

    type: str
    data: str
    uri: str
    ackUri: str
    headers: dict[str, list[str]]
    metadata: Metadata


class Segments(TypedDict, total=False):
    """What `data` is where the server spools results."""

    encoding: str
    segments: list[Segment]


class Session(TypedDict, total=False):
    traceToken: str


class Query(TypedDict, total=False):
    """One of the server's list of queries."""

    queryId: str
    state: str
    session: Session


def head_of(text: bytes) -> Head:
    """The head of a page. Raises ValueError for what is none."""
    found = json.loads(text)
    if not is_object(found) or not is_object(found.get("stats")):
        message = "the answer is no page of Trino's protocol"
        raise ValueError(message)
    return cast("Head", found)


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    """Is it a JSON object?"""
    return isinstance(value, dict)
