"""Numbers as people read them: 336,776 rows, 28.4 MB, 0.51s."""

from __future__ import annotations

_UNITS = ("kB", "MB", "GB", "TB", "PB")


def count(number: int, noun: str = "") -> str:
    """`1,523`, or with a noun `1,523 rows` and `1 row`."""
    shown = f"{number:,}"
    if not noun:
        return shown
    return f"{shown} {noun if number == 1 else noun + 's'}"


def size(number: float) -> str:
    """Bytes in the unit that leaves up to three digits before the point."""
    if number < 1000:  # noqa: PLR2004 - decimal units, as disks and networks are sold
        return f"{number:.0f} B"
    for unit in _UNITS:
        number /= 1000
        if number < 999.95 or unit == _UNITS[-1]:  # noqa: PLR2004 - what rounds to less than 1000.0
            return f"{number:.1f} {unit}"
    raise AssertionError  # pragma: no cover - the last unit takes all


def duration(milliseconds: int) -> str:
    """`2.34s`."""
    return f"{milliseconds / 1000:.2f}s"
