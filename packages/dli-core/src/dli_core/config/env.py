"""Every DLI_* name, documented once.

    DLI_TIMEOUT, DLI_EXECUTION__TIMEOUT … ─▶ ("execution", "timeout") ─▶ a leaf of the layer

A key has its long name, `DLI_` and its path with `__`, and some have a short one. Two names of one key that
disagree in one layer are an error. An empty text counts as not set.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import NamedTuple

from dli_core.config.keys import Parts, join, key_at, table
from dli_core.config.origin import Origin
from dli_core.config.problems import Problem, conflict

PREFIX = "DLI_"
ENVIRONMENT = "DLI_ENV"


class Name(NamedTuple):
    """A variable.

    Attributes:
        name: as it is written in the environment.
        key: the dotted path it sets; None when it is no key of the configuration.
        meaning: one line for people.
        process: read from the process's environment only, not from `.env`.
    """

    name: str
    key: str | None
    meaning: str
    process: bool = False


NAMES: tuple[Name, ...] = (
    Name("DLI_EXECUTION_MODE", "execution.default_mode", "where SQL runs: local, server or mock"),
    Name("DLI_TIMEOUT", "execution.timeout", "seconds to wait for the engine, 1 to 3600"),
    Name("DLI_SERVER_URL", "server.url", "the Basecamp Server"),
    Name("DLI_API_KEY", "server.api_key", "the key for the server"),
    Name("DLI_API_TOKEN", "server.api_key", "the same as DLI_API_KEY"),
    Name("DLI_DIALECT", "local.engine", "the engine of local mode, unless DLI_LOCAL__ENGINE names it"),
    Name(ENVIRONMENT, None, "the chosen environment of 'environments:'"),
    Name("DLI_DRY_RUN", None, "ExecutionContext's default of dry_run"),
    Name("DLI_PARAMETERS", None, "ExecutionContext's default parameters, as JSON"),
    Name("DLI_PROJECT_PATH", None, "the project's folder", process=True),
    Name("DLI_USER_CONFIG", None, "'off' leaves out ~/.dli/config.yaml", process=True),
    Name("DLI_LANG", None, "the language of messages: en or ko", process=True),
)
_SHORT: Mapping[str, Name] = {entry.name: entry for entry in NAMES}
# A lesser name of a key: it counts only when no other name of the layer sets it.
_LESSER = frozenset({"DLI_DIALECT"})
# Keys that a file alone can say.
_FILE_ONLY = frozenset({("requires",)})


def long_name(parts: Parts) -> str:
    """The long name of a key."""
    return PREFIX + "__".join(parts).upper()


@cache
def long_names() -> Mapping[str, Parts]:
    """Every long name that the models give; those of keys inside of maps are not in it."""
    return {
        long_name(parts): parts for parts, key in table().items() if key.kind != "section" and parts not in _FILE_ONLY
    }


def parts_of(name: str, known: Iterable[Parts] = ()) -> Parts | None:
    """The key that a variable sets, or None.

    `known` are keys of the lower layers: names are upper case, so `DLI_VARS__LOOKBACK` sets `vars.Lookback` where
    a file spells it so, else `vars.lookback`.
    """
    if (short := _SHORT.get(name)) is not None:
        return tuple(short.key.split(".")) if short.key else None
    if (found := long_names().get(name)) is not None:
        return found
    parent, _, last = name.rpartition("__")
    above = long_names().get(parent)
    if above is None or not last or key_at((*above, last.lower())) is None:
        return None
    return next((k for k in known if k[:-1] == above and k[-1].upper() == last), (*above, last.lower()))


def read(
    variables: Mapping[str, str], origin: Mapping[str, Origin], known: Iterable[Parts], problems: list[Problem]
) -> Iterator[tuple[Parts, str, Origin]]:
    """The keys that `variables` set, each once, with text and origin; `origin` tells where each variable stands."""
    spelled = list(known)
    names: dict[Parts, list[str]] = {}
    for name in sorted(variables):
        if name.startswith(PREFIX) and variables[name] and (parts := parts_of(name, spelled)):
            names.setdefault(parts, []).append(name)
    for parts, found in names.items():
        by_rank = sorted(found, key=lambda name: (name in _LESSER, name not in _SHORT))
        first, *others = [name for name in by_rank if name not in _LESSER] or by_rank
        problems.extend(
            conflict(origin[first], first, other) for other in others if variables[other] != variables[first]
        )
        yield parts, variables[first], origin[first]


def unknown(variables: Iterable[str], *, of_file: bool = False) -> list[tuple[str, str | None]]:
    """DLI_* names that nothing reads, each with the name it probably means."""
    found: list[tuple[str, str | None]] = []
    for name in sorted(variables):
        if not name.startswith(PREFIX) or parts_of(name) is not None:
            continue
        if (short := _SHORT.get(name)) is None or (of_file and short.process):
            near = difflib.get_close_matches(name, [*_SHORT, *long_names()], n=1, cutoff=0.75)
            found.append((name, near[0] if near and near[0] != name else None))
    return found


def is_process(name: str) -> bool:
    """Whether a name is read from the process's environment alone."""
    return (found := _SHORT.get(name)) is not None and found.process


def documented() -> list[Name]:
    """All names for people: the short ones, then the long ones."""
    return [*NAMES, *(Name(name, join(parts), f"the key {join(parts)}") for name, parts in long_names().items())]
