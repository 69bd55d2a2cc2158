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
from dli_core.errors.phrase import Text, recognised
from dli_core.errors.text import text_of
from dli_core.models.result import Finding
from dli_core.models.spec import Schedule, Source
from dli_core.models.spelling import alike

_TOLD = {"twice": "spec.fires_twice", "moved": "spec.fires_moved", "skipped": "spec.fires_not"}


def schedule_findings(schedule: Schedule, source: Source, year: int | None = None) -> Iterator[Finding]:
    """What is wrong with the schedule of the spec that was read from `source`."""
    zone = _zone(schedule.timezone)
    if zone is None:
        near = alike(schedule.timezone, available_timezones())
        message = Text("spec.zone_meant" if near else "spec.zone", zone=schedule.timezone, near=near)
        yield _finding("error", message, source.value_at("schedule", "timezone"))
    try:
        cron = dli_fast.Cron(schedule.cron)
    except dli_fast.CronError as problem:
        what = recognised("cron", problem.message)
        told = text_of(error(ErrorCode.WORKFLOW_INVALID_CRON, cron=schedule.cron, problem=what))
        yield _finding("error", told, _place(source, problem.position))
        return
    for surprise in cron.surprises(year or date.today().year, zone) if zone else ():  # noqa: DTZ011 - any zone's year
        moment = f"{surprise.wall:%Y-%m-%d %H:%M}"
        message = Text(_TOLD[surprise.kind], moment=moment, zone=schedule.timezone)
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
