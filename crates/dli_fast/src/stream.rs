//! The Arrow C stream, read batch by batch.
//!
//! ```text
//! FFI_ArrowArrayStream ─▶ get_next ─▶ layout checked against the schema ─▶ Batch { columns, rows }
//! ```
//!
//! A producer that lives in this process and raised keeps its exception for us: see [`note_raised`].

use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema, from_ffi_and_data_type};
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::{Array, ArrayRef, StructArray, make_array};
use arrow_schema::{DataType, Schema, SchemaRef};
use std::any::Any;
use std::cell::RefCell;
use std::ffi::CStr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// An exception object of the host language, carried as it is.
pub type Raised = Box<dyn Any + Send>;

thread_local! {
    static RAISED: RefCell<Option<Raised>> = const { RefCell::new(None) };
}

/// Called by a producer on the thread that pulls, just before its `get_next` fails: the reader then returns this very
/// object instead of its text.
pub fn note_raised(raised: Raised) {
    RAISED.with(|slot| *slot.borrow_mut() = Some(raised));
}

/// What was noted on this thread since the last call.
#[must_use]
pub fn take_raised() -> Option<Raised> {
    RAISED.with(|slot| slot.borrow_mut().take())
}

/// Why a stream ended early.
pub struct StreamError {
    /// The producer's own text.
    pub message: String,
    /// The exception that a producer in this process noted.
    pub raised: Option<Raised>,
}

impl StreamError {
    /// An error without an exception object.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), raised: None }
    }
}

/// One record batch: columns of equal length, in the order of the schema.
pub struct Batch {
    /// The columns.
    pub columns: Vec<ArrayRef>,
    /// Their length.
    pub rows: usize,
}

impl Batch {
    /// Bytes of the buffers, as far as the columns say.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.columns.iter().map(Array::get_buffer_memory_size).sum()
    }
}

/// A stream that was opened: its schema is known, its batches are read once.
pub struct Source {
    stream: FFI_ArrowArrayStream,
    schema: SchemaRef,
}

impl Source {
    /// Take over a C stream and read its schema.
    ///
    /// # Safety
    /// `stream` must follow the Arrow C stream interface.
    pub unsafe fn open(mut stream: FFI_ArrowArrayStream) -> Result<Self, StreamError> {
        let get_schema = stream.get_schema().ok_or_else(|| StreamError::new("the stream was released before"))?;
        let mut schema = FFI_ArrowSchema::empty();
        // SAFETY: the callback belongs to this stream, which the caller vouches for.
        let code = unsafe { get_schema(&raw mut stream, &raw mut schema) };
        if code != 0 {
            return Err(last_error(&mut stream, code));
        }
        let schema = guarded(|| {
            DataType::try_from(&schema).map_err(|error| error.to_string()).and_then(|kind| match kind {
                DataType::Struct(fields) => Ok(Schema::new(fields)),
                other => Err(format!("the stream holds values of type {other}, not the rows of a table")),
            })
        })?;
        Ok(Self { stream, schema: Arc::new(schema) })
    }

    /// Names and types of the columns.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    /// The next batch; `None` at the end of the stream. May block for as long as the producer does.
    pub fn next_batch(&mut self) -> Result<Option<Batch>, StreamError> {
        let get_next = self.stream.get_next().ok_or_else(|| StreamError::new("the stream was released before"))?;
        let mut array = FFI_ArrowArray::empty();
        RAISED.with(|slot| slot.borrow_mut().take());
        // SAFETY: `open` took over a valid stream.
        let code = unsafe { get_next(&raw mut self.stream, &raw mut array) };
        if code != 0 {
            return Err(last_error(&mut self.stream, code));
        }
        if array.is_released() {
            return Ok(None);
        }
        let fields = self.schema.fields().clone();
        let kind = DataType::Struct(fields);
        check_layout(&array, &kind).map_err(StreamError::new)?;
        guarded(|| {
            // SAFETY: the producer vouches for its buffers (they carry no lengths to check); the shape was checked above.
            let data = unsafe { from_ffi_and_data_type(array, kind) }.map_err(|error| error.to_string())?;
            let rows = StructArray::from(data);
            if rows.null_count() > 0 {
                return Err("a batch has null rows".to_string());
            }
            let length = rows.len();
            let (_, columns, _) = rows.into_parts();
            Ok(Some(Batch { columns, rows: length }))
        })
    }
}

/// Arrow panics on some malformed input; here that is an error of the producer.
fn guarded<T>(body: impl FnOnce() -> Result<T, String>) -> Result<T, StreamError> {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(result) => result.map_err(StreamError::new),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("unknown reason");
            Err(StreamError::new(format!("the producer sent malformed Arrow data: {text}")))
        }
    }
}

fn last_error(stream: &mut FFI_ArrowArrayStream, code: i32) -> StreamError {
    let message = stream.get_last_error().and_then(|get_last_error| {
        // SAFETY: a valid stream; the text lives until the next call on it.
        let text = unsafe { get_last_error(std::ptr::from_mut(stream)) };
        if text.is_null() {
            return None;
        }
        // SAFETY: the interface asks for a NUL-terminated string.
        Some(unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned())
    });
    let message =
        message.filter(|text| !text.is_empty()).unwrap_or_else(|| std::io::Error::from_raw_os_error(code).to_string());
    StreamError { message, raised: RAISED.with(|slot| slot.borrow_mut().take()) }
}

/// Does the array have the shape of its type? A batch of another schema would otherwise be read as garbage.
fn check_layout(array: &FFI_ArrowArray, kind: &DataType) -> Result<(), String> {
    let mismatch = || format!("a batch does not match the stream's schema: expected {kind}");
    let layout = arrow_data::layout(kind);
    let buffers = layout.buffers.len() + usize::from(layout.can_contain_null_mask);
    let fits = match kind {
        // Producers differ in whether these have a validity buffer.
        DataType::Null | DataType::Union(_, _) | DataType::RunEndEncoded(_, _) => true,
        _ if layout.variadic => array.num_buffers() > buffers,
        _ => array.num_buffers() == buffers,
    };
    if !fits || array.dictionary().is_some() != matches!(kind, DataType::Dictionary(_, _)) {
        return Err(mismatch());
    }
    let children: Vec<&DataType> = match kind {
        DataType::Struct(fields) => fields.iter().map(|field| field.data_type()).collect(),
        DataType::Union(fields, _) => fields.iter().map(|(_, field)| field.data_type()).collect(),
        DataType::RunEndEncoded(ends, values) => vec![ends.data_type(), values.data_type()],
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::ListView(item)
        | DataType::LargeListView(item)
        | DataType::FixedSizeList(item, _)
        | DataType::Map(item, _) => vec![item.data_type()],
        _ => vec![],
    };
    if array.num_children() != children.len() {
        return Err(mismatch());
    }
    for (at, child) in children.into_iter().enumerate() {
        check_layout(array.child(at), child)?;
    }
    match (array.dictionary(), kind) {
        (Some(values), DataType::Dictionary(_, kind)) => check_layout(values, kind),
        _ => Ok(()),
    }
}

/// The columns of a single exported array (`__arrow_c_array__`).
///
/// # Safety
/// Both structs must follow the Arrow C data interface.
pub unsafe fn import_batch(array: FFI_ArrowArray, schema: &FFI_ArrowSchema) -> Result<(SchemaRef, Batch), StreamError> {
    let kind = guarded(|| DataType::try_from(schema).map_err(|error| error.to_string()))?;
    let DataType::Struct(fields) = kind.clone() else {
        return Err(StreamError::new(format!("the array holds values of type {kind}, not the rows of a table")));
    };
    check_layout(&array, &kind).map_err(StreamError::new)?;
    let batch = guarded(|| {
        // SAFETY: the caller vouches for the interface; the shape was checked above.
        let data = unsafe { from_ffi_and_data_type(array, kind) }.map_err(|error| error.to_string())?;
        let array = make_array(data);
        let rows = array.as_any().downcast_ref::<StructArray>().ok_or("not a struct")?;
        if rows.null_count() > 0 {
            return Err("a batch has null rows".to_string());
        }
        Ok(Batch { columns: rows.columns().to_vec(), rows: rows.len() })
    })?;
    Ok((Arc::new(Schema::new(fields)), batch))
}
