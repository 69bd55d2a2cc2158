//! Fire times of a zone: the wall clock's next minute, then what daylight saving makes of it.
//!
//! ```text
//! now ─▶ wall clock ─▶ search ─▶ does that time exist?  no  ─▶ the next that does, or the end of the gap
//!                                did the offset change? yes ─▶ search again on the other offset's clock; the nearer wins
//! ```
//!
//! The steps and their order are croniter's, since a schedule must fire here when it fires there.

use super::days::Days;
use super::search::{Minute, search};
use super::{Direction, Schedule, Zone};

const MINUTE: i64 = 60_000_000;
const SECOND: i64 = 1_000_000;

/// A time of a wall clock, in microseconds since its 1970, and its offset in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    wall: i64,
    offset: i32,
}

/// A fire time: a minute of the wall clock, its offset, and whether it is the second of two such minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fire {
    /// Minutes since 1970 of the wall clock.
    pub minute: i64,
    /// Seconds east of UTC.
    pub offset: i32,
    /// Python's `fold`.
    pub fold: bool,
}

impl Moment {
    /// Microseconds of a wall clock and `fold`; a time that does not exist is read as Python reads it.
    #[must_use]
    pub fn new(zone: Zone, wall: i64, fold: bool) -> Self {
        let local = zone.local(wall.div_euclid(SECOND));
        let offset = if fold { local.second } else { local.first };
        if local.exists() {
            return Self { wall, offset };
        }
        let moment = wall - i64::from(offset) * SECOND;
        let offset = zone.offset(moment.div_euclid(SECOND));
        Self { wall: moment + i64::from(offset) * SECOND, offset }
    }

    /// Microseconds since 1970 UTC.
    #[must_use]
    pub fn utc(self) -> i64 {
        self.wall - i64::from(self.offset) * SECOND
    }

    /// A microsecond earlier: a search from there finds this moment too.
    #[must_use]
    pub fn just_before(self) -> Self {
        Self { wall: self.wall - 1, ..self }
    }

    /// Where the search starts: strictly after this moment, or strictly before.
    fn start(self, direction: Direction) -> Minute {
        match direction {
            Direction::Next => self.wall.div_euclid(MINUTE) + 1,
            Direction::Previous => (self.wall - 1).div_euclid(MINUTE),
        }
    }
}

impl From<Fire> for Moment {
    fn from(fire: Fire) -> Self {
        Self { wall: fire.minute * MINUTE, offset: fire.offset }
    }
}

impl Fire {
    /// Microseconds since 1970 UTC.
    #[must_use]
    pub fn utc(self) -> i64 {
        Moment::from(self).utc()
    }
}

impl Schedule {
    /// The nearest fire time strictly after (before) a moment. None when it lies beyond the years 1 to 9999.
    #[must_use]
    pub fn fire(&self, zone: Zone, from: Moment, direction: Direction) -> Option<Fire> {
        let mut sides = self.days.iter().flatten().filter_map(|days| self.side(days, zone, from, direction));
        let first = sides.next()?;
        let Some(second) = sides.next() else { return Some(first) };
        // Compared by the wall clock, and the second side wins a draw.
        let nearer = match direction {
            Direction::Next => first.minute < second.minute,
            Direction::Previous => first.minute > second.minute,
        };
        Some(if nearer { first } else { second })
    }

    fn side(&self, days: &Days, zone: Zone, from: Moment, direction: Direction) -> Option<Fire> {
        let mut minute = search(self, days, from.start(direction), direction)?;
        if !matches!(zone, Zone::Named(_)) {
            return Some(Fire { minute, offset: from.offset, fold: false });
        }
        let (mut fire, mut exists) = place(zone, minute, from, direction);
        if !exists && (self.every_hour || !beyond(fire.utc(), from.utc(), direction)) {
            while !exists {
                let start = Moment { wall: minute * MINUTE, offset: 0 }.start(direction);
                minute = search(self, days, start, direction)?;
                (fire, exists) = place(zone, minute, from, direction);
            }
        }
        let change = i64::from(fire.offset) - i64::from(from.offset);
        if change == 0 {
            return Some(fire);
        }
        let other = Moment { wall: from.wall + change * SECOND, offset: 0 };
        let other = search(self, days, other.start(direction), direction)?;
        let (other, exists) = place(zone, other, from, direction);
        let better = exists && beyond(other.utc(), from.utc(), direction) && beyond(fire.utc(), other.utc(), direction);
        Some(if better { other } else { fire })
    }
}

/// Is the one later (earlier, looking back) than the other?
fn beyond(one: i64, other: i64, direction: Direction) -> bool {
    match direction {
        Direction::Next => one > other,
        Direction::Previous => one < other,
    }
}

/// A minute of the wall clock as a moment: of two the nearer that is beyond `from`; of none the end of the gap.
fn place(zone: Zone, minute: Minute, from: Moment, direction: Direction) -> (Fire, bool) {
    let local = zone.local(minute * 60);
    if !local.exists() {
        let minute = -(-local.resumes).div_euclid(60);
        let offset = zone.local(minute * 60).first;
        return (Fire { minute, offset, fold: false }, false);
    }
    let ambiguous = local.first != local.second;
    let first = Fire { minute, offset: local.first, fold: false };
    let second = Fire { minute, offset: local.second, fold: ambiguous };
    let (near, far) = match direction {
        Direction::Next => (first, second),
        Direction::Previous => (second, first),
    };
    (if ambiguous && !beyond(near.utc(), from.utc(), direction) { far } else { near }, true)
}
