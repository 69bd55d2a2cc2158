"""`dli config set KEY VALUE`: one value in one file, and nothing else.

    KEY, VALUE ─▶ text with the value at its place ─▶ reads back? loads? ─▶ sealed over the file

A file that would not load again is not written. The user's and the private file are made for their owner alone.
"""

from __future__ import annotations

import contextlib
import copy
import os
from collections.abc import Generator
from pathlib import Path
from typing import Any

import dli_fast

from dli_core.config import keys, yaml_text
from dli_core.config.files import PRIVATE_FILE, PROJECT_FILE, USER_FILE, Place, parse
from dli_core.config.keys import Key, Parts, join
from dli_core.config.layers import Leaf, from_text, spread, take_apart, type_problems
from dli_core.config.origin import Layer, Origin
from dli_core.config.problems import Problem, bad_value, invalid
from dli_core.config.values import unknown
from dli_core.errors import DLIError, ErrorCode, error
from dli_core.errors.phrase import Text
from dli_core.export.publish import sealed

_ENVIRONMENTS = "environments"
_OVERLAY = 2  # parts of "environments.NAME"
_FILE_MODE = 0o600
_FOLDER_MODE = 0o700
_BOM = "\ufeff"
_COMMAND = Origin("dli config set")


def set_value(path: Path, key: str, value: str) -> None:
    """Set `key` to what `value` says, in the file at `path`; the file and its folder are made when missing.

    `environments.NAME.KEY` sets it for one environment. A list is `a,b` or `[a, b]`, a mapping `{a: 1}`; `null` takes
    a value back that may be unset.

    Raises:
        ConfigurationError: DLI-001 when the key is unknown, the value does not fit, or the file would not load;
            DLI-006 when it cannot be written.
    """
    place = place_of(path)
    parts, inner = _target(key)
    wanted = _value(inner, value, _COMMAND)
    old = _read(path)
    new = changed(old.removeprefix(_BOM), parts, wanted, place)
    _check(place, new)
    if (text := (_BOM if old.startswith(_BOM) else "") + new) != old:
        _write(path, text.encode(), private=place.rank is not Layer.PROJECT)


def changed(text: str, parts: Parts, value: Any, place: Place) -> str:
    """`text` with the value at its place, every other byte kept; DLI-006 "not_editable" where that cannot be done."""
    problems: list[Problem] = []
    file = parse(place, text.encode(), problems)
    if file is None:
        raise invalid(problems)
    try:
        return _spliced(text, parts, value)
    except (yaml_text.UnclearError, dli_fast.YamlError):
        where = file.origin(parts)
        facts: dict[str, Any] = {"path": where.layer, "line": where.line, "file": str(place.path), "key": join(parts)}
        raise error(ErrorCode.CONFIG_WRITE_FAILED, "not_editable", **facts) from None


def place_of(path: Path) -> Place:
    """The layer that a file is, by its name."""
    named = {PROJECT_FILE: Layer.PROJECT, PRIVATE_FILE: Layer.PRIVATE}
    rank = named.get(path.name, Layer.USER)
    return Place(rank, USER_FILE if rank is Layer.USER else path.name, path)


def _target(key: str) -> tuple[Parts, Parts]:
    """The path in the file, and the key that it stands for: those differ inside of an environment."""
    parts = keys.parse(key)
    if parts[0] == _ENVIRONMENTS and len(parts) > _OVERLAY:
        where, inner = parts[:_OVERLAY], keys.parse(join(parts[_OVERLAY:]))
        parts = (*where, *inner)
    else:
        inner = parts
    found = keys.key_at(inner)
    if found is not None and found.kind == "section":
        what = Text("config.section", names=[join((*parts, name)) for name in keys.children(inner)])
        raise invalid([bad_value(_COMMAND, key, "", what)])
    if found is None or not all(parts):
        raise unknown(key)
    return parts, inner


def _value(parts: Parts, text: str, origin: Origin) -> Any:
    """What the text means for this key; a number or `true` only where the key takes one."""
    key = keys.key_at(parts) or Key("value")
    value = from_text(parts, text)
    if key.kind == "value" and not key.secret:
        with contextlib.suppress(dli_fast.YamlError):
            scalar = dli_fast.read_yaml(text.encode())[0]
            if not isinstance(scalar, str | dict | list) and not _problems(parts, scalar, origin):
                value = scalar
    if key.nullable and text.strip() in {"null", "~"}:
        value = None
    if problems := _problems(parts, value, origin):
        raise invalid(problems)
    return value


def _problems(parts: Parts, value: Any, origin: Origin) -> list[Problem]:
    key = keys.key_at(parts)
    if key is not None and key.kind == "map" and not isinstance(value, dict):
        return [bad_value(origin, join(parts), value, Text("config.block_like"))]
    if value is None and key is not None and not key.nullable:
        return [bad_value(origin, join(parts), "null", Text("config.value"))]
    if isinstance(value, str) and "${" in value:
        return []  # judged when the variable is filled in
    return type_problems(dict(spread(parts, value, origin)) or {parts: Leaf(value, origin)})


def _spliced(text: str, parts: Parts, value: Any) -> str:
    """The changed text, read again: it says what it should, in the same order, and nothing else."""
    tree, places = dli_fast.read_yaml(text.encode())
    new = yaml_text.put(text, tree, places, parts, value)
    if repr(dli_fast.read_yaml(new.encode())[0]) != repr(_with(tree, parts, value)):  # by repr, 1 is not true
        raise yaml_text.UnclearError
    return new


def _check(place: Place, text: str) -> None:
    """Refuse a text that would not load: unknown keys, values of the wrong type, whatever stood there before too."""
    problems: list[Problem] = []
    file = parse(place, text.encode(), problems)
    if file is not None:
        take_apart(file, problems)
    if problems:
        raise invalid(problems)


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode()
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError as problem:
        told = Text("config.not_utf8")
        raise error(ErrorCode.CONFIG_INVALID, "bad_file", path=str(path), problem=told, cause=problem) from problem
    except OSError as problem:
        what = problem.strerror or str(problem)
        raise error(ErrorCode.CONFIG_INVALID, "bad_file", path=str(path), problem=what, cause=problem) from problem


def _write(path: Path, data: bytes, *, private: bool) -> None:
    with _write_errors(path):
        target = path.resolve()  # a link to a file that is kept elsewhere stays a link
        if not target.parent.exists():
            target.parent.mkdir(parents=True, mode=_FOLDER_MODE if private else 0o777)
        new = not target.exists()
        with sealed(target) as output:
            if new and private:
                os.fchmod(output.fd, _FILE_MODE)
            with open(output.fd, "wb", closefd=False) as file:
                file.write(data)
            output.seal()


@contextlib.contextmanager
def _write_errors(path: Path) -> Generator[None]:
    """What the system refuses → DLI-006."""
    try:
        yield
    except DLIError as problem:
        if problem.code is not ErrorCode.OUTPUT_FAILED:
            raise
        what, cause = problem.details.get("problem"), problem.cause
        raise error(
            ErrorCode.CONFIG_WRITE_FAILED, "not_writable", path=str(path), problem=what, cause=cause
        ) from problem
    except OSError as problem:
        what = problem.strerror or str(problem)
        raise error(
            ErrorCode.CONFIG_WRITE_FAILED, "not_writable", path=str(path), problem=what, cause=problem
        ) from problem


def _with(tree: Any, parts: Parts, value: Any) -> Any:
    """The tree as it should read afterwards."""
    root: dict[str, Any] = copy.deepcopy(tree) or {}
    inner = root
    for part in parts[:-1]:
        if inner.get(part) is None:
            inner[part] = {}
        if not isinstance(inner[part], dict):
            raise yaml_text.UnclearError
        inner = inner[part]
    inner[parts[-1]] = value
    return root
