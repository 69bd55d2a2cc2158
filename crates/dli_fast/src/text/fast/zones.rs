//! The offsets of one time zone from 1900 to 2099 as a table, so that a timestamp costs a short search.

use super::super::zone::Zone;
use super::digits::{END_DAY, FIRST_DAY};
use crate::text::time::DAY;
use std::sync::{Arc, Mutex, PoisonError};

/// A zone, and from when on it has which offset.
pub struct Offsets {
    /// The zone itself.
    pub zone: Zone,
    starts: Vec<i64>,
    values: Vec<i32>,
}

impl Offsets {
    /// The zone's table. Making one looks at 73,000 days, so each is made once a process.
    pub fn of(zone: Zone) -> Arc<Self> {
        static MADE: Mutex<Vec<Arc<Offsets>>> = Mutex::new(Vec::new());
        let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = made.iter().find(|table| table.zone == zone) {
            return found.clone();
        }
        let table = Arc::new(Self::new(zone));
        // Fixed offsets are cheap, and anybody may make up another one.
        if matches!(zone, Zone::Named(_)) {
            made.push(table.clone());
        }
        table
    }

    /// Looks at every day (transitions lie months apart, never two in a day) and finds the second of each change.
    fn new(zone: Zone) -> Self {
        let mut table = Self { zone, starts: vec![i64::MIN], values: vec![] };
        let at = |seconds: i64| zone.offset(seconds).unwrap_or(0);
        table.values.push(at(FIRST_DAY * DAY));
        if !matches!(zone, Zone::Named(_)) {
            return table;
        }
        for day in FIRST_DAY..END_DAY {
            let (mut low, mut high) = (day * DAY, (day + 1) * DAY);
            let after = at(high);
            if at(low) == after {
                continue;
            }
            while high - low > 1 {
                let middle = i64::midpoint(low, high);
                if at(middle) == after { high = middle } else { low = middle }
            }
            table.starts.push(high);
            table.values.push(after);
        }
        table
    }

    /// Seconds east of UTC at a moment between 1900 and 2099; `hint` remembers the last place.
    #[inline(always)]
    pub fn at(&self, seconds: i64, hint: &std::cell::Cell<usize>) -> i32 {
        let last = hint.get();
        if self.starts[last] <= seconds && self.starts.get(last + 1).is_none_or(|&next| seconds < next) {
            return self.values[last];
        }
        let found = self.starts.partition_point(|&start| start <= seconds) - 1;
        hint.set(found);
        self.values[found]
    }
}
