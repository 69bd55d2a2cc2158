"""The names of a project's specs, for whoever meets another one: what it stands for, what it is a slip of.

orders ─▶ resolve ─▶ shop.core.orders        shop.core.ordres ─▶ misspelt ─▶ shop.core.orders
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property

_PARTS = 3  # catalog.schema.name
_SHORTEST = 3  # letters of a part in which a slip is told from another word


class KnownNames:
    """A set of whole names. A thousand unknown ones are looked up in it as fast as they are read."""

    def __init__(self, names: Iterable[str]) -> None:
        self._all = frozenset(names)

    def __contains__(self, name: object) -> bool:
        return name in self._all

    def resolve(self, name: str) -> str | None:
        """The whole name that `name` or its last parts stand for; None if it is none or fits several."""
        if name in self._all or name.count(".") + 1 >= _PARTS:
            return name if name in self._all else None
        found = self._by_end.get(name, [])
        return found[0] if len(found) == 1 else None

    def misspelt(self, name: str) -> str | None:
        """The whole name, or the last part, of which `name` is a slip: one letter too few, too many, wrong or swapped.

        All other parts are the same, and so are all digits: events_2024 is not meant to be events_2023.
        """
        parts = tuple(name.split("."))
        if len(parts) not in {1, _PARTS}:
            return None
        for index, part in enumerate(parts):
            rest = (index, *parts[:index], *parts[index + 1 :])
            for slip in _slips(part):
                for meant, whole in self._by_slip.get((rest, slip), ()):
                    if meant != part and _digits(meant) == _digits(part):
                        return whole
        return None

    @cached_property
    def _by_end(self) -> dict[str, list[str]]:
        """Last part, and last two parts → whole names."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        for name in sorted(self._all):
            _, schema, last = name.split(".", 2)
            found[last].append(name)
            found[f"{schema}.{last}"].append(name)
        return dict(found)

    @cached_property
    def _by_slip(self) -> dict[tuple[tuple[object, ...], str], list[tuple[str, str]]]:
        """(which part, the others; that part without a letter) → that part, and what is meant."""
        found: defaultdict[tuple[tuple[object, ...], str], list[tuple[str, str]]] = defaultdict(list)
        for name in sorted(self._all):
            parts = name.split(".")
            for index, part in enumerate(parts):
                for slip in _slips(part):
                    found[((index, *parts[:index], *parts[index + 1 :]), slip)].append((part, name))
            for slip in _slips(parts[-1]):
                found[((0,), slip)].append((parts[-1], parts[-1]))
        return dict(found)


def _slips(part: str) -> Iterator[str]:
    """The part, and the part without each of its letters: two parts that share one differ by a slip."""
    if len(part) >= _SHORTEST:
        yield part
        yield from {part[:at] + part[at + 1 :] for at in range(len(part))}


def _digits(part: str) -> str:
    return "".join(letter for letter in part if letter.isdigit())
