//! Bindings of `cron`: datetimes in and out (clock.rs); the zone is that of the datetime.

use pyo3::exceptions::{PyOverflowError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyList, PyString, PyTuple, PyType};

use super::clock::{Clock, zone_of};
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

pub(super) fn beyond() -> PyErr {
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
