"""`dli verify`: 0 a match, 1 a mismatch, 2 no receipt."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from dli_core.export.publish import receipt_path


@pytest.fixture
def exported(dli, tmp_path: Path) -> Path:
    assert dli("run", "SELECT * FROM range(1000)", "-o", "out.csv", "--receipt", cwd=tmp_path).code == 0
    return tmp_path / "out.csv"


def test_a_complete_file_is_a_match(dli, exported: Path):
    done = dli("verify", "out.csv", cwd=exported.parent)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("✓ out.csv is complete: 1,000 rows, 3,896 bytes\n  sha256 ")


def test_one_byte_more_is_a_mismatch(dli, exported: Path):
    moment = exported.stat().st_mtime_ns
    exported.write_bytes(exported.read_bytes() + b"\n")
    os.utime(exported, ns=(moment, moment))
    done = dli("verify", str(exported))
    assert (done.code, done.out) == (1, "")
    assert "is not what its receipt says" in done.err


def test_a_later_export_is_told_apart(dli, exported: Path):
    time.sleep(0.02)
    assert dli("run", "SELECT * FROM range(5)", "-o", str(exported)).code == 0
    done = dli("verify", str(exported))
    assert done.code == 1
    assert "the receipt is of an earlier export" in done.err
    assert "receipt  1,000 rows, 3,896 bytes, sha256 " in done.err
    assert "file     16 bytes, sha256 " in done.err


def test_the_receipt_of_a_later_export_is_told_apart(dli, exported: Path):
    assert dli("run", "SELECT * FROM range(5)", "-o", str(exported)).code == 0
    receipt, later = receipt_path(exported), exported.stat().st_mtime + 100  # the receipt of another copy, put here
    os.utime(receipt, (later, later))
    done = dli("verify", str(exported))
    assert done.code == 1
    assert "the receipt is of a later export" in done.err


def test_a_file_without_a_receipt_is_exit_code_2(dli, tmp_path: Path):
    (tmp_path / "plain.csv").write_text("a\n1\n")
    done = dli("verify", "plain.csv", cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("✗ plain.csv has no receipt")


def test_a_file_that_is_not_there_is_named(dli, tmp_path: Path):
    done = dli("verify", "nothing.csv", cwd=tmp_path)
    assert done.code == 2
    assert done.err.startswith("[DLI-105]")


def test_a_receipt_that_is_none_is_an_error(dli, exported: Path):
    (exported.parent / "out.csv.receipt.json").write_text("{}")
    done = dli("verify", str(exported))
    assert done.code == 2
    assert done.err.startswith("[DLI-201]")


def test_a_receipt_elsewhere_can_be_named(dli, tmp_path: Path):
    dli("run", "SELECT 1", "-o", "a.csv", "--receipt=proof.json", cwd=tmp_path)
    assert dli("verify", "a.csv", cwd=tmp_path).code == 2
    assert dli("verify", "a.csv", "--receipt-file", "proof.json", cwd=tmp_path).code == 0


def test_the_verdict_as_json(dli, exported: Path):
    found = json.loads(dli("verify", str(exported), "--format", "json").out)
    assert found["verdict"] == "match"
    assert found["expected"]["rows"] == 1000
