"""What a receipt says of a file, and what `verify` makes of it."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import pickle
import shutil
from pathlib import Path
from typing import Any

import pytest

from dli import DatasetAPI, ExecutionContext, ExportOptions, SqlAPI
from dli_core import __version__
from dli_core.errors import DLIError, ErrorCode
from dli_core.export.publish import receipt_path
from dli_core.export.receipt import Verdict, verify

SECRET = "tOp-s3cret-w0rd"
WITH = ExportOptions(receipt=True)


@pytest.fixture
def api(tmp_path: Path) -> SqlAPI:
    return SqlAPI(ExecutionContext(project_path=tmp_path))


@pytest.fixture
def exported(api: SqlAPI, tmp_path: Path) -> Path:
    path = tmp_path / "out.csv"
    api.export("SELECT 1 AS n", path, options=WITH)
    return path


def verdict(path: Path, **places: Path) -> Verdict:
    return verify(path, **places).verdict


def marks_are_kept(folder: Path) -> bool:
    probe = folder / "probe"
    probe.touch()
    try:
        os.setxattr(probe, "user.dli.probe", b"")
    except OSError:
        return False
    return True


def test_a_receipt_tells_what_the_file_contains(api: SqlAPI, tmp_path: Path):
    path = tmp_path / "out.csv"
    sql = "SELECT i, 'x' AS s FROM range({{ n }}) t(i)"
    done = api.export(sql, path, parameters={"n": 3}, options=WITH)
    assert done.receipt == receipt_path(path) == tmp_path / "out.csv.receipt.json"
    found = json.loads(done.receipt.read_text())
    data = path.read_bytes()
    assert found.pop("created").endswith("+00:00")
    assert found == {
        "version": 1,
        "file": "out.csv",
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "rows": 3,
        "format": "csv",
        "columns": [["i", "BIGINT"], ["s", "VARCHAR"]],
        "sql_sha256": hashlib.sha256(done.sql.encode()).hexdigest(),
        "parameters": {"n": 3},
        "name": "",
        "engine": "duckdb",
        "mode": "local",
        "job_id": done.job_id,
        "tool": f"dli {__version__}",
        "complete": True,
    }


def test_the_hash_is_of_the_bytes_on_disk_after_compression(api: SqlAPI, tmp_path: Path):
    path = tmp_path / "out.csv.gz"
    done = api.export("SELECT 1 AS n", path, options=ExportOptions(compression="gzip", receipt=True))
    assert done.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert verdict(path) is Verdict.MATCH


def test_a_secret_parameter_is_only_a_hash(tmp_path: Path):
    (tmp_path / "dli.yaml").touch()
    (tmp_path / "dataset.t.yaml").write_text(
        "name: a.b.t\nowner: o@example.com\nteam: t\n"
        "parameters:\n  - {name: key, type: string, secret: true}\n  - {name: open, type: string}\n"
        "query_statement: SELECT {{ open }} AS n WHERE {{ key }} <> ''\n"
    )
    datasets, path = DatasetAPI(ExecutionContext(project_path=tmp_path)), tmp_path / "out.csv"
    texts = []
    for secret in (SECRET, SECRET, "another"):
        done = datasets.export("a.b.t", path, parameters={"key": secret, "open": "seen"}, options=WITH)
        assert done.receipt is not None
        texts.append(done.receipt.read_text())
    assert SECRET not in texts[0]
    first, again, other = (json.loads(text)["parameters"] for text in texts)
    assert first["open"] == "seen"
    assert first["key"].startswith("sha256:")
    assert first == again != other


def test_a_file_that_is_what_its_receipt_says_matches(exported: Path):
    found = verify(exported)
    assert found.verdict is Verdict.MATCH
    assert found.expected is not None
    assert (found.expected.rows, found.bytes) == (1, 4)


def test_a_file_without_a_receipt_has_none(exported: Path):
    receipt_path(exported).unlink()
    assert verdict(exported) is Verdict.NO_RECEIPT


@pytest.mark.parametrize(
    "change",
    [
        lambda path: path.write_bytes(b"n\n2\n"),
        lambda path: path.write_bytes(b"n\n1\n "),
        lambda path: os.truncate(path, 3),
        lambda path: path.write_bytes(b""),
    ],
    ids=["a bit", "longer", "shorter", "empty"],
)
@pytest.mark.parametrize("later", [-100, 0, 100])
def test_a_changed_file_is_a_mismatch_whenever_it_was_changed(exported: Path, change: Any, later: int):
    if not marks_are_kept(exported.parent):
        pytest.xfail("the filesystem keeps no marks: the time decides")
    change(exported)
    now = receipt_path(exported).stat().st_mtime + later
    os.utime(exported, (now, now))
    assert verdict(exported) is Verdict.MISMATCH


def test_a_receipt_of_an_earlier_export_is_said_apart(api: SqlAPI, exported: Path):
    done = api.export("SELECT 2 AS n", exported)
    assert verdict(exported) is Verdict.STALE
    assert done.receipt is None
    assert "earlier export" in done.warnings[0]


def test_even_when_the_receipt_was_touched_later(api: SqlAPI, exported: Path):
    if not marks_are_kept(exported.parent):
        pytest.xfail("the filesystem keeps no marks: the time decides")
    api.export("SELECT 2 AS n", exported)
    receipt_path(exported).touch()
    assert verdict(exported) is Verdict.STALE


def test_a_later_export_with_a_receipt_matches_again(api: SqlAPI, exported: Path):
    api.export("SELECT 2 AS n", exported)
    done = api.export("SELECT 3 AS n", exported, options=WITH)
    assert verdict(exported) is Verdict.MATCH
    assert done.warnings == ()


def test_a_torn_copy_is_a_mismatch(exported: Path, tmp_path: Path):
    if not marks_are_kept(tmp_path):
        pytest.xfail("the filesystem keeps no marks: the time decides")
    copy = tmp_path / "copy.csv"
    shutil.copy2(receipt_path(exported), receipt_path(copy))
    copy.write_bytes(exported.read_bytes()[:3])
    assert verdict(copy) is Verdict.MISMATCH


def test_a_moved_file_and_its_receipt_still_match(exported: Path, tmp_path: Path):
    moved = tmp_path / "elsewhere" / "other.csv"
    moved.parent.mkdir()
    shutil.move(exported, moved)
    shutil.move(receipt_path(exported), tmp_path / "r.json")
    assert verdict(moved, receipt=tmp_path / "r.json") is Verdict.MATCH
    assert verdict(moved) is Verdict.NO_RECEIPT


def test_without_marks_the_order_of_the_two_files_decides(exported: Path, monkeypatch: pytest.MonkeyPatch):
    def unsupported(*_: object) -> bytes:
        raise OSError(errno.ENOTSUP, "not supported")

    monkeypatch.setattr(os, "getxattr", unsupported)
    exported.write_bytes(b"n\n2\n")
    written = receipt_path(exported).stat().st_mtime
    os.utime(exported, (written + 1, written + 1))
    assert verdict(exported) is Verdict.STALE
    os.utime(exported, (written - 1, written - 1))
    assert verdict(exported) is Verdict.MISMATCH


def test_a_receipt_that_says_it_is_incomplete_never_matches(exported: Path):
    receipt = receipt_path(exported)
    receipt.write_text(receipt.read_text().replace('"complete": true', '"complete": false'))
    assert verdict(exported) in {Verdict.MISMATCH, Verdict.STALE}


@pytest.mark.parametrize("text", ["", "{}", "[]", "not json", '{"version": 1, "file": "out.csv"}', "\x00\xff"])
def test_what_is_no_receipt_is_said_so(exported: Path, text: str):
    receipt_path(exported).write_text(text)
    with pytest.raises(DLIError) as caught:
        verify(exported)
    assert caught.value.code is ErrorCode.VALIDATION_FAILED
    assert caught.value.details["reason"] == "receipt"


def test_a_receipt_of_a_later_version_is_not_guessed_at(exported: Path):
    receipt = receipt_path(exported)
    receipt.write_text(receipt.read_text().replace('"version": 1', '"version": 2'))
    with pytest.raises(DLIError) as caught:
        verify(exported)
    assert caught.value.details["reason"] == "receipt_version"


def test_unknown_facts_in_a_receipt_are_left_alone(exported: Path):
    receipt = receipt_path(exported)
    receipt.write_text(json.dumps({**json.loads(receipt.read_text()), "signed_by": "somebody"}))
    assert verdict(exported) is Verdict.MATCH


@pytest.mark.parametrize("name", ["none.csv", "."])
def test_what_is_not_there_or_no_file_cannot_be_verified(tmp_path: Path, name: str):
    with pytest.raises(DLIError) as caught:
        verify(tmp_path / name)
    assert caught.value.code is ErrorCode.FILE_NOT_FOUND


def test_a_file_that_cannot_be_read_is_said_so(exported: Path, monkeypatch: pytest.MonkeyPatch):
    def denied(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(hashlib, "file_digest", denied)
    with pytest.raises(DLIError) as caught:
        verify(exported)
    assert (caught.value.code, caught.value.details["reason"]) == (ErrorCode.FILE_NOT_FOUND, "unreadable")


# The hash of a result


def test_without_a_receipt_the_hash_is_of_the_file_that_was_written(api: SqlAPI, tmp_path: Path):
    done = api.export("SELECT 1 AS n", tmp_path / "out.csv")
    assert done.sha256 == hashlib.sha256(b"n\n1\n").hexdigest()


def test_the_hash_of_a_file_that_changed_is_refused(api: SqlAPI, tmp_path: Path):
    if not marks_are_kept(tmp_path):
        pytest.xfail("the filesystem keeps no marks: the size decides")
    path = tmp_path / "out.csv"
    changed = api.export("SELECT 1 AS n", path)
    path.write_bytes(b"n\n2\n")
    replaced = api.export("SELECT 2 AS n", path)
    api.export("SELECT 3 AS n", path)
    for done in (changed, replaced):
        with pytest.raises(DLIError) as caught:
            _ = done.sha256
        assert (caught.value.code, caught.value.details["reason"]) == (ErrorCode.FILE_NOT_FOUND, "changed")


def test_the_hash_of_a_file_that_is_gone_and_of_a_stream_is_refused(api: SqlAPI, tmp_path: Path):
    gone = api.export("SELECT 1 AS n", tmp_path / "out.csv")
    gone.path.unlink()
    for done in (gone, api.export("SELECT 1 AS n", Path("/dev/null"))):
        with pytest.raises(DLIError) as caught:
            _ = done.sha256
        assert caught.value.code is ErrorCode.FILE_NOT_FOUND


def test_a_result_keeps_its_hash_through_a_pickle(api: SqlAPI, tmp_path: Path):
    done = api.export("SELECT 1 AS n", tmp_path / "out.csv", options=WITH)
    done.path.unlink()
    assert pickle.loads(pickle.dumps(done)).sha256 == done.sha256


# Where the receipt goes


def test_a_receipt_has_a_place_of_its_own(api: SqlAPI, tmp_path: Path):
    place = tmp_path / "receipts" / "r.json"
    place.parent.mkdir()
    done = api.export("SELECT 1 AS n", tmp_path / "out.csv", options=ExportOptions(receipt=place))
    assert done.receipt == place
    assert verdict(tmp_path / "out.csv", receipt=place) is Verdict.MATCH
    assert not receipt_path(tmp_path / "out.csv").exists()


def test_a_receipt_whose_place_is_not_there_is_found_before_the_query_runs(api: SqlAPI, tmp_path: Path):
    options = ExportOptions(receipt=tmp_path / "none" / "r.json")
    with pytest.raises(DLIError) as caught:
        api.export("SELECT error('the query ran')", tmp_path / "out.csv", options=options)
    assert (caught.value.code, caught.value.details["reason"]) == (ErrorCode.OUTPUT_FAILED, "no_folder")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["out.csv", "./sub/../out.csv", "link.csv"])
def test_a_receipt_cannot_replace_its_file(api: SqlAPI, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    (tmp_path / "link.csv").symlink_to(tmp_path / "out.csv")
    with pytest.raises(DLIError) as caught:
        api.export("SELECT error('the query ran')", tmp_path / "out.csv", options=ExportOptions(receipt=Path(name)))
    assert caught.value.details["reason"] == "receipt_same"


@pytest.mark.parametrize("target", ["-", "/dev/null"])
def test_beside_a_stream_there_is_no_place_for_a_receipt(api: SqlAPI, target: str):
    with pytest.raises(DLIError) as caught:
        api.export("SELECT error('the query ran')", Path(target), options=WITH)
    assert (caught.value.code, caught.value.details["reason"]) == (ErrorCode.CONFIG_INVALID, "receipt_place")


def test_a_stream_can_have_a_receipt_elsewhere(api: SqlAPI, tmp_path: Path):
    place = tmp_path / "r.json"
    done = api.export("SELECT 1 AS n", Path("/dev/null"), options=ExportOptions(receipt=place))
    assert json.loads(place.read_text())["sha256"] == done.sha256 == hashlib.sha256(b"n\n1\n").hexdigest()


def test_a_failed_export_leaves_the_old_receipt(api: SqlAPI, exported: Path):
    before = receipt_path(exported).read_bytes()
    with pytest.raises(DLIError):
        api.export("SELECT error('boom')", exported, options=WITH)
    assert receipt_path(exported).read_bytes() == before
    assert verdict(exported) is Verdict.MATCH


def test_a_name_too_long_for_a_receipt_beside_it_is_exported_all_the_same(api: SqlAPI, tmp_path: Path):
    path = tmp_path / ("a" * 251 + ".csv")
    assert api.export("SELECT 1 AS n", path).rows == 1
    with pytest.raises(DLIError) as caught:
        api.export("SELECT error('the query ran')", path, options=WITH)
    assert (caught.value.code, caught.value.details["reason"]) == (ErrorCode.OUTPUT_FAILED, "name")
    assert path.read_bytes() == b"n\n1\n"
    assert verdict(path) is Verdict.NO_RECEIPT
