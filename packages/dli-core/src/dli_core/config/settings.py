"""Settings: what one command or API works on. Resolved once, frozen; every value remembers its origin.

    layers on disk + environment + overrides ──▶ config.resolve() ──▶ Settings

The models are the list of keys: files, DLI_* names and `dli config` are read off them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, SecretStr

from dli_core.config.origin import DEFAULT, Found, Origin
from dli_core.models.common import DataSource, ExecutionMode

EngineName = Literal["duckdb", "bigquery", "trino"]
_URL = "^https?://"


class Section(BaseModel):
    """Base of every block of the configuration: frozen, and an unknown key is an error.

    A block's own validator is built when it is first asked for: Settings holds one for all of them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True)

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        """Without the passwords of URLs; those of SecretStr show nothing by themselves."""
        from dli_core.config.hidden import without_secrets  # noqa: PLC0415 - it reads these models

        for name, value in super().__repr_args__():
            yield name, without_secrets(value) if isinstance(value, str) else value


class ExecutionSettings(Section):
    default_mode: ExecutionMode = ExecutionMode.LOCAL
    timeout: int | None = Field(default=None, ge=1, le=3600, description="seconds; unset: the spec's, then 300")


class SpecsSettings(Section):
    source: DataSource | None = Field(default=None, description="unset: local inside a project, else server")


class DuckDBSettings(Section):
    database: str = ":memory:"
    # Not in the repr: DuckDB's settings may hold keys of object stores.
    settings: dict[str, str | int | float | bool] = Field(
        default_factory=dict[str, str | int | float | bool], repr=False
    )


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
    url: str | None = Field(default=None, pattern=_URL)
    user: str | None = None
    password: SecretStr | None = None
    token: SecretStr | None = None
    certificate: str | None = None
    key: str | None = None
    catalog: str | None = None
    schema_: str | None = Field(default=None, alias="schema")
    auth: Literal["none", "basic", "jwt", "certificate"] = "none"
    session: dict[str, str | int | float | bool] = Field(
        default_factory=dict[str, str | int | float | bool], repr=False
    )
    client_tags: list[str] = Field(default_factory=list[str])
    verify: bool | str = True


class LocalSettings(Section):
    engine: EngineName = "duckdb"
    duckdb: DuckDBSettings = Field(default_factory=DuckDBSettings)
    bigquery: BigQuerySettings = Field(default_factory=BigQuerySettings)
    trino: TrinoSettings = Field(default_factory=TrinoSettings)


class ServerSettings(Section):
    url: str | None = Field(default=None, pattern=_URL)
    api_key: SecretStr | None = None
    trusted_hosts: list[str] = Field(default_factory=list[str])


# Fields of Settings that are no keys.
NO_KEYS = frozenset({"root", "environment"})
# Keys that stand in an environment only.
OVERLAY_ONLY = frozenset({"rename", "protected"})
# Secret → the key that names the host it is for. BigQuery's credentials become tokens for its endpoint.
SECRETS: Mapping[str, str] = {
    "server.api_key": "server.url",
    "local.trino.password": "local.trino.url",
    "local.trino.token": "local.trino.url",
    "local.bigquery.credentials": "local.bigquery.api_endpoint",
}
HOST_KEYS = tuple(dict.fromkeys(SECRETS.values()))


class Settings(Section):
    """The whole configuration, resolved.

    Secrets are SecretStr. `origins` maps the dotted path of every value that a layer gave to where it came from;
    `origin(key)` answers for the defaults too.
    """

    model_config = ConfigDict(defer_build=False)

    requires: str | None = None
    execution: ExecutionSettings = Field(default_factory=ExecutionSettings)
    specs: SpecsSettings = Field(default_factory=SpecsSettings)
    local: LocalSettings = Field(default_factory=LocalSettings)
    server: ServerSettings = Field(default_factory=ServerSettings)
    vars: dict[str, Any] = Field(default_factory=dict[str, Any], repr=False)  # people keep passwords there too
    env_vars: list[str] = Field(default_factory=list[str])
    default_env: str | None = None
    rename: dict[str, str] = Field(default_factory=dict[str, str], description="of the chosen environment")
    protected: bool = Field(default=False, description="of the chosen environment")

    # What resolution found out; not keys of a file.
    root: Path | None = Field(default=None, description="the project's folder; None outside of a project")
    environment: str | None = Field(default=None, description="the chosen environment's name")
    _found: Found = PrivateAttr(default_factory=Found)

    @property
    def mode(self) -> ExecutionMode:
        """Where SQL runs."""
        return self.execution.default_mode

    @property
    def base(self) -> Path:
        """The folder that relative paths are relative to: the root, else the working directory."""
        return self.root or self._found.cwd or Path.cwd()

    @property
    def origins(self) -> Mapping[str, Origin]:
        """The dotted path of every value that a layer gave → where it came from."""
        return self._found.origins

    @property
    def found(self) -> Found:
        """What resolution learned beside the values."""
        return self._found

    def origin(self, key: str) -> Origin:
        """Where the value at a dotted path came from."""
        return self.origins.get(key, DEFAULT)

    def knowing(self, found: Found) -> Settings:
        """These settings with what resolution learned."""
        settings = self.model_copy()
        settings._found = found  # noqa: SLF001 - a copy of itself
        return settings
