//! What daylight saving does to a schedule: times that come twice, move or do not come at all.

use super::days::Days;
use super::search::search;
use super::{Direction, Fire, Moment, Schedule, Zone};

/// What happens to a time that the schedule names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SurpriseKind {
    /// The clock shows it twice, and it fires both times.
    Twice,
    /// The clock skips it, and it fires when the clock goes on.
    Moved,
    /// The clock skips it, and it does not fire.
    Skipped,
}

impl SurpriseKind {
    /// The kind's name in Python.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Twice => "twice",
            Self::Moved => "moved",
            Self::Skipped => "skipped",
        }
    }
}

/// One such time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Surprise {
    /// What happens.
    pub kind: SurpriseKind,
    /// The minute of the wall clock that the schedule names.
    pub minute: i64,
    /// The times at which it fires instead: two, one or none.
    pub fires: Vec<Fire>,
}

impl Schedule {
    /// The surprises of one year. A schedule for every hour has none: it follows the clock.
    #[must_use]
    pub fn surprises(&self, zone: Zone, year: i32) -> Vec<Surprise> {
        let mut found = vec![];
        if self.every_hour {
            return found;
        }
        for change in zone.transitions(year) {
            let (before, after) = (change.at + i64::from(change.before), change.at + i64::from(change.after));
            // Whole minutes of the wall clock that are skipped, or come twice.
            let (low, high) = (before.min(after), before.max(after));
            let minutes = self.named(-(-low).div_euclid(60), -(-high).div_euclid(60));
            if minutes.is_empty() {
                continue;
            }
            let fires = self.around(zone, change.at, high - low);
            if after < before {
                for minute in minutes {
                    let both: Vec<Fire> = fires.iter().copied().filter(|fire| fire.minute == minute).collect();
                    if both.len() > 1 {
                        found.push(Surprise { kind: SurpriseKind::Twice, minute, fires: both });
                    }
                }
            } else {
                let resumes = -(-after).div_euclid(60);
                let mut moved = fires.into_iter().find(|fire| fire.minute == resumes);
                if !self.named(resumes, resumes + 1).is_empty() {
                    // That time is the schedule's own.
                    moved = None;
                }
                for minute in minutes {
                    let fires: Vec<Fire> = moved.take().into_iter().collect();
                    let kind = if fires.is_empty() { SurpriseKind::Skipped } else { SurpriseKind::Moved };
                    found.push(Surprise { kind, minute, fires });
                }
            }
        }
        found
    }

    /// The minutes from `low` to before `high` that the schedule names, in order.
    fn named(&self, low: i64, high: i64) -> Vec<i64> {
        let mut minutes = vec![];
        let next = |days: &Days, from: i64| search(self, days, from, Direction::Next);
        let mut from = low;
        while let Some(minute) = self.days.iter().flatten().filter_map(|days| next(days, from)).min() {
            if minute >= high {
                break;
            }
            minutes.push(minute);
            from = minute + 1;
        }
        minutes
    }

    /// The fire times from a while before a transition to a while after it.
    fn around(&self, zone: Zone, at: i64, length: i64) -> Vec<Fire> {
        let (start, end) = ((at - length - 60) * 1_000_000, (at + length + 60) * 1_000_000);
        let offset = i64::from(zone.offset(at - length - 60));
        let mut from = Moment::new(zone, start + offset * 1_000_000, false);
        let mut fires = vec![];
        while let Some(fire) = self.fire(zone, from, Direction::Next) {
            if fire.utc() > end || fire.utc() <= from.utc() {
                break;
            }
            fires.push(fire);
            from = fire.into();
        }
        fires
    }
}
