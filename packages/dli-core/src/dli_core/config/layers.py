"""Layers: a tree of keys becomes leaves, each with its origin.

    File.tree ─leaves─▶ {("local", "engine"): Leaf("trino", dli.yaml:6)} ─check─▶ problems of its types
    layers, highest first ─merge─▶ the leaf that wins at each key

An environment's block lies right above the rest of its own file and below the next layer: no lower layer ever wins.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import dli_fast
from pydantic import SecretStr, ValidationError

from dli_core.config import hidden, interpolate, keys
from dli_core.config.files import File
from dli_core.config.keys import Parts, join
from dli_core.config.origin import Origin
from dli_core.config.problems import Problem, bad_value, unknown_key
from dli_core.config.settings import OVERLAY_ONLY, Settings
from dli_core.errors.phrase import Text, either, reason_of

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_ENVIRONMENTS = "environments"
_NOT_IN_OVERLAY = frozenset({"requires", "default_env"})
# In words of ours: pydantic's speak of parsing.
_MESSAGES = {
    "string_pattern_mismatch": "config.url",
    "string_type": "config.text",
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float"), "config.whole"),
    **dict.fromkeys(("bool_type", "bool_parsing"), "config.switch"),
    "list_type": "config.list",
    "dict_type": "config.block",
}
_QUOTED = re.compile(r"'([^']*)'")
_LINE = 60  # characters of a value that an error shows
_TRUSTED = ("server", "trusted_hosts")


class Leaf(NamedTuple):
    """A value and where it came from."""

    value: Any
    origin: Origin


Leaves = dict[Parts, Leaf]


class FileLayer(NamedTuple):
    """A file taken apart: its own keys, and those of each of its environments."""

    file: File
    base: Leaves
    environments: Mapping[str, Leaves]

    def all(self) -> Iterator[Leaves]:
        """The blocks of the file, each by itself."""
        yield self.base
        yield from self.environments.values()

    def leaves(self, environment: str | None) -> Leaves:
        """What the file says in an environment."""
        overlay = self.environments.get(environment) if environment is not None else None
        return {**self.base, **overlay} if overlay else self.base


def take_apart(file: File, problems: list[Problem]) -> FileLayer:
    """The leaves of a file; unknown keys and values of the wrong shape or type are problems."""
    tree = {key: value for key, value in file.tree.items() if key != _ENVIRONMENTS}
    base = _checked(_walk(file, tree, (), (), problems), problems)
    found: dict[str, Leaves] = {}
    for name, overlay in _mapping(file, file.tree.get(_ENVIRONMENTS), (_ENVIRONMENTS,), problems):
        where = (_ENVIRONMENTS, name)
        inside = dict(_mapping(file, overlay, where, problems))
        found[name] = _checked(_walk(file, inside, (), where, problems), problems)
    return FileLayer(file, base, found)


def merge(layers: Iterable[Leaves]) -> Leaves:
    """The winning leaves; layers come highest first."""
    merged: Leaves = {}
    for leaves in layers:
        for parts, leaf in leaves.items():
            merged.setdefault(parts, leaf)
    return merged


def nested(leaves: Mapping[Parts, Leaf]) -> dict[str, Any]:
    """The tree of these leaves, as the models read it. Every section is there, if empty."""
    tree: dict[str, Any] = {}
    for parts, key in keys.table().items():
        if key.kind == "section":
            _descend(tree, parts)
    for parts, leaf in leaves.items():
        _descend(tree, parts[:-1])[parts[-1]] = leaf.value
    return tree


def type_problems(leaves: Leaves) -> list[Problem]:
    """What the models say against the values of these leaves."""
    try:
        Settings.model_validate(nested(leaves))
    except ValidationError as problem:
        errors = problem.errors(include_url=False, include_context=True)
        return list(_explain(leaves, errors))
    return []


def from_text(parts: Parts, text: str) -> Any:
    """A value of the environment: text as it is, but for lists, mappings and keys of several types."""
    key = keys.key_at(parts)
    if key is None or key.kind == "value" or (key.kind == "free" and not text.strip()):
        return text
    if key.kind == "list" and not text.lstrip().startswith("["):
        return [item.strip() for item in text.split(",") if item.strip()]
    try:
        return dli_fast.read_yaml(text.encode())[0]
    except dli_fast.YamlError:
        return text  # for a list or mapping the models refuse it; for the rest it is text


def spread(parts: Parts, value: Any, origin: Origin) -> Iterator[tuple[Parts, Leaf]]:
    """A mapping for a "map" as one leaf a key; everything else as it is."""
    key = keys.key_at(parts)
    if key is not None and key.kind == "map" and isinstance(value, Mapping):
        for name, item in value.items():  # pyright: ignore[reportUnknownVariableType]
            yield (*parts, str(name)), Leaf(item, origin)  # pyright: ignore[reportUnknownArgumentType]
    elif isinstance(value, SecretStr):
        yield parts, Leaf(value.get_secret_value(), origin)
    else:
        yield parts, Leaf(value, origin)


def untrusted(parts: Parts, origin: Origin) -> Problem | None:
    """A project's file that says which hosts to trust: it may have come with a clone."""
    if parts != _TRUSTED or origin.rank.of_user:
        return None
    return bad_value(origin, join(parts), "", Text("config.trusted"))


def _walk(
    file: File, tree: Mapping[str, Any], prefix: Parts, where: Parts, problems: list[Problem]
) -> Iterator[tuple[Parts, Leaf]]:
    """The leaves below `prefix`; `where` is the environment's block when the tree is one."""
    for name, value in tree.items():
        parts = (*prefix, name)
        place = (*where, *parts)
        key = keys.key_at(parts)
        wrong = _refused(file, parts, where) if key is None else _misplaced(parts, file, where)
        if key is None or wrong is not None:
            problems.extend([wrong] if wrong else [])
        elif key.kind == "section":
            yield from _walk(file, dict(_mapping(file, value, place, problems)), parts, where, problems)
        elif key.kind == "map":
            for child, item in _mapping(file, value, place, problems):
                yield (*parts, child), Leaf(item, file.origin((*place, child)))
        elif key.kind == "list" and value is None:
            continue
        else:
            yield parts, Leaf(value, file.origin(place))


def _mapping(file: File, value: Any, place: Parts, problems: list[Problem]) -> list[tuple[str, Any]]:
    """The keys and values of a block; an empty one (all its lines are comments) says nothing."""
    if value is None:
        return []
    if isinstance(value, dict):
        return list(value.items())  # pyright: ignore[reportUnknownArgumentType]
    problems.append(bad_value(file.origin(place), join(place), "", Text("config.block")))  # it may be a secret
    return []


def _misplaced(parts: Parts, file: File, where: Parts) -> Problem | None:
    """A key that is known, and may not stand here."""
    if not where and parts[0] in OVERLAY_ONLY and len(parts) == 1:
        candidate = f"{_ENVIRONMENTS}.NAME.{parts[0]}"
        return unknown_key(file.origin(parts), parts[0], candidate, Text("config.outside"))
    if where and parts[0] in _NOT_IN_OVERLAY:
        return unknown_key(file.origin((*where, *parts)), parts[0], None, Text("config.inside"))
    return untrusted(parts, file.origin((*where, *parts)))


def _refused(file: File, parts: Parts, where: Parts) -> Problem:
    candidate = keys.nearest(parts, overlay=bool(where))
    return unknown_key(file.origin((*where, *parts)), join((*where, *parts)), candidate)


def _checked(found: Iterable[tuple[Parts, Leaf]], problems: list[Problem]) -> Leaves:
    """The leaves, with the problems of their types. Values that hold variables are judged once they are filled in."""
    leaves = dict(found)
    fixed = {
        parts: leaf
        for parts, leaf in leaves.items()
        if not (interpolate.allowed(parts) and interpolate.has_variable(leaf.value))
    }
    problems.extend(type_problems(fixed))
    return leaves


def _explain(leaves: Leaves, errors: list[ErrorDetails]) -> Iterator[Problem]:
    """One problem a leaf: a value of several possible types makes the models complain once for each."""
    by_leaf: dict[Parts, ErrorDetails] = {}
    for found in errors:
        loc = tuple(map(str, found["loc"]))
        by_leaf.setdefault(next((loc[:n] for n in range(len(loc), 0, -1) if loc[:n] in leaves), loc), found)
    for parts, found in by_leaf.items():
        if (leaf := leaves.get(parts)) is not None:
            yield bad_value(leaf.origin, join(parts), _shown(parts, leaf.value), _wanted(parts, leaf.value, found))


def _wanted(parts: Parts, value: object, found: ErrorDetails) -> str:
    """What the value should be."""
    key, kind, facts = keys.key_at(parts), found["type"], found.get("ctx", {})
    if key is not None and key.kind == "free":
        return Text("config.free")
    if kind == "string_type" and isinstance(value, int | float):
        return Text("config.text_quotes")
    match kind:
        case "literal_error" | "enum":
            return Text("config.one_of", names=either([f"'{name}'" for name in _QUOTED.findall(facts["expected"])]))
        case "greater_than_equal":
            return Text("config.or_more", limit=facts["ge"])
        case "less_than_equal":
            return Text("config.or_less", limit=facts["le"])
        case _:
            known = _MESSAGES.get(kind)
            told = reason_of(facts["error"]) if kind == "value_error" else found["msg"]
            return (
                Text(known)
                if known
                else told
                if isinstance(told, Text)
                else told.replace("Input should be", "must be", 1)
            )


def _shown(parts: Parts, value: object) -> str:
    text = hidden.shown(parts, value)
    return text if len(text) <= _LINE else text[: _LINE - 3] + "..."


def _descend(tree: dict[str, Any], parts: Parts) -> dict[str, Any]:
    for part in parts:
        tree = tree.setdefault(part, {})
    return tree
