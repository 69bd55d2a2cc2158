//! Columns → row groups. Every column of a step is independent; the columns' own order is that of the pieces.
//!
//! ```text
//! pieces (row ranges) ─▶ gathered to a step ─▶ gang: column 0 │ column 1 │ … ─▶ enough bytes? ─▶ gang: close ─▶ chunks
//! ```

use super::check::{self, Depth};
use super::gang::Gang;
use super::store::Store;
use crate::pipe::{Failure, Held, panic_text};
use crate::text::TextError;
use arrow_array::ArrayRef;
use arrow_schema::SchemaRef;
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

/// Memory of the encoded columns after which a row group is closed.
pub(super) const GROUP_BYTES: usize = 8 << 20;
/// Rows after which it is, however small they are.
const GROUP_ROWS: u64 = 1 << 20;
/// A step is worth waking the gang for. Both are below what makes the reader wait, so that gathering never blocks.
const STEP_BYTES: usize = 512 << 10;
const STEP_ROWS: usize = 1 << 13;

/// Some rows of a batch; the first is row `at` of the file, from 0.
pub(super) struct Piece {
    pub held: Arc<Held>,
    pub range: Range<usize>,
    pub at: u64,
}

/// A row group, encoded.
pub(super) struct Group {
    pub chunks: Vec<ArrowColumnChunk>,
    pub rows: u64,
}

/// One column of the table.
pub(super) struct Column {
    pub name: String,
    pub store: Store,
    pub checked: bool,
    leaves: Mutex<Leaves>,
}

/// Its columns in the file: several when it is nested.
#[derive(Default)]
struct Leaves {
    writers: Vec<ArrowColumnWriter>,
    chunks: Vec<ArrowColumnChunk>,
}

impl Column {
    pub fn new(name: String, store: Store, checked: bool) -> Self {
        Self { name, store, checked, leaves: Mutex::default() }
    }

    fn leaves(&self) -> std::sync::MutexGuard<'_, Leaves> {
        self.leaves.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The row group that is being made.
pub(super) struct Groups {
    columns: Arc<Vec<Column>>,
    schema: SchemaRef,
    factory: ArrowRowGroupWriterFactory,
    gang: Gang,
    pending: Vec<Piece>,
    pending_bytes: usize,
    pending_rows: usize,
    /// Bytes that the writers of an empty group take.
    base: usize,
    rows: u64,
    made: usize,
}

impl Groups {
    pub fn new(columns: Arc<Vec<Column>>, schema: SchemaRef, factory: ArrowRowGroupWriterFactory, gang: Gang) -> Self {
        Self {
            columns,
            schema,
            factory,
            gang,
            pending: vec![],
            pending_bytes: 0,
            pending_rows: 0,
            base: 0,
            rows: 0,
            made: 0,
        }
    }

    /// Take a piece in; a group when it is full. What is done depends on the data alone, never on time.
    pub fn add(&mut self, piece: Piece) -> Result<Option<Group>, Failure> {
        self.pending_bytes += piece.held.bytes;
        self.pending_rows += piece.range.len();
        self.pending.push(piece);
        if self.pending_bytes < STEP_BYTES && self.pending_rows < STEP_ROWS {
            return Ok(None);
        }
        self.step()?;
        let size: usize = self.columns.iter().map(size).sum();
        if size.saturating_sub(self.base) >= GROUP_BYTES || self.rows >= GROUP_ROWS { self.close() } else { Ok(None) }
    }

    /// The last group, if any rows are left.
    pub fn end(&mut self) -> Result<Option<Group>, Failure> {
        self.step()?;
        self.close()
    }

    fn open(&mut self) -> Result<(), Failure> {
        let mut writers =
            self.factory.create_column_writers(self.made).map_err(|error| Failure::Internal(error.to_string()))?;
        for (column, field) in self.columns.iter().zip(self.schema.fields()).rev() {
            let count = leaf_count(field.data_type());
            column.leaves().writers = writers.split_off(writers.len() - count);
        }
        self.base = self.columns.iter().map(size).sum();
        self.made += 1;
        Ok(())
    }

    fn step(&mut self) -> Result<(), Failure> {
        if self.pending.is_empty() {
            return Ok(());
        }
        if self.rows == 0 {
            self.open()?;
        }
        self.rows += self.pending_rows as u64;
        (self.pending_bytes, self.pending_rows) = (0, 0);
        let pieces = std::mem::take(&mut self.pending);
        self.each(move |column, index| pieces.iter().try_for_each(|piece| write(column, index, piece)))
    }

    fn close(&mut self) -> Result<Option<Group>, Failure> {
        if self.rows == 0 {
            return Ok(None);
        }
        self.each(|column, _| {
            let mut leaves = column.leaves();
            let writers = std::mem::take(&mut leaves.writers);
            let chunks: Result<Vec<_>, _> = writers.into_iter().map(ArrowColumnWriter::close).collect();
            leaves.chunks = chunks.map_err(|error| fault(column, None, error.to_string()))?;
            Ok(())
        })?;
        let chunks = self.columns.iter().flat_map(|column| std::mem::take(&mut column.leaves().chunks)).collect();
        Ok(Some(Group { chunks, rows: std::mem::take(&mut self.rows) }))
    }

    /// `work` for every column; of several failures the one of the first row.
    fn each(
        &self,
        work: impl Fn(&Column, usize) -> Result<(), Failure> + Send + Sync + 'static,
    ) -> Result<(), Failure> {
        let failed: Arc<Mutex<Option<(u64, usize, Failure)>>> = Arc::default();
        let (columns, seen) = (self.columns.clone(), failed.clone());
        self.gang.each(self.columns.len(), move |index| {
            let result = catch_unwind(AssertUnwindSafe(|| work(&columns[index], index)));
            let result = result.unwrap_or_else(|panic| Err(Failure::Internal(panic_text(panic.as_ref()))));
            let Err(failure) = result else { return };
            let row = if let Failure::Data { row: Some(row), .. } = failure { row } else { 0 };
            let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
            if seen.as_ref().is_none_or(|(first, column, _)| (row, index) < (*first, *column)) {
                *seen = Some((row, index, failure));
            }
        });
        let failed = failed.lock().unwrap_or_else(PoisonError::into_inner).take();
        failed.map_or(Ok(()), |(_, _, failure)| Err(failure))
    }
}

fn size(column: &Column) -> usize {
    column.leaves().writers.iter().map(ArrowColumnWriter::memory_size).sum()
}

/// How many columns of the file a type has.
fn leaf_count(kind: &arrow_schema::DataType) -> usize {
    let inner = check::children(kind);
    if inner.is_empty() { 1 } else { inner.into_iter().map(|field| leaf_count(field.data_type())).sum() }
}

fn write(column: &Column, index: usize, piece: &Piece) -> Result<(), Failure> {
    let Piece { held, range, at } = piece;
    let array = held.batch.columns[index].slice(range.start, range.len());
    let bad = |(row, message): (usize, String)| fault(column, Some(at + row as u64 + 1), message);
    let array: ArrayRef = column.store.array(array).map_err(|(row, TextError(message))| bad((row, message)))?;
    if column.checked {
        check::check(&array, Depth::Named).map_err(bad)?;
    }
    let whole = |error: parquet::errors::ParquetError| fault(column, None, error.to_string());
    let mut leaves = column.leaves();
    for (writer, leaf) in leaves.writers.iter_mut().zip(compute_leaves(&column.store.stored, &array).map_err(whole)?) {
        writer.write(&leaf).map_err(whole)?;
    }
    Ok(())
}

fn fault(column: &Column, row: Option<u64>, message: String) -> Failure {
    Failure::Data { message, column: column.name.clone(), row }
}
