//! Values of keywords, and what is said about those that are none.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// The one of `choices` that is named.
pub(super) fn choice<T: Copy>(keyword: &str, value: &str, choices: &[(&str, T)]) -> PyResult<T> {
    choices.iter().find(|(name, _)| *name == value).map(|(_, choice)| *choice).ok_or_else(|| {
        let names: Vec<String> = choices.iter().map(|(name, _)| format!("{name:?}")).collect();
        PyValueError::new_err(format!("{keyword} must be {}, not {value:?}", names.join(" or ")))
    })
}

/// The level, if `name` has it.
pub(super) fn level_of(name: &str, level: Option<i32>, default: i32, least: i32, most: i32) -> PyResult<i32> {
    match level.unwrap_or(default) {
        level if (least..=most).contains(&level) => Ok(level),
        level => Err(PyValueError::new_err(format!("{name} has levels {least} to {most}, not {level}"))),
    }
}

pub(super) fn no_levels(compression: &str) -> PyErr {
    PyValueError::new_err(format!("compression {compression:?} has no levels"))
}

pub(super) fn unknown(compression: &str, known: &str) -> PyErr {
    PyValueError::new_err(format!("compression must be {known}, not {compression:?}"))
}
