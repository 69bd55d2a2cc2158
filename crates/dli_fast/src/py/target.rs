//! What is written to: a descriptor, or a Python object with `write`.

use super::run::CancelledError;
use crate::pipe::Place;
use pyo3::exceptions::{PyOSError, PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyInt, PyString};
use std::os::fd::{BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// A duplicate of a descriptor, or the writer object to be called.
pub(super) fn place_of(target: &Bound<'_, PyAny>) -> PyResult<(Place, Option<Writer>)> {
    if target.is_instance_of::<PyInt>() {
        return Ok((Place::Fd(duplicate(target)?), None));
    }
    if !target.hasattr("write")? {
        let kind = target.get_type().name()?;
        return Err(PyTypeError::new_err(format!("{kind} is neither a file descriptor nor has it a write method")));
    }
    let raw = target.py().import("io")?.getattr("RawIOBase")?;
    Ok((Place::Caller, Some(Writer { object: target.clone().unbind(), raw: target.is_instance(&raw)? })))
}

/// A descriptor of one's own for the one that a Python integer names.
pub(super) fn duplicate(number: &Bound<'_, PyAny>) -> PyResult<OwnedFd> {
    let fd: i32 = number.extract()?;
    if fd < 0 {
        return Err(PyValueError::new_err(format!("{fd} is no file descriptor")));
    }
    // SAFETY: borrowed for the duplication alone; a closed one fails with EBADF.
    let own = unsafe { BorrowedFd::borrow_raw(fd) }.try_clone_to_owned();
    own.map_err(|error| os_error(number.py(), &error))
}

/// A Python object with `write`; `raw` ones return None for "would block".
pub(super) struct Writer {
    object: Py<PyAny>,
    raw: bool,
}

impl Writer {
    /// All of `rest`, however little the writer takes at a time.
    pub(super) fn write(&self, py: Python<'_>, mut rest: &[u8], cancelled: &AtomicBool) -> PyResult<()> {
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

/// `OSError` with errno, of the subclass that belongs to it.
pub(super) fn os_error(py: Python<'_>, error: &std::io::Error) -> PyErr {
    let Some(code) = error.raw_os_error() else { return PyOSError::new_err(error.to_string()) };
    let text = py.import("os").and_then(|os| os.call_method1("strerror", (code,))?.extract::<String>());
    PyOSError::new_err((code, text.unwrap_or_else(|_| error.to_string())))
}
