"""All layers → one frozen Settings.

    root ─▶ files, .env, environment, overrides ─▶ problems? DLI-001 with all of them
         ─▶ the environment ─▶ merge, highest first ─▶ ${VAR} ─▶ paths ─▶ Settings with origins

The one reader for the command line and the SDK. It reads three YAML files and `.env`, and connects to nothing.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from dli_core.config import dotenv, env, interpolate, paths
from dli_core.config.files import (
    ENV_FILE,
    Place,
    find_root,
    home_of,
    read_files,
    uses_user_file,
    yaml_places,
)
from dli_core.config.keys import Parts, join, key_at, nearest, split
from dli_core.config.layers import (
    FileLayer,
    Leaf,
    Leaves,
    from_text,
    merge,
    nested,
    spread,
    take_apart,
    type_problems,
)
from dli_core.config.origin import Found, Layer, Named, Origin, Unset
from dli_core.config.problems import Problem, bad_file, bad_value, invalid, unknown_key
from dli_core.config.secrets import HOST_KEYS
from dli_core.config.settings import Settings
from dli_core.errors import ErrorCode, error
from dli_core.models.common import DataSource, ExecutionMode

_DIALECT = "dialect"
_ENGINE = ("local", "engine")


@dataclass(frozen=True, slots=True)
class Override:
    """A value of the top layer: an option, an argument, an explicitly set field of an ExecutionContext.

    Attributes:
        value: None means that nothing was given.
        origin: what people call it: "--timeout", "argument timeout".
    """

    value: object
    origin: str


def resolve(
    overrides: Mapping[str, Override] | None = None,
    *,
    project: Path | None = None,
    environment: str | None = None,
    environ: Mapping[str, str] | None = None,
    home: Path | None = None,
    cwd: Path | None = None,
) -> Settings:
    """The settings of all layers.

    Args:
        overrides: dotted path ("execution.timeout") → the value of the top layer. "dialect" stands for
            "local.engine", which wins when both are given.
        project: the root (-C DIR, project_path). Must exist; it is the root even without a `dli.yaml`.
        environment: the environment's name (--env); else DLI_ENV, else `default_env`.
        environ: the environment variables; the process's own by default.
        home: the user's home; found by default.
        cwd: the working directory; the process's own by default.

    Raises:
        ConfigurationError: DLI-001 with every problem of every layer (`problems`), or "requires"; DLI-002 when the
            project's folder does not exist; DLI-004 unknown environment; DLI-005 a variable that is needed is not set.
    """
    return _Resolution(
        dict(overrides or {}),
        os.environ if environ is None else environ,
        Path(os.path.abspath(cwd or Path.cwd())),
        project,
        environment or None,
        home,
    ).settings()


class _Resolution:
    """One run of it; the steps in the order of the module's drawing."""

    def __init__(
        self,
        overrides: Mapping[str, Override],
        environ: Mapping[str, str],
        cwd: Path,
        project: Path | None,
        environment: str | None,
        home: Path | None,
    ) -> None:
        self.environ = environ
        self.cwd = cwd
        self.problems: list[Problem] = []
        self.home = home or home_of(environ)
        self.root = self._root(project)
        use_home = uses_user_file(environ, self.problems)
        places = yaml_places(self.root, self.home if use_home else None)
        self.files = [take_apart(file, self.problems) for file in read_files(places, self.problems)]
        self.env_file = self._env_file()
        self.override_leaves = self._overrides(overrides)
        self.environ_leaves = self._environment()
        self.env_file_leaves = self._env_file_leaves()
        self.wanted = environment

    def settings(self) -> Settings:
        """The value, or every problem at once."""
        if self.problems:
            raise invalid(self.problems)
        chosen = self._choose_environment()
        stack = self._stack(chosen)
        merged = merge(stack)
        filled, unset = self._fill(merged)
        self._refuse_unset_in_use(filled, unset)
        located = {parts: self._located(parts, leaf) for parts, leaf in filled.items()}
        if problems := [*self.problems, *type_problems(located)]:
            raise invalid(problems)
        tree = {**nested(located), "root": self.root, "environment": chosen}
        settings = Settings.model_validate(tree)
        settings._found = Found(  # noqa: SLF001 - resolution is the one that sets it
            origins={join(parts): leaf.origin for parts, leaf in {**merged, **located}.items()},
            named=self._named(stack),
            unset=unset,
            environments=self.environments,
            cwd=self.cwd,
            home=self.home,
        )
        return settings

    # The layers

    def _root(self, project: Path | None) -> Path | None:
        asked = project or self.environ.get("DLI_PROJECT_PATH") or None
        if asked is None:
            return find_root(self.cwd)
        folder = Path(os.path.abspath(self.cwd / paths.expand(str(asked), self.home)))
        if not folder.is_dir():
            origin = "DLI_PROJECT_PATH" if project is None else None
            raise error(ErrorCode.CONFIG_NOT_FOUND, "no_folder", path=str(folder), origin=origin)
        return folder

    def _overrides(self, overrides: Mapping[str, Override]) -> Leaves:
        leaves: Leaves = {}
        engine: Override | None = None
        for dotted, override in overrides.items():
            if override.value is None:
                continue
            origin = Origin(override.origin, rank=Layer.OVERRIDE)
            parts = split(dotted)
            if dotted == _DIALECT:
                engine = override
            elif (key := key_at(parts)) is None or key.kind == "section":
                self.problems.append(unknown_key(origin, dotted, nearest(parts)))
            else:
                leaves.update(spread(parts, override.value, origin))
        if engine is not None:
            leaves.setdefault(_ENGINE, Leaf(engine.value, Origin(engine.origin, rank=Layer.OVERRIDE)))
        self.problems += type_problems(leaves)
        return leaves

    def _environment(self) -> Leaves:
        origins = {name: Origin(name, rank=Layer.ENVIRONMENT) for name in self.environ}
        return self._variables(self.environ, origins)

    def _env_file(self) -> Mapping[str, dotenv.Entry]:
        if self.root is None:
            return {}
        place = self._env_place(self.root)
        try:
            text = place.path.read_bytes().decode()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return {}
        except (OSError, UnicodeDecodeError) as problem:
            self.problems.append(bad_file(place.origin(), getattr(problem, "strerror", None) or "it is not UTF-8 text"))
            return {}
        entries, wrong = dotenv.parse(text)
        self.problems += [bad_file(place.origin(line, 1), what) for line, what in wrong]
        return entries

    def _env_file_leaves(self) -> Leaves:
        if self.root is None:
            return {}
        place = self._env_place(self.root)
        texts: dict[str, str] = {}
        origins: dict[str, Origin] = {}
        for name, entry in self.env_file.items():
            if not name.startswith(env.PREFIX):
                continue
            origin = place.origin(entry.line, entry.column)
            try:
                texts[name], variables, source = self._expanded(entry)
                origins[name] = replace(origin, variables=variables, source=source)
            except (interpolate.MissingVariableError, interpolate.MalformedError) as problem:
                self.problems.append(_variable_problem(name, origin, problem))
        return self._variables(texts, origins)

    def _variables(self, texts: Mapping[str, str], origins: Mapping[str, Origin]) -> Leaves:
        known = {parts for layer in self.files for leaves in layer.all() for parts in leaves}
        leaves: Leaves = {}
        for parts, text, origin in env.read(texts, origins, known, self.problems):
            for child, leaf in spread(parts, from_text(parts, text), origin):
                # A mapping as a whole gives way to the names of its single keys.
                if child == parts or child not in leaves:
                    leaves[child] = leaf
        self.problems += type_problems(leaves)
        return leaves

    def _stack(self, environment: str | None) -> list[Leaves]:
        files = [layer.leaves(environment) for layer in self.files]
        return [self.override_leaves, self.environ_leaves, self.env_file_leaves, *files]

    # The environment

    @cached_property
    def environments(self) -> tuple[str, ...]:
        """The names of all environments, in the order of the files."""
        return tuple(dict.fromkeys(name for layer in self.files for name in layer.environments))

    def _choose_environment(self) -> str | None:
        origin: Origin | None = None
        chosen = self.wanted or self.environ.get("DLI_ENV")
        if not chosen and (entry := self.env_file.get("DLI_ENV")) and self.root is not None:
            chosen, origin = self._expanded(entry)[0], self._env_place(self.root).origin(entry.line)
        if not chosen and (leaf := merge(self._stack(None)).get(("default_env",))):
            chosen, origin = leaf.value, leaf.origin
        if not chosen:
            return None
        if chosen not in self.environments:
            near = difflib.get_close_matches(chosen, self.environments, n=1)
            raise error(
                ErrorCode.CONFIG_ENV_NOT_FOUND,
                "unknown_environment",
                environment=chosen,
                candidate=near[0] if near else None,
                candidates=list(self.environments),
                known=", ".join(self.environments) or None,
                path=origin.layer if origin else None,
                line=origin.line if origin else None,
            )
        return chosen

    # Variables and paths

    def _lookup(self, rank: Layer, before: int | None = None) -> interpolate.Lookup:
        """What a variable is, for a file of this rank: the user's own file never asks a project's `.env`."""

        def look(name: str) -> tuple[str, Layer] | None:
            if (text := self.environ.get(name)) is not None:
                return text, Layer.ENVIRONMENT
            entry = self.env_file.get(name) if rank is not Layer.USER else None
            if entry is None or (before is not None and entry.line >= before):
                return None
            text, _, source = self._expanded(entry)
            return text, max(source or Layer.ENV_FILE, Layer.ENV_FILE)

        return look

    def _expanded(self, entry: dotenv.Entry) -> tuple[str, tuple[str, ...], Layer | None]:
        """An entry of `.env` with the variables of the environment and of the lines above it."""
        if not entry.expands:
            return entry.text, (), None
        filled = interpolate.fill(entry.text, self._lookup(Layer.ENV_FILE, entry.line))
        return filled.value, filled.variables, filled.source

    def _fill(self, leaves: Leaves) -> tuple[Leaves, dict[str, Unset]]:
        """The leaves with their variables put in, and those whose variable is not set."""
        filled: Leaves = {}
        unset: dict[str, Unset] = {}
        for parts, leaf in leaves.items():
            value, origin = leaf
            if origin.rank > Layer.PRIVATE or not interpolate.allowed(parts) or not interpolate.has_variable(value):
                filled[parts] = leaf
                continue
            try:
                found = interpolate.fill(value, self._lookup(origin.rank))
            except interpolate.MissingVariableError as problem:
                unset[join(parts)] = Unset(str(problem), origin)
            except interpolate.MalformedError as problem:
                self.problems.append(_variable_problem(join(parts), origin, problem))
            else:
                text = from_text(parts, found.value) if interpolate.is_whole(value) else found.value
                filled[parts] = Leaf(text, replace(origin, variables=found.variables, source=found.source))
        return filled, unset

    def _refuse_unset_in_use(self, leaves: Leaves, unset: Mapping[str, Unset]) -> None:
        """A missing variable matters when its value does: a local run does not need the server's key."""
        sections = _sections_in_use(leaves, inside=self.root is not None)
        needed = {key: value for key, value in unset.items() if any(key.startswith(section) for section in sections)}
        if needed:
            raise unset_error(needed)

    def _located(self, parts: Parts, leaf: Leaf) -> Leaf:
        base = self.root or self.cwd
        return leaf._replace(value=paths.absolute(parts, leaf.value, base, self.home))

    def _named(self, stack: list[Leaves]) -> dict[str, tuple[Named, ...]]:
        """For the keys that name a host: what each layer says."""
        found: dict[str, tuple[Named, ...]] = {}
        for key in HOST_KEYS:
            parts = split(key)
            texts = [leaf for leaves in stack if (leaf := leaves.get(parts)) is not None and leaf.value is not None]
            filled = [self._fill({parts: leaf})[0].get(parts) for leaf in texts]
            found[key] = tuple((str(leaf.value), leaf.origin) for leaf in filled if leaf is not None)
        return found

    @staticmethod
    def _env_place(root: Path) -> Place:
        return Place(Layer.ENV_FILE, ENV_FILE, root / ENV_FILE)


def unset_error(unset: Mapping[str, Unset]) -> Exception:
    """DLI-005 for values whose variable is not set."""
    problems = [
        Problem(f"{key}: the variable {value.variable} is not set", value.origin, "variable").as_dict()
        for key, value in unset.items()
    ]
    key, first = next(iter(unset.items()))
    return error(
        ErrorCode.CONFIG_TEMPLATE,
        "variable",
        key=key,
        variable=first.variable,
        path=first.origin.layer,
        line=first.origin.line,
        column=first.origin.column,
        file=str(first.origin.path),
        problems=problems,
        count=len(problems),
    )


def _sections_in_use(leaves: Leaves, *, inside: bool) -> list[str]:
    """Prefixes of the keys that a run of these settings reads."""

    def value(*parts: str, default: str) -> str:
        leaf = leaves.get(parts)
        text = default if leaf is None or leaf.value is None else leaf.value
        return str(getattr(text, "value", text))

    mode = value("execution", "default_mode", default=ExecutionMode.LOCAL.value)
    source = value("specs", "source", default=(DataSource.LOCAL if inside else DataSource.SERVER).value)
    used = ["rename."]
    if mode == ExecutionMode.LOCAL.value:
        used += ["local.engine", f"local.{value(*_ENGINE, default='duckdb')}."]
    if mode == ExecutionMode.SERVER.value or (source == DataSource.SERVER.value and ("specs", "source") in leaves):
        used.append("server.")
    return used


def _variable_problem(name: str, origin: Origin, problem: Exception) -> Problem:
    if isinstance(problem, interpolate.MissingVariableError):
        return Problem(f"{name}: the variable {problem} is not set", origin, "value", {"key": name})
    what = "a variable is ${NAME} or ${NAME:-default}, and $${ stands for the characters themselves"
    return bad_value(origin, name, "***", what)
