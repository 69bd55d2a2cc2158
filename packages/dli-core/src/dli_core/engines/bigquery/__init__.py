"""BigQuery: its block of the configuration. Without a `make` there is nothing here that runs SQL, and DLI says so."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from dli_core.models.section import Files, Secrets, Section

DIALECT = "bigquery"
DRIVER = "google-cloud-bigquery"


class Config(Section):
    """`local.bigquery`."""

    secrets: ClassVar[Secrets] = {"credentials": "api_endpoint"}  # they become tokens for that endpoint
    files: ClassVar[Files] = {"credentials": frozenset({"adc"})}

    project: str | None = Field(
        default=None, description="The Google Cloud project that runs and pays for queries; unset: that of the login."
    )
    location: str = Field(default="US", description="The region or multi-region in which queries run.")
    budget: str | None = Field(
        default=None, description="The most that one query may scan, in bytes or like `10GB`; unset: no limit."
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
