"""Cron against croniter: the same expressions accepted, the same fire times, also where clocks change.

    grammar of an expression ─▶ croniter accepts?  ─▶ Cron accepts, minus what DLI refuses
                             ─▶ get_next, get_prev ─▶ next, previous: the same moments

The expressions come from a grammar with near misses, the moments lie around the changes of the clock.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import croniter
from dli_fast import Cron, CronError, next_fires
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

EXAMPLES = int(os.environ.get("DLI_CRON_EXAMPLES", "400"))
MANY = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)

# Both hemispheres, a half-hour change, a negative one (Dublin), and changes at midnight (Santiago; Beirut: no 00:00).
CHANGING = [
    "America/New_York",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "Europe/Dublin",
    "America/Santiago",
    "Asia/Beirut",
    "Pacific/Auckland",
]
STEADY = ["Asia/Seoul", "Asia/Kolkata", "UTC"]


def changes(zone: ZoneInfo, year: int) -> list[datetime]:
    """The moments of a year (UTC) at which a zone's clock changes, to the hour."""
    found: list[datetime] = []
    moment = datetime(year, 1, 1, tzinfo=UTC)
    while moment.year == year:
        later = moment + timedelta(hours=1)
        if moment.astimezone(zone).utcoffset() != later.astimezone(zone).utcoffset():
            found.append(later)
        moment = later
    return found


CHANGES = [
    (zone, moment) for zone in map(ZoneInfo, CHANGING) for year in (2024, 2025) for moment in changes(zone, year)
]


def field(low: int, high: int, names: list[str]) -> st.SearchStrategy[str]:
    """One field: mostly valid, now and then out of range, with names, steps, wraps and lists."""
    number = st.integers(low, high).map(str)
    value = st.one_of(number, number, number, st.sampled_from(names)) if names else number
    value = st.one_of(*[value] * 12, st.integers(0, 99).map(str))
    step = st.one_of(*[st.integers(1, high)] * 8, st.integers(0, 200)).map(str)
    part = st.one_of(
        value,
        value,
        st.tuples(value, value).map("-".join),
        st.tuples(value, value, step).map(lambda parts: f"{parts[0]}-{parts[1]}/{parts[2]}"),
        st.tuples(st.sampled_from(["*", "*", "*", str(low), str(high)]), step).map("/".join),
        st.tuples(value, step).map("/".join),
    )
    lists = st.lists(part, min_size=1, max_size=4).map(",".join)
    return st.one_of(
        *[st.just("*")] * 4, part, part, lists, st.just(f"{low}-{high}"), st.sampled_from(["?", "*,5", "", "l"])
    )


WEEKDAYS = ["sun", "mon", "tue", "Wed", "THU", "fri", "sat"]
MONTHS = ["jan", "feb", "mar", "Apr", "MAY", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
nth = st.one_of(
    st.tuples(
        st.sampled_from(["0", "1", "5", "7", "8", "mon", "fri-mon", "tue-thu", "l", "1-5"]), st.integers(0, 6)
    ).map(lambda parts: f"{parts[0]}#{parts[1]}"),
    st.integers(0, 9).map(lambda day: f"l{day}"),
)
day = st.one_of(
    *[field(1, 31, ["l", "L", "10-l"])] * 4,
    st.sampled_from(["l", "15,l", "1-30,l", "2-31,l", "1-31", "*/2", "31", "29-31"]),
    st.integers(0, 33).map(lambda n: f"{n}w"),
    st.sampled_from(["w1", "W31", "15w,3", "3,15W", "lw"]),
)
weekday = st.one_of(
    *[field(0, 7, WEEKDAYS)] * 4,
    nth,
    st.lists(nth, min_size=2, max_size=3).map(",".join),
    st.sampled_from(["1#1,2", "0-6,0#1"]),
)
expressions = st.tuples(field(0, 59, []), field(0, 23, []), day, field(1, 12, MONTHS), weekday).map(" ".join)
# Few times a day, so that a change of the clock is met.
nightly = st.tuples(
    st.one_of(st.integers(0, 59).map(str), st.sampled_from(["*", "0,30", "*/15", "*/7", "59"])),
    st.one_of(st.integers(0, 4).map(str), st.sampled_from(["*", "*/2", "1-3", "23,0,1", "1,3", "2-2", "0-23"])),
    st.one_of(*[st.just("*")] * 6, day),
    st.just("*"),
    st.one_of(*[st.just("*")] * 6, weekday),
).map(" ".join)
junk = st.text(st.sampled_from("0123456789*/,-#?lLwWhHrR@ \tmonjan()_xé٣"), max_size=24)


def accepts(text: str) -> bool:
    """Does croniter accept it, and find a time? Six fields, random ones and line breaks are DLI's own refusals."""
    if len(text.split()) > 5 or any(space in text for space in "\n\r\v\f"):
        return False
    try:
        croniter.croniter(text, datetime(2026, 1, 1)).get_next(datetime)
    except croniter.CroniterError:
        return False
    return not any(word.startswith(("r", "R")) for word in text.split())


def accepted(text: str) -> Cron | None:
    try:
        return Cron(text)
    except CronError as error:
        assert error.kind in {"fields", "syntax", "range", "random", "never"}
        assert 0 <= error.position <= len(text)
        return None


@MANY
@given(st.one_of(expressions, expressions, nightly, junk))
def test_an_expression_is_accepted_exactly_when_croniter_accepts_it_and_it_fires(text: str) -> None:
    assert (accepted(text) is not None) == accepts(text), text


def same(text: str, zone: ZoneInfo | timezone | None, start: datetime, steps: int = 6) -> None:
    """Both directions, several steps."""
    cron = accepted(text)
    assume(cron is not None)
    assert cron is not None
    peer = croniter.croniter(text, start)
    expected: list[datetime] = []
    try:
        expected = [peer.get_next(datetime) for _ in range(steps)]
        peer.set_current(start)
        before = [peer.get_prev(datetime) for _ in range(steps)]
    except AssertionError:
        assume(False)  # croniter's own assertion about clocks
        return
    found = cron.next_n(start, steps)
    assert moments(found) == moments(expected), (text, start)
    back: list[datetime] = []
    moment = start
    for _ in range(steps):
        moment = cron.previous(moment)
        back.append(moment)
    assert moments(back) == moments(before), (text, start)
    assert next_fires([cron], start) == found[:1]
    assert all(time.tzinfo is zone for time in found)


def moments(times: list[datetime]) -> list[tuple[datetime, datetime]]:
    """Wall clock and UTC: two datetimes of one zone compare equal whatever their fold."""
    return [
        (time.replace(tzinfo=None, fold=0), time.astimezone(UTC) if time.tzinfo else time.replace(fold=0))
        for time in times
    ]


plain = st.datetimes(datetime(1971, 1, 1), datetime(2099, 1, 1), allow_imaginary=False)


@MANY
@given(expressions, plain)
def test_fire_times_of_a_clock_without_a_zone_are_croniters(text: str, start: datetime) -> None:
    same(text, None, start)


@MANY
@given(expressions, plain, st.sampled_from(STEADY + CHANGING))
def test_fire_times_of_any_zone_are_croniters(text: str, start: datetime, name: str) -> None:
    zone = ZoneInfo(name)
    same(text, zone, start.replace(tzinfo=zone))


@MANY
@given(nightly, st.sampled_from(CHANGES), st.integers(-30 * 60, 30 * 60), st.integers(0, 59_999_999))
def test_fire_times_around_a_change_of_the_clock_are_croniters(
    text: str, change: tuple[ZoneInfo, datetime], minutes: int, micros: int
) -> None:
    zone, moment = change
    start = (moment + timedelta(minutes=minutes, microseconds=micros)).astimezone(zone)
    same(text, zone, start)


@MANY
@given(nightly, st.sampled_from(CHANGES), st.integers(-180, 180), st.integers(0, 1))
def test_a_start_on_the_wall_clock_is_read_as_python_reads_it(
    text: str, change: tuple[ZoneInfo, datetime], minutes: int, fold: int
) -> None:
    zone, moment = change
    wall = moment.astimezone(zone).replace(tzinfo=None) + timedelta(minutes=minutes)
    same(text, zone, wall.replace(tzinfo=zone, fold=fold))


@MANY
@given(expressions, plain, st.integers(-14 * 60, 14 * 60))
def test_fixed_offsets_are_zones_too(text: str, start: datetime, offset: int) -> None:
    zone = timezone(timedelta(minutes=offset))
    same(text, zone, start.replace(tzinfo=zone), steps=3)


@MANY
@given(nightly, st.sampled_from(CHANGES), st.integers(0, 48))
def test_between_is_croniters_next_until_the_end(text: str, change: tuple[ZoneInfo, datetime], hours: int) -> None:
    cron = accepted(text)
    assume(cron is not None)
    assert cron is not None
    zone, moment = change
    start = (moment - timedelta(hours=20)).astimezone(zone)
    end = moment + timedelta(hours=hours - 20)
    peer = croniter.croniter(text, start - timedelta(microseconds=1))
    expected: list[datetime] = []
    try:
        while (time := peer.get_next(datetime)).astimezone(UTC) < end:
            expected.append(time)
    except AssertionError:
        assume(False)  # croniter's own assertion about clocks
    assert moments(cron.between(start, end, limit=10_000)) == moments(expected)
