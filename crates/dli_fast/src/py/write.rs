//! Bindings of the text writers, CSV and JSON: their keywords and the classes that all writers share.
//!
//! ```text
//! keywords ─▶ dialect, options, compression (keywords.rs) ─▶ Run (run.rs) ─▶ Written │ the exception
//! ```

use super::keywords::{choice, level_of, unknown};
use super::run::{CancelToken, CancelledError, Run, Written};
use super::source::{DataError, SourceError};
use crate::csv::{Csv, Dialect};
use crate::json::Json;
use crate::pipe::Compression;
use crate::text::{Binary, Control, Nan, Numbers, Options, Utf8};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use std::sync::Arc;

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

#[pyfunction]
#[pyo3(signature = (
    source, target, *, delimiter=",", header=true, null="", bom=false, safe=false, binary="base64", utf8="strict", control="keep",
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
    control: &str,
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
    let options = Options {
        binary: binary_form(binary)?,
        utf8: utf8_policy(utf8)?,
        control: control_policy(control)?,
        ..Options::default()
    };
    let compression = compression_of(compression, level)?;
    let run = Run::new(sha256, workers, progress, cancel)?;
    run.write(py, source, target, compression, move |schema| Ok(Arc::new(Csv::new(schema, dialect, options)?)))
}

#[pyfunction]
#[pyo3(signature = (
    source, target, *, lines, numbers="exact", nan="null", binary="base64", utf8="strict", control="keep",
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
    control: &str,
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
        control: control_policy(control)?,
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

fn control_policy(name: &str) -> PyResult<Control> {
    choice("control", name, &[("keep", Control::Keep), ("error", Control::Error)])
}

fn utf8_policy(name: &str) -> PyResult<Utf8> {
    choice("utf8", name, &[("strict", Utf8::Strict), ("replace", Utf8::Replace)])
}

fn compression_of(name: &str, level: Option<i32>) -> PyResult<Compression> {
    match name {
        "none" if level.is_some() => Err(PyValueError::new_err("level needs a compression")),
        "none" => Ok(Compression::None),
        "gzip" => Ok(Compression::Gzip(level_of(name, level, 6, 0, 9)? as u32)),
        "zstd" => Ok(Compression::Zstd(level_of(name, level, 3, -7, 22)?)),
        other => Err(unknown(other, r#""none" or "gzip" or "zstd""#)),
    }
}
