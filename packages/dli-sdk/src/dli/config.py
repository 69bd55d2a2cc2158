"""ConfigAPI: what the configuration says, where each value comes from, and whether it works."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from dli_core.config import Origin, resolve
from dli_core.config.values import flatten, value_at

if TYPE_CHECKING:
    from dli.context import ExecutionContext
    from dli_core.config.check import Check
    from dli_core.config.settings import Settings


class ConfigAPI:
    """The resolved configuration. Needs no server and no engine, but for `check`.

    Args:
        context: its explicitly set fields are the top layer; unset: files and environment alone.
    """

    def __init__(self, context: ExecutionContext | None = None) -> None:
        self._settings = resolve() if context is None else context.resolve()

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """On settings that are resolved already."""
        made = cls.__new__(cls)
        made._settings = settings  # noqa: SLF001 - its own
        return made

    @property
    def settings(self) -> Settings:
        """What is used: all layers, with their origins."""
        return self._settings

    def show(self) -> dict[str, tuple[str, Origin]]:
        """Every value as text, by its dotted path, with where it came from. Secrets are `***`."""
        return flatten(self._settings)

    def get(self, key: str) -> Any:
        """The value at a dotted path like `local.engine`; a secret is a SecretStr.

        Raises:
            ConfigurationError: DLI-001, there is no such key.
        """
        return value_at(self._settings, key)

    def path(self) -> list[Path]:
        """The files that are layers, highest first, whether they exist or not."""
        from dli_core.config.check import layer_files  # noqa: PLC0415 - the doctor is seldom asked

        return [place.path for place in layer_files(self._settings)]

    def check(self) -> list[Check]:
        """Every file, name, host and engine of the configuration, each with its remedy."""
        from dli_core.config.check import check  # noqa: PLC0415 - as above

        return check(self._settings)
