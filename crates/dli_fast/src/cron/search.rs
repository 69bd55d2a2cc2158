//! The next or previous minute of the wall clock that fits, by bit tricks: no loop is longer than the months passed.

use super::days::{Days, Month, date, day_number};
use super::{Direction, Schedule};

/// A minute of a wall clock, counted from 1970-01-01 00:00 of that clock.
pub(super) type Minute = i64;

const DAY: i64 = 24 * 60;

/// What Python's dates reach, and with them the search.
const YEARS: std::ops::RangeInclusive<i32> = 1..=9999;

/// The nearest minute at or after (before) `from` that fits one side of a schedule.
pub(super) fn search(schedule: &Schedule, days: &Days, from: Minute, direction: Direction) -> Option<Minute> {
    match direction {
        Direction::Next => next(schedule, days, from),
        Direction::Previous => previous(schedule, days, from),
    }
}

fn next(schedule: &Schedule, days: &Days, from: Minute) -> Option<Minute> {
    let (year, month, day) = date(from.div_euclid(DAY));
    let of_day = from.rem_euclid(DAY) as u32;
    if !YEARS.contains(&year) {
        return None;
    }
    let mut at = Month { year, month };
    if days.months >> month & 1 == 1 {
        let mask = days.mask(at) & (u32::MAX << day);
        if mask >> day & 1 == 1
            && let Some(minute) = time_after(schedule, of_day)
        {
            return Some(day_number(year, month, day) * DAY + minute);
        }
        // Two shifts: a day may be the 31st.
        let later = mask & (u32::MAX << day << 1);
        if later != 0 {
            return Some(day_number(year, month, later.trailing_zeros()) * DAY + first_time(schedule));
        }
    }
    loop {
        let rest = u32::from(days.months) & (u32::MAX << at.month << 1);
        at = if rest == 0 {
            Month { year: at.year + 1, month: u32::from(days.months).trailing_zeros() }
        } else {
            Month { month: rest.trailing_zeros(), ..at }
        };
        if too_far(at.year, year) {
            return None;
        }
        let mask = days.mask(at);
        if mask != 0 {
            return Some(day_number(at.year, at.month, mask.trailing_zeros()) * DAY + first_time(schedule));
        }
    }
}

fn previous(schedule: &Schedule, days: &Days, from: Minute) -> Option<Minute> {
    let (year, month, day) = date(from.div_euclid(DAY));
    let of_day = from.rem_euclid(DAY) as u32;
    if !YEARS.contains(&year) {
        return None;
    }
    let mut at = Month { year, month };
    if days.months >> month & 1 == 1 {
        let mask = days.mask(at);
        if mask >> day & 1 == 1
            && let Some(minute) = time_before(schedule, of_day)
        {
            return Some(day_number(year, month, day) * DAY + minute);
        }
        let earlier = mask & ((1 << day) - 1);
        if earlier != 0 {
            return Some(day_number(year, month, earlier.ilog2()) * DAY + last_time(schedule));
        }
    }
    loop {
        let rest = u32::from(days.months) & ((1 << at.month) - 1);
        at = if rest == 0 {
            Month { year: at.year - 1, month: u32::from(days.months).ilog2() }
        } else {
            Month { month: rest.ilog2(), ..at }
        };
        if too_far(at.year, year) {
            return None;
        }
        let mask = days.mask(at);
        if mask != 0 {
            return Some(day_number(at.year, at.month, mask.ilog2()) * DAY + last_time(schedule));
        }
    }
}

/// Dates that exist come round within 40 years; 50 is croniter's bound.
fn too_far(year: i32, start: i32) -> bool {
    !YEARS.contains(&year) || (year - start).abs() > 50
}

/// The first time at or after a minute of the day.
fn time_after(schedule: &Schedule, of_day: u32) -> Option<i64> {
    let (hour, minute) = (of_day / 60, of_day % 60);
    let minutes = schedule.minutes & (u64::MAX << minute);
    if schedule.hours >> hour & 1 == 1 && minutes != 0 {
        return Some(i64::from(hour * 60 + minutes.trailing_zeros()));
    }
    let hours = schedule.hours & (u32::MAX << hour << 1);
    (hours != 0).then(|| i64::from(hours.trailing_zeros() * 60 + schedule.minutes.trailing_zeros()))
}

/// The last time at or before a minute of the day.
fn time_before(schedule: &Schedule, of_day: u32) -> Option<i64> {
    let (hour, minute) = (of_day / 60, of_day % 60);
    let minutes = schedule.minutes & ((2u64 << minute) - 1);
    if schedule.hours >> hour & 1 == 1 && minutes != 0 {
        return Some(i64::from(hour * 60 + minutes.ilog2()));
    }
    let hours = schedule.hours & ((1 << hour) - 1);
    (hours != 0).then(|| i64::from(hours.ilog2() * 60 + schedule.minutes.ilog2()))
}

fn first_time(schedule: &Schedule) -> i64 {
    i64::from(schedule.hours.trailing_zeros() * 60 + schedule.minutes.trailing_zeros())
}

fn last_time(schedule: &Schedule) -> i64 {
    i64::from(schedule.hours.ilog2() * 60 + schedule.minutes.ilog2())
}
