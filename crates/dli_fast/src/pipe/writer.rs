//! The writer thread: takes the ranges in order, counts, hashes, writes.

use super::compress::{Compression, Compressor};
use super::crew::TICK;
use super::target::Sink;
use super::{Failure, Layout, Message, Shared, Slot, Written};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Everything to the target, in order, or the first failure in the order of rows.
pub(super) fn drain(
    ordered: &Receiver<Slot>,
    out: &mut Out,
    layout: &dyn Layout,
    compression: Compression,
) -> Result<Written, Failure> {
    let mut rows = 0u64;
    loop {
        match next(ordered, &out.shared)? {
            Slot::Range(messages) => rows = drain_range(&messages, rows, out)?,
            Slot::Failed(failure) => return Err(failure),
            Slot::End => break,
        }
    }
    let mut rest = Vec::new();
    if rows == 0 {
        layout.head(&mut rest);
    }
    layout.tail(rows, &mut rest);
    let mut compressor = Compressor::new(compression);
    if compressor.is_none() {
        out.write(rest)?;
    } else if !rest.is_empty() || out.bytes == 0 {
        let mut chunk = Vec::new();
        compressor.compress(&rest, &mut chunk);
        out.write(chunk)?;
    }
    Ok(out.written(rows))
}

fn drain_range(messages: &Receiver<Message>, mut rows: u64, out: &mut Out) -> Result<u64, Failure> {
    loop {
        match next(messages, &out.shared)? {
            Message::Chunk(chunk) => out.write(chunk)?,
            Message::Done(count) => {
                rows += count;
                out.shared.rows.store(rows, Ordering::Relaxed);
                return Ok(rows);
            }
            Message::Failed(failure) => return Err(failure),
        }
    }
}

/// The next message; a wait ends when the run was stopped.
pub(crate) fn next<T>(channel: &Receiver<T>, shared: &Shared) -> Result<T, Failure> {
    loop {
        match channel.recv_timeout(TICK) {
            Ok(message) => return Ok(message),
            Err(RecvTimeoutError::Timeout) if !shared.stopped() => {}
            Err(RecvTimeoutError::Timeout) => return Err(Failure::Cancelled),
            Err(RecvTimeoutError::Disconnected) => {
                return Err(Failure::Internal("a worker ended without a word".into()));
            }
        }
    }
}

/// The ordered end of a run: counts and hashes what reaches the target.
pub(crate) struct Out {
    sink: Sink,
    hash: Option<Sha256>,
    bytes: u64,
    pub shared: Arc<Shared>,
    spare: Option<Sender<Vec<u8>>>,
}

impl Out {
    /// `spare` gets the buffers that were written, for another use.
    pub fn new(sink: Sink, shared: Arc<Shared>, spare: Option<Sender<Vec<u8>>>) -> Self {
        Self { hash: sink.sha256.then(Sha256::new), sink, bytes: 0, shared, spare }
    }

    pub fn write(&mut self, chunk: Vec<u8>) -> Result<(), Failure> {
        if chunk.is_empty() {
            return Ok(());
        }
        if let Some(hash) = &mut self.hash {
            hash.update(&chunk);
        }
        let length = chunk.len() as u64;
        if let (Some(buffer), Some(spare)) = (self.sink.write(chunk)?, &self.spare) {
            drop(spare.try_send(buffer));
        }
        self.bytes += length;
        self.shared.bytes.store(self.bytes, Ordering::Relaxed);
        Ok(())
    }

    /// What was written, `rows` of it.
    pub fn written(&mut self, rows: u64) -> Written {
        let sha256 = self.hash.as_mut().map(|hash| {
            hash.finalize_reset().iter().fold(String::with_capacity(64), |mut text, byte| {
                write!(text, "{byte:02x}").expect("a String accepts every write");
                text
            })
        });
        Written { rows, drained: self.shared.drained.load(Ordering::Relaxed), bytes: self.bytes, sha256 }
    }
}
