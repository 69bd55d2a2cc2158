"""What a template can call: ref(), this(), var(), env_var(). Each returns data, which the template places safely.

ref('a.b.c') ─▶ rename of the environment ─▶ Identifier
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import dli_fast

from dli_core.config.hidden import HIDDEN, is_secret_name
from dli_core.errors import ErrorCode, error

if TYPE_CHECKING:
    from dli_core.config.settings import Settings

_UNSET = object()


@dataclass(frozen=True, slots=True)
class Functions:
    """The functions of one spec's templates, under one configuration."""

    settings: Settings
    name: str | None = None  # of the spec; None for ad-hoc SQL
    names: Collection[str] = ()  # of all datasets of the project
    environ: Mapping[str, str] = field(default_factory=dict[str, str])
    secrets: set[str] = field(default_factory=set[str], repr=False)  # values that were read under the name of a secret
    masked: bool = False  # render for people: *** in place of those

    def for_people(self) -> Functions:
        """The same, without the values of secrets."""
        return replace(self, masked=True)

    def all(self) -> dict[str, Callable[..., Any]]:
        """By the names that templates use."""
        return {"ref": self.ref, "this": self.this, "var": self.var, "env_var": self.env_var}

    def ref(self, name: str) -> dli_fast.Identifier:
        """The table of the dataset `name`, in the chosen environment."""
        parts = str(name).split(".")
        if len(parts) < 3:  # noqa: PLR2004 - catalog.schema.name
            found = [known for known in self.names if known == name or known.endswith(f".{name}")]
            if len(found) != 1:
                reason = "ambiguous" if found else "ref"
                near = sorted(found) or _nearest(str(name), self.names)
                raise error(ErrorCode.DATASET_NOT_FOUND, reason, name=str(name), candidates=near or None)
            parts = found[0].split(".")
        return dli_fast.Identifier(*self._renamed(parts))

    def this(self) -> dli_fast.Identifier:
        """The spec's own table."""
        if self.name is None:
            raise error(ErrorCode.TEMPLATE, "no_this")
        return dli_fast.Identifier(*self._renamed(self.name.split(".")))

    def var(self, name: str, default: object = _UNSET) -> object:
        """A value of `vars` in the configuration."""
        if name in self.settings.vars:
            return self._read(name, self.settings.vars[name])
        if default is not _UNSET:
            return default
        near = difflib.get_close_matches(name, self.settings.vars, n=1)
        raise error(ErrorCode.TEMPLATE, "var", name=name, candidate=near[0] if near else None)

    def env_var(self, name: str, default: object = _UNSET) -> object:
        """An environment variable that the project's `env_vars` allows."""
        if name not in self.settings.env_vars:
            raise error(ErrorCode.UNSAFE_INPUT, "env_var", name=name)
        if name in self.environ:
            return self._read(name, self.environ[name])
        if default is not _UNSET:
            return default
        raise error(ErrorCode.TEMPLATE, "env_var_unset", name=name)

    def _read(self, name: str, value: object) -> object:
        """A text under the name of a secret is one: the SQL that people see does not have it."""
        if not isinstance(value, str) or len(value) < 2 or not is_secret_name(name):  # noqa: PLR2004 - a character
            return value
        self.secrets.add(value)
        return HIDDEN if self.masked else value

    def _renamed(self, parts: list[str]) -> list[str]:
        to = self.settings.rename.get(".".join(parts[:2]))
        return [*to.split("."), *parts[2:]] if to else parts


def _nearest(name: str, names: Collection[str]) -> list[str]:
    """Datasets whose name, whole or its last part, is near to what was written."""
    last = {whole.rpartition(".")[2]: whole for whole in names}
    short = difflib.get_close_matches(name.rpartition(".")[2], last, n=3)
    return list(dict.fromkeys([*difflib.get_close_matches(name, names, n=3), *(last[part] for part in short)]))
