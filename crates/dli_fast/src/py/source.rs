//! Python objects → streams: one import for every reader, and the exceptions they share.
//!
//! ```text
//! __arrow_c_stream__ │ __arrow_c_array__ ─▶ FFI_ArrowArrayStream        StreamError ─▶ the producer's exception │ SourceError
//! ```

use crate::stream::{Batch, StreamError, import_batch};
use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema};
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::{RecordBatch, RecordBatchIterator, RecordBatchOptions};
use arrow_schema::SchemaRef;
use pyo3::create_exception;
use pyo3::exceptions::{PyRuntimeError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyTuple};
use std::ffi::CStr;

create_exception!(
    dli_fast,
    SourceError,
    PyRuntimeError,
    "The producer's stream ended with an error: `message` is the producer's own text."
);
create_exception!(
    dli_fast,
    DataError,
    PyValueError,
    "A value that has no form: `message`, `column` (its name), `row` (from 1, or None)."
);

/// A `DataError` with its attributes; `row` counts from 1.
pub(crate) fn data_error(py: Python<'_>, message: &str, column: &str, row: Option<u64>) -> PyErr {
    let place = row.map_or_else(|| format!("column {column:?}"), |row| format!("row {row}, column {column:?}"));
    let error = DataError::new_err(format!("{place}: {message}"));
    let value = error.value(py);
    let set = value.setattr("message", message).and_then(|()| value.setattr("column", column));
    match set.and_then(|()| value.setattr("row", row)) {
        Ok(()) => error,
        Err(failed) => failed,
    }
}

/// The exception for a stream that ended early: the producer's own where it is known, else a `SourceError`.
pub(crate) fn source_error(py: Python<'_>, error: StreamError) -> PyErr {
    if let Some(raised) = error.raised {
        match raised.downcast::<PyErr>() {
            Ok(raised) => return *raised,
            Err(_) => return SourceError::new_err(error.message),
        }
    }
    let result = SourceError::new_err(error.message.clone());
    match result.value(py).setattr("message", error.message) {
        Ok(()) => result,
        Err(failed) => failed,
    }
}

/// The C stream of an object with `__arrow_c_stream__`, or of one batch of an object with `__arrow_c_array__`.
pub(crate) fn stream_of(source: &Bound<'_, PyAny>) -> PyResult<FFI_ArrowArrayStream> {
    if source.hasattr("__arrow_c_stream__")? {
        let capsule = source.call_method0("__arrow_c_stream__")?;
        let pointer: *mut FFI_ArrowArrayStream = pointer(&capsule, c"arrow_array_stream")?;
        // SAFETY: the capsule's name vouches for what it points to; moving out leaves a released stream behind.
        return Ok(unsafe { FFI_ArrowArrayStream::from_raw(pointer) });
    }
    if source.hasattr("__arrow_c_array__")? {
        let (schema, batch) = batch_of(source)?;
        let options = RecordBatchOptions::new().with_row_count(Some(batch.rows));
        let batch = RecordBatch::try_new_with_options(schema.clone(), batch.columns, &options)
            .map_err(|error| source_error(source.py(), StreamError::new(error.to_string())))?;
        return Ok(FFI_ArrowArrayStream::new(Box::new(RecordBatchIterator::new([Ok(batch)], schema))));
    }
    let kind = source.get_type().name()?;
    Err(PyTypeError::new_err(format!("{kind} has neither __arrow_c_stream__ nor __arrow_c_array__")))
}

/// Schema and batch of an object with `__arrow_c_array__`.
pub(crate) fn batch_of(source: &Bound<'_, PyAny>) -> PyResult<(SchemaRef, Batch)> {
    let capsules = source.call_method0("__arrow_c_array__")?.cast_into::<PyTuple>()?;
    let schema: *mut FFI_ArrowSchema = pointer(&capsules.get_item(0)?, c"arrow_schema")?;
    let array: *mut FFI_ArrowArray = pointer(&capsules.get_item(1)?, c"arrow_array")?;
    // SAFETY: the capsules' names vouch for what they point to; the schema is only read, the array moved out.
    let batch = unsafe { import_batch(FFI_ArrowArray::from_raw(array), &*schema) };
    batch.map_err(|error| source_error(source.py(), error))
}

/// What a capsule of this name points to.
pub(crate) fn pointer<T>(capsule: &Bound<'_, PyAny>, name: &CStr) -> PyResult<*mut T> {
    Ok(capsule.cast::<PyCapsule>()?.pointer_checked(Some(name))?.as_ptr().cast())
}

/// Run `body` on a thread of its own, since it may block for long, and look at signals meanwhile.
pub(crate) fn interruptible<T: Send + 'static>(
    py: Python<'_>,
    name: &str,
    body: impl FnOnce() -> T + Send + 'static,
) -> PyResult<T> {
    let (sender, done) = crossbeam_channel::bounded(1);
    std::thread::Builder::new().name(name.into()).spawn(move || drop(sender.send(body())))?;
    loop {
        match py.detach(|| done.recv_timeout(std::time::Duration::from_millis(50))) {
            Ok(result) => return Ok(result),
            Err(crossbeam_channel::RecvTimeoutError::Timeout) => py.check_signals()?,
            Err(crossbeam_channel::RecvTimeoutError::Disconnected) => {
                return Err(SourceError::new_err("the stream could not be read"));
            }
        }
    }
}
