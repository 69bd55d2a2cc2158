//! Thin bindings: one file per room, each with its own `register`; what they share beside them.

mod build;
mod capsule;
mod clock;
mod cron;
mod file;
mod keywords;
mod rows;
mod run;
mod source;
mod target;
mod template;
mod threads;
mod trino;
mod values;
mod watch;
mod write;
mod yaml;

use pyo3::prelude::*;

/// The native module `dli_fast._dli_fast`.
#[pymodule]
fn _dli_fast(module: &Bound<'_, PyModule>) -> PyResult<()> {
    build::register(module)?;
    cron::register(module)?;
    file::register(module)?;
    rows::register(module)?;
    template::register(module)?;
    threads::register(module)?;
    trino::register(module)?;
    watch::register(module)?;
    write::register(module)?;
    yaml::register(module)
}
