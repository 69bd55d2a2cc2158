"""A disk that fails at any point of an export: the old file is intact, and the error is DLI-407 with exit code 7."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dli_core.export.receipt import Verdict, verify
from tests.crash.conftest import HERE, Exporter
from tests.crash.exporter import FAIL
from tests.crash.test_export_kill import OLD, SMALL, strays, text

LARGE = "SELECT i, md5(i::VARCHAR) AS s FROM range(100000) t(i)"  # 3.9 MB: several writes
REASONS = {errno.ENOSPC: "no_space", errno.EIO: "io", errno.EDQUOT: "quota"}


def failed(answer: dict[str, Any]) -> str | None:
    assert (answer["error"], answer["status"]) == ("DLI-407", 7), answer
    return answer["reason"]


@pytest.mark.parametrize("old", [None, OLD], ids=["new", "replaced"])
@pytest.mark.parametrize("code", REASONS, ids=errno.errorcode.get)
@pytest.mark.parametrize("kind", ["write", "fsync", "rename"])
def test_a_failing_call_leaves_the_old_file(
    exporter: Exporter, tmp_path: Path, kind: str, code: int, old: bytes | None
):
    path = tmp_path / "out.csv"
    calls = exporter(path, LARGE)["calls"].count(kind)
    assert calls >= {"write": 2, "fsync": 2, "rename": 1}[kind]
    for at in range(calls):
        path.unlink(missing_ok=True) if old is None else path.write_bytes(old)
        answer = exporter(path, LARGE, fault={"how": "fail", "only": kind, "at": at, "code": code})
        assert failed(answer) == REASONS[code], (at, answer)
        assert (path.read_bytes() if path.exists() else None) == old, (at, answer)
        assert strays(tmp_path) == [], (at, answer)


@pytest.mark.parametrize("named", [False, True], ids=["unnamed", "named"])
def test_a_disk_that_stays_full_leaves_the_old_file(exporter: Exporter, tmp_path: Path, named: bool):
    path = tmp_path / "out.csv"
    path.write_bytes(OLD)
    for at in range(3):
        fault = {"how": "fail-on", "only": "write fsync link rename", "at": at, "code": errno.ENOSPC}
        assert failed(exporter(path, LARGE, named=named, fault=fault)) == "no_space"
        assert path.read_bytes() == OLD
        assert strays(tmp_path) == []


@pytest.mark.parametrize(
    ("code", "reason"),
    [(errno.EACCES, "denied"), (errno.EROFS, "read_only"), (errno.EMFILE, None), (errno.ENOSPC, "no_space")],
    ids=lambda value: errno.errorcode.get(value, "") if isinstance(value, int) else value,
)
def test_a_folder_that_refuses_new_files_is_found_before_the_query_runs(
    exporter: Exporter, tmp_path: Path, code: int, reason: str | None
):
    path = tmp_path / "out.csv"
    path.write_bytes(OLD)
    # The first open is that of the folder, the second that of the temp file.
    answer = exporter(
        path, "SELECT error('the query ran')", fault={"how": "fail", "only": "open", "at": 1, "code": code}
    )
    assert failed(answer) == reason
    assert path.read_bytes() == OLD


def test_the_receipts_folder_is_found_full_before_the_query_runs(exporter: Exporter, tmp_path: Path):
    path = tmp_path / "out.csv"
    fault = {"how": "fail", "only": "open", "at": 3, "code": errno.ENOSPC}
    assert failed(exporter(path, "SELECT error('the query ran')", receipt=True, fault=fault)) == "no_space"
    assert list(tmp_path.iterdir()) == []


def test_a_receipt_that_cannot_be_written_leaves_the_complete_file_and_no_torn_receipt(
    exporter: Exporter, tmp_path: Path
):
    path = tmp_path / "out.csv"
    assert exporter(path, "SELECT 1 AS n", receipt=True)["status"] == 0
    for at in (1, 2):  # the file is written by one call, the receipt by the second and synced by the third fsync
        kind = "write" if at == 1 else "fsync"
        answer = exporter(path, SMALL, receipt=True, fault={"how": "fail", "only": kind, "at": at, "code": errno.EIO})
        assert failed(answer) == "io"
        assert path.read_bytes() == text(100)
        assert verify(path).verdict is Verdict.STALE
        assert strays(tmp_path) == []


@pytest.mark.parametrize("named", [False, True], ids=["unnamed", "named"])
def test_short_writes_are_continued(exporter: Exporter, tmp_path: Path, named: bool):
    path = tmp_path / "out.csv"
    for at in range(2):
        answer = exporter(path, SMALL, named=named, fault={"how": "short", "only": "write", "at": at})
        assert answer["status"] == 0
        assert path.read_bytes() == text(100)


def test_an_interrupted_write_is_repeated(exporter: Exporter, tmp_path: Path):
    path = tmp_path / "out.csv"
    fault = {"how": "fail", "only": "write", "at": 0, "code": errno.EINTR}
    assert exporter(path, SMALL, fault=fault)["status"] == 0
    assert path.read_bytes() == text(100)


@pytest.mark.parametrize("code", [errno.EPERM, errno.EOPNOTSUPP, errno.ENOENT], ids=errno.errorcode.get)
def test_where_files_cannot_be_linked_the_export_still_appears_whole(exporter: Exporter, tmp_path: Path, code: int):
    path = tmp_path / "out.csv"
    path.write_bytes(OLD)
    path.chmod(0o640)
    fault = {"how": "fail-on", "only": "link", "at": 0, "code": code}
    assert exporter(path, SMALL, fault=fault)["status"] == 0
    assert path.read_bytes() == text(100)
    assert path.stat().st_mode & 0o777 == 0o640
    assert strays(tmp_path) == []


def test_where_files_cannot_be_linked_a_full_disk_leaves_the_old_file(exporter: Exporter, tmp_path: Path):
    path = tmp_path / "out.csv"
    path.write_bytes(OLD)
    for at in (1, 2):  # the first write puts the rows into the unnamed file; then come the links, and the move
        fault = {"how": "fail-on", "only": "link write", "at": at, "code": errno.EOPNOTSUPP}
        assert failed(exporter(path, SMALL, fault=fault)) is None
        assert path.read_bytes() == OLD
        assert strays(tmp_path) == []


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.EOPNOTSUPP], ids=errno.errorcode.get)
@pytest.mark.parametrize("named", [False, True], ids=["unnamed", "named"])
def test_a_filesystem_without_locks_is_written_to_and_not_swept(
    exporter: Exporter, tmp_path: Path, code: int, named: bool
):
    path, foreign = tmp_path / "out.csv", tmp_path / ".dli-partial-0123456789abcdef"
    path.write_bytes(OLD)
    foreign.touch()
    fault = {"how": "fail-on", "only": "flock", "at": 0, "code": code}
    assert exporter(path, SMALL, named=named, fault=fault)["status"] == 0
    assert path.read_bytes() == text(100)
    assert strays(tmp_path) == [foreign.name]


def test_a_folder_that_cannot_be_synced_by_itself_is_no_failure(exporter: Exporter, tmp_path: Path):
    path = tmp_path / "out.csv"
    fault = {"how": "fail", "only": "fsync", "at": 1, "code": errno.EINVAL}
    assert exporter(path, SMALL, fault=fault)["status"] == 0


def test_where_the_old_file_cannot_be_kept_the_error_says_that_the_new_one_is_there(exporter: Exporter, tmp_path: Path):
    path, kept = tmp_path / "out.csv", tmp_path / "kept.csv"
    kept.write_bytes(OLD)
    path.symlink_to(kept)
    answer = exporter(path, SMALL, fault={"how": "fail", "only": "fsync", "at": 1, "code": errno.EIO})
    assert failed(answer) == "not_durable"
    assert path.read_bytes() == text(100)
    assert kept.read_bytes() == OLD
    assert strays(tmp_path) == []


def test_a_file_that_may_not_grow_is_too_large(exporter: Exporter, tmp_path: Path):
    path = tmp_path / "out.csv"
    path.write_bytes(OLD)
    assert failed(exporter(path, LARGE, file_size=100_000)) == "too_large"
    assert path.read_bytes() == OLD
    assert strays(tmp_path) == []


def test_a_folder_without_write_permission_is_denied(exporter: Exporter, tmp_path: Path):
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "out.csv").write_bytes(OLD)
    folder.chmod(0o555)
    try:
        assert failed(exporter(folder / "out.csv", SMALL, powerless=True)) == "denied"
        assert failed(exporter(folder / "new.csv", SMALL, powerless=True)) == "denied"
    finally:
        folder.chmod(0o755)
    assert (folder / "out.csv").read_bytes() == OLD


def test_a_write_protected_file_is_not_replaced(exporter: Exporter, tmp_path: Path):
    path = tmp_path / "out.csv"
    path.write_bytes(OLD)
    path.chmod(0o444)
    assert failed(exporter(path, SMALL, powerless=True)) == "denied"
    assert path.read_bytes() == OLD


def test_a_folder_that_may_not_be_listed_takes_the_file(exporter: Exporter, tmp_path: Path):
    folder = tmp_path / "folder"
    folder.mkdir()
    folder.chmod(0o333)
    try:
        answer = exporter(folder / "out.csv", SMALL, powerless=True)
        assert answer["status"] == 0, answer
        assert answer["calls"].count("fsync") == 2
    finally:
        folder.chmod(0o755)
    assert (folder / "out.csv").read_bytes() == text(100)


def _namespace() -> list[str] | None:
    """A command that may mount, and whose mounts nobody else sees."""
    unshare = shutil.which("unshare")
    if unshare is None:
        return None
    for flags in (["--mount"], ["--mount", "--map-root-user"]):
        command = [unshare, *flags, "--", "mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", "/mnt"]
        if subprocess.run(command, capture_output=True, check=False).returncode == 0:
            return [unshare, *flags, "--"]
    return None


def test_a_disk_that_is_really_full_leaves_the_old_file(tmp_path: Path, faults: Path):
    namespace = _namespace()
    if namespace is None:
        pytest.skip("needs the right to mount a small filesystem: unshare --mount")
    path = tmp_path / "disk" / "out.csv"
    path.parent.mkdir()
    script = f"""
        mount -t tmpfs -o size=1m tmpfs {path.parent} &&
        printf 'the old file\\n' > {path} &&
        LD_PRELOAD={faults} {sys.executable} {HERE / "exporter.py"} &&
        cat {path} && ls -A {path.parent}
    """
    done = subprocess.run(
        [*namespace, "sh", "-c", script],
        input=json.dumps([{"path": str(path), "sql": LARGE.replace("20000", "100000")}]) + "\n",
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "DLI_USER_CONFIG": "off"},
    )
    answer, old, *files = done.stdout.splitlines()
    assert '"reason": "no_space"' in answer, done
    assert '"status": 7' in answer
    assert (old, files) == ("the old file", ["out.csv"])


@pytest.mark.parametrize(
    ("kind", "at", "code", "shown"),
    [
        ("open", 1, errno.EACCES, "No permission"),
        ("write", 0, errno.ENOSPC, "No space left"),
        ("write", 2, errno.EDQUOT, "quota"),
        ("fsync", 0, errno.EIO, "disk failed"),
        ("rename", 0, errno.EIO, "disk failed"),
        ("fsync", 1, errno.EIO, "disk failed"),
    ],
)
def test_the_command_line_says_so_and_exits_with_7(
    faults: Path, tmp_path: Path, kind: str, at: int, code: int, shown: str
):
    path = tmp_path / "out.csv"
    path.write_bytes(OLD)
    done = subprocess.run(
        [sys.executable, "-m", "dli_cli", "run", LARGE, "-o", path],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LD_PRELOAD": str(faults), "FAULTS": f"{FAIL} {at} {code} {kind} {tmp_path}"},
        cwd=tmp_path.parent,
    )
    assert (done.returncode, done.stdout) == (7, ""), done
    assert "[DLI-407]" in done.stderr
    assert shown in done.stderr
    assert "Traceback" not in done.stderr
    assert [(entry.name, entry.read_bytes()) for entry in tmp_path.iterdir()] == [("out.csv", OLD)]
