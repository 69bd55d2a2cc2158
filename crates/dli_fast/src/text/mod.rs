//! Value → canonical bytes. The only encoder: CSV, JSON and the preview share it.
//!
//! ```text
//! (Field, Options) ─▶ Encoder ─▶ write(array, row, out): bare text, or one JSON value
//!                        └ numbers │ time, zone │ strings │ nested, embed
//! ```
//!
//! This is the safe scalar reference: one cell at a time, no `unsafe`. `fast/` encodes whole blocks and is
//! checked against it byte for byte.

pub mod embed;
pub mod fast;
pub mod nested;
pub mod number;
pub mod string;
pub mod time;
pub mod zone;

use arrow_array::cast::AsArray;
use arrow_array::types as t;
use arrow_array::{Array, ArrowPrimitiveType};
use arrow_schema::{DataType, Field, IntervalUnit, TimeUnit};

/// How binary values are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Binary {
    /// RFC 4648 base64 with padding.
    #[default]
    Base64,
    /// Two lower-case hex digits a byte.
    Hex,
}

/// What happens to text that is not UTF-8.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Utf8 {
    /// An error that names column and row.
    #[default]
    Strict,
    /// U+FFFD for each maximal invalid part.
    Replace,
}

/// How JSON numbers beyond a double's exact range are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Numbers {
    /// Always as a number, with every digit.
    #[default]
    Exact,
    /// Integers beyond ±2^53 and all decimals as strings.
    String,
}

/// What NaN and the infinities become in JSON.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Nan {
    /// `null`.
    #[default]
    Null,
    /// An error that names column and row.
    Error,
}

/// What NUL and its kin in text are: U+0000 to U+001F but tab, LF and CR, and U+007F.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Control {
    /// Text like any other: bare in CSV, escaped in JSON.
    #[default]
    Keep,
    /// An error: many readers take them badly, and they seldom mean anything.
    Error,
}

/// The choices that change bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Form of binary values.
    pub binary: Binary,
    /// Treatment of invalid UTF-8.
    pub utf8: Utf8,
    /// Treatment of control characters in text.
    pub control: Control,
    /// Form of wide JSON numbers.
    pub numbers: Numbers,
    /// Form of NaN and infinities in JSON.
    pub nan: Nan,
}

/// Where the text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Bare text: a CSV cell before quoting, a cell on screen. Nested values are JSON text.
    Text,
    /// One JSON value.
    Json,
}

/// A value that has no form in the output. The caller adds column and row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextError(pub String);

impl TextError {
    fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl std::fmt::Display for TextError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for TextError {}

/// Result of writing one value.
pub type TextResult<T = ()> = Result<T, TextError>;

/// Writes the cells of one column. Built once per schema; `new` refuses what has no canonical text.
#[derive(Clone, Debug)]
pub struct Encoder {
    field: Field,
    form: Form,
    options: Options,
}

impl Encoder {
    /// An encoder for `field`'s column.
    pub fn new(field: &Field, form: Form, options: Options) -> TextResult<Self> {
        check_field(field)?;
        Ok(Self { field: field.clone(), form, options })
    }

    /// Append the text of `array[row]` to `out`. `Ok(false)` means null: nothing in `Form::Text`, `null` in `Form::Json`.
    ///
    /// On an error `out` may hold a part of the text.
    pub fn write(&self, array: &dyn Array, row: usize, out: &mut Vec<u8>) -> TextResult<bool> {
        if nested::is_null(array, row) {
            if self.form == Form::Json {
                out.extend_from_slice(b"null");
            }
            return Ok(false);
        }
        write_value(&self.field, array, row, self.form, self.options, out)?;
        Ok(true)
    }
}

/// Is this the `arrow.uuid` extension over 16 bytes?
#[must_use]
pub fn is_uuid(field: &Field) -> bool {
    field.data_type() == &DataType::FixedSizeBinary(16) && field.extension_type_name() == Some("arrow.uuid")
}

/// Is this the `arrow.json` extension over text?
#[must_use]
pub fn is_json(field: &Field) -> bool {
    matches!(field.data_type(), DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
        && field.extension_type_name() == Some("arrow.json")
}

/// Refuse schemas that cannot be written: duplicate keys inside structs, unknown time zones.
pub fn check_field(field: &Field) -> TextResult {
    nested::check_type(field.data_type())
}

/// Write a value that is known not to be null.
pub(crate) fn write_value(
    field: &Field,
    array: &dyn Array,
    row: usize,
    form: Form,
    options: Options,
    out: &mut Vec<u8>,
) -> TextResult {
    macro_rules! int {
        ($type:ty) => {{
            number::integer(i128::from(primitive::<$type>(array, row)), form, options, out);
            Ok(())
        }};
    }
    match array.data_type() {
        DataType::Null => {
            out.extend_from_slice(if form == Form::Json { b"null" } else { b"" });
            Ok(())
        }
        DataType::Boolean => {
            out.extend_from_slice(if array.as_boolean().value(row) { b"true" } else { b"false" });
            Ok(())
        }
        DataType::Int8 => int!(t::Int8Type),
        DataType::Int16 => int!(t::Int16Type),
        DataType::Int32 => int!(t::Int32Type),
        DataType::Int64 => int!(t::Int64Type),
        DataType::UInt8 => int!(t::UInt8Type),
        DataType::UInt16 => int!(t::UInt16Type),
        DataType::UInt32 => int!(t::UInt32Type),
        DataType::UInt64 => int!(t::UInt64Type),
        DataType::Float16 => number::float16(primitive::<t::Float16Type>(array, row).to_f32(), form, options, out),
        DataType::Float32 => number::float32(primitive::<t::Float32Type>(array, row), form, options, out),
        DataType::Float64 => number::float64(primitive::<t::Float64Type>(array, row), form, options, out),
        DataType::Decimal32(_, scale) => {
            number::decimal(&primitive::<t::Decimal32Type>(array, row).to_string(), *scale, form, options, out);
            Ok(())
        }
        DataType::Decimal64(_, scale) => {
            number::decimal(&primitive::<t::Decimal64Type>(array, row).to_string(), *scale, form, options, out);
            Ok(())
        }
        DataType::Decimal128(_, scale) => {
            number::decimal(&primitive::<t::Decimal128Type>(array, row).to_string(), *scale, form, options, out);
            Ok(())
        }
        DataType::Decimal256(_, scale) => {
            number::decimal(&primitive::<t::Decimal256Type>(array, row).to_string(), *scale, form, options, out);
            Ok(())
        }
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
            let bytes = string::text_bytes(array, row);
            if form == Form::Json && is_json(field) {
                embed::json(bytes, options, out)
            } else {
                string::text(bytes, form, options, out)
            }
        }
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
            let bytes = string::binary_bytes(array, row);
            quoted(form, out, |out| {
                if is_uuid(field) {
                    string::uuid(bytes, out);
                } else {
                    string::binary(bytes, options.binary, out);
                }
                Ok(())
            })
        }
        DataType::Date32
        | DataType::Date64
        | DataType::Time32(_)
        | DataType::Time64(_)
        | DataType::Timestamp(_, _)
        | DataType::Duration(_)
        | DataType::Interval(_) => quoted(form, out, |out| write_time(array, row, out)),
        _ => nested::write(field, array, row, form, options, out),
    }
}

fn write_time(array: &dyn Array, row: usize, out: &mut Vec<u8>) -> TextResult {
    match array.data_type() {
        DataType::Date32 => time::date32(primitive::<t::Date32Type>(array, row), out),
        DataType::Date64 => time::date64(primitive::<t::Date64Type>(array, row), out),
        DataType::Time32(TimeUnit::Second) => {
            time::time_of_day(i64::from(primitive::<t::Time32SecondType>(array, row)), TimeUnit::Second, out)
        }
        DataType::Time32(_) => {
            time::time_of_day(i64::from(primitive::<t::Time32MillisecondType>(array, row)), TimeUnit::Millisecond, out)
        }
        DataType::Time64(TimeUnit::Microsecond) => {
            time::time_of_day(primitive::<t::Time64MicrosecondType>(array, row), TimeUnit::Microsecond, out)
        }
        DataType::Time64(_) => {
            time::time_of_day(primitive::<t::Time64NanosecondType>(array, row), TimeUnit::Nanosecond, out)
        }
        DataType::Timestamp(unit, zone) => {
            let zone = zone.as_deref().map(zone::Zone::parse).transpose()?;
            time::timestamp(timestamp_value(array, *unit, row), *unit, zone.as_ref(), out)
        }
        DataType::Duration(unit) => {
            time::duration(duration_value(array, *unit, row), *unit, out);
            Ok(())
        }
        DataType::Interval(IntervalUnit::YearMonth) => {
            time::interval(primitive::<t::IntervalYearMonthType>(array, row), 0, 0, TimeUnit::Second, out);
            Ok(())
        }
        DataType::Interval(IntervalUnit::DayTime) => {
            let value = primitive::<t::IntervalDayTimeType>(array, row);
            time::interval(0, value.days, i64::from(value.milliseconds), TimeUnit::Millisecond, out);
            Ok(())
        }
        _ => {
            let value = primitive::<t::IntervalMonthDayNanoType>(array, row);
            time::interval(value.months, value.days, value.nanoseconds, TimeUnit::Nanosecond, out);
            Ok(())
        }
    }
}

fn timestamp_value(array: &dyn Array, unit: TimeUnit, row: usize) -> i64 {
    match unit {
        TimeUnit::Second => primitive::<t::TimestampSecondType>(array, row),
        TimeUnit::Millisecond => primitive::<t::TimestampMillisecondType>(array, row),
        TimeUnit::Microsecond => primitive::<t::TimestampMicrosecondType>(array, row),
        TimeUnit::Nanosecond => primitive::<t::TimestampNanosecondType>(array, row),
    }
}

fn duration_value(array: &dyn Array, unit: TimeUnit, row: usize) -> i64 {
    match unit {
        TimeUnit::Second => primitive::<t::DurationSecondType>(array, row),
        TimeUnit::Millisecond => primitive::<t::DurationMillisecondType>(array, row),
        TimeUnit::Microsecond => primitive::<t::DurationMicrosecondType>(array, row),
        TimeUnit::Nanosecond => primitive::<t::DurationNanosecondType>(array, row),
    }
}

fn primitive<T: ArrowPrimitiveType>(array: &dyn Array, row: usize) -> T::Native {
    array.as_primitive::<T>().value(row)
}

/// In JSON, `"` around what `body` writes; `body` writes only characters that need no escape.
fn quoted(form: Form, out: &mut Vec<u8>, body: impl FnOnce(&mut Vec<u8>) -> TextResult) -> TextResult {
    if form == Form::Text {
        return body(out);
    }
    out.push(b'"');
    body(out)?;
    out.push(b'"');
    Ok(())
}
