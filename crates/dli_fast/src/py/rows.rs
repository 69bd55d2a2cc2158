//! Bindings of `rows`: `Batches`, `collect`, `from_rows`.

use super::capsule::schema_capsule;
use super::source::{data_error, interruptible, source_error, stream_of};
use crate::rows::{Held, build, is_number, type_name, values};
use crate::stream::{Batch, Source};
use crate::text::{Encoder, Form, Options};
use arrow_array::RecordBatchIterator;
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_schema::{DataType, Field, Schema};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyDict, PyList, PyTuple};
use std::sync::Arc;

pub(super) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Batches>()?;
    module.add_function(wrap_pyfunction!(collect, module)?)?;
    module.add_function(wrap_pyfunction!(from_rows, module)?)
}

/// Held Arrow record batches of one schema.
#[pyclass(frozen, module = "dli_fast")]
struct Batches {
    held: Held,
    truncated: bool,
}

#[pymethods]
impl Batches {
    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let _ = requested_schema; // the interface lets a producer ignore it
        let records = self.held.records().map_err(|error| PyValueError::new_err(error.to_string()))?;
        let reader = RecordBatchIterator::new(records.into_iter().map(Ok), self.held.schema.clone());
        PyCapsule::new_with_value(py, FFI_ArrowArrayStream::new(Box::new(reader)), c"arrow_array_stream")
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        schema_capsule(py, &self.held.schema)
    }

    fn __len__(&self) -> usize {
        self.held.rows()
    }

    #[getter]
    fn names(&self) -> Vec<String> {
        self.held.schema.fields().iter().map(|field| field.name().clone()).collect()
    }

    #[getter]
    fn types(&self) -> Vec<String> {
        self.held.schema.fields().iter().map(|field| type_name(field.data_type())).collect()
    }

    #[getter]
    fn numeric(&self) -> Vec<bool> {
        self.held.schema.fields().iter().map(|field| is_number(field.data_type())).collect()
    }

    #[getter]
    fn nbytes(&self) -> usize {
        self.held.batches.iter().map(Batch::bytes).sum()
    }

    #[getter]
    fn truncated(&self) -> bool {
        self.truncated
    }

    fn to_dicts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let rows = PyList::empty(py);
        for (batch, row) in self.held.places(0, usize::MAX) {
            let dict = PyDict::new(py);
            for (field, column) in self.held.schema.fields().iter().zip(&batch.columns) {
                dict.set_item(field.name(), values::value(py, field, column, row)?)?;
            }
            rows.append(dict)?;
        }
        Ok(rows)
    }

    fn to_tuples<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let rows = PyList::empty(py);
        for (batch, row) in self.held.places(0, usize::MAX) {
            let cells = self.held.schema.fields().iter().zip(&batch.columns);
            let cells: PyResult<Vec<_>> = cells.map(|(field, column)| values::value(py, field, column, row)).collect();
            rows.append(PyTuple::new(py, cells?)?)?;
        }
        Ok(rows)
    }

    #[pyo3(signature = (start = 0, stop = None))]
    fn texts(&self, py: Python<'_>, start: usize, stop: Option<usize>) -> PyResult<Vec<Vec<Option<String>>>> {
        let fields = self.held.schema.fields();
        let encoders = fields.iter().map(|field| Encoder::new(field, Form::Text, Options::default()));
        let encoders: Result<Vec<_>, _> = encoders.collect();
        let encoders = encoders.map_err(|error| PyValueError::new_err(error.0))?;
        let mut rows = Vec::new();
        for (at, (batch, row)) in self.held.places(start, stop.unwrap_or(usize::MAX)).enumerate() {
            let mut cells = Vec::with_capacity(encoders.len());
            for ((encoder, column), field) in encoders.iter().zip(&batch.columns).zip(fields) {
                let mut out = Vec::new();
                let present = encoder.write(column, row, &mut out);
                let present = present.map_err(|e| data_error(py, &e.0, field.name(), Some((start + at + 1) as u64)))?;
                cells.push(present.then(|| String::from_utf8_lossy(&out).into_owned()));
            }
            rows.push(cells);
        }
        Ok(rows)
    }
}

/// Read a stream into memory.
#[pyfunction]
#[pyo3(signature = (source, *, limit = None))]
fn collect(py: Python<'_>, source: &Bound<'_, PyAny>, limit: Option<usize>) -> PyResult<Batches> {
    let stream = stream_of(source)?;
    let (held, truncated) =
        interruptible(py, "dli-collect", move || read(stream, limit))?.map_err(|e| source_error(py, e))?;
    Ok(Batches { held, truncated })
}

fn read(stream: FFI_ArrowArrayStream, limit: Option<usize>) -> Result<(Held, bool), crate::stream::StreamError> {
    // SAFETY: the stream was taken from a capsule of its name.
    let mut source = unsafe { Source::open(stream) }?;
    let mut held = Held { schema: source.schema(), batches: Vec::new() };
    let mut room = limit.unwrap_or(usize::MAX);
    while let Some(mut batch) = source.next_batch()? {
        if batch.rows > room {
            batch.columns = batch.columns.iter().map(|column| column.slice(0, room)).collect();
            batch.rows = room;
            held.batches.push(batch);
            return Ok((held, true));
        }
        room -= batch.rows;
        if batch.rows > 0 {
            held.batches.push(batch);
        }
    }
    Ok((held, false))
}

/// Rows → batches.
#[pyfunction]
#[pyo3(signature = (rows, schema = None))]
#[expect(clippy::needless_pass_by_value, reason = "an argument of a Python function")]
fn from_rows(py: Python<'_>, rows: &Bound<'_, PyAny>, schema: Option<Vec<(String, String)>>) -> PyResult<Batches> {
    let rows: Vec<Bound<'_, PyAny>> = rows.try_iter()?.collect::<PyResult<_>>()?;
    let mut kinds: Vec<(String, Option<DataType>)> = Vec::new();
    for (name, kind) in schema.iter().flatten() {
        let parsed = build::parse(kind).ok_or_else(|| PyValueError::new_err(format!("unknown type {kind:?}")))?;
        kinds.push((name.clone(), Some(parsed)));
    }
    if schema.is_none() {
        let mut seen = std::collections::HashSet::new();
        for row in &rows {
            for key in row.call_method0("keys")?.try_iter()? {
                let key: String = key?.extract()?;
                if seen.insert(key.clone()) {
                    kinds.push((key, None));
                }
            }
        }
    }
    let (mut fields, mut columns) = (Vec::new(), Vec::new());
    for (name, kind) in kinds {
        let cells = rows.iter().map(|row| {
            let cell = row.call_method1("get", (&name,))?;
            Ok((!cell.is_none()).then_some(cell))
        });
        let cells: Vec<_> = cells.collect::<PyResult<_>>()?;
        let misfit =
            |(index, error): build::Misfit| data_error(py, &error.value(py).to_string(), &name, Some(index as u64 + 1));
        let kind = kind.map_or_else(|| build::infer(&cells), Ok).map_err(misfit)?;
        columns.push(build::column(&kind, &cells).map_err(misfit)?);
        fields.push(Field::new(name, kind, true));
    }
    let batches = vec![Batch { columns, rows: rows.len() }];
    Ok(Batches { held: Held { schema: Arc::new(Schema::new(fields)), batches }, truncated: false })
}
