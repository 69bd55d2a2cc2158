//! Dates, times, timestamps, durations and intervals as ISO 8601.
//!
//! ```text
//! unit value ─▶ floor to days + rest ─▶ civil date (proleptic Gregorian, year 0 exists) ─▶ text
//! ```
//!
//! Digits after the second are those of the unit. Years outside 0..=9999 carry a sign.

use super::zone::Zone;
use super::{TextError, TextResult};
use arrow_schema::TimeUnit;
use std::io::Write;

/// Seconds in a day.
pub const DAY: i64 = 86_400;

/// Units a second, and digits after it.
#[must_use]
pub fn per_second(unit: TimeUnit) -> (i64, usize) {
    match unit {
        TimeUnit::Second => (1, 0),
        TimeUnit::Millisecond => (1_000, 3),
        TimeUnit::Microsecond => (1_000_000, 6),
        TimeUnit::Nanosecond => (1_000_000_000, 9),
    }
}

/// Year, month, day of a day counted from 1970-01-01, for any day of an i32 and some beyond.
#[must_use]
pub fn civil(days: i64) -> (i64, u32, u32) {
    // Hinnant's algorithm: eras of 400 years that start on March 1.
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = (doy - (153 * mp + 2) / 5 + 1) as u32;
    let month = if mp < 10 { mp + 3 } else { mp - 9 } as u32;
    (yoe + era * 400 + i64::from(month <= 2), month, day)
}

/// Engines use the ends of the range for ±infinity; they are no dates.
fn checked_days(days: i64) -> TextResult<i64> {
    if days <= -i64::from(i32::MAX) - 2 || days >= i64::from(i32::MAX) || days == -i64::from(i32::MAX) {
        return Err(TextError::new("a date out of range or infinite has no form"));
    }
    Ok(days)
}

fn put_date(days: i64, out: &mut Vec<u8>) {
    let (year, month, day) = civil(days);
    let sign = match year {
        10_000.. => "+",
        ..=-1 => "-",
        _ => "",
    };
    write!(out, "{sign}{:04}-{month:02}-{day:02}", year.unsigned_abs()).expect("a Vec accepts every write");
}

fn put_clock(seconds: i64, fraction: i64, digits: usize, out: &mut Vec<u8>) {
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    write!(out, "{hour:02}:{minute:02}:{second:02}").expect("a Vec accepts every write");
    put_fraction(fraction, digits, out);
}

fn put_fraction(fraction: i64, digits: usize, out: &mut Vec<u8>) {
    if digits > 0 {
        write!(out, ".{fraction:0digits$}").expect("a Vec accepts every write");
    }
}

/// Days since 1970-01-01.
pub fn date32(days: i32, out: &mut Vec<u8>) -> TextResult {
    put_date(checked_days(i64::from(days))?, out);
    Ok(())
}

/// Milliseconds since 1970-01-01; the day they fall on.
pub fn date64(millis: i64, out: &mut Vec<u8>) -> TextResult {
    put_date(checked_days(millis.div_euclid(DAY * 1_000))?, out);
    Ok(())
}

/// Units since midnight, up to and including 24:00.
pub fn time_of_day(value: i64, unit: TimeUnit, out: &mut Vec<u8>) -> TextResult {
    let (per, digits) = per_second(unit);
    if !(0..=DAY * per).contains(&value) {
        return Err(TextError::new("a time of day outside 00:00 to 24:00 has no form"));
    }
    put_clock(value / per, value % per, digits, out);
    Ok(())
}

/// Units since 1970-01-01T00:00:00 (of UTC when there is a zone): local time, then `Z` or the zone's offset.
pub fn timestamp(value: i64, unit: TimeUnit, zone: Option<&Zone>, out: &mut Vec<u8>) -> TextResult {
    if value == i64::MAX || value <= -i64::MAX {
        return Err(TextError::new("an infinite timestamp has no form"));
    }
    let (per, digits) = per_second(unit);
    let (seconds, fraction) = (value.div_euclid(per), value.rem_euclid(per));
    let offset = zone.map_or(Ok(0), |zone| zone.offset(seconds))?;
    let local = seconds.checked_add(i64::from(offset)).ok_or_else(|| TextError::new("a timestamp out of range"))?;
    put_date(checked_days(local.div_euclid(DAY))?, out);
    out.push(b'T');
    put_clock(local.rem_euclid(DAY), fraction, digits, out);
    if let Some(zone) = zone {
        zone.put_offset(offset, out);
    }
    Ok(())
}

/// A length of time: `PT` seconds with the unit's digits `S`, the sign in front.
pub fn duration(value: i64, unit: TimeUnit, out: &mut Vec<u8>) {
    let (per, digits) = per_second(unit);
    let magnitude = value.unsigned_abs();
    let sign = if value < 0 { "-" } else { "" };
    write!(out, "{sign}PT{}", magnitude / per as u64).expect("a Vec accepts every write");
    put_fraction((magnitude % per as u64) as i64, digits, out);
    out.push(b'S');
}

/// A calendar interval: `P[n]Y[n]M[n]DT[n]H[n]M[n]S`, each part with its own sign, zero parts left out; `PT0S` for none.
pub fn interval(months: i32, days: i32, rest: i64, unit: TimeUnit, out: &mut Vec<u8>) {
    let start = out.len();
    out.push(b'P');
    put_part(i64::from(months / 12), 'Y', out);
    put_part(i64::from(months % 12), 'M', out);
    put_part(i64::from(days), 'D', out);
    if rest != 0 {
        out.push(b'T');
        let (per, digits) = per_second(unit);
        put_part(rest / (per * 3_600), 'H', out);
        put_part(rest / (per * 60) % 60, 'M', out);
        let seconds = rest % (per * 60);
        if seconds != 0 {
            let sign = if seconds < 0 { "-" } else { "" };
            let seconds = seconds.unsigned_abs();
            write!(out, "{sign}{}", seconds / per as u64).expect("a Vec accepts every write");
            put_fraction((seconds % per as u64) as i64, digits, out);
            out.push(b'S');
        }
    }
    if out.len() == start + 1 {
        out.extend_from_slice(b"T0S");
    }
}

fn put_part(value: i64, name: char, out: &mut Vec<u8>) {
    if value != 0 {
        write!(out, "{value}{name}").expect("a Vec accepts every write");
    }
}
