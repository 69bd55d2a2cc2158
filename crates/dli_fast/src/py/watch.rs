//! `Watch`: a capsule producer around another, with counters.

use super::capsule::taken;
use super::source::stream_of;
use crate::watch::{Counters, Marks, watch};
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

pub(super) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Watch>()
}

/// A stream read once, whose progress other threads can see.
#[pyclass(frozen, module = "dli_fast")]
struct Watch {
    counters: Arc<Counters>,
    stream: Mutex<Option<FFI_ArrowArrayStream>>,
    marks: Mutex<Marks>,
}

#[pymethods]
impl Watch {
    #[new]
    fn new(source: &Bound<'_, PyAny>) -> PyResult<Self> {
        Ok(Self { counters: Arc::default(), stream: Mutex::new(Some(stream_of(source)?)), marks: Mutex::default() })
    }

    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let _ = requested_schema; // the interface lets a producer ignore it
        let stream = taken(&self.stream)?;
        let marks = self.marks.lock().unwrap_or_else(PoisonError::into_inner).clone();
        PyCapsule::new_with_value(py, watch(stream, self.counters.clone(), marks), c"arrow_array_stream")
    }

    /// The texts at these paths are JSON.
    fn mark_json(&self, paths: Vec<Vec<usize>>) {
        self.marks.lock().unwrap_or_else(PoisonError::into_inner).json.extend(paths);
    }

    /// No name of a column, or inside of one, shows these texts.
    fn hide(&self, texts: Vec<String>) {
        let mut marks = self.marks.lock().unwrap_or_else(PoisonError::into_inner);
        marks.hidden.extend(texts.into_iter().filter(|text| !text.is_empty()));
    }

    /// Release the producer without reading; nothing happens when a consumer has it.
    fn close(&self, py: Python<'_>) {
        let stream = self.stream.lock().unwrap_or_else(PoisonError::into_inner).take();
        py.detach(|| drop(stream));
    }

    #[getter]
    fn rows(&self) -> u64 {
        self.counters.rows.load(Ordering::Relaxed)
    }

    #[getter]
    fn batches(&self) -> u64 {
        self.counters.batches.load(Ordering::Acquire)
    }

    #[getter]
    fn ended(&self) -> bool {
        self.counters.ended.load(Ordering::Acquire)
    }

    #[getter]
    fn waiting(&self) -> Option<f64> {
        self.counters.waiting().map(|time| time.as_secs_f64())
    }

    #[getter]
    fn failed(&self) -> Option<String> {
        self.counters.failed()
    }
}
