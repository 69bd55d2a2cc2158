"""Whether the Basecamp Server answers: the doctor's question that needs HTTP.

server.url ─▶ GET /api/v1/health, without a key: it is nobody's secret ─▶ Check │ DLI-501
"""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import TYPE_CHECKING

from dli_core.config.check import Check, failed
from dli_core.config.hidden import without_secrets
from dli_core.errors import DLIError, ErrorCode, error
from dli_core.errors.phrase import Text

if TYPE_CHECKING:
    from dli_core.config.settings import Settings

_PATH = "/api/v1/health"
_PATIENCE = 10.0  # seconds


def check_server(settings: Settings) -> Iterator[Check]:
    """One finding, where an address is configured."""
    if settings.server.url is None:
        return
    name = Text("check.server")
    try:
        _ask(settings.server.url)
    except DLIError as problem:
        yield failed(name, problem)
    else:
        yield Check(name, "ok", Text("check.answers"))


def _ask(url: str) -> None:
    if without_secrets(url) != url:  # whoever sends it on would show it
        raise error(ErrorCode.CONFIG_INVALID, "server_in_the_url", key="server.url", url=without_secrets(url))
    try:
        with urllib.request.urlopen(f"{url.rstrip('/')}{_PATH}", timeout=_PATIENCE):  # noqa: S310 - http or https
            return
    except urllib.error.HTTPError as problem:
        told = f"HTTP {problem.code}"
    except urllib.error.URLError as problem:
        told = str(getattr(problem.reason, "strerror", None) or problem.reason)
    except (OSError, http.client.HTTPException) as problem:
        told = getattr(problem, "strerror", None) or type(problem).__name__
    raise error(ErrorCode.SERVER_UNREACHABLE, url=url, problem=told)
