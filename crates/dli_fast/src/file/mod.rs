//! Arrow → Parquet and Arrow IPC files, and IPC → Arrow.
//!
//! ```text
//! parquet  reader ─▶ pieces ─▶ a gang of workers, each column in order ─▶ row group (bounded in bytes) ─▶ writer, in order
//! ipc      a Layout of `pipe`: one message per row range, made on the workers; the footer knows where each stands
//! read     bytes │ descriptor │ file object ─▶ messages ─▶ batches, one at a time
//! ```
//!
//! The encodings themselves are the `parquet` and `arrow-ipc` crates'. What is ours: the threads, what a type that the
//! format lacks becomes, and the refusal of values that would make a file others cannot read.

pub mod check;
mod gang;
mod group;
pub mod ipc;
pub mod parquet;
pub mod read;
mod store;
mod unify;
