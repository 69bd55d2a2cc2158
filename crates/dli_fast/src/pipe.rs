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
mod reader;
mod target;
mod writer;

pub use chunks::{Chunks, Stopped};
pub use compress::Compression;
pub use target::Target;

use crate::stream::{Batch, Raised, Source, StreamError};
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded, unbounded};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

/// Input bytes that may be in flight before the reader asks for more.
const INPUT_BUDGET: usize = 16 << 20;
/// How often waiting threads look whether they should stop.
const TICK: Duration = Duration::from_millis(50);
/// At most ten progress calls a second.
const PROGRESS: Duration = Duration::from_millis(100);
/// How long a failed run waits for its threads before it leaves them to end by themselves.
const GRACE: Duration = Duration::from_millis(200);

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
    /// The rows `range` of `batch`; `first` when they start the file.
    fn rows(&self, batch: &Batch, range: Range<usize>, first: bool, out: &mut Chunks<'_>) -> Result<(), Halt>;
    /// Bytes after the last of `rows` rows.
    fn tail(&self, rows: u64, out: &mut Vec<u8>);
}

/// How a run is done; none of it changes the text.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Threads that encode.
    pub workers: usize,
    /// What is done to the text.
    pub compression: Compression,
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
    /// SHA-256 of these bytes, in hex.
    pub sha256: String,
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
    /// All of `chunk` to a [`Target::Caller`].
    fn put(&mut self, chunk: Vec<u8>) -> Result<(), Raised>;
}

/// What the threads of one run share.
struct Shared {
    stop: AtomicBool,
    rows: AtomicU64,
    drained: AtomicU64,
    bytes: AtomicU64,
    in_flight: Mutex<usize>,
    freed: Condvar,
    chunk: usize,
}

impl Shared {
    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

/// A range of rows to encode, and where its chunks go.
struct Task {
    batch: Arc<reader::Held>,
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

/// What the caller's thread is asked to do.
enum Event {
    Put(Vec<u8>),
    Finished(Result<Written, Failure>),
}

/// Write every batch of `source`. Returns within about 0.3 s of a cancel or a failure, whatever the producer is doing:
/// threads that are still inside the producer or the kernel then end by themselves and touch nothing of the caller's.
pub fn run(
    source: Source,
    layout: Arc<dyn Layout>,
    target: Target,
    settings: Settings,
    cancelled: &AtomicBool,
    caller: &mut dyn Caller,
) -> Result<Written, Failure> {
    let shared = Arc::new(Shared {
        stop: AtomicBool::new(false),
        rows: AtomicU64::new(0),
        drained: AtomicU64::new(0),
        bytes: AtomicU64::new(0),
        in_flight: Mutex::new(0),
        freed: Condvar::new(),
        chunk: settings.compression.chunk(),
    });
    let workers = settings.workers.max(1);
    let (slots, ordered) = bounded(workers + 2);
    let (tasks, work) = unbounded();
    let (events, happened) = bounded(1);
    let (put_done, put_ack) = bounded(1);
    let (spare, spares) = bounded(2 * workers + 4);
    let (alive, gone) = bounded::<()>(0);

    let sink = target::Sink::new(target, events.clone(), put_ack, shared.clone());
    start(
        "dli-read",
        &alive,
        {
            let shared = shared.clone();
            let slots = slots.clone();
            move || reader::read(source, &shared, &slots, &tasks)
        },
        {
            let slots = slots.clone();
            move |panic| drop(slots.send(Slot::Failed(Failure::Internal(panic))))
        },
    )?;
    drop(slots);
    for _ in 0..workers {
        let (shared, layout, work, spares) = (shared.clone(), layout.clone(), work.clone(), spares.clone());
        let compression = settings.compression;
        start("dli-encode", &alive, move || chunks::work(&work, &*layout, &shared, compression, &spares), |_| ())?;
    }
    start(
        "dli-write",
        &alive,
        {
            let (shared, events) = (shared.clone(), events.clone());
            let compression = settings.compression;
            move || {
                let result = writer::drain(&ordered, sink, &*layout, &shared, compression, &spare);
                drop(events.send(Event::Finished(result)));
            }
        },
        {
            let events = events.clone();
            move |panic| drop(events.send(Event::Finished(Err(Failure::Internal(panic)))))
        },
    )?;
    drop((alive, events));

    let result = attend(&happened, &put_done, &shared, cancelled, caller);
    shared.stop.store(true, Ordering::Relaxed);
    shared.freed.notify_all();
    drop((happened, put_done));
    // The threads hold `alive`; a disconnect means that all have ended and the producer was released.
    let _ = gone.recv_timeout(if result.is_ok() { Duration::from_secs(5) } else { GRACE });
    result
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

/// The caller's thread: answer the writer, and look at signals, progress and the cancel flag.
fn attend(
    happened: &Receiver<Event>,
    put_done: &Sender<()>,
    shared: &Shared,
    cancelled: &AtomicBool,
    caller: &mut dyn Caller,
) -> Result<Written, Failure> {
    let mut ticked = Instant::now();
    let mut reported = Instant::now();
    loop {
        match happened.recv_timeout(TICK.saturating_sub(ticked.elapsed())) {
            Ok(Event::Put(chunk)) => {
                caller.put(chunk).map_err(Failure::Raised)?;
                let _ = put_done.send(());
            }
            Ok(Event::Finished(result)) => {
                let written = result?;
                caller.tick().map_err(Failure::Raised)?;
                caller.progress(written.rows, written.bytes).map_err(Failure::Raised)?;
                return Ok(written);
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                return Err(Failure::Internal("the writer thread ended without a word".into()));
            }
        }
        if cancelled.load(Ordering::Relaxed) {
            return Err(Failure::Cancelled);
        }
        if ticked.elapsed() >= TICK {
            ticked = Instant::now();
            caller.tick().map_err(Failure::Raised)?;
            if reported.elapsed() >= PROGRESS {
                reported = ticked;
                let (rows, bytes) = (shared.rows.load(Ordering::Relaxed), shared.bytes.load(Ordering::Relaxed));
                caller.progress(rows, bytes).map_err(Failure::Raised)?;
            }
        }
    }
}

/// A thread that holds `alive` until it ends and reports a panic instead of vanishing.
fn start(
    name: &str,
    alive: &Sender<()>,
    body: impl FnOnce() + Send + 'static,
    on_panic: impl FnOnce(String) + Send + 'static,
) -> Result<(), Failure> {
    let alive = alive.clone();
    let run = move || {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(body)) {
            on_panic(panic_text(panic.as_ref()));
        }
        drop(alive);
    };
    std::thread::Builder::new().name(name.into()).spawn(run).map(|_| ()).map_err(Failure::Io)
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    format!("a defect in dli_fast: {}", text.unwrap_or("unknown"))
}
