//! Python's datetimes as moments of a zone, and fire times as datetimes.
//!
//! ```text
//! datetime ─__reduce_ex__▶ ten bytes + tzinfo ─▶ Clock ─▶ … ─▶ Fire ─▶ ten bytes ─datetime(bytes, tzinfo)▶ datetime
//! ```
//!
//! The ten bytes are what a datetime is pickled as, which no version of Python may change: year (two), month (with `fold`
//! in its highest bit), day, hour, minute, second, microsecond (three). One call each way, where nine attributes and an
//! eight-argument constructor cost several times that; the stable ABI has no other door to them.

use std::sync::{Mutex, PoisonError};

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyInt, PyString, PyTuple, PyType};

use super::cron::beyond;
use crate::cron::{self, Fire, Moment, Zone};

/// Where `fold` is, in the byte of the month.
const FOLD: u8 = 0x80;

/// A datetime taken apart.
pub(super) struct Clock<'py> {
    pub(super) zone: Zone,
    pub(super) moment: Moment,
    pub(super) tzinfo: Bound<'py, PyAny>,
}

impl<'py> Clock<'py> {
    pub(super) fn read(value: &Bound<'py, PyAny>) -> PyResult<Self> {
        let Border { class, reduce, four, read } = Border::of(value.py())?;
        let kind = value.get_type();
        if kind.is(class) {
            let reduced = reduce.bind(value.py()).call1((value, four))?;
            return Self::from_pickle(&reduced);
        }
        if !value.is_instance(class.bind(value.py()))? {
            return Err(PyTypeError::new_err(format!("a datetime is needed, not {}", kind.name()?)));
        }
        // a class of its own pickles as it likes
        let (year, month, day, hour, minute, second, micros, fold, tzinfo) = read
            .bind(value.py())
            .call1((value,))?
            .extract::<(i32, u32, u32, u32, u32, u32, u32, u8, Bound<'py, PyAny>)>()?;
        Self::new(cron::wall((year, month, day), (hour, minute, second), micros), fold != 0, tzinfo)
    }

    /// `(datetime, (bytes,))`, or with a tzinfo behind the bytes.
    fn from_pickle(reduced: &Bound<'py, PyAny>) -> PyResult<Self> {
        let state = reduced.cast::<PyTuple>()?.get_item(1)?;
        let state = state.cast::<PyTuple>()?;
        let tzinfo = if state.len() > 1 { state.get_item(1)? } else { state.py().None().into_bound(state.py()) };
        let bytes = state.get_item(0)?;
        let &[century, year, month, day, hour, minute, second, high, middle, low] = bytes.cast::<PyBytes>()?.as_bytes()
        else {
            return Err(PyTypeError::new_err("a datetime of another layout"));
        };
        let date = (i32::from(u16::from_be_bytes([century, year])), u32::from(month & !FOLD), u32::from(day));
        let micros = u32::from_be_bytes([0, high, middle, low]);
        let wall = cron::wall(date, (u32::from(hour), u32::from(minute), u32::from(second)), micros);
        Self::new(wall, month & FOLD != 0, tzinfo)
    }

    fn new(wall: i64, fold: bool, tzinfo: Bound<'py, PyAny>) -> PyResult<Self> {
        let zone = if tzinfo.is_none() { Zone::None } else { zone_of(&tzinfo)? };
        Ok(Self { zone, moment: Moment::new(zone, wall, fold), tzinfo })
    }

    pub(super) fn datetime(&self, fire: Fire) -> PyResult<Bound<'py, PyAny>> {
        let py = self.tzinfo.py();
        let ((year, month, day), hour, minute) = cron::civil(fire.minute);
        // what is read from bytes is not checked by Python
        if !(1..=9999).contains(&year) {
            return Err(beyond());
        }
        let [century, year] = (year as u16).to_be_bytes();
        let month = month as u8 | if fire.fold { FOLD } else { 0 };
        let bytes = PyBytes::new(py, &[century, year, month, day as u8, hour as u8, minute as u8, 0, 0, 0, 0]);
        Border::of(py)?.class.bind(py).call1((bytes, &self.tzinfo))
    }
}

/// What of Python is used at every call, looked up once.
struct Border {
    class: Py<PyType>,
    /// `datetime.__reduce_ex__`, and the protocol since which it tells of `fold`.
    reduce: Py<PyAny>,
    four: Py<PyInt>,
    /// `attrgetter` of all that a datetime is made of.
    read: Py<PyAny>,
}

impl Border {
    fn of(py: Python<'_>) -> PyResult<&Self> {
        static BORDER: PyOnceLock<Border> = PyOnceLock::new();
        BORDER.get_or_try_init(py, || {
            let class = py.import("datetime")?.getattr("datetime")?.cast_into::<PyType>()?;
            let names = ("year", "month", "day", "hour", "minute", "second", "microsecond", "fold", "tzinfo");
            Ok(Self {
                reduce: class.getattr("__reduce_ex__")?.unbind(),
                class: class.unbind(),
                four: 4_i32.into_pyobject(py)?.unbind(),
                read: py.import("operator")?.getattr("attrgetter")?.call1(names)?.unbind(),
            })
        })
    }
}

/// The zones asked for last, by the objects that stand for them; held, so that their addresses are not given to others.
static KNOWN: Mutex<[Option<Known>; 8]> = Mutex::new([const { None }; 8]);

type Known = (Py<PyAny>, Zone);

/// A tzinfo as a zone: by its `key` (`ZoneInfo`), else by an offset that needs no date (`timezone.utc`).
pub(super) fn zone_of(tzinfo: &Bound<'_, PyAny>) -> PyResult<Zone> {
    let known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, zone)) = known.iter().flatten().find(|(known, _)| known.is(tzinfo)) {
        return Ok(*zone);
    }
    // What follows runs Python, which may come back here.
    drop(known);
    let py = tzinfo.py();
    let zone = match tzinfo.getattr_opt(intern!(py, "key"))? {
        Some(key) if !key.is_none() => {
            let name = key.cast::<PyString>().map_err(|_| nameless(tzinfo))?.to_cow()?.into_owned();
            Zone::named(&name).ok_or_else(|| PyValueError::new_err(format!("unknown time zone {name:?}")))?
        }
        _ => {
            let offset = tzinfo.call_method1(intern!(py, "utcoffset"), (py.None(),)).map_err(|_| nameless(tzinfo))?;
            if offset.is_none() {
                return Err(nameless(tzinfo));
            }
            let seconds: f64 = offset.call_method0(intern!(py, "total_seconds"))?.extract()?;
            if seconds.fract() != 0.0 {
                return Err(PyValueError::new_err("the offset of a time zone is whole seconds"));
            }
            Zone::Fixed(seconds as i32)
        }
    };
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    known.rotate_right(1);
    let oldest = known[0].replace((tzinfo.clone().unbind(), zone));
    drop(known);
    // its end may run Python too
    drop(oldest);
    Ok(zone)
}

fn nameless(tzinfo: &Bound<'_, PyAny>) -> PyErr {
    let class = tzinfo.get_type().name().map_or_else(|_| "tzinfo".into(), |name| name.to_string());
    PyTypeError::new_err(format!("a ZoneInfo with a key or a fixed offset is needed, not {class}"))
}
