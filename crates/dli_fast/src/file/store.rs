//! What an Arrow type becomes in Parquet, where Parquet has no such type.
//!
//! ```text
//! timestamp[s], time[s] ─▶ ms │ date64 ─▶ date │ interval ─▶ INTERVAL (months, days, ms; no negatives)
//! decimal with a negative scale ─▶ scale 0 │ a scale beyond the precision ─▶ a wider one │ union ─▶ refused
//! ```
//!
//! `declared` makes the file's schema, `stored` is what the column writers get; they differ for INTERVAL alone, which
//! arrow-rs declares but cannot fill.

use super::check::children;
use crate::text::{TextError, TextResult};
use arrow_array::cast::AsArray;
use arrow_array::types as t;
use arrow_array::{
    Array, ArrayRef, ArrowNativeTypeOp, ArrowPrimitiveType, FixedSizeBinaryArray, PrimitiveArray, UInt32Array,
    downcast_run_array, make_array,
};
use arrow_buffer::{IntervalDayTime, MutableBuffer, i256};
use arrow_schema::{DataType, Field, FieldRef, IntervalUnit, TimeUnit};
use std::sync::Arc;

const MILLIS_A_DAY: i64 = 86_400_000;

/// One column's types in the file, and the way to them.
pub(super) struct Store {
    pub declared: Field,
    pub stored: Field,
    changes: bool,
}

impl Store {
    /// Refuses what Parquet cannot hold.
    pub fn new(field: &Field) -> TextResult<Self> {
        let (declared, stored) = fields(field)?;
        let changes = changes(field.data_type());
        Ok(Self { declared, stored, changes })
    }

    /// `array` as it is stored; an error names the row.
    pub fn array(&self, array: ArrayRef) -> Result<ArrayRef, (usize, TextError)> {
        if !self.changes {
            return Ok(array);
        }
        convert(&array, self.stored.data_type()).map_err(|error| {
            let bad = |row: &usize| convert(&array.slice(*row, 1), self.stored.data_type()).is_err();
            ((0..array.len()).find(bad).unwrap_or(0), error)
        })
    }
}

/// Declared and stored field.
fn fields(field: &Field) -> TextResult<(Field, Field)> {
    let (declared, stored) = types(field.data_type())?;
    Ok((field.clone().with_data_type(declared), field.clone().with_data_type(stored)))
}

fn types(kind: &DataType) -> TextResult<(DataType, DataType)> {
    let same = |kind: DataType| Ok((kind.clone(), kind));
    let item = |item: &FieldRef, of: fn(FieldRef) -> DataType| {
        let (declared, stored) = fields(item)?;
        Ok((of(declared.into()), of(stored.into())))
    };
    match kind {
        DataType::Union(_, _) => Err(TextError("Parquet has no form for a union".into())),
        DataType::Struct(members) if members.is_empty() => {
            Err(TextError("Parquet has no form for a struct without fields".into()))
        }
        DataType::FixedSizeBinary(0) => Err(TextError("Parquet has no form for binary values of 0 bytes".into())),
        DataType::Timestamp(TimeUnit::Second, zone) => same(DataType::Timestamp(TimeUnit::Millisecond, zone.clone())),
        DataType::Time32(TimeUnit::Second) => same(DataType::Time32(TimeUnit::Millisecond)),
        DataType::Date64 => same(DataType::Date32),
        DataType::Interval(_) => Ok((DataType::Interval(IntervalUnit::DayTime), DataType::FixedSizeBinary(12))),
        DataType::Decimal32(precision, scale)
        | DataType::Decimal64(precision, scale)
        | DataType::Decimal128(precision, scale)
        | DataType::Decimal256(precision, scale) => same(decimal_type(kind, *precision, *scale)?),
        DataType::Dictionary(keys, values) => {
            let (declared, stored) = types(values)?;
            if values.is_nested() {
                return Ok((declared, stored));
            }
            Ok((DataType::Dictionary(keys.clone(), declared.into()), DataType::Dictionary(keys.clone(), stored.into())))
        }
        DataType::RunEndEncoded(_, values) => types(values.data_type()),
        DataType::Struct(members) => {
            let members: Vec<(Field, Field)> =
                members.iter().map(|member| fields(member)).collect::<TextResult<_>>()?;
            let (declared, stored): (Vec<Field>, Vec<Field>) = members.into_iter().unzip();
            Ok((DataType::Struct(declared.into()), DataType::Struct(stored.into())))
        }
        DataType::List(inner) => item(inner, DataType::List),
        DataType::LargeList(inner) => item(inner, DataType::LargeList),
        DataType::ListView(inner) => item(inner, DataType::ListView),
        DataType::LargeListView(inner) => item(inner, DataType::LargeListView),
        DataType::FixedSizeList(inner, length) => {
            let (declared, stored) = fields(inner)?;
            Ok((DataType::FixedSizeList(declared.into(), *length), DataType::FixedSizeList(stored.into(), *length)))
        }
        DataType::Map(entries, sorted) => map_type(entries, *sorted),
        kind => same(kind.clone()),
    }
}

/// Keys of a map are never null, whatever the producer declares.
fn map_type(entries: &FieldRef, sorted: bool) -> TextResult<(DataType, DataType)> {
    let DataType::Struct(members) = entries.data_type() else { return Err(TextError("a map without entries".into())) };
    let [key, value] = &members[..] else { return Err(TextError("a map whose entries are not pairs".into())) };
    let (key, value) = (fields(&key.as_ref().clone().with_nullable(false))?, fields(value)?);
    let map = |key: Field, value: Field| {
        let entry =
            entries.as_ref().clone().with_data_type(DataType::Struct(vec![key, value].into())).with_nullable(false);
        DataType::Map(entry.into(), sorted)
    };
    Ok((map(key.0, value.0), map(key.1, value.1)))
}

fn decimal_type(kind: &DataType, precision: u8, scale: i8) -> TextResult<DataType> {
    let digits = if scale < 0 { precision.saturating_add(scale.unsigned_abs()) } else { precision.max(scale as u8) };
    match digits {
        digits if digits == precision => Ok(kind.clone()),
        ..=38 => Ok(DataType::Decimal128(digits, scale.max(0))),
        39..=76 => Ok(DataType::Decimal256(digits, scale.max(0))),
        _ => Err(TextError(format!("Parquet holds decimals of up to 76 digits, not of {digits}"))),
    }
}

/// Is any value of this type stored otherwise?
fn changes(kind: &DataType) -> bool {
    match kind {
        DataType::Timestamp(TimeUnit::Second, _)
        | DataType::Time32(TimeUnit::Second)
        | DataType::Date64
        | DataType::Interval(_)
        | DataType::RunEndEncoded(_, _)
        // Its keys are declared as never null.
        | DataType::Map(_, _) => true,
        DataType::Decimal32(precision, scale)
        | DataType::Decimal64(precision, scale)
        | DataType::Decimal128(precision, scale)
        | DataType::Decimal256(precision, scale) => *scale < 0 || *scale as u8 > *precision,
        DataType::Dictionary(_, values) => values.is_nested() || changes(values),
        kind => children(kind).into_iter().any(|field| changes(field.data_type())),
    }
}

fn convert(array: &ArrayRef, to: &DataType) -> TextResult<ArrayRef> {
    match array.data_type() {
        kind if kind == to => Ok(array.clone()),
        DataType::Timestamp(_, zone) => {
            let scaled =
                scaled::<t::TimestampSecondType, t::TimestampMillisecondType>(array, |value| value.checked_mul(1_000))?;
            Ok(Arc::new(scaled.with_timezone_opt(zone.clone())))
        }
        DataType::Time32(_) => {
            let scaled =
                scaled::<t::Time32SecondType, t::Time32MillisecondType>(array, |value| value.checked_mul(1_000))?;
            Ok(Arc::new(scaled))
        }
        DataType::Date64 => {
            let days = |value: i64| i32::try_from(value.div_euclid(MILLIS_A_DAY)).ok();
            Ok(Arc::new(scaled::<t::Date64Type, t::Date32Type>(array, days)?))
        }
        DataType::Interval(unit) => interval(array, *unit),
        DataType::Decimal32(_, scale) => {
            decimal(array.as_primitive::<t::Decimal32Type>(), *scale, to, |v| i256::from(i128::from(v)))
        }
        DataType::Decimal64(_, scale) => {
            decimal(array.as_primitive::<t::Decimal64Type>(), *scale, to, |v| i256::from(i128::from(v)))
        }
        DataType::Decimal128(_, scale) => {
            decimal(array.as_primitive::<t::Decimal128Type>(), *scale, to, i256::from_i128)
        }
        DataType::Decimal256(_, scale) => decimal(array.as_primitive::<t::Decimal256Type>(), *scale, to, |value| value),
        DataType::Dictionary(_, values) if values.is_nested() => {
            let dictionary = array.as_any_dictionary();
            let plain = arrow_select::take::take(dictionary.values(), dictionary.keys(), None).map_err(defect)?;
            convert(&plain, to)
        }
        DataType::RunEndEncoded(_, _) => convert(&plain_runs(array)?, to),
        _ => nested(array, to),
    }
}

fn defect(error: impl std::fmt::Display) -> TextError {
    TextError(error.to_string())
}

/// Children are converted one for one, so that offsets and validity stay as they are.
fn nested(array: &ArrayRef, to: &DataType) -> TextResult<ArrayRef> {
    // A slice of a list still holds all of its children: only those in use are converted.
    let rows = UInt32Array::from_iter_values(0..array.len() as u32);
    let own = if array.data_type().is_nested() {
        arrow_select::take::take(array, &rows, None).map_err(defect)?
    } else {
        array.clone()
    };
    let data = own.to_data();
    let kinds: Vec<DataType> = match to {
        DataType::Dictionary(_, values) => vec![values.as_ref().clone()],
        to => children(to).into_iter().map(|field| field.data_type().clone()).collect(),
    };
    let inner = data.child_data().iter().zip(&kinds);
    let inner = inner.map(|(child, kind)| Ok(convert(&make_array(child.clone()), kind)?.to_data()));
    let inner = inner.collect::<TextResult<Vec<_>>>()?;
    Ok(make_array(data.into_builder().data_type(to.clone()).child_data(inner).build().map_err(defect)?))
}

/// One value a row.
fn plain_runs(array: &ArrayRef) -> TextResult<ArrayRef> {
    downcast_run_array!(
        array => {
            let rows = (0..array.len()).map(|row| array.get_physical_index(row) as u32);
            let rows = UInt32Array::from_iter_values(rows);
            arrow_select::take::take(array.values(), &rows, None).map_err(defect)
        },
        _ => Err(TextError("run ends of an unknown type".into())),
    )
}

fn scaled<From: ArrowPrimitiveType, To: ArrowPrimitiveType>(
    array: &ArrayRef,
    scale: impl Fn(From::Native) -> Option<To::Native>,
) -> TextResult<PrimitiveArray<To>> {
    let beyond = |()| TextError("a time out of range has no form".into());
    array.as_primitive::<From>().try_unary(|value| scale(value).ok_or(())).map_err(beyond)
}

fn decimal<T: ArrowPrimitiveType>(
    array: &PrimitiveArray<T>,
    scale: i8,
    to: &DataType,
    wide: impl Fn(T::Native) -> i256,
) -> TextResult<ArrayRef> {
    let factor = i256::from_i128(10).pow_wrapping(u32::from(scale.min(0).unsigned_abs()));
    let beyond = |()| TextError("the decimal has more digits than its type".into());
    let value = |value| wide(value).checked_mul(factor).ok_or(());
    if let DataType::Decimal128(precision, scale) = to {
        let value = |cell| value(cell).and_then(|value| value.to_i128().ok_or(()));
        let array: PrimitiveArray<t::Decimal128Type> = array.try_unary(value).map_err(beyond)?;
        return Ok(Arc::new(array.with_precision_and_scale(*precision, *scale).map_err(defect)?));
    }
    let DataType::Decimal256(precision, scale) = to else { return Err(TextError("not a decimal".into())) };
    let array: PrimitiveArray<t::Decimal256Type> = array.try_unary(value).map_err(beyond)?;
    Ok(Arc::new(array.with_precision_and_scale(*precision, *scale).map_err(defect)?))
}

/// Months, days, milliseconds: three little-endian u32.
fn interval(array: &ArrayRef, unit: IntervalUnit) -> TextResult<ArrayRef> {
    let parts = |row: usize| match unit {
        IntervalUnit::YearMonth => (array.as_primitive::<t::IntervalYearMonthType>().value(row), 0, 0),
        IntervalUnit::DayTime => {
            let IntervalDayTime { days, milliseconds } = array.as_primitive::<t::IntervalDayTimeType>().value(row);
            (0, days, i64::from(milliseconds) * 1_000_000)
        }
        IntervalUnit::MonthDayNano => {
            let value = array.as_primitive::<t::IntervalMonthDayNanoType>().value(row);
            (value.months, value.days, value.nanoseconds)
        }
    };
    let mut bytes = MutableBuffer::with_capacity(array.len() * 12);
    for row in 0..array.len() {
        let (months, days, nanos) = if array.is_valid(row) { parts(row) } else { (0, 0, 0) };
        let millis =
            (nanos % 1_000_000 == 0).then_some(nanos / 1_000_000).and_then(|millis| u32::try_from(millis).ok());
        let (Ok(months), Ok(days), Some(millis)) = (u32::try_from(months), u32::try_from(days), millis) else {
            return Err(TextError("Parquet holds intervals of whole milliseconds that are not negative".into()));
        };
        for part in [months, days, millis] {
            bytes.extend_from_slice(&part.to_le_bytes());
        }
    }
    let array = FixedSizeBinaryArray::try_new(12, bytes.into(), array.nulls().cloned());
    Ok(Arc::new(array.map_err(defect)?))
}
