//! The fast encoders write what the safe reference writes, byte for byte, for every type, slice, option and chunk size.

use arrow_array::builder::{Int32Builder, ListBuilder, MapBuilder, StringBuilder, StringDictionaryBuilder};
use arrow_array::types::*;
use arrow_array::*;
use arrow_buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer, i256};
use arrow_data::ArrayData;
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use dli_fast::csv::{Csv, Dialect};
use dli_fast::json::Json;
use dli_fast::pipe::{Chunks, Halt, Layout};
use dli_fast::stream::Batch;
use dli_fast::text::fast::Cpu;
use dli_fast::text::{Binary, Control, Nan, Numbers, Options, Utf8};
use std::collections::HashMap;
use std::sync::Arc;

/// A small generator, so that a failure is repeatable.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() >> 11) as usize % end
    }

    /// A magnitude of every size.
    fn wide(&mut self) -> i64 {
        let bits = self.below(64);
        match self.below(12) {
            0 => i64::MAX,
            1 => i64::MIN,
            2 => 10i64.pow(self.below(19) as u32),
            3 => 10i64.pow(self.below(19) as u32) - 1,
            4 => 0,
            _ => (self.next() as i64) >> bits,
        }
    }

    fn double(&mut self) -> f64 {
        match self.below(10) {
            0 => f64::from_bits(self.next()),
            1 => [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, 0.0, f64::MAX, f64::MIN_POSITIVE][self.below(7)],
            2 => self.wide() as f64,
            3 => self.below(1000) as f64 / 1000.0,
            4 => (self.wide() / 1000) as f64 / 100.0,
            5 => 1e13 + self.below(1000) as f64 / 100.0,
            _ => (self.below(20_000_000) as f64 - 1e7) / 100.0,
        }
    }

    fn text(&mut self) -> Vec<u8> {
        let length = match self.below(20) {
            0 => 0,
            1 => self.below(300),
            2 => 16_000 + self.below(40_000),
            _ => self.below(40),
        };
        let special = self.below(4);
        let mut text = Vec::new();
        while text.len() < length {
            match (special, self.below(12)) {
                (1, 0) => text.push(b",\"\n\r;|=+-@\t"[self.below(11)]),
                (2, 0) => text.extend_from_slice("한é😀\u{feff}".as_bytes()),
                (3, 0) => text.push(self.below(0x20) as u8),
                _ => text.push(b' ' + self.below(95) as u8),
            }
        }
        if self.below(30) == 0 {
            text.splice(0..0, "\u{feff}".bytes());
        }
        text
    }

    fn nulls(&mut self, rows: usize) -> Option<NullBuffer> {
        match self.below(3) {
            0 => None,
            _ => Some((0..rows).map(|_| self.below(5) > 0).collect()),
        }
    }

    fn many<T>(&mut self, rows: usize, mut value: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..rows).map(|_| value(self)).collect()
    }
}

fn primitive<T: ArrowPrimitiveType>(
    random: &mut Random,
    rows: usize,
    value: impl FnMut(&mut Random) -> T::Native,
) -> ArrayRef {
    let values: ScalarBuffer<T::Native> = random.many(rows, value).into();
    Arc::new(PrimitiveArray::<T>::new(values, random.nulls(rows)))
}

/// Text or bytes without a check of the UTF-8, as they come across the C interface.
fn bytes_array(kind: DataType, cells: &[Vec<u8>], nulls: Option<NullBuffer>) -> ArrayRef {
    let mut data = Vec::new();
    let mut offsets = vec![0i64];
    for cell in cells {
        data.extend_from_slice(cell);
        offsets.push(data.len() as i64);
    }
    let large = matches!(kind, DataType::LargeUtf8 | DataType::LargeBinary);
    let offsets = if large {
        Buffer::from_vec(offsets)
    } else {
        Buffer::from_vec(offsets.iter().map(|&at| at as i32).collect::<Vec<_>>())
    };
    let builder =
        ArrayData::builder(kind).len(cells.len()).nulls(nulls).add_buffer(offsets).add_buffer(Buffer::from_vec(data));
    make_array(unsafe { builder.build_unchecked() })
}

fn view_array(cells: &[Vec<u8>], nulls: Option<NullBuffer>) -> ArrayRef {
    let binary = BinaryViewArray::from_iter_values(cells);
    let data = binary.into_data().into_builder().data_type(DataType::Utf8View).nulls(nulls);
    make_array(unsafe { data.build_unchecked() })
}

/// Every type that the fast path knows or leaves to the reference.
#[expect(clippy::too_many_lines, reason = "one entry a type")]
fn columns(random: &mut Random, rows: usize) -> Vec<(Field, ArrayRef)> {
    let mut columns: Vec<(Field, ArrayRef)> = Vec::new();
    let mut add = |array: ArrayRef| {
        let name = format!("c{} \"é", columns.len());
        columns.push((Field::new(name, array.data_type().clone(), true), array));
    };
    add(primitive::<Int8Type>(random, rows, |r| r.wide() as i8));
    add(primitive::<Int16Type>(random, rows, |r| r.wide() as i16));
    add(primitive::<Int32Type>(random, rows, |r| r.wide() as i32));
    add(primitive::<Int64Type>(random, rows, Random::wide));
    add(primitive::<UInt8Type>(random, rows, |r| r.wide() as u8));
    add(primitive::<UInt16Type>(random, rows, |r| r.wide() as u16));
    add(primitive::<UInt32Type>(random, rows, |r| r.wide() as u32));
    add(primitive::<UInt64Type>(random, rows, |r| r.wide() as u64));
    add(primitive::<Float32Type>(random, rows, |r| r.double() as f32));
    add(primitive::<Float64Type>(random, rows, Random::double));
    let cells: Vec<bool> = random.many(rows, |r| r.below(2) == 0);
    add(Arc::new(BooleanArray::new(cells.into(), random.nulls(rows))));
    for scale in [0, 2, 3, 6, 8, 9, -3] {
        let array = primitive::<Decimal32Type>(random, rows, |r| r.wide() as i32 % 1_000_000_000);
        add(Arc::new(
            array
                .as_any()
                .downcast_ref::<Decimal32Array>()
                .unwrap()
                .clone()
                .with_data_type(DataType::Decimal32(9, scale)),
        ));
        let array = primitive::<Decimal64Type>(random, rows, |r| r.wide() % 1_000_000_000_000_000_000);
        add(Arc::new(
            array
                .as_any()
                .downcast_ref::<Decimal64Array>()
                .unwrap()
                .clone()
                .with_data_type(DataType::Decimal64(18, scale)),
        ));
    }
    for scale in [0, 1, 2, 3, 4, 6, 7, 8, 9, 15, 16, 17, 18, 19, 20, 38, -2] {
        let array = primitive::<Decimal128Type>(random, rows, |r| {
            let wide = if r.below(2) == 0 { 0 } else { i128::from(r.wide()) << r.below(62) };
            wide + i128::from(r.wide())
        });
        add(Arc::new(
            array
                .as_any()
                .downcast_ref::<Decimal128Array>()
                .unwrap()
                .clone()
                .with_data_type(DataType::Decimal128(38, scale)),
        ));
    }
    add(primitive::<Decimal256Type>(random, rows, |r| {
        i256::from_parts(u128::from(r.next()) << 60, i128::from(r.wide() >> 20))
    }));
    add(primitive::<Date32Type>(random, rows, |r| (r.wide() % 200_000) as i32));
    add(primitive::<Date64Type>(random, rows, |r| r.wide() % 20_000_000_000_000));
    add(primitive::<Time32SecondType>(random, rows, |r| r.below(86_401) as i32));
    add(primitive::<Time32MillisecondType>(random, rows, |r| r.below(86_400_001) as i32));
    add(primitive::<Time64MicrosecondType>(random, rows, |r| r.below(86_400_000_001) as i64));
    add(primitive::<Time64NanosecondType>(random, rows, |r| r.below(86_400_000_000_001) as i64));
    for zone in
        [None, Some("UTC"), Some("Europe/Amsterdam"), Some("-03:30"), Some("Asia/Seoul"), Some("America/New_York")]
    {
        let zoned = |kind: TimeUnit| DataType::Timestamp(kind, zone.map(Into::into));
        let around = |r: &mut Random| r.wide() % 5_000_000_000;
        let cast =
            |array: ArrayRef, unit| make_array(array.to_data().into_builder().data_type(zoned(unit)).build().unwrap());
        add(cast(primitive::<TimestampSecondType>(random, rows, around), TimeUnit::Second));
        add(cast(
            primitive::<TimestampMillisecondType>(random, rows, |r| around(r) * 1_000 + 7),
            TimeUnit::Millisecond,
        ));
        add(cast(
            primitive::<TimestampMicrosecondType>(random, rows, |r| around(r) * 1_000_000 - 5),
            TimeUnit::Microsecond,
        ));
        add(cast(
            primitive::<TimestampNanosecondType>(random, rows, |r| around(r) * 1_000_000_000 + 1),
            TimeUnit::Nanosecond,
        ));
    }
    add(primitive::<DurationMicrosecondType>(random, rows, Random::wide));
    add(primitive::<IntervalMonthDayNanoType>(random, rows, |r| {
        IntervalMonthDayNano::new(r.wide() as i32, r.wide() as i32, r.wide())
    }));
    add(Arc::new(NullArray::new(rows)));
    for kind in [DataType::Utf8, DataType::LargeUtf8, DataType::Binary, DataType::LargeBinary] {
        let cells = random.many(rows, Random::text);
        add(bytes_array(kind, &cells, random.nulls(rows)));
    }
    let cells = random.many(rows, Random::text);
    add(view_array(&cells, random.nulls(rows)));
    add(Arc::new(BinaryViewArray::from_iter_values(random.many(rows, Random::text))));
    let halves = random.many(rows, |r| u128::from(r.next()) << 64 | u128::from(r.next()));
    add(Arc::new(FixedSizeBinaryArray::try_from_iter(halves.iter().map(|half| half.to_le_bytes())).unwrap()));
    let mut words = StringDictionaryBuilder::<Int16Type>::new();
    for _ in 0..rows {
        match random.below(6) {
            0 => words.append_null(),
            at => words.append_value(["", "a", "b,c", "=x", "한", "\""][at]),
        }
    }
    add(Arc::new(words.finish()));
    let mut lists = ListBuilder::new(StringBuilder::new());
    for _ in 0..rows {
        for _ in 0..random.below(4) {
            match random.below(4) {
                0 => lists.values().append_null(),
                _ => lists.values().append_value(String::from_utf8(random.text()).unwrap()),
            }
        }
        lists.append(random.below(5) > 0);
    }
    let lists = lists.finish();
    let mut maps = MapBuilder::new(None, StringBuilder::new(), Int32Builder::new());
    for _ in 0..rows {
        for key in 0..random.below(3) {
            maps.keys().append_value(format!("k\"{key}"));
            maps.values().append_option((random.below(3) > 0).then_some(key as i32));
        }
        maps.append(random.below(5) > 0).unwrap();
    }
    add(Arc::new(lists.clone()));
    add(Arc::new(maps.finish()));
    let inner = primitive::<Float64Type>(random, rows, Random::double);
    let fields = vec![Field::new("x", DataType::Float64, true), Field::new("l", lists.data_type().clone(), true)];
    let structs = StructArray::new(fields.into(), vec![inner, Arc::new(lists)], random.nulls(rows));
    add(Arc::new(structs.clone()));
    let offsets = OffsetBuffer::from_lengths(vec![1; rows]);
    let item = Arc::new(Field::new("item", structs.data_type().clone(), true));
    add(Arc::new(ListArray::new(item, offsets, Arc::new(structs), random.nulls(rows))));
    let items = primitive::<Int32Type>(random, rows * 3, |r| r.wide() as i32);
    let item = Arc::new(Field::new("item", DataType::Int32, true));
    add(Arc::new(FixedSizeListArray::new(item, 3, items, random.nulls(rows))));
    let ends = Int32Array::from_iter_values([rows.div_ceil(2) as i32, rows as i32]);
    add(Arc::new(RunArray::try_new(&ends, &StringArray::from(vec![Some("run,"), None])).unwrap()));
    let extension = |name: &str| HashMap::from([("ARROW:extension:name".to_string(), name.to_string())]);
    let uuids: ArrayRef =
        Arc::new(FixedSizeBinaryArray::try_from_iter(halves.iter().map(|half| half.to_be_bytes())).unwrap());
    columns.push((Field::new("uuid", uuids.data_type().clone(), true).with_metadata(extension("arrow.uuid")), uuids));
    let cells = random.many(rows, |r| {
        [&b"{\"a\": [1, 2.5e3, {}]}"[..], b"nope", b" \"x\" ", b"[1,]", b"", b"-0"][r.below(6)].to_vec()
    });
    let json = bytes_array(DataType::Utf8, &cells, random.nulls(rows));
    columns.push((Field::new("json", DataType::Utf8, true).with_metadata(extension("arrow.json")), json));
    columns
}

/// All bytes of a layout over a batch, in ranges and chunks of the given sizes.
fn render(layout: &dyn Layout, batch: &Batch, step: usize, limit: usize) -> Result<Vec<u8>, String> {
    let mut all = Vec::new();
    layout.head(&mut all);
    for start in (0..batch.rows).step_by(step) {
        let mut rest = Vec::new();
        {
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
            rest.append(&mut chunks.buffer);
        }
        all.append(&mut rest);
    }
    layout.tail(batch.rows as u64, &mut all);
    Ok(all)
}

fn dialects() -> Vec<Dialect> {
    let plain = Dialect::default;
    vec![
        plain(),
        Dialect { delimiter: b';', safe: true, ..plain() },
        Dialect { null: b"NULL".to_vec(), bom: true, ..plain() },
        Dialect { null: b"0".to_vec(), ..plain() },
        Dialect { delimiter: b'/', header: false, ..plain() },
    ]
}

fn options() -> Vec<Options> {
    let plain = Options { utf8: Utf8::Replace, ..Options::default() };
    vec![
        plain,
        Options { binary: Binary::Hex, numbers: Numbers::String, ..plain },
        Options { utf8: Utf8::Strict, nan: Nan::Error, ..plain },
        Options { control: Control::Error, ..plain },
    ]
}

fn batch(columns: &[(Field, ArrayRef)], offset: usize, rows: usize) -> (Schema, Batch) {
    let fields: Vec<Field> = columns.iter().map(|(field, _)| field.clone()).collect();
    (Schema::new(fields), Batch { columns: columns.iter().map(|(_, array)| array.slice(offset, rows)).collect(), rows })
}

fn assert_same(schema: &Schema, batch: &Batch, sizes: (usize, usize)) {
    for options in options() {
        for dialect in dialects() {
            let layout = || Csv::new(schema, dialect.clone(), options).unwrap();
            let slow = render(&layout().reference(), batch, sizes.0, sizes.1);
            for cpu in Cpu::all() {
                let fast = render(&layout().on(cpu), batch, sizes.0, sizes.1);
                assert_equal(&fast, &slow, &format!("{cpu:?} {dialect:?} {options:?}"));
            }
        }
        for lines in [true, false] {
            let layout = || Json::new(schema, lines, options).unwrap();
            let slow = render(&layout().reference(), batch, sizes.0, sizes.1);
            for cpu in Cpu::all() {
                let fast = render(&layout().on(cpu), batch, sizes.0, sizes.1);
                assert_equal(&fast, &slow, &format!("{cpu:?} lines {lines} {options:?}"));
            }
        }
    }
}

fn assert_equal(fast: &Result<Vec<u8>, String>, slow: &Result<Vec<u8>, String>, what: &str) {
    match (fast, slow) {
        (Ok(fast), Ok(slow)) if fast != slow => {
            let at = fast.iter().zip(slow).position(|(a, b)| a != b).unwrap_or(fast.len().min(slow.len()));
            let around = |text: &[u8]| {
                String::from_utf8_lossy(&text[at.saturating_sub(60)..text.len().min(at + 40)]).into_owned()
            };
            panic!("{what}: byte {at}\n fast {}\n slow {}", around(fast), around(slow));
        }
        (Ok(_), Ok(_)) => {}
        (Err(fast), Err(slow)) => assert_eq!(fast, slow, "{what}"),
        (fast, slow) => panic!("{what}: fast {:?}, slow {:?}", fast.as_ref().err(), slow.as_ref().err()),
    }
}

#[test]
fn every_column_alone_is_written_as_by_the_reference() {
    for seed in 1..=3 {
        let mut random = Random(seed + 0x9E37_79B9_7F4A_7C15);
        let columns = columns(&mut random, 50);
        for column in &columns {
            let (offset, rows) = (random.below(9), 30 + random.below(10));
            let (schema, batch) = batch(std::slice::from_ref(column), offset, rows);
            assert_same(&schema, &batch, (1 + random.below(50), 1 << random.below(18)));
        }
    }
}

#[test]
fn all_columns_together_are_written_as_by_the_reference() {
    let mut random = Random(42);
    for rows in [1, 7, 64] {
        let columns = columns(&mut random, rows + 3);
        let (schema, batch) = batch(&columns, 3, rows);
        for sizes in [(rows, 256 << 10), (3, 100), (64, 4096)] {
            assert_same(&schema, &batch, sizes);
        }
    }
}

#[test]
fn invalid_utf8_is_found_wherever_it_stands() {
    let mut random = Random(7);
    for broken in [&b"\xFF"[..], b"\xC3", b"\xE2\x82", b"\xED\xA0\x80", b"\x80"] {
        for length in [0, 3, 14, 15, 16, 31, 32, 33, 70, 20_000] {
            let mut cell = vec![b'x'; length];
            cell.extend_from_slice(broken);
            cell.extend(std::iter::repeat_n(b'y', random.below(40)));
            // A cut character whose halves stand in two cells is valid as a whole, and in neither cell.
            let cells = vec![b"ok".to_vec(), "é".into(), cell, b"\xC3".to_vec(), b"\xA9".to_vec(), b"z".to_vec()];
            for array in [
                bytes_array(DataType::Utf8, &cells, None),
                bytes_array(DataType::LargeUtf8, &cells, None),
                view_array(&cells, None),
            ] {
                for rows in 1..=cells.len() {
                    let column = (Field::new("t", array.data_type().clone(), true), array.clone());
                    let (schema, batch) = batch(&[column], 0, rows);
                    assert_same(&schema, &batch, (rows, 1 << 16));
                }
            }
        }
    }
}

#[test]
fn halves_of_a_character_in_two_cells_are_an_error() {
    let cells = vec![b"\xC3".to_vec(), b"\xA9".to_vec()];
    let column = (Field::new("t", DataType::Utf8, true), bytes_array(DataType::Utf8, &cells, None));
    let (schema, batch) = batch(&[column], 0, 2);
    let layout = Csv::new(&schema, Dialect::default(), Options::default()).unwrap();
    let error = render(&layout, &batch, 2, 1 << 16).unwrap_err();
    assert!(error.starts_with("0|t|invalid UTF-8"), "{error}");
}

#[test]
fn a_long_cell_is_handed_on_in_pieces() {
    let cell: Vec<u8> = b"abc\"def,ghi\n\xED\x95\x9C".repeat(200_000);
    let column = (Field::new("t", DataType::Utf8, true), bytes_array(DataType::Utf8, &[cell], None));
    let (schema, batch) = batch(&[column], 0, 1);
    let layout = Json::new(&schema, true, Options::default()).unwrap();
    let (mut most, mut total) = (0, 0);
    let mut emit = |full: &mut Vec<u8>| {
        most = most.max(full.capacity());
        total += full.len();
        full.clear();
        Ok(())
    };
    let mut chunks = Chunks::new(Vec::new(), 64 << 10, &mut emit);
    assert!(layout.rows(&batch, 0..1, 0, &mut chunks).is_ok());
    chunks.flush().unwrap();
    assert!(total > 3_000_000, "{total}");
    assert!(most < 600_000, "a buffer grew to {most} bytes");
}
