//! The worker thread, and the buffer that a layout fills.

use super::compress::{Compression, Compressor};
use super::{Failure, Halt, Layout, Message, Shared, Task};
use crossbeam_channel::{Receiver, Sender};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Nobody wants the bytes any more.
#[derive(Debug)]
pub struct Stopped;

/// Where a finished buffer goes; it leaves an empty one.
type Emit<'a> = dyn FnMut(&mut Vec<u8>) -> Result<(), Stopped> + 'a;

/// A growing buffer that is handed on when it is full.
pub struct Chunks<'a> {
    /// Text not yet handed on.
    pub buffer: Vec<u8>,
    limit: usize,
    emit: &'a mut Emit<'a>,
}

impl<'a> Chunks<'a> {
    /// A buffer that is handed to `emit` when it holds `limit` bytes.
    pub fn new(buffer: Vec<u8>, limit: usize, emit: &'a mut Emit<'a>) -> Self {
        Self { buffer, limit, emit }
    }

    /// Between two rows: hand the buffer on when it is full.
    pub fn row_ended(&mut self) -> Result<(), Stopped> {
        if self.buffer.len() >= self.limit { self.flush() } else { Ok(()) }
    }

    /// Bytes after which the buffer is handed on.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// Hand on what there is.
    pub fn flush(&mut self) -> Result<(), Stopped> {
        if self.buffer.is_empty() { Ok(()) } else { (self.emit)(&mut self.buffer) }
    }
}

/// Encode ranges until there are no more or nobody wants them.
pub(super) fn work(
    work: &Receiver<Task>,
    layout: &dyn Layout,
    shared: &Shared,
    limit: usize,
    compression: Compression,
    spares: &Receiver<Vec<u8>>,
) {
    let mut compressor = Compressor::new(compression);
    let mut buffer = Vec::new();
    while let Ok(task) = work.recv() {
        if shared.stopped() {
            return;
        }
        let encode = || encode(&task, layout, shared, limit, &mut compressor, spares, &mut buffer);
        let message = match catch_unwind(AssertUnwindSafe(encode)) {
            Ok(Ok(())) => Message::Done(task.range.len() as u64),
            Ok(Err(Halt::Stopped)) => return,
            Ok(Err(Halt::Fault(fault))) => Message::Failed(Failure::Data {
                message: fault.message,
                column: fault.column,
                row: Some(task.first_row + (fault.row - task.range.start) as u64 + 1),
            }),
            Err(panic) => Message::Failed(Failure::Internal(super::panic_text(panic.as_ref()))),
        };
        let Task { batch, out, .. } = task;
        // The input is released before the writer is waited for.
        drop(batch);
        if out.send(message).is_err() {
            return;
        }
    }
}

fn encode(
    task: &Task,
    layout: &dyn Layout,
    shared: &Shared,
    limit: usize,
    compressor: &mut Compressor,
    spares: &Receiver<Vec<u8>>,
    buffer: &mut Vec<u8>,
) -> Result<(), Halt> {
    buffer.clear();
    if task.first_row == 0 {
        layout.head(buffer);
    }
    let out: &Sender<Message> = &task.out;
    let mut emit = |full: &mut Vec<u8>| {
        if shared.stopped() {
            return Err(Stopped);
        }
        let mut fresh = spares.try_recv().unwrap_or_default();
        fresh.clear();
        let chunk = if compressor.is_none() {
            std::mem::replace(full, fresh)
        } else {
            compressor.compress(full, &mut fresh);
            full.clear();
            fresh
        };
        out.send(Message::Chunk(chunk)).map_err(|_| Stopped)
    };
    let mut chunks = Chunks::new(std::mem::take(buffer), limit, &mut emit);
    layout.rows(&task.batch.batch, task.range.clone(), task.first_row, &mut chunks)?;
    chunks.flush()?;
    *buffer = std::mem::take(&mut chunks.buffer);
    Ok(())
}
