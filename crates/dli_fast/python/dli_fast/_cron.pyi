"""Cron: checked expressions and their fire times, as Airflow's scheduler (croniter) gives them. Source: src/cron/,
src/py/cron.rs, src/py/clock.rs.

The time zone is that of the datetime: a `ZoneInfo` by its key (its rules come with this package and hold for 1900 and
later), a fixed offset such as `timezone.utc`, or none (a clock that never changes). Results carry the same tzinfo.
"""

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import Literal, final

class CronError(ValueError):
    """An expression that is refused. `str()` is `message`; `position` is an index into the text, in characters.

    `kind` is one of
    fields   not five fields and no @name (six and seven fields are refused);
    syntax   an entry that is no number, name, range or step; a line break;
    range    a number out of its field's range, a step of 0;
    random   `H` or `R`: hashed or random times;
    never    well-formed, but no date fits (`0 0 31 2 *`).
    """

    message: str
    position: int
    kind: Literal["fields", "syntax", "range", "random", "never"]

@final
class Cron:
    """A checked expression: five fields (minute hour day month weekday), or @hourly, @daily, @midnight, @weekly,
    @monthly, @quarterly, @yearly, @annually. Immutable; equal by text.

    As in croniter: names (`jan`, `mon`) in any case; `?` for a day; `l` the last day of the month, `l5` its last
    Friday, `2#1` its first Tuesday, `15w` the working day nearest to the 15th; 7 is Sunday; a range that goes down
    wraps (`fri-mon`), one of equal ends is the whole field; day of month and day of week, when both are given, are a
    union.
    Raises CronError, TypeError.
    """

    def __init__(self, text: str) -> None: ...
    @property
    def text(self) -> str: ...
    def next(self, after: datetime) -> datetime:
        """The first fire time strictly after `after`. When the clock changes: a time that does not exist fires when the
        clock goes on (unless the schedule has every hour); a time that comes twice fires twice.

        Raises OverflowError beyond the year 9999, ValueError for a zone with an unknown key, TypeError for other
        tzinfos.
        """
    def previous(self, before: datetime) -> datetime:
        """The last fire time strictly before `before`. Raises as `next`."""
    def next_n(self, after: datetime, n: int) -> list[datetime]:
        """The first `n` (at most 1,000,000) fire times after `after`. Raises as `next`."""
    def between(self, start: datetime, end: datetime, limit: int = 1_000) -> list[datetime]:
        """The fire times from `start` (included) to `end` (excluded), at most `limit`, in the zone of `start`."""
    def surprises(self, year: int, zone: tzinfo) -> list[Surprise]:
        """What the clock changes of one year do to this schedule, in order; none for a schedule of every hour."""
    def __eq__(self, other: object) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Surprise:
    """A time that the schedule names and the clock repeats or skips."""

    @property
    def kind(self) -> Literal["twice", "moved", "skipped"]:
        """twice: the clock shows it twice and it fires both times; moved: it does not exist and fires when the clock
        goes on; skipped: it does not exist and does not fire.
        """
    @property
    def wall(self) -> datetime:
        """The time on the wall clock, without a zone."""
    @property
    def fires(self) -> tuple[datetime, ...]:
        """When it fires: two times, one or none."""

def next_fires(crons: Sequence[Cron], after: datetime) -> list[datetime]:
    """`[cron.next(after) for cron in crons]`, in one call."""
