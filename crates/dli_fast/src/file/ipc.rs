//! Arrow IPC as a [`Layout`]: one message a row range, made on the workers.
//!
//! ```text
//! file:   ARROW1 ─▶ schema ─▶ (dictionaries, rows) … ─▶ end mark ─▶ footer: where every message stands ─▶ ARROW1
//! stream:           schema ─▶ (dictionaries, rows) … ─▶ end mark
//! ```
//!
//! Workers do not know where their message will stand; they note its size under its first row, and the tail adds up.

use super::check::{self, Depth};
use super::unify::Unifier;
use crate::pipe::{Chunks, Fault, Grain, Halt, Layout, Settings};
use crate::stream::Batch;
use crate::text::TextError;
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch, RecordBatchOptions, make_array};
use arrow_ipc::convert::IpcSchemaEncoder;
use arrow_ipc::writer::{
    DictionaryHandling, DictionaryTracker, EncodedData, IpcDataGenerator, IpcWriteContext, IpcWriteOptions,
    write_message,
};
use arrow_ipc::{Block, CompressionType, FooterBuilder, MetadataVersion};
use arrow_schema::{ArrowError, DataType, Schema, SchemaRef};
use flatbuffers::FlatBufferBuilder;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

/// The mark of the file format, padded to 8 bytes.
const MAGIC: &[u8; 8] = b"ARROW1\0\0";
/// Continuation, length 0: no more messages.
const END: [u8; 8] = [0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0];

/// What is done to the buffers of each message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    /// Nothing: readers can map the file.
    None,
    /// LZ4 frames.
    Lz4,
    /// With its level.
    Zstd(i32),
}

/// One message of the file.
struct Sent {
    head: usize,
    body: usize,
    dictionary: bool,
}

/// IPC of one schema.
pub struct Ipc {
    schema: SchemaRef,
    footer: bool,
    options: IpcWriteOptions,
    start: Vec<u8>,
    checked: Vec<bool>,
    ordered: bool,
    /// Dictionaries so far: only used when `ordered`.
    unifier: Mutex<Unifier>,
    written: Mutex<DictionaryTracker>,
    contexts: Mutex<Vec<IpcWriteContext>>,
    sent: Mutex<BTreeMap<u64, Vec<Sent>>>,
}

impl Ipc {
    /// `footer`: the file format, else the stream format. An error names the column that it cannot hold.
    pub fn new(schema: &SchemaRef, footer: bool, codec: Codec) -> Result<Self, (String, TextError)> {
        for field in schema.fields() {
            if direct_dictionary(field.data_type()) {
                return Err((
                    field.name().clone(),
                    TextError("Arrow IPC has no form for a dictionary of dictionaries".into()),
                ));
            }
        }
        let whole = |error: ArrowError| (String::new(), TextError(error.to_string()));
        let (kind, level) = match codec {
            Codec::None => (None, None),
            Codec::Lz4 => (Some(CompressionType::LZ4_FRAME), None),
            Codec::Zstd(level) => (Some(CompressionType::ZSTD), Some(level)),
        };
        let options = IpcWriteOptions::try_new(64, false, MetadataVersion::V5)
            .and_then(|options| options.try_with_compression(kind)?.try_with_compression_level(level))
            .map_err(whole)?
            .with_dictionary_handling(DictionaryHandling::Delta);
        let mut written = DictionaryTracker::new(footer);
        let message =
            IpcDataGenerator::default().schema_to_bytes_with_dictionary_tracker(schema, &mut written, &options);
        let start = start(footer, &message.ipc_message);
        let ordered = !written.dict_id().is_empty();
        let checked = schema.fields().iter().map(|field| check::needed(field.data_type())).collect();
        let (written, schema) = (Mutex::new(written), schema.clone());
        Ok(Self {
            schema,
            footer,
            options,
            start,
            checked,
            ordered,
            unifier: Mutex::default(),
            written,
            contexts: Mutex::default(),
            sent: Mutex::default(),
        })
    }

    /// Must the ranges be encoded one after another? Dictionaries are sent once, before the rows that need them.
    #[must_use]
    pub fn ordered(&self) -> bool {
        self.ordered
    }

    fn record(&self, batch: &Batch, range: &Range<usize>) -> Result<RecordBatch, Halt> {
        let mut columns = Vec::with_capacity(batch.columns.len());
        for (at, column) in batch.columns.iter().enumerate() {
            let mut array = column.slice(range.start, range.len());
            if self.checked[at] {
                let clean = check::check(&array, Depth::Named);
                if !clean.map_err(|(row, message)| self.fault(at, message, range.start + row))? {
                    // Readers look at all bytes, also those under a null: copied, they are gone.
                    array = take(&array).map_err(|error| self.whole(&error, range))?;
                }
            }
            columns.push(compact(&array));
        }
        if self.ordered && self.footer {
            let unified = lock(&self.unifier).unify(&mut columns);
            unified.map_err(|(at, error)| self.fault(at, error.to_string(), range.start))?;
        }
        let options = RecordBatchOptions::new().with_row_count(Some(range.len()));
        RecordBatch::try_new_with_options(self.schema.clone(), columns, &options)
            .map_err(|error| self.whole(&error, range))
    }

    fn fault(&self, column: usize, message: String, row: usize) -> Halt {
        Halt::Fault(Fault { message, column: self.schema.field(column).name().clone(), row })
    }

    fn whole(&self, error: &ArrowError, range: &Range<usize>) -> Halt {
        let column = self.schema.fields().iter().position(|field| field.data_type().is_nested()).unwrap_or(0);
        self.fault(column, error.to_string(), range.start)
    }

    fn encode(&self, record: &RecordBatch) -> Result<(Vec<EncodedData>, EncodedData), ArrowError> {
        let mut context = lock(&self.contexts).pop().unwrap_or_default();
        let generator = IpcDataGenerator::default();
        let result = if self.ordered {
            generator.encode(record, &mut lock(&self.written), &self.options, &mut context)
        } else {
            generator.encode(record, &mut DictionaryTracker::new(true), &self.options, &mut context)
        };
        lock(&self.contexts).push(context);
        result
    }
}

fn lock<T>(value: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}

fn direct_dictionary(kind: &DataType) -> bool {
    match kind {
        DataType::Dictionary(_, values) => matches!(**values, DataType::Dictionary(_, _)) || direct_dictionary(values),
        kind => check::children(kind).into_iter().any(|field| direct_dictionary(field.data_type())),
    }
}

/// A copy that holds its own rows and nothing else.
fn take(array: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let rows = arrow_array::UInt32Array::from_iter_values(0..array.len() as u32);
    arrow_select::take::take(array, &rows, None)
}

/// A slice of views would bring all of its buffers along.
fn compact(array: &ArrayRef) -> ArrayRef {
    match array.data_type() {
        DataType::Utf8View => std::sync::Arc::new(array.as_string_view().gc()),
        DataType::BinaryView => std::sync::Arc::new(array.as_binary_view().gc()),
        kind if holds_views(kind) => {
            // Arrays that cannot be taken from are written as they are: correct, if larger.
            let Ok(own) = take(array) else { return array.clone() };
            let data = own.to_data();
            let inner = data.child_data().iter().map(|child| compact(&make_array(child.clone())).to_data()).collect();
            data.into_builder().child_data(inner).build().map_or_else(|_| array.clone(), make_array)
        }
        _ => array.clone(),
    }
}

fn holds_views(kind: &DataType) -> bool {
    match kind {
        DataType::Utf8View | DataType::BinaryView => true,
        // A dictionary is sent once, whole.
        DataType::Dictionary(_, _) => false,
        kind => check::children(kind).into_iter().any(|field| holds_views(field.data_type())),
    }
}

impl Layout for Ipc {
    fn head(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.start);
    }

    fn rows(&self, batch: &Batch, range: Range<usize>, at: u64, out: &mut Chunks<'_>) -> Result<(), Halt> {
        let record = self.record(batch, &range)?;
        let (dictionaries, rows) = self.encode(&record).map_err(|error| self.whole(&error, &range))?;
        if !dictionaries.is_empty() {
            // They are sent whole, also the values that no row names.
            for (at, column) in record.columns().iter().enumerate().filter(|(at, _)| self.checked[*at]) {
                check::check(column, Depth::Whole)
                    .map_err(|(row, message)| self.fault(at, message, range.start + row))?;
            }
        }
        drop(record);
        let mut sent = Vec::with_capacity(dictionaries.len() + 1);
        let count = dictionaries.len();
        for (index, message) in dictionaries.into_iter().chain([rows]).enumerate() {
            let (head, body) =
                write_message(&mut out.buffer, message, &self.options).map_err(|error| self.whole(&error, &range))?;
            sent.push(Sent { head, body, dictionary: index < count });
            out.row_ended()?;
        }
        if self.footer {
            lock(&self.sent).insert(at, sent);
        }
        Ok(())
    }

    fn tail(&self, _rows: u64, out: &mut Vec<u8>) {
        out.extend_from_slice(&END);
        if self.footer {
            let (mut dictionaries, mut batches, mut offset) = (Vec::new(), Vec::new(), self.start.len());
            for sent in lock(&self.sent).values().flatten() {
                let block = Block::new(offset as i64, sent.head as i32, sent.body as i64);
                if sent.dictionary { &mut dictionaries } else { &mut batches }.push(block);
                offset += sent.head + sent.body;
            }
            let footer = footer(&self.schema, &dictionaries, &batches);
            out.extend_from_slice(&footer);
            out.extend_from_slice(&(footer.len() as i32).to_le_bytes());
            out.extend_from_slice(&MAGIC[..6]);
        }
    }

    fn grain(&self, _settings: Settings) -> Grain {
        Grain { bytes: 1 << 20, least_rows: 1 }
    }
}

/// Mark and schema; the first message after them stands at a multiple of 64, as all that follow.
fn start(footer: bool, schema: &[u8]) -> Vec<u8> {
    let mark: &[u8] = if footer { MAGIC } else { &[] };
    let end = (mark.len() + 8 + schema.len()).next_multiple_of(64);
    let length = (end - mark.len() - 8) as u32;
    let mut start = [mark, &END[..4], &length.to_le_bytes(), schema].concat();
    start.resize(end, 0);
    start
}

fn footer(schema: &Schema, dictionaries: &[Block], batches: &[Block]) -> Vec<u8> {
    let mut builder = FlatBufferBuilder::new();
    let dictionaries = builder.create_vector(dictionaries);
    let batches = builder.create_vector(batches);
    let mut tracker = DictionaryTracker::new(true);
    let schema =
        IpcSchemaEncoder::new().with_dictionary_tracker(&mut tracker).schema_to_fb_offset(&mut builder, schema);
    let root = {
        let mut footer = FooterBuilder::new(&mut builder);
        footer.add_version(MetadataVersion::V5);
        footer.add_schema(schema);
        footer.add_dictionaries(dictionaries);
        footer.add_recordBatches(batches);
        footer.finish()
    };
    builder.finish(root, None);
    builder.finished_data().to_vec()
}
