//! Arrow IPC → batches, one at a time.
//!
//! ```text
//! bytes │ Read ─▶ message: length, header, body ─▶ schema │ dictionary │ batch ─▶ end mark
//! bytes │ Read + Seek that begins with ARROW1 ─▶ arrow-ipc's own reader, from the footer on
//! Read that begins with ARROW1 ─▶ as a stream; after its end mark come a footer, not needed, and ARROW1
//! ```
//!
//! Stricter than the specification: without its end mark a stream counts as torn, and a file must end in its mark, so
//! that a short transfer is never taken for a short result. Lengths are not believed: memory grows with what arrives.

use arrow_array::{ArrayRef, RecordBatch, RecordBatchReader};
use arrow_buffer::{Buffer, MutableBuffer};
use arrow_ipc::convert::try_fb_to_schema;
use arrow_ipc::reader::{FileReader, FileReaderBuilder, read_dictionary, read_record_batch};
use arrow_ipc::{Message, MessageHeader, root_as_message_with_opts};
use arrow_schema::{ArrowError, SchemaRef};
use flatbuffers::VerifierOptions;
use std::collections::HashMap;
use std::io::{self, BufReader, Cursor, Read, Seek};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

const MAGIC: &[u8] = b"ARROW1";
const CONTINUATION: u32 = u32::MAX;
/// Memory reserved before the first byte of a message has come.
const STEP: usize = 1 << 20;
/// Tables and depth that a header may have: room for 100,000 columns, and for types nested as deep as Arrow's own limit.
const HEADER: VerifierOptions = VerifierOptions {
    max_depth: 128,
    max_tables: 4_000_000,
    max_apparent_size: 1 << 31,
    ignore_missing_null_terminator: false,
};

/// Where the bytes come from.
pub enum Input {
    /// All of them; batches point into it.
    Memory(Buffer),
    /// Whatever can be read, without seeking.
    Read(Box<dyn Read + Send>),
    /// Stands at its start.
    Seek(Box<dyn ReadSeek>),
}

/// A file.
pub trait ReadSeek: Read + Seek + Send {}

impl<T: Read + Seek + Send> ReadSeek for T {}

impl Input {
    /// The next `count` bytes; fewer only at the end.
    fn take(&mut self, count: usize) -> io::Result<Buffer> {
        match self {
            Self::Memory(rest) => {
                let taken = rest.slice_with_length(0, count.min(rest.len()));
                rest.advance(taken.len());
                Ok(taken)
            }
            Self::Seek(reader) => Self::take_from(reader.as_mut(), count),
            Self::Read(reader) => Self::take_from(reader.as_mut(), count),
        }
    }

    fn take_from(reader: &mut dyn Read, count: usize) -> io::Result<Buffer> {
        let mut buffer = MutableBuffer::new(count.min(STEP));
        while buffer.len() < count {
            let start = buffer.len();
            // Doubling: as much again as has come, so that a length alone costs nothing.
            buffer.resize(start + (count - start).min(start.max(STEP)), 0);
            let read = read_full(reader, &mut buffer[start..])?;
            if start + read < buffer.len() {
                buffer.truncate(start + read);
                break;
            }
        }
        Ok(buffer.into())
    }

    /// The same input as a file with a footer, if it is one.
    fn file(self) -> io::Result<Result<Box<dyn ReadSeek>, Self>> {
        match self {
            Self::Memory(buffer) if buffer.starts_with(MAGIC) => Ok(Ok(Box::new(Cursor::new(buffer)))),
            Self::Seek(mut reader) => {
                let mut start = [0; 6];
                let count = read_full(&mut reader, &mut start)?;
                reader.rewind()?;
                let reader: Box<dyn ReadSeek> = Box::new(BufReader::with_capacity(256 << 10, reader));
                Ok(if &start[..count] == MAGIC { Ok(reader) } else { Err(Self::Seek(reader)) })
            }
            other => Ok(Err(other)),
        }
    }
}

fn read_full(reader: &mut dyn Read, mut into: &mut [u8]) -> io::Result<usize> {
    let all = into.len();
    while !into.is_empty() {
        match reader.read(into) {
            Ok(0) => break,
            Ok(count) => into = &mut into[count..],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(all - into.len())
}

/// The metadata of the last message, readable from outside.
pub type Last = Arc<Mutex<HashMap<String, String>>>;

/// The batches of one stream or file.
pub struct Reader {
    schema: SchemaRef,
    form: Form,
    ended: bool,
    last: Last,
}

enum Form {
    File(Box<FileReader<Box<dyn ReadSeek>>>),
    Stream(Stream),
}

/// Messages one after the other.
struct Stream {
    input: Input,
    schema: SchemaRef,
    dictionaries: HashMap<i64, ArrayRef>,
    /// A file's footer follows.
    file: bool,
    last: Last,
}

impl Reader {
    /// Read as far as the schema.
    pub fn open(input: Input) -> Result<Self, ArrowError> {
        let last = Last::default();
        let mut input = match input.file()? {
            Ok(file) => {
                let reader =
                    guarded(|| FileReaderBuilder::new().with_max_footer_fb_tables(HEADER.max_tables).build(file))?;
                return Ok(Self { schema: reader.schema(), form: Form::File(Box::new(reader)), ended: false, last });
            }
            Err(input) => input,
        };
        let (start, file) = begin(&mut input)?;
        let Some((header, _)) = message(&mut input, Some(start))? else { return Err(broken("it has no schema")) };
        let schema = guarded(|| {
            let message = root(&header)?;
            let schema = message.header_as_schema().ok_or_else(|| broken("it does not begin with a schema"))?;
            try_fb_to_schema(schema).map(Arc::new)
        })?;
        let stream = Stream { input, schema: schema.clone(), dictionaries: HashMap::new(), file, last: last.clone() };
        Ok(Self { schema, form: Form::Stream(stream), ended: false, last })
    }

    /// The custom metadata of the last message of a stream: how a producer says that it is done.
    #[must_use]
    pub fn metadata(&self) -> Last {
        self.last.clone()
    }
}

impl Stream {
    fn advance(&mut self) -> Result<Option<RecordBatch>, ArrowError> {
        loop {
            let Some((header, body)) = message(&mut self.input, None)? else {
                if self.file {
                    end_of_file(&mut self.input)?;
                }
                return Ok(None);
            };
            let batch = guarded(|| self.decode(&header, &body))?;
            if batch.is_some() {
                return Ok(batch);
            }
        }
    }

    fn decode(&mut self, header: &Buffer, body: &Buffer) -> Result<Option<RecordBatch>, ArrowError> {
        let message = root(header)?;
        let pairs = message.custom_metadata().into_iter().flatten();
        let pairs = pairs.map(|pair| (pair.key().unwrap_or_default().into(), pair.value().unwrap_or_default().into()));
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = pairs.collect();
        let version = message.version();
        match message.header_type() {
            MessageHeader::RecordBatch => {
                let rows = message.header_as_record_batch().ok_or_else(|| broken("a message has no batch"))?;
                read_record_batch(body, rows, self.schema.clone(), &self.dictionaries, None, &version).map(Some)
            }
            MessageHeader::DictionaryBatch => {
                let values =
                    message.header_as_dictionary_batch().ok_or_else(|| broken("a message has no dictionary"))?;
                read_dictionary(body, values, &self.schema, &mut self.dictionaries, &version).map(|()| None)
            }
            other => {
                Err(broken(&format!("a message of the kind {} has no place here", other.variant_name().unwrap_or("?"))))
            }
        }
    }
}

impl Iterator for Reader {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let result = match &mut self.form {
            Form::Stream(stream) => stream.advance(),
            Form::File(file) => guarded(|| file.next().transpose()),
        };
        // After an error nothing more is read: it would be out of step.
        self.ended = !matches!(result, Ok(Some(_)));
        result.transpose()
    }
}

impl RecordBatchReader for Reader {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }
}

fn broken(what: &str) -> ArrowError {
    ArrowError::IpcError(format!("not a whole Arrow IPC stream: {what}"))
}

/// arrow-rs checks most of what comes in, and panics on some of the rest.
fn guarded<T>(body: impl FnOnce() -> Result<T, ArrowError>) -> Result<T, ArrowError> {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|_| Err(broken("a message is malformed")))
}

fn root(header: &Buffer) -> Result<Message<'_>, ArrowError> {
    root_as_message_with_opts(&HEADER, header).map_err(|error| broken(&format!("a malformed header ({error})")))
}

/// The first four bytes that belong to a message, and whether the file's mark stood before it.
fn begin(input: &mut Input) -> Result<([u8; 4], bool), ArrowError> {
    let start = input.take(4)?;
    if start.is_empty() {
        return Err(broken("it is empty"));
    }
    let word =
        |bytes: &Buffer| <[u8; 4]>::try_from(bytes.as_slice()).map_err(|_| broken("it ends in its first message"));
    let start = word(&start)?;
    if start != MAGIC[..4] {
        return Ok((start, false));
    }
    if &input.take(4)?[..] != b"W1\0\0" {
        return Err(broken("it begins with an unknown mark"));
    }
    // Some writers pad the mark to 64 bytes.
    for _ in 0..16 {
        let start = word(&input.take(4)?)?;
        if start != [0; 4] {
            return Ok((start, true));
        }
    }
    Err(broken("no message follows its mark"))
}

/// Header and body of the next message; `None` at the end mark. `start`: its first bytes, when they were read before.
fn message(input: &mut Input, start: Option<[u8; 4]>) -> Result<Option<(Buffer, Buffer)>, ArrowError> {
    let mut word = |what: &str| -> Result<u32, ArrowError> {
        let bytes = input.take(4)?;
        <[u8; 4]>::try_from(bytes.as_slice()).map(u32::from_le_bytes).map_err(|_| broken(what))
    };
    let mut length = match start {
        Some(start) => u32::from_le_bytes(start),
        None => word("its end mark is missing")?,
    };
    // Before version 0.15 of the format there was no continuation mark.
    if length == CONTINUATION {
        length = word("it ends inside of a message")?;
    }
    if length == 0 {
        return Ok(None);
    }
    let header = whole(input, length as usize)?;
    let body = usize::try_from(root(&header)?.bodyLength()).map_err(|_| broken("a body of a negative length"))?;
    let body = whole(input, body)?;
    Ok(Some((header, body)))
}

fn whole(input: &mut Input, count: usize) -> Result<Buffer, ArrowError> {
    let bytes = input.take(count)?;
    if bytes.len() == count { Ok(bytes) } else { Err(broken("it ends inside of a message")) }
}

/// The footer is not needed, its mark is: the file was written to its end.
fn end_of_file(input: &mut Input) -> Result<(), ArrowError> {
    let mut tail = Vec::new();
    loop {
        let piece = input.take(64 << 10)?;
        tail.extend_from_slice(&piece);
        if piece.len() < 64 << 10 {
            break;
        }
        tail.drain(..tail.len() - MAGIC.len());
    }
    if tail.ends_with(MAGIC) { Ok(()) } else { Err(broken("the file's last mark is missing")) }
}
