"""Rows → Arrow IPC messages, in Python: what comes over REST is small, and needs no Arrow library.

    columns ─▶ schema_message                        values, column by column ─▶ nodes + buffers ─▶ batch_message
                     └──────▶ flatbuffer: tables, vectors ─▶ continuation mark, length, header, body

`dli_fast.read_ipc` reads them; END is the stream's end mark. The layouts are those of Arrow's format, Message.fbs and
Schema.fbs, version V5.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from dli_core.engines.bigquery.types import Column

END = b"\xff\xff\xff\xff\x00\x00\x00\x00"
_V5 = 4
_SCHEMA, _RECORD_BATCH = 1, 3  # MessageHeader


def schema_message(columns: Sequence[Column]) -> bytes:
    """The message that a stream begins with."""
    fields = _Vector([_field(column) for column in columns])
    return _message(_SCHEMA, _Table({1: fields}), b"")


def batch_message(columns: Sequence[Column], rows: Sequence[Sequence[Any]]) -> bytes:
    """The rows as one batch. Their values are what `types.row_of` reads."""
    body = _Body()
    for column, values in zip(columns, zip(*rows, strict=True) if rows else ((),) * len(columns), strict=True):
        body.add(column, values)
    nodes = _Structs(body.nodes)
    header = _Table({0: ("q", len(rows)), 1: nodes, 2: _Structs(body.buffers)})
    return _message(_RECORD_BATCH, header, bytes(body.data))


def first_message(stream: bytes) -> bytes:
    """The schema at the start of a stream: servers may have put its end mark behind it."""
    size = struct.unpack_from("<i", stream, 4)[0] if stream[:4] == END[:4] and len(stream) >= len(END) else len(stream)
    return stream[: len(END) + size]


def _message(kind: int, header: _Table, body: bytes) -> bytes:
    table = _Table({0: ("h", _V5), 1: ("B", kind), 2: header, 3: ("q", len(body))})
    metadata = _flat(table)
    return b"\xff\xff\xff\xff" + struct.pack("<i", len(metadata)) + metadata + body


# ------------------------------------------------------------------------------------------------------------- types


def _field(column: Column) -> _Table:
    code, table = _TYPES[column.kind]
    slots: dict[int, _Slot] = {0: column.name, 1: ("B", 1), 2: ("B", code), 3: table}
    slots[5] = _Vector([_field(child) for child in column.children])
    return _Table(slots)


def _integer(bits: int) -> _Table:
    return _Table({0: ("i", bits), 1: ("B", 1)})


def _decimal(bits: int, precision: int, scale: int) -> _Table:
    return _Table({0: ("i", precision), 1: ("i", scale), 2: ("i", bits)})


# ---------------------------------------------------------------------------------------------------- a batch's body


@dataclass(slots=True)
class _Body:
    """The buffers of a batch, each at a multiple of 8, with the nodes that say what is in them."""

    data: bytearray = field(default_factory=bytearray)
    nodes: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])  # length, nulls
    buffers: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])  # offset, length

    def add(self, column: Column, values: Sequence[Any]) -> None:
        """One column, or one part of a nested one."""
        nulls = values.count(None)
        self.nodes.append((len(values), nulls))
        self._buffer(_bits([value is not None for value in values]) if nulls else b"")
        if column.kind == "struct":
            for at, child in enumerate(column.children):
                self.add(child, [None if value is None else value[at] for value in values])
        elif column.kind == "list":
            self._offsets(values)
            self.add(column.children[0], [item for value in values for item in value or ()])
        elif column.kind in {"utf8", "binary"}:
            parts = [_raw(value) for value in values]
            self._offsets(parts)
            self._buffer(b"".join(parts))
        else:
            self._buffer(_PACKED[column.kind](values))

    def _offsets(self, parts: Sequence[Any]) -> None:
        ends = list(accumulate((len(part or ()) for part in parts), initial=0))
        self._buffer(struct.pack(f"<{len(ends)}i", *ends))

    def _buffer(self, content: bytes) -> None:
        self.buffers.append((len(self.data), len(content)))
        self.data += content
        self.data += bytes(-len(content) % 8)


def _raw(value: Any) -> bytes:
    return b"" if value is None else value.encode() if isinstance(value, str) else value


def _bits(flags: Sequence[bool]) -> bytes:
    if not flags:
        return b""
    number = int("".join("1" if flag else "0" for flag in reversed(flags)), 2)
    return number.to_bytes((len(flags) + 7) // 8, "little")


def _numbers(code: str) -> Callable[[Sequence[Any]], bytes]:
    return lambda values: struct.pack(f"<{len(values)}{code}", *(0 if value is None else value for value in values))


def _wide(size: int) -> Callable[[Sequence[Any]], bytes]:
    return lambda values: b"".join((value or 0).to_bytes(size, "little", signed=True) for value in values)


def _intervals(values: Sequence[Any]) -> bytes:
    return b"".join(struct.pack("<iiq", *(value or (0, 0, 0))) for value in values)


_PACKED: dict[str, Callable[[Sequence[Any]], bytes]] = {
    "int64": _numbers("q"),
    "double": _numbers("d"),
    "bool": lambda values: _bits([bool(value) for value in values]),
    "decimal128": _wide(16),
    "decimal256": _wide(32),
    "date32": _numbers("i"),
    "time64": _numbers("q"),
    "timestamp": _numbers("q"),
    "timestamp_utc": _numbers("q"),
    "interval": _intervals,
}


# -------------------------------------------------------------------------------------------------------- flatbuffers


@dataclass(slots=True)
class _Table:
    """A table by its slots: (struct's code, number), or what is referred to."""

    slots: dict[int, _Slot] = field(default_factory=dict[int, "_Slot"])


@dataclass(slots=True)
class _Vector:
    """A vector of references to tables."""

    items: list[_Table]


@dataclass(slots=True)
class _Structs:
    """A vector of pairs of 64-bit numbers."""

    pairs: list[tuple[int, int]]


_Slot = tuple[str, int] | str | _Table | _Vector | _Structs
_SIZES = {"B": 1, "h": 2, "i": 4, "q": 8}

_TYPES: dict[str, tuple[int, _Table]] = {
    "int64": (2, _integer(64)),
    "double": (3, _Table({0: ("h", 2)})),
    "binary": (4, _Table()),
    "utf8": (5, _Table()),
    "bool": (6, _Table()),
    "decimal128": (7, _decimal(128, 38, 9)),
    "decimal256": (7, _decimal(256, 76, 38)),
    "date32": (8, _Table({0: ("h", 0)})),
    "time64": (9, _Table({0: ("h", 2), 1: ("i", 64)})),
    "timestamp": (10, _Table({0: ("h", 2)})),
    "timestamp_utc": (10, _Table({0: ("h", 2), 1: "UTC"})),
    "interval": (11, _Table({0: ("h", 2)})),
    "list": (12, _Table()),
    "struct": (13, _Table()),
}


def _flat(root: _Table) -> bytes:
    """A whole flatbuffer, padded so that header and prefix of a message fill a multiple of 8."""
    out = bytearray(4)
    struct.pack_into("<I", out, 0, _write(out, root))
    return bytes(out) + bytes(-len(out) % 8)


def _write(out: bytearray, what: _Table | _Vector | _Structs | str) -> int:
    """Append it and what it refers to; returns where it begins. Readers go forward only: parts come behind it."""
    if isinstance(what, str):
        text = what.encode()
        return _append(out, 4, struct.pack("<I", len(text)) + text + b"\0")
    if isinstance(what, _Structs):
        out += bytes((4 - len(out)) % 8)  # behind the count, pairs stand at multiples of 8
        return _append(
            out, 4, struct.pack("<I", len(what.pairs)) + b"".join(struct.pack("<qq", *p) for p in what.pairs)
        )
    if isinstance(what, _Vector):
        start = _append(out, 4, struct.pack("<I", len(what.items)) + bytes(4 * len(what.items)))
        for at, item in enumerate(what.items):
            _refer(out, start + 4 + 4 * at, item)
        return start
    return _write_table(out, what)


def _write_table(out: bytearray, table: _Table) -> int:
    """The vtable, then the table: its largest fields first, each at a multiple of its size."""
    slots = max(table.slots, default=-1) + 1
    places, size = [0] * slots, 4
    order = sorted(table.slots, key=lambda slot: -_size(table.slots[slot]))
    for slot in order:
        width = _size(table.slots[slot])
        size += -size % width
        places[slot] = size
        size += width
    vtable = struct.pack(f"<HH{slots}H", 4 + 2 * slots, size, *places)
    out += bytes(-(len(out) + len(vtable)) % 8)
    start = len(out) + len(vtable)
    out += vtable + struct.pack("<i", len(vtable)) + bytes(size - 4)
    for slot in order:
        value = table.slots[slot]
        if isinstance(value, tuple):
            struct.pack_into(f"<{value[0]}", out, start + places[slot], value[1])
    for slot, value in table.slots.items():
        if not isinstance(value, tuple):
            _refer(out, start + places[slot], value)
    return start


def _refer(out: bytearray, place: int, what: _Table | _Vector | _Structs | str) -> None:
    target = _write(out, what)
    struct.pack_into("<I", out, place, target - place)


def _append(out: bytearray, alignment: int, content: bytes) -> int:
    out += bytes(-len(out) % alignment)
    start = len(out)
    out += content
    return start


def _size(value: _Slot) -> int:
    return _SIZES[value[0]] if isinstance(value, tuple) else 4
