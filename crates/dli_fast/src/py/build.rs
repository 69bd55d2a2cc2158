//! What was compiled in, so that a stale extension is noticed.
use pyo3::prelude::*;
use pyo3::types::PyDict;

pub(super) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(build_info, module)?)
}

/// Version, profile, source hash and compiler of this build.
#[pyfunction]
fn build_info(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let info = PyDict::new(py);
    info.set_item("version", env!("CARGO_PKG_VERSION"))?;
    info.set_item("profile", if cfg!(debug_assertions) { "debug" } else { "release" })?;
    info.set_item("source_hash", env!("DLI_SOURCE_HASH"))?;
    info.set_item("rustc", env!("DLI_RUSTC"))?;
    Ok(info)
}
