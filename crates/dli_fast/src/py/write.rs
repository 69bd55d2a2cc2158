//! Bindings of the writers.
//!
//! ```text
//! arguments ─▶ stream, layout, target ─▶ detach the GIL ─▶ pipe::run ─▶ Written │ the exception
//!                                           └ every 50 ms: signals, progress, writes to a Python target
//! ```

use super::source::{DataError, SourceError, data_error, source_error, stream_of};
use crate::csv::{Csv, Dialect};
use crate::json::Json;
use crate::pipe::{self, Caller, Compression, Failure, Layout, Place, Settings, Target};
use crate::stream::{Raised, Source};
use crate::text::{Binary, Nan, Numbers, Options, TextError, Utf8};
use arrow_schema::Schema;
use pyo3::exceptions::{PyOSError, PyRuntimeError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyInt, PyString};
use pyo3::{create_exception, intern};
use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

create_exception!(dli_fast, CancelledError, PyRuntimeError, "The CancelToken was cancelled while writing.");

pub(super) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    module.add("DataError", py.get_type::<DataError>())?;
    module.add("SourceError", py.get_type::<SourceError>())?;
    module.add("CancelledError", py.get_type::<CancelledError>())?;
    module.add_class::<CancelToken>()?;
    module.add_class::<Written>()?;
    module.add_function(wrap_pyfunction!(write_csv, module)?)?;
    module.add_function(wrap_pyfunction!(write_json, module)?)
}

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

#[pyfunction]
#[pyo3(signature = (
    source, target, *, delimiter=",", header=true, null="", bom=false, safe=false, binary="base64", utf8="strict",
    compression="none", level=None, sha256=true, workers=None, progress=None, cancel=None
))]
#[expect(clippy::too_many_arguments, clippy::fn_params_excessive_bools, reason = "the keywords of the Python API")]
fn write_csv(
    py: Python<'_>,
    source: &Bound<'_, PyAny>,
    target: &Bound<'_, PyAny>,
    delimiter: &str,
    header: bool,
    null: &str,
    bom: bool,
    safe: bool,
    binary: &str,
    utf8: &str,
    compression: &str,
    level: Option<i32>,
    sha256: bool,
    workers: Option<i64>,
    progress: Option<Py<PyAny>>,
    cancel: Option<&Bound<'_, CancelToken>>,
) -> PyResult<Written> {
    let &[delimiter] = delimiter.as_bytes() else {
        return Err(PyValueError::new_err("the delimiter must be one ASCII character"));
    };
    let dialect = Dialect { delimiter, header, null: null.into(), bom, safe };
    dialect.check().map_err(PyValueError::new_err)?;
    let options = Options { binary: binary_form(binary)?, utf8: utf8_policy(utf8)?, ..Options::default() };
    let compression = compression_of(compression, level)?;
    let run = Run::new(sha256, workers, progress, cancel)?;
    run.write(py, source, target, compression, move |schema| Ok(Arc::new(Csv::new(schema, dialect, options)?)))
}

#[pyfunction]
#[pyo3(signature = (
    source, target, *, lines, numbers="exact", nan="null", binary="base64", utf8="strict",
    compression="none", level=None, sha256=true, workers=None, progress=None, cancel=None
))]
#[expect(clippy::too_many_arguments, reason = "the keywords of the Python API")]
fn write_json(
    py: Python<'_>,
    source: &Bound<'_, PyAny>,
    target: &Bound<'_, PyAny>,
    lines: bool,
    numbers: &str,
    nan: &str,
    binary: &str,
    utf8: &str,
    compression: &str,
    level: Option<i32>,
    sha256: bool,
    workers: Option<i64>,
    progress: Option<Py<PyAny>>,
    cancel: Option<&Bound<'_, CancelToken>>,
) -> PyResult<Written> {
    let options = Options {
        binary: binary_form(binary)?,
        utf8: utf8_policy(utf8)?,
        numbers: choice("numbers", numbers, &[("exact", Numbers::Exact), ("string", Numbers::String)])?,
        nan: choice("nan", nan, &[("null", Nan::Null), ("error", Nan::Error)])?,
    };
    let compression = compression_of(compression, level)?;
    let run = Run::new(sha256, workers, progress, cancel)?;
    run.write(py, source, target, compression, move |schema| Ok(Arc::new(Json::new(schema, lines, options)?)))
}

fn binary_form(name: &str) -> PyResult<Binary> {
    choice("binary", name, &[("base64", Binary::Base64), ("hex", Binary::Hex)])
}

fn utf8_policy(name: &str) -> PyResult<Utf8> {
    choice("utf8", name, &[("strict", Utf8::Strict), ("replace", Utf8::Replace)])
}

fn choice<T: Copy>(keyword: &str, value: &str, choices: &[(&str, T)]) -> PyResult<T> {
    choices.iter().find(|(name, _)| *name == value).map(|(_, choice)| *choice).ok_or_else(|| {
        let names: Vec<String> = choices.iter().map(|(name, _)| format!("{name:?}")).collect();
        PyValueError::new_err(format!("{keyword} must be {}, not {value:?}", names.join(" or ")))
    })
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

    fn write<T: Layout + 'static>(
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

/// The level, if `name` has it.
pub(super) fn level_of(name: &str, level: Option<i32>, default: i32, least: i32, most: i32) -> PyResult<i32> {
    match level.unwrap_or(default) {
        level if (least..=most).contains(&level) => Ok(level),
        level => Err(PyValueError::new_err(format!("{name} has levels {least} to {most}, not {level}"))),
    }
}

fn compression_of(name: &str, level: Option<i32>) -> PyResult<Compression> {
    match name {
        "none" if level.is_some() => Err(PyValueError::new_err("level needs a compression")),
        "none" => Ok(Compression::None),
        "gzip" => Ok(Compression::Gzip(level_of(name, level, 6, 0, 9)? as u32)),
        "zstd" => Ok(Compression::Zstd(level_of(name, level, 3, -7, 22)?)),
        _ => Err(PyValueError::new_err(format!(r#"compression must be "none" or "gzip" or "zstd", not {name:?}"#))),
    }
}

/// A duplicate of a descriptor, or the writer object to be called.
fn place_of(target: &Bound<'_, PyAny>) -> PyResult<(Place, Option<Writer>)> {
    if target.is_instance_of::<PyInt>() {
        let fd: i32 = target.extract()?;
        if fd < 0 {
            return Err(PyValueError::new_err(format!("{fd} is no file descriptor")));
        }
        // SAFETY: borrowed for the duplication alone; a closed one fails with EBADF.
        let own = unsafe { BorrowedFd::borrow_raw(fd) }.try_clone_to_owned();
        return Ok((Place::Fd(own.map_err(|error| os_error(target.py(), &error))?), None));
    }
    if !target.hasattr("write")? {
        let kind = target.get_type().name()?;
        return Err(PyTypeError::new_err(format!("{kind} is neither a file descriptor nor has it a write method")));
    }
    let raw = target.py().import("io")?.getattr("RawIOBase")?;
    Ok((Place::Caller, Some(Writer { object: target.clone().unbind(), raw: target.is_instance(&raw)? })))
}

/// A Python object with `write`; `raw` ones return None for "would block".
struct Writer {
    object: Py<PyAny>,
    raw: bool,
}

impl Writer {
    /// All of `rest`, however little the writer takes at a time.
    fn write(&self, py: Python<'_>, mut rest: &[u8], cancelled: &AtomicBool) -> PyResult<()> {
        let write = self.object.bind(py).getattr(intern!(py, "write"))?;
        let mut piece = rest.len();
        while !rest.is_empty() {
            piece = piece.min(rest.len());
            let answer = write.call1((PyBytes::new(py, &rest[..piece]),))?;
            let taken = match (answer.is_none(), self.raw) {
                (true, true) => 0,
                (true, false) => piece,
                (false, _) => answer.extract::<usize>().map_err(|_| bad_count(&answer, piece))?,
            };
            if taken > piece {
                return Err(bad_count(&answer, piece));
            }
            rest = &rest[taken..];
            if taken < piece {
                // A writer that takes little gets little: offering all of the rest each time would copy it each time.
                piece = (2 * taken).max(4096);
                py.check_signals()?;
                if cancelled.load(Ordering::Relaxed) {
                    return Err(CancelledError::new_err("cancelled"));
                }
            }
            if taken == 0 {
                py.detach(|| std::thread::sleep(Duration::from_millis(5)));
            }
        }
        Ok(())
    }
}

fn bad_count(answer: &Bound<'_, PyAny>, offered: usize) -> PyErr {
    let answer = answer.repr().map_or_else(|_| "?".to_string(), |text: Bound<'_, PyString>| text.to_string());
    PyTypeError::new_err(format!("write() must return None or how many of the {offered} bytes it took, not {answer}"))
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

/// `OSError` with errno, of the subclass that belongs to it.
pub(super) fn os_error(py: Python<'_>, error: &std::io::Error) -> PyErr {
    let Some(code) = error.raw_os_error() else { return PyOSError::new_err(error.to_string()) };
    let text = py.import("os").and_then(|os| os.call_method1("strerror", (code,))?.extract::<String>());
    PyOSError::new_err((code, text.unwrap_or_else(|_| error.to_string())))
}
