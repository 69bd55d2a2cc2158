//! Any bytes as an answer of Trino, as rows of any types and as a segment: an error, or arrays that hold what they claim.
#![no_main]

use arrow_array::Array;
use arrow_schema::TimeUnit;
use dli_fast::trino::kind::Kind;
use dli_fast::trino::page::envelope;
use dli_fast::trino::rows::Decoder;
use dli_fast::trino::segment::Encoding;
use libfuzzer_sys::fuzz_target;

const UNITS: [TimeUnit; 4] = [TimeUnit::Second, TimeUnit::Millisecond, TimeUnit::Microsecond, TimeUnit::Nanosecond];

fuzz_target!(|data: (&[u8], Option<u16>, &[u8])| {
    let (mut kinds, size, body) = data;
    if let Ok((head, rows)) = envelope(body) {
        assert!(head.len() <= body.len() + 16);
        assert!(rows.is_none_or(|rows| rows.start <= rows.end && rows.end <= body.len()));
    }
    for encoding in [Encoding::Json, Encoding::Zstd, Encoding::Lz4] {
        let size = size.map(usize::from);
        if let (Ok(text), Some(size)) = (encoding.decode(body, size), size) {
            assert!(encoding == Encoding::Json || text.len() <= size);
        }
    }
    let mut columns = Vec::new();
    while columns.len() < 4 {
        let Some(kind) = kind(&mut kinds, 0) else { break };
        columns.push((format!("c{}", columns.len()), kind));
    }
    let mut decoder = Decoder::new(columns.clone());
    let Ok(batch) = decoder.decode(body) else { return };
    for column in batch.columns() {
        assert_eq!(column.len(), batch.num_rows());
        column.to_data().validate_full().expect("an array that holds what it claims");
    }
    assert_eq!(Decoder::new(columns).decode(body).expect("it was decoded before"), batch);
});

/// The kind that the next bytes describe.
fn kind(from: &mut &[u8], depth: u8) -> Option<Kind> {
    let (&first, rest) = from.split_first()?;
    *from = rest;
    let unit = UNITS[usize::from(first >> 6)];
    Some(match first % 18 {
        0 => Kind::Boolean,
        1 => Kind::Int8,
        2 => Kind::Int16,
        3 => Kind::Int32,
        4 => Kind::Int64,
        5 => Kind::Float32,
        6 => Kind::Float64,
        7 => Kind::Decimal(38, (first >> 3) as i8),
        8 => Kind::Decimal(1 + (first >> 4), 0),
        9 => Kind::Text,
        10 => Kind::Binary,
        11 => Kind::Date,
        12 => Kind::Time(if first >> 7 == 0 { TimeUnit::Microsecond } else { TimeUnit::Nanosecond }),
        13 => Kind::Timestamp(unit),
        14 => Kind::Instant(unit),
        _ if depth > 3 => Kind::Text,
        15 => Kind::List(Box::new(kind(from, depth + 1)?)),
        16 => Kind::Map(Box::new(kind(from, depth + 1)?), Box::new(kind(from, depth + 1)?)),
        _ => Kind::Row(vec![("a".to_owned(), kind(from, depth + 1)?), ("b".to_owned(), kind(from, depth + 1)?)]),
    })
}
