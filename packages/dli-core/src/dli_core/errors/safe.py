"""Data on its way into a text: nothing in it is obeyed by a terminal, nothing is endless, nothing raises.

    value ──▶ text ──▶ cut to a length ──▶ control characters as their escapes ──▶ fact │ line │ block

Details come from users, engines and the wire.
"""

from __future__ import annotations

from typing import cast

LINE = 300  # characters of a value inside of a sentence
BLOCK = 4000  # characters of a value on lines of its own
ITEMS = 10
_COUNTS = frozenset({"rows", "expected", "row", "count"})


def fact(name: str, value: object, *, quote: bool = False) -> str:
    """The detail `name` on one line, as people write it: 336,776 rows; true; a, b (or 'a', 'b')."""
    if type(value) is int and name in _COUNTS:
        return f"{value:,}"
    found = items(value)
    if found is None:
        return line(value) if name == "problem" else escaped(_cut(_text(value), LINE))
    marks = ["'" if quote and isinstance(item, str) else "" for item in found[:ITEMS]]
    shown = [mark + escaped(_cut(_text(item), LINE)) + mark for mark, item in zip(marks, found, strict=False)]
    return ", ".join(shown + (["…"] if len(found) > ITEMS else []))


def line(value: object, limit: int = LINE) -> str:
    """Prose on one line: its line ends become spaces."""
    return escaped(" ".join(_cut(_text(value), limit).split()))


def block(value: object) -> str:
    """Prose on as many lines as it has."""
    lines = _cut(_text(value), BLOCK).expandtabs(4).strip("\r\n").splitlines()
    return "\n".join(escaped(text.rstrip()) for text in lines)


def escaped(text: str) -> str:
    r"""With every character that is neither visible nor a plain space as its escape: `\x1b`, `\u202e`."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def items(value: object) -> list[object] | None:
    """The items of a list, None for anything else."""
    return list(cast("list[object]", value)) if isinstance(value, list | tuple) else None


def mapping(value: object) -> dict[str, object] | None:
    """A mapping of details, None for anything else."""
    return cast("dict[str, object]", value) if isinstance(value, dict) else None


def _text(value: object) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    try:
        return str(value)
    except Exception:  # noqa: BLE001 - the error at hand matters more than one of its details
        return f"<{type(value).__name__}>"


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
