//! Five fields or a name → `Schedule`; what is random or can never fire is refused here.

use super::days::{Days, Weekdays};
use super::field::{self, Field, Set};
use super::{CronError, ErrorKind};

/// A checked expression: what each field allows, as bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// Bit m: minute m.
    pub(super) minutes: u64,
    /// Bit h: hour h.
    pub(super) hours: u32,
    /// Every hour of the day: such a schedule follows the clock's changes by itself.
    pub(super) every_hour: bool,
    /// The days. Two when both a day of month and a day of week are given: either may fit.
    pub(super) days: [Option<Days>; 2],
}

/// The names, and what they stand for. `@quarterly` is Airflow's own, which knows it in lower case only.
const NAMES: [(&str, &str); 7] = [
    ("@daily", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
    ("@weekly", "0 0 * * 0"),
    ("@monthly", "0 0 1 * *"),
    ("@midnight", "0 0 * * *"),
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
];

impl Schedule {
    /// Check an expression.
    pub fn parse(text: &str) -> Result<Self, CronError> {
        let fields = if text.starts_with('@') { named(text)? } else { text };
        parse_fields(fields).map_err(|mut error| {
            // Bytes so far; characters for the reader, who may have typed anything.
            error.position = fields.as_bytes()[..error.position].iter().filter(|byte| (**byte as i8) >= -0x40).count();
            error
        })
    }
}

fn named(text: &str) -> Result<&'static str, CronError> {
    if let Some((_, fields)) = NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)) {
        return Ok(fields);
    }
    if text == "@quarterly" {
        return Ok("0 0 1 */3 *");
    }
    let names: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
    let message = format!("the names are {} and @quarterly", names.join(", "));
    Err(CronError { kind: ErrorKind::Syntax, message, position: 0 })
}

fn parse_fields(text: &str) -> Result<Schedule, CronError> {
    let fields = split(text.as_bytes())?;
    let mut sets = [Set::default(); 5];
    for ((set, field), (start, end)) in sets.iter_mut().zip(Field::ALL).zip(fields) {
        *set = field::parse(field, &text.as_bytes()[start..end], start)?;
    }
    let [minute, hour, day, month, weekday] = sets;
    let schedule = Schedule {
        minutes: if minute.star { (1 << 60) - 1 } else { minute.bits },
        hours: if hour.star { (1 << 24) - 1 } else { hour.bits as u32 },
        every_hour: hour.star || hour.len() == 24,
        days: days(day, weekday, month, [fields[2], fields[4]].map(|(start, end)| &text.as_bytes()[start..end]))
            .map_err(|message| CronError { kind: ErrorKind::Syntax, message, position: fields[4].0 })?,
    };
    if !schedule.fires(&weekday, &day) {
        let message = "no date fits: this day does not exist in these months".into();
        return Err(CronError { kind: ErrorKind::Never, message, position: fields[2].0 });
    }
    Ok(schedule)
}

/// Start and end of the five fields.
fn split(text: &[u8]) -> Result<[(usize, usize); 5], CronError> {
    let mut fields = [(0, 0); 5];
    let (mut count, mut at) = (0, 0);
    while at < text.len() {
        match text[at] {
            b' ' | b'\t' => at += 1,
            b'\n' | b'\r' | 0x0b | 0x0c => {
                let message = "a line break does not belong into an expression".into();
                return Err(CronError { kind: ErrorKind::Syntax, message, position: at });
            }
            _ => {
                let end = text[at..].iter().position(|byte| matches!(byte, b'\t'..=b'\r' | b' '));
                let end = end.map_or(text.len(), |length| at + length);
                if count == 5 {
                    let message = "an expression has five fields; seconds and years are not among them".into();
                    return Err(CronError { kind: ErrorKind::Fields, message, position: at });
                }
                fields[count] = (at, end);
                count += 1;
                at = end;
            }
        }
    }
    if count < 5 {
        let message = format!("an expression has five fields (minute, hour, day, month, weekday), this one {count}");
        return Err(CronError { kind: ErrorKind::Fields, message, position: text.len() });
    }
    Ok(fields)
}

/// What the three day fields allow together.
fn days(day: Set, weekday: Set, month: Set, [day_text, weekday_text]: [&[u8]; 2]) -> Result<[Option<Days>; 2], String> {
    // A full list counts as `*`, except beside a field without any `*`.
    let day_star = day.star || (day.len() == 31 && weekday_text.contains(&b'*'));
    let weekday_star = weekday.star || (weekday.len() == 7 && day_text.contains(&b'*'));
    if weekday.has_nth() && weekday.len() != 7 {
        let plain = (0..7).any(|at| weekday.bits >> at & 1 == 1 && weekday.nth[at] == 0);
        if plain {
            return Err("day of week: `#` and `l` forms do not mix with plain days".into());
        }
    }
    let months = if month.star { 0x1ffe } else { month.bits as u16 };
    let nth = weekday.has_nth().then_some(Weekdays::Nth(weekday.nth));
    let by_date = Days {
        months,
        dates: if day_star { u32::MAX } else { day.bits as u32 },
        last: day.last && !day_star,
        nearest: day.nearest,
        weekdays: nth.unwrap_or(Weekdays::Any),
    };
    let weekdays = if weekday_star { Weekdays::Any } else { Weekdays::These(weekday.bits as u8) };
    let weekdays = nth.unwrap_or(weekdays);
    if day_star || weekday_star {
        return Ok([Some(Days { weekdays, ..by_date }), None]);
    }
    Ok([Some(by_date), Some(Days { dates: u32::MAX, last: false, weekdays, ..by_date })])
}

impl Schedule {
    /// Is there any date at all? Of two sides one is enough, unless `#` or `w` binds them together.
    fn fires(&self, weekday: &Set, day: &Set) -> bool {
        let mut sides = self.days.iter().flatten();
        if weekday.has_nth() || day.nearest.is_some() { sides.all(Days::exist) } else { sides.any(Days::exist) }
    }
}
