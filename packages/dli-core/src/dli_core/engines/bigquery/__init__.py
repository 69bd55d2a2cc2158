"""BigQuery, over its REST API and the Storage Read API. Importing this imports no driver: `make` does.

Query ─▶ engine.py: submit, session, budget ─▶ job.py: one job under our own id ─▶ api.py: REST, retries of what is safe
                                                 └─▶ result.py: its rows ─▶ QueryStream
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import AfterValidator, Field

from dli_core.errors import ErrorCode, error
from dli_core.errors.phrase import Text
from dli_core.models.section import Files, Secrets, Section
from dli_core.models.size import Size

if TYPE_CHECKING:
    from dli_core.config.settings import Settings
    from dli_core.engines.base import Engine

DIALECT = "bigquery"
DRIVER = "google-cloud-bigquery"
_LOOPBACK = r"(localhost|127(\.\d{1,3}){3}|\[::1\])"
_EMULATOR = re.compile(rf"http://{_LOOPBACK}(:\d{{1,5}})?/?", re.IGNORECASE)
_DATASET = re.compile(r"([^.\s]+\.)?\w+")
_ENDPOINT = re.compile(rf"{_LOOPBACK}:\d{{1,5}}", re.IGNORECASE)


def _dataset(value: str) -> str:
    if not _DATASET.fullmatch(value):
        raise ValueError(Text("bigquery.dataset"))
    return value


def _endpoint(value: str) -> str:
    if not _ENDPOINT.fullmatch(value):
        raise ValueError(Text("bigquery.endpoint"))
    return value


class Config(Section):
    """`local.bigquery`."""

    secrets: ClassVar[Secrets] = {"credentials": "api_endpoint"}  # they become tokens for that endpoint
    files: ClassVar[Files] = {"credentials": frozenset({"adc"})}

    project: str | None = Field(
        default=None, description="The Google Cloud project that runs and pays for queries; unset: that of the login."
    )
    dataset: Annotated[str, AfterValidator(_dataset)] | None = Field(
        default=None,
        description="The dataset of tables without one, `name` or `project.name`; unset: tables have to say theirs.",
    )
    location: str = Field(default="US", description="The region or multi-region in which queries run.")
    budget: Size | None = Field(
        default=None, description="The most that one query may scan, in bytes or like `10GB`; unset: no limit."
    )
    price_per_tib: float = Field(
        default=6.25,
        ge=0,
        allow_inf_nan=False,
        description="US dollars for a TiB read, for the estimates of dry runs; the list price of on-demand queries.",
    )
    labels: dict[str, str] = Field(
        default_factory=dict[str, str], description="Labels of every job, for the bill; none by default."
    )
    credentials: str = Field(
        default="adc",
        description="The file of a service account's key; `adc`: what `gcloud auth application-default login` left.",
    )
    impersonate: str | None = Field(
        default=None, description="The service account that queries run as; unset: that of the credentials."
    )
    quota_project: str | None = Field(
        default=None, description="The project whose quota is used; unset: that of the credentials."
    )
    api_endpoint: str | None = Field(
        default=None, description="The URL of BigQuery's API, as for an emulator; unset: Google's own."
    )
    storage_endpoint: Annotated[str, AfterValidator(_endpoint)] | None = Field(
        default=None,
        description="Host and port of an emulator's Storage Read API on this machine; unset: Google's own, or none.",
    )

    @property
    def is_emulator(self) -> bool:
        """Whether the endpoint is on this machine and knows no login."""
        return _EMULATOR.fullmatch(self.api_endpoint or "") is not None

    def sends(self, secret: str) -> bool:
        return super().sends(secret) and not self.is_emulator


def make(settings: Settings) -> Engine:
    """The engine for these settings. Raises DLI-001 without the extra `bigquery`."""
    try:
        from dli_core.engines.bigquery.engine import BigQueryEngine  # noqa: PLC0415 - it imports the driver
    except ModuleNotFoundError as problem:
        if (problem.name or "").partition(".")[0] not in {"google", "grpc"}:
            raise
        raise error(
            ErrorCode.CONFIG_INVALID, "driver", engine="BigQuery", package="bigquery", cause=problem
        ) from problem
    return BigQueryEngine(settings)
