"""A proxy between DLI and a server, which does to one request what networks and gateways do.

    client ─▶ Proxy: the request whole ─▶ (delivered?) ─▶ server ─▶ the answer whole ─▶ what the fault leaves of it

It reads requests and answers whole, so that a test can say "the answer to the third request is cut at its 500th byte",
and counts what was delivered: a statement must be posted once.
"""

from __future__ import annotations

import contextlib
import socket
import socketserver
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

# What may happen to a request, and whether the server has seen it then.
DELIVERED = {
    "refuse": False,  # the connection is reset before the request is read
    "429": False,
    "502": False,
    "503": False,  # with Retry-After
    "504": True,  # a gateway that lost its patience
    "lost": True,  # no byte of the answer comes
    "cut": True,  # the connection ends within the answer
    "reset": True,  # it is reset there
    "stall": True,  # nothing comes any more from there on
    "truncate": True,  # half of the body, with the length of that half
    "garbage": True,  # a gateway's page in place of the answer
    "slice": True,  # a byte at a time, at first: harmless
    "delay": True,  # late: harmless
}
HARMLESS = {"slice", "delay"}


@dataclass(frozen=True)
class Fault:
    """What happens to the request of this number, counted from 0; `at` is a part of the answer, from 0 to 1."""

    kind: str
    request: int
    at: float = 0.5
    times: int = 1


@dataclass
class Log:
    """What went through: (method, path, delivered)."""

    requests: list[tuple[str, str, bool]] = field(default_factory=list)
    happened: int = 0


class Proxy(contextlib.AbstractContextManager["Proxy"]):
    """Listens on loopback for as long as the `with` block lasts. `fault` may be set anew between queries."""

    def __init__(self, port: int, stall: float = 1.0) -> None:
        self.upstream = port
        self.stall = stall
        self.fault: Fault | None = None
        self.log = Log()
        self._lock = threading.Lock()
        proxy = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                with contextlib.suppress(OSError):
                    while proxy.one(self.connection, self.rfile):
                        pass

        socketserver.ThreadingTCPServer.allow_reuse_address = True
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def reset(self, fault: Fault | None) -> None:
        """The next request is number 0."""
        with self._lock:
            self.fault, self.log = fault, Log()

    def one(self, client: socket.socket, stream) -> bool:
        """One request of a connection; False when there is no further one."""
        head = _head(stream)
        if not head:
            return False
        body = stream.read(int(_value(head, b"content-length") or 0))
        method, path = head.split(b" ")[:2]
        with self._lock:
            number, fault = len(self.log.requests), self.fault
            hit = fault is not None and method != b"DELETE" and fault.request <= number < fault.request + fault.times
            kind = fault.kind if fault is not None and hit else ""
            self.log.requests.append((method.decode(), path.decode(), DELIVERED.get(kind, True)))
            self.log.happened += hit
        if kind == "refuse":
            return _abort(client)
        if kind in {"429", "502", "503"}:
            retry = b"Retry-After: 0\r\n" if kind == "503" else b""
            client.sendall(b"HTTP/1.1 %s Busy\r\n%sContent-Length: 4\r\n\r\nbusy" % (kind.encode(), retry))
            return True
        answer = self._ask(head + body)
        return _ACTIONS.get(kind, _send)(self, client, answer, fault.at if fault else 0.0)

    def _ask(self, request: bytes) -> bytes:
        with socket.create_connection(("127.0.0.1", self.upstream), timeout=60) as upstream:
            first, _, rest = request.partition(b"\r\n")
            upstream.sendall(first + b"\r\nConnection: close\r\n" + rest)
            return b"".join(iter(lambda: upstream.recv(1 << 20), b""))


def _send(_proxy: Proxy, client: socket.socket, answer: bytes, _at: float) -> bool:
    client.sendall(answer)
    return False  # the server said that it closes


def _slice(_proxy: Proxy, client: socket.socket, answer: bytes, _at: float) -> bool:
    for at in range(min(len(answer), 300)):
        client.sendall(answer[at : at + 1])
    client.sendall(answer[300:])
    return False


def _delay(_proxy: Proxy, client: socket.socket, answer: bytes, at: float) -> bool:
    time.sleep(at / 4)
    return _send(_proxy, client, answer, at)


def _lost(_proxy: Proxy, _client: socket.socket, _answer: bytes, _at: float) -> bool:
    return False


def _cut(_proxy: Proxy, client: socket.socket, answer: bytes, at: float) -> bool:
    client.sendall(answer[: int(len(answer) * at)])
    return False


def _reset(_proxy: Proxy, client: socket.socket, answer: bytes, at: float) -> bool:
    client.sendall(answer[: int(len(answer) * at)])
    return _abort(client)


def _stall(proxy: Proxy, client: socket.socket, answer: bytes, at: float) -> bool:
    client.sendall(answer[: int(len(answer) * at)])
    time.sleep(proxy.stall)
    return False


def _truncate(_proxy: Proxy, client: socket.socket, answer: bytes, at: float) -> bool:
    body = _body(answer)
    kept = body[: int(len(body) * at)]
    client.sendall(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(kept) + kept
    )
    return True


def _garbage(_proxy: Proxy, client: socket.socket, _answer: bytes, _at: float) -> bool:
    client.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 13\r\n\r\n<html></html>")
    return True


def _gateway(_proxy: Proxy, client: socket.socket, _answer: bytes, _at: float) -> bool:
    client.sendall(b"HTTP/1.1 504 Gateway Timeout\r\nContent-Length: 0\r\n\r\n")
    return True


_ACTIONS: dict[str, Callable[[Proxy, socket.socket, bytes, float], bool]] = {
    "504": _gateway,
    "lost": _lost,
    "cut": _cut,
    "reset": _reset,
    "stall": _stall,
    "truncate": _truncate,
    "garbage": _garbage,
    "slice": _slice,
    "delay": _delay,
}


def _abort(client: socket.socket) -> bool:
    """A reset in place of an end."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
    return False


def _head(stream) -> bytes:
    lines = []
    while (line := stream.readline()) not in {b"", b"\r\n"}:
        lines.append(line)
    return b"".join(lines) + b"\r\n" if lines else b""


def _value(head: bytes, name: bytes) -> bytes:
    for line in head.split(b"\r\n"):
        key, _, value = line.partition(b":")
        if key.strip().lower() == name:
            return value.strip()
    return b""


def _body(answer: bytes) -> bytes:
    head, _, body = answer.partition(b"\r\n\r\n")
    if _value(head, b"transfer-encoding") != b"chunked":
        return body
    found = b""
    while body:
        size, _, rest = body.partition(b"\r\n")
        length = int(size or b"0", 16)
        found, body = found + rest[:length], rest[length + 2 :]
        if length == 0:
            break
    return found
