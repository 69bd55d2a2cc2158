//! One write, whatever the format: the keywords that all writers have, and the way from the source to what came of it.
//!
//! ```text
//! arguments ─▶ stream, layout, target ─▶ detach the GIL ─▶ pipe::run ─▶ Written │ the exception
//!                                           └ every 50 ms: signals, progress, writes to a Python target
//! ```

use super::source::{data_error, source_error, stream_of};
use super::target::{Writer, os_error, place_of};
use crate::pipe::{self, Caller, Compression, Failure, Layout, Settings, Target};
use crate::stream::{Raised, Source};
use crate::text::TextError;
use arrow_schema::Schema;
use pyo3::create_exception;
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

create_exception!(dli_fast, CancelledError, PyRuntimeError, "The CancelToken was cancelled while writing.");

/// Cancels a write from any thread, within 0.1 s.
#[pyclass(frozen, module = "dli_fast")]
#[derive(Default)]
pub(super) struct CancelToken {
    flag: Arc<AtomicBool>,
}

#[pymethods]
impl CancelToken {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    fn cancel(&self) {
        self.flag.store(true, Ordering::Relaxed);
    }

    #[getter]
    fn cancelled(&self) -> bool {
        self.flag.load(Ordering::Relaxed)
    }

    fn __repr__(&self) -> String {
        format!("CancelToken(cancelled={})", if self.cancelled() { "True" } else { "False" })
    }
}

/// What a writer wrote.
#[pyclass(frozen, eq, get_all, module = "dli_fast")]
#[derive(PartialEq, Eq)]
pub(super) struct Written {
    rows: u64,
    drained: u64,
    bytes: u64,
    sha256: Option<String>,
}

#[pymethods]
impl Written {
    fn __repr__(&self) -> String {
        let Self { rows, drained, bytes, .. } = self;
        let sha256 = self.sha256.as_ref().map_or_else(|| "None".into(), |hash| format!("'{hash}'"));
        format!("Written(rows={rows}, drained={drained}, bytes={bytes}, sha256={sha256})")
    }
}

/// The keywords every writer has.
pub(super) struct Run {
    pub workers: usize,
    sha256: bool,
    progress: Option<Py<PyAny>>,
    cancelled: Arc<AtomicBool>,
}

/// Makes the layout once the schema is known; an error names the column.
type Plan<T> = Result<Arc<T>, (String, TextError)>;

impl Run {
    pub(super) fn new(
        sha256: bool,
        workers: Option<i64>,
        progress: Option<Py<PyAny>>,
        cancel: Option<&Bound<'_, CancelToken>>,
    ) -> PyResult<Self> {
        let workers = match workers {
            Some(count @ 1..) => count.min(256) as usize,
            Some(count) => return Err(PyValueError::new_err(format!("workers must be at least 1, not {count}"))),
            None => std::thread::available_parallelism().map_or(1, usize::from).min(16),
        };
        Ok(Self {
            workers,
            sha256,
            progress,
            cancelled: cancel.map_or_else(Arc::default, |token| token.get().flag.clone()),
        })
    }

    pub(super) fn write<T: Layout + 'static>(
        self,
        py: Python<'_>,
        source: &Bound<'_, PyAny>,
        target: &Bound<'_, PyAny>,
        compression: Compression,
        plan: impl FnOnce(&Schema) -> Plan<T> + Send,
    ) -> PyResult<Written> {
        let settings = Settings { workers: self.workers, compression };
        self.conduct(py, source, target, move |source, target, cancelled, caller| {
            let layout = plan(&source.schema()).map_err(|(column, error)| unwritable(column, error))?;
            pipe::run(source, layout, target, settings, cancelled, caller)
        })
    }

    /// Open the source and run `body` without the GIL.
    pub(super) fn conduct(
        self,
        py: Python<'_>,
        source: &Bound<'_, PyAny>,
        target: &Bound<'_, PyAny>,
        body: impl FnOnce(Source, Target, &AtomicBool, &mut dyn Caller) -> Result<pipe::Written, Failure> + Send,
    ) -> PyResult<Written> {
        let (place, writer) = place_of(target)?;
        let stream = stream_of(source)?;
        let Self { progress, cancelled, sha256, .. } = self;
        let target = Target { place, sha256 };
        let mut caller = PythonCaller { progress, writer, cancelled: cancelled.clone() };
        let result = py.detach(move || {
            let source = pipe::open(stream, &cancelled, &mut caller)?;
            if source.schema().fields().is_empty() {
                return Err(unwritable(String::new(), TextError("a table without columns has no form".into())));
            }
            body(source, target, &cancelled, &mut caller)
        });
        let pipe::Written { rows, drained, bytes, sha256 } = result.map_err(|failure| exception(py, failure))?;
        Ok(Written { rows, drained, bytes, sha256 })
    }
}

pub(super) fn unwritable(column: String, error: TextError) -> Failure {
    Failure::Data { message: error.0, column, row: None }
}

/// The calling thread of Python: it takes the GIL only inside these calls.
struct PythonCaller {
    progress: Option<Py<PyAny>>,
    writer: Option<Writer>,
    cancelled: Arc<AtomicBool>,
}

fn attached(body: impl FnOnce(Python<'_>) -> PyResult<()>) -> Result<(), Raised> {
    Python::attach(body).map_err(|error| Box::new(error) as Raised)
}

impl Caller for PythonCaller {
    #[expect(clippy::redundant_closure_for_method_calls, reason = "the method's lifetime is not general enough")]
    fn tick(&mut self) -> Result<(), Raised> {
        attached(|py| py.check_signals())
    }

    fn progress(&mut self, rows: u64, bytes: u64) -> Result<(), Raised> {
        match &self.progress {
            Some(progress) => attached(|py| progress.call1(py, (rows, bytes)).map(|_| ())),
            None => Ok(()),
        }
    }

    fn put(&mut self, chunk: Vec<u8>) -> Result<(), Raised> {
        let writer = self.writer.as_ref().expect("only a Caller place is asked to put");
        attached(|py| writer.write(py, &chunk, &self.cancelled))
    }
}

fn exception(py: Python<'_>, failure: Failure) -> PyErr {
    match failure {
        Failure::Data { message, column, row } => data_error(py, &message, &column, row),
        Failure::Source(error) => source_error(py, error),
        Failure::Io(error) => os_error(py, &error),
        Failure::Cancelled => CancelledError::new_err("cancelled"),
        Failure::Raised(raised) => match raised.downcast::<PyErr>() {
            Ok(error) => *error,
            Err(_) => PyRuntimeError::new_err("the caller failed"),
        },
        Failure::Internal(message) => PyRuntimeError::new_err(message),
    }
}
