"""Who asks, and over which connection: headers, login and TLS of `local.trino`.

Config ─▶ client(): user, password or token for its own host alone ─▶ Client
"""

from __future__ import annotations

import getpass
import ssl
from collections.abc import Generator
from typing import TYPE_CHECKING
from urllib.parse import quote

import httpx

from dli_core import __version__
from dli_core.config.hidden import without_secrets
from dli_core.config.secrets import address_of, check_host
from dli_core.engines.trino import Config
from dli_core.engines.trino.client import Client
from dli_core.errors import ErrorCode, error

if TYPE_CHECKING:
    from dli_core.config.settings import Settings

# Without the first, timestamps arrive cut to milliseconds, in arrays rounded.
_CAPABILITIES = "PARAMETRIC_DATETIME,PATH"
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})


class _Token(httpx.Auth):
    """`Authorization: Bearer`; not among the headers, which reprs show."""

    def __init__(self, token: str) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        request.headers["Authorization"] = f"Bearer {self._token}"
        yield request


def client(settings: Settings) -> Client:
    """The connection that `local.trino` describes.

    Raises DLI-001 or 003 where it describes none, DLI-403 where a secret may not go to its host.
    """
    options = settings.local.block(Config)
    if not options.url:
        raise error(ErrorCode.CONFIG_MISSING, key="local.trino.url")
    if without_secrets(options.url) != options.url:
        raise error(ErrorCode.CONFIG_INVALID, "in_the_url", key="local.trino.url", url=without_secrets(options.url))
    return Client(options.url, _headers(options), _auth(options, settings), _tls(options))


def _headers(options: Config) -> dict[str, str]:
    user = options.user
    if user is None and options.auth == "none":
        user = getpass.getuser()
    found = {
        "X-Trino-User": user,
        "X-Trino-Source": "dli",
        "X-Trino-Client-Tags": ",".join(options.client_tags),
        "X-Trino-Client-Capabilities": _CAPABILITIES,
        "X-Trino-Time-Zone": "UTC",
        "User-Agent": f"dli/{__version__}",
    }
    return {name: value for name, value in found.items() if value}


def _auth(options: Config, settings: Settings) -> httpx.Auth | None:
    if options.auth == "basic":
        password = options.password.get_secret_value() if options.password else ""
        if not options.user:
            raise error(ErrorCode.CONFIG_MISSING, key="local.trino.user")
        _may_go(options, settings, "local.trino.password")
        return httpx.BasicAuth(options.user, password)
    if options.auth == "jwt":
        if options.token is None:
            raise error(ErrorCode.CONFIG_MISSING, key="local.trino.token")
        _may_go(options, settings, "local.trino.token")
        return _Token(options.token.get_secret_value())
    return None


def _may_go(options: Config, settings: Settings, secret: str) -> None:
    """A secret goes to the host it is meant for, and never in the clear over a network."""
    check_host(settings, secret)
    scheme, host, _ = address_of(options.url or "") or ("", "", 0)
    if scheme != "https" and host not in _LOOPBACK:
        raise error(ErrorCode.CONFIG_INVALID, "in_the_clear", key=secret, url=options.url)


def _tls(options: Config) -> ssl.SSLContext:
    try:
        if isinstance(options.verify, str):
            context = ssl.create_default_context(cafile=options.verify)
        else:
            context = httpx.create_ssl_context(verify=options.verify)
            if options.verify:
                context.load_default_certs()  # the machine's own authorities beside those of certifi
        if options.auth == "certificate":
            if options.certificate is None:
                raise error(ErrorCode.CONFIG_MISSING, key="local.trino.certificate")
            context.load_cert_chain(options.certificate, options.key)
    except OSError as problem:  # ssl.SSLError is one
        key = "certificate" if options.auth == "certificate" and not isinstance(options.verify, str) else "verify"
        path = options.certificate if key == "certificate" else options.verify
        raise error(
            ErrorCode.CONFIG_INVALID, "certificate", key=f"local.trino.{key}", value=path, problem=str(problem)
        ) from problem
    return context


def session_header(properties: dict[str, str]) -> str:
    """`a=1,b=x%2Cy`, as Trino reads it."""
    return ",".join(f"{name}={quote(value, safe='')}" for name, value in properties.items())
