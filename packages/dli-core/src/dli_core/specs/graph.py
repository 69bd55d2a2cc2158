"""Which spec uses which, and the circles in that.

uses(name) ─▶ walk, each name once ─▶ ends │ leads into a circle ─▶ the shortest way back to it
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping


class Graph:
    """Names and what each of them uses. `uses` is asked once a name, and only for what is reached."""

    def __init__(self, uses: Callable[[str], Iterable[str]]) -> None:
        self._uses = uses
        self._known: dict[str, tuple[str, ...]] = {}
        self._endless: dict[str, bool] = {}

    def circle(self, name: str) -> list[str] | None:
        """The shortest way from `name` back to itself, both ends included; None when there is none."""
        if not self._is_endless(name):
            return None
        came_from: dict[str, str] = {}
        pending = deque([name])
        while pending:
            current = pending.popleft()
            for target in self._targets(current):
                if target == name:
                    return [*_way(name, current, came_from), name]
                if target not in came_from:
                    came_from[target] = current
                    pending.append(target)
        return None  # it only leads to a circle of others

    def _is_endless(self, start: str) -> bool:
        """Whether some way from `start` leads into a circle. Over all calls, each name is walked once."""
        if start in self._endless:
            return self._endless[start]
        way, open_, todo = [start], {start}, [iter(self._targets(start))]
        while way:
            target = next((name for name in todo[-1] if self._endless.get(name, True)), None)
            if target is None:  # nothing more: every way from here ends
                self._endless[way[-1]] = False
                open_.discard(way.pop())
                todo.pop()
            elif target in open_ or target in self._endless:
                self._endless.update(dict.fromkeys(way, True))
                return True
            else:
                way.append(target)
                open_.add(target)
                todo.append(iter(self._targets(target)))
        return False

    def _targets(self, name: str) -> tuple[str, ...]:
        if name not in self._known:
            self._known[name] = tuple(dict.fromkeys(self._uses(name)))
        return self._known[name]


def _way(start: str, end: str, came_from: Mapping[str, str]) -> list[str]:
    way = [end]
    while way[-1] != start:
        way.append(came_from[way[-1]])
    return way[::-1]
