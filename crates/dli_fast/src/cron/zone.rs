//! The offsets of a time zone, both ways: moment → offset, wall clock → one, two or no moments.
//!
//! A year of a zone is a short list of transitions, found once by looking at every day and kept for good.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};

use chrono::{DateTime, Offset, TimeZone};
use chrono_tz::Tz;

use super::days::{date, day_number, leap};

/// Where a wall clock hangs.
#[derive(Clone, Copy, Debug)]
pub enum Zone {
    /// No zone: times of a clock that never changes.
    None,
    /// Seconds east of UTC.
    Fixed(i32),
    /// A zone of the tz database.
    Named(&'static Years),
}

/// The years of one zone, each looked up when first asked for.
#[derive(Debug)]
pub struct Years {
    zone: Tz,
    years: Vec<OnceLock<Year>>,
}

/// What one zone's clock does in one year, a day to both sides included.
#[derive(Debug)]
pub(super) struct Year {
    first: i32,
    pub(super) transitions: Vec<Transition>,
}

/// A moment (seconds since 1970 UTC) at which the offset changes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Transition {
    pub at: i64,
    pub before: i32,
    pub after: i32,
}

/// The two readings of a wall clock's time: equal, but around a change of the offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Local {
    /// Offset of the first reading (`fold=0`).
    pub first: i32,
    /// Offset of the second reading (`fold=1`).
    pub second: i32,
    /// Inside a gap: the wall clock's second at which the clock goes on.
    pub resumes: i64,
}

impl Local {
    /// The clock shows this time at least once.
    pub(super) fn exists(self) -> bool {
        self.second <= self.first
    }
}

const DAY: i64 = 86_400;
/// The tz database's own span; before it a zone has the offset of 1900.
const FIRST: i32 = 1900;
const LAST: i32 = 2099;

impl Zone {
    /// A zone of the tz database by its name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        static KNOWN: Mutex<Option<HashMap<Tz, &'static Years>>> = Mutex::new(None);
        let zone: Tz = name.parse().ok()?;
        if zone == Tz::UTC {
            return Some(Self::Fixed(0));
        }
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        let years = known.get_or_insert_default().entry(zone).or_insert_with(|| {
            // Kept for the life of the process: there are only so many zones.
            let years = (FIRST..=LAST).map(|_| OnceLock::new()).collect();
            Box::leak(Box::new(Years { zone, years }))
        });
        Some(Self::Named(years))
    }

    /// Seconds east of UTC at a moment, in seconds since 1970 UTC.
    pub(super) fn offset(self, at: i64) -> i32 {
        match self {
            Self::None => 0,
            Self::Fixed(offset) => offset,
            Self::Named(years) => years.offset(at),
        }
    }

    /// The readings of a wall clock's second.
    pub(super) fn local(self, wall: i64) -> Local {
        match self {
            Self::None => Local { first: 0, second: 0, resumes: wall },
            Self::Fixed(offset) => Local { first: offset, second: offset, resumes: wall },
            Self::Named(years) => years.local(wall),
        }
    }
}

impl Years {
    fn offset(&self, at: i64) -> i32 {
        let (year, shift) = self.year(at);
        let mut offset = year.first;
        for transition in &year.transitions {
            if at - shift >= transition.at {
                offset = transition.after;
            }
        }
        offset
    }

    fn local(&self, wall: i64) -> Local {
        let (year, shift) = self.year(wall);
        let wall = wall - shift;
        let mut local = Local { first: year.first, second: year.first, resumes: wall + shift };
        for transition in &year.transitions {
            let (before, after) = (i64::from(transition.before), i64::from(transition.after));
            if wall >= transition.at + before.max(after) {
                local.first = transition.after;
            }
            if wall >= transition.at + before.min(after) {
                local.second = transition.after;
                local.resumes = transition.at + after + shift;
            }
        }
        local
    }

    /// The year of a second, and how far that year's twin in the table lies from it.
    fn year(&self, second: i64) -> (&Year, i64) {
        let (year, _, _) = date(second.div_euclid(DAY));
        let table = |year: i32| self.years[(year - FIRST) as usize].get_or_init(|| Year::of(self.zone, year));
        if year < FIRST {
            return (table(FIRST), i64::MAX / 4);
        }
        if year <= LAST {
            return (table(year), 0);
        }
        // The rules in force at the table's end go on: they know weekdays and lengths only, so a year with the same
        // calendar stands for this one. Where the table ends without daylight saving, so does the zone.
        let twin = (LAST - 27..=LAST).find(|twin| same_calendar(*twin, year)).unwrap_or(LAST);
        let last = table(LAST);
        if last.transitions.is_empty() {
            return (last, 0);
        }
        (table(twin), (day_number(year, 1, 1) - day_number(twin, 1, 1)) * DAY)
    }
}

fn same_calendar(one: i32, other: i32) -> bool {
    leap(one) == leap(other) && (day_number(one, 1, 1) - day_number(other, 1, 1)) % 7 == 0
}

impl Year {
    /// Looks at every day and finds the second of each change; two within a day have never been.
    fn of(zone: Tz, year: i32) -> Self {
        let offset = |second: i64| {
            let moment = DateTime::from_timestamp(second, 0).unwrap_or_default().naive_utc();
            zone.offset_from_utc_datetime(&moment).fix().local_minus_utc()
        };
        let (start, end) = (day_number(year, 1, 1) - 2, day_number(year + 1, 1, 1) + 2);
        let first = offset(start * DAY);
        let (mut transitions, mut before) = (vec![], first);
        for day in start..end {
            let (mut low, mut high) = (day * DAY, (day + 1) * DAY);
            let after = offset(high);
            if before == after {
                continue;
            }
            while high - low > 1 {
                let middle = i64::midpoint(low, high);
                if offset(middle) == after { high = middle } else { low = middle }
            }
            transitions.push(Transition { at: high, before, after });
            before = after;
        }
        Self { first, transitions }
    }
}

impl Zone {
    /// The changes of offset in one year of the wall clock, in order.
    pub(super) fn transitions(self, year: i32) -> Vec<Transition> {
        let Self::Named(years) = self else { return vec![] };
        let start = day_number(year, 1, 1) * DAY;
        let (found, shift) = years.year(start);
        let end = day_number(year + 1, 1, 1) * DAY;
        let moved = found.transitions.iter().map(|t| Transition { at: t.at + shift, ..*t });
        moved.filter(|t| (start..end).contains(&(t.at + i64::from(t.before)))).collect()
    }
}
