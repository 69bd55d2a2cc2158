//! Values that would make a file others cannot read: text that is not UTF-8, decimals beyond their precision.
//!
//! Producers across the C interface are not trusted to send either, and both formats copy bytes as they come.

use crate::text::string::text_bytes;
use arrow_array::cast::AsArray;
use arrow_array::types as t;
use arrow_array::{Array, ArrayRef, ArrowPrimitiveType, OffsetSizeTrait, downcast_run_array};
use arrow_buffer::i256;
use arrow_schema::{DataType, Field};

/// What is wrong with a value, if anything.
pub type Check = Result<(), String>;

/// Must values of this type be looked at?
#[must_use]
pub fn needed(kind: &DataType) -> bool {
    match kind {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        kind if kind.is_decimal() => true,
        DataType::Dictionary(_, values) => needed(values),
        kind => children(kind).into_iter().any(|field| needed(field.data_type())),
    }
}

/// The fields inside a nested type.
pub(super) fn children(kind: &DataType) -> Vec<&Field> {
    match kind {
        DataType::Struct(fields) => fields.iter().map(AsRef::as_ref).collect(),
        DataType::Union(fields, _) => fields.iter().map(|(_, field)| field.as_ref()).collect(),
        DataType::RunEndEncoded(_, item)
        | DataType::List(item)
        | DataType::LargeList(item)
        | DataType::ListView(item)
        | DataType::LargeListView(item)
        | DataType::FixedSizeList(item, _)
        | DataType::Map(item, _) => vec![item],
        _ => vec![],
    }
}

/// Which values of a dictionary are looked at?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Those that a row names.
    Named,
    /// All: a dictionary is sent whole.
    Whole,
}

/// Check every value of `array`; an error names the first bad row. `Ok(false)`: fine, but null places hold bytes that are
/// no text.
pub fn check(array: &ArrayRef, depth: Depth) -> Result<bool, (usize, String)> {
    let mut clean = true;
    let Err(message) = values(array.as_ref(), depth, &mut clean) else { return Ok(clean) };
    // Rare, so it may be slow: which row was it?
    for row in 0..array.len() {
        values(array.slice(row, 1).as_ref(), Depth::Named, &mut clean).map_err(|message| (row, message))?;
    }
    Err((0, message))
}

fn values(array: &dyn Array, depth: Depth, clean: &mut bool) -> Check {
    match array.data_type() {
        DataType::Utf8 => offsets_text::<i32>(array, clean),
        DataType::LargeUtf8 => offsets_text::<i64>(array, clean),
        DataType::Utf8View => views_text(array),
        DataType::Decimal32(precision, _) => {
            decimal::<t::Decimal32Type>(array, *precision, 9, 10i32.checked_pow(u32::from(*precision)))
        }
        DataType::Decimal64(precision, _) => {
            decimal::<t::Decimal64Type>(array, *precision, 18, 10i64.checked_pow(u32::from(*precision)))
        }
        DataType::Decimal128(precision, _) => {
            decimal::<t::Decimal128Type>(array, *precision, 38, 10i128.checked_pow(u32::from(*precision)))
        }
        DataType::Decimal256(precision, _) => {
            let limit = i256::from_i128(10).checked_pow(u32::from(*precision));
            decimal::<t::Decimal256Type>(array, *precision, 76, limit)
        }
        DataType::Dictionary(_, kind) if needed(kind) => {
            let dictionary = array.as_any_dictionary();
            if depth == Depth::Whole {
                return values(dictionary.values().as_ref(), depth, clean);
            }
            let mut named = vec![false; dictionary.values().len()];
            let keys = dictionary.normalized_keys();
            keys.into_iter().enumerate().filter(|(row, _)| array.is_valid(*row)).for_each(|(_, key)| named[key] = true);
            // Values next to each other are looked at together.
            let mut key = 0;
            while key < named.len() {
                let run = named[key..].iter().take_while(|&&other| other == named[key]).count();
                if named[key] {
                    values(dictionary.values().slice(key, run).as_ref(), depth, clean)?;
                }
                key += run;
            }
            Ok(())
        }
        kind if needed(kind) => nested(array, depth, clean),
        _ => Ok(()),
    }
}

fn nested(array: &dyn Array, depth: Depth, clean: &mut bool) -> Check {
    match array.data_type() {
        DataType::Struct(_) => {
            array.as_struct().columns().iter().try_for_each(|column| values(column.as_ref(), depth, clean))
        }
        DataType::List(_) => {
            let list = array.as_list::<i32>();
            let (start, end) = ends(list.value_offsets());
            values(list.values().slice(start, end - start).as_ref(), depth, clean)
        }
        DataType::LargeList(_) => {
            let list = array.as_list::<i64>();
            let (start, end) = ends(list.value_offsets());
            values(list.values().slice(start, end - start).as_ref(), depth, clean)
        }
        DataType::Map(_, _) => {
            let map = array.as_map();
            let (start, end) = ends(map.value_offsets());
            values(&map.entries().slice(start, end - start), depth, clean)
        }
        DataType::FixedSizeList(_, _) => values(array.as_fixed_size_list().values().as_ref(), depth, clean),
        DataType::ListView(_) => {
            let list = array.as_list_view::<i32>();
            (0..list.len())
                .filter(|row| list.is_valid(*row))
                .try_for_each(|row| values(list.value(row).as_ref(), depth, clean))
        }
        DataType::LargeListView(_) => {
            let list = array.as_list_view::<i64>();
            (0..list.len())
                .filter(|row| list.is_valid(*row))
                .try_for_each(|row| values(list.value(row).as_ref(), depth, clean))
        }
        DataType::RunEndEncoded(_, _) => downcast_run_array!(
            array => values(array.values_slice().as_ref(), depth, clean),
            _ => Ok(()),
        ),
        DataType::Union(fields, _) => {
            let union = array.as_union();
            fields.iter().try_for_each(|(id, _)| values(union.child(id).as_ref(), depth, clean))
        }
        _ => Ok(()),
    }
}

fn ends<O: OffsetSizeTrait>(offsets: &[O]) -> (usize, usize) {
    let at = |offset: Option<&O>| offset.map_or(0, |offset| offset.as_usize());
    (at(offsets.first()), at(offsets.last()))
}

/// All bytes at once, and no offset inside of a character; in doubt (a null may hide garbage) value by value.
fn offsets_text<O: OffsetSizeTrait>(array: &dyn Array, clean: &mut bool) -> Check {
    let text = array.as_string::<O>();
    let offsets = text.value_offsets();
    let (start, end) = ends(offsets);
    let bytes = &text.value_data()[start..end];
    let inside = |at: &O| bytes.get(at.as_usize() - start).is_some_and(|byte| byte & 0xC0 == 0x80);
    let fine = simdutf8::basic::from_utf8(bytes).is_ok() && (bytes.is_ascii() || !offsets.iter().any(inside));
    *clean &= fine;
    if fine { Ok(()) } else { each_text(array) }
}

/// Most text is ASCII, and of short text the view itself tells so.
fn views_text(array: &dyn Array) -> Check {
    let text = array.as_string_view();
    let plain = text.views().iter().enumerate().all(|(row, view)| {
        let inline = (*view & 0xFFFF_FFFF) <= 12;
        if inline {
            (view >> 32) & 0x8080_8080_8080_8080_8080_8080 == 0
        } else {
            text.is_null(row) || text_bytes(array, row).is_ascii()
        }
    });
    if plain { Ok(()) } else { each_text(array) }
}

fn each_text(array: &dyn Array) -> Check {
    for row in (0..array.len()).filter(|&row| array.is_valid(row)) {
        if simdutf8::basic::from_utf8(text_bytes(array, row)).is_err() {
            let error = std::str::from_utf8(text_bytes(array, row)).map_or_else(|error| error.valid_up_to(), |_| 0);
            return Err(format!("invalid UTF-8 at byte {error} of the text"));
        }
    }
    Ok(())
}

/// Writers cut decimals to the bytes of their precision; `limit` is 10 to its power, or None where all values fit.
fn decimal<T>(array: &dyn Array, precision: u8, most: u8, limit: Option<T::Native>) -> Check
where
    T: ArrowPrimitiveType,
    T::Native: std::ops::Neg<Output = T::Native>,
{
    let Some(limit) = limit.filter(|_| precision <= most) else { return Ok(()) };
    let array = array.as_primitive::<T>();
    let beyond = |value: &T::Native| *value >= limit || *value <= -limit;
    // The first pass has no branch on nulls; only when it finds something are they asked for.
    if !array.values().iter().fold(false, |found, value| found | beyond(value)) {
        return Ok(());
    }
    match array.iter().flatten().find(beyond) {
        Some(_) => Err(format!("the decimal has more than the {precision} digits of its type")),
        None => Ok(()),
    }
}
