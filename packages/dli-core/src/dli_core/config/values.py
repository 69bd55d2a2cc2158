"""Settings → single values by their dotted path, for people and for whoever needs one.

flatten(settings) ─▶ {"local.engine": ("trino", dli.yaml:6), …}, secrets as ***
require(settings, "server.url") ─▶ the value │ DLI-003 missing │ DLI-005 its variable is not set
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from dli_core.config import hidden, keys
from dli_core.config.keys import Parts, join
from dli_core.config.origin import Origin
from dli_core.config.problems import unset_error
from dli_core.config.settings import Settings
from dli_core.errors import DLIError, ErrorCode, error

_CHOSEN = ("environment", "environments")  # no keys of Settings, and yet people ask for them


def flatten(settings: Settings) -> dict[str, tuple[str, Origin]]:
    """Every value as text, with its origin; by dotted path, in the order of the file. Secrets are `***`.

    Beside the keys: `environment`, the chosen one, and `environments`, the names of all.
    """
    shown = {join(parts): hidden.shown(parts, value) for parts, value in _leaves(settings)}
    for key, missing in settings.found.unset.items():
        shown[key] = f"${{{missing.variable}}} is not set"
    shown |= {key: hidden.shown((key,), value_at(settings, key)) for key in _CHOSEN}
    return {key: (text, settings.origin(key)) for key, text in shown.items()}


def value_at(settings: Settings, key: str) -> Any:
    """The value at a dotted path: a section, a mapping or a single value. DLI-001 "unknown_key" when there is none."""
    if key in _CHOSEN:
        return settings.environment if key == "environment" else list(settings.found.environments)
    parts = keys.parse(key)
    if keys.key_at(parts) is None:
        raise unknown(key)
    return _at(settings, parts)


def require(settings: Settings, key: str) -> Any:
    """The value at a dotted path, which has to be set."""
    if (missing := settings.found.unset.get(key)) is not None:
        raise unset_error({key: missing})
    value = value_at(settings, key)
    if value is None or value == "":
        raise error(ErrorCode.CONFIG_MISSING, "missing_key", key=key)
    return value


def unknown(key: str) -> DLIError:
    """DLI-001 for a key that a person asked for and that does not exist."""
    near = keys.nearest(keys.parse(key), overlay=True)
    candidates = [near] if near else None
    return error(ErrorCode.CONFIG_INVALID, "unknown_key", key=key, candidates=candidates, command="'dli config show'")


def _leaves(settings: Settings) -> Iterator[tuple[Parts, Any]]:
    for parts, key in keys.table().items():
        if key.kind == "section":
            continue
        value = _at(settings, parts)
        if key.kind == "map":
            yield from (((*parts, name), item) for name, item in value.items())
        else:
            yield parts, value


def _at(settings: Settings, parts: Parts) -> Any:
    value: Any = settings
    for part in parts:
        if isinstance(value, BaseModel):
            fields = type(value).model_fields
            name = part if part in fields else next(name for name, info in fields.items() if info.alias == part)
            value = getattr(value, name)
        elif isinstance(value, Mapping):
            value = value.get(part)  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    return value  # pyright: ignore[reportUnknownVariableType]
