//! NDJSON and JSON arrays around the canonical text: one object a line, every key in every row.
//!
//! ```text
//! lines: {…} LF {…} LF        array: [ LF {…} , LF {…} LF ] LF        no rows: nothing │ [] LF
//! ```

use crate::pipe::{Chunks, Fault, Halt, Layout};
use crate::stream::Batch;
use crate::text::fast::{Cpu, Plan, Style};
use crate::text::{self, Encoder, Form, TextError};
use arrow_schema::Schema;
use std::collections::HashSet;
use std::ops::Range;

/// JSON of one schema.
pub struct Json {
    lines: bool,
    names: Vec<String>,
    /// `{"name":` or `,"name":`
    keys: Vec<Vec<u8>>,
    encoders: Vec<Encoder>,
    fast: Option<Plan>,
}

impl Json {
    /// A plan for the schema; an error names the column that has no text or whose name stands twice.
    pub fn new(schema: &Schema, lines: bool, options: text::Options) -> Result<Self, (String, TextError)> {
        let mut seen = HashSet::new();
        let mut plan = Self { lines, names: Vec::new(), keys: Vec::new(), encoders: Vec::new(), fast: None };
        for field in schema.fields() {
            let name = field.name();
            if !seen.insert(name) {
                return Err((name.clone(), TextError("the name stands twice: a JSON object has each key once".into())));
            }
            let mut key = vec![if plan.keys.is_empty() { b'{' } else { b',' }];
            text::string::json_string(name.as_bytes(), &mut key);
            key.push(b':');
            plan.keys.push(key);
            plan.encoders.push(Encoder::new(field, Form::Json, options).map_err(|error| (name.clone(), error))?);
            plan.names.push(name.clone());
        }
        plan.fast = Some(Plan::new(schema, Style::Json { lines }, options)?);
        Ok(plan)
    }

    /// The same layout by the safe reference alone, to check the fast one against.
    #[must_use]
    pub fn reference(mut self) -> Self {
        self.fast = None;
        self
    }

    /// The same layout as a lesser CPU writes it.
    #[must_use]
    pub fn on(mut self, cpu: Cpu) -> Self {
        self.fast = self.fast.map(|plan| plan.on(cpu));
        self
    }
}

impl Layout for Json {
    fn head(&self, _out: &mut Vec<u8>) {}

    fn rows(&self, batch: &Batch, range: Range<usize>, at: u64, out: &mut Chunks<'_>) -> Result<(), Halt> {
        if let Some(plan) = &self.fast {
            return plan.rows(batch, range, at == 0, out);
        }
        let (start, first) = (range.start, at == 0);
        for row in range {
            if !self.lines {
                out.buffer.extend_from_slice(if first && row == start { b"[\n" } else { b",\n" });
            }
            for (at, (encoder, column)) in self.encoders.iter().zip(&batch.columns).enumerate() {
                out.buffer.extend_from_slice(&self.keys[at]);
                let fault =
                    |error: TextError| Halt::Fault(Fault { message: error.0, column: self.names[at].clone(), row });
                encoder.write(column.as_ref(), row, &mut out.buffer).map_err(fault)?;
            }
            out.buffer.push(b'}');
            if self.lines {
                out.buffer.push(b'\n');
            }
            out.row_ended()?;
        }
        Ok(())
    }

    fn tail(&self, rows: u64, out: &mut Vec<u8>) {
        if !self.lines {
            out.extend_from_slice(if rows == 0 { b"[]\n" } else { b"\n]\n" });
        }
    }
}
