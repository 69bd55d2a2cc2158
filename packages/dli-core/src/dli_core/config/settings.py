"""Settings: what one command or API works on. Resolved once, frozen; every value remembers its origin.

    layers on disk + environment + overrides ──▶ config.resolve() ──▶ Settings
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from dli_core.models.common import DataSource, ExecutionMode

EngineName = Literal["duckdb", "bigquery", "trino"]


class Section(BaseModel):
    """Base of every block of the configuration: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class ExecutionSettings(Section):
    default_mode: ExecutionMode = ExecutionMode.LOCAL
    timeout: int | None = Field(default=None, ge=1, le=3600, description="seconds; unset: the spec's, then 300")


class SpecsSettings(Section):
    source: DataSource | None = Field(default=None, description="unset: local inside a project, else server")


class DuckDBSettings(Section):
    database: str = ":memory:"
    settings: dict[str, str | int | float | bool] = Field(default_factory=dict[str, str | int | float | bool])


class BigQuerySettings(Section):
    project: str | None = None
    location: str = "US"
    budget: str | None = None
    labels: dict[str, str] = Field(default_factory=dict[str, str])
    credentials: str = "adc"
    impersonate: str | None = None
    quota_project: str | None = None
    api_endpoint: str | None = None


class TrinoSettings(Section):
    url: str | None = None
    user: str | None = None
    password: SecretStr | None = None
    token: SecretStr | None = None
    certificate: str | None = None
    key: str | None = None
    catalog: str | None = None
    schema_: str | None = Field(default=None, alias="schema")
    auth: Literal["none", "basic", "jwt", "certificate"] = "none"
    session: dict[str, str | int | float | bool] = Field(default_factory=dict[str, str | int | float | bool])
    client_tags: list[str] = Field(default_factory=list[str])
    verify: bool | str = True


class LocalSettings(Section):
    engine: EngineName = "duckdb"
    duckdb: DuckDBSettings = Field(default_factory=DuckDBSettings)
    bigquery: BigQuerySettings = Field(default_factory=BigQuerySettings)
    trino: TrinoSettings = Field(default_factory=TrinoSettings)


class ServerSettings(Section):
    url: str | None = None
    api_key: SecretStr | None = None
    trusted_hosts: list[str] = Field(default_factory=list[str])


class Origin(BaseModel):
    """Where a value came from: the layer's name, and the file's line when it was a file."""

    model_config = ConfigDict(frozen=True)

    layer: str  # "--timeout", "DLI_TIMEOUT", ".env", ".dli.local.yaml", "dli.yaml", "~/.dli/config.yaml", "default"
    path: Path | None = None
    line: int | None = None


class Settings(Section):
    """The whole configuration, resolved.

    Secrets are SecretStr. `origins` maps the dotted path of every value to where it came from.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, arbitrary_types_allowed=True)

    requires: str | None = None
    execution: ExecutionSettings = Field(default_factory=ExecutionSettings)
    specs: SpecsSettings = Field(default_factory=SpecsSettings)
    local: LocalSettings = Field(default_factory=LocalSettings)
    server: ServerSettings = Field(default_factory=ServerSettings)
    vars: dict[str, Any] = Field(default_factory=dict[str, Any])
    env_vars: list[str] = Field(default_factory=list[str])
    default_env: str | None = None
    rename: dict[str, str] = Field(default_factory=dict[str, str], description="of the chosen environment")
    protected: bool = Field(default=False, description="of the chosen environment")

    # What resolution found out; not keys of a file.
    root: Path | None = Field(default=None, description="the project's folder; None outside of a project")
    environment: str | None = Field(default=None, description="the chosen environment's name")
    origins: Mapping[str, Origin] = Field(default_factory=dict[str, Origin], repr=False)

    @property
    def mode(self) -> ExecutionMode:
        """Where SQL runs."""
        return self.execution.default_mode

    @property
    def base(self) -> Path:
        """The folder that relative paths are relative to: the root, else the working directory."""
        return self.root or Path.cwd()
