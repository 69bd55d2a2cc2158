"""1,000 spec files of about 60 lines → Python values. Only DLI's reader also knows the place of each."""

from __future__ import annotations

import dli_fast
import yaml
from conftest import Compare

COLUMN = """  - name: column_{i}
    type: bigint
    description: "what column {i} of this table means, in one line"
    pii: false
"""


def spec(number: int) -> bytes:
    """A dataset spec of 62 lines."""
    columns = "".join(COLUMN.format(i=i) for i in range(10))
    return f"""\
name: iceberg.analytics.daily_{number}
description: Orders of one day, number {number}, by channel and by age of the user
owner: data@example.com
team: analytics
query_type: SELECT
domains: [orders, users]
tags: [daily, critical]
parameters:
  - name: start_date
    type: date
    required: true
  - name: limit_rows
    type: integer
    default: {number}
query_file: daily.sql
depends_on:
  - iceberg.raw.orders
  - iceberg.raw.users
execution:
  timeout_seconds: 600
  retry_count: 2
schema:
{columns}""".encode()


def test_read(compare: Compare, short: bool) -> None:
    files = [spec(number) for number in range(100 if short else 1_000)]
    values, places = dli_fast.read_yaml(files[0])
    assert values == yaml.load(files[0], Loader=yaml.CSafeLoader)
    assert places.get(("parameters", 1, "name")) == (12, 11)
    compare(
        "read spec files",
        f"{len(files)} files",
        {
            "dli": lambda: [dli_fast.read_yaml(data) for data in files],
            "PyYAML, C loader, no places": lambda: [yaml.load(data, Loader=yaml.CSafeLoader) for data in files],
        },
    )
