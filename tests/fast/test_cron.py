"""Cron: what is refused and where, names, zones, ranges, and what daylight saving does."""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest
from dli_fast import Cron, CronError, next_fires

NEW_YORK = ZoneInfo("America/New_York")
SEOUL = ZoneInfo("Asia/Seoul")
MIDNIGHT = datetime(2026, 1, 31, 0, 0, tzinfo=UTC)

REFUSED = [
    ("", "fields", 0),
    ("* * * *", "fields", 7),
    ("0 * * * * *", "fields", 10),
    ("0 0 1 1 * 0 2030", "fields", 10),
    ("0 0 * * *\n", "syntax", 9),
    ("0 0 *\n* *", "syntax", 5),
    ("0\r0 * * *", "syntax", 1),
    ("61 * * * *", "range", 0),
    ("0 24 * * *", "range", 2),
    ("0 0 0 * *", "range", 4),
    ("0 0 32 * *", "range", 4),
    ("0 0 * 13 *", "range", 6),
    ("0 0 * 0 *", "range", 6),
    ("0 0 * * 8", "range", 8),
    ("0 0 1,40 * *", "range", 6),
    ("0,99999999999999999999 0 * * *", "range", 2),
    ("*/0 * * * *", "range", 2),
    ("0 0 * * 1#6", "range", 10),
    ("0 0 40w * *", "range", 4),
    ("a * * * *", "syntax", 0),
    ("0 jan * * *", "syntax", 2),
    ("0 0 * foo *", "syntax", 6),
    ("1,,2 * * * *", "syntax", 2),
    ("1- * * * *", "syntax", 2),
    ("-1 * * * *", "syntax", 0),
    ("*/x * * * *", "syntax", 2),
    ("*/5/5 * * * *", "syntax", 2),
    ("? * * * *", "syntax", 0),
    ("0 0 1,? * *", "syntax", 6),
    ("0 0 15w,3 * *", "syntax", 4),
    ("0 0 * * 1#1,2", "syntax", 8),
    ("@reboot", "syntax", 0),
    ("@daily ", "syntax", 0),
    ("@Quarterly", "syntax", 0),
    ("０ 0 * * *", "syntax", 0),
    ("0 0 1 é *", "syntax", 6),
    ("R R * * *", "random", 0),
    ("0 r(0-5) * * *", "random", 2),
    ("0 0 * * R/2", "random", 8),
    ("H 0 * * *", "random", 0),
    ("0 0 31 2 *", "never", 4),
    ("0 0 30,31 2 *", "never", 4),
    ("0 0 31 4,6,9,11 *", "never", 4),
    ("0 0 15w * sat", "never", 4),
    ("0 0 1 * mon#2", "never", 4),
]


@pytest.mark.parametrize(("text", "kind", "position"), REFUSED)
def test_a_refused_expression_says_why_and_where(text: str, kind: str, position: int) -> None:
    with pytest.raises(CronError) as caught:
        Cron(text)
    error = caught.value
    assert isinstance(error, ValueError)
    assert (error.kind, error.position) == (kind, position)
    assert error.message == str(error)
    assert len(error.message) < 200


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("@hourly", "0 * * * *"),
        ("@daily", "0 0 * * *"),
        ("@midnight", "0 0 * * *"),
        ("@Weekly", "0 0 * * 0"),
        ("@MONTHLY", "0 0 1 * *"),
        ("@quarterly", "0 0 1 1,4,7,10 *"),
        ("@yearly", "0 0 1 1 *"),
        ("@annually", "0 0 1 1 *"),
    ],
)
def test_names_stand_for_fields(name: str, fields: str) -> None:
    assert Cron(name).next_n(MIDNIGHT, 30) == Cron(fields).next_n(MIDNIGHT, 30)


def test_29_february_and_rare_combinations_are_found() -> None:
    assert Cron("0 0 29 2 *").next(datetime(2096, 3, 1, tzinfo=UTC)) == datetime(2104, 2, 29, tzinfo=UTC)
    assert Cron("0 0 29 2 *").previous(datetime(2104, 2, 29, tzinfo=UTC)) == datetime(2096, 2, 29, tzinfo=UTC)
    assert Cron("0 0 29 2 1#5").next(datetime(2026, 1, 1, tzinfo=UTC)) == datetime(2044, 2, 29, tzinfo=UTC)


def test_a_union_side_that_never_fits_leaves_the_other() -> None:
    assert Cron("0 0 31 2 mon").next(MIDNIGHT) == datetime(2026, 2, 2, tzinfo=UTC)


def test_next_and_previous_are_strict() -> None:
    cron = Cron("0 0 * * *")
    assert cron.next(MIDNIGHT) == MIDNIGHT + timedelta(days=1)
    assert cron.previous(MIDNIGHT) == MIDNIGHT - timedelta(days=1)
    assert cron.next(MIDNIGHT - timedelta(microseconds=1)) == MIDNIGHT
    assert cron.previous(MIDNIGHT + timedelta(microseconds=1)) == MIDNIGHT


def test_the_zone_is_the_datetimes_own() -> None:
    start = datetime(2026, 1, 31, 12, 0, tzinfo=SEOUL)
    found = Cron("30 9 * * *").next(start)
    assert found.tzinfo is SEOUL
    assert found.isoformat() == "2026-02-01T09:30:00+09:00"
    assert Cron("30 9 * * *").next(datetime(2026, 1, 31, 12, 0)).isoformat() == "2026-02-01T09:30:00"
    india = timezone(timedelta(hours=5, minutes=30))
    assert Cron("0 9 * * *").next(datetime(2026, 1, 31, 12, 0, tzinfo=india)).isoformat() == "2026-02-01T09:00:00+05:30"


def test_zones_alternate_without_mixing() -> None:
    cron = Cron("0 0 * * *")
    for _ in range(3):
        for zone in (NEW_YORK, UTC, SEOUL, None):
            found = cron.next(datetime(2026, 7, 1, 12, 0, tzinfo=zone))
            assert found == datetime(2026, 7, 2, 0, 0, tzinfo=zone)
            assert found.tzinfo is zone


class Odd(tzinfo):
    def utcoffset(self, moment: datetime | None) -> timedelta | None:
        return None if moment is None else timedelta(hours=1)

    def dst(self, _: datetime | None) -> None: ...
    def tzname(self, _: datetime | None) -> None: ...


def test_more_zones_than_are_remembered_do_not_mix() -> None:
    offsets = [timezone(timedelta(minutes=15 * quarter)) for quarter in range(-20, 20)]
    for zone in [*offsets, *reversed(offsets)]:
        found = Cron("0 12 * * *").next(datetime(2026, 1, 31, 11, 59, 59, 999_999, tzinfo=zone))
        assert (found, found.tzinfo) == (datetime(2026, 1, 31, 12, tzinfo=zone), zone)


def test_a_datetime_of_a_class_of_its_own_is_read_by_its_attributes() -> None:
    class Stamp(datetime):
        def __reduce_ex__(self, protocol: object) -> tuple[object, ...]:
            return (Stamp, ("something else",))

    start = Stamp(2026, 11, 1, 1, 30, 0, 1, tzinfo=NEW_YORK, fold=1)
    found = Cron("*/15 * * * *").next(start)
    assert (type(found), found.isoformat()) == (datetime, "2026-11-01T01:45:00-05:00")


def test_every_part_of_a_datetime_crosses_the_border() -> None:
    start = datetime(9998, 12, 31, 23, 59, 59, 999_999)
    assert Cron("* * * * *").next(start) == datetime(9999, 1, 1)
    assert Cron("* * * * *").previous(datetime(2, 1, 1, 0, 0, 0, 1)) == datetime(2, 1, 1)
    assert Cron("* * * * *").previous(datetime(2, 1, 1)) == datetime(1, 12, 31, 23, 59)
    repeated = Cron("30 1 * * *").next(datetime(2026, 11, 1, 1, 30, tzinfo=NEW_YORK))
    assert (repeated.fold, repeated.isoformat()) == (1, "2026-11-01T01:30:00-05:00")


def test_a_zone_without_a_name_or_fixed_offset_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="ZoneInfo"):
        Cron("@daily").next(datetime(2026, 1, 1, tzinfo=Odd()))


@pytest.mark.parametrize("wrong", [None, "2026-01-01", 0, MIDNIGHT.date()])
def test_only_datetimes_are_taken(wrong: object) -> None:
    with pytest.raises(TypeError, match="datetime"):
        Cron("@daily").next(wrong)  # type: ignore[arg-type]


def test_beyond_the_years_of_python_is_an_overflow() -> None:
    with pytest.raises(OverflowError):
        Cron("@yearly").next(datetime(9999, 6, 1))
    with pytest.raises(OverflowError):
        Cron("@yearly").previous(datetime(1, 1, 1))
    with pytest.raises(OverflowError):
        Cron("@yearly").next_n(datetime(9990, 6, 1), 20)
    assert Cron("@yearly").between(datetime(9998, 1, 1), datetime(9999, 12, 31)) == [
        datetime(9998, 1, 1),
        datetime(9999, 1, 1),
    ]


def test_between_has_its_start_but_not_its_end() -> None:
    cron = Cron("0 0 * * *")
    days = [MIDNIGHT + timedelta(days=n) for n in range(3)]
    assert cron.between(days[0], days[2]) == days[:2]
    assert cron.between(days[0], days[2] + timedelta(microseconds=1)) == days
    assert cron.between(days[0], days[2], limit=1) == days[:1]
    assert cron.between(days[2], days[0]) == []
    assert cron.between(days[0], days[0]) == []
    with pytest.raises(TypeError):
        cron.between(days[0], datetime(2026, 2, 2))


def test_one_call_serves_many_schedules() -> None:
    crons = [Cron("@hourly"), Cron("@daily"), Cron("0 12 * * sun")]
    assert next_fires(crons, MIDNIGHT) == [cron.next(MIDNIGHT) for cron in crons]
    assert next_fires([], MIDNIGHT) == []
    assert Cron("@daily").next_n(MIDNIGHT, 0) == []
    with pytest.raises(ValueError, match="1000000"):
        Cron("@daily").next_n(MIDNIGHT, 1_000_001)


def test_a_time_in_the_skipped_hour_fires_when_the_clock_goes_on() -> None:
    start = datetime(2026, 3, 7, 12, 0, tzinfo=NEW_YORK)
    assert Cron("30 2 * * *").next(start).isoformat() == "2026-03-08T03:00:00-04:00"


def test_a_time_in_the_repeated_hour_fires_twice() -> None:
    start = datetime(2026, 10, 31, 12, 0, tzinfo=NEW_YORK)
    times = [time.isoformat() for time in Cron("30 1 * * *").next_n(start, 3)]
    assert times == ["2026-11-01T01:30:00-04:00", "2026-11-01T01:30:00-05:00", "2026-11-02T01:30:00-05:00"]


def test_surprises_lists_what_the_clock_does_in_a_year() -> None:
    (moved,) = Cron("30 2 * * *").surprises(2026, NEW_YORK)
    assert (moved.kind, moved.wall) == ("moved", datetime(2026, 3, 8, 2, 30))
    assert [time.isoformat() for time in moved.fires] == ["2026-03-08T03:00:00-04:00"]
    (twice,) = Cron("30 1 * * *").surprises(2026, NEW_YORK)
    assert (twice.kind, twice.wall) == ("twice", datetime(2026, 11, 1, 1, 30))
    assert [time.isoformat() for time in twice.fires] == ["2026-11-01T01:30:00-04:00", "2026-11-01T01:30:00-05:00"]
    # Two times of one gap move to the same moment: one of them fires. 03:00 is taken: none does.
    assert [s.kind for s in Cron("15,45 2 * * *").surprises(2026, NEW_YORK)] == ["moved", "skipped"]
    assert [s.kind for s in Cron("0 2,3 * * *").surprises(2026, NEW_YORK)] == ["skipped"]


def test_what_follows_the_clock_or_lies_elsewhere_is_no_surprise() -> None:
    assert Cron("*/15 * * * *").surprises(2026, NEW_YORK) == []
    assert Cron("0 9 * * *").surprises(2026, NEW_YORK) == []
    assert Cron("30 2 * * *").surprises(2026, SEOUL) == []
    assert Cron("30 2 * * *").surprises(2026, UTC) == []
    assert Cron("30 2 * * mon").surprises(2026, NEW_YORK) == []


def test_a_day_that_a_zone_left_out_is_skipped() -> None:
    apia = ZoneInfo("Pacific/Apia")  # went from 29 to 31 December 2011
    (skipped,) = Cron("0 12 * * *").surprises(2011, apia)
    assert (skipped.kind, skipped.wall) == ("moved", datetime(2011, 12, 30, 12, 0))


@pytest.mark.parametrize(
    "name", ["America/New_York", "Europe/Berlin", "Australia/Sydney", "Africa/Casablanca", "Asia/Seoul"]
)
def test_offsets_hold_beyond_2100(name: str) -> None:
    zone = ZoneInfo(name)
    for year in (2099, 2100, 2101, 2104, 2200, 2400):
        for month in (1, 3, 7, 11):
            start = datetime(year, month, 1, 0, 30, tzinfo=zone)
            found = Cron("0 6 * * *").next_n(start, 31)
            expected = [datetime(year, month, 1, 6, tzinfo=zone) + timedelta(days=n) for n in range(31)]
            assert [time.astimezone(UTC) for time in found] == [time.astimezone(UTC) for time in expected]
            before = Cron("0 6 * * *").previous(start.astimezone(UTC).astimezone(zone))
            assert before.hour == 6


def test_crons_are_equal_by_text_and_can_be_copied() -> None:
    cron = Cron("0 0 * * *")
    assert cron == Cron("0 0 * * *")
    assert cron != Cron("@daily")
    assert cron != "0 0 * * *"
    assert hash(cron) == hash(Cron("0 0 * * *"))
    assert repr(cron) == "Cron('0 0 * * *')"
    assert pickle.loads(pickle.dumps(cron)) == cron
    assert copy.deepcopy(cron).text == cron.text


@pytest.mark.parametrize(
    "text", ["0," * 500_000 + "0 * * * *", "*/" + "9" * 1_000_000 + " * * * *", " " * 1_000_000, "#" * 1_000_000]
)
def test_long_expressions_are_answered_at_once(text: str) -> None:
    begin = datetime.now(UTC)
    try:
        Cron(text)
    except CronError as error:
        assert len(str(error)) < 200
    assert datetime.now(UTC) - begin < timedelta(seconds=0.5)
