"""A large result of a real Trino to a CSV file: CPU seconds of the client, against the official one and a bare drain.

tests/support/trino_server.py ─▶ Trino on loopback ─▶ dli │ trino + csv │ a loop that reads answers and throws them away
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from measure import PYTHON, Child, Comparison, child

from tests.support.servers import cache_of
from tests.support.trino_server import TrinoServer, Unavailable

DLI = str(Path(sys.executable).parent / "dli")
SQL = 'SELECT * FROM tpch."{scale}".lineitem'
ROWS = {"sf1": 6_001_215, "sf0.1": 600_572}

OFFICIAL = """
import csv, sys, trino
host, port = {host!r}, {port!r}
connection = trino.dbapi.connect(host=host, port=port, user="bench")
cursor = connection.cursor()
cursor.execute({sql!r})
with open({target!r}, "w", newline="") as out:
    writer = csv.writer(out)
    writer.writerow([column[0] for column in cursor.description])
    writer.writerows(iter(cursor.fetchone, None))
"""
DRAIN = """
import http.client, re
connection = http.client.HTTPConnection({host!r}, {port!r})
connection.request("POST", "/v1/statement", {sql!r}, {{"X-Trino-User": "bench"}})
buffer = bytearray(1 << 22)
while True:
    answer = connection.getresponse()
    body = answer.read()
    found = re.search(rb'"nextUri":"http://[^/]*([^"]*)"', body[:4096] + body[-4096:])
    if not found:
        break
    connection.request("GET", found[1].decode(), headers={{"X-Trino-User": "bench"}})
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrinoServer]:
    import os

    found = TrinoServer(tmp_path_factory.mktemp("trino"))
    try:
        found.start(cache_of(os.environ))
    except Unavailable as lack:
        pytest.skip(str(lack))
    found.wait()
    yield found
    found.stop()


def test_lineitem(server: TrinoServer, record: Callable[[Comparison], None], short: bool, tmp_path: Path) -> None:
    scale = "sf0.1" if short else "sf1"
    sql = SQL.format(scale=scale)
    facts = {"host": "127.0.0.1", "port": server.port, "sql": sql, "target": str(tmp_path / "official.csv")}
    environ = {
        "DLI_USER_CONFIG": "off",
        "DLI_LOCAL__ENGINE": "trino",
        "DLI_LOCAL__TRINO__URL": server.url,
        "DLI_LOCAL__TRINO__USER": "bench",
    }
    commands = {
        "dli": [DLI, "run", sql, "-o", "dli.csv"],
        "trino client, csv module": [PYTHON, "-c", OFFICIAL.format(**facts)],
        "drain alone, http.client": [PYTHON, "-c", DRAIN.format(**facts)],
    }
    child([DLI, "run", "SELECT count(*) AS n FROM tpch.tiny.lineitem"], env=environ, cwd=str(tmp_path))  # it is warm
    done: dict[str, tuple[Child, float]] = {}
    for name, command in commands.items():
        began = time.monotonic()
        found = child(command, env=environ, cwd=str(tmp_path))
        done[name] = (found, time.monotonic() - began)
    assert (tmp_path / "dli.csv").read_bytes().count(b"\n") == ROWS[scale] + 1
    notes = {
        "wall": ", ".join(f"{name} {wall:.1f} s" for name, (_, wall) in done.items()),
        "peak MiB": ", ".join(f"{name} {found.peak:.0f}" for name, (found, _) in done.items()),
    }
    seconds = {name: found.seconds for name, (found, _) in done.items()}
    record(Comparison("trino", "lineitem → CSV", f"{ROWS[scale]:,} rows", seconds, notes=notes))
