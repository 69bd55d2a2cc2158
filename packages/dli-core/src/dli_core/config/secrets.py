"""Secrets go only to hosts that the user knows of.

    secret's origin + what every layer says of the host ─check_host─▶ None │ DLI-502/403 "foreign_host"

A cloned project can name a host, but it cannot redirect what it did not bring along. A host is fine when

- the user named it: in `~/.dli/config.yaml`, in the environment, as an option or argument, in `server.trusted_hosts`;
- or the project named it, in the same file as the secret or in a higher one of the project's files.

A secret that a file takes from `${VAR}` counts as the environment's. Whoever connects asks here first.
"""

from __future__ import annotations

import re

from dli_core.config.origin import DEFAULT, Layer, Origin
from dli_core.config.settings import SECRETS, Settings
from dli_core.errors import ErrorCode, error
from dli_core.errors.phrase import Text

_PORTS = {"https": 443, "http": 80}
_URL = re.compile(
    r"(?:(?P<scheme>https?)://)?(?:[\w.~!$&'()*+,;=%:-]*@)?(?P<host>\[[0-9a-f:.]+\]|[\w.-]+)(?::(?P<port>\d{1,5}))?(?:[/?#]\S*)?",
    re.IGNORECASE,
)

Address = tuple[str, str, int]  # scheme, host, port


def check_host(settings: Settings, secret: str, *, origin: Origin | None = None) -> None:
    """Raise DLI-502 (server) or DLI-403 (engine) if this secret may not go to the host that is configured for it.

    Args:
        settings: resolved.
        secret: the secret's key, one of `settings.SECRETS`.
        origin: where the secret comes from when it is not in the settings (a keyring, the machine's own credentials).
    """
    host_key = SECRETS[secret]
    named = settings.found.named.get(host_key, ())
    if not named:
        return  # the engine's own address, not one of the configuration
    url, host_origin = named[0]
    source = _rank(origin or settings.origin(secret))
    if any(_same_host(text, url) and _may_name(where.rank, source) for text, where in named):
        return
    if any(_same_host(trusted, url) for trusted in _trusted(settings)):
        return
    server = secret == "server.api_key"  # noqa: S105 - the name of a key
    raise error(
        ErrorCode.SERVER_AUTH_FAILED if server else ErrorCode.EXECUTION_CONNECTION,
        "foreign_host",
        key=secret,
        secret_origin=_describe(origin or settings.origin(secret)),
        host=host_of(url),
        host_origin=str(host_origin),
        command=approve_command(settings, url),
    )


def approve_command(settings: Settings, url: str) -> str:
    """The command that adds the host of `url` to those the user trusts."""
    import json  # noqa: PLC0415 - runs on DuckDB never come here
    import shlex  # noqa: PLC0415 - as above

    address = address_of(url)
    shown = url if address is None else f"{address[0]}://{host_of(url)}"
    known = [text for text in _trusted(settings) if not _same_host(text, url)]
    return f"dli config set server.trusted_hosts {shlex.quote(json.dumps([*known, shown], ensure_ascii=False))}"


def address_of(text: str) -> Address | None:
    r"""Scheme, host and port of a URL; a bare host or host:port means https.

    None for a text that two readers of URLs could understand differently (`https://evil\@good`): it equals nothing.
    """
    match = _URL.fullmatch(text)
    if match is None:
        return None
    scheme = (match["scheme"] or "https").lower()
    port = int(match["port"]) if match["port"] else _PORTS[scheme]
    return scheme, match["host"].lower().rstrip("."), port


def host_of(url: str) -> str:
    """The host, with its port when that is not the usual one; never a user or password of the URL."""
    found = address_of(url)
    if found is None:
        return url.rpartition("@")[2]
    scheme, host, port = found
    return host if port == _PORTS[scheme] else f"{host}:{port}"


def _same_host(one: str, other: str) -> bool:
    address = address_of(one)
    return one == other if address is None else address == address_of(other)


def _may_name(host: Layer, secret: Layer) -> bool:
    return host.of_user or (not secret.of_user and host >= secret)


def _rank(origin: Origin) -> Layer:
    """The layer that a secret belongs to. Credentials that nothing configures are the user's own."""
    if origin.source is not None and (origin.source.of_user or origin.source > origin.rank):
        return origin.source
    return Layer.USER if origin.rank is Layer.DEFAULT else origin.rank


def _trusted(settings: Settings) -> list[str]:
    """What the user trusts; project files may not say it (their loader refuses), and are not believed here either."""
    origin = settings.origin("server.trusted_hosts")
    return list(settings.server.trusted_hosts) if origin.rank.of_user or origin == DEFAULT else []


def _describe(origin: Origin) -> str:
    return Text("config.own_credentials") if origin.rank is Layer.DEFAULT else str(origin)
