"""The doctor: what there is to say about a configuration, each with its remedy.

    diagnose() ─▶ resolve ─▶ files, names, variables, hosts, packages, engine ─▶ [Check, …]

Nothing here speaks HTTP: whether the server answers is asked by the SDK, with the same Check.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

from dli_core.config import env, interpolate, keys
from dli_core.config.files import (
    ENV_FILE,
    PRIVATE_FILE,
    PROJECT_FILE,
    Place,
    home_of,
    read_files,
    uses_user_file,
    yaml_places,
)
from dli_core.config.layers import take_apart
from dli_core.config.origin import Layer
from dli_core.config.problems import Problem
from dli_core.config.resolve import Override, resolve
from dli_core.config.secrets import address_of, check_host, host_of
from dli_core.config.settings import SECRETS, Settings
from dli_core.config.values import value_at
from dli_core.errors import DLIError
from dli_core.errors.phrase import Text
from dli_core.errors.text import first_hint, text_of
from dli_core.models.common import ExecutionMode

Status = Literal["ok", "warn", "fail", "skip"]
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})


@dataclass(frozen=True, slots=True)
class Check:
    """One finding of the doctor.

    Attributes:
        name: what was looked at: a file, a variable, an engine.
        status: "skip" when there was nothing to look at.
        message: what was found, one line; a Text, mostly: it can be said in another language.
        remedy: what to do about it; empty when all is well.
        problem: the error of an engine that does not answer, which says more.
    """

    name: str
    status: Status
    message: str
    remedy: str = ""
    problem: DLIError | None = field(default=None, compare=False, repr=False)


def diagnose(
    overrides: Mapping[str, Override] | None = None,
    *,
    project: Path | None = None,
    environment: str | None = None,
    environ: Mapping[str, str] | None = None,
    home: Path | None = None,
    cwd: Path | None = None,
    more: Callable[[Settings], Iterable[Check]] = lambda _: (),
) -> list[Check]:
    """Resolve and check; a configuration that does not resolve is a list of what is wrong with it.

    `more` is asked last, for what is not known here.
    """
    try:
        settings = resolve(overrides, project=project, environment=environment, environ=environ, home=home, cwd=cwd)
    except DLIError as problem:
        return list(_refused(problem))
    return [*check(settings, environ=environ), *more(settings)]


def check(settings: Settings, *, environ: Mapping[str, str] | None = None) -> list[Check]:
    """Everything about resolved settings, in the order in which one would look."""
    variables = os.environ if environ is None else environ
    return [
        *_project(settings),
        *_files(settings, variables),
        *_names(settings, variables),
        *_unset(settings),
        *_hosts(settings),
        *packages(),
        *check_engines(settings),
    ]


def layer_files(settings: Settings, *, environ: Mapping[str, str] | None = None) -> list[Place]:
    """The files that are layers, highest first, whether they exist or not (`dli config path`)."""
    variables = os.environ if environ is None else environ
    home = settings.found.home or home_of(variables)
    yaml = yaml_places(settings.root, home if uses_user_file(variables, []) else None)
    if settings.root is None:
        return yaml
    return [Place(Layer.ENV_FILE, ENV_FILE, settings.root / ENV_FILE), *yaml]


def packages() -> Iterator[Check]:
    """Another project's distribution `dli` writes over the files of ours: same import, same command."""
    try:
        version = metadata.version("dli")
    except metadata.PackageNotFoundError:
        return
    message = Text("check.foreign", version=version)
    remedy = "pip uninstall dli && pip install --force-reinstall dli-sdk dli-cli"
    yield Check("dli", "fail", message, remedy)


def check_engines(settings: Settings) -> Iterator[Check]:
    """Whether each engine answers that the configuration describes: the one of local mode, and others with keys set."""
    local = settings.mode is ExecutionMode.LOCAL
    described = {parts[1] for parts in map(keys.parse, settings.origins) if parts[0] == "local" and len(parts) > 2}  # noqa: PLR2004 - local.trino.url
    names = {settings.local.engine, *described} if local else described
    if not names:
        yield Check(Text("check.engine"), "skip", Text("check.no_engine", mode=settings.mode.value))
    for name in sorted(names, key=lambda name: (name != settings.local.engine, name)):
        yield _engine(settings, name)


def _engine(settings: Settings, name: str) -> Check:
    from dli_core.engines.factory import engine_of  # noqa: PLC0415 - an engine brings its driver

    try:
        with closing(engine_of(settings, name)) as engine:
            engine.check()
    except DLIError as problem:
        problem.details.pop("job_id", None)  # nobody will look for it
        return failed(Text("check.engine_of", name=name), problem)
    return Check(Text("check.engine_of", name=name), "ok", Text("check.answers"))


def failed(name: str, problem: DLIError) -> Check:
    """What does not answer, with its error."""
    return replace(_failed(name, problem), problem=problem)


def _project(settings: Settings) -> Iterator[Check]:
    if settings.root is None:
        yield Check(Text("check.project"), "skip", Text("check.no_project", file=PROJECT_FILE), "dli init")
    else:
        yield Check(Text("check.project"), "ok", str(settings.root))
    if settings.environment is not None:
        origin = str(settings.origin("environment"))
        yield Check(
            Text("check.environment"), "ok", Text("check.chosen", environment=settings.environment, origin=origin)
        )


def _files(settings: Settings, environ: Mapping[str, str]) -> Iterator[Check]:
    for place in layer_files(settings, environ=environ):
        if not place.path.is_file():
            yield Check(place.name, "skip", Text("check.absent", path=place.path))
            continue
        secret = _secret_in(place)
        if secret is not None and place.rank is Layer.PROJECT:
            remedy = Text("check.move", file=PRIVATE_FILE)
            yield Check(place.name, "warn", Text("check.committed", secret=secret), remedy)
        elif secret is not None and (mode := stat.S_IMODE(place.path.stat().st_mode)) & _OTHERS:
            message = Text("check.readable", secret=secret, mode=f"{mode:04o}")
            yield Check(place.name, "warn", message, f"chmod 600 {place.path}")
        else:
            yield Check(place.name, "ok", str(place.path))
    if not uses_user_file(environ, []):
        yield Check("~/.dli/config.yaml", "skip", Text("check.left_out"))


def _secret_in(place: Place) -> str | None:
    """The first secret that a file spells out, not by a variable."""
    if place.rank is Layer.ENV_FILE:
        names = [name for name in _env_file(place.path) if (parts := env.parts_of(name)) and _is_secret(parts)]
        return names[0] if names else None
    problems: list[Problem] = []
    for file in read_files([place], problems):
        for leaves in take_apart(file, problems).all():
            for parts, leaf in leaves.items():
                if _is_secret(parts) and leaf.value is not None and not interpolate.has_variable(leaf.value):
                    return keys.join(parts)
    return None


def _is_secret(parts: keys.Parts) -> bool:
    key = keys.key_at(parts)
    return key is not None and key.secret


def _env_file(path: Path) -> list[str]:
    from dli_core.config import dotenv  # noqa: PLC0415 - most projects have no such file

    return list(dotenv.parse(path.read_text("utf-8"))[0])


def _names(settings: Settings, environ: Mapping[str, str]) -> Iterator[Check]:
    """DLI_* names that nothing reads."""
    of_file = settings.root / ENV_FILE if settings.root is not None else None
    found = [(name, near, "environment") for name, near in env.unknown(environ)]
    if of_file is not None and of_file.is_file():
        found += [(name, near, "file") for name, near in env.unknown(_env_file(of_file), of_file=True)]
    for name, near, where in found:
        if env.is_process(name):
            yield Check(name, "warn", Text(f"check.not_read_{where}", file=ENV_FILE), Text("check.export", name=name))
        else:
            remedy = Text("check.meant", near=near) if near else f"unset {name}"
            yield Check(name, "warn", Text(f"check.useless_{where}", file=ENV_FILE), remedy)


def _unset(settings: Settings) -> Iterator[Check]:
    for key, missing in settings.found.unset.items():
        message = Text("check.unset", variable=missing.variable, origin=str(missing.origin))
        yield Check(key, "warn", message, f"export {missing.variable}=…")


def _hosts(settings: Settings) -> Iterator[Check]:
    """Whether each secret may go to its host, and whether it would go there in the clear."""
    for secret, host_key in SECRETS.items():
        url = value_at(settings, host_key)
        if not url or (value_at(settings, secret) is None):
            continue
        path, _, name = secret.rpartition(".")
        if not value_at(settings, path).sends(name):
            continue
        try:
            check_host(settings, secret)
        except DLIError as problem:
            yield _failed(secret, problem)
            continue
        scheme, host, _ = address_of(url) or ("https", "", 0)
        if scheme == "http" and host not in _LOOPBACK:
            message = Text("check.clear", host=host_of(url), origin=str(settings.origin(host_key)))
            yield Check(secret, "warn", message, Text("check.use_https", key=host_key))
        else:
            yield Check(secret, "ok", Text("check.sent", origin=str(settings.origin(secret)), host=host_of(url)))


def _failed(name: str, problem: DLIError) -> Check:
    message, detail = text_of(problem), problem.details.get("problem") or ""
    why = str(detail) not in message
    told = Text("check.coded_why" if why else "check.coded", code=problem.code.value, message=message, problem=detail)
    return Check(name, "fail", told, first_hint(problem))


def _refused(problem: DLIError) -> Iterator[Check]:
    """One check a problem of a configuration that does not resolve."""
    listed: list[dict[str, Any]] = problem.details.get("problems") or []
    whole = Text("check.configuration")
    if len(listed) <= 1:
        yield _failed(str(problem.details.get("path") or "") or whole, problem)
        return
    for found in listed:
        place = ":".join(str(found[key]) for key in ("path", "line", "column") if key in found)
        yield Check(place or whole, "fail", found["message"], first_hint(problem))
