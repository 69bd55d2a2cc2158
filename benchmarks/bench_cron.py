"""Cron expressions: validate, and the next fire time."""

from __future__ import annotations

from datetime import UTC, datetime

import croniter
import dli_fast
from conftest import Compare

EXPRESSIONS = ["0 0 * * *", "*/5 * * * *", "30 9 * * 1-5", "0 0 29 2 *", "15 10 1,15 * *", "@daily", "0 12 * * sun"]
START = datetime(2026, 1, 31, 23, 59, tzinfo=UTC)
CALLS = 200


def test_validate(compare: Compare) -> None:
    compare(
        "validate",
        "1 expression",
        {
            "dli": lambda: [dli_fast.Cron(text) for _ in range(CALLS) for text in EXPRESSIONS],
            "croniter": lambda: [croniter.croniter.is_valid(text) for _ in range(CALLS) for text in EXPRESSIONS],
        },
        scale=CALLS * len(EXPRESSIONS),
    )


def test_next(compare: Compare) -> None:
    ours = [dli_fast.Cron(text) for text in EXPRESSIONS]
    theirs = [croniter.croniter(text, START) for text in EXPRESSIONS]
    assert [c.next(START) for c in ours] == [c.get_next(datetime, start_time=START) for c in theirs]
    compare(
        "next 100 fire times, in one call",
        "1 fire time",
        {
            "dli": lambda: [cron.next_n(START, 100) for cron in ours],
            "croniter": lambda: [[c.get_next(datetime) for _ in range(100)] for c in theirs],
        },
        scale=100 * len(EXPRESSIONS),
    )
