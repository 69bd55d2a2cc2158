//! The raw end of a chunk: a pointer is written through, and the buffer is grown or handed on when room ends.

use super::super::TextError;
use crate::pipe::Chunks;

/// A row loop cannot go on; why is in [`Out::fault`], or nobody wants the bytes.
#[derive(Clone, Copy, Debug)]
pub struct Halted;

/// Room for raw writes into `chunks`. Between two calls the text's end is the caller's pointer, not the buffer's length.
pub struct Out<'a, 'e> {
    chunks: &'a mut Chunks<'e>,
    end: *mut u8,
    full: *mut u8,
    fixed: usize,
    /// What is wrong with a value.
    pub fault: Option<TextError>,
    /// A buffer for cells that are made before they are quoted.
    pub scratch: Vec<u8>,
}

impl<'a, 'e> Out<'a, 'e> {
    pub fn new(chunks: &'a mut Chunks<'e>, fixed: usize) -> Self {
        let null = std::ptr::null_mut();
        let mut out = Self { chunks, end: null, full: null, fixed, fault: None, scratch: Vec::new() };
        out.reserve(0);
        out
    }

    /// Where the first byte goes.
    pub fn start(&mut self) -> *mut u8 {
        let buffer = &mut self.chunks.buffer;
        let length = buffer.len();
        // SAFETY: the length is within the allocation.
        unsafe { buffer.as_mut_ptr().add(length) }
    }

    /// Has the buffer reached its limit? If not, `fixed` bytes are free.
    #[inline(always)]
    pub fn row_is_full(&self, at: *mut u8) -> bool {
        at >= self.full
    }

    /// `need` bytes, and after them still the `fixed` ones; the text may move, so go on at the returned pointer.
    ///
    /// # Safety
    /// `at` is the end of the text written so far into this buffer.
    #[inline(always)]
    pub unsafe fn room(&mut self, at: *mut u8, need: usize) -> Result<*mut u8, Halted> {
        let free = self.end as usize - at as usize;
        if free >= need.saturating_add(self.fixed) {
            return Ok(at);
        }
        // SAFETY: as promised by the caller.
        unsafe { self.grow(at, need) }
    }

    /// Hand the buffer on if it has reached its limit, then make room.
    ///
    /// # Safety
    /// `at` is the end of the text written so far into this buffer.
    #[inline(never)]
    pub unsafe fn grow(&mut self, at: *mut u8, need: usize) -> Result<*mut u8, Halted> {
        self.finish(at);
        self.chunks.row_ended().map_err(|_| Halted)?;
        self.reserve(need);
        Ok(self.start())
    }

    /// The text ends at `at`.
    pub fn finish(&mut self, at: *mut u8) {
        let base = self.chunks.buffer.as_mut_ptr();
        let length = at as usize - base as usize;
        assert!(length <= self.chunks.buffer.capacity(), "text beyond the reserved buffer");
        // SAFETY: all bytes before `at` were written, and they are within the capacity.
        unsafe { self.chunks.buffer.set_len(length) };
    }

    fn reserve(&mut self, need: usize) {
        let limit = self.chunks.limit();
        let buffer = &mut self.chunks.buffer;
        // Up to the limit rows need not ask; a scratch buffer has no limit and starts small.
        let ahead = if limit == usize::MAX { buffer.len() + 4096 } else { limit };
        buffer.reserve(ahead.saturating_sub(buffer.len()).max(need) + self.fixed);
        let base = buffer.as_mut_ptr();
        // SAFETY: both are within the allocation: ahead + fixed ≤ capacity.
        unsafe {
            self.end = base.add(buffer.capacity());
            self.full = base.add(ahead.min(buffer.capacity() - self.fixed));
        }
    }

    /// Bytes of unbounded number, in pieces.
    ///
    /// # Safety
    /// `at` is the end of the text written so far into this buffer.
    pub unsafe fn extend(&mut self, mut at: *mut u8, bytes: &[u8]) -> Result<*mut u8, Halted> {
        for piece in bytes.chunks(PIECE) {
            // SAFETY: `room` made room for the piece.
            unsafe {
                at = self.room(at, piece.len())?;
                std::ptr::copy_nonoverlapping(piece.as_ptr(), at, piece.len());
                at = at.add(piece.len());
            }
        }
        Ok(at)
    }
}

/// Cells longer than this are written in pieces, so that a chunk stays small whatever the cell.
pub const PIECE: usize = 16 << 10;
