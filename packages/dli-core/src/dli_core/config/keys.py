"""Keys of the configuration: dotted paths, and what may stand at each.

    "local.trino.url" ◀─join/split─▶ ("local", "trino", "url") ─key_at─▶ Key(kind, nullable, secret)

The table is read off the models in settings.py, once, when the first layer is looked at.
"""

from __future__ import annotations

import difflib
import types
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr

from dli_core.config.settings import NO_KEYS, OVERLAY_ONLY, Settings, sections

Parts = tuple[str, ...]
Kind = Literal["section", "map", "list", "value", "free"]

# What people write when they mean another key, beyond what the last part of a key already tells.
_ALIASES = {
    "mode": "execution.default_mode",
    "execution_mode": "execution.default_mode",
    "token": "server.api_key",
    "api_token": "server.api_key",
    "host": "url",
    "dialect": "local.engine",
    "env": "default_env",
    "path": "database",
    "variables": "vars",
    "dataset": "schema",
}


class Key(NamedTuple):
    """What may stand at a path.

    Attributes:
        kind: "section" holds the keys of a model, "map" any keys, "list" texts, "value" one scalar of a known type,
            "free" any scalar (its text in the environment is read as YAML).
        nullable: null means "not set".
        secret: never shown.
    """

    kind: Kind
    nullable: bool = False
    secret: bool = False


def split(dotted: str) -> Parts:
    """Parts of a dotted path; a part that holds dots is written in double quotes: `rename."a.b"`."""
    parts: list[str] = []
    rest = dotted
    while rest or not parts:
        if rest.startswith('"') and (end := rest.find('"', 1)) > 0:
            part, rest = rest[1:end], rest[end + 1 :]
            if rest and not rest.startswith("."):
                parts.append(part + rest)
                break
            rest = rest[1:]
        else:
            part, _, rest = rest.partition(".")
        parts.append(part)
    return tuple(parts)


def join(parts: Parts) -> str:
    """The dotted path of `parts`."""
    return ".".join(f'"{part}"' if "." in part or not part else part for part in parts)


def parse(dotted: str) -> Parts:
    """Parts of a key as people write it: below a map, what follows is one name, dots or not."""
    parts = split(dotted)
    for end in range(1, len(parts) - 1):
        if (key := table().get(parts[:end])) is not None and key.kind == "map":
            return (*parts[:end], ".".join(parts[end:]))
    return parts


@cache
def table() -> Mapping[Parts, Key]:
    """Every key that the models name; the keys inside of maps are not in it."""
    return dict(_walk(Settings, ()))


@cache
def files() -> Mapping[Parts, frozenset[str]]:
    """Key that names a file → its values that are none."""
    return {(*prefix, name): words for prefix, kind in sections(Settings) for name, words in kind.files.items()}


@cache
def key_at(parts: Parts) -> Key | None:
    """What may stand at `parts`, or None when nothing may."""
    found = table().get(parts)
    if found is None and len(parts) > 1 and (parent := table().get(parts[:-1])) and parent.kind == "map":
        return _ITEMS.get(parts[:-1])
    return found


def children(parts: Parts) -> list[str]:
    """Names of the keys that may stand below `parts`."""
    return [key[-1] for key in table() if key[:-1] == parts and key]


def nearest(parts: Parts, *, overlay: bool = False) -> str | None:
    """The dotted path that an unknown key probably means."""
    parent, last = parts[:-1], parts[-1]
    siblings = [name for name in children(parent) if overlay or parent or name not in OVERLAY_ONLY]
    if not parent and not overlay:
        siblings.append("environments")
    lower = last.lower().replace("-", "_")
    alias = _ALIASES.get(lower)
    if alias in siblings:
        return join((*parent, alias))
    if close := difflib.get_close_matches(lower, siblings, n=1, cutoff=0.65):
        return join((*parent, close[0]))
    elsewhere = [key for key in table() if key[-1] == lower and len(key) > 1]
    if len(elsewhere) == 1 and elsewhere[0] != parts:
        return join(elsewhere[0])
    return alias if alias and "." in alias and not parent else None


_ITEMS: dict[Parts, Key] = {}  # map → what its values are; filled with the table


def _walk(model: type[BaseModel], prefix: Parts) -> Iterator[tuple[Parts, Key]]:
    for name, info in model.model_fields.items():
        if not prefix and name in NO_KEYS:
            continue
        parts = (*prefix, info.alias or name)
        key, nested = _read(info.annotation)
        yield parts, key
        if nested is not None:
            yield from _walk(nested, parts)
        if key.kind == "map":
            _ITEMS[parts] = _read(get_args(info.annotation)[1])[0]


def _read(annotation: Any) -> tuple[Key, type[BaseModel] | None]:
    """The Key of an annotation, and the model when it is one."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return Key("section"), annotation
    origin = get_origin(annotation)
    if origin is dict:
        return Key("map"), None
    if origin is list:
        return Key("list"), None
    options = _options(annotation)
    types_ = [option for option in options if option is not type(None)]
    free = len(types_) > 1 or Any in types_
    return Key("free" if free else "value", len(types_) < len(options) or Any in types_, SecretStr in types_), None


def _options(annotation: Any) -> tuple[Any, ...]:
    return get_args(annotation) if get_origin(annotation) in {Union, types.UnionType} else (annotation,)
