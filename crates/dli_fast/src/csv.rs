//! RFC 4180 CSV with LF around the canonical text.
//!
//! ```text
//! header ─▶ row: cell , cell … LF      null: bare null text │ empty text: "" │ special text: "…" with quotes doubled
//! ```

use crate::pipe::{Chunks, Fault, Halt, Layout};
use crate::stream::Batch;
use crate::text::fast::{Cpu, Plan, Style};
use crate::text::{self, Encoder, Form, TextError};
use arrow_schema::{DataType, Field, Schema};
use std::ops::Range;

/// The choices of the format.
#[derive(Clone, Debug)]
pub struct Dialect {
    /// One ASCII byte between cells.
    pub delimiter: u8,
    /// Write the names first.
    pub header: bool,
    /// The text of null.
    pub null: Vec<u8>,
    /// Start with U+FEFF.
    pub bom: bool,
    /// Put `'` before text that a spreadsheet would run.
    pub safe: bool,
}

impl Default for Dialect {
    fn default() -> Self {
        Self { delimiter: b',', header: true, null: Vec::new(), bom: false, safe: false }
    }
}

impl Dialect {
    /// Says what is wrong with the choices, if anything.
    pub fn check(&self) -> Result<(), String> {
        let delimiter = self.delimiter;
        // Characters of unquoted numbers, dates and words would make cells ambiguous.
        if !delimiter.is_ascii() || delimiter.is_ascii_alphanumeric() || b"\"\r\n\0+-.:".contains(&delimiter) {
            return Err(format!("{:?} cannot be a delimiter", char::from(delimiter)));
        }
        if self.null.iter().any(|byte| b"\"\r\n".contains(byte) || *byte == delimiter) {
            return Err("the null text must not contain the delimiter, a quote or a line end".into());
        }
        Ok(())
    }

    /// Append `cell` as the format wants it; `formula` when it is text that a spreadsheet might run.
    pub fn put_cell(&self, cell: &[u8], formula: bool, out: &mut Vec<u8>) {
        let guard = self.safe && formula && matches!(cell.first(), Some(b'=' | b'+' | b'-' | b'@' | b'\t' | b'\r'));
        let special = |byte: &u8| matches!(byte, b'"' | b'\n' | b'\r') || *byte == self.delimiter;
        let quote = cell.is_empty() || cell == self.null || cell.starts_with(BOM) || cell.iter().any(special);
        if quote {
            out.push(b'"');
        }
        if guard {
            out.push(b'\'');
        }
        if quote {
            for &byte in cell {
                if byte == b'"' {
                    out.push(b'"');
                }
                out.push(byte);
            }
            out.push(b'"');
        } else {
            out.extend_from_slice(cell);
        }
    }
}

const BOM: &[u8] = "\u{feff}".as_bytes();

/// CSV of one schema.
pub struct Csv {
    dialect: Dialect,
    names: Vec<String>,
    encoders: Vec<Encoder>,
    formulas: Vec<bool>,
    plan: Option<Plan>,
}

impl Csv {
    /// A plan for the schema; an error names the column that has no text.
    pub fn new(schema: &Schema, dialect: Dialect, options: text::Options) -> Result<Self, (String, TextError)> {
        let encoder =
            |field: &Field| Encoder::new(field, Form::Text, options).map_err(|error| (field.name().clone(), error));
        let style = Style::Csv { delimiter: dialect.delimiter, null: dialect.null.clone(), safe: dialect.safe };
        Ok(Self {
            plan: Some(Plan::new(schema, style, options)?),
            dialect,
            names: schema.fields().iter().map(|field| field.name().clone()).collect(),
            encoders: schema.fields().iter().map(|field| encoder(field)).collect::<Result<_, _>>()?,
            formulas: schema.fields().iter().map(|field| may_be_formula(field.data_type())).collect(),
        })
    }
}

impl Csv {
    /// The same layout by the safe reference alone, to check the fast one against.
    #[must_use]
    pub fn reference(mut self) -> Self {
        self.plan = None;
        self
    }

    /// The same layout as a lesser CPU writes it.
    #[must_use]
    pub fn on(mut self, cpu: Cpu) -> Self {
        self.plan = self.plan.map(|plan| plan.on(cpu));
        self
    }
}

/// Can the text of this type start a formula? Numbers and times cannot, whatever their sign.
pub(crate) fn may_be_formula(kind: &DataType) -> bool {
    match kind {
        DataType::Dictionary(_, values) => may_be_formula(values),
        DataType::RunEndEncoded(_, values) => may_be_formula(values.data_type()),
        DataType::Union(fields, _) => fields.iter().any(|(_, field)| may_be_formula(field.data_type())),
        DataType::Utf8
        | DataType::LargeUtf8
        | DataType::Utf8View
        | DataType::Binary
        | DataType::LargeBinary
        | DataType::BinaryView
        | DataType::FixedSizeBinary(_) => true,
        _ => false,
    }
}

impl Layout for Csv {
    fn head(&self, out: &mut Vec<u8>) {
        if self.dialect.bom {
            out.extend_from_slice(BOM);
        }
        if !self.dialect.header {
            return;
        }
        for (at, name) in self.names.iter().enumerate() {
            if at > 0 {
                out.push(self.dialect.delimiter);
            }
            self.dialect.put_cell(name.as_bytes(), true, out);
        }
        out.push(b'\n');
    }

    fn rows(&self, batch: &Batch, range: Range<usize>, at: u64, out: &mut Chunks<'_>) -> Result<(), Halt> {
        if let Some(plan) = &self.plan {
            return plan.rows(batch, range, at == 0, out);
        }
        let mut cell = Vec::new();
        for row in range {
            for (at, (encoder, column)) in self.encoders.iter().zip(&batch.columns).enumerate() {
                if at > 0 {
                    out.buffer.push(self.dialect.delimiter);
                }
                cell.clear();
                let fault =
                    |error: TextError| Halt::Fault(Fault { message: error.0, column: self.names[at].clone(), row });
                if encoder.write(column.as_ref(), row, &mut cell).map_err(fault)? {
                    self.dialect.put_cell(&cell, self.formulas[at], &mut out.buffer);
                } else {
                    out.buffer.extend_from_slice(&self.dialect.null);
                }
            }
            out.buffer.push(b'\n');
            out.row_ended()?;
        }
        Ok(())
    }

    fn tail(&self, _rows: u64, _out: &mut Vec<u8>) {}
}
