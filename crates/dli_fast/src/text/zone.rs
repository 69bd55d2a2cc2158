//! Time zones of timestamps: UTC, fixed offsets, names of the tz database.

use super::{TextError, TextResult};
use chrono::{DateTime, Offset, TimeZone};
use std::io::Write;

/// Where a timestamp's local time is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zone {
    /// Printed as `Z`.
    Utc,
    /// Seconds east of UTC, never 0.
    Fixed(i32),
    /// A zone of the tz database.
    Named(chrono_tz::Tz),
}

impl Zone {
    /// `UTC` and its aliases, `±HH:MM[:SS]`, `±HHMM`, `±HH`, or a name of the tz database.
    pub fn parse(name: &str) -> TextResult<Self> {
        if is_utc(name) {
            return Ok(Self::Utc);
        }
        if name.starts_with(['+', '-']) {
            return match fixed(name) {
                Some(0) => Ok(Self::Utc),
                Some(seconds) => Ok(Self::Fixed(seconds)),
                None => Err(TextError::new(format!("unknown time zone {name:?}"))),
            };
        }
        name.parse().map(Self::Named).map_err(|_| TextError::new(format!("unknown time zone {name:?}")))
    }

    /// Seconds east of UTC at a moment given in seconds since 1970 UTC.
    pub fn offset(&self, seconds: i64) -> TextResult<i32> {
        match self {
            Self::Utc => Ok(0),
            Self::Fixed(offset) => Ok(*offset),
            Self::Named(zone) => {
                let moment = DateTime::from_timestamp(seconds, 0)
                    .ok_or_else(|| TextError::new("a timestamp out of the range of its time zone"))?;
                Ok(zone.offset_from_utc_datetime(&moment.naive_utc()).fix().local_minus_utc())
            }
        }
    }

    /// `Z` for UTC; else `±HH:MM`, with `:SS` where the offset has seconds (local mean times before 1900).
    pub fn put_offset(&self, offset: i32, out: &mut Vec<u8>) {
        if *self == Self::Utc {
            out.push(b'Z');
            return;
        }
        let sign = if offset < 0 { '-' } else { '+' };
        let offset = offset.unsigned_abs();
        write!(out, "{sign}{:02}:{:02}", offset / 3_600, offset / 60 % 60).expect("a Vec accepts every write");
        if !offset.is_multiple_of(60) {
            write!(out, ":{:02}", offset % 60).expect("a Vec accepts every write");
        }
    }
}

fn is_utc(name: &str) -> bool {
    let name = name.strip_prefix("Etc/").unwrap_or(name);
    ["UTC", "Z", "UCT", "Universal", "Zulu"].iter().any(|alias| name.eq_ignore_ascii_case(alias))
}

fn fixed(name: &str) -> Option<i32> {
    let (sign, rest) = name.split_at(1);
    let digits: String = if rest.contains(':') {
        let parts: Vec<&str> = rest.split(':').collect();
        if parts.len() > 3 || parts.iter().any(|part| part.len() != 2) {
            return None;
        }
        parts.concat()
    } else {
        rest.to_string()
    };
    if !matches!(digits.len(), 2 | 4 | 6) || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let two = |at: usize| digits.get(at..at + 2).map_or(Some(0), |part| part.parse::<i32>().ok());
    let (hours, minutes, seconds) = (two(0)?, two(2)?, two(4)?);
    if hours > 23 || minutes > 59 || seconds > 59 {
        return None;
    }
    let offset = hours * 3_600 + minutes * 60 + seconds;
    Some(if sign == "-" { -offset } else { offset })
}
