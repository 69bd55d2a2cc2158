//! The rows of one page → one batch.

use super::Error;
use super::column::Column;
use super::json::Reader;
use super::kind::Kind;
use arrow_array::{RecordBatch, RecordBatchOptions};
use arrow_schema::{Schema, SchemaRef};
use std::sync::Arc;

/// What all pages of one result share.
pub struct Decoder {
    columns: Vec<(String, Kind)>,
    schema: SchemaRef,
    rows: u64,
}

impl Decoder {
    /// For columns of these names and kinds.
    #[must_use]
    pub fn new(columns: Vec<(String, Kind)>) -> Self {
        let schema = Arc::new(Schema::new(Kind::fields(&columns)));
        Self { columns, schema, rows: 0 }
    }

    /// Names and Arrow types.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    /// A list of rows, each a list of cells.
    pub fn decode(&mut self, text: &[u8]) -> Result<RecordBatch, Error> {
        let mut reader = Reader::new(text).map_err(Error::new)?;
        let mut columns: Vec<Column> = self.columns.iter().map(|(_, kind)| Column::new(kind)).collect();
        let mut rows = 0;
        self.page(&mut reader, &mut columns, &mut rows)?;
        self.rows += rows;
        let arrays: Result<Vec<_>, String> = columns.into_iter().map(Column::finish).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(rows as usize));
        let batch = arrays.and_then(|arrays| {
            RecordBatch::try_new_with_options(self.schema.clone(), arrays, &options).map_err(|error| error.to_string())
        });
        batch.map_err(Error::new)
    }

    fn page(&self, reader: &mut Reader<'_>, columns: &mut [Column], rows: &mut u64) -> Result<(), Error> {
        let at = |message: String, rows: u64, column: Option<&str>| Error {
            message,
            column: column.map(str::to_owned),
            row: Some(self.rows + rows + 1),
        };
        reader.expect(b'[').map_err(Error::new)?;
        if reader.take(b']') {
            return ended(reader);
        }
        loop {
            reader.expect(b'[').map_err(|message| at(message, *rows, None))?;
            for (index, column) in columns.iter_mut().enumerate() {
                let name = || Some(self.columns[index].0.as_str());
                if index > 0 {
                    reader.expect(b',').map_err(|message| at(message, *rows, name()))?;
                }
                column.read(reader).map_err(|message| at(message, *rows, name()))?;
            }
            reader.expect(b']').map_err(|message| at(message, *rows, None))?;
            *rows += 1;
            if reader.take(b']') {
                return ended(reader);
            }
            reader.expect(b',').map_err(|message| at(message, *rows, None))?;
        }
    }
}

fn ended(reader: &mut Reader<'_>) -> Result<(), Error> {
    if reader.ended() { Ok(()) } else { Err(Error::new("text behind the rows")) }
}
