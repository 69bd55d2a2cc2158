"""The result on the screen: title, facts, the first and the last rows.

rows that were fetched ─▶ head and tail as texts ─▶ tables.box ─▶ stdout; what is not shown ─▶ stderr
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dli_cli import amounts, tables
from dli_cli.console import Console
from dli_cli.summary import title
from dli_core.errors.safe import escaped

if TYPE_CHECKING:
    import dli_fast

    from dli_core.engines.stream import QueryStream

_FRAME = 9  # lines of the box that are no rows, and the prompt below it
_LONG = frozenset({"string", "binary", "list", "struct", "map"})  # types whose texts may be shortened
_FEWEST = 20  # rows that are shown on any terminal


def preview(console: Console, stream: QueryStream, batches: dli_fast.Batches) -> None:
    """Show the rows that were fetched."""
    count = len(batches)
    total = stream.expected_rows if batches.truncated else count
    known = amounts.count(total) if total is not None else f"{amounts.count(count)}+"
    room = max(_FEWEST, console.height - _FRAME)
    head, tail = (count, 0) if count <= room else (room // 2, room - room // 2 - 1)
    lines, fitted = tables.box(
        title(stream, f"Rows: {known}"),
        grid(batches, stream.names, head, tail),
        console.width,
        skip_after=head if tail else None,
    )
    console.data("\n".join(lines))
    console.flush()
    if batches.truncated:
        console.tell("screen.all_rows", rows=known)
    elif tail:
        console.tell("screen.some_rows", shown=head + tail, rows=known)
    if fitted.shown < len(batches.names):
        console.tell("screen.some_columns", shown=fitted.shown, columns=len(batches.names))


def grid(batches: dli_fast.Batches, names: list[str], head: int, tail: int) -> tables.Grid:
    """The first and the last rows as cells; integers are grouped by thousands."""
    grouped = [kind in {"integer", "bigint"} or kind.endswith(",0)") for kind in batches.types]
    texts = batches.texts(0, head) + (batches.texts(len(batches) - tail) if tail else [])
    rows = [[tables.cell(text, grouped=g) for text, g in zip(row, grouped, strict=True)] for row in texts]
    whole = [kind not in _LONG for kind in batches.types]
    return tables.Grid([escaped(name) for name in names], list(batches.numeric), whole, rows)
