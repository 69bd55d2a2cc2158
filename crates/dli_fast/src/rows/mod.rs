//! Rows ↔ Arrow, without pyarrow.
//!
//! ```text
//! Python rows ─▶ build (infer or declared type per column) ─▶ Held ─▶ values ─▶ Python values
//! ```

pub mod build;
pub mod values;

use crate::stream::Batch;
use arrow_array::{RecordBatch, RecordBatchOptions};
use arrow_schema::{ArrowError, DataType, SchemaRef};

/// Record batches of one schema, held in memory.
pub struct Held {
    /// Names and types.
    pub schema: SchemaRef,
    /// The rows, in order.
    pub batches: Vec<Batch>,
}

impl Held {
    /// Rows in all batches.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.batches.iter().map(|batch| batch.rows).sum()
    }

    /// The batches as arrow-rs has them, for export.
    pub fn records(&self) -> Result<Vec<RecordBatch>, ArrowError> {
        let record = |batch: &Batch| {
            let options = RecordBatchOptions::new().with_row_count(Some(batch.rows));
            RecordBatch::try_new_with_options(self.schema.clone(), batch.columns.clone(), &options)
        };
        self.batches.iter().map(record).collect()
    }

    /// Batch and row in it for each row of `range`.
    pub fn places(&self, start: usize, stop: usize) -> impl Iterator<Item = (&Batch, usize)> {
        let all = self.batches.iter().flat_map(|batch| (0..batch.rows).map(move |row| (batch, row)));
        all.skip(start).take(stop.saturating_sub(start))
    }
}

/// DLI's name of a type, for people and for `schema:` of a spec.
#[must_use]
pub fn type_name(kind: &DataType) -> String {
    match kind {
        DataType::Null => "null".into(),
        DataType::Boolean => "boolean".into(),
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::UInt8 | DataType::UInt16 => "integer".into(),
        DataType::Int64 | DataType::UInt32 | DataType::UInt64 => "bigint".into(),
        DataType::Float16 | DataType::Float32 => "float".into(),
        DataType::Float64 => "double".into(),
        DataType::Decimal32(precision, scale)
        | DataType::Decimal64(precision, scale)
        | DataType::Decimal128(precision, scale)
        | DataType::Decimal256(precision, scale) => format!("decimal({precision},{scale})"),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "string".into(),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
            "binary".into()
        }
        DataType::Date32 | DataType::Date64 => "date".into(),
        DataType::Time32(_) | DataType::Time64(_) => "time".into(),
        DataType::Timestamp(_, None) => "timestamp".into(),
        DataType::Timestamp(_, Some(_)) => "timestamp_tz".into(),
        DataType::Interval(_) | DataType::Duration(_) => "interval".into(),
        DataType::Struct(_) => "struct".into(),
        DataType::Map(_, _) => "map".into(),
        DataType::Union(_, _) => "union".into(),
        DataType::Dictionary(_, values) => type_name(values),
        DataType::RunEndEncoded(_, values) => type_name(values.data_type()),
        _ => "list".into(),
    }
}

/// Is it a number, to be right-aligned?
#[must_use]
pub fn is_number(kind: &DataType) -> bool {
    match kind {
        DataType::Dictionary(_, values) => is_number(values),
        DataType::RunEndEncoded(_, values) => is_number(values.data_type()),
        kind => kind.is_numeric(),
    }
}
