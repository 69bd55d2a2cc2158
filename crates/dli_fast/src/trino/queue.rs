//! Pages on their way from the thread that fetches to the one that reads, which decodes them.
//!
//! ```text
//! put ─▶ (waits while more than `capacity` bytes are waiting) ─▶ next: decoded there ─▶ RecordBatch
//! finish │ fail: the end, behind all pages that are in        close: nobody reads any more, and nobody waits
//! ```

use super::Error;
use super::rows::Decoder;
use super::segment::Encoding;
use arrow_array::RecordBatch;
use std::collections::VecDeque;
use std::ops::{Deref, Range};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Rows as they came.
pub enum Pages<B> {
    /// A list of rows within an answer.
    Plain(B, Range<usize>),
    /// A segment: its bytes, how they are compressed, to how many bytes, and how many rows it has.
    Segment(B, Encoding, Option<usize>, Option<u64>),
}

impl<B: Deref<Target = [u8]>> Pages<B> {
    fn bytes(&self) -> usize {
        match self {
            Self::Plain(_, rows) => rows.len(),
            Self::Segment(body, _, size, _) => size.unwrap_or(0).max(body.len()),
        }
    }
}

struct State<B> {
    waiting: VecDeque<Pages<B>>,
    bytes: usize,
    ended: bool,
    failed: Option<String>,
    closed: bool,
}

/// A bounded queue of pages, decoded where they are taken out.
pub struct Queue<B> {
    state: Mutex<State<B>>,
    changed: Condvar,
    decoder: Mutex<Decoder>,
    capacity: usize,
}

impl<B: Deref<Target = [u8]>> Queue<B> {
    /// An empty one that holds about `capacity` bytes.
    #[must_use]
    pub fn new(decoder: Decoder, capacity: usize) -> Self {
        let state = State { waiting: VecDeque::new(), bytes: 0, ended: false, failed: None, closed: false };
        Self { state: Mutex::new(state), changed: Condvar::new(), decoder: Mutex::new(decoder), capacity }
    }

    fn lock(&self) -> MutexGuard<'_, State<B>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Add pages, when there is room for them: one fits always. False when nobody reads them.
    pub fn put(&self, pages: Pages<B>) -> bool {
        let bytes = pages.bytes();
        let mut state = self.lock();
        while !state.closed && state.bytes > 0 && state.bytes + bytes > self.capacity {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.closed {
            return false;
        }
        state.bytes += bytes;
        state.waiting.push_back(pages);
        drop(state);
        self.changed.notify_all();
        true
    }

    /// There will be no more pages.
    pub fn finish(&self) {
        self.lock().ended = true;
        self.changed.notify_all();
    }

    /// There will be no more pages, since something went wrong.
    pub fn fail(&self, text: String) {
        self.lock().failed.get_or_insert(text);
        self.changed.notify_all();
    }

    /// Nobody reads any more. Pages that wait are dropped.
    pub fn close(&self) {
        let dropped = {
            let mut state = self.lock();
            state.closed = true;
            std::mem::take(&mut state.waiting)
        };
        self.changed.notify_all();
        drop(dropped);
    }

    /// What went wrong, as it was said.
    pub fn failed(&self) -> Option<String> {
        self.lock().failed.clone()
    }

    /// Is there something to take out, or an end, without waiting?
    pub fn ready(&self) -> bool {
        let state = self.lock();
        state.closed || state.ended || state.failed.is_some() || !state.waiting.is_empty()
    }

    /// Wait until there is.
    pub fn wait(&self) {
        let mut state = self.lock();
        while !(state.closed || state.ended || state.failed.is_some() || !state.waiting.is_empty()) {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The next batch; `None` at the end. Waits for it.
    pub fn next(&self) -> Option<Result<RecordBatch, Error>> {
        self.wait();
        let mut state = self.lock();
        if state.closed {
            let text = "the stream was closed".to_string();
            return Some(Err(Error::new(state.failed.get_or_insert(text).clone())));
        }
        let Some(pages) = state.waiting.pop_front() else {
            return state.failed.clone().map(|text| Err(Error::new(text)));
        };
        state.bytes -= pages.bytes();
        drop(state);
        self.changed.notify_all();
        let decoded = self.decode(&pages);
        if let Err(error) = &decoded {
            self.fail(error.to_string());
            self.close();
        }
        Some(decoded)
    }

    fn decode(&self, pages: &Pages<B>) -> Result<RecordBatch, Error> {
        let mut decoder = self.decoder.lock().unwrap_or_else(PoisonError::into_inner);
        match pages {
            Pages::Plain(body, rows) => decoder.decode(&body[rows.clone()]),
            Pages::Segment(body, encoding, size, rows) => {
                let batch = decoder.decode(&encoding.decode(body, *size)?)?;
                let found = batch.num_rows() as u64;
                match rows {
                    Some(rows) if *rows != found => {
                        Err(Error::new(format!("a segment has {found} rows, and its server announced {rows}")))
                    }
                    _ => Ok(batch),
                }
            }
        }
    }
}
