"""Trino, over its HTTP protocol. Importing this imports no HTTP: `make` does.

Query ─▶ engine.py: submit, session, types ─▶ running.py: one statement, page after page ─▶ dli_fast.TrinoStream
                                                └─▶ client.py: HTTP, retries of what is safe ─▶ errors.py
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field, SecretStr

from dli_core.errors import ErrorCode, error
from dli_core.models.section import URL, Files, Secrets, Section

if TYPE_CHECKING:
    from dli_core.config.settings import Settings
    from dli_core.engines.base import Engine

DIALECT = "trino"
DRIVER = "httpx"


class Config(Section):
    """`local.trino`."""

    secrets: ClassVar[Secrets] = {"password": "url", "token": "url"}
    files: ClassVar[Files] = {"certificate": frozenset(), "key": frozenset(), "verify": frozenset()}

    url: str | None = Field(
        default=None, pattern=URL, description="The coordinator's URL, with its port; needed to run, so no default."
    )
    user: str | None = Field(default=None, description="The user that queries run as; unset: the name of the login.")
    password: SecretStr | None = Field(default=None, description="The password, for `auth: basic`; unset: none.")
    token: SecretStr | None = Field(default=None, description="The JSON web token, for `auth: jwt`; unset: none.")
    certificate: str | None = Field(
        default=None, description="The file of the client's certificate (PEM), for `auth: certificate`; unset: none."
    )
    key: str | None = Field(
        default=None, description="The file of the certificate's private key (PEM); unset: in the certificate's file."
    )
    catalog: str | None = Field(
        default=None, description="The catalog of names without one; unset: names have to say it."
    )
    schema_: str | None = Field(
        default=None,
        alias="schema",
        description="The schema of names without one; unset: names have to say it.",
    )
    auth: Literal["none", "basic", "jwt", "certificate"] = Field(
        default="none", description="How to log in: `none`, `basic`, `jwt` or `certificate`."
    )
    session: dict[str, str | int | float | bool] = Field(
        default_factory=dict[str, str | int | float | bool],
        repr=False,
        description="Session properties, like `query_max_run_time: 10m`; Trino's own defaults otherwise.",
    )
    client_tags: list[str] = Field(
        default_factory=list[str],
        description="Tags that Trino's resource groups know queries by; none by default.",
    )
    verify: bool | str = Field(
        default=True,
        description="Whether the server's certificate is checked, or the file (PEM) of the authorities to check it by.",
    )


def make(settings: Settings) -> Engine:
    """The engine for these settings. Raises DLI-001 without the extra `trino`."""
    try:
        from dli_core.engines.trino.engine import TrinoEngine  # noqa: PLC0415 - it imports the driver
    except ModuleNotFoundError as problem:
        if problem.name != DRIVER:
            raise
        raise error(ErrorCode.CONFIG_INVALID, "driver", engine="Trino", package="trino", cause=problem) from problem
    return TrinoEngine(settings)
