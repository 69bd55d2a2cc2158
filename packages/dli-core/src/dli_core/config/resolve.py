"""All layers → one frozen Settings.

    root ─▶ files, .env, environment, overrides ─▶ problems? DLI-001 with all of them
         ─▶ the environment ─▶ merge, highest first ─▶ ${VAR} ─▶ paths ─▶ Settings with origins

The one reader for the command line and the SDK. It reads three YAML files and `.env`, and connects to nothing.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from dli_core.config import env, paths
from dli_core.config.files import find_root, home_of, read_files, uses_user_file, yaml_places
from dli_core.config.keys import Parts, join, key_at, nearest, parse
from dli_core.config.layers import FileLayer, Leaf, Leaves, merge, nested, spread, take_apart, type_problems
from dli_core.config.origin import Found, Layer, Named, Origin, Unset
from dli_core.config.problems import Problem, invalid, unknown_key, unset_error
from dli_core.config.settings import HOST_KEYS, Settings
from dli_core.config.variables import Variables
from dli_core.errors import ErrorCode, error
from dli_core.models.common import DataSource, ExecutionMode

_DIALECT = "dialect"
_ENGINE: Parts = ("local", "engine")


class Override(NamedTuple):
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
    variables = os.environ if environ is None else environ
    folder = Path.cwd() if cwd is None else cwd.absolute()
    home = home or home_of(variables)
    problems: list[Problem] = []
    root = _root(project, variables, folder, home)
    places = yaml_places(root, home if uses_user_file(variables, problems) else None)
    files = [take_apart(file, problems) for file in read_files(places, problems)]
    known = {parts for layer in files for leaves in layer.all() for parts in leaves}
    source = Variables(variables, root, problems)
    upper = [_top(overrides or {}, problems), source.layer_of_environment(known), source.layer_of_file(known)]
    if problems:
        raise invalid(problems)
    chosen = _environment(environment or None, source, [*upper, *(layer.base for layer in files)], files)
    stack = [*upper, *(layer.leaves(chosen and chosen[0]) for layer in files)]
    return _settle(stack, source, problems, chosen, Found(environments=_names(files), cwd=folder, home=home), root)


def _settle(
    stack: list[Leaves],
    variables: Variables,
    problems: list[Problem],
    chosen: Named | None,
    found: Found,
    root: Path | None,
) -> Settings:
    """Merge the layers of the chosen environment, fill in what is still open, and make the value."""
    merged = merge(stack)
    filled, unset = variables.fill(merged)
    _refuse_unset_in_use(filled, unset)
    base = root or found.cwd or Path.cwd()
    leaves = {
        parts: leaf._replace(value=paths.absolute(parts, leaf.value, base, found.home))
        for parts, leaf in filled.items()
    }
    problems += type_problems({parts: leaf for parts, leaf in leaves.items() if leaf.origin.variables})
    if problems:
        raise invalid(problems)
    name = None if chosen is None else chosen[0]
    settings = Settings.model_validate({**nested(leaves), "root": root, "environment": name})
    origins = {join(parts): leaf.origin for parts, leaf in {**merged, **leaves}.items()}
    if chosen is not None:
        origins["environment"] = chosen[1]
    return settings.knowing(found._replace(origins=origins, named=_named(stack, variables), unset=unset))


def _root(project: Path | None, environ: Mapping[str, str], cwd: Path, home: Path | None) -> Path | None:
    asked = project or environ.get("DLI_PROJECT_PATH") or None
    if asked is None:
        return find_root(cwd)
    folder = Path(os.path.normpath(cwd / paths.expand(str(asked), home)))
    if not folder.is_dir():
        origin = "DLI_PROJECT_PATH" if project is None else None
        raise error(ErrorCode.CONFIG_NOT_FOUND, "no_folder", path=str(folder), origin=origin)
    return folder


def _top(overrides: Mapping[str, Override], problems: list[Problem]) -> Leaves:
    """The layer of options and arguments."""
    leaves: Leaves = {}
    dialect: Leaf | None = None
    for dotted, override in overrides.items():
        if override.value is None:
            continue
        origin = Origin(override.origin, rank=Layer.OVERRIDE)
        parts = parse(dotted)
        if dotted == _DIALECT:
            dialect = Leaf(override.value, origin)
        elif (key := key_at(parts)) is None or key.kind == "section":
            problems.append(unknown_key(origin, dotted, nearest(parts)))
        else:
            leaves.update(spread(parts, override.value, origin))
    if dialect is not None:
        leaves.setdefault(_ENGINE, dialect)
    problems += type_problems(leaves)
    return leaves


def _names(files: Iterable[FileLayer]) -> tuple[str, ...]:
    """The names of all environments, in the order of the files."""
    return tuple(dict.fromkeys(name for layer in files for name in layer.environments))


def _environment(
    wanted: str | None, variables: Variables, stack: Iterable[Leaves], files: Iterable[FileLayer]
) -> Named | None:
    """The chosen environment's name and who chose it; DLI-004 when no file defines it."""
    if wanted is not None:
        chosen = (wanted, Origin("--env", rank=Layer.OVERRIDE))
    elif (found := variables.named(env.ENVIRONMENT)) is not None:
        chosen = found
    elif (leaf := merge(stack).get(("default_env",))) is not None and leaf.value:
        chosen = (str(leaf.value), leaf.origin)
    else:
        return None
    name, origin = chosen
    names = _names(files)
    if name in names:
        return chosen
    raise error(
        ErrorCode.CONFIG_ENV_NOT_FOUND,
        "unknown_environment",
        environment=name,
        candidates=difflib.get_close_matches(name, names) or None,
        known_environments=list(names),
        path=origin.layer if origin.path else None,
        line=origin.line,
        column=origin.column,
    )


def _refuse_unset_in_use(leaves: Leaves, unset: Mapping[str, Unset]) -> None:
    """A missing variable matters when its value does: a local run does not need the server's key."""
    if not unset:
        return
    sections = _sections_in_use(leaves)
    needed = {key: value for key, value in unset.items() if key.startswith(sections)}
    if needed:
        raise unset_error(needed)


def _sections_in_use(leaves: Leaves) -> tuple[str, ...]:
    """Beginnings of the keys that a run of these settings reads."""

    def value(*parts: str, default: str) -> str:
        leaf = leaves.get(parts)
        text = default if leaf is None or leaf.value is None else leaf.value
        return str(getattr(text, "value", text))

    mode = value("execution", "default_mode", default=ExecutionMode.LOCAL.value)
    specs = value("specs", "source", default=DataSource.LOCAL.value)
    used = ["rename."]
    if mode == ExecutionMode.LOCAL.value:
        used += ["local.engine", f"local.{value(*_ENGINE, default='duckdb')}."]
    if ExecutionMode.SERVER.value in {mode, specs}:
        used.append("server.")
    return tuple(used)


def _named(stack: Iterable[Leaves], variables: Variables) -> dict[str, tuple[Named, ...]]:
    """For the keys that name a host: what each layer says."""
    found: dict[str, tuple[Named, ...]] = {}
    layers = list(stack)
    for key in HOST_KEYS:
        parts = parse(key)
        said = [{parts: leaf} for leaves in layers if (leaf := leaves.get(parts)) is not None]
        filled = [variables.fill(leaf)[0].get(parts) for leaf in said]
        found[key] = tuple((str(leaf.value), leaf.origin) for leaf in filled if leaf is not None and leaf.value)
    return found
