"""HTTP to one coordinator: a statement is sent once, its pages are asked for until they come.

    POST /v1/statement: once, whatever happens ─▶ Page ─▶ GET nextUri, again after a lost answer ─▶ Page … ─▶ the end
                                                   └─▶ DELETE nextUri: cancelled

A page can be asked for again, since the server keeps it until the next one is: so a lost answer, a gateway's 502 or
half a body cost time and nothing else. `nextUri` is a secret: whoever knows it reads and cancels the query.
"""

from __future__ import annotations

import json
import ssl
import threading
import time
import urllib.request
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, cast
from urllib.parse import unquote_plus

import dli_fast
import httpx

from dli_core.config.secrets import address_of
from dli_core.engines.trino import wire
from dli_core.engines.trino.errors import UNSENT, from_status, translated, unreachable
from dli_core.engines.trino.transport import Transport
from dli_core.engines.trino.wire import Head, head_of
from dli_core.errors import DLIError, ErrorCode, error

if TYPE_CHECKING:
    from dli_core.engines.base import Query

# Answers that say "not now": of a gateway, a server that starts or stops, or one that has too much to do.
_OK = 200
BUSY = frozenset({429, 502, 503, 504})
_CONNECT = 10.0  # seconds
_READ = 10.0  # seconds between two pieces of an answer; the server itself waits for a page for one second
_CANCEL = 2.0  # seconds that a request to cancel may take
_FIRST_PAUSE = 0.1  # seconds before the second try, twice as long before each further one
_LONGEST_PAUSE = 2.0


@dataclass(frozen=True, slots=True)
class Page:
    """One answer of the protocol.

    Attributes:
        head: everything but the rows.
        body: the whole answer, in which the rows are at `span`.
    """

    head: Head = field(repr=False)
    body: bytes = field(repr=False, default=b"")
    span: tuple[int, int] | None = None
    told: tuple[tuple[str, str], ...] = field(repr=False, default=())  # headers by which it changes the session

    @property
    def next_uri(self) -> str | None:
        """Where the next page is; None at the end."""
        return self.head.get("nextUri")

    @property
    def query_id(self) -> str:
        """Trino's own id of the query."""
        return str(self.head.get("id", ""))


class Client:
    """One coordinator and one login. Threads may share it."""

    def __init__(self, url: str, headers: Mapping[str, str], auth: httpx.Auth | None, tls: ssl.SSLContext) -> None:
        self.url = url.rstrip("/")
        self._origin = address_of(self.url)
        timeout = httpx.Timeout(_READ, connect=_CONNECT)
        base = {"Accept-Encoding": "identity", **headers}
        proxied = bool(urllib.request.getproxies())  # httpx knows how to go through those
        transport = None if proxied else Transport(tls)
        self._pages = transport
        self._http = httpx.Client(headers=base, auth=auth, verify=tls, timeout=timeout, transport=transport)
        # Without a login: what a segment's storage is asked with.
        self._storage = httpx.Client(verify=tls, timeout=timeout, transport=transport)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()
        self._storage.close()

    def submit(self, query: Query, sql: str, headers: Mapping[str, str]) -> Page:
        """Send a statement: once. Raises DLI-403 `final` where it cannot have arrived, DLI-409 where it may have."""
        sent = {"Content-Type": "text/plain; charset=utf-8", **headers}
        try:
            answer = self._http.post(f"{self.url}/v1/statement", content=sql.encode(), headers=sent)
        except UNSENT as problem:
            raise unreachable(problem, self.url, query, final=True) from problem
        except httpx.HTTPError as problem:
            raise lost(query, problem) from problem
        if answer.status_code in BUSY:
            # A page is what a statement that was taken is answered with: this one is not among them.
            raise lost(query, None, f"HTTP {answer.status_code}")
        if answer.status_code != _OK:
            raise from_status(answer.status_code, answer.text, self.url, query)
        try:
            return self._page(answer)
        except ValueError as problem:
            raise lost(query, problem) from problem

    def follow(self, uri: str, query: Query, patience: Patience) -> Page:
        """The page at `uri`, asked for until it comes or `patience` ends."""
        self._own(uri)
        while True:
            try:
                answer = self._get(uri)
                if answer.status_code == _OK:
                    return self._page(answer)
                text = answer.text
                failure = from_status(answer.status_code, text, self.url, query)
                if answer.status_code not in BUSY:
                    raise failure
                patience.wait(failure, _retry_after(answer))
            except httpx.HTTPError as problem:
                patience.wait(unreachable(problem, self.url, query), cause=problem)
            except ValueError as problem:  # half a page, or none
                patience.wait(unreachable(problem, self.url, query), cause=problem)

    def _get(self, uri: str) -> httpx.Response:
        if self._pages is None:  # through a proxy
            return self._http.get(uri)
        return self._pages.fetch(uri, self._headers, _CONNECT, _READ)

    @cached_property
    def _headers(self) -> dict[str, str]:
        """What httpx sends with every request, the login too: that is the same each time."""
        request = self._http.build_request("GET", self.url)
        if self._http.auth is not None:
            request = next(self._http.auth.sync_auth_flow(request))
        return {name: value for name, value in request.headers.items() if name != "host"}

    def segment(self, uri: str, headers: Mapping[str, list[str]], query: Query, patience: Patience) -> bytes:
        """The bytes of a spooled segment: from the coordinator, or from the storage that it points to."""
        at_home = address_of(_base(uri)) == self._origin
        client = self._http if at_home else self._storage
        sent = [(name, value) for name, values in headers.items() for value in values]
        while True:
            try:
                answer = client.get(uri, headers=sent)
                if answer.status_code == _OK:
                    return _taken(answer)
                failure = from_status(answer.status_code, "a spooled segment could not be read", self.url, query)
                if answer.status_code not in BUSY:
                    raise failure
                patience.wait(failure, _retry_after(answer))
            except httpx.HTTPError as problem:
                patience.wait(unreachable(problem, self.url, query), cause=problem)

    def acknowledge(self, uri: str, headers: Mapping[str, list[str]]) -> None:
        """Let the server forget a segment. It forgets them by itself as well."""
        client = self._http if address_of(_base(uri)) == self._origin else self._storage
        sent = [(name, value) for name, values in headers.items() for value in values]
        try:
            client.get(uri, headers=sent, timeout=_CANCEL)
        except httpx.HTTPError:
            return

    def cancel(self, uri: str) -> bool:
        """Ask the server to stop a query; any nextUri of it will do. Whether it said yes."""
        try:
            self._own(uri)
            return self._http.delete(uri, timeout=_CANCEL).is_success
        except (httpx.HTTPError, DLIError):
            return False

    def queries(self) -> list[wire.Query]:
        """What the server knows of the queries of late that this login may see."""
        with translated(self.url):
            answer = self._http.get(f"{self.url}/v1/query")
        if answer.status_code != _OK:
            raise from_status(answer.status_code, answer.text, self.url)
        try:
            found = json.loads(answer.content)
        except ValueError as problem:
            raise unreachable(problem, self.url) from problem
        return cast("list[wire.Query]", found) if isinstance(found, list) else []

    def kill(self, query_id: str) -> None:
        """Stop a query by Trino's id of it."""
        with translated(self.url):
            answer = self._http.delete(f"{self.url}/v1/query/{query_id}", timeout=_CANCEL)
        if answer.status_code in {401, 403}:
            raise from_status(answer.status_code, answer.text, self.url)

    def _page(self, answer: httpx.Response) -> Page:
        body = _taken(answer)
        head, span = dli_fast.trino_page(body)
        return Page(head_of(head), body, span, _told(answer))

    def _own(self, uri: str) -> None:
        """A login goes to the configured server, and to no other that an answer may name."""
        if address_of(_base(uri)) != self._origin:
            raise error(ErrorCode.EXECUTION_CONNECTION, "trino_elsewhere", engine="Trino", url=self.url)


class Patience:
    """How long one request of a query is tried again: `seconds` in all, and not after `given_up`."""

    def __init__(self, seconds: float, given_up: threading.Event) -> None:
        self._until = time.monotonic() + seconds
        self._pause = _FIRST_PAUSE
        self._given_up = given_up

    def wait(self, failure: DLIError, seconds: float | None = None, cause: BaseException | None = None) -> None:
        """Pause before the next try; raise `failure` when there is to be none."""
        pause = self._pause if seconds is None else max(self._pause, seconds)
        self._pause = min(2 * self._pause, _LONGEST_PAUSE)
        if time.monotonic() + pause > self._until or self._given_up.wait(pause):
            raise failure from cause


def _taken(answer: httpx.Response) -> bytes:
    """The body. An answer and its stream name one another, and would keep a megabyte until garbage is collected."""
    body = answer.content
    answer.stream = httpx.ByteStream(b"")
    return body


def lost(query: Query, problem: Exception | None, said: str = "") -> DLIError:
    """DLI-409: the statement was sent, and no answer says what became of it."""
    text = said or str(problem) or type(problem).__name__
    return error(ErrorCode.OUTCOME_UNKNOWN, engine="Trino", problem=text, job_id=query.job_id, cause=problem)


def session_changes(page: Page) -> Generator[tuple[str, str, str | None]]:
    """What an answer asks to be sent from now on: kind, name and value; None for what is to be left out."""
    for header, value in page.told:
        kind = _TOLD.get(header)
        if kind in _NAMES:
            yield kind, "", unquote_plus(value)
        elif kind is not None:
            for item in value.split(","):
                name, _, text = item.partition("=")
                left_out = header in _LEFT_OUT
                yield kind, unquote_plus(name.strip()), None if left_out else unquote_plus(text.strip())


_TOLD = {
    "x-trino-set-catalog": "catalog",
    "x-trino-set-schema": "schema",
    "x-trino-set-path": "path",
    "x-trino-set-session": "property",
    "x-trino-clear-session": "property",
    "x-trino-added-prepare": "prepared",
    "x-trino-deallocated-prepare": "prepared",
}
_NAMES = {"catalog", "schema", "path"}
_LEFT_OUT = {"x-trino-clear-session", "x-trino-deallocated-prepare"}


def _told(answer: httpx.Response) -> tuple[tuple[str, str], ...]:
    """The headers that are Trino's own, in small letters. Most pages have none, and there are many pages."""
    own = ((name.lower(), value) for name, value in answer.headers.raw if name[:8].lower() == b"x-trino-")
    return tuple((name.decode("ascii"), value.decode("ascii", "replace")) for name, value in own)


def _base(uri: str) -> str:
    """Scheme, host and port of a URI."""
    return "/".join(uri.split("/", 3)[:3])


def _retry_after(answer: httpx.Response) -> float | None:
    text = answer.headers.get("Retry-After", "")
    return float(text) if text.isascii() and text.isdigit() else None
