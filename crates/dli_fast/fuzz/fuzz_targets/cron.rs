//! Any text as a cron expression, any moment, any zone: an error with a place, or fire times that go one way and fit.
#![no_main]

extern crate rooms as dli_fast;

use dli_fast::cron::{Direction, Moment, Schedule, Zone, civil};
use libfuzzer_sys::fuzz_target;

const ZONES: [&str; 6] =
    ["America/New_York", "Australia/Lord_Howe", "Europe/Dublin", "America/Santiago", "Asia/Seoul", "Africa/Casablanca"];

fuzz_target!(|data: (&str, u32, u8, bool, u32)| {
    let (text, minutes, zone, fold, micros) = data;
    let schedule = match Schedule::parse(text) {
        Ok(schedule) => schedule,
        Err(error) => {
            assert!(error.position <= text.chars().count(), "{error:?}");
            assert!(!error.message.is_empty() && error.message.len() < 400, "{error:?}");
            return;
        }
    };
    let zone = match zone as usize % (ZONES.len() + 2) {
        0 => Zone::None,
        1 => Zone::Fixed(i32::from(zone) * 60),
        index => Zone::named(ZONES[index - 2]).expect("a zone"),
    };
    // From 1920 to 2170.
    let wall =
        i64::from(minutes % (250 * 525_960)) * 60_000_000 - 50 * 31_557_600_000_000 + i64::from(micros % 60_000_000);
    let start = Moment::new(zone, wall, fold);
    let mut from = start;
    // The rarest (a 29 February that is a certain weekday) come once in 40 years.
    for _ in 0..8 {
        let fire = schedule.fire(zone, from, Direction::Next).expect("it fires");
        assert!(fire.utc() > from.utc(), "{text:?} {fire:?} is not after {from:?}");
        let ((year, month, day), hour, minute) = civil(fire.minute);
        assert!(
            (1920..2600).contains(&year)
                && (1..=12).contains(&month)
                && (1..=31).contains(&day)
                && hour < 24
                && minute < 60
        );
        from = fire.into();
    }
    let mut from = start;
    for _ in 0..8 {
        let fire = schedule.fire(zone, from, Direction::Previous).expect("it fired");
        assert!(fire.utc() < from.utc(), "{text:?} {fire:?} is not before {from:?}");
        from = fire.into();
    }
    let (year, ..) = civil(start.utc() / 60_000_000).0;
    assert!(schedule.surprises(zone, year.max(1)).len() < 10_000);
});
