//! Trino's result pages → Arrow batches.
//!
//! ```text
//! answer ─▶ page::envelope ─▶ the head, for a JSON reader │ where the rows are
//! rows, as JSON ─▶ json::Reader ─▶ column::Column, one a column, by its type ─▶ RecordBatch
//! queue::Queue: pages put in by one thread, decoded by the one that reads
//! ```
//!
//! Cells go from the bytes of the answer into the buffers of a column: no tree of values is made in between. What a type
//! becomes is decided outside (`kind::Kind`); a value that is not of its column's type is an error with row and column.

pub mod column;
pub mod json;
pub mod kind;
mod number;
pub mod page;
pub mod queue;
pub mod rows;
pub mod segment;
mod time;

use std::fmt;

/// Why rows could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// What is wrong.
    pub message: String,
    /// The column's name, where it is one column's.
    pub column: Option<String>,
    /// The row, from 1 over all pages.
    pub row: Option<u64>,
}

impl Error {
    /// An error that is not of one cell.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), column: None, row: None }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.row, &self.column) {
            (Some(row), Some(column)) => write!(out, "row {row}, column {column:?}: {}", self.message),
            (Some(row), None) => write!(out, "row {row}: {}", self.message),
            _ => out.write_str(&self.message),
        }
    }
}
