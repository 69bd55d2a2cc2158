"""The hash of what was written: of the bytes at the target, and only where it is wanted."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable

import dli_fast
import pytest

Write = Callable[..., dli_fast.Written]

WAYS: dict[str, Write] = {
    "csv": dli_fast.write_csv,
    "csv, gzip": lambda source, target, **hashed: dli_fast.write_csv(source, target, compression="gzip", **hashed),
    "ndjson": lambda source, target, **hashed: dli_fast.write_json(source, target, lines=True, **hashed),
    "parquet": dli_fast.write_parquet,
    "ipc": dli_fast.write_ipc,
}


def rows() -> dli_fast.Batches:
    return dli_fast.from_rows([{"n": n, "s": f"text {n}"} for n in range(1000)])


@pytest.mark.parametrize("way", WAYS)
def test_the_hash_is_of_the_bytes_at_the_target(way: str):
    out = io.BytesIO()
    assert WAYS[way](rows(), out).sha256 == hashlib.sha256(out.getvalue()).hexdigest()


@pytest.mark.parametrize("way", WAYS)
def test_without_the_hash_the_bytes_are_the_same(way: str):
    hashed, plain = io.BytesIO(), io.BytesIO()
    WAYS[way](rows(), hashed)
    written = WAYS[way](rows(), plain, sha256=False)
    assert plain.getvalue() == hashed.getvalue()
    assert (written.rows, written.bytes, written.sha256) == (1000, len(plain.getvalue()), None)
    assert repr(written).endswith("sha256=None)")
