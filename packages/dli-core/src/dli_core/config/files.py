"""The files of the configuration: where they are, and what they hold.

    root, home ─locate─▶ the layers' files ─read─▶ File(tree, places) │ problems

`requires` is read here, before anything else of any file is looked at: a newer project may use what this version does
not know, and then the one useful answer is the upgrade command.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import dli_fast

from dli_core import __version__
from dli_core.config.keys import Parts
from dli_core.config.origin import Layer, Origin
from dli_core.config.problems import Problem, bad_file, bad_value
from dli_core.errors import ErrorCode, error
from dli_core.errors.phrase import Text, of_yaml, reason_of

PROJECT_FILE = "dli.yaml"
PRIVATE_FILE = ".dli.local.yaml"
ENV_FILE = ".env"
USER_FILE = "~/.dli/config.yaml"
# What the reader says of these quotes the file, and that may be a secret: passwords do begin with & and !.
_QUOTING = {"alias": "yaml.anchors", "tag": "yaml.tags"}
_OFF = {"off", "0", "false", "no"}
_ON = {"on", "1", "true", "yes"}
_REQUIRES_LINE = re.compile(rb"^requires[ \t]*:[ \t]*(?:\"([^\"\n]*)\"|'([^'\n]*)'|([^\s#][^#\n]*))", re.MULTILINE)


class Place(NamedTuple):
    """A layer's file: its rank, the name that people know it by, and where it is."""

    rank: Layer
    name: str
    path: Path

    def origin(self, line: int | None = None, column: int | None = None) -> Origin:
        """The origin of what stands there."""
        return Origin(self.name, self.path, line, self.rank, column)


class File(NamedTuple):
    """A YAML file that was read: keys and values, and their places."""

    place: Place
    tree: Mapping[str, Any]
    places: dli_fast.Places

    def origin(self, parts: Parts) -> Origin:
        """The origin of the key at `parts`."""
        return self.place.origin(*self.places.nearest(parts))


def find_root(start: Path) -> Path | None:
    """The nearest folder, from `start` upward, that holds a `dli.yaml`."""
    start = start.absolute()
    return next((folder for folder in (start, *start.parents) if (folder / PROJECT_FILE).is_file()), None)


def home_of(environ: Mapping[str, str]) -> Path | None:
    """The user's home, if there is one."""
    if text := environ.get("HOME"):
        return Path(text)
    try:
        return Path.home()
    except RuntimeError:
        return None


def uses_user_file(environ: Mapping[str, str], problems: list[Problem]) -> bool:
    """Whether `~/.dli/config.yaml` is a layer: DLI_USER_CONFIG=off leaves it out."""
    text = environ.get("DLI_USER_CONFIG", "").strip().lower()
    if text and text not in _OFF | _ON:
        origin = Origin("DLI_USER_CONFIG", rank=Layer.ENVIRONMENT)
        problems.append(bad_value(origin, "DLI_USER_CONFIG", text, Text("config.off_or_on")))
    return text not in _OFF


def yaml_places(root: Path | None, home: Path | None) -> list[Place]:
    """Where the YAML layers are, highest first, whether they exist or not."""
    found: list[Place] = []
    if root is not None:
        found.append(Place(Layer.PRIVATE, PRIVATE_FILE, root / PRIVATE_FILE))
        found.append(Place(Layer.PROJECT, PROJECT_FILE, root / PROJECT_FILE))
    if home is not None:
        found.append(Place(Layer.USER, USER_FILE, home / ".dli" / "config.yaml"))
    return found


def read_files(places: Iterable[Place], problems: list[Problem]) -> list[File]:
    """Read those that exist. Raises DLI-001 "requires" when one wants another version of DLI."""
    contents = [(place, data) for place in places if (data := _bytes(place, problems)) is not None]
    spelled = {place.rank for place, data in contents if _check_text(place, data, problems)}
    files = [file for place, data in contents if (file := parse(place, data, problems)) is not None]
    for file in files:
        text = file.tree.get("requires")
        if isinstance(text, str) and file.place.rank not in spelled:
            _check_version(text, file.origin(("requires",)), problems)
    return files


def parse(place: Place, data: bytes, problems: list[Problem]) -> File | None:
    """The file of these bytes, or None and a problem."""
    twice: list[dli_fast.YamlError] = []
    try:
        tree, places = dli_fast.read_yaml(data, twice=twice)
    except dli_fast.YamlError as problem:
        problems.extend(_of_yaml(place, found) for found in [*twice, problem])
        return None
    problems.extend(_of_yaml(place, found) for found in twice)
    if tree is None:
        tree = {}
    if not isinstance(tree, dict):
        problems.append(bad_file(place.origin(1, 1), Text("config.no_block")))
        return None
    return File(place, tree, places)  # pyright: ignore[reportUnknownArgumentType]


def _of_yaml(place: Place, found: dli_fast.YamlError) -> Problem:
    plain = _QUOTING.get(found.kind)
    return bad_file(place.origin(found.line, found.column), Text(plain) if plain else of_yaml(found.message))


def _bytes(place: Place, problems: list[Problem]) -> bytes | None:
    try:
        return place.path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as problem:
        problems.append(bad_file(place.origin(), problem.strerror or str(problem)))
        return None


def _check_text(place: Place, data: bytes, problems: list[Problem]) -> bool:
    """Look for `requires` in the text: the file may be written in ways that only the wanted version reads."""
    match = _REQUIRES_LINE.search(data)
    if match is None:
        return False
    text = next(group for group in match.groups() if group is not None).decode("utf-8", "replace").strip()
    if text in {"null", "~"}:
        return True
    _check_version(text, place.origin(data.count(b"\n", 0, match.start()) + 1, 1), problems)
    return True


def _check_version(text: str, origin: Origin, problems: list[Problem]) -> None:
    from dli_core.config import requires  # noqa: PLC0415 - most projects ask for no version

    try:
        fits = requires.satisfied(text, __version__)
    except ValueError as problem:
        problems.append(bad_value(origin, "requires", text, reason_of(problem)))
        return
    if fits:
        return
    raise error(
        ErrorCode.CONFIG_INVALID,
        "requires",
        requires=text,
        version=__version__,
        command=f"pip install --upgrade 'dli-cli{text}'",
        path=origin.layer,
        line=origin.line,
        column=origin.column,
        file=str(origin.path),
    )
