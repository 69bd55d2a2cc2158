"""A project, a home and an environment of their own, for tests of the configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dli_core.config import Override, Settings, resolve
from dli_core.errors import DLIError


@dataclass(frozen=True)
class World:
    """Files are written as they are given; everything else is explicit, so nothing of the machine is read."""

    base: Path

    @property
    def root(self) -> Path:
        return self.base / "project"

    @property
    def home(self) -> Path:
        return self.base / "home"

    @property
    def user_file(self) -> Path:
        return self.home / ".dli" / "config.yaml"

    def write(self, **files: str) -> World:
        """`project=`, `private=`, `user=` and `env=` are the texts of the layers' files."""
        self.root.mkdir(parents=True, exist_ok=True)
        self.user_file.parent.mkdir(parents=True, exist_ok=True)
        paths = {
            "project": self.root / "dli.yaml",
            "private": self.root / ".dli.local.yaml",
            "env": self.root / ".env",
            "user": self.user_file,
        }
        for name, text in files.items():
            paths[name].write_text(text, encoding="utf-8")
        return self

    def resolve(
        self,
        overrides: Mapping[str, Override] | None = None,
        environ: Mapping[str, str] | None = None,
        **options: Any,
    ) -> Settings:
        given = {"project": self.root, "cwd": self.base, "home": self.home, **options}
        return resolve(overrides, environ=environ or {}, **given)

    def refused(self, overrides: Mapping[str, Override] | None = None, **options: Any) -> DLIError:
        """The error that resolution raises."""
        with pytest.raises(DLIError) as caught:
            self.resolve(overrides, **options)
        return caught.value

    def messages(self, overrides: Mapping[str, Override] | None = None, **options: Any) -> list[str]:
        """`path:line:column: message` of every problem."""
        return [shown(problem) for problem in self.refused(overrides, **options).details["problems"]]


def shown(problem: Mapping[str, Any]) -> str:
    place = "".join(f"{problem[key]}:" for key in ("path", "line", "column") if key in problem)
    return f"{place} {problem['message']}".strip()
