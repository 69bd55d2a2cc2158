//! The threads of one run, and the caller's own: start them, attend to signals, progress and cancelling, leave in time.
//!
//! ```text
//! conduct ─▶ assemble (starts threads: … ─▶ the one that finishes) ─▶ attend, on the calling thread ─▶ stop ─▶ Written │ Failure
//! ```

use super::target::Sink;
use super::{Caller, Failure, Target, Written};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

/// How often waiting threads look whether they should stop.
pub(crate) const TICK: Duration = Duration::from_millis(50);
/// At most ten progress calls a second.
const PROGRESS: Duration = Duration::from_millis(100);
/// How long a failed run waits for its threads before it leaves them to end by themselves.
const GRACE: Duration = Duration::from_millis(200);

/// What the threads of one run share.
pub(crate) struct Shared {
    pub stop: AtomicBool,
    pub rows: AtomicU64,
    pub drained: AtomicU64,
    pub bytes: AtomicU64,
    /// Input bytes that may be in flight before the reader asks for more.
    pub budget: usize,
    pub in_flight: Mutex<usize>,
    pub freed: Condvar,
}

impl Shared {
    fn new(budget: usize) -> Self {
        Self {
            stop: AtomicBool::new(false),
            rows: AtomicU64::new(0),
            drained: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            budget,
            in_flight: Mutex::new(0),
            freed: Condvar::new(),
        }
    }

    pub fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

/// What the caller's thread is asked to do.
pub(super) enum Event {
    Put(Vec<u8>),
    Finished(Result<Written, Failure>),
}

/// Starts the threads of a run.
pub(crate) struct Crew {
    pub shared: Arc<Shared>,
    alive: Sender<()>,
    events: Sender<Event>,
}

impl Crew {
    /// A thread of the run; a panic in it is told to `on_panic`.
    pub fn start(
        &self,
        name: &str,
        body: impl FnOnce() + Send + 'static,
        on_panic: impl FnOnce(String) + Send + 'static,
    ) -> Result<(), Failure> {
        start(name, &self.alive, body, on_panic)
    }

    /// The thread whose result is the run's.
    pub fn finish(
        &self,
        name: &str,
        body: impl FnOnce() -> Result<Written, Failure> + Send + 'static,
    ) -> Result<(), Failure> {
        let (events, on_panic) = (self.events.clone(), self.events.clone());
        let body = move || drop(events.send(Event::Finished(body())));
        self.start(name, body, move |panic| drop(on_panic.send(Event::Finished(Err(Failure::Internal(panic))))))
    }
}

/// Run what `assemble` starts. Returns within about 0.3 s of a cancel or a failure, whatever the producer is doing:
/// threads that are still inside the producer or the kernel then end by themselves and touch nothing of the caller's.
pub(crate) fn conduct(
    target: Target,
    budget: usize,
    cancelled: &AtomicBool,
    caller: &mut dyn Caller,
    assemble: impl FnOnce(&Crew, Sink) -> Result<(), Failure>,
) -> Result<Written, Failure> {
    let shared = Arc::new(Shared::new(budget));
    let (events, happened) = bounded(1);
    let (put_done, put_ack) = bounded(1);
    let (alive, gone) = bounded::<()>(0);
    let sink = Sink::new(target, events.clone(), put_ack, shared.clone());
    let crew = Crew { shared: shared.clone(), alive, events };
    let assembled = assemble(&crew, sink);
    drop(crew);
    let result = assembled.and_then(|()| attend(&happened, &put_done, &shared, cancelled, caller));
    shared.stop.store(true, Ordering::Relaxed);
    shared.freed.notify_all();
    drop((happened, put_done));
    // The threads hold `alive`; a disconnect means that all have ended and the producer was released.
    let _ = gone.recv_timeout(if result.is_ok() { Duration::from_secs(5) } else { GRACE });
    result
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
pub(super) fn start(
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

pub(crate) fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    format!("a defect in dli_fast: {}", text.unwrap_or("unknown"))
}
