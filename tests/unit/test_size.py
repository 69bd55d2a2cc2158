"""Amounts of bytes as people write them."""

from __future__ import annotations

import pytest

from dli_core.models.size import bytes_of


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("0", 0),
        ("500000", 500_000),
        ("12B", 12),
        ("1k", 1000),
        ("10GB", 10**10),
        ("10 GB", 10**10),
        ("1.5 TiB", 3 * 2**39),
        ("1.001kB", 1001),
        ("2pib", 2**51),
        (" 1MB ", 10**6),
    ],
)
def test_an_amount_is_its_bytes(text: str, count: int):
    assert bytes_of(text) == count


@pytest.mark.parametrize(
    "text", ["", "GB", "ten", "1 XB", "-1", "1e3", "1.GB", "1GBB", "1iB", "1,000", "1 G B", "9" * 16]
)
def test_what_is_no_amount_is_refused(text: str):
    with pytest.raises(ValueError, match="bytes"):
        bytes_of(text)
