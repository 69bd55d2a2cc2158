//! Rows of a batch → text, as fast as memory allows; byte for byte what the reference writes.
//!
//! ```text
//! Schema, Style ─▶ Plan ─▶ bind(batch): raw columns ─▶ row loop, compiled per instruction set ─▶ Chunks
//!                             cell: digits │ lanes │ nested      what is rare or unknown: the reference `Encoder`
//! ```
//!
//! The invariant of all raw writes: before a cell, at least [`Plan::fixed`] bytes are free, which is enough for every
//! cell of bounded length in the row; cells of unbounded length ask [`out::Out::room`] first.

#![expect(clippy::inline_always, reason = "parts of the row loop: a call costs more than what they do, measured")]

mod cell;
mod column;
mod cpu;
pub mod digits;
pub mod lanes;
mod out;
mod text;
mod zones;

use super::{Control, Encoder, Form, Nan, Numbers, Options, TextError};
use crate::pipe::{Chunks, Fault, Halt};
use crate::stream::Batch;
use arrow_schema::{DataType, Field, Schema};
use column::Column;
pub use cpu::Cpu;
use lanes::Lane;
use out::Out;
use std::ops::Range;
use std::sync::Arc;
use zones::Offsets;

/// The vector every CPU of this architecture has.
#[cfg(target_arch = "x86_64")]
type Base = lanes::Sse2;
#[cfg(not(target_arch = "x86_64"))]
type Base = lanes::Word;

/// The punctuation around cells.
#[derive(Clone, Debug)]
pub enum Style {
    /// `cell , cell LF`
    Csv {
        /// Between cells.
        delimiter: u8,
        /// The text of null.
        null: Vec<u8>,
        /// Put `'` before formulas.
        safe: bool,
    },
    /// `{"key":cell,…}`, as lines or as an array's items.
    Json {
        /// LF after each row, instead of `,` LF before it.
        lines: bool,
    },
}

/// How one column, or one value inside a nested one, is written.
struct ColumnPlan {
    name: String,
    /// JSON: `{"name":` or `,"name":`, padded to whole blocks of 32 bytes.
    key: Vec<u8>,
    key_len: usize,
    text: Encoder,
    json: Encoder,
    /// Only the reference writes it.
    slow: bool,
    formula: bool,
    offsets: Option<Arc<Offsets>>,
    children: Vec<ColumnPlan>,
    uuid: bool,
}

/// How the rows of one schema are written. Built once.
pub struct Plan {
    style: Style,
    options: Options,
    columns: Vec<ColumnPlan>,
    cpu: Cpu,
    /// Free bytes that the bounded cells of a row need at most.
    fixed: usize,
}

/// At most this many bytes for a cell of bounded length, its key not counted.
const CELL: usize = 64;

impl Plan {
    /// A plan, or the column that has no text and why.
    pub fn new(schema: &Schema, style: Style, options: Options) -> Result<Self, (String, TextError)> {
        let columns = schema
            .fields()
            .iter()
            .enumerate()
            .map(|(at, field)| {
                column_plan(field, at == 0, &style, options).map_err(|error| (field.name().clone(), error))
            })
            .collect::<Result<Vec<_>, _>>()?;
        let null = if let Style::Csv { null, .. } = &style { null.len() } else { 4 };
        let fixed = columns.iter().map(|column| weight(column, null)).sum::<usize>() + digits::SLACK + 64;
        Ok(Self { style, options, columns, cpu: Cpu::best(), fixed })
    }

    /// The same plan for a CPU that has no more than `cpu`, to check one row loop against another.
    #[must_use]
    pub fn on(self, cpu: Cpu) -> Self {
        Self { cpu: cpu.min(Cpu::best()), ..self }
    }

    /// Write the rows `range` of `batch`; `first` when they start the file.
    pub fn rows(&self, batch: &Batch, range: Range<usize>, first: bool, chunks: &mut Chunks<'_>) -> Result<(), Halt> {
        // Slices, so that binding and the look at a column's UTF-8 cost what the range costs, not the batch.
        let start = range.start;
        let arrays: Vec<_> = batch.columns.iter().map(|array| array.slice(start, range.len())).collect();
        let columns: Vec<Column<'_>> =
            self.columns.iter().zip(&arrays).map(|(plan, array)| Column::bind(plan, array.as_ref(), self)).collect();
        let range = 0..range.len();
        let mut out = Out::new(chunks, self.fixed);
        // SAFETY: the columns are of this batch, which has the rows; the plan's CPU is this one.
        let done = unsafe {
            match self.style {
                Style::Json { .. } => rows_on_cpu::<true>(self, &columns, range, first, &mut out),
                Style::Csv { .. } => rows_on_cpu::<false>(self, &columns, range, first, &mut out),
            }
        };
        done.map_err(|(column, row)| match out.fault.take() {
            Some(error) => {
                Halt::Fault(Fault { message: error.0, column: self.columns[column].name.clone(), row: start + row })
            }
            None => Halt::Stopped,
        })
    }
}

/// The row loop with the instructions of the plan's CPU.
///
/// # Safety
/// As [`rows_with`], but for the instructions.
unsafe fn rows_on_cpu<const JSON: bool>(
    plan: &Plan,
    columns: &[Column<'_>],
    range: Range<usize>,
    first: bool,
    out: &mut Out<'_, '_>,
) -> Result<(), (usize, usize)> {
    // SAFETY: as promised by the caller; a plan's CPU has no more than this one.
    unsafe {
        #[cfg(target_arch = "x86_64")]
        match plan.cpu {
            Cpu::Avx512 => return rows_avx512::<JSON>(plan, columns, range, first, out),
            Cpu::Avx2 => return rows_avx2::<JSON>(plan, columns, range, first, out),
            Cpu::Base => {}
        }
        rows_with::<Base, JSON>(plan, columns, range, first, out)
    }
}

/// The row loop with AVX-512: everything it calls is inlined into it and compiled for these instructions.
///
/// # Safety
/// As [`rows_with`], and the CPU has them.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx2,bmi1,bmi2,lzcnt,popcnt")]
unsafe fn rows_avx512<const JSON: bool>(
    plan: &Plan,
    columns: &[Column<'_>],
    range: Range<usize>,
    first: bool,
    out: &mut Out<'_, '_>,
) -> Result<(), (usize, usize)> {
    // SAFETY: as promised by the caller.
    unsafe { rows_with::<lanes::Avx512, JSON>(plan, columns, range, first, out) }
}

/// The row loop with AVX2, likewise.
///
/// # Safety
/// As [`rows_with`], and the CPU has AVX2 and BMI2.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
unsafe fn rows_avx2<const JSON: bool>(
    plan: &Plan,
    columns: &[Column<'_>],
    range: Range<usize>,
    first: bool,
    out: &mut Out<'_, '_>,
) -> Result<(), (usize, usize)> {
    // SAFETY: as promised by the caller.
    unsafe { rows_with::<lanes::Avx2, JSON>(plan, columns, range, first, out) }
}

/// The row loop. An error is the column's and the row's index; what happened is in `out`.
///
/// # Safety
/// Every column has the rows of `range`, and the CPU has L's instructions.
#[inline(always)]
unsafe fn rows_with<L: Lane, const JSON: bool>(
    plan: &Plan,
    columns: &[Column<'_>],
    range: Range<usize>,
    first: bool,
    out: &mut Out<'_, '_>,
) -> Result<(), (usize, usize)> {
    let (delimiter, lines) = match plan.style {
        Style::Csv { delimiter, .. } => (delimiter, true),
        Style::Json { lines } => (b',', lines),
    };
    let start = range.start;
    let mut at = out.start();
    // SAFETY: `out` keeps `fixed` bytes free before each row, which covers all punctuation and bounded cells.
    unsafe {
        for row in range {
            if JSON && !lines {
                let open: [u8; 2] = if first && row == start { *b"[\n" } else { *b",\n" };
                at.cast::<[u8; 2]>().write_unaligned(open);
                at = at.add(2);
            }
            for (index, column) in columns.iter().enumerate() {
                if JSON {
                    at = column.put_key(at);
                }
                match cell::put::<L, JSON>(column, row, at, out) {
                    Ok(end) => at = end,
                    Err(out::Halted) => return Err((index, row)),
                }
                if !JSON {
                    *at = delimiter;
                    at = at.add(1);
                }
            }
            if JSON {
                at.cast::<[u8; 2]>().write_unaligned(*b"}\n");
                at = at.add(1 + usize::from(lines));
            } else {
                *at.sub(1) = b'\n';
            }
            if out.row_is_full(at) {
                at = out.grow(at, 0).map_err(|out::Halted| (0, row))?;
            }
        }
    }
    out.finish(at);
    Ok(())
}

fn column_plan(field: &Field, first: bool, style: &Style, options: Options) -> Result<ColumnPlan, TextError> {
    let mut key = vec![if first { b'{' } else { b',' }];
    super::string::json_string(field.name().as_bytes(), &mut key);
    key.push(b':');
    let key_len = key.len();
    key.resize(key_len.next_multiple_of(32), 0);
    let json = matches!(style, Style::Json { .. });
    let child = |field: &Field, first| column_plan(field, first, &Style::Json { lines: true }, options);
    let children = match field.data_type() {
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => vec![child(item, true)?],
        DataType::Struct(fields) => {
            fields.iter().enumerate().map(|(at, field)| child(field, at == 0)).collect::<Result<_, _>>()?
        }
        // The values of a dictionary stand where the column stands.
        DataType::Dictionary(_, values) => {
            vec![column_plan(&field.clone().with_data_type(values.as_ref().clone()), true, style, options)?]
        }
        _ => vec![],
    };
    let offsets = match field.data_type() {
        DataType::Timestamp(_, Some(name)) => Some(Offsets::of(super::zone::Zone::parse(name)?)),
        _ => None,
    };
    Ok(ColumnPlan {
        name: field.name().clone(),
        key,
        key_len,
        text: Encoder::new(field, Form::Text, options)?,
        json: Encoder::new(field, Form::Json, options)?,
        slow: is_slow(field, style, options, json),
        formula: crate::csv::may_be_formula(field.data_type()),
        offsets,
        children,
        uuid: super::is_uuid(field),
    })
}

/// Is this left to the reference, because of its type or of a rare choice?
fn is_slow(field: &Field, style: &Style, options: Options, json: bool) -> bool {
    let kind = field.data_type();
    if let Style::Csv { delimiter, null, safe } = style {
        let text = matches!(kind, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
        let binary = matches!(
            kind,
            DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_)
        );
        // Any cell could be the null text, and base64 could hold the delimiter or begin like a formula.
        if !text && !matches!(kind, DataType::Dictionary(_, _)) && !null.is_empty() {
            return true;
        }
        if binary && (*safe || b"+/=".contains(delimiter)) {
            return true;
        }
    }
    match kind {
        DataType::Null
        | DataType::Float16
        | DataType::Date64
        | DataType::Decimal256(_, _)
        | DataType::Duration(_)
        | DataType::Interval(_)
        | DataType::ListView(_)
        | DataType::LargeListView(_)
        | DataType::Map(_, _)
        | DataType::Union(_, _)
        | DataType::RunEndEncoded(_, _) => true,
        DataType::Decimal32(_, scale) | DataType::Decimal64(_, scale) | DataType::Decimal128(_, scale) => {
            !(0..=38).contains(scale) || (json && options.numbers == Numbers::String)
        }
        DataType::Int64 | DataType::UInt64 => json && options.numbers == Numbers::String,
        DataType::Float32 | DataType::Float64 => json && options.nan == Nan::Error,
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
            options.control == Control::Error || (json && super::is_json(field))
        }
        _ => false,
    }
}

/// Bytes that a column's bounded parts need at most, with everything inside it.
fn weight(plan: &ColumnPlan, null: usize) -> usize {
    plan.key.len() + CELL + null + plan.children.iter().map(|child| weight(child, null)).sum::<usize>()
}
