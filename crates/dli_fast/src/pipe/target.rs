//! Where the bytes go: a file descriptor, or the caller's own thread.

use super::crew::{Event, TICK};
use super::{Failure, Shared};
use crossbeam_channel::{Receiver, Sender};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::Arc;

/// The target of a run.
pub struct Target {
    /// Where the bytes go.
    pub place: Place,
    /// Is their SHA-256 wanted? It costs as much as the encoding of short text.
    pub sha256: bool,
}

/// Where bytes go.
pub enum Place {
    /// A descriptor of the run's own (a duplicate), so that a late write can never hit a reused number.
    Fd(OwnedFd),
    /// Chunks are handed to [`super::Caller::put`] on the calling thread.
    Caller,
}

pub(crate) struct Sink {
    place: Place,
    /// Is the SHA-256 of the bytes wanted?
    pub sha256: bool,
    events: Sender<Event>,
    put_ack: Receiver<()>,
    shared: Arc<Shared>,
}

impl Sink {
    pub(super) fn new(target: Target, events: Sender<Event>, put_ack: Receiver<()>, shared: Arc<Shared>) -> Self {
        Self { place: target.place, sha256: target.sha256, events, put_ack, shared }
    }

    /// Write all of `chunk`; gives the buffer back where it can.
    pub fn write(&mut self, chunk: Vec<u8>) -> Result<Option<Vec<u8>>, Failure> {
        match &self.place {
            Place::Fd(fd) => {
                write_all(fd, &chunk, &self.shared)?;
                Ok(Some(chunk))
            }
            Place::Caller => {
                // A disconnect means that the caller has left; its own result stands.
                let handed = self.events.send(Event::Put(chunk)).is_ok() && self.put_ack.recv().is_ok();
                if handed { Ok(None) } else { Err(Failure::Cancelled) }
            }
        }
    }
}

/// Short writes are continued, interrupted ones repeated, and a descriptor that would block is waited for.
fn write_all(fd: &OwnedFd, mut bytes: &[u8], shared: &Shared) -> Result<(), Failure> {
    while !bytes.is_empty() {
        if shared.stopped() {
            return Err(Failure::Cancelled);
        }
        // SAFETY: the descriptor is open and ours; the pointer and length are those of a slice.
        let count = unsafe { libc::write(fd.as_raw_fd(), bytes.as_ptr().cast(), bytes.len()) };
        if count > 0 {
            bytes = &bytes[count as usize..];
            continue;
        }
        let error = if count == 0 { io::ErrorKind::WriteZero.into() } else { io::Error::last_os_error() };
        match error.kind() {
            io::ErrorKind::Interrupted => {}
            io::ErrorKind::WouldBlock => wait_writable(fd),
            _ => return Err(Failure::Io(error)),
        }
    }
    Ok(())
}

fn wait_writable(fd: &OwnedFd) {
    let mut poll = libc::pollfd { fd: fd.as_raw_fd(), events: libc::POLLOUT, revents: 0 };
    // SAFETY: one valid pollfd. The result does not matter: the next write says what is the case.
    unsafe { libc::poll(&raw mut poll, 1, TICK.as_millis() as libc::c_int) };
}
