"""Settings: what one command or API works on. Resolved once, frozen; every value remembers its origin.

    layers on disk + environment + overrides ──▶ config.resolve() ──▶ Settings
    packages of engines/ ─▶ factory.blocks() ──▶ local.<name>

The models are the list of keys: files, DLI_* names, `dli config` and the documentation are read off them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar

from pydantic import ConfigDict, Field, PrivateAttr, SecretStr, create_model

from dli_core.config.origin import DEFAULT, Found, Origin
from dli_core.engines.factory import blocks
from dli_core.models.common import DataSource, ExecutionMode
from dli_core.models.section import URL, Secrets, Section

BlockT = TypeVar("BlockT", bound=Section)


class ExecutionSettings(Section):
    default_mode: ExecutionMode = Field(
        default=ExecutionMode.LOCAL, description="Where SQL runs: `local`, `server` or `mock`."
    )
    timeout: int | None = Field(
        default=None,
        ge=1,
        le=3600,
        description="Seconds that a query may take; unset: what its spec says, and 300 where that says nothing.",
    )
    allow_inexact: bool = Field(
        default=False, description="Whether SQL may run in another dialect than its own even where that may differ."
    )


class SpecsSettings(Section):
    source: DataSource | None = Field(
        default=None, description="Where specs are read from, `local` or `server`; unset: local inside of a project."
    )


class LocalBase(Section):
    """`local`, without the block that it has for each engine."""

    engine: str = "duckdb"

    def block(self, kind: type[BlockT]) -> BlockT:
        """An engine's own block, by its class."""
        return next(block for block in vars(self).values() if isinstance(block, kind))


def _local(engines: Mapping[str, type[Section]]) -> type[LocalBase]:
    """`local` with a block for each of these engines."""
    engine: Any = (
        Literal[tuple(engines)],
        Field(default="duckdb", description="The engine that runs SQL in local mode."),
    )
    found: dict[str, Any] = {name: (block, Field(default_factory=block)) for name, block in engines.items()}
    return create_model("LocalSettings", __base__=LocalBase, __module__=__name__, engine=engine, **found)


if TYPE_CHECKING:
    LocalSettings = LocalBase
else:
    LocalSettings = _local(blocks())


class ServerSettings(Section):
    secrets: ClassVar[Secrets] = {"api_key": "url"}

    url: str | None = Field(default=None, pattern=URL, description="The Basecamp Server's URL; unset: there is none.")
    api_key: SecretStr | None = Field(default=None, description="The key for the server; unset: none is sent.")
    trusted_hosts: list[str] = Field(
        default_factory=list[str],
        description="Hosts that secrets may go to though a project named them, in your own file only; none by default.",
    )


# Fields of Settings that are no keys.
NO_KEYS = frozenset({"root", "environment"})
# Keys that stand in an environment only.
OVERLAY_ONLY = frozenset({"rename", "protected"})


class Settings(Section):
    """The whole configuration, resolved.

    Secrets are SecretStr. `origins` maps the dotted path of every value that a layer gave to where it came from;
    `origin(key)` answers for the defaults too.
    """

    model_config = ConfigDict(defer_build=False)

    requires: str | None = Field(
        default=None, description="The versions of DLI that the project works with, like `>=0.4,<1`; unset: any."
    )
    execution: ExecutionSettings = Field(default_factory=ExecutionSettings)
    specs: SpecsSettings = Field(default_factory=SpecsSettings)
    local: LocalSettings = Field(default_factory=LocalSettings)
    server: ServerSettings = Field(default_factory=ServerSettings)
    # Not in the repr: people keep passwords there too.
    vars: dict[str, Any] = Field(
        default_factory=dict[str, Any], repr=False, description="Values for `var()` in templates; none by default."
    )
    env_vars: list[str] = Field(
        default_factory=list[str],
        description="Names of the environment variables that `env_var()` in templates may read; none by default.",
    )
    default_env: str | None = Field(
        default=None, description="The environment where neither `--env` nor `DLI_ENV` chooses one; unset: none."
    )
    rename: dict[str, str] = Field(
        default_factory=dict[str, str],
        description="Of an environment: `catalog.schema` of `ref()` and `this()` → another; nothing by default.",
    )
    protected: bool = Field(
        default=False, description="Of an environment: whether statements that change data need `--yes`."
    )

    # What resolution found out; not keys of a file.
    root: Path | None = Field(default=None, description="The project's folder; None outside of a project.")
    environment: str | None = Field(default=None, description="The chosen environment's name; None when there is none.")
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


def sections(model: type[Section], prefix: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], type[Section]]]:
    """The blocks of a model, itself first, each with its path."""
    yield prefix, model
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, Section):
            yield from sections(kind, (*prefix, name))


# Secret → the key that names the host it is for.
SECRETS: Mapping[str, str] = {
    ".".join((*prefix, secret)): ".".join((*prefix, host))
    for prefix, kind in sections(Settings)
    for secret, host in kind.secrets.items()
}
HOST_KEYS = tuple(dict.fromkeys(SECRETS.values()))
