//! Batches → ordered bytes, on N workers, in bounded memory.
//!
//! ```text
//! reader ─▶ row ranges ─▶ N workers: Layout ─▶ chunks, compressed ─▶ writer, in order: count, sha256 ─▶ target
//!    └─ waits while too many input bytes are in flight      the caller's thread: signals, progress, Python writes
//! ```
//!
//! Each row range has a small channel of its own and the writer reads these in order, so a range of any size needs
//! two chunks of memory and nobody waits for anybody behind it. The first error in the order of rows wins.

mod chunks;
mod compress;
mod crew;
mod reader;
mod target;
mod writer;

pub use chunks::{Chunks, Stopped};
pub use compress::Compression;
pub use target::{Place, Target};

pub(crate) use crew::{Shared, conduct, panic_text};
pub(crate) use reader::{Held, piece_rows, read};
pub(crate) use writer::{Out, next};

use crate::stream::{Batch, Raised, Source, StreamError};
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use crew::{TICK, start};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded, unbounded};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Input bytes that may be in flight before the reader asks for more.
const INPUT_BUDGET: usize = 16 << 20;
/// Bytes of text that may wait to be written, about.
const TEXT_BUDGET: usize = 16 << 20;

/// A value that has no form: the column's name and the row's index in its batch.
#[derive(Debug)]
pub struct Fault {
    /// What is wrong with the value.
    pub message: String,
    /// The column's name.
    pub column: String,
    /// The row, counted from the batch's first.
    pub row: usize,
}

/// Why a layout stopped.
#[derive(Debug)]
pub enum Halt {
    /// A value has no form.
    Fault(Fault),
    /// Nobody wants the bytes any more.
    Stopped,
}

impl From<Stopped> for Halt {
    fn from(_: Stopped) -> Self {
        Self::Stopped
    }
}

/// A file format: what stands before, in and after the rows.
pub trait Layout: Send + Sync {
    /// Bytes before the first row.
    fn head(&self, out: &mut Vec<u8>);
    /// The rows `range` of `batch`; their first is row `at` of the file, from 0.
    fn rows(&self, batch: &Batch, range: Range<usize>, at: u64, out: &mut Chunks<'_>) -> Result<(), Halt>;
    /// Bytes after the last of `rows` rows.
    fn tail(&self, rows: u64, out: &mut Vec<u8>);
    /// How the rows are divided.
    fn grain(&self, settings: Settings) -> Grain {
        Grain { bytes: settings.chunk(), least_rows: 16 }
    }
}

/// How rows are divided: ranges of about so many bytes, of at least so many rows.
#[derive(Clone, Copy, Debug)]
pub struct Grain {
    /// Bytes of a range, and of a chunk.
    pub bytes: usize,
    /// Rows of a range, however long they are.
    pub least_rows: usize,
}

/// How a run is done; none of it changes the text.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Threads that encode.
    pub workers: usize,
    /// What is done to the text.
    pub compression: Compression,
}

impl Settings {
    /// Bytes of text a chunk. What is compressed depends on the data alone, so that its blocks do too; plain text comes
    /// in chunks as large as memory allows, since handing one to another thread costs as much as writing 2,000 cells.
    #[must_use]
    pub fn chunk(self) -> usize {
        match self.compression {
            Compression::None => (TEXT_BUDGET / (4 * self.workers.max(1))).clamp(256 << 10, 1 << 20),
            _ => 1 << 20,
        }
    }
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Rows encoded.
    pub rows: u64,
    /// Rows read from the stream.
    pub drained: u64,
    /// Bytes that reached the target.
    pub bytes: u64,
    /// SHA-256 of these bytes, in hex, if it was wanted.
    pub sha256: Option<String>,
}

/// Why nothing complete was written.
pub enum Failure {
    /// A value has no form; the row counts from 1 over the whole stream.
    Data {
        /// What is wrong with the value.
        message: String,
        /// The column's name.
        column: String,
        /// The row, from 1.
        row: Option<u64>,
    },
    /// The producer's stream ended with an error.
    Source(StreamError),
    /// The target refused.
    Io(std::io::Error),
    /// The cancel flag was set.
    Cancelled,
    /// The caller's own code raised: progress, a signal handler, a writer.
    Raised(Raised),
    /// A defect of this crate.
    Internal(String),
}

/// What only the calling thread may do.
pub trait Caller {
    /// Called about every 50 ms: signals. An error ends the run.
    fn tick(&mut self) -> Result<(), Raised>;
    /// Rows and bytes so far, at most ten times a second.
    fn progress(&mut self, rows: u64, bytes: u64) -> Result<(), Raised>;
    /// All of `chunk` to a [`Place::Caller`].
    fn put(&mut self, chunk: Vec<u8>) -> Result<(), Raised>;
}

/// A range of rows to encode, and where its chunks go.
struct Task {
    batch: Arc<Held>,
    range: Range<usize>,
    first_row: u64,
    out: Sender<Message>,
}

/// What a worker says about its range, in order.
enum Message {
    Chunk(Vec<u8>),
    Done(u64),
    Failed(Failure),
}

/// What the writer takes up next, in the order of the rows.
enum Slot {
    Range(Receiver<Message>),
    Failed(Failure),
    End,
}

/// Write every batch of `source` through `layout`.
pub fn run(
    source: Source,
    layout: Arc<dyn Layout>,
    target: Target,
    settings: Settings,
    cancelled: &AtomicBool,
    caller: &mut dyn Caller,
) -> Result<Written, Failure> {
    let Settings { workers, compression } = Settings { workers: settings.workers.max(1), ..settings };
    let grain = layout.grain(settings);
    conduct(target, INPUT_BUDGET, cancelled, caller, |crew, sink| {
        let (slots, ordered) = bounded(workers + 2);
        let (tasks, work) = unbounded();
        let (spare, spares) = bounded(2 * workers + 4);
        let shared = crew.shared.clone();
        let panicked = slots.clone();
        crew.start(
            "dli-read",
            move || reader::cut(source, &shared, grain, &slots, &tasks),
            move |panic| drop(panicked.send(Slot::Failed(Failure::Internal(panic)))),
        )?;
        for _ in 0..workers {
            let (shared, layout) = (crew.shared.clone(), layout.clone());
            let (work, spares) = (work.clone(), spares.clone());
            let encode = move || chunks::work(&work, &*layout, &shared, grain.bytes, compression, &spares);
            crew.start("dli-encode", encode, |_| ())?;
        }
        let mut out = writer::Out::new(sink, crew.shared.clone(), Some(spare));
        crew.finish("dli-write", move || writer::drain(&ordered, &mut out, &*layout, compression))
    })
}

/// Read the schema on a thread of its own, so that a producer that is slow to begin can be interrupted too.
pub fn open(stream: FFI_ArrowArrayStream, cancelled: &AtomicBool, caller: &mut dyn Caller) -> Result<Source, Failure> {
    let (opened, result) = bounded(1);
    let body = move || {
        // SAFETY: the caller took the stream from a capsule of this name.
        let _ = opened.send(unsafe { Source::open(stream) });
    };
    start("dli-open", &bounded(0).0, body, |_| ())?;
    loop {
        match result.recv_timeout(TICK) {
            Ok(source) => return source.map_err(Failure::Source),
            Err(RecvTimeoutError::Timeout) if cancelled.load(Ordering::Relaxed) => return Err(Failure::Cancelled),
            Err(RecvTimeoutError::Timeout) => caller.tick().map_err(Failure::Raised)?,
            Err(RecvTimeoutError::Disconnected) => {
                return Err(Failure::Internal("the stream could not be opened".into()));
            }
        }
    }
}
