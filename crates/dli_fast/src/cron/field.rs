//! One field: `5`, `1-5`, `*/15`, `mon-fri/2`, `3#2`, `l5`, `15w`, and lists of these → a set of numbers.
//!
//! Every entry is a number, a range or `*`; the last and nth forms belong to the day fields only.

use super::{CronError, ErrorKind};

/// Which field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Minute,
    Hour,
    Day,
    Month,
    Weekday,
}

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

impl Field {
    pub(super) const ALL: [Self; 5] = [Self::Minute, Self::Hour, Self::Day, Self::Month, Self::Weekday];

    /// Smallest and greatest value.
    fn bounds(self) -> (u64, u64) {
        match self {
            Self::Minute => (0, 59),
            Self::Hour => (0, 23),
            Self::Day => (1, 31),
            Self::Month => (1, 12),
            Self::Weekday => (0, 6),
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day of month",
            Self::Month => "month",
            Self::Weekday => "day of week",
        }
    }

    /// The number of a month's or a weekday's name.
    fn named(self, text: &[u8]) -> Option<u64> {
        let (names, first): (&[&str], u64) = match self {
            Self::Month => (&MONTHS, 1),
            Self::Weekday => (&WEEKDAYS, 0),
            _ => return None,
        };
        names.iter().position(|name| name.as_bytes().eq_ignore_ascii_case(text)).map(|at| at as u64 + first)
    }
}

/// What one field allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Set {
    /// The numbers, one bit each.
    pub bits: u64,
    /// `*` stands in it.
    pub star: bool,
    /// `l`: the last day of the month.
    pub last: bool,
    /// `15w`: the working day nearest to this day.
    pub nearest: Option<u8>,
    /// `3#2`, `l5`: per weekday, bit n for the nth of the month, bit 0 for the last.
    pub nth: [u8; 7],
}

impl Set {
    /// How many elements the field's list has, `*` and `l` included.
    pub(super) fn len(&self) -> u32 {
        self.bits.count_ones() + u32::from(self.star) + u32::from(self.last)
    }

    pub(super) fn has_nth(&self) -> bool {
        self.nth != [0; 7]
    }
}

/// A number no range reaches: longer ones are cut to it, so that `*/99999999999999999999` is a step like any other.
const HUGE: u64 = 1 << 40;

/// Digits of the longest number that Python, and so croniter, converts.
const MAX_DIGITS: usize = 4300;

struct Reader<'a> {
    field: Field,
    /// Where the field starts in the expression.
    start: usize,
    text: &'a [u8],
}

pub(super) fn parse(field: Field, text: &[u8], start: usize) -> Result<Set, CronError> {
    let reader = Reader { field, start, text };
    if matches!(text[0], b'h' | b'H' | b'r' | b'R') && reader.is_hashed() {
        let message = format!("`{}` is a hashed or random time; write the number", reader.shown(text));
        return Err(CronError { kind: ErrorKind::Random, message, position: start });
    }
    if text == b"?" && matches!(field, Field::Day | Field::Weekday) {
        return Ok(Set { star: true, ..Set::default() });
    }
    if let Some(at) = memchr::memchr(b'?', text) {
        return Err(reader.error(ErrorKind::Syntax, at, "`?` stands alone, as day of month or day of week"));
    }
    let mut set = Set::default();
    let mut at = 0;
    loop {
        let end = memchr::memchr(b',', &text[at..]).map_or(text.len(), |comma| at + comma);
        reader.entry(at, end, &mut set)?;
        if end == text.len() {
            return Ok(set);
        }
        at = end + 1;
    }
}

impl Reader<'_> {
    /// `h`, `r(1-5)`, `h/10`, `r(1-5)/2`.
    fn is_hashed(&self) -> bool {
        let digits = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
        let rest = &self.text[1..];
        let rest = match rest.strip_prefix(b"(") {
            None => rest,
            Some(inside) => {
                let Some(close) = memchr::memchr(b')', inside) else { return false };
                let Some(dash) = memchr::memchr(b'-', &inside[..close]) else { return false };
                if !digits(&inside[..dash]) || !digits(&inside[dash + 1..close]) {
                    return false;
                }
                &inside[close + 1..]
            }
        };
        rest.is_empty() || rest.strip_prefix(b"/").is_some_and(digits)
    }

    fn entry(&self, at: usize, end: usize, set: &mut Set) -> Result<(), CronError> {
        let entry = &self.text[at..end];
        match entry {
            [] => return Err(self.error(ErrorKind::Syntax, at, "an entry is missing around `,`")),
            b"*" => {
                set.star = true;
                return Ok(());
            }
            [digit] if digit.is_ascii_digit() => return self.single(at, u64::from(digit - b'0'), set, 0),
            _ => {}
        }
        match self.field {
            Field::Day => {
                if entry.eq_ignore_ascii_case(b"l") {
                    set.last = true;
                    return Ok(());
                }
                if let Some(day) = nearest(entry) {
                    return self.nearest(at, day, set);
                }
            }
            Field::Weekday => {
                if let Some(done) = self.nth(at, entry, set) {
                    return done;
                }
            }
            _ => {}
        }
        self.numbers(at, entry, set, 0)
    }

    /// `15w`, which stands alone.
    fn nearest(&self, at: usize, digits: &[u8], set: &mut Set) -> Result<(), CronError> {
        let day = self.number(at, digits)?;
        if !(1..=31).contains(&day) {
            return Err(self.error(ErrorKind::Range, at, format!("the day of `{day}w` is not between 1 and 31")));
        }
        if memchr::memchr(b',', self.text).is_some() {
            return Err(self.error(ErrorKind::Syntax, at, "`w` takes one day, not a list"));
        }
        set.nearest = Some(day as u8);
        set.bits |= 1 << day;
        Ok(())
    }

    /// `3#2`, `mon-fri#1`, `l5`; None where the entry is none of these.
    fn nth(&self, at: usize, entry: &[u8], set: &mut Set) -> Option<Result<(), CronError>> {
        if let [b'l' | b'L', digits @ ..] = entry
            && !digits.is_empty()
            && digits.iter().all(u8::is_ascii_digit)
        {
            return Some(self.number(at + 1, digits).and_then(|day| self.single(at + 1, day, set, 1)));
        }
        let hash = memchr::memchr(b'#', entry)?;
        let (days, digits) = (&entry[..hash], &entry[hash + 1..]);
        let word =
            |text: &[u8]| !text.is_empty() && text.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
        let range = memchr::memchr(b'-', days).is_some_and(|dash| {
            self.field.named(&days[..dash]).is_some() && self.field.named(&days[dash + 1..]).is_some()
        });
        if !(word(days) || range) || digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        Some(self.number(at + hash + 1, digits).and_then(|nth| {
            if !(1..=5).contains(&nth) {
                return Err(self.error(ErrorKind::Range, at + hash + 1, "a weekday comes 1 to 5 times in a month"));
            }
            self.numbers(at, days, set, 1 << nth)
        }))
    }

    /// A number, name or range, with or without a step.
    fn numbers(&self, at: usize, entry: &[u8], set: &mut Set, nth: u8) -> Result<(), CronError> {
        let (min, max) = self.field.bounds();
        let slash = memchr::memchr(b'/', entry);
        let (base, step) = match slash {
            None => (entry, 1),
            Some(slash) => (&entry[..slash], self.step(at + slash + 1, &entry[slash + 1..])?),
        };
        if base == b"*" {
            return self.spread(at, (min, max), step, set, nth);
        }
        if let Some(dash) = memchr::memchr(b'-', base) {
            let low = self.value(at, &base[..dash])?;
            let high = match &base[dash + 1..] {
                b"l" | b"L" if self.field == Field::Day => max,
                text => self.value(at + dash + 1, text)?,
            };
            let (low, high) = (self.alias(low), self.alias(high));
            self.within(at, low.max(high))?;
            // An equal range is the whole field: `mon-mon`, `5-5`.
            let range = if low == high { (min, max) } else { (low, high) };
            return self.spread(at, range, step, set, nth);
        }
        let value = self.value(at, base)?;
        if slash.is_none() {
            return self.single(at, value, set, nth);
        }
        let low = self.alias(value);
        self.within(at, low)?;
        self.spread(at, (low, max), step, set, nth)
    }

    fn step(&self, at: usize, text: &[u8]) -> Result<u64, CronError> {
        if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
            return Err(self.error(ErrorKind::Syntax, at, format!("the step `{}` is not a number", self.shown(text))));
        }
        match self.number(at, text)? {
            0 => Err(self.error(ErrorKind::Range, at, "a step of 0 leads nowhere")),
            step => Ok(step),
        }
    }

    /// Every `step`th number of the range; one that goes down runs over the field's end to its beginning.
    fn spread(&self, at: usize, (low, high): (u64, u64), step: u64, set: &mut Set, nth: u8) -> Result<(), CronError> {
        let (min, max) = self.field.bounds();
        let step = step as usize;
        if low <= high {
            for value in (low..=high).step_by(step) {
                self.single(at, value, set, nth)?;
            }
            return Ok(());
        }
        let mut end = low;
        for value in (low..=max).step_by(step) {
            self.single(at, value, set, nth)?;
            end = value;
        }
        // How much of the step is left after the field's end; only when the step really crosses it.
        let (count, index, left) = (max - min + 1, end - min, max - end);
        let skip = if index + step as u64 > count && left < step as u64 { step as u64 - left } else { 0 };
        for value in (min + skip..=high).step_by(step) {
            self.single(at, value, set, nth)?;
        }
        Ok(())
    }

    fn single(&self, at: usize, value: u64, set: &mut Set, nth: u8) -> Result<(), CronError> {
        let value = self.alias(value);
        let (min, max) = self.field.bounds();
        if !(min..=max).contains(&value) {
            return Err(self.range_error(at, value));
        }
        set.bits |= 1 << value;
        if nth != 0 {
            // Bit 0 of `nth` says "the last".
            set.nth[value as usize] |= nth;
        }
        Ok(())
    }

    /// Sunday may be 7.
    fn alias(&self, value: u64) -> u64 {
        if self.field == Field::Weekday && value == 7 { 0 } else { value }
    }

    fn within(&self, at: usize, value: u64) -> Result<(), CronError> {
        if value > self.field.bounds().1 { Err(self.range_error(at, value)) } else { Ok(()) }
    }

    /// A number or a name.
    fn value(&self, at: usize, text: &[u8]) -> Result<u64, CronError> {
        if !text.is_empty() && text.iter().all(u8::is_ascii_digit) {
            return self.number(at, text);
        }
        self.field.named(text).ok_or_else(|| {
            let message = match self.field {
                _ if text.is_empty() => "a number is missing".to_string(),
                Field::Month | Field::Weekday => format!("`{}` is neither a number nor a name", self.shown(text)),
                _ => format!("`{}` is not a number", self.shown(text)),
            };
            self.error(ErrorKind::Syntax, at, message)
        })
    }

    fn number(&self, at: usize, digits: &[u8]) -> Result<u64, CronError> {
        if digits.len() > MAX_DIGITS {
            return Err(self.error(ErrorKind::Range, at, "a number of too many digits"));
        }
        Ok(digits.iter().fold(0, |value: u64, digit| (value * 10 + u64::from(digit - b'0')).min(HUGE)))
    }

    fn range_error(&self, at: usize, value: u64) -> CronError {
        let (min, max) = self.field.bounds();
        let value = if value >= HUGE { "the number".into() } else { value.to_string() };
        self.error(ErrorKind::Range, at, format!("{value} is not between {min} and {max}"))
    }

    /// A piece of the text for a message: short, and without control characters.
    #[allow(clippy::unused_self, reason = "reads as one of the reader's own")]
    fn shown(&self, text: &[u8]) -> String {
        let text = String::from_utf8_lossy(text);
        let mut shown: String = text.chars().take(20).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
        if text.chars().count() > 20 {
            shown.push('…');
        }
        shown
    }

    #[cold]
    fn error(&self, kind: ErrorKind, at: usize, message: impl AsRef<str>) -> CronError {
        let message = format!("{}: {}", self.field.name(), message.as_ref());
        CronError { kind, message, position: self.start + at }
    }
}

/// The digits of `15w` or `w15`.
fn nearest(entry: &[u8]) -> Option<&[u8]> {
    let ([b'w' | b'W', digits @ ..] | [digits @ .., b'w' | b'W']) = entry else { return None };
    (!digits.is_empty() && digits.iter().all(u8::is_ascii_digit)).then_some(digits)
}
