"""`${VAR}` and `${VAR:-default}` in values of files.

    "https://${HOST:-localhost}" ─fill(lookup)─▶ "https://localhost" │ Missing │ Malformed

Only where a connection or a name is described: `server.*` (but for `server.trusted_hosts`), `local.*` and the values
of `rename`. Everywhere else the text stays what it is: templates read the environment with env_var(), which the
project's `env_vars` bounds. `$${` is a plain `${`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from dli_core.config.keys import Parts
from dli_core.config.origin import Layer

_VARIABLE = re.compile(r"\$\$\{|\$\{(?:([A-Za-z_][A-Za-z0-9_]*)(?::-([^{}]*))?\})?")
Lookup = Callable[[str], tuple[str, Layer] | None]


class MissingVariableError(Exception):
    """A variable that is not set and has no default; its name is the argument."""


class MalformedError(Exception):
    """A `${` that begins neither form."""


class Filled(NamedTuple):
    """A value with its variables put in, which those were, and the highest layer that one came from."""

    value: Any
    variables: tuple[str, ...]
    source: Layer | None


def allowed(parts: Parts) -> bool:
    """Whether variables may stand in the value of this key."""
    return parts[0] in {"server", "local", "rename"} and parts != ("server", "trusted_hosts")


def has_variable(value: object) -> bool:
    """Whether a value (or an item of it) holds a `${`."""
    return any("${" in text for text in _texts(value))


def fill(value: Any, lookup: Lookup) -> Filled:
    """Put the variables into a text, or into the texts of a list or mapping. Raises the two errors above."""
    used: dict[str, Layer | None] = {}

    def one(match: re.Match[str]) -> str:
        name, default = match.group(1), match.group(2)
        if match.group().startswith("$$"):
            return "${"
        if name is None:
            raise MalformedError(match.string)
        found = lookup(name)
        if default is not None and (found is None or not found[0]):
            used[name] = None
            return default
        if found is None:
            raise MissingVariableError(name)
        used[name] = found[1]
        return found[0]

    def walk(item: Any) -> Any:
        if isinstance(item, str):
            return _VARIABLE.sub(one, item)
        if isinstance(item, list):
            return [walk(child) for child in item]  # pyright: ignore[reportUnknownVariableType]
        return item

    filled = walk(value)
    return Filled(filled, tuple(used), max((layer for layer in used.values() if layer is not None), default=None))


def is_whole(value: object) -> bool:
    """Whether a text is one variable and nothing else."""
    return isinstance(value, str) and (match := _VARIABLE.fullmatch(value)) is not None and match.group(1) is not None


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:  # pyright: ignore[reportUnknownVariableType]
            yield from _texts(item)  # pyright: ignore[reportUnknownArgumentType]
