//! Parquet: row groups bounded in bytes, their columns encoded in parallel, one ordered writer.
//!
//! ```text
//! dli-read ─▶ pieces ─▶ dli-encode (+ gang) ─▶ at most one finished group waits ─▶ dli-write: pages, footer
//! ```
//!
//! What a file holds depends on the data and its batches, not on time or the number of workers.

use super::check;
use super::gang::gang;
use super::group::{Column, Group, Groups, Piece};
use super::store::Store;
use crate::pipe::{self, Caller, Failure, Grain, Out, Target, Written, conduct, next, piece_rows};
use crate::stream::Source;
use crate::text::TextError;
use arrow_schema::{Field, Schema, SchemaRef};
use crossbeam_channel::{Receiver, Sender, bounded};
use parquet::arrow::arrow_writer::ArrowRowGroupWriterFactory;
use parquet::arrow::{ArrowSchemaConverter, add_encoded_arrow_schema_to_metadata};
use parquet::basic::{Compression, GzipLevel, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::{WriterProperties, WriterPropertiesPtr};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::SchemaDescriptor;
use std::collections::HashSet;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Input bytes in flight: less than the text writers have, since encoded groups are held too.
const INPUT_BUDGET: usize = 8 << 20;
/// Pieces of about so many bytes are one step of the encoding.
const GRAIN: Grain = Grain { bytes: 1 << 20, least_rows: 1 };
/// Bytes handed to the target at a time.
const BLOCK: usize = 256 << 10;

/// The codec of the pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    /// Pages as they are.
    None,
    /// Fast, no levels.
    Snappy,
    /// Levels 0 to 9.
    Gzip(u32),
    /// Levels 1 to 22.
    Zstd(i32),
}

impl Codec {
    fn compression(self) -> Result<Compression, ParquetError> {
        Ok(match self {
            Self::None => Compression::UNCOMPRESSED,
            Self::Snappy => Compression::SNAPPY,
            Self::Gzip(level) => Compression::GZIP(GzipLevel::try_new(level)?),
            Self::Zstd(level) => Compression::ZSTD(ZstdLevel::try_new(level)?),
        })
    }
}

/// How one table is stored.
pub struct Plan {
    columns: Vec<Column>,
    stored: SchemaRef,
    schema: SchemaDescriptor,
    properties: WriterPropertiesPtr,
}

impl Plan {
    /// An error names the column that Parquet cannot hold, or whose name stands twice.
    pub fn new(schema: &Schema, codec: Codec) -> Result<Self, (String, TextError)> {
        let mut names = HashSet::new();
        let mut columns = Vec::with_capacity(schema.fields().len());
        for field in schema.fields() {
            let of_column = |error| (field.name().clone(), error);
            if !names.insert(field.name()) {
                return Err(of_column(TextError(
                    "the name stands twice: readers of Parquet find columns by name".into(),
                )));
            }
            let store = Store::new(field).map_err(of_column)?;
            probe(&store).map_err(|error| of_column(TextError(error.to_string())))?;
            columns.push(Column::new(field.name().clone(), store, check::needed(field.data_type())));
        }
        let of = |pick: fn(&Store) -> &Field| -> Vec<Field> {
            columns.iter().map(|column| pick(&column.store).clone()).collect()
        };
        let declared = Schema::new(of(|store| &store.declared));
        let stored = Arc::new(Schema::new_with_metadata(of(|store| &store.stored), schema.metadata().clone()));
        let whole = |error: ParquetError| (String::new(), TextError(error.to_string()));
        let builder = WriterProperties::builder().set_compression(codec.compression().map_err(whole)?);
        let mut properties = builder.set_coerce_types(true).build();
        add_encoded_arrow_schema_to_metadata(&stored, &mut properties);
        let schema = ArrowSchemaConverter::new().with_coerce_types(true).convert(&declared).map_err(whole)?;
        Ok(Self { columns, stored, schema, properties: Arc::new(properties) })
    }
}

/// Would the crate take this column? Asked alone, so that the error has the column's name.
fn probe(store: &Store) -> Result<(), ParquetError> {
    let schema =
        ArrowSchemaConverter::new().with_coerce_types(true).convert(&Schema::new(vec![store.declared.clone()]))?;
    let file = SerializedFileWriter::new(io::sink(), schema.root_schema_ptr(), Arc::default())?;
    let stored = Arc::new(Schema::new(vec![store.stored.clone()]));
    ArrowRowGroupWriterFactory::new(&file, stored).create_column_writers(0).map(drop)
}

/// What the encoder takes up next, in the order of the rows.
enum Input {
    Piece(Piece),
    Failed(Failure),
    End,
}

/// What the writer takes up next.
enum Output {
    Group(Group),
    Failed(Failure),
    End,
}

/// Write every batch of `source` as one Parquet file.
pub fn run(
    source: Source,
    plan: Plan,
    target: Target,
    workers: usize,
    cancelled: &AtomicBool,
    caller: &mut dyn Caller,
) -> Result<Written, Failure> {
    conduct(target, INPUT_BUDGET, cancelled, caller, |crew, sink| {
        let sink = Stream::new(Out::new(sink, crew.shared.clone(), None));
        let reason = sink.reason.clone();
        let file = SerializedFileWriter::new(sink, plan.schema.root_schema_ptr(), plan.properties.clone());
        let file = file.map_err(|error| Failure::Internal(error.to_string()))?;
        let factory = ArrowRowGroupWriterFactory::new(&file, plan.stored.clone());
        let (gang, helpers) = gang(workers.max(1) - 1);
        let mut groups = Groups::new(Arc::new(plan.columns), plan.stored, factory, gang);
        let (pieces, input) = bounded(16);
        let (output, ordered) = bounded(0);

        let (shared, panicked) = (crew.shared.clone(), pieces.clone());
        crew.start(
            "dli-read",
            move || read(source, &shared, &pieces),
            move |panic| drop(panicked.send(Input::Failed(Failure::Internal(panic)))),
        )?;
        for helper in helpers {
            crew.start("dli-help", move || helper.work(), |_| ())?;
        }
        let (shared, panicked) = (crew.shared.clone(), output.clone());
        let encode = move || {
            // The writer finds the channel closed when the run was stopped.
            if let Some(last) = encode(&input, &mut groups, &output, &shared) {
                drop(output.send(last));
            }
        };
        crew.start("dli-encode", encode, move |panic| drop(panicked.send(Output::Failed(Failure::Internal(panic)))))?;
        crew.finish("dli-write", move || write(&ordered, file, &reason))
    })
}

fn read(mut source: Source, shared: &Arc<pipe::Shared>, pieces: &Sender<Input>) {
    let mut at = 0u64;
    let result = pipe::read(&mut source, shared, |held| {
        let rows = held.batch.rows;
        let step = piece_rows(&held.batch, GRAIN);
        for start in (0..rows).step_by(step) {
            let range = start..rows.min(start + step);
            let (piece, next) = (Piece { held: held.clone(), range: range.clone(), at }, at + range.len() as u64);
            if shared.stopped() || pieces.send(Input::Piece(piece)).is_err() {
                return false;
            }
            at = next;
        }
        true
    });
    match result {
        Ok(true) => drop(pieces.send(Input::End)),
        Ok(false) => {}
        Err(failure) => drop(pieces.send(Input::Failed(failure))),
    }
}

/// Groups to the writer; what it says last is returned, or nothing when the run was stopped.
fn encode(
    input: &Receiver<Input>,
    groups: &mut Groups,
    output: &Sender<Output>,
    shared: &pipe::Shared,
) -> Option<Output> {
    loop {
        let (made, last) = match next(input, shared) {
            Ok(Input::Piece(piece)) => (groups.add(piece), None),
            Ok(Input::End) => (groups.end(), Some(Output::End)),
            // Rows before the failure come first: one of them may fail, too.
            Ok(Input::Failed(failure)) => (groups.end(), Some(Output::Failed(failure))),
            Err(failure) => return Some(Output::Failed(failure)),
        };
        match made {
            Ok(Some(group)) => output.send(Output::Group(group)).ok()?,
            Ok(None) => {}
            Err(failure) => return Some(Output::Failed(failure)),
        }
        if shared.stopped() {
            return None;
        }
        if last.is_some() {
            return last;
        }
    }
}

fn write(
    ordered: &Receiver<Output>,
    mut file: SerializedFileWriter<Stream>,
    reason: &Reason,
) -> Result<Written, Failure> {
    let shared = file.inner().out.shared.clone();
    let mut rows = 0;
    loop {
        match next(ordered, &shared)? {
            Output::Group(group) => {
                rows += group.rows;
                append(&mut file, group).map_err(|error| reason.take(&error))?;
                shared.rows.store(rows, Ordering::Relaxed);
            }
            Output::Failed(failure) => return Err(failure),
            Output::End => break,
        }
    }
    let mut stream = file.into_inner().map_err(|error| reason.take(&error))?;
    stream.hand_on()?;
    Ok(stream.out.written(rows))
}

fn append(file: &mut SerializedFileWriter<Stream>, group: Group) -> Result<(), ParquetError> {
    let mut row_group = file.next_row_group()?;
    for chunk in group.chunks {
        chunk.append_to_row_group(&mut row_group)?;
    }
    row_group.close().map(drop)
}

/// Why the target refused: `io::Error` cannot carry it through the crate.
#[derive(Clone, Default)]
struct Reason(Arc<Mutex<Option<Failure>>>);

impl Reason {
    fn set(&self, failure: Failure) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure);
    }

    fn take(&self, error: &ParquetError) -> Failure {
        let reason = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        reason.unwrap_or_else(|| Failure::Internal(error.to_string()))
    }
}

/// The ordered end of the run as the crate wants it.
struct Stream {
    out: Out,
    block: Vec<u8>,
    reason: Reason,
}

impl Stream {
    fn new(out: Out) -> Self {
        Self { out, block: Vec::with_capacity(BLOCK), reason: Reason::default() }
    }

    fn hand_on(&mut self) -> Result<(), Failure> {
        self.out.write(std::mem::replace(&mut self.block, Vec::with_capacity(BLOCK)))
    }
}

impl io::Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(BLOCK - self.block.len());
        self.block.extend_from_slice(&bytes[..taken]);
        if self.block.len() == BLOCK {
            self.hand_on().map_err(|failure| {
                self.reason.set(failure);
                io::Error::other("the target refused")
            })?;
        }
        Ok(taken)
    }

    /// Blocks are handed on when they are full, and at the end.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
