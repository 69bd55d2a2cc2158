"""ExecutionContext: how the SDK is told where and how to run.

    arguments ─┐ (explicit: the top layer)
    DLI_*     ─┴▶ ExecutionContext ─▶ resolve() ─▶ Settings, with the layers of the files below

Its attributes show the defaults of the seed; what is used is `api.settings`.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field, PrivateAttr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from dli_core.config import Override, resolve
from dli_core.config.hidden import without_secrets
from dli_core.errors import ErrorCode, error
from dli_core.models.common import ExecutionMode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from os import PathLike

    from dli_core.config import Settings

# Field → key of the configuration.
_KEYS = {
    "execution_mode": "execution.default_mode",
    "timeout": "execution.timeout",
    "dialect": "dialect",
    "server_url": "server.url",
    "api_token": "server.api_key",
}


class ExecutionContext(BaseSettings):
    """Where and how to run. Frozen.

    Fields that are not given come from the environment (`DLI_EXECUTION_MODE`, `DLI_TIMEOUT`, …), then from the files
    of the project and the user.

    Args:
        project_path: folder of the project; unset: the nearest one upward with a `dli.yaml`.
        server_url: URL of the Basecamp Server.
        api_token: its key. Never shown by repr, dumps or errors.
        execution_mode: LOCAL (default), SERVER or MOCK.
        dialect: reads "trino" when unset, and then decides nothing; given, it chooses the engine.
        timeout: seconds, 1 to 3600, until the first batch and between batches.
        dry_run: render and check only, unless a call says otherwise.
        parameters: defaults for every run; names that a spec does not declare are ignored.
        mock_mode: deprecated; True is `execution_mode=ExecutionMode.MOCK`, whatever the environment says.

    Raises:
        ConfigurationError: an unknown argument, or a value out of its range.
    """

    model_config = SettingsConfigDict(
        env_prefix="DLI_", extra="ignore", frozen=True, hide_input_in_errors=True, validate_default=False
    )

    project_path: Path | None = Field(default=None)
    server_url: str | None = Field(default=None)
    api_token: str | None = Field(default=None, repr=False, exclude=True)
    execution_mode: ExecutionMode = Field(default=ExecutionMode.LOCAL)
    dialect: str = Field(default="trino")
    timeout: int = Field(default=300, ge=1, le=3600)
    dry_run: bool = Field(default=False)
    parameters: dict[str, Any] = Field(default_factory=dict[str, Any], repr=False)
    _explicit: frozenset[str] = PrivateAttr(default=frozenset())

    if TYPE_CHECKING:

        def __init__(  # noqa: PLR0913 - the fields
            self,
            *,
            project_path: str | PathLike[str] | None = None,
            server_url: str | None = None,
            api_token: str | None = None,
            execution_mode: ExecutionMode | str = ...,
            dialect: str = ...,
            timeout: int = ...,
            dry_run: bool = ...,
            parameters: Mapping[str, Any] = ...,
            mock_mode: bool = ...,
        ) -> None: ...

    else:

        def __init__(self, **given: Any) -> None:
            if given.pop("mock_mode", False) is True:
                given.setdefault("execution_mode", ExecutionMode.MOCK)
            unknown = sorted(set(given) - set(type(self).model_fields))
            if unknown:
                raise _unknown(unknown[0], [*type(self).model_fields, "mock_mode"])
            try:
                super().__init__(**given)
            except (ValidationError, SettingsError) as problem:
                raise _invalid(problem, given) from None
            self._explicit = frozenset(name for name, value in given.items() if value is not None)

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        """Parameters may be secret; a URL is shown without its password."""
        for name, value in super().__repr_args__():
            yield name, without_secrets(value) if isinstance(value, str) else value

    @property
    def mock_mode(self) -> bool:
        """Deprecated: compare `execution_mode` with `ExecutionMode.MOCK`."""
        message = "mock_mode is deprecated. Use execution_mode == ExecutionMode.MOCK"
        warnings.warn(message, DeprecationWarning, stacklevel=2)
        return self.execution_mode == ExecutionMode.MOCK

    def resolve(self) -> Settings:
        """The settings of all layers, with the given arguments on top. Reads the files now."""
        overrides = {
            key: Override(getattr(self, name), f"argument {name}")
            for name, key in _KEYS.items()
            if name in self._explicit
        }
        for name in ("project", "location"):  # as in the seed: they serve BigQuery
            value = self.parameters.get(name)
            if isinstance(value, str):
                overrides[f"local.bigquery.{name}"] = Override(value, f"parameters['{name}']")
        project = self.project_path if "project_path" in self._explicit else None
        return resolve(overrides, project=project)


def _unknown(name: str, known: list[str]) -> Exception:
    import difflib  # noqa: PLC0415 - for a mistake only

    near = difflib.get_close_matches(name, known, n=1)
    return error(
        ErrorCode.CONFIG_INVALID,
        "unknown_argument",
        key=name,
        candidate=near[0] if near else None,
        known=", ".join(known),
    )


def _invalid(problem: ValidationError | SettingsError, given: Mapping[str, object]) -> Exception:
    if isinstance(problem, SettingsError):
        return error(ErrorCode.CONFIG_INVALID, "argument", key="DLI_PARAMETERS", problem=str(problem))
    first = problem.errors(include_url=False, include_input=False, include_context=False)[0]
    name = str(first["loc"][0]) if first["loc"] else "ExecutionContext"
    key = name if name in given else f"DLI_{name.upper()}"
    return error(ErrorCode.CONFIG_INVALID, "argument", key=key, problem=first["msg"])
