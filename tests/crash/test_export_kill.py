"""An export that is killed, at any moment, leaves the old file or the complete new one."""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import Any

import pytest

from dli_core.export.publish import receipt_path
from dli_core.export.receipt import Verdict, verify
from dli_core.export.temp import PREFIX
from tests.crash.conftest import Exporter

SMALL = "SELECT i, 'x' || i AS s FROM range(100) t(i)"
LARGE = "SELECT i, 'x' || i AS s FROM range(200000) t(i)"
OLD = b"the old file\n"


def text(rows: int) -> bytes:
    return b"i,s\n" + b"".join(b"%d,x%d\n" % (i, i) for i in range(rows))


def strays(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.startswith(PREFIX)]


def calls_of(exporter: Exporter, folder: Path, old: bytes | None, **request: Any) -> list[str]:
    """The calls of an export that works, on a folder like that of the test."""
    twin = folder / "twin"
    twin.mkdir()
    if old is not None:
        (twin / "out.csv").write_bytes(old)
    return exporter(twin / "out.csv", SMALL, **request)["calls"]


@pytest.mark.parametrize("named", [False, True], ids=["unnamed", "named"])
@pytest.mark.parametrize("old", [None, OLD], ids=["new", "replaced"])
@pytest.mark.parametrize("how", ["kill", "kill-after"])
def test_killed_at_any_call_the_file_is_the_old_or_the_new_one(
    exporter: Exporter, tmp_path: Path, how: str, old: bytes | None, named: bool
):
    calls = calls_of(exporter, tmp_path, old, named=named)
    assert {"open", "write", "fsync", "rename"} <= set(calls)
    folder, new = tmp_path / "folder", text(100)
    folder.mkdir()
    path = folder / "out.csv"
    seen = set()
    for at in range(len(calls)):
        path.unlink(missing_ok=True) if old is None else path.write_bytes(old)
        fault = {"how": how, "at": at}
        assert exporter(path, SMALL, fault=fault, named=named)["status"] == -9, (at, calls)
        found = path.read_bytes() if path.exists() else None
        assert found in {old, new}, (at, calls)
        assert len(strays(folder)) <= 2, (at, calls)
        seen.add(found)
        if strays(folder):  # the next run into the folder sweeps what was left, and works
            assert exporter(folder / "other.csv", SMALL)["status"] == 0
            assert strays(folder) == [], (at, calls)
    assert seen == {old, new}


def test_killed_with_a_receipt_the_receipt_never_lies(exporter: Exporter, tmp_path: Path):
    path = tmp_path / "out.csv"
    calls = calls_of(exporter, tmp_path, OLD, receipt=True)
    earlier = "SELECT 1 AS n"
    verdicts = set()
    for at in range(len(calls)):
        assert exporter(path, earlier, receipt=True)["status"] == 0
        assert exporter(path, SMALL, receipt=True, fault={"how": "kill", "at": at})["status"] == -9
        assert path.read_bytes() in {b"n\n1\n", text(100)}
        found = verify(path)
        new_receipt = found.expected is not None and found.expected.rows == 100
        if path.read_bytes() == text(100):
            assert found.verdict is (Verdict.MATCH if new_receipt else Verdict.STALE)
        else:
            assert (found.verdict, new_receipt) == (Verdict.MATCH, False), "the receipt came before its file"
        verdicts.add((found.verdict, new_receipt))
    assert verdicts == {(Verdict.MATCH, False), (Verdict.STALE, False), (Verdict.MATCH, True)}
    assert receipt_path(path).exists()


def test_killed_at_a_hundred_random_moments(exporter: Exporter, tmp_path: Path):
    seed = random.randrange(1 << 32)
    moments, path, new = random.Random(seed), tmp_path / "out.csv", text(200_000)
    whole = min(_seconds(exporter, path) for _ in range(3))  # as long as an export takes here and now
    killed = 0
    for _ in range(100):
        path.write_bytes(OLD)
        answer = exporter(path, LARGE, kill_after=moments.uniform(0, whole))
        killed += answer["status"] == -9
        assert path.read_bytes() in {OLD, new}, f"seed {seed}"
        assert len(strays(tmp_path)) <= 2, f"seed {seed}"
    assert killed >= 10, "the moments miss the exports: adapt their range"
    assert exporter(tmp_path / "other.csv", SMALL)["status"] == 0
    assert strays(tmp_path) == []


def _seconds(exporter: Exporter, path: Path) -> float:
    start = time.monotonic()
    assert exporter(path, LARGE)["status"] == 0
    return time.monotonic() - start


def test_twenty_exports_into_one_folder_with_kills_among_them_harm_no_neighbour(exporter: Exporter, tmp_path: Path):
    seed = random.randrange(1 << 32)
    moments = random.Random(seed)
    for _ in range(3):
        requests: list[dict[str, Any]] = []
        for number in range(20):
            path = tmp_path / f"{number}.csv"
            path.write_bytes(OLD)
            sql = f"SELECT i, {number} AS n FROM range(200000) t(i)"
            requests.append({"path": str(path), "sql": sql, "named": number % 4 == 3})
            if number % 2:
                requests[-1]["kill_after"] = moments.uniform(0, 1.0)
        for number, answer in enumerate(exporter.many(*requests)):
            found = (tmp_path / f"{number}.csv").read_bytes()
            new = b"i,n\n" + b"".join(b"%d,%d\n" % (i, number) for i in range(200_000))
            if answer["status"] == 0:
                assert found == new, f"seed {seed}, {number}"
            else:
                assert answer["status"] == -9, (seed, answer)
                assert found in {OLD, new}, f"seed {seed}, {number}"
            assert number % 2 or answer["status"] == 0, (seed, answer)
    assert exporter(tmp_path / "other.csv", SMALL)["status"] == 0
    assert strays(tmp_path) == []


def test_twenty_exports_of_one_file_leave_one_of_them_whole(exporter: Exporter, tmp_path: Path):
    path = tmp_path / "out.csv"
    requests = [{"path": str(path), "sql": f"SELECT i, {n} AS n FROM range(50000) t(i)"} for n in range(20)]
    answers = exporter.many(*requests)
    assert [answer["status"] for answer in answers] == [0] * 20
    _, *lines = path.read_text().splitlines()
    assert len(lines) == 50_000
    assert len({line.partition(",")[2] for line in lines}) == 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["out.csv"]


def test_a_temp_file_of_a_living_export_is_not_swept(exporter: Exporter, tmp_path: Path):
    slow = "SELECT i, 'x' || i AS s FROM range(3000000) t(i)"
    requests = [{"path": str(tmp_path / "slow.csv"), "sql": slow, "named": True}]
    requests += [{"path": str(tmp_path / f"{n}.csv"), "sql": SMALL} for n in range(5)]
    answers = exporter.many(*requests)
    assert [answer["status"] for answer in answers] == [0] * 6
    assert answers[0]["rows"] == 3_000_000
    assert strays(tmp_path) == []
