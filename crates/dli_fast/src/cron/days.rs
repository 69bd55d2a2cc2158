//! Which days of a month fit: day of month, nearest working day and day of week, all as one mask per month.

/// The weekdays that fit; bit 0 is Sunday.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weekdays {
    Any,
    These(u8),
    /// Per weekday: bit n for its nth in the month, bit 0 for the last.
    Nth([u8; 7]),
}

/// Months and days; all of its parts must fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Days {
    /// Bit m: month m, from 1.
    pub months: u16,
    /// Bit d: day d, from 1.
    pub dates: u32,
    /// The last day of the month, besides `dates`.
    pub last: bool,
    /// Instead of `dates`: the working day nearest to this one.
    pub nearest: Option<u8>,
    pub weekdays: Weekdays,
}

/// A year and month, with what its mask needs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Month {
    pub year: i32,
    /// From 1.
    pub month: u32,
}

impl Month {
    pub(super) fn length(self) -> u32 {
        match self.month {
            2 if leap(self.year) => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        }
    }

    /// The weekday of the first; 0 is Sunday.
    fn first_weekday(self) -> u32 {
        (day_number(self.year, self.month, 1) + 4).rem_euclid(7) as u32
    }
}

impl Days {
    /// The days of one month that fit, bit d for day d.
    pub(super) fn mask(&self, month: Month) -> u32 {
        let length = month.length();
        let all = (u32::MAX >> (31 - length)) & !1;
        let mut mask = match self.nearest {
            Some(day) => 1 << nearest(month, u32::from(day)),
            None => (self.dates | u32::from(self.last) << length) & all,
        };
        match self.weekdays {
            Weekdays::Any => {}
            Weekdays::These(days) => mask &= weekly(days, month.first_weekday()),
            Weekdays::Nth(nth) => mask &= nths(nth, month.first_weekday(), length),
        }
        mask
    }

    /// Does any date of the calendar fit? Every combination of dates and weekdays comes round within 40 years.
    pub(super) fn exist(&self) -> bool {
        (2000..2041).any(|year| {
            let mut months = (1..=12).filter(|month| self.months >> month & 1 == 1);
            months.any(|month| self.mask(Month { year, month }) != 0)
        })
    }
}

/// The weekdays of `days` in a month that starts on `first`, as days from 1.
fn weekly(days: u8, first: u32) -> u32 {
    // Rotate so that bit 0 is the first's weekday, repeat for five weeks, move to day 1.
    let days = u64::from(days) | u64::from(days) << 7;
    let week = (days >> first) & 0x7f;
    ((week * 0x1020_4081) << 1) as u32
}

fn nths(nth: [u8; 7], first: u32, length: u32) -> u32 {
    let mut mask = 0;
    for (weekday, wanted) in nth.into_iter().enumerate().filter(|(_, wanted)| *wanted != 0) {
        let day = 1 + (weekday as u32 + 7 - first) % 7;
        for n in 1..=5 {
            let day = day + 7 * (n - 1);
            let last = day + 7 > length;
            if day <= length && (wanted >> n & 1 == 1 || (last && wanted & 1 == 1)) {
                mask |= 1 << day;
            }
        }
    }
    mask
}

/// Monday to Friday nearest to the day, inside of the month.
fn nearest(month: Month, day: u32) -> u32 {
    let length = month.length();
    let day = day.min(length);
    match (month.first_weekday() + day - 1) % 7 {
        6 if day > 1 => day - 1,
        6 => day + 2,
        0 if day < length => day + 1,
        0 => day - 2,
        _ => day,
    }
}

pub(super) fn leap(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Days since 1970-01-01 of the proleptic Gregorian calendar.
pub(super) fn day_number(year: i32, month: u32, day: u32) -> i64 {
    // Years from March on, so that the leap day is the last of its year.
    let year = i64::from(year) - i64::from(month < 3);
    let month = i64::from((month + 9) % 12);
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * month + 2) / 5 + i64::from(day) - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The date of a day number: year, month, day.
pub(super) fn date(number: i64) -> (i32, u32, u32) {
    let number = number + 719_468;
    let (era, of_era) = (number.div_euclid(146_097), number.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    ((era * 400 + year + i64::from(month < 3)) as i32, month as u32, day as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn day_numbers_and_dates_are_inverse_over_all_years_of_python() {
        let mut number = day_number(1, 1, 1);
        for year in 1..=9999 {
            for month in 1..=12 {
                for day in 1..=(Month { year, month }).length() {
                    assert_eq!(day_number(year, month, day), number);
                    assert_eq!(date(number), (year, month, day));
                    number += 1;
                }
            }
        }
        assert_eq!(day_number(1970, 1, 1), 0);
    }

    #[test]
    fn a_mask_holds_the_days_of_its_month_only() {
        let any = Days { months: 0x1ffe, dates: u32::MAX, last: true, nearest: None, weekdays: Weekdays::Any };
        assert_eq!(any.mask(Month { year: 2026, month: 2 }), 0x1fff_fffe);
        // February 2026 starts on a Sunday.
        let sundays = Days { weekdays: Weekdays::These(1), ..any };
        assert_eq!(sundays.mask(Month { year: 2026, month: 2 }), 1 << 1 | 1 << 8 | 1 << 15 | 1 << 22);
        let last_sunday = Days { weekdays: Weekdays::Nth([1, 0, 0, 0, 0, 0, 0]), ..any };
        assert_eq!(last_sunday.mask(Month { year: 2026, month: 2 }), 1 << 22);
    }
}
