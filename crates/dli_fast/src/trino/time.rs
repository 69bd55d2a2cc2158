//! Trino's texts of days, times and instants → numbers, exactly.
//!
//! `-0001-02-03`, `+10000-01-01`, `10:20:30.123456789`, `2025-01-31 10:20:30.123 Asia/Seoul`

use arrow_schema::TimeUnit;
use chrono::{LocalResult, NaiveDate, NaiveDateTime, Offset, TimeZone};
use chrono_tz::Tz;
use std::str::FromStr;

type Result<T> = std::result::Result<T, String>;

const DAY: i64 = 86_400;

/// Units in a second.
pub fn per_second(unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Second => 1,
        TimeUnit::Millisecond => 1_000,
        TimeUnit::Microsecond => 1_000_000,
        TimeUnit::Nanosecond => 1_000_000_000,
    }
}

/// Days since 1970-01-01.
pub fn date(text: &str) -> Result<i32> {
    i32::try_from(day(text)?).map_err(|_| format!("the day {text} is out of range"))
}

/// Units since midnight.
pub fn time(text: &str, unit: TimeUnit) -> Result<i64> {
    let (seconds, fraction) = clock(text, unit)?;
    Ok(seconds * per_second(unit) + fraction)
}

/// Units since 1970-01-01 00:00.
pub fn timestamp(text: &str, unit: TimeUnit) -> Result<i64> {
    let (days, seconds, fraction) = local(text, unit)?;
    units(days * DAY + seconds, fraction, unit).ok_or_else(|| out_of_range(text, unit))
}

/// The instant, in units since 1970-01-01 00:00 UTC. Of two instants with one text, at the end of summer time, the
/// earlier one: Trino does not say which.
pub fn instant(text: &str, unit: TimeUnit) -> Result<i64> {
    let (moment, zone) = text.rsplit_once(' ').ok_or_else(|| format!("{text:?} names no time zone"))?;
    let (days, seconds, fraction) = local(moment, unit)?;
    let wall = days * DAY + seconds;
    let offset = offset(zone, wall).ok_or_else(|| format!("the time zone {zone:?} is not known"))?;
    units(wall - offset, fraction, unit).ok_or_else(|| out_of_range(text, unit))
}

fn units(seconds: i64, fraction: i64, unit: TimeUnit) -> Option<i64> {
    // In 128 bits: the first moments of the range are reached by way of a second before it.
    let found = i128::from(seconds) * i128::from(per_second(unit)) + i128::from(fraction);
    i64::try_from(found).ok()
}

fn out_of_range(text: &str, unit: TimeUnit) -> String {
    format!("{text} is out of the range of 64 bits of {unit:?}s")
}

fn local(text: &str, unit: TimeUnit) -> Result<(i64, i64, i64)> {
    let (date, time) = text.split_once(' ').ok_or_else(|| format!("{text:?} is no timestamp"))?;
    let (seconds, fraction) = clock(time, unit)?;
    Ok((day(date)?, seconds, fraction))
}

fn day(text: &str) -> Result<i64> {
    match text.as_bytes() {
        // Years of four digits, as nearly all are.
        [y @ .., b'-', m1, m2, b'-', d1, d2] if y.len() == 4 && y[0] != b'-' && y[0] != b'+' => {
            let year = number(&text[..4]);
            let two = |tens: u8, ones: u8| {
                let fit = tens.is_ascii_digit() && ones.is_ascii_digit();
                fit.then(|| i64::from(tens - b'0') * 10 + i64::from(ones - b'0'))
            };
            if let (Some(year), Some(month), Some(day)) = (year, two(*m1, *m2), two(*d1, *d2)) {
                return civil(year, month, day).ok_or_else(|| format!("{text:?} is no date"));
            }
        }
        _ => {}
    }
    let bad = || format!("{text:?} is no date");
    let (sign, digits) = match text.as_bytes().first() {
        Some(b'-') => (-1, &text[1..]),
        Some(b'+') => (1, &text[1..]),
        _ => (1, text),
    };
    let mut parts = digits.split('-');
    let mut next = |least: usize, most: usize| {
        let part = parts.next().filter(|part| (least..=most).contains(&part.len())).ok_or_else(bad)?;
        number(part).ok_or_else(bad)
    };
    let (year, month, day) = (sign * next(4, 9)?, next(2, 2)?, next(2, 2)?);
    if parts.next().is_some() {
        return Err(bad());
    }
    civil(year, month, day).ok_or_else(bad)
}

/// Days from the civil date, in eras of 400 years that begin in March; None where there is no such day.
fn civil(year: i64, month: i64, day: i64) -> Option<i64> {
    let lengths = [31, if leap(year) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    if !(1..=12).contains(&month) || !(1..=lengths[(month - 1) as usize]).contains(&day) {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
}

fn leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Seconds since midnight, and the rest in units. Digits beyond the unit must be none.
fn clock(text: &str, unit: TimeUnit) -> Result<(i64, i64)> {
    let bad = || format!("{text:?} is no time of day");
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let bytes = whole.as_bytes();
    if bytes.len() != 8 || bytes[2] != b':' || bytes[5] != b':' {
        return Err(bad());
    }
    let part = |at: usize| whole.get(at..at + 2).and_then(number).ok_or_else(bad);
    let (hours, minutes, seconds) = (part(0)?, part(3)?, part(6)?);
    if hours > 23 || minutes > 59 || seconds > 59 || fraction.len() > 12 || (fraction.is_empty() && text.len() > 8) {
        return Err(bad());
    }
    if !fraction.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err(bad());
    }
    let digits = per_second(unit).ilog10() as usize;
    let (kept, rest) = fraction.split_at(fraction.len().min(digits));
    if rest.bytes().any(|digit| digit != b'0') {
        return Err(format!("{text} is finer than {unit:?}s"));
    }
    let kept_value = if kept.is_empty() { 0 } else { number(kept).ok_or_else(bad)? };
    let fraction = kept_value * 10_i64.pow((digits - kept.len()) as u32);
    Ok((hours * 3600 + minutes * 60 + seconds, fraction))
}

#[inline]
fn number(text: &str) -> Option<i64> {
    text.bytes().try_fold(0_i64, |found, digit| digit.is_ascii_digit().then(|| found * 10 + i64::from(digit - b'0')))
}

/// Seconds east of Greenwich at this wall clock time.
fn offset(zone: &str, wall: i64) -> Option<i64> {
    if zone == "UTC" || zone == "Z" {
        return Some(0);
    }
    if let Some((sign, rest)) =
        zone.strip_prefix('+').map(|rest| (1, rest)).or(zone.strip_prefix('-').map(|rest| (-1, rest)))
    {
        let (hours, minutes) = rest.split_once(':')?;
        return Some(sign * (number(hours)? * 3600 + number(minutes)? * 60));
    }
    let zone = Tz::from_str(zone).ok()?;
    let local: NaiveDateTime = NaiveDate::from_ymd_opt(1970, 1, 1)?
        .and_hms_opt(0, 0, 0)?
        .checked_add_signed(chrono::TimeDelta::try_seconds(wall)?)?;
    let found = match zone.offset_from_local_datetime(&local) {
        LocalResult::Single(found) | LocalResult::Ambiguous(found, _) => found,
        // In the gap at the beginning of summer time: no clock showed it, and Trino does not send it.
        LocalResult::None => return None,
    };
    Some(i64::from(found.fix().local_minus_utc()))
}
