"""Variables: the environment and `.env`, as a layer of their own and inside of values of files.

    DLI_TIMEOUT=60 ─variables_of─▶ {("execution", "timeout"): Leaf("60", DLI_TIMEOUT)}
    "${HOST}" in dli.yaml ─Variables.fill─▶ the leaf with the text put in, or Unset

A file of the user never asks a project's `.env`; a file of the project asks the environment, then `.env`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from dli_core.config import env, interpolate
from dli_core.config.files import ENV_FILE, Place
from dli_core.config.keys import Parts, join
from dli_core.config.layers import Leaf, Leaves, from_text, spread, type_problems, untrusted
from dli_core.config.origin import Layer, Origin, Unset
from dli_core.config.problems import Problem, bad_file, bad_value
from dli_core.errors.phrase import Text

if TYPE_CHECKING:
    from dli_core.config.dotenv import Entry

Expanded = tuple[str, tuple[str, ...], Layer | None]  # text, the variables in it, the highest layer of those


class Variables:
    """What `${NAME}` stands for, and the two layers that variables make."""

    def __init__(self, environ: Mapping[str, str], root: Path | None, problems: list[Problem]) -> None:
        self.environ = environ
        self._place = Place(Layer.ENV_FILE, ENV_FILE, (root or Path()) / ENV_FILE)
        self._problems = problems
        self._entries: Mapping[str, Entry] = self._read() if root is not None else {}

    def layer_of_environment(self, known: Iterable[Parts]) -> Leaves:
        """The keys that the environment sets."""
        origins = {name: Origin(name, rank=Layer.ENVIRONMENT) for name in self.environ if name.startswith(env.PREFIX)}
        return self._leaves({name: self.environ[name] for name in origins}, origins, known)

    def layer_of_file(self, known: Iterable[Parts]) -> Leaves:
        """The keys that `.env` sets."""
        texts: dict[str, str] = {}
        origins: dict[str, Origin] = {}
        for name, entry in self._entries.items():
            if not name.startswith(env.PREFIX):
                continue
            origin = self._place.origin(entry.line, entry.column)
            try:
                texts[name], variables, source = self._expanded(entry)
                origins[name] = replace(origin, variables=variables, source=source)
            except interpolate.MissingVariableError as problem:
                what = Text("config.not_set", variable=str(problem))
                self._problems.append(bad_value(origin, name, "***", what))
            except interpolate.MalformedError:
                self._problems.append(_malformed(name, origin))
        leaves = self._leaves(texts, origins, known)
        found = [untrusted(parts, leaf.origin) for parts, leaf in leaves.items()]
        self._problems += [problem for problem in found if problem is not None]
        return leaves

    def named(self, name: str) -> tuple[str, Origin] | None:
        """A variable that is no key (DLI_ENV), from the environment or `.env`; an empty one is not set."""
        if text := self.environ.get(name):
            return text, Origin(name, rank=Layer.ENVIRONMENT)
        if (entry := self._entries.get(name)) and (text := self._expanded(entry)[0]):
            return text, self._place.origin(entry.line, entry.column)
        return None

    @property
    def names_in_file(self) -> list[str]:
        """The names that `.env` assigns."""
        return list(self._entries)

    def fill(self, leaves: Mapping[Parts, Leaf]) -> tuple[Leaves, dict[str, Unset]]:
        """The leaves with their variables put in, and those whose variable is not set."""
        filled: Leaves = {}
        unset: dict[str, Unset] = {}
        for parts, leaf in leaves.items():
            value, origin = leaf
            if not (origin.rank <= Layer.PRIVATE and interpolate.allowed(parts) and interpolate.has_variable(value)):
                filled[parts] = leaf
                continue
            try:
                found = interpolate.fill(value, self._lookup(origin.rank))
            except interpolate.MissingVariableError as problem:
                unset[join(parts)] = Unset(str(problem), origin)
            except interpolate.MalformedError:
                self._problems.append(_malformed(join(parts), origin))
            else:
                whole = interpolate.is_whole(value)
                filled[parts] = Leaf(
                    from_text(parts, found.value) if whole else found.value,
                    replace(origin, variables=found.variables, source=found.source),
                )
        return filled, unset

    def _read(self) -> Mapping[str, Entry]:
        try:
            text = self._place.path.read_bytes().decode()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return {}
        except UnicodeDecodeError:
            self._problems.append(bad_file(self._place.origin(), Text("config.not_utf8")))
            return {}
        except OSError as problem:
            self._problems.append(bad_file(self._place.origin(), problem.strerror or str(problem)))
            return {}
        from dli_core.config import dotenv  # noqa: PLC0415 - most projects have no such file

        entries, wrong = dotenv.parse(text)
        self._problems += [bad_file(self._place.origin(line, 1), what) for line, what in wrong]
        return entries

    def _leaves(self, texts: Mapping[str, str], origins: Mapping[str, Origin], known: Iterable[Parts]) -> Leaves:
        leaves: Leaves = {}
        # A mapping given as a whole comes first, so that the names of its single keys win.
        for parts, text, origin in sorted(env.read(texts, origins, known, self._problems), key=lambda row: len(row[0])):
            leaves.update(spread(parts, from_text(parts, text), origin))
        self._problems += type_problems(leaves)
        return leaves

    def _lookup(self, rank: Layer, before: int | None = None) -> interpolate.Lookup:
        def look(name: str) -> tuple[str, Layer] | None:
            if (text := self.environ.get(name)) is not None:
                return text, Layer.ENVIRONMENT
            entry = self._entries.get(name) if rank is not Layer.USER else None
            if entry is None or (before is not None and entry.line >= before):
                return None
            text, _, source = self._expanded(entry)
            return text, max(source or Layer.ENV_FILE, Layer.ENV_FILE)

        return look

    def _expanded(self, entry: Entry) -> Expanded:
        """A value of `.env`, with the variables of the environment and of the lines above it."""
        if not entry.expands:
            return entry.text, (), None
        filled = interpolate.fill(entry.text, self._lookup(Layer.ENV_FILE, entry.line))
        return filled.value, filled.variables, filled.source


def _malformed(key: str, origin: Origin) -> Problem:
    return bad_value(origin, key, "***", Text("config.variable"))
