//! One cell: the match over the kinds of columns that the row loop runs through.

use super::column::{Column, Values, position, unit_parts};
use super::digits::{DAYS, END_DAY, FIRST_DAY, put_clock, put_day, put_decimal, put_f32, put_f64, put_i64, put_u64};
use super::lanes::Lane;
use super::out::{Halted, Out};
use super::text::{put_binary, put_made, put_null, put_slow, put_text};
use crate::pipe::Chunks;
use crate::text::time::DAY;
use crate::text::zone::Zone;
use arrow_schema::TimeUnit;

type Step = Result<*mut u8, Halted>;

/// Write the cell of `row` at `at`.
///
/// # Safety
/// `at` is the end of the text in `out`, with `fixed` bytes free after it; the column has the row; the CPU has L's
/// instructions.
#[inline(always)]
pub unsafe fn put<L: Lane, const JSON: bool>(
    column: &Column<'_>,
    row: usize,
    at: *mut u8,
    out: &mut Out<'_, '_>,
) -> Step {
    macro_rules! value {
        ($values:expr) => {
            *$values.get_unchecked(row)
        };
    }
    // SAFETY: the column has the row, and `fixed` bytes are more than any bounded cell needs.
    unsafe {
        if column.is_null(row) {
            return put_null::<JSON>(column, at, out);
        }
        match &column.values {
            Values::I64(values) => Ok(put_i64(at, value!(values))),
            Values::F64(values) => {
                let value = value!(values);
                if value.is_finite() { Ok(put_f64(at, value)) } else { put_slow::<JSON>(column, row, at, out) }
            }
            Values::Text(text) => put_text::<L, JSON>(column, row, text.get(row), at, out),
            Values::TextView(text) => put_text::<L, JSON>(column, row, text.get(row), at, out),
            Values::LargeText(text) => put_text::<L, JSON>(column, row, text.get(row), at, out),
            Values::I32(values) => Ok(put_i64(at, i64::from(value!(values)))),
            Values::Date32(values) => put_date::<JSON>(column, row, i64::from(value!(values)), at, out),
            Values::Timestamp(values, unit) => put_timestamp::<JSON>(column, row, value!(values), *unit, at, out),
            Values::Decimal128(values, scale) => Ok(put_decimal(at, value!(values), *scale)),
            Values::Bool(values) => {
                let value = values.value_unchecked(row);
                at.cast::<[u8; 8]>().write_unaligned(if value { *b"true\0\0\0\0" } else { *b"false\0\0\0" });
                Ok(at.add(5 - usize::from(value)))
            }
            Values::F32(values) => {
                let value = value!(values);
                if value.is_finite() { Ok(put_f32(at, value)) } else { put_slow::<JSON>(column, row, at, out) }
            }
            Values::I8(values) => Ok(put_i64(at, i64::from(value!(values)))),
            Values::I16(values) => Ok(put_i64(at, i64::from(value!(values)))),
            Values::U8(values) => Ok(put_u64(at, u64::from(value!(values)))),
            Values::U16(values) => Ok(put_u64(at, u64::from(value!(values)))),
            Values::U32(values) => Ok(put_u64(at, u64::from(value!(values)))),
            Values::U64(values) => Ok(put_u64(at, value!(values))),
            _ => put_rare::<JSON>(column, row, at, out),
        }
    }
}

/// The kinds that are worth a call.
///
/// # Safety
/// As [`put`].
#[inline(never)]
unsafe fn put_rare<const JSON: bool>(column: &Column<'_>, row: usize, at: *mut u8, out: &mut Out<'_, '_>) -> Step {
    // SAFETY: as promised by the caller.
    unsafe {
        match &column.values {
            Values::Decimal32(values, scale) => Ok(put_decimal(at, i128::from(*values.get_unchecked(row)), *scale)),
            Values::Decimal64(values, scale) => Ok(put_decimal(at, i128::from(*values.get_unchecked(row)), *scale)),
            Values::Time32(values, unit) => {
                put_time::<JSON>(column, row, i64::from(*values.get_unchecked(row)), *unit, at, out)
            }
            Values::Time64(values, unit) => put_time::<JSON>(column, row, *values.get_unchecked(row), *unit, at, out),
            Values::Binary(bytes) => put_binary::<JSON>(column, bytes.get(row), at, out),
            Values::LargeBinary(bytes) => put_binary::<JSON>(column, bytes.get(row), at, out),
            Values::BinaryView(bytes) => put_binary::<JSON>(column, bytes.get(row), at, out),
            Values::FixedBinary(bytes, width) => {
                let source = super::lanes::Source {
                    at: bytes.as_ptr().add(row * width),
                    len: *width,
                    readable: bytes.len() - row * width,
                };
                put_binary::<JSON>(column, source, at, out)
            }
            Values::Dictionary(keys, values) => put::<super::Base, JSON>(values, *keys.get_unchecked(row), at, out),
            Values::List(..) | Values::LargeList(..) | Values::FixedList(..) | Values::Struct(_) => {
                if JSON {
                    put_nested(column, row, at, out)
                } else {
                    put_nested_cell(column, row, at, out)
                }
            }
            _ => put_slow::<JSON>(column, row, at, out),
        }
    }
}

/// A nested value as a CSV cell: its JSON text is made first, since the quote depends on it.
///
/// # Safety
/// As [`put`].
unsafe fn put_nested_cell(column: &Column<'_>, row: usize, at: *mut u8, out: &mut Out<'_, '_>) -> Step {
    let mut scratch = std::mem::take(&mut out.scratch);
    scratch.clear();
    let mut never = |_: &mut Vec<u8>| Ok(());
    let mut chunks = Chunks::new(scratch, usize::MAX, &mut never);
    let mut inner = Out::new(&mut chunks, column.whole.fixed);
    let start = inner.start();
    // SAFETY: as promised by the caller, on a buffer of its own.
    let done = unsafe { put_nested(column, row, start, &mut inner) };
    if let Ok(end) = done {
        inner.finish(end);
    } else {
        out.fault = inner.fault.take();
    }
    let result = done.map(drop);
    drop(inner);
    let scratch = std::mem::take(&mut chunks.buffer);
    // SAFETY: as promised by the caller.
    let end = result.and_then(|()| unsafe { put_made(column, &scratch, at, out) });
    out.scratch = scratch;
    end
}

/// A list or struct as JSON.
///
/// # Safety
/// As [`put`].
unsafe fn put_nested(column: &Column<'_>, row: usize, mut at: *mut u8, out: &mut Out<'_, '_>) -> Step {
    // SAFETY: as promised by the caller; `room` before each item keeps `fixed` bytes free for it and all after it.
    unsafe {
        let (items, range) = match &column.values {
            Values::List(offsets, items) => {
                (items, position(*offsets.get_unchecked(row))..position(*offsets.get_unchecked(row + 1)))
            }
            Values::LargeList(offsets, items) => {
                (items, position(*offsets.get_unchecked(row))..position(*offsets.get_unchecked(row + 1)))
            }
            Values::FixedList(size, items) => (items, row * size..(row + 1) * size),
            Values::Struct(fields) => {
                at = out.room(at, 2)?;
                *at = b'{';
                for field in fields {
                    at = field.put_key(at);
                    at = put::<super::Base, true>(field, row, at, out)?;
                }
                // The first key brings the brace.
                at = at.add(usize::from(fields.is_empty()));
                *at = b'}';
                return Ok(at.add(1));
            }
            _ => return put_slow::<true>(column, row, at, out),
        };
        *at = b'[';
        at = at.add(1);
        for index in range.clone() {
            *at = b',';
            at = out.room(at.add(usize::from(index > range.start)), 2)?;
            at = put::<super::Base, true>(items, index, at, out)?;
        }
        *at = b']';
        Ok(at.add(1))
    }
}

/// # Safety
/// As [`put`].
#[inline(always)]
unsafe fn put_date<const JSON: bool>(
    column: &Column<'_>,
    row: usize,
    day: i64,
    at: *mut u8,
    out: &mut Out<'_, '_>,
) -> Step {
    // SAFETY: as promised by the caller; the day is in the table.
    unsafe {
        if !(FIRST_DAY..END_DAY).contains(&day) {
            return put_slow::<JSON>(column, row, at, out);
        }
        *at = b'"';
        put_day(at.add(usize::from(JSON)), &DAYS, day);
        let at = at.add(10 + usize::from(JSON));
        *at = b'"';
        Ok(at.add(usize::from(JSON)))
    }
}

/// # Safety
/// As [`put`].
#[inline(always)]
unsafe fn put_timestamp<const JSON: bool>(
    column: &Column<'_>,
    row: usize,
    value: i64,
    unit: TimeUnit,
    at: *mut u8,
    out: &mut Out<'_, '_>,
) -> Step {
    // A constant divisor in each arm, so that no division is left.
    let (seconds, fraction, digits) = match unit {
        TimeUnit::Second => (value, 0, 0),
        TimeUnit::Millisecond => (value.div_euclid(1_000), value.rem_euclid(1_000), 3),
        TimeUnit::Microsecond => (value.div_euclid(1_000_000), value.rem_euclid(1_000_000), 6),
        TimeUnit::Nanosecond => (value.div_euclid(1_000_000_000), value.rem_euclid(1_000_000_000), 9),
    };
    // SAFETY: as promised by the caller; the day is in the table.
    unsafe {
        // A day of margin on both sides: the zone moves the day by less.
        if !((FIRST_DAY + 1) * DAY..(END_DAY - 1) * DAY).contains(&seconds) {
            return put_slow::<JSON>(column, row, at, out);
        }
        let offsets = column.plan.offsets.as_ref();
        let offset = offsets.map_or(0, |offsets| offsets.at(seconds, &column.hint));
        let local = seconds + i64::from(offset);
        *at = b'"';
        let at = at.add(usize::from(JSON));
        put_day(at, &DAYS, local.div_euclid(DAY));
        let mut at = put_clock(at.add(11), local.rem_euclid(DAY) as u32, fraction as u32, digits);
        if let Some(offsets) = offsets {
            at = put_offset(at, offsets.zone, offset);
        }
        *at = b'"';
        Ok(at.add(usize::from(JSON)))
    }
}

/// `Z` or `±HH:MM[:SS]`.
///
/// # Safety
/// 16 bytes are writable.
#[inline(always)]
unsafe fn put_offset(at: *mut u8, zone: Zone, offset: i32) -> *mut u8 {
    // SAFETY: as promised by the caller.
    unsafe {
        if zone == Zone::Utc {
            *at = b'Z';
            return at.add(1);
        }
        *at = if offset < 0 { b'-' } else { b'+' };
        let end = put_clock(at.add(1), offset.unsigned_abs(), 0, 0);
        // Seconds are shown only where there are some.
        if offset % 60 == 0 { at.add(6) } else { end }
    }
}

/// # Safety
/// As [`put`].
#[inline(always)]
unsafe fn put_time<const JSON: bool>(
    column: &Column<'_>,
    row: usize,
    value: i64,
    unit: TimeUnit,
    at: *mut u8,
    out: &mut Out<'_, '_>,
) -> Step {
    let (per, digits) = unit_parts(unit);
    // SAFETY: as promised by the caller; the seconds are within a day.
    unsafe {
        if !(0..DAY * per).contains(&value) {
            return put_slow::<JSON>(column, row, at, out);
        }
        *at = b'"';
        let at = put_clock(at.add(usize::from(JSON)), (value / per) as u32, (value % per) as u32, digits);
        *at = b'"';
        Ok(at.add(usize::from(JSON)))
    }
}
