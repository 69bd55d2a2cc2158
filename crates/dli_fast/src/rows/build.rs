//! Python values → Arrow columns.
//!
//! ```text
//! values ─▶ infer: the narrowest type that holds them all │ parse: a type a spec declares ─▶ column
//! ```

use arrow_array::builder::{BinaryBuilder, BooleanBuilder, Float64Builder, Int64Builder, StringBuilder};
use arrow_array::{
    ArrayRef, Date32Array, Decimal128Array, DurationMicrosecondArray, ListArray, NullArray, StructArray,
    Time64MicrosecondArray, TimestampMicrosecondArray,
};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_schema::{DataType, Field, Fields, TimeUnit};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};
use std::sync::Arc;

type Value<'py> = Option<Bound<'py, PyAny>>;

/// A value that does not fit: its index and why.
pub type Misfit = (usize, PyErr);

/// The Arrow type for a name of a spec's `schema`.
#[must_use]
pub fn parse(name: &str) -> Option<DataType> {
    Some(match name.to_ascii_lowercase().as_str() {
        "integer" | "bigint" => DataType::Int64,
        "float" | "double" => DataType::Float64,
        "string" => DataType::Utf8,
        "boolean" => DataType::Boolean,
        "date" => DataType::Date32,
        "timestamp" => DataType::Timestamp(TimeUnit::Microsecond, None),
        "timestamp_tz" => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        "binary" => DataType::Binary,
        "null" => DataType::Null,
        text => {
            let (precision, scale) = text.strip_prefix("decimal(")?.strip_suffix(')')?.split_once(',')?;
            let (precision, scale) = (precision.trim().parse().ok()?, scale.trim().parse().ok()?);
            if precision == 0 || precision > 38 || scale < 0 || scale > precision as i8 {
                return None;
            }
            DataType::Decimal128(precision, scale)
        }
    })
}

/// The narrowest type that holds every value.
pub fn infer(values: &[Value<'_>]) -> Result<DataType, Misfit> {
    let mut kind = DataType::Null;
    for (index, value) in values.iter().enumerate() {
        if let Some(value) = value {
            kind = one(value).and_then(|found| widen(kind, found)).map_err(|error| (index, error))?;
        }
    }
    Ok(kind)
}

fn one(value: &Bound<'_, PyAny>) -> PyResult<DataType> {
    let py = value.py();
    let is = |module: &str, name: &str| -> PyResult<bool> { value.is_instance(&py.import(module)?.getattr(name)?) };
    Ok(if value.is_instance_of::<PyBool>() {
        DataType::Boolean
    } else if value.is_instance_of::<PyInt>() {
        if value.extract::<i64>().is_ok() { DataType::Int64 } else { DataType::Decimal128(38, 0) }
    } else if value.is_instance_of::<PyFloat>() {
        DataType::Float64
    } else if value.is_instance_of::<PyString>() {
        DataType::Utf8
    } else if value.is_instance_of::<PyBytes>() {
        DataType::Binary
    } else if value.is_instance_of::<PyDict>() {
        let dict = value.cast::<PyDict>()?;
        let mut fields = Vec::with_capacity(dict.len());
        for (key, value) in dict {
            let kind = if value.is_none() { DataType::Null } else { one(&value)? };
            fields.push(Field::new(key.str()?.to_string(), kind, true));
        }
        DataType::Struct(fields.into())
    } else if value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>() {
        let items = items(value)?;
        DataType::List(Arc::new(Field::new("item", infer(&items).map_err(|(_, error)| error)?, true)))
    } else if is("datetime", "datetime")? {
        let zone = (!value.getattr("tzinfo")?.is_none()).then(|| "UTC".into());
        DataType::Timestamp(TimeUnit::Microsecond, zone)
    } else if is("datetime", "date")? {
        DataType::Date32
    } else if is("datetime", "time")? {
        DataType::Time64(TimeUnit::Microsecond)
    } else if is("datetime", "timedelta")? {
        DataType::Duration(TimeUnit::Microsecond)
    } else if is("decimal", "Decimal")? {
        let (digits, scale) = decimal_shape(value)?;
        DataType::Decimal128(digits.max(scale as u8), scale)
    } else if is("uuid", "UUID")? {
        DataType::Utf8
    } else {
        return Err(PyTypeError::new_err(format!("a value of type {} has no Arrow type", value.get_type().name()?)));
    })
}

#[expect(clippy::many_single_char_names, reason = "precision and scale of two decimals")]
fn widen(a: DataType, b: DataType) -> PyResult<DataType> {
    use DataType::{Date32, Decimal128, Float64, Int64, List, Null, Struct, Timestamp};
    Ok(match (a, b) {
        (a, b) if a == b => a,
        (Null, other) | (other, Null) => other,
        (Int64 | Decimal128(..), Float64) | (Float64, Int64 | Decimal128(..)) => Float64,
        (Int64, Decimal128(p, s)) | (Decimal128(p, s), Int64) => Decimal128((19 + s as u8).max(p).min(38), s),
        (Decimal128(p, s), Decimal128(q, r)) => {
            let scale = s.max(r);
            let whole = (p - s as u8).max(q - r as u8);
            Decimal128((whole + scale as u8).min(38), scale)
        }
        (Date32, Timestamp(unit, zone)) | (Timestamp(unit, zone), Date32) => Timestamp(unit, zone),
        (List(a), List(b)) => {
            let item = widen(a.data_type().clone(), b.data_type().clone())?;
            List(Arc::new(Field::new("item", item, true)))
        }
        (Struct(a), Struct(b)) => {
            let mut fields: Vec<Field> = a.iter().map(|field| field.as_ref().clone()).collect();
            for field in &b {
                match fields.iter_mut().find(|known| known.name() == field.name()) {
                    Some(known) => {
                        let kind = widen(known.data_type().clone(), field.data_type().clone())?;
                        *known = Field::new(field.name(), kind, true);
                    }
                    None => fields.push(field.as_ref().clone()),
                }
            }
            Struct(fields.into())
        }
        (a, b) => return Err(PyTypeError::new_err(format!("{a} and {b} do not go into one column"))),
    })
}

/// A column of `kind` with these values.
pub fn column(kind: &DataType, values: &[Value<'_>]) -> Result<ArrayRef, Misfit> {
    macro_rules! built {
        ($builder:expr, $push:ident, $as:expr) => {{
            let mut builder = $builder;
            for (index, value) in values.iter().enumerate() {
                match value {
                    None => builder.append_null(),
                    Some(value) => builder.append_value($as(value).map_err(|error: PyErr| (index, error))?),
                }
            }
            Arc::new(builder.finish()) as ArrayRef
        }};
    }
    Ok(match kind {
        DataType::Null => match values.iter().position(Option::is_some) {
            Some(index) => return Err((index, PyTypeError::new_err("the column's type is null"))),
            None => Arc::new(NullArray::new(values.len())),
        },
        DataType::Boolean => built!(BooleanBuilder::new(), append, |v: &Bound<'_, PyAny>| v.extract::<bool>()),
        DataType::Int64 => built!(Int64Builder::new(), append, integer),
        DataType::Float64 => built!(Float64Builder::new(), append, |v: &Bound<'_, PyAny>| v.extract::<f64>()),
        DataType::Utf8 => built!(StringBuilder::new(), append, string),
        DataType::Binary => built!(BinaryBuilder::new(), append, |v: &Bound<'_, PyAny>| v.extract::<Vec<u8>>()),
        DataType::Date32 => Arc::new(Date32Array::from(each(values, |v| days(v).map(|day| day as i32))?)),
        DataType::Time64(_) => Arc::new(Time64MicrosecondArray::from(each(values, clock)?)),
        DataType::Duration(_) => Arc::new(DurationMicrosecondArray::from(each(values, length)?)),
        DataType::Timestamp(_, zone) => {
            let moments = each(values, |v| moment(v, zone.is_some()))?;
            Arc::new(TimestampMicrosecondArray::from(moments).with_timezone_opt(zone.clone()))
        }
        DataType::Decimal128(precision, scale) => {
            let scaled = each(values, |v| decimal(v, *precision, *scale))?;
            let array = Decimal128Array::from(scaled).with_precision_and_scale(*precision, *scale);
            Arc::new(array.map_err(|error| (0, PyValueError::new_err(error.to_string())))?)
        }
        DataType::List(item) => list(item, values)?,
        DataType::Struct(fields) => structs(fields, values)?,
        other => return Err((0, PyTypeError::new_err(format!("rows cannot be made into {other}")))),
    })
}

fn each<T>(values: &[Value<'_>], convert: impl Fn(&Bound<'_, PyAny>) -> PyResult<T>) -> Result<Vec<Option<T>>, Misfit> {
    let one =
        |(index, value): (usize, &Value<'_>)| value.as_ref().map(&convert).transpose().map_err(|error| (index, error));
    values.iter().enumerate().map(one).collect()
}

fn items<'py>(value: &Bound<'py, PyAny>) -> PyResult<Vec<Value<'py>>> {
    value.try_iter()?.map(|item| item.map(|item| (!item.is_none()).then_some(item))).collect()
}

fn list(item: &Arc<Field>, values: &[Value<'_>]) -> Result<ArrayRef, Misfit> {
    let mut flat = Vec::new();
    let mut lengths = Vec::with_capacity(values.len());
    for (index, value) in values.iter().enumerate() {
        let before = flat.len();
        if let Some(value) = value {
            flat.extend(items(value).map_err(|error| (index, error))?);
        }
        lengths.push(flat.len() - before);
    }
    let child = column(item.data_type(), &flat)?;
    let nulls = values.iter().map(Option::is_some).collect::<NullBuffer>();
    Ok(Arc::new(ListArray::new(item.clone(), OffsetBuffer::from_lengths(lengths), child, Some(nulls))))
}

fn structs(fields: &Fields, values: &[Value<'_>]) -> Result<ArrayRef, Misfit> {
    let mut columns = Vec::with_capacity(fields.len());
    for field in fields {
        let mut part: Vec<Value<'_>> = Vec::with_capacity(values.len());
        for (index, value) in values.iter().enumerate() {
            let found = value.as_ref().map(|value| member(value, field.name())).transpose();
            part.push(found.map_err(|error| (index, error))?.flatten());
        }
        columns.push(column(field.data_type(), &part)?);
    }
    let nulls = values.iter().map(Option::is_some).collect::<NullBuffer>();
    let array = StructArray::try_new_with_length(fields.clone(), columns, Some(nulls), values.len());
    Ok(Arc::new(array.map_err(|error| (0, PyValueError::new_err(error.to_string())))?))
}

fn member<'py>(value: &Bound<'py, PyAny>, name: &str) -> PyResult<Value<'py>> {
    Ok(value.cast::<PyDict>()?.get_item(name)?.filter(|item| !item.is_none()))
}

fn integer(value: &Bound<'_, PyAny>) -> PyResult<i64> {
    if value.is_instance_of::<PyBool>() || value.is_instance_of::<PyFloat>() {
        return Err(PyTypeError::new_err(format!("{value} is not an integer")));
    }
    value.extract()
}

fn string(value: &Bound<'_, PyAny>) -> PyResult<String> {
    if value.is_instance_of::<PyString>() { value.extract() } else { Ok(value.str()?.to_string()) }
}

/// Digits and scale that hold a Decimal.
fn decimal_shape(value: &Bound<'_, PyAny>) -> PyResult<(u8, i8)> {
    let tuple = value.call_method0("as_tuple")?;
    let digits = tuple.getattr("digits")?.len()? as i64;
    let exponent = tuple.getattr("exponent")?.extract::<i64>();
    let exponent = exponent.map_err(|_| PyValueError::new_err(format!("{value} is not a finite decimal")))?;
    let (digits, scale) = if exponent > 0 { (digits + exponent, 0) } else { (digits.max(-exponent), -exponent) };
    if digits > 38 {
        return Err(PyValueError::new_err(format!("{value} has more than 38 digits")));
    }
    Ok((digits.max(1) as u8, scale as i8))
}

/// The value times 10^scale, exactly.
fn decimal(value: &Bound<'_, PyAny>, precision: u8, scale: i8) -> PyResult<i128> {
    let py = value.py();
    let module = py.import("decimal")?;
    let exact = if value.is_instance_of::<PyFloat>() { value.repr()?.into_any() } else { value.clone() };
    let exact = module.getattr("Decimal")?.call1((exact,))?;
    let context = module.getattr("Context")?.call1((100,))?; // precision enough for any 38 digits
    let scaled = exact.call_method1("scaleb", (scale, &context))?;
    let whole = scaled.call_method0("to_integral_value")?;
    if !whole.eq(&scaled)? {
        return Err(PyValueError::new_err(format!("{value} has more than {scale} digits after the point")));
    }
    let number: i128 = py.import("builtins")?.getattr("int")?.call1((whole,))?.extract()?;
    if number.unsigned_abs() >= 10u128.pow(u32::from(precision)) {
        return Err(PyValueError::new_err(format!("{value} has more than {precision} digits")));
    }
    Ok(number)
}

fn days(value: &Bound<'_, PyAny>) -> PyResult<i64> {
    if value.is_instance_of::<PyString>() {
        return days(&value.py().import("datetime")?.getattr("date")?.call_method1("fromisoformat", (value,))?);
    }
    Ok(value.call_method0("toordinal")?.extract::<i64>()? - 719_163) // ordinal of 1970-01-01
}

fn clock(value: &Bound<'_, PyAny>) -> PyResult<i64> {
    let part = |name: &str| value.getattr(name)?.extract::<i64>();
    Ok(((part("hour")? * 60 + part("minute")?) * 60 + part("second")?) * 1_000_000 + part("microsecond")?)
}

fn length(value: &Bound<'_, PyAny>) -> PyResult<i64> {
    let part = |name: &str| value.getattr(name)?.extract::<i64>();
    Ok((part("days")? * 86_400 + part("seconds")?) * 1_000_000 + part("microseconds")?)
}

fn moment(value: &Bound<'_, PyAny>, zoned: bool) -> PyResult<i64> {
    if value.is_instance_of::<PyString>() {
        let parsed = value.py().import("datetime")?.getattr("datetime")?.call_method1("fromisoformat", (value,))?;
        return moment(&parsed, zoned);
    }
    let midnight = days(value)? * 86_400_000_000;
    if !value.hasattr("hour")? {
        return Ok(midnight);
    }
    let offset = value.call_method0("utcoffset")?;
    if offset.is_none() == zoned {
        let kind = if zoned { "no time zone" } else { "a time zone" };
        return Err(PyValueError::new_err(format!("{value} has {kind}, unlike its column")));
    }
    Ok(midnight + clock(value)? - if offset.is_none() { 0 } else { length(&offset)? })
}
