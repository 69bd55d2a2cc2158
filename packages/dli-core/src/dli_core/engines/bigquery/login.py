"""Who asks, and whom: credentials, project and endpoints of `local.bigquery`.

Config ─▶ Login: application default │ file of a key │ an emulator's none ─▶ impersonated, quota ─▶ clients
"""

from __future__ import annotations

import json
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import google.auth
import grpc
from google.api_core.client_info import ClientInfo
from google.api_core.client_options import ClientOptions
from google.auth import credentials as kinds
from google.cloud import bigquery

from dli_core import __version__
from dli_core.config.hidden import without_secrets
from dli_core.config.secrets import address_of, check_host
from dli_core.engines.bigquery import Config
from dli_core.engines.bigquery.errors import Place, translated
from dli_core.errors import ErrorCode, error

if TYPE_CHECKING:
    from google.cloud.bigquery_storage_v1.services.big_query_read import BigQueryReadClient

    from dli_core.config.settings import Settings

# The library is typed in part.
_AUTH: Any = google.auth
_ANONYMOUS: Any = kinds.AnonymousCredentials
_CLIENT_INFO: Any = ClientInfo
_SCOPES = ("https://www.googleapis.com/auth/bigquery", "https://www.googleapis.com/auth/cloud-platform")
# A result's batches are larger than gRPC's own limit.
_CHANNEL = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


class Login:
    """What `local.bigquery` says of the connection. Nothing is asked before it is needed."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._options = settings.local.block(Config)

    @property
    def place(self) -> Place:
        """For errors: project and location, as far as they are known."""
        options = self._options
        known = vars(self).get("_credentials", (None, None))[1]
        return Place(options.project or known, options.location, without_secrets(options.api_endpoint or "") or None)

    @property
    def has_storage(self) -> bool:
        """Whether the Storage Read API can be reached: Google's own, or an emulator's that is named."""
        return not self._options.api_endpoint or bool(self._options.storage_endpoint)

    @cached_property
    def project(self) -> str:
        """The project that pays. Raises DLI-003 where neither configuration nor login names one."""
        found = self._options.project or self._credentials[1]
        if not found:
            raise error(ErrorCode.CONFIG_MISSING, key="local.bigquery.project")
        return found

    def client(self) -> bigquery.Client:
        """The client of the REST API."""
        options = self._options
        with translated(self.place):
            return bigquery.Client(
                project=self.project,
                credentials=self._credentials[0],
                location=options.location,
                client_info=_CLIENT_INFO(user_agent=f"dli/{__version__}"),
                client_options=ClientOptions(api_endpoint=options.api_endpoint, quota_project_id=options.quota_project)
                if options.api_endpoint or options.quota_project
                else None,
            )

    def storage(self) -> BigQueryReadClient:
        """The client of the Storage Read API."""
        # Large results alone need it.
        from google.cloud.bigquery_storage_v1.services import big_query_read  # noqa: PLC0415
        from google.cloud.bigquery_storage_v1.services.big_query_read import transports  # noqa: PLC0415

        target = self._options.storage_endpoint
        with translated(self.place):
            if target:
                transport = transports.BigQueryReadGrpcTransport(
                    channel=grpc.insecure_channel(target, options=_CHANNEL)
                )
                return big_query_read.BigQueryReadClient(transport=transport)
            quota = self._options.quota_project
            return big_query_read.BigQueryReadClient(
                credentials=self._credentials[0],
                client_options=ClientOptions(quota_project_id=quota) if quota else None,
            )

    @cached_property
    def _credentials(self) -> tuple[Any, str | None]:
        """Credentials and the project they come with."""
        if self._options.is_emulator:
            return _ANONYMOUS(), None
        self._may_go()
        with translated(self.place):
            found, project = self._found()
            if self._options.impersonate:
                found = _impersonated(found, self._options.impersonate)
        return found, project

    def _found(self) -> tuple[Any, str | None]:
        named = self._options.credentials
        if named == "adc":
            found, project = _AUTH.default(scopes=list(_SCOPES), quota_project_id=self._options.quota_project)
            return found, project
        return self._of_file(Path(named))

    def _of_file(self, path: Path) -> tuple[Any, str | None]:
        """A service account's key, or what `gcloud auth application-default login` wrote elsewhere."""
        try:
            content: dict[str, Any] = json.loads(path.read_text("utf-8"))
            kind = content.get("type")
            if kind not in {"service_account", "authorized_user"}:
                raise error(ErrorCode.CONFIG_INVALID, "bigquery_key", path=str(path), value=kind)
            found = _of_key(content)
        except (OSError, ValueError, AttributeError) as problem:
            said = problem.strerror if isinstance(problem, OSError) and problem.strerror else type(problem).__name__
            raise error(ErrorCode.CONFIG_INVALID, "bigquery_key_file", path=str(path), problem=said) from None
        return found, content.get("project_id") or content.get("quota_project_id")

    def _may_go(self) -> None:
        """Credentials become tokens for the endpoint: it has to be one that the user named, and not in the clear."""
        endpoint = self._options.api_endpoint
        if endpoint is None:
            return
        check_host(self._settings, "local.bigquery.credentials")
        scheme, _, _ = address_of(endpoint) or ("", "", 0)
        if scheme != "https":
            raise error(
                ErrorCode.CONFIG_INVALID,
                "bigquery_in_the_clear",
                key="local.bigquery.api_endpoint",
                url=without_secrets(endpoint),
            )


# What few logins need is imported where it is needed.


def _of_key(content: dict[str, Any]) -> Any:
    if content["type"] == "authorized_user":
        from google.oauth2 import credentials  # noqa: PLC0415

        user: Any = credentials.Credentials
        return user.from_authorized_user_info(content, scopes=list(_SCOPES))
    from google.oauth2 import service_account  # noqa: PLC0415

    service: Any = service_account.Credentials
    return service.from_service_account_info(content, scopes=list(_SCOPES))


def _impersonated(source: Any, account: str) -> Any:
    from google.auth import impersonated_credentials  # noqa: PLC0415

    kind: Any = impersonated_credentials.Credentials
    return kind(source, account, list(_SCOPES))
