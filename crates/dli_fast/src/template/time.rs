//! Dates and timestamps in canonical text: reading, arithmetic, formatting.

use std::fmt::Write;

use chrono::{Datelike, Duration, FixedOffset, Months, NaiveDate, NaiveDateTime, NaiveTime, Timelike};

use super::value::Kind;

/// A date or timestamp.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moment {
    /// Date and time of day, as written.
    pub local: NaiveDateTime,
    /// Whether there is a time of day, and a zone.
    pub kind: Kind,
    offset: Option<FixedOffset>,
}

/// The units of `date_add`.
const UNITS: &str = "year, quarter, month, week, day, hour, minute, second";

impl Moment {
    /// Reads `2025-01-31`, `2025-01-31 10:20`, `…:30`, `….123456`, with `T` for the blank, and `Z` or `±HH:MM[:SS]` behind it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let date = date(text.get(..10)?)?;
        let rest = &text[10..];
        if rest.is_empty() {
            return Some(Self { local: date.and_time(NaiveTime::MIN), kind: Kind::Date, offset: None });
        }
        let rest = rest.strip_prefix([' ', 'T'])?;
        let zone = rest.find(['+', '-', 'Z']).unwrap_or(rest.len());
        let local = date.and_time(time(rest[..zone].trim_end())?);
        Some(match &rest[zone..] {
            "" => Self { local, kind: Kind::Timestamp, offset: None },
            zone => Self { local, kind: Kind::ZonedTimestamp, offset: Some(offset(zone)?) },
        })
    }

    /// The instant, for comparing zoned timestamps.
    #[must_use]
    pub fn instant(&self) -> Option<NaiveDateTime> {
        self.offset.and_then(|offset| self.local.checked_sub_offset(offset))
    }

    /// `count` units later; the day is clamped to the month's last. Hours make a timestamp of a date.
    pub fn add(self, count: i64, unit: &str) -> Result<Self, String> {
        let out_of_range = || "date_add: the result is outside of the years 1 to 9999".to_string();
        let months = |per: i64| {
            let months = count.checked_mul(per)?;
            let size = Months::new(u32::try_from(months.unsigned_abs()).ok()?);
            if months < 0 { self.local.checked_sub_months(size) } else { self.local.checked_add_months(size) }
        };
        let seconds = |per: i64| self.local.checked_add_signed(Duration::try_seconds(count.checked_mul(per)?)?);
        let singular = unit.strip_suffix('s').unwrap_or(unit);
        let local = match singular.to_ascii_lowercase().as_str() {
            "year" => months(12),
            "quarter" => months(3),
            "month" => months(1),
            "week" => seconds(7 * 86_400),
            "day" => seconds(86_400),
            "hour" => seconds(3_600),
            "minute" => seconds(60),
            "second" => seconds(1),
            _ => return Err(format!("date_add: unknown unit; there are {UNITS}")),
        };
        let local = local.filter(|local| (1..=9999).contains(&local.year())).ok_or_else(out_of_range)?;
        let finer = matches!(singular.to_ascii_lowercase().as_str(), "hour" | "minute" | "second");
        let kind = if finer && self.kind == Kind::Date { Kind::Timestamp } else { self.kind };
        Ok(Self { local, kind, ..self })
    }

    /// The canonical text.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = format!("{:04}-{:02}-{:02}", self.local.year(), self.local.month(), self.local.day());
        if self.kind != Kind::Date {
            let time = self.local.time();
            let _ = write!(out, " {:02}:{:02}:{:02}", time.hour(), time.minute(), time.second());
            let micros = time.nanosecond() / 1000;
            if micros > 0 {
                let _ = write!(out, ".{micros:06}");
            }
        }
        if let Some(offset) = self.offset {
            out.push_str(&offset_text(offset, ":"));
        }
        out
    }

    /// Formats with the codes of C's strftime that do not depend on a language, and English names.
    pub fn format(&self, pattern: &str) -> Result<String, String> {
        let mut out = String::with_capacity(pattern.len() + 8);
        let mut chars = pattern.chars();
        while let Some(c) = chars.next() {
            if c == '%' {
                let code = chars.next().ok_or("strftime: the format ends with `%`")?;
                self.code(code, &mut out)?;
            } else {
                out.push(c);
            }
        }
        Ok(out)
    }

    fn code(&self, code: char, out: &mut String) -> Result<(), String> {
        let (date, time) = (self.local.date(), self.local.time());
        let monday = date.weekday().num_days_from_monday() as usize;
        let twelve = (time.hour() + 11) % 12 + 1;
        let result = match code {
            'Y' => write!(out, "{:04}", date.year()),
            'y' => write!(out, "{:02}", date.year() % 100),
            'm' => write!(out, "{:02}", date.month()),
            'd' => write!(out, "{:02}", date.day()),
            'H' => write!(out, "{:02}", time.hour()),
            'I' => write!(out, "{twelve:02}"),
            'M' => write!(out, "{:02}", time.minute()),
            'S' => write!(out, "{:02}", time.second()),
            'f' => write!(out, "{:06}", time.nanosecond() / 1000),
            'j' => write!(out, "{:03}", date.ordinal()),
            'p' => out.write_str(if time.hour() < 12 { "AM" } else { "PM" }),
            'u' => write!(out, "{}", monday + 1),
            'w' => write!(out, "{}", (monday + 1) % 7),
            'U' => write!(out, "{:02}", (date.ordinal0() + 7 - date.weekday().num_days_from_sunday()) / 7),
            'W' => write!(out, "{:02}", (date.ordinal0() + 7 - monday as u32) / 7),
            'G' => write!(out, "{:04}", date.iso_week().year()),
            'V' => write!(out, "{:02}", date.iso_week().week()),
            'A' => out.write_str(WEEKDAYS[monday]),
            'a' => out.write_str(&WEEKDAYS[monday][..3]),
            'B' => out.write_str(MONTHS[date.month0() as usize]),
            'b' => out.write_str(&MONTHS[date.month0() as usize][..3]),
            'F' => write!(out, "{:04}-{:02}-{:02}", date.year(), date.month(), date.day()),
            'T' => write!(out, "{:02}:{:02}:{:02}", time.hour(), time.minute(), time.second()),
            'z' => out.write_str(&self.offset.map_or_else(String::new, |offset| offset_text(offset, ""))),
            '%' => out.write_char('%'),
            other => return Err(format!("strftime: the code `%{other}` is not known here")),
        };
        result.map_err(|error| error.to_string())
    }
}

const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// `text` in the canonical form, if it is a date or a timestamp.
#[must_use]
pub fn canonical(text: &str) -> Option<String> {
    Moment::parse(text).map(|moment| moment.text())
}

fn number<T: std::str::FromStr>(text: &str) -> Option<T> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

fn date(text: &str) -> Option<NaiveDate> {
    let bytes = text.as_bytes();
    if bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    NaiveDate::from_ymd_opt(number(text.get(..4)?)?, number(text.get(5..7)?)?, number(text.get(8..)?)?)
}

fn time(text: &str) -> Option<NaiveTime> {
    let (clock, fraction) = text.split_once('.').map_or((text, None), |(clock, fraction)| (clock, Some(fraction)));
    let mut parts = clock.split(':');
    let (hour, minute) = (two_digits(parts.next()?)?, two_digits(parts.next()?)?);
    let second = parts.next().map_or(Some(0), two_digits)?;
    let micros = match fraction {
        None => 0,
        Some(digits) if (1..=6).contains(&digits.len()) => number::<u32>(&format!("{digits:0<6}"))?,
        Some(_) => return None,
    };
    if parts.next().is_some() {
        return None;
    }
    NaiveTime::from_hms_micro_opt(hour, minute, second, micros)
}

fn two_digits(text: &str) -> Option<u32> {
    if text.len() == 2 { number(text) } else { None }
}

fn offset(text: &str) -> Option<FixedOffset> {
    if text == "Z" {
        return FixedOffset::east_opt(0);
    }
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let digits: String = text[1..].chars().filter(|c| *c != ':').collect();
    let at = |from: usize| digits.get(from..from + 2).map_or(Some(0), number::<i32>);
    if !matches!(digits.len(), 2 | 4 | 6) {
        return None;
    }
    FixedOffset::east_opt(sign * (at(0)? * 3600 + at(2)? * 60 + at(4)?))
}

fn offset_text(offset: FixedOffset, colon: &str) -> String {
    let seconds = offset.local_minus_utc();
    let sign = if seconds < 0 { '-' } else { '+' };
    let minutes = seconds.abs() / 60;
    format!("{sign}{:02}{colon}{:02}", minutes / 60, minutes % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(text: &str, count: i64, unit: &str) -> String {
        Moment::parse(text).map_or_else(|| "unread".into(), |m| m.add(count, unit).map_or_else(|e| e, |m| m.text()))
    }

    #[test]
    fn months_clamp_to_the_end_of_the_month() {
        assert_eq!(add("2025-01-31", 1, "month"), "2025-02-28");
        assert_eq!(add("2024-01-31", 1, "months"), "2024-02-29");
        assert_eq!(add("2024-02-29", 1, "year"), "2025-02-28");
        assert_eq!(add("2025-03-31", -1, "month"), "2025-02-28");
        assert_eq!(add("2025-11-30", 1, "quarter"), "2026-02-28");
    }

    #[test]
    fn hours_make_a_timestamp_of_a_date() {
        assert_eq!(add("2025-01-01", 25, "hour"), "2025-01-02 01:00:00");
        assert_eq!(add("2025-01-01", 1, "week"), "2025-01-08");
        assert_eq!(add("2025-01-01 10:00:00.5+09:00", -1, "day"), "2024-12-31 10:00:00.500000+09:00");
    }

    #[test]
    fn the_calendar_ends_with_an_error() {
        assert!(add("9999-12-31", 1, "day").contains("outside"));
        assert!(add("2025-01-01", i64::MAX, "year").contains("outside"));
        assert!(add("2025-01-01", i64::MIN, "day").contains("outside"));
        assert!(add("2025-01-01", 1, "fortnight").contains("unknown unit"));
    }

    #[test]
    fn only_dates_are_dates() {
        for text in [
            "",
            "2025",
            "2025-02-30",
            "2025-1-01",
            "x025-01-01",
            "2025-01-01x",
            "2025-01-01 1:00",
            "2025-01-01 10:00:00.1234567",
            "日本語日本",
        ] {
            assert_eq!(Moment::parse(text), None, "{text}");
        }
    }

    #[test]
    fn equal_instants_in_two_zones_are_equal() {
        let instant = |text| Moment::parse(text).and_then(|moment| moment.instant());
        assert_eq!(instant("2025-01-01 09:00:00+09:00"), instant("2025-01-01T00:00:00Z"));
    }

    #[test]
    fn strftime_codes_match_the_calendar() {
        let format = |text: &str, pattern| Moment::parse(text).map(|moment| moment.format(pattern));
        assert_eq!(format("2025-03-09", "%Y%m"), Some(Ok("202503".into())));
        assert_eq!(
            format("2024-12-30 15:04:05", "%G-W%V-%u %j %I%p %a %b %%"),
            Some(Ok("2025-W01-1 365 03PM Mon Dec %".into()))
        );
        assert!(matches!(format("2025-03-09", "%Q"), Some(Err(_))));
    }
}
