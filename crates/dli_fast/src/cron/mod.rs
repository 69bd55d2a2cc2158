//! Cron: five fields or an `@name` → bit sets → the fire times of a time zone, as croniter gives them.
//!
//! ```text
//! text → parse (fields.rs: one field → numbers; parse.rs: five → Schedule, refusals) → Schedule
//! moment + zone → wall clock → days.rs (which days of a month) → search.rs (next minute) → fire.rs (daylight saving) → moment
//! ```
//!
//! What counts is what Airflow's scheduler does, so the rules, the odd ones included, are croniter's: `7-7` is every
//! weekday, a day of month beside a day of week is a union, and a fire time in the hour that a clock skips moves behind
//! it. Refused beyond that are expressions that are random or never fire, other fields than five, and line breaks.

mod days;
mod field;
mod fire;
mod parse;
mod search;
mod surprise;
mod zone;

pub use fire::{Fire, Moment};
pub use parse::Schedule;
pub use surprise::{Surprise, SurpriseKind};
pub use zone::Zone;

/// Looking for a time before or after the given one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The next fire time.
    Next,
    /// The previous one.
    Previous,
}

/// Why an expression is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// Not five fields (and not a name).
    Fields,
    /// An entry that is no number, range, step or name.
    Syntax,
    /// A number out of the field's range.
    Range,
    /// `H` or `R`: hashed or random.
    Random,
    /// Well-formed, but no date fits.
    Never,
}

impl ErrorKind {
    /// The kind's name in Python.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Fields => "fields",
            Self::Syntax => "syntax",
            Self::Range => "range",
            Self::Random => "random",
            Self::Never => "never",
        }
    }
}

/// A refused expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CronError {
    /// The rule it broke.
    pub kind: ErrorKind,
    /// One sentence for a human, without the place.
    pub message: String,
    /// Where in the text, in characters from 0.
    pub position: usize,
}

/// Microseconds since 1970 of a wall clock's date and time.
#[must_use]
pub fn wall(date: (i32, u32, u32), time: (u32, u32, u32), micros: u32) -> i64 {
    let (year, month, day) = date;
    let (hour, minute, second) = time;
    let seconds = days::day_number(year, month, day) * 86_400 + i64::from(hour * 3_600 + minute * 60 + second);
    seconds * 1_000_000 + i64::from(micros)
}

/// Date, hour and minute of a wall clock's minute since 1970.
#[must_use]
pub fn civil(minute: i64) -> ((i32, u32, u32), u32, u32) {
    let of_day = minute.rem_euclid(1_440) as u32;
    (days::date(minute.div_euclid(1_440)), of_day / 60, of_day % 60)
}
