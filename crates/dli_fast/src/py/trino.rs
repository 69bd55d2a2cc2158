//! `trino_page` and `TrinoStream`: pages in, an Arrow stream out.

use super::capsule::taken;
use crate::trino::kind::Kind;
use crate::trino::page::envelope;
use crate::trino::queue::{Pages, Queue};
use crate::trino::rows::Decoder;
use crate::trino::segment::Encoding;
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::{RecordBatch, RecordBatchReader};
use arrow_schema::{ArrowError, SchemaRef, TimeUnit};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyCapsule, PyTuple};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

pub(super) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(trino_page, module)?)?;
    module.add_class::<TrinoStream>()
}

type Span = Option<(usize, usize)>;

/// The head of an answer, and where its rows are.
#[pyfunction]
fn trino_page(py: Python<'_>, body: PyBackedBytes) -> PyResult<(Bound<'_, PyBytes>, Span)> {
    let found = py.detach(|| envelope(&body));
    let (head, rows) = found.map_err(|error| PyValueError::new_err(error.to_string()))?;
    Ok((PyBytes::new(py, &head), rows.map(|rows| (rows.start, rows.end))))
}

type Held = Queue<PyBackedBytes>;

/// Pages put in by one thread, an Arrow stream read by another.
#[pyclass(frozen, module = "dli_fast")]
struct TrinoStream {
    queue: Arc<Held>,
    schema: SchemaRef,
    reader: Mutex<Option<Reader>>,
}

#[pymethods]
impl TrinoStream {
    #[new]
    #[pyo3(signature = (columns, capacity = 16 << 20))]
    fn new(columns: Vec<(String, Bound<'_, PyAny>)>, capacity: usize) -> PyResult<Self> {
        let columns: PyResult<Vec<_>> =
            columns.into_iter().map(|(name, kind)| Ok((name, kind_of(&kind, 0)?))).collect();
        let decoder = Decoder::new(columns?);
        let schema = decoder.schema();
        let queue = Arc::new(Queue::new(decoder, capacity));
        let reader = Reader { queue: queue.clone(), schema: schema.clone(), over: false };
        Ok(Self { queue, schema, reader: Mutex::new(Some(reader)) })
    }

    /// The names of the columns.
    #[getter]
    fn names(&self) -> Vec<String> {
        self.schema.fields().iter().map(|field| field.name().clone()).collect()
    }

    /// Rows of a page.
    fn put(&self, py: Python<'_>, body: PyBackedBytes, start: usize, end: usize) -> PyResult<bool> {
        if start > end || end > body.len() {
            return Err(PyValueError::new_err("the rows are not within the page"));
        }
        Ok(py.detach(|| self.queue.put(Pages::Plain(body, start..end))))
    }

    /// Rows of a segment.
    #[pyo3(signature = (body, encoding, size = None, rows = None))]
    fn put_segment(
        &self,
        py: Python<'_>,
        body: PyBackedBytes,
        encoding: &str,
        size: Option<usize>,
        rows: Option<u64>,
    ) -> PyResult<bool> {
        let found = Encoding::of(encoding);
        let encoding = found.ok_or_else(|| PyValueError::new_err(format!("no encoding of segments: {encoding:?}")))?;
        Ok(py.detach(|| self.queue.put(Pages::Segment(body, encoding, size, rows))))
    }

    /// No more pages.
    fn finish(&self) {
        self.queue.finish();
    }

    /// No more pages: something went wrong.
    fn fail(&self, text: String) {
        self.queue.fail(text);
    }

    /// Nobody reads.
    fn close(&self) {
        self.queue.close();
    }

    /// What went wrong.
    #[getter]
    fn failed(&self) -> Option<String> {
        self.queue.failed()
    }

    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let _ = requested_schema; // the interface lets a producer ignore it
        let reader = taken(&self.reader)?;
        PyCapsule::new_with_value(py, FFI_ArrowArrayStream::new(Box::new(reader)), c"arrow_array_stream")
    }
}

/// What the C stream pulls from.
struct Reader {
    queue: Arc<Held>,
    schema: SchemaRef,
    over: bool,
}

impl Iterator for Reader {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        if !self.queue.ready() {
            // A reader that holds the interpreter's lock while it pulls would wait for ever for the thread that fetches.
            if Python::try_attach(|py| py.detach(|| self.queue.wait())).is_none() {
                self.queue.wait();
            }
        }
        // Past a C callback there is no way for a panic but the end of the process.
        let found = catch_unwind(AssertUnwindSafe(|| self.queue.next()))
            .unwrap_or_else(|_| Some(Err(crate::trino::Error::new("the page could not be read"))));
        self.over = !matches!(found, Some(Ok(_)));
        // The C interface ends a text at its first NUL, and arrow-rs ends the process there.
        let told = |error: crate::trino::Error| ArrowError::ComputeError(error.to_string().replace('\0', "\\0"));
        found.map(|batch| batch.map_err(told))
    }
}

impl RecordBatchReader for Reader {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.queue.close();
    }
}

const DEEPEST: usize = 64;

/// A kind from its description: `"bigint"`, `("decimal", 12, 2)`, `("list", kind)`, …
fn kind_of(found: &Bound<'_, PyAny>, depth: usize) -> PyResult<Kind> {
    let bad = || PyValueError::new_err(format!("no kind of column: {found}"));
    if depth > DEEPEST {
        return Err(PyValueError::new_err("a type within more than 64 others"));
    }
    if let Ok(name) = found.extract::<String>() {
        return plain(&name).ok_or_else(bad);
    }
    let parts = found.cast::<PyTuple>().map_err(|_| bad())?;
    let name: String = parts.get_item(0)?.extract()?;
    let part = |at: usize| parts.get_item(at).map_err(|_| bad());
    let inner = |at: usize| part(at).and_then(|kind| kind_of(&kind, depth + 1)).map(Box::new);
    Ok(match name.as_str() {
        "decimal" => {
            let (precision, scale) = (part(1)?.extract::<u8>()?, part(2)?.extract::<i8>()?);
            if precision == 0 || precision > 38 || scale < 0 || scale > precision as i8 {
                return Err(bad());
            }
            Kind::Decimal(precision, scale)
        }
        "time" => Kind::Time(if part(1)?.extract::<u8>()? <= 6 { TimeUnit::Microsecond } else { TimeUnit::Nanosecond }),
        "timestamp" => Kind::Timestamp(unit(part(1)?.extract()?).ok_or_else(bad)?),
        "instant" => Kind::Instant(unit(part(1)?.extract()?).ok_or_else(bad)?),
        "list" => Kind::List(inner(1)?),
        "map" => Kind::Map(inner(1)?, inner(2)?),
        "row" => {
            let fields: Vec<(String, Bound<'_, PyAny>)> = part(1)?.extract()?;
            let fields = fields.into_iter().map(|(name, kind)| Ok((name, kind_of(&kind, depth + 1)?)));
            Kind::Row(fields.collect::<PyResult<_>>()?)
        }
        _ => return Err(bad()),
    })
}

fn plain(name: &str) -> Option<Kind> {
    Some(match name {
        "boolean" => Kind::Boolean,
        "tinyint" => Kind::Int8,
        "smallint" => Kind::Int16,
        "integer" => Kind::Int32,
        "bigint" => Kind::Int64,
        "real" => Kind::Float32,
        "double" => Kind::Float64,
        "text" => Kind::Text,
        "binary" => Kind::Binary,
        "date" => Kind::Date,
        _ => return None,
    })
}

/// The unit that holds so many digits of a second.
fn unit(digits: u8) -> Option<TimeUnit> {
    Some(match digits {
        0 => TimeUnit::Second,
        1..=3 => TimeUnit::Millisecond,
        4..=6 => TimeUnit::Microsecond,
        7..=9 => TimeUnit::Nanosecond,
        _ => return None,
    })
}
