//! What the classes that are Arrow producers share.

use arrow_array::ffi::FFI_ArrowSchema;
use arrow_schema::Schema;
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyCapsule;
use std::sync::{Mutex, PoisonError};

/// What can be read once, or the error that it was.
pub(super) fn taken<T>(slot: &Mutex<Option<T>>) -> PyResult<T> {
    let held = slot.lock().unwrap_or_else(PoisonError::into_inner).take();
    held.ok_or_else(|| PyRuntimeError::new_err("this stream was read before: it can be read once"))
}

/// The answer of `__arrow_c_schema__`.
pub(super) fn schema_capsule<'py>(py: Python<'py>, schema: &Schema) -> PyResult<Bound<'py, PyCapsule>> {
    let schema = FFI_ArrowSchema::try_from(schema).map_err(|error| PyValueError::new_err(error.to_string()))?;
    PyCapsule::new_with_value(py, schema, c"arrow_schema")
}
