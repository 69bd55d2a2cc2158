//! What another thread is busy with: `sys._current_exceptions`, which Python 3.11 locks up in.

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple};

pub(super) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(exception_of, module)?)
}

/// The exception that a thread handles.
///
/// Python collects them under a lock of its own. Up to 3.11 its allocations may start the garbage collector there, which
/// may hand the interpreter's lock to a thread that wants the other one: neither ever moves again (python/cpython#106883,
/// never mended in 3.11). Here nothing runs between switching the collector off, the call, and switching it on.
#[pyfunction]
fn exception_of(py: Python<'_>, thread: u64) -> PyResult<Option<Bound<'_, PyAny>>> {
    static CALL: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let call = CALL.import(py, "sys", "_current_exceptions")?;
    // SAFETY: the interpreter is attached; both only flip a switch of it.
    let was_on = unsafe { ffi::PyGC_Disable() } == 1;
    let found = call.call0();
    if was_on {
        // SAFETY: as above.
        unsafe { ffi::PyGC_Enable() };
    }
    let Some(found) = found?.cast_into::<PyDict>()?.get_item(thread)? else {
        return Ok(None);
    };
    // Before 3.12 it is the triple of sys.exc_info().
    let exception = if let Ok(triple) = found.cast::<PyTuple>() { triple.get_item(1)? } else { found };
    Ok((!exception.is_none()).then_some(exception))
}
