//! Lists, structs, maps, unions, dictionaries and run-ends: JSON text, or the value they point to.

use super::{Form, Options, TextError, TextResult, string, write_value, zone};
use arrow_array::cast::AsArray;
use arrow_array::types::{ArrowDictionaryKeyType, Int16Type, Int32Type, Int64Type, RunEndIndexType};
use arrow_array::{Array, ArrayRef, RunArray};
use arrow_schema::{DataType, Field};
use std::collections::HashSet;

/// Is the value null, also through a dictionary, run-end or union?
pub fn is_null(array: &dyn Array, row: usize) -> bool {
    if matches!(array.data_type(), DataType::Null) || array.is_null(row) {
        return true;
    }
    pointed(array, row).is_some_and(|(_, values, at)| is_null(values.as_ref(), at))
}

/// What a dictionary, run-end or union value stands for: (its field where it has its own, array, row).
fn pointed(array: &dyn Array, row: usize) -> Option<(Option<Field>, ArrayRef, usize)> {
    match array.data_type() {
        DataType::Dictionary(_, _) => {
            let dictionary = array.as_any_dictionary();
            Some((None, dictionary.values().clone(), dictionary_key(array, row)))
        }
        DataType::RunEndEncoded(ends, values) => {
            let (array, at) = match ends.data_type() {
                DataType::Int16 => run_value::<Int16Type>(array.as_run(), row),
                DataType::Int32 => run_value::<Int32Type>(array.as_run(), row),
                _ => run_value::<Int64Type>(array.as_run(), row),
            };
            Some((Some(values.as_ref().clone()), array, at))
        }
        DataType::Union(fields, _) => {
            let union = array.as_union();
            let id = union.type_id(row);
            let field = fields.iter().find(|(own, _)| *own == id).map(|(_, field)| field.as_ref().clone());
            Some((field, union.child(id).clone(), union.value_offset(row)))
        }
        _ => None,
    }
}

fn run_value<R: RunEndIndexType>(array: &RunArray<R>, row: usize) -> (ArrayRef, usize) {
    (array.values().clone(), array.get_physical_index(row))
}

/// The position in the dictionary's values that a (non-null) key names.
pub fn dictionary_key(array: &dyn Array, row: usize) -> usize {
    use arrow_array::types as t;
    fn key<K: ArrowDictionaryKeyType>(array: &dyn Array, row: usize) -> usize {
        use arrow_buffer::ArrowNativeType;
        array.as_dictionary::<K>().keys().value(row).as_usize()
    }
    let DataType::Dictionary(kind, _) = array.data_type() else { unreachable!("the caller looked") };
    match kind.as_ref() {
        DataType::Int8 => key::<t::Int8Type>(array, row),
        DataType::Int16 => key::<t::Int16Type>(array, row),
        DataType::Int32 => key::<t::Int32Type>(array, row),
        DataType::Int64 => key::<t::Int64Type>(array, row),
        DataType::UInt8 => key::<t::UInt8Type>(array, row),
        DataType::UInt16 => key::<t::UInt16Type>(array, row),
        DataType::UInt32 => key::<t::UInt32Type>(array, row),
        _ => key::<t::UInt64Type>(array, row),
    }
}

/// Write a value of a nested type that is not null.
pub(super) fn write(
    field: &Field,
    array: &dyn Array,
    row: usize,
    form: Form,
    options: Options,
    out: &mut Vec<u8>,
) -> TextResult {
    if let Some((own, values, at)) = pointed(array, row) {
        return write_value(own.as_ref().unwrap_or(&retyped(field, &values)), values.as_ref(), at, form, options, out);
    }
    match array.data_type() {
        DataType::List(item) => list(item, &array.as_list::<i32>().value(row), options, out),
        DataType::LargeList(item) => list(item, &array.as_list::<i64>().value(row), options, out),
        DataType::ListView(item) => list(item, &array.as_list_view::<i32>().value(row), options, out),
        DataType::LargeListView(item) => list(item, &array.as_list_view::<i64>().value(row), options, out),
        DataType::FixedSizeList(item, _) => list(item, &array.as_fixed_size_list().value(row), options, out),
        DataType::Struct(fields) => {
            let columns = array.as_struct().columns();
            out.push(b'{');
            for (at, (field, column)) in fields.iter().zip(columns).enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                string::json_string(field.name().as_bytes(), out);
                out.push(b':');
                json(field, column.as_ref(), row, options, out)?;
            }
            out.push(b'}');
            Ok(())
        }
        DataType::Map(entries, _) => map(entries, &array.as_map().value(row), options, out),
        other => Err(TextError::new(format!("the type {other} has no form"))),
    }
}

/// The field of a dictionary's values: the same name and extension, the values' type.
fn retyped(field: &Field, values: &ArrayRef) -> Field {
    field.clone().with_data_type(values.data_type().clone())
}

fn json(field: &Field, array: &dyn Array, row: usize, options: Options, out: &mut Vec<u8>) -> TextResult {
    if is_null(array, row) {
        out.extend_from_slice(b"null");
        return Ok(());
    }
    write_value(field, array, row, Form::Json, options, out)
}

fn list(item: &Field, values: &ArrayRef, options: Options, out: &mut Vec<u8>) -> TextResult {
    out.push(b'[');
    for row in 0..values.len() {
        if row > 0 {
            out.push(b',');
        }
        json(item, values.as_ref(), row, options, out)?;
    }
    out.push(b']');
    Ok(())
}

/// A map is a JSON object. Its keys are the keys' bare text; null or repeated keys would lose data, so they are errors.
fn map(entries: &Field, pairs: &arrow_array::StructArray, options: Options, out: &mut Vec<u8>) -> TextResult {
    let DataType::Struct(fields) = entries.data_type() else { unreachable!("a map's entries are a struct") };
    let (keys, values) = (pairs.column(0), pairs.column(1));
    let mut seen = HashSet::new();
    out.push(b'{');
    for row in 0..pairs.len() {
        if row > 0 {
            out.push(b',');
        }
        if is_null(keys.as_ref(), row) {
            return Err(TextError::new("a map with a null key has no form in JSON"));
        }
        let mut key = Vec::new();
        write_value(&fields[0], keys.as_ref(), row, Form::Text, options, &mut key)?;
        string::json_string(&key, out);
        out.push(b':');
        json(&fields[1], values.as_ref(), row, options, out)?;
        if !seen.insert(key) {
            return Err(TextError::new("a map with a repeated key has no form in JSON"));
        }
    }
    out.push(b'}');
    Ok(())
}

/// Refuse, before any row, types that have no form at all.
pub(super) fn check_type(kind: &DataType) -> TextResult {
    match kind {
        DataType::Timestamp(_, Some(name)) => zone::Zone::parse(name).map(|_| ()),
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::ListView(item)
        | DataType::LargeListView(item)
        | DataType::FixedSizeList(item, _)
        | DataType::Map(item, _)
        | DataType::RunEndEncoded(_, item) => check_type(item.data_type()),
        DataType::Dictionary(_, values) => check_type(values),
        DataType::Struct(fields) => {
            let mut seen = HashSet::new();
            for field in fields {
                if !seen.insert(field.name()) {
                    return Err(TextError::new(format!("the struct has the field {:?} twice", field.name())));
                }
                check_type(field.data_type())?;
            }
            Ok(())
        }
        DataType::Union(fields, _) => fields.iter().try_for_each(|(_, field)| check_type(field.data_type())),
        _ => Ok(()),
    }
}
