"""Rows as text for a screen, fitted to its width.

    box:    title lines, header and rows in a frame (results)        plain: columns side by side (listings)

Widths are terminal columns: Hangul and other wide characters take two. Whatever the data hold, a terminal obeys
nothing of it: control characters are shown as their escapes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

from dli_core.errors.safe import escaped
from dli_core.errors.show import columns as width_of

NULL = "NULL"
MORE = "…"
_GAP = "..."
_LONGEST = 1000  # characters of a cell that are looked at
_LEAST = 8  # columns that a text is never cut below, unless it is shorter


@dataclass(frozen=True, slots=True)
class Grid:
    """Cells as they are shown, all rows of the same length.

    Attributes:
        right: which columns are aligned to the right.
        whole: which columns are never shortened: half a number or date is a wrong one.
    """

    names: list[str]
    right: list[bool]
    whole: list[bool]
    rows: list[list[str]]


@dataclass(frozen=True, slots=True)
class Fitted:
    """The columns that fit: index into the grid (None for the mark of those left out) and width."""

    columns: list[tuple[int | None, int]]

    @property
    def shown(self) -> int:
        """How many of the grid's columns are shown."""
        return sum(index is not None for index, _ in self.columns)


def cell(text: str | None, *, grouped: bool = False) -> str:
    """One value for the screen; integers are `grouped` by thousands."""
    if text is None:
        return NULL
    if grouped:
        return f"{int(text):,}"
    return escaped(text[:_LONGEST])


def cut(text: str, width: int) -> str:
    """`text` in at most `width` columns, with a mark where something is missing."""
    if width_of(text) <= width:
        return text
    kept: list[str] = []
    room = width - 1
    for char in text:
        room -= width_of(char)
        if room < 0:
            break
        kept.append(char)
    return "".join(kept) + MORE


def pad(text: str, width: int, *, right: bool = False) -> str:
    """`text` cut or filled to exactly `width` columns."""
    text = cut(text, width)
    space = " " * (width - width_of(text))
    return space + text if right else text + space


def fit(grid: Grid, room: int, gap: int) -> Fitted:
    """Widths for the columns, `gap` columns apart, in at most `room` columns.

    Texts are shortened first; then columns in the middle are left out.
    """
    natural = [max(map(width_of, chain([name], cells)), default=0) for name, cells in _columns(grid)]
    least = [_least(grid, index, width) for index, width in enumerate(natural)]
    kept = list(range(len(natural)))
    while len(kept) > 1 and _total([least[i] for i in kept], gap, cut_out=len(kept) < len(natural)) > room:
        kept.pop(len(kept) // 2)
    cut_out = len(kept) < len(natural)
    left = room - (gap + 1 if cut_out else 0)
    widths = _share([natural[i] for i in kept], [least[i] for i in kept], left - gap * (len(kept) - 1))
    fitted: list[tuple[int | None, int]] = list(zip(kept, widths, strict=True))
    if cut_out:
        fitted.insert((len(kept) + 1) // 2, (None, 1))
    return Fitted(fitted)


def box(title: Sequence[str], grid: Grid, width: int, skip_after: int | None = None) -> tuple[list[str], Fitted]:
    """The frame with title, header and rows; after `skip_after` rows a line of dots stands for those not shown."""
    fitted = fit(grid, width - 4, 3)
    inside = sum(w for _, w in fitted.columns) + 3 * (len(fitted.columns) - 1)
    wanted = max(inside, *(width_of(line) for line in title))
    inside_of_frame = min(wanted, width - 4)
    if inside_of_frame > inside and fitted.columns:  # the last column takes what the title needs
        index, last = fitted.columns[-1]
        fitted.columns[-1] = (index, last + inside_of_frame - inside)
    rows = [_line(grid, fitted, row) for row in grid.rows]
    if skip_after is not None:
        rows.insert(skip_after, _dots(fitted))
    rule = "─" * (inside_of_frame + 2)
    crossed = "┼".join("─" * (w + 2) for _, w in fitted.columns)
    return [
        f"┌{rule}┐",
        *(f"│ {pad(line, inside_of_frame)} │" for line in title),
        f"├{rule}┤",
        _line(grid, fitted, grid.names),
        f"├{crossed}┤",
        *rows,
        f"└{rule}┘",
    ], fitted


def plain(headers: Sequence[str], rows: Iterable[Sequence[str]], width: int | None = None) -> list[str]:
    """A listing: a line of headers, then one line a row; `width` is that of the terminal, None for a pipe."""
    none = [False] * len(headers)
    grid = Grid(list(headers), none, none, [[escaped(text) for text in row] for row in rows])
    if width is None:
        widths = [max(map(width_of, chain([name], cells)), default=0) for name, cells in _columns(grid)]
    else:  # a listing leaves out no column: it cuts the last one instead
        widths = _share(
            [max(map(width_of, chain([name], cells)), default=0) for name, cells in _columns(grid)],
            [min(width_of(name), _LEAST) for name in grid.names],
            width - 2 * (len(headers) - 1),
        )
    return ["  ".join(map(pad, row, widths)).rstrip() for row in [grid.names, *grid.rows]]


def _columns(grid: Grid) -> Iterable[tuple[str, list[str]]]:
    return ((name, [row[i] for row in grid.rows]) for i, name in enumerate(grid.names))


def _least(grid: Grid, index: int, natural: int) -> int:
    if not grid.whole[index]:
        return min(natural, _LEAST)
    widest = max((width_of(row[index]) for row in grid.rows), default=0)
    return max(widest, min(width_of(grid.names[index]), _LEAST))


def _total(widths: Sequence[int], gap: int, *, cut_out: bool) -> int:
    return sum(widths) + gap * (len(widths) - 1) + (gap + 1 if cut_out else 0)


def _share(natural: list[int], least: list[int], room: int) -> list[int]:
    """Widths between `least` and `natural` whose sum is at most `room`: the widest are cut first."""
    if sum(natural) <= room:
        return natural
    low, high = 0, max(natural)
    while low < high:
        level = (low + high + 1) // 2
        if sum(max(lo, min(n, level)) for n, lo in zip(natural, least, strict=True)) <= room:
            low = level
        else:
            high = level - 1
    widths = [max(lo, min(n, low)) for n, lo in zip(natural, least, strict=True)]
    for index, width in enumerate(widths):  # what the level left over
        if sum(widths) < room and width < natural[index]:
            widths[index] += 1
    if sum(widths) > room and len(widths) == 1:
        return [max(room, 1)]
    return widths


def _line(grid: Grid, fitted: Fitted, row: list[str]) -> str:
    cells = [pad(MORE, w) if i is None else pad(row[i], w, right=grid.right[i]) for i, w in fitted.columns]
    return "│ " + " │ ".join(cells) + " │"


def _dots(fitted: Fitted) -> str:
    cells = [pad(MORE if i is None or w < len(_GAP) else _GAP, w) for i, w in fitted.columns]
    return "│ " + " │ ".join(cells) + " │"
