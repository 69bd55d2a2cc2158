//! The rooms that are fuzzed, alone: without Arrow and its formats they build in a minute, also under a sanitizer.
//!
//! The sources are the crate's own.
#![allow(missing_docs)]

#[path = "../src/cron/mod.rs"]
pub mod cron;
#[path = "../src/sql/mod.rs"]
pub mod sql;
#[path = "../src/template/mod.rs"]
pub mod template;
#[path = "../src/yaml/mod.rs"]
pub mod yaml;
