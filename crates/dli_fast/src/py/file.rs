//! Bindings of Parquet and Arrow IPC.
//!
//! ```text
//! write_parquet, write_ipc: the keywords of every writer ─▶ file::parquet, file::ipc
//! read_ipc: bytes │ descriptor │ object with read ─▶ Reader, as far as the schema ─▶ IpcStream, a capsule producer
//! ```

use super::capsule::{schema_capsule, taken};
use super::keywords::{level_of, no_levels, unknown};
use super::run::{CancelToken, Run, Written, unwritable};
use super::source::{interruptible, source_error};
use super::target::duplicate;
use crate::file::read::{Input, Last, Reader};
use crate::file::{ipc, parquet};
use crate::pipe::{self, Compression, Settings};
use crate::stream::{StreamError, note_raised, take_raised};
use arrow_array::RecordBatchReader;
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_buffer::Buffer;
use arrow_schema::SchemaRef;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyCapsule, PyInt};
use std::collections::HashMap;
use std::io::{self, Read, Seek, SeekFrom};
use std::panic::AssertUnwindSafe;
use std::ptr::NonNull;
use std::sync::{Arc, Mutex, PoisonError};

pub(super) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<IpcStream>()?;
    module.add_function(wrap_pyfunction!(write_parquet, module)?)?;
    module.add_function(wrap_pyfunction!(write_ipc, module)?)?;
    module.add_function(wrap_pyfunction!(read_ipc, module)?)
}

#[pyfunction]
#[pyo3(signature = (
    source, target, *, compression="zstd", level=None, sha256=true, workers=None, progress=None, cancel=None
))]
#[expect(clippy::too_many_arguments, reason = "the keywords of the Python API")]
fn write_parquet(
    py: Python<'_>,
    source: &Bound<'_, PyAny>,
    target: &Bound<'_, PyAny>,
    compression: &str,
    level: Option<i32>,
    sha256: bool,
    workers: Option<i64>,
    progress: Option<Py<PyAny>>,
    cancel: Option<&Bound<'_, CancelToken>>,
) -> PyResult<Written> {
    let codec = match compression {
        "none" | "snappy" if level.is_some() => return Err(no_levels(compression)),
        "none" => parquet::Codec::None,
        "snappy" => parquet::Codec::Snappy,
        "gzip" => parquet::Codec::Gzip(level_of(compression, level, 6, 0, 9)? as u32),
        "zstd" => parquet::Codec::Zstd(level_of(compression, level, 1, 1, 22)?),
        other => return Err(unknown(other, r#""none" or "snappy" or "gzip" or "zstd""#)),
    };
    let run = Run::new(sha256, workers, progress, cancel)?;
    let workers = run.workers;
    run.conduct(py, source, target, move |source, target, cancelled, caller| {
        let plan = parquet::Plan::new(&source.schema(), codec).map_err(|(column, error)| unwritable(column, error))?;
        parquet::run(source, plan, target, workers, cancelled, caller)
    })
}

#[pyfunction]
#[pyo3(signature = (
    source, target, *, format="file", compression="none", level=None, sha256=true, workers=None, progress=None, cancel=None
))]
#[expect(clippy::too_many_arguments, reason = "the keywords of the Python API")]
fn write_ipc(
    py: Python<'_>,
    source: &Bound<'_, PyAny>,
    target: &Bound<'_, PyAny>,
    format: &str,
    compression: &str,
    level: Option<i32>,
    sha256: bool,
    workers: Option<i64>,
    progress: Option<Py<PyAny>>,
    cancel: Option<&Bound<'_, CancelToken>>,
) -> PyResult<Written> {
    let footer = match format {
        "file" => true,
        "stream" => false,
        other => return Err(PyValueError::new_err(format!(r#"format must be "file" or "stream", not {other:?}"#))),
    };
    let codec = match compression {
        "none" | "lz4" if level.is_some() => return Err(no_levels(compression)),
        "none" => ipc::Codec::None,
        "lz4" => ipc::Codec::Lz4,
        "zstd" => ipc::Codec::Zstd(level_of(compression, level, 1, 1, 22)?),
        other => return Err(unknown(other, r#""none" or "lz4" or "zstd""#)),
    };
    let run = Run::new(sha256, workers, progress, cancel)?;
    let workers = run.workers;
    run.conduct(py, source, target, move |source, target, cancelled, caller| {
        let layout =
            ipc::Ipc::new(&source.schema(), footer, codec).map_err(|(column, error)| unwritable(column, error))?;
        let workers = if layout.ordered() { 1 } else { workers };
        let settings = Settings { workers, compression: Compression::None };
        pipe::run(source, Arc::new(layout), target, settings, cancelled, caller)
    })
}

/// An Arrow IPC stream or file, read once.
#[pyclass(frozen, module = "dli_fast")]
struct IpcStream {
    schema: SchemaRef,
    last: Last,
    reader: Mutex<Option<Reader>>,
}

#[pymethods]
impl IpcStream {
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

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        schema_capsule(py, &self.schema)
    }

    #[getter]
    fn names(&self) -> Vec<String> {
        self.schema.fields().iter().map(|field| field.name().clone()).collect()
    }

    #[getter]
    fn metadata(&self) -> HashMap<String, String> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Let go of the input if nobody took the stream.
    fn close(&self, py: Python<'_>) {
        let reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner).take();
        py.detach(|| drop(reader));
    }
}

/// Read as far as the schema; the batches come when the stream is pulled.
#[pyfunction]
fn read_ipc(py: Python<'_>, source: &Bound<'_, PyAny>) -> PyResult<IpcStream> {
    let input = input_of(source)?;
    let open =
        move || Reader::open(input).map_err(|error| StreamError { message: error.to_string(), raised: take_raised() });
    let reader = interruptible(py, "dli-open", open)?.map_err(|error| source_error(py, error))?;
    Ok(IpcStream { schema: reader.schema(), last: reader.metadata(), reader: Mutex::new(Some(reader)) })
}

fn input_of(source: &Bound<'_, PyAny>) -> PyResult<Input> {
    if let Ok(bytes) = source.cast::<PyBytes>() {
        return Ok(Input::Memory(memory(bytes)));
    }
    if source.is_instance_of::<PyInt>() {
        let mut file = std::fs::File::from(duplicate(source)?);
        // A pipe has no position; a file that was read in part is read on from there.
        let start = file.stream_position().is_ok_and(|position| position == 0);
        return Ok(if start { Input::Seek(Box::new(file)) } else { Input::Read(Box::new(file)) });
    }
    let seekable = source.hasattr("seekable")? && source.call_method0("seekable")?.is_truthy()?;
    if seekable && source.call_method0("tell")?.extract::<u64>()? == 0 {
        return Ok(Input::Seek(Box::new(PythonFile { read: "read", object: source.clone().unbind() })));
    }
    for read in ["read1", "read"] {
        if source.hasattr(read)? {
            // Small messages, few calls: the object is asked for a block at a time.
            let file = PythonFile { read, object: source.clone().unbind() };
            return Ok(Input::Read(Box::new(io::BufReader::with_capacity(256 << 10, file))));
        }
    }
    let kind = source.get_type().name()?;
    Err(PyTypeError::new_err(format!("{kind} is neither bytes nor a file descriptor, and has no read method")))
}

/// The bytes of a `bytes` object, which lives as long as any batch points into it.
fn memory(bytes: &Bound<'_, PyBytes>) -> Buffer {
    let slice = bytes.as_bytes();
    let Some(start) = NonNull::new(slice.as_ptr().cast_mut()) else { return Buffer::default() };
    // SAFETY: `bytes` objects never change or move, and the allocation holds a reference to this one.
    unsafe { Buffer::from_custom_allocation(start, slice.len(), Arc::new(AssertUnwindSafe(bytes.clone().unbind()))) }
}

/// A Python object with `read`, and with `seek` where that is used.
struct PythonFile {
    read: &'static str,
    object: Py<PyAny>,
}

/// What the object raised goes its own way; the crates in between see an error without details.
fn raised(error: PyErr) -> io::Error {
    note_raised(Box::new(error));
    io::Error::other("the file object raised")
}

impl Read for PythonFile {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        Python::attach(|py| {
            let answer = self.object.bind(py).call_method1(self.read, (into.len(),)).map_err(raised)?;
            if answer.is_none() {
                return Err(raised(PyValueError::new_err(
                    "read() returned None: a file that would block cannot be read",
                )));
            }
            let bytes = answer.cast_into::<PyBytes>().map_err(|error| raised(error.into()))?;
            let Some(place) = into.get_mut(..bytes.as_bytes().len()) else {
                return Err(raised(PyValueError::new_err("read() returned more than was asked for")));
            };
            place.copy_from_slice(bytes.as_bytes());
            Ok(place.len())
        })
    }
}

impl Seek for PythonFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let (offset, whence) = match to {
            SeekFrom::Start(offset) => (offset as i64, 0),
            SeekFrom::Current(offset) => (offset, 1),
            SeekFrom::End(offset) => (offset, 2),
        };
        Python::attach(|py| {
            let answer = self.object.bind(py).call_method1("seek", (offset, whence)).map_err(raised)?;
            answer.extract().map_err(raised)
        })
    }
}
