"""What is wrong with a schedule: an expression that Airflow would not take, a time zone that does not exist.

schedule ─▶ Cron, ZoneInfo ─▶ DLI-805 at its place │ warnings: what the clock changes of the year do to it
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import dli_fast

from dli_core.errors import ErrorCode, error
from dli_core.models.result import Finding
from dli_core.models.spec import Schedule, Source
from dli_core.models.spelling import alike

_TOLD = {
    "twice": "the clock shows this time twice, and it fires both times",
    "moved": "the clock skips this time, and it fires when the clock goes on",
    "skipped": "the clock skips this time, and it does not fire",
}


def schedule_findings(schedule: Schedule, source: Source, year: int | None = None) -> Iterator[Finding]:
    """What is wrong with the schedule of the spec that was read from `source`."""
    zone = _zone(schedule.timezone)
    if zone is None:
        near = alike(schedule.timezone, available_timezones())
        message = f"unknown time zone '{schedule.timezone}'" + (f", did you mean '{near}'?" if near else "")
        yield _finding("error", message, source.value_at("schedule", "timezone"))
    try:
        cron = dli_fast.Cron(schedule.cron)
    except dli_fast.CronError as problem:
        message = error(ErrorCode.WORKFLOW_INVALID_CRON, cron=schedule.cron, problem=problem.message).message
        yield _finding("error", message, _place(source, problem.position))
        return
    for surprise in cron.surprises(year or date.today().year, zone) if zone else ():  # noqa: DTZ011 - any zone's year
        message = f"{surprise.wall:%Y-%m-%d %H:%M} in {schedule.timezone}: {_TOLD[surprise.kind]}"
        yield _finding("warning", message, source.value_at("schedule", "cron"))


def _zone(name: str) -> tzinfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # unknown; no name of a zone; the name of a folder of them
        return None


def _place(source: Source, position: int) -> dict[str, Any]:
    """Where the wrong character stands, if the text stands in the file as it is."""
    found = source.value_at("schedule", "cron")
    start = source.places.text(("schedule", "cron")) if source.places else None
    return {**found, "line": start[0], "column": start[1] + position} if start else found


def _finding(severity: str, message: str, place: dict[str, Any]) -> Finding:
    return Finding(severity=severity, code=ErrorCode.WORKFLOW_INVALID_CRON.value, message=message, **place)
