//! Bindings of `cron`: datetimes in and out; the zone is that of the datetime.

use std::sync::{Mutex, PoisonError};

use pyo3::exceptions::{PyOverflowError, PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyList, PyString, PyTuple, PyType};

use crate::cron::{self, Direction, Fire, Moment, Schedule, Zone};

/// Fire times that one call may ask for.
const MOST: usize = 1_000_000;

static CRON_ERROR: PyOnceLock<Py<PyType>> = PyOnceLock::new();

pub(super) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    let base = py.get_type::<PyValueError>();
    let doc =
        c"An expression that is refused; `message`, `position` (from 0), `kind`: fields, syntax, range, random, never.";
    let class =
        CRON_ERROR.get_or_try_init(py, || PyErr::new_type(py, c"dli_fast.CronError", Some(doc), Some(&base), None))?;
    for field in ["message", "position", "kind"] {
        class.bind(py).setattr(field, py.None())?;
    }
    module.add("CronError", class)?;
    module.add_class::<Cron>()?;
    module.add_class::<Surprise>()?;
    module.add_function(wrap_pyfunction!(next_fires, module)?)
}

/// A checked cron expression.
#[pyclass(frozen, module = "dli_fast")]
struct Cron {
    text: String,
    schedule: Schedule,
}

#[pymethods]
impl Cron {
    #[new]
    fn new(py: Python<'_>, text: &Bound<'_, PyString>) -> PyResult<Self> {
        let text = text.to_cow()?.into_owned();
        let schedule = Schedule::parse(&text).map_err(|error| to_python(py, &error))?;
        Ok(Self { text, schedule })
    }

    #[getter]
    fn text(&self) -> &str {
        &self.text
    }

    fn next<'py>(&self, after: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.one(&Clock::read(after)?, Direction::Next)
    }

    fn previous<'py>(&self, before: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.one(&Clock::read(before)?, Direction::Previous)
    }

    fn next_n<'py>(&self, after: &Bound<'py, PyAny>, n: usize) -> PyResult<Bound<'py, PyList>> {
        let clock = Clock::read(after)?;
        if n > MOST {
            return Err(PyValueError::new_err(format!("n is at most {MOST}")));
        }
        let list = PyList::empty(after.py());
        let mut from = clock.moment;
        for _ in 0..n {
            let fire = self.schedule.fire(clock.zone, from, Direction::Next).ok_or_else(beyond)?;
            list.append(clock.datetime(fire)?)?;
            from = fire.into();
        }
        Ok(list)
    }

    #[pyo3(signature = (start, end, limit = 1_000))]
    fn between<'py>(
        &self,
        start: &Bound<'py, PyAny>,
        end: &Bound<'py, PyAny>,
        limit: usize,
    ) -> PyResult<Bound<'py, PyList>> {
        let (clock, end) = (Clock::read(start)?, Clock::read(end)?);
        if matches!(clock.zone, Zone::None) != matches!(end.zone, Zone::None) {
            return Err(PyTypeError::new_err("start and end both have a time zone, or neither has"));
        }
        if limit > MOST {
            return Err(PyValueError::new_err(format!("limit is at most {MOST}")));
        }
        let list = PyList::empty(start.py());
        let mut from = clock.moment.just_before();
        while list.len() < limit {
            let Some(fire) = self.schedule.fire(clock.zone, from, Direction::Next) else { break };
            if fire.utc() >= end.moment.utc() {
                break;
            }
            list.append(clock.datetime(fire)?)?;
            from = fire.into();
        }
        Ok(list)
    }

    fn surprises<'py>(&self, year: i32, zone: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyList>> {
        let py = zone.py();
        if !(1..=9998).contains(&year) {
            return Err(PyValueError::new_err("year is between 1 and 9998"));
        }
        let clock = Clock { zone: zone_of(zone)?, moment: Moment::new(Zone::None, 0, false), tzinfo: zone.clone() };
        let wall = Clock { zone: Zone::None, tzinfo: py.None().into_bound(py), moment: clock.moment };
        let found = self.schedule.surprises(clock.zone, year).into_iter().map(|surprise| {
            let fires = surprise.fires.iter().map(|fire| clock.datetime(*fire)).collect::<PyResult<Vec<_>>>()?;
            let minute = Fire { minute: surprise.minute, offset: 0, fold: false };
            Ok(Surprise {
                kind: surprise.kind.name(),
                wall: wall.datetime(minute)?.unbind(),
                fires: PyTuple::new(py, fires)?.unbind(),
            })
        });
        PyList::new(py, found.collect::<PyResult<Vec<_>>>()?)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!("Cron({})", PyString::new(py, &self.text).repr()?))
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<Self>().is_ok_and(|other| other.get().text == self.text)
    }

    fn __hash__(&self, py: Python<'_>) -> PyResult<isize> {
        PyString::new(py, &self.text).hash()
    }

    fn __getnewargs__(&self) -> (&str,) {
        (&self.text,)
    }
}

impl Cron {
    fn one<'py>(&self, clock: &Clock<'py>, direction: Direction) -> PyResult<Bound<'py, PyAny>> {
        clock.datetime(self.schedule.fire(clock.zone, clock.moment, direction).ok_or_else(beyond)?)
    }
}

#[pyfunction]
fn next_fires<'py>(crons: Vec<PyRef<'py, Cron>>, after: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyList>> {
    let clock = Clock::read(after)?;
    let list = PyList::empty(after.py());
    for cron in crons {
        list.append(cron.one(&clock, Direction::Next)?)?;
    }
    Ok(list)
}

/// A time that daylight saving repeats, moves or skips.
#[pyclass(frozen, get_all, module = "dli_fast")]
struct Surprise {
    kind: &'static str,
    wall: Py<PyAny>,
    fires: Py<PyTuple>,
}

#[pymethods]
impl Surprise {
    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!("Surprise({}, {}, {})", self.kind, self.wall.bind(py).str()?, self.fires.bind(py).repr()?))
    }
}

/// A datetime taken apart.
struct Clock<'py> {
    zone: Zone,
    moment: Moment,
    tzinfo: Bound<'py, PyAny>,
}

impl<'py> Clock<'py> {
    fn read(value: &Bound<'py, PyAny>) -> PyResult<Self> {
        let py = value.py();
        if !value.is_instance(datetime_class(py)?)? {
            return Err(PyTypeError::new_err(format!("a datetime is needed, not {}", value.get_type().name()?)));
        }
        // One call for all of them: an attribute at a time costs twice as much.
        let (year, month, day, hour, minute, second, micros, fold, tzinfo) =
            reader(py)?.call1((value,))?.extract::<(i32, u32, u32, u32, u32, u32, u32, u8, Bound<'py, PyAny>)>()?;
        let zone = if tzinfo.is_none() { Zone::None } else { zone_of(&tzinfo)? };
        let wall = cron::wall((year, month, day), (hour, minute, second), micros);
        Ok(Self { zone, moment: Moment::new(zone, wall, fold != 0), tzinfo })
    }

    fn datetime(&self, fire: Fire) -> PyResult<Bound<'py, PyAny>> {
        let py = self.tzinfo.py();
        let class = datetime_class(py)?;
        let ((year, month, day), hour, minute) = cron::civil(fire.minute);
        let arguments = (year, month, day, hour, minute, 0, 0, &self.tzinfo);
        if !fire.fold {
            return class.call1(arguments);
        }
        let fold = PyDict::new(py);
        fold.set_item(intern!(py, "fold"), 1)?;
        class.call(arguments, Some(&fold))
    }
}

fn datetime_class(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    CLASS.import(py, "datetime", "datetime")
}

/// `attrgetter` of all that a datetime is made of.
fn reader(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    static READER: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let reader = READER.get_or_try_init(py, || -> PyResult<Py<PyAny>> {
        let names = ("year", "month", "day", "hour", "minute", "second", "microsecond", "fold", "tzinfo");
        Ok(py.import("operator")?.getattr("attrgetter")?.call1(names)?.unbind())
    })?;
    Ok(reader.bind(py))
}

/// A tzinfo as a zone: by its `key` (`ZoneInfo`), else by an offset that needs no date (`timezone.utc`).
fn zone_of(tzinfo: &Bound<'_, PyAny>) -> PyResult<Zone> {
    // The last one asked for; held, so that its address is not given to another.
    static LAST: Mutex<Option<(Py<PyAny>, Zone)>> = Mutex::new(None);
    let last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((known, zone)) = last.as_ref()
        && known.is(tzinfo)
    {
        return Ok(*zone);
    }
    // What follows runs Python, which may come back here.
    drop(last);
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
    let last = LAST.lock().unwrap_or_else(PoisonError::into_inner).replace((tzinfo.clone().unbind(), zone));
    drop(last);
    Ok(zone)
}

fn nameless(tzinfo: &Bound<'_, PyAny>) -> PyErr {
    let class = tzinfo.get_type().name().map_or_else(|_| "tzinfo".into(), |name| name.to_string());
    PyTypeError::new_err(format!("a ZoneInfo with a key or a fixed offset is needed, not {class}"))
}

fn beyond() -> PyErr {
    PyOverflowError::new_err("there is no fire time in the years 1 to 9999")
}

fn to_python(py: Python<'_>, error: &cron::CronError) -> PyErr {
    let make = || -> PyResult<PyErr> {
        let class = CRON_ERROR.get(py).ok_or_else(|| PyTypeError::new_err("dli_fast is not initialised"))?;
        let instance = class.bind(py).call1((error.message.as_str(),))?;
        instance.setattr("message", &error.message)?;
        instance.setattr("position", error.position)?;
        instance.setattr("kind", error.kind.name())?;
        Ok(PyErr::from_value(instance))
    };
    make().unwrap_or_else(|failure| failure)
}
