//! Arrow values → Python values.
//!
//! Numbers, text, bytes and nested values are made directly; dates and times are read by Python from the canonical
//! text, so there is one calendar. What Python cannot hold (years beyond 9999, intervals of months) stays that text;
//! digits below a microsecond are cut.

use crate::text::{Encoder, Form, Options, TextError, is_uuid};
use arrow_array::cast::AsArray;
use arrow_array::types as t;
use arrow_array::{Array, ArrayRef};
use arrow_schema::{DataType, Field, IntervalUnit, TimeUnit};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDict, PyList, PyString};

static DECIMAL: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
static DATE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
static TIME: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
static DATETIME: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
static TIMEDELTA: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
static ZONE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

fn imported<'py>(
    py: Python<'py>,
    cell: &'static PyOnceLock<Py<PyAny>>,
    module: &str,
    name: &str,
) -> PyResult<Bound<'py, PyAny>> {
    Ok(cell.get_or_try_init(py, || py.import(module)?.getattr(name).map(Bound::unbind))?.bind(py).clone())
}

/// `array[row]` as a Python value.
pub fn value<'py>(py: Python<'py>, field: &Field, array: &dyn Array, row: usize) -> PyResult<Bound<'py, PyAny>> {
    macro_rules! number {
        ($type:ty) => {
            Ok(array.as_primitive::<$type>().value(row).into_pyobject(py)?.into_any())
        };
    }
    if array.is_null(row) {
        return Ok(py.None().into_bound(py));
    }
    match array.data_type() {
        DataType::Null => Ok(py.None().into_bound(py)),
        DataType::Boolean => Ok(array.as_boolean().value(row).into_pyobject(py)?.to_owned().into_any()),
        DataType::Int8 => number!(t::Int8Type),
        DataType::Int16 => number!(t::Int16Type),
        DataType::Int32 => number!(t::Int32Type),
        DataType::Int64 => number!(t::Int64Type),
        DataType::UInt8 => number!(t::UInt8Type),
        DataType::UInt16 => number!(t::UInt16Type),
        DataType::UInt32 => number!(t::UInt32Type),
        DataType::UInt64 => number!(t::UInt64Type),
        DataType::Float32 => number!(t::Float32Type),
        DataType::Float64 => number!(t::Float64Type),
        DataType::Binary => Ok(PyBytes::new(py, array.as_binary::<i32>().value(row)).into_any()),
        DataType::LargeBinary => Ok(PyBytes::new(py, array.as_binary::<i64>().value(row)).into_any()),
        DataType::BinaryView => Ok(PyBytes::new(py, array.as_binary_view().value(row)).into_any()),
        DataType::FixedSizeBinary(_) if !is_uuid(field) => {
            Ok(PyBytes::new(py, array.as_fixed_size_binary().value(row)).into_any())
        }
        DataType::Decimal32(..) | DataType::Decimal64(..) | DataType::Decimal128(..) | DataType::Decimal256(..) => {
            imported(py, &DECIMAL, "decimal", "Decimal")?.call1((text(field, array, row)?,))
        }
        DataType::Date32 | DataType::Date64 => iso(py, &DATE, "date", &text(field, array, row)?),
        DataType::Time32(_) | DataType::Time64(_) => iso(py, &TIME, "time", &text(field, array, row)?),
        DataType::Timestamp(_, zone) => {
            let moment = iso(py, &DATETIME, "datetime", &text(field, array, row)?)?;
            match zone {
                Some(name) if !moment.is_instance_of::<PyString>() => in_zone(py, &moment, name),
                _ => Ok(moment),
            }
        }
        DataType::Duration(unit) => {
            let ticks = match unit {
                TimeUnit::Second => array.as_primitive::<t::DurationSecondType>().value(row),
                TimeUnit::Millisecond => array.as_primitive::<t::DurationMillisecondType>().value(row),
                TimeUnit::Microsecond => array.as_primitive::<t::DurationMicrosecondType>().value(row),
                TimeUnit::Nanosecond => array.as_primitive::<t::DurationNanosecondType>().value(row),
            };
            let per_second = crate::text::time::per_second(*unit).0;
            let micros = i128::from(ticks) * 1_000_000 / i128::from(per_second);
            timedelta(py, 0, micros)
        }
        DataType::Interval(IntervalUnit::MonthDayNano) => {
            let interval = array.as_primitive::<t::IntervalMonthDayNanoType>().value(row);
            if interval.months != 0 {
                return Ok(PyString::new(py, &text(field, array, row)?).into_any());
            }
            timedelta(py, interval.days, i128::from(interval.nanoseconds) / 1_000)
        }
        DataType::Struct(fields) => {
            let dict = PyDict::new(py);
            for (field, column) in fields.iter().zip(array.as_struct().columns()) {
                dict.set_item(field.name(), value(py, field, column, row)?)?;
            }
            Ok(dict.into_any())
        }
        DataType::Map(entries, _) => map(py, entries, &array.as_map().value(row)),
        DataType::List(item) => list(py, item, &array.as_list::<i32>().value(row)),
        DataType::LargeList(item) => list(py, item, &array.as_list::<i64>().value(row)),
        DataType::FixedSizeList(item, _) => list(py, item, &array.as_fixed_size_list().value(row)),
        DataType::ListView(item) => list(py, item, &array.as_list_view::<i32>().value(row)),
        DataType::LargeListView(item) => list(py, item, &array.as_list_view::<i64>().value(row)),
        DataType::Dictionary(_, kind) => {
            let dictionary = array.as_any_dictionary();
            let key = dictionary.normalized_keys()[row];
            value(py, &Field::new(field.name(), (**kind).clone(), true), dictionary.values(), key)
        }
        _ => Ok(PyString::new(py, &text(field, array, row)?).into_any()),
    }
}

/// The canonical text of a value that is not null.
pub fn text(field: &Field, array: &dyn Array, row: usize) -> PyResult<String> {
    let mut out = Vec::new();
    Encoder::new(field, Form::Text, Options::default())
        .and_then(|encoder| encoder.write(array, row, &mut out))
        .map_err(|TextError(message)| pyo3::exceptions::PyValueError::new_err(message))?;
    Ok(String::from_utf8_lossy(&out).into_owned())
}

fn list<'py>(py: Python<'py>, item: &Field, values: &ArrayRef) -> PyResult<Bound<'py, PyAny>> {
    let items = PyList::empty(py);
    for row in 0..values.len() {
        items.append(value(py, item, values, row)?)?;
    }
    Ok(items.into_any())
}

fn map<'py>(py: Python<'py>, entries: &Field, values: &arrow_array::StructArray) -> PyResult<Bound<'py, PyAny>> {
    let dict = PyDict::new(py);
    let DataType::Struct(fields) = entries.data_type() else { return Ok(dict.into_any()) };
    for row in 0..values.len() {
        let key = value(py, &fields[0], values.column(0), row)?;
        let key = if key.hash().is_ok() { key } else { key.str()?.into_any() };
        dict.set_item(key, value(py, &fields[1], values.column(1), row)?)?;
    }
    Ok(dict.into_any())
}

/// `datetime.KIND.fromisoformat(text)`; the text itself where Python has no such value.
fn iso<'py>(
    py: Python<'py>,
    cell: &'static PyOnceLock<Py<PyAny>>,
    kind: &str,
    text: &str,
) -> PyResult<Bound<'py, PyAny>> {
    let parsed = imported(py, cell, "datetime", kind)?.call_method1("fromisoformat", (text,));
    Ok(parsed.unwrap_or_else(|_| PyString::new(py, text).into_any()))
}

fn in_zone<'py>(py: Python<'py>, moment: &Bound<'py, PyAny>, name: &str) -> PyResult<Bound<'py, PyAny>> {
    match imported(py, &ZONE, "zoneinfo", "ZoneInfo")?.call1((name,)) {
        Ok(zone) => moment.call_method1("astimezone", (zone,)),
        Err(_) => Ok(moment.clone()), // a fixed offset, or a name this machine does not know: the offset stays
    }
}

fn timedelta(py: Python<'_>, days: i32, micros: i128) -> PyResult<Bound<'_, PyAny>> {
    imported(py, &TIMEDELTA, "datetime", "timedelta")?.call1((days, 0, micros))
}
