//! The fast encoders against the safe reference: equal bytes, or the same fault, for any table, option and cut.
//!
//! ```text
//! input ─▶ options, dialect, cuts, up to 4 columns of up to 40 rows (raw bits as values, raw bytes as text) ─▶ fast = reference
//! ```

#![no_main]

use arrow_array::types::*;
use arrow_array::*;
use arrow_buffer::{Buffer, NullBuffer, ScalarBuffer, i256};
use arrow_data::ArrayData;
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use dli_fast::csv::{Csv, Dialect};
use dli_fast::json::Json;
use dli_fast::pipe::{Chunks, Halt, Layout};
use dli_fast::stream::Batch;
use dli_fast::text::fast::Cpu;
use dli_fast::text::{Binary, Nan, Numbers, Options, Utf8};
use libfuzzer_sys::fuzz_target;
use std::sync::Arc;

/// The input, eaten from the front; zeros after its end.
struct Data<'a>(&'a [u8]);

impl Data<'_> {
    fn byte(&mut self) -> u8 {
        let Some((&first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        first
    }

    fn below(&mut self, end: usize) -> usize {
        self.byte() as usize % end
    }

    fn bits<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| self.byte())
    }

    /// Values of every magnitude: raw bits would nearly all be huge.
    fn wide(&mut self) -> i64 {
        let shift = self.below(64);
        i64::from_le_bytes(self.bits()) >> shift
    }

    fn double(&mut self) -> f64 {
        match self.below(3) {
            0 => f64::from_bits(u64::from_le_bytes(self.bits())),
            1 => self.wide() as f64 / 100.0,
            _ => self.wide() as f64 / 1e6,
        }
    }

    fn text(&mut self) -> Vec<u8> {
        let length = match self.below(8) {
            0 => 0,
            1 => 200 + self.byte() as usize * 64,
            _ => self.below(48),
        };
        // Long text repeats what little the input has.
        let seed: Vec<u8> = (0..length.min(48)).map(|_| self.byte()).collect();
        seed.iter().copied().cycle().take(if seed.is_empty() { 0 } else { length }).collect()
    }

    fn nulls(&mut self, rows: usize) -> Option<NullBuffer> {
        let mask = self.byte();
        (mask & 1 == 1).then(|| (0..rows).map(|row| mask >> (1 + row % 7) & 1 == 0).collect())
    }
}

fn primitive<T: ArrowPrimitiveType>(data: &mut Data, rows: usize, value: impl Fn(&mut Data) -> T::Native) -> ArrayRef {
    let values: ScalarBuffer<T::Native> = (0..rows).map(|_| value(data)).collect();
    Arc::new(PrimitiveArray::<T>::new(values, data.nulls(rows)))
}

fn cast(array: &ArrayRef, kind: DataType) -> ArrayRef {
    // SAFETY: same physical layout, other meaning.
    make_array(unsafe { array.to_data().into_builder().data_type(kind).build_unchecked() })
}

/// As it comes across the C interface: nobody has checked the UTF-8.
fn texts(data: &mut Data, rows: usize, kind: DataType) -> ArrayRef {
    let cells: Vec<Vec<u8>> = (0..rows).map(|_| data.text()).collect();
    let nulls = data.nulls(rows);
    if kind == DataType::Utf8View {
        let views = BinaryViewArray::from_iter_values(&cells).into_data().into_builder().data_type(kind).nulls(nulls);
        // SAFETY: the encoders must not trust that it is UTF-8.
        return make_array(unsafe { views.build_unchecked() });
    }
    let mut offsets = vec![0i64];
    offsets.extend(cells.iter().scan(0i64, |end, cell| {
        *end += cell.len() as i64;
        Some(*end)
    }));
    let offsets = if matches!(kind, DataType::LargeUtf8 | DataType::LargeBinary) {
        Buffer::from_vec(offsets)
    } else {
        Buffer::from_vec(offsets.into_iter().map(|at| at as i32).collect::<Vec<_>>())
    };
    let array = ArrayData::builder(kind)
        .len(rows)
        .nulls(nulls)
        .add_buffer(offsets)
        .add_buffer(Buffer::from_vec(cells.concat()));
    // SAFETY: as above.
    make_array(unsafe { array.build_unchecked() })
}

fn column(data: &mut Data, rows: usize) -> ArrayRef {
    let zone = [None, Some("UTC"), Some("Europe/Amsterdam"), Some("-03:30")][data.below(4)];
    let unit = [TimeUnit::Second, TimeUnit::Millisecond, TimeUnit::Microsecond, TimeUnit::Nanosecond][data.below(4)];
    let scale = (data.below(45) as i8) - 6;
    match data.below(26) {
        0 => primitive::<Int8Type>(data, rows, |d| d.wide() as i8),
        1 => primitive::<Int16Type>(data, rows, |d| d.wide() as i16),
        2 => primitive::<Int32Type>(data, rows, |d| d.wide() as i32),
        3 => primitive::<Int64Type>(data, rows, |d| d.wide()),
        4 => primitive::<UInt8Type>(data, rows, |d| d.byte()),
        5 => primitive::<UInt32Type>(data, rows, |d| d.wide() as u32),
        6 => primitive::<UInt64Type>(data, rows, |d| d.wide() as u64),
        7 => primitive::<Float32Type>(data, rows, |d| d.double() as f32),
        8 => primitive::<Float64Type>(data, rows, |d| d.double()),
        9 => Arc::new(BooleanArray::new((0..rows).map(|_| data.byte() & 1 == 1).collect(), data.nulls(rows))),
        10 => cast(&primitive::<Decimal64Type>(data, rows, |d| d.wide()), DataType::Decimal64(18, scale.min(18))),
        11 => {
            let value = |d: &mut Data| (i128::from(d.wide()) << (d.byte() % 64)) + i128::from(d.wide());
            cast(&primitive::<Decimal128Type>(data, rows, value), DataType::Decimal128(38, scale.min(38)))
        }
        12 => primitive::<Decimal256Type>(data, rows, |d| i256::from_parts(d.wide() as u128, i128::from(d.wide()))),
        13 => primitive::<Date32Type>(data, rows, |d| d.wide() as i32),
        14 => primitive::<Date64Type>(data, rows, |d| d.wide()),
        15 => primitive::<Time32SecondType>(data, rows, |d| d.wide() as i32),
        16 => primitive::<Time64MicrosecondType>(data, rows, |d| d.wide()),
        17 | 18 => {
            cast(&primitive::<Int64Type>(data, rows, |d| d.wide()), DataType::Timestamp(unit, zone.map(Into::into)))
        }
        19 => texts(data, rows, DataType::Utf8),
        20 => texts(data, rows, DataType::LargeUtf8),
        21 => texts(data, rows, DataType::Utf8View),
        22 => texts(data, rows, DataType::Binary),
        23 => {
            let values = Arc::new(StringArray::from(vec![Some("a"), None, Some("b,\"c"), Some("")]));
            let keys = (0..rows).map(|_| data.below(4) as i16).collect::<ScalarBuffer<_>>();
            Arc::new(DictionaryArray::new(Int16Array::new(keys, data.nulls(rows)), values))
        }
        24 => {
            let inner = primitive::<Float64Type>(data, rows, |d| d.double());
            let fields = vec![Field::new("x \"", DataType::Float64, true)];
            Arc::new(StructArray::new(fields.into(), vec![inner], data.nulls(rows)))
        }
        _ => {
            let lengths: Vec<usize> = (0..rows).map(|_| data.below(4)).collect();
            let kind = [DataType::Utf8, DataType::LargeUtf8, DataType::Utf8View][data.below(3)].clone();
            let items = texts(data, lengths.iter().sum(), kind.clone());
            let offsets = arrow_buffer::OffsetBuffer::from_lengths(lengths);
            Arc::new(ListArray::new(Arc::new(Field::new("item", kind, true)), offsets, items, data.nulls(rows)))
        }
    }
}

/// All bytes of a layout, in ranges of `step` rows and chunks of `limit` bytes; or the fault.
fn render(layout: &dyn Layout, batch: &Batch, step: usize, limit: usize) -> Result<Vec<u8>, String> {
    let mut all = Vec::new();
    layout.head(&mut all);
    for start in (0..batch.rows).step_by(step) {
        let mut emit = |full: &mut Vec<u8>| {
            all.append(full);
            Ok(())
        };
        let mut chunks = Chunks::new(Vec::new(), limit, &mut emit);
        let range = start..batch.rows.min(start + step);
        layout.rows(batch, range, start as u64, &mut chunks).map_err(|halt| match halt {
            Halt::Fault(fault) => format!("{}|{}|{}", fault.row, fault.column, fault.message),
            Halt::Stopped => "stopped".to_string(),
        })?;
        let _ = chunks.flush();
    }
    layout.tail(batch.rows as u64, &mut all);
    Ok(all)
}

fuzz_target!(|input: &[u8]| {
    let data = &mut Data(input);
    let flags = data.byte();
    let options = Options {
        binary: if flags & 1 == 0 { Binary::Base64 } else { Binary::Hex },
        utf8: if flags & 2 == 0 { Utf8::Strict } else { Utf8::Replace },
        numbers: if flags & 4 == 0 { Numbers::Exact } else { Numbers::String },
        nan: if flags & 8 == 0 { Nan::Null } else { Nan::Error },
    };
    let null = [&b""[..], b"NULL", b"0", b"\xED\x95\x9C"][data.below(4)].to_vec();
    let delimiter = [b',', b';', b'\t', b'/', b'|', b' '][data.below(6)];
    let dialect = Dialect { delimiter, header: flags & 16 == 0, null, bom: flags & 32 != 0, safe: flags & 64 != 0 };
    let (rows, offset) = (1 + data.below(40), data.below(5));
    let (step, limit) = (1 + data.below(64), 1 << data.below(18));
    let mut columns: Vec<ArrayRef> = Vec::new();
    for _ in 0..1 + data.below(4) {
        columns.push(column(data, rows + offset).slice(offset, rows));
    }
    let fields = columns.iter().enumerate();
    let fields = fields.map(|(at, array)| Field::new(format!("c{at}\"é"), array.data_type().clone(), true));
    let schema = Schema::new(fields.collect::<Vec<_>>());
    let batch = Batch { columns, rows };
    if dialect.check().is_ok() {
        let layout = || Csv::new(&schema, dialect.clone(), options).expect("every type has a text");
        let slow = render(&layout().reference(), &batch, step, limit);
        for cpu in Cpu::all() {
            assert_eq!(render(&layout().on(cpu), &batch, step, limit), slow, "CSV, {cpu:?}");
        }
    }
    for lines in [true, false] {
        let layout = || Json::new(&schema, lines, options).expect("every type has a text");
        let slow = render(&layout().reference(), &batch, step, limit);
        for cpu in Cpu::all() {
            assert_eq!(render(&layout().on(cpu), &batch, step, limit), slow, "JSON, {cpu:?}");
        }
    }
});
