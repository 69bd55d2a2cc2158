//! A stream seen from outside: the same batches pass through, and counters tell how it stands.
//!
//! ```text
//! producer ─▶ WatchedStream (get_next timed, rows counted, end or error noted) ─▶ any consumer
//!                    └──▶ Counters, read from another thread
//! ```
//!
//! Whoever drains a stream may be another library; these counters are how DLI still knows that it ended well, and how
//! long the engine has kept the consumer waiting. Batches are moved, never looked into. Only the schema
//! that passes may change (`mark`).

mod mark;

use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema};
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_schema::Schema;
pub use mark::Marks;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How a watched stream stands; readable while another thread drains it.
#[derive(Default)]
pub struct Counters {
    /// Rows handed out.
    pub rows: AtomicU64,
    /// Batches handed out, empty ones included.
    pub batches: AtomicU64,
    /// The producer said that there is no more.
    pub ended: AtomicBool,
    waiting: Mutex<Option<Instant>>,
    failed: Mutex<Option<String>>,
}

impl Counters {
    /// How long the consumer has been inside the producer by now; `None` when it is not.
    pub fn waiting(&self) -> Option<Duration> {
        lock(&self.waiting).map(|since| since.elapsed())
    }

    /// The producer's error.
    pub fn failed(&self) -> Option<String> {
        lock(&self.failed).clone()
    }

    fn enter(&self) {
        *lock(&self.waiting) = Some(Instant::now());
    }

    fn leave(&self) {
        *lock(&self.waiting) = None;
    }
}

fn lock<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The C stream interface, field by field (arrow-rs keeps its own fields private).
#[repr(C)]
pub struct CStream {
    get_schema: Option<unsafe extern "C" fn(*mut CStream, *mut FFI_ArrowSchema) -> c_int>,
    get_next: Option<unsafe extern "C" fn(*mut CStream, *mut FFI_ArrowArray) -> c_int>,
    get_last_error: Option<unsafe extern "C" fn(*mut CStream) -> *const c_char>,
    release: Option<unsafe extern "C" fn(*mut CStream)>,
    private_data: *mut c_void,
}

// SAFETY: the interface lets a stream move between threads, used by one at a time.
unsafe impl Send for CStream {}

impl Drop for CStream {
    fn drop(&mut self) {
        if let Some(release) = self.release {
            // SAFETY: a stream that was not released yet; its own callback ends it.
            unsafe { release(self) }
        }
    }
}

struct Private {
    inner: CStream,
    counters: Arc<Counters>,
    marks: Marks,
}

/// `stream`, watched by `counters`; its schema passes with `marks`.
#[must_use]
pub fn watch(stream: FFI_ArrowArrayStream, counters: Arc<Counters>, marks: Marks) -> CStream {
    // SAFETY: both structs are the C stream interface's, layout and all.
    let inner = unsafe { std::mem::transmute::<FFI_ArrowArrayStream, CStream>(stream) };
    let private = Box::new(Private { inner, counters, marks });
    CStream {
        get_schema: Some(get_schema),
        get_next: Some(get_next),
        get_last_error: Some(get_last_error),
        release: Some(release),
        private_data: Box::into_raw(private).cast(),
    }
}

/// # Safety
/// `stream` was made by [`watch`] and not released.
unsafe fn private<'a>(stream: *mut CStream) -> &'a mut Private {
    // SAFETY: as the caller vouches; one thread at a time uses a stream.
    unsafe { &mut *(*stream).private_data.cast::<Private>() }
}

unsafe extern "C" fn get_schema(stream: *mut CStream, out: *mut FFI_ArrowSchema) -> c_int {
    // SAFETY: called by a consumer that follows the interface.
    let Private { inner, counters, marks } = unsafe { private(stream) };
    let Some(call) = inner.get_schema else { return libc::EINVAL };
    counters.enter();
    // SAFETY: the producer's own callback on its own stream.
    let code = unsafe { call(inner, out) };
    counters.leave();
    note(inner, counters, code);
    if code == 0 && !marks.is_empty() {
        // SAFETY: the producer filled it; what was there is released when it is replaced.
        let schema = unsafe { &mut *out };
        match Schema::try_from(&*schema).and_then(|plain| FFI_ArrowSchema::try_from(marks.applied(&plain))) {
            Ok(marked) => *schema = marked,
            Err(error) => {
                *lock(&counters.failed) = Some(error.to_string());
                return libc::EINVAL;
            }
        }
    }
    code
}

unsafe extern "C" fn get_next(stream: *mut CStream, out: *mut FFI_ArrowArray) -> c_int {
    // SAFETY: called by a consumer that follows the interface.
    let Private { inner, counters, .. } = unsafe { private(stream) };
    let Some(call) = inner.get_next else { return libc::EINVAL };
    counters.enter();
    // SAFETY: the producer's own callback on its own stream.
    let code = unsafe { call(inner, out) };
    counters.leave();
    note(inner, counters, code);
    if code == 0 {
        // SAFETY: the producer filled it, or marked it as released: the end.
        let array = unsafe { &*out };
        if array.is_released() {
            counters.ended.store(true, Ordering::Release);
        } else {
            counters.rows.fetch_add(array.len() as u64, Ordering::Relaxed);
            counters.batches.fetch_add(1, Ordering::Release);
        }
    }
    code
}

fn note(inner: &mut CStream, counters: &Counters, code: c_int) {
    if code != 0 {
        let text = last_error(inner);
        let message = if text.is_null() {
            std::io::Error::from_raw_os_error(code).to_string()
        } else {
            // SAFETY: the interface asks for a NUL-terminated text that lives until the next call.
            unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
        };
        *lock(&counters.failed) = Some(message);
    }
}

fn last_error(inner: &mut CStream) -> *const c_char {
    // SAFETY: the producer's own callback on its own stream.
    inner.get_last_error.map_or(std::ptr::null(), |call| unsafe { call(inner) })
}

unsafe extern "C" fn get_last_error(stream: *mut CStream) -> *const c_char {
    // SAFETY: called by a consumer that follows the interface.
    last_error(&mut unsafe { private(stream) }.inner)
}

unsafe extern "C" fn release(stream: *mut CStream) {
    // SAFETY: the interface has a stream released once; `private_data` came from a Box.
    unsafe {
        drop(Box::from_raw((*stream).private_data.cast::<Private>()));
        (*stream).private_data = std::ptr::null_mut();
        (*stream).release = None;
    }
}
