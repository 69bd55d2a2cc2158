//! The Rust core of DLI: SQL templates, YAML with places, rows ↔ Arrow, Arrow → files.
//!
//! No policy and no paths live here: Python decides, this crate computes. This file only registers.

pub mod cron;
pub mod csv;
pub mod file;
pub mod json;
pub mod pipe;
pub mod sql;
pub mod stream;
pub mod template;
pub mod text;
pub mod trino;
pub mod watch;
pub mod yaml;

#[cfg(feature = "python")]
pub mod rows;

#[cfg(feature = "python")]
mod py;
