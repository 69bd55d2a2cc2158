//! One column as it grows, cell by cell.

use super::json::{Reader, Scalar};
use super::kind::Kind;
use super::number::{decimal, integer, narrow, special};
use super::time;
use arrow_array::types::{Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type};
use arrow_array::{
    ArrayRef, ArrowPrimitiveType, BinaryArray, BooleanArray, Date32Array, ListArray, MapArray, PrimitiveArray,
    StringArray, StructArray, Time64MicrosecondArray, Time64NanosecondArray, TimestampMicrosecondArray,
    TimestampMillisecondArray, TimestampNanosecondArray, TimestampSecondArray,
};
use arrow_buffer::{BooleanBufferBuilder, NullBuffer, NullBufferBuilder, OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType, TimeUnit};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::sync::Arc;

type Result<T> = std::result::Result<T, String>;

/// A column's cells so far.
pub struct Column {
    kind: Kind,
    nulls: NullBufferBuilder,
    cells: Cells,
}

enum Cells {
    Boolean(BooleanBufferBuilder),
    Int8(Vec<i8>),
    Int16(Vec<i16>),
    Int32(Vec<i32>),
    Int64(Vec<i64>),
    Float32(Vec<f32>),
    Float64(Vec<f64>),
    Decimal(Vec<i128>),
    Date(Vec<i32>),
    /// Times, timestamps and instants.
    Moment(Vec<i64>),
    /// The bytes of texts, and where each ends.
    Text(Vec<u8>, Vec<i32>),
    /// The same of binary values.
    Binary(Vec<u8>, Vec<i32>),
    /// A list's items, and where each list ends.
    List(Box<Column>, Vec<i32>),
    /// A map's keys and values, and where each map ends.
    Map(Box<Column>, Box<Column>, Vec<i32>),
    Row(Vec<Column>),
}

const ROWS: usize = 8192; // expected in a page

impl Column {
    /// An empty one.
    #[must_use]
    pub fn new(kind: &Kind) -> Self {
        let offsets = || {
            let mut offsets = Vec::with_capacity(ROWS + 1);
            offsets.push(0);
            offsets
        };
        let cells = match kind {
            Kind::Boolean => Cells::Boolean(BooleanBufferBuilder::new(ROWS)),
            Kind::Int8 => Cells::Int8(Vec::with_capacity(ROWS)),
            Kind::Int16 => Cells::Int16(Vec::with_capacity(ROWS)),
            Kind::Int32 => Cells::Int32(Vec::with_capacity(ROWS)),
            Kind::Int64 => Cells::Int64(Vec::with_capacity(ROWS)),
            Kind::Date => Cells::Date(Vec::with_capacity(ROWS)),
            Kind::Time(_) | Kind::Timestamp(_) | Kind::Instant(_) => Cells::Moment(Vec::with_capacity(ROWS)),
            Kind::Float32 => Cells::Float32(Vec::with_capacity(ROWS)),
            Kind::Float64 => Cells::Float64(Vec::with_capacity(ROWS)),
            Kind::Decimal(..) => Cells::Decimal(Vec::with_capacity(ROWS)),
            Kind::Text => Cells::Text(Vec::with_capacity(8 * ROWS), offsets()),
            Kind::Binary => Cells::Binary(Vec::new(), offsets()),
            Kind::List(item) => Cells::List(Box::new(Self::new(item)), offsets()),
            Kind::Map(key, value) => Cells::Map(Box::new(Self::new(key)), Box::new(Self::new(value)), offsets()),
            Kind::Row(fields) => Cells::Row(fields.iter().map(|(_, kind)| Self::new(kind)).collect()),
        };
        Self { kind: kind.clone(), nulls: NullBufferBuilder::new(ROWS), cells }
    }

    /// The next cell.
    #[inline]
    pub fn read(&mut self, reader: &mut Reader<'_>) -> Result<()> {
        match &mut self.cells {
            // The usual forms of the most frequent types, without a step between.
            Cells::Int64(cells) => match reader.integer() {
                Some(found) => cells.push(found),
                None => return self.scalar(reader.scalar()?),
            },
            Cells::Float64(cells) => match reader.short_float() {
                Some(found) => cells.push(found),
                None => return self.scalar(reader.scalar()?),
            },
            Cells::Text(bytes, ends) if reader.peek() == Some(b'"') => {
                bytes.extend_from_slice(reader.string()?.as_bytes());
                ends.push(end(bytes.len())?);
            }
            Cells::Date(cells) if reader.peek() == Some(b'"') => cells.push(time::date(&reader.string()?)?),
            Cells::List(item, ends) => {
                if reader.null() {
                    self.null();
                    return Ok(());
                }
                list(item, reader)?;
                ends.push(end(item.nulls.len())?);
            }
            Cells::Map(keys, values, ends) => {
                if reader.null() {
                    self.null();
                    return Ok(());
                }
                map(keys, values, reader)?;
                ends.push(end(keys.nulls.len())?);
            }
            Cells::Row(fields) => {
                if reader.null() {
                    self.null();
                    return Ok(());
                }
                row(fields, reader)?;
            }
            _ => return self.scalar(reader.scalar()?),
        }
        self.nulls.append_non_null();
        Ok(())
    }

    #[inline]
    fn scalar(&mut self, scalar: Scalar<'_>) -> Result<()> {
        match scalar {
            Scalar::Null => self.null(),
            Scalar::Bare(text) => {
                self.bare(text)?;
                self.nulls.append_non_null();
            }
            Scalar::Text(text) => {
                self.text(&text)?;
                self.nulls.append_non_null();
            }
        }
        Ok(())
    }

    /// A number or truth value.
    #[inline]
    fn bare(&mut self, text: &str) -> Result<()> {
        match &mut self.cells {
            Cells::Boolean(bits) => match text {
                "true" => bits.append(true),
                "false" => bits.append(false),
                other => return Err(format!("{other} is no truth value")),
            },
            Cells::Int64(cells) => cells.push(integer(text)?),
            Cells::Int32(cells) => cells.push(narrow(text)?),
            Cells::Int16(cells) => cells.push(narrow(text)?),
            Cells::Int8(cells) => cells.push(narrow(text)?),
            Cells::Float64(cells) => cells.push(text.parse().map_err(|_| format!("{text} is no number"))?),
            Cells::Float32(cells) => cells.push(text.parse().map_err(|_| format!("{text} is no number"))?),
            Cells::Decimal(_) | Cells::Text(..) => return self.text(text),
            _ => return Err(format!("{text} where a text was expected")),
        }
        Ok(())
    }

    #[inline]
    fn text(&mut self, text: &str) -> Result<()> {
        match (&mut self.cells, &self.kind) {
            (Cells::Text(bytes, ends), _) => {
                bytes.extend_from_slice(text.as_bytes());
                ends.push(end(bytes.len())?);
            }
            (Cells::Binary(bytes, ends), _) => {
                let decoded = STANDARD.decode_vec(text, bytes);
                decoded.map_err(|error| format!("a binary value that is no base64: {error}"))?;
                ends.push(end(bytes.len())?);
            }
            (Cells::Decimal(cells), Kind::Decimal(precision, scale)) => cells.push(decimal(text, *precision, *scale)?),
            (Cells::Date(cells), _) => cells.push(time::date(text)?),
            (Cells::Moment(cells), Kind::Time(unit)) => cells.push(time::time(text, *unit)?),
            (Cells::Moment(cells), Kind::Timestamp(unit)) => cells.push(time::timestamp(text, *unit)?),
            (Cells::Moment(cells), Kind::Instant(unit)) => cells.push(time::instant(text, *unit)?),
            (Cells::Float64(cells), _) => cells.push(special(text)?),
            (Cells::Float32(cells), _) => cells.push(special(text)? as f32),
            _ => return Err(format!("the text {text:?} where a number or truth value was expected")),
        }
        Ok(())
    }

    /// A key of a map: a text, whatever its type.
    fn key(&mut self, text: &str) -> Result<()> {
        let bare = matches!(
            self.kind,
            Kind::Boolean | Kind::Int8 | Kind::Int16 | Kind::Int32 | Kind::Int64 | Kind::Float32 | Kind::Float64
        );
        match &self.cells {
            Cells::List(..) | Cells::Map(..) | Cells::Row(_) => {
                return Err("a map whose keys are nested values".into());
            }
            _ if bare && special(text).is_err() => self.bare(text)?,
            _ => self.text(text)?,
        }
        self.nulls.append_non_null();
        Ok(())
    }

    fn null(&mut self) {
        self.nulls.append_null();
        match &mut self.cells {
            Cells::Boolean(bits) => bits.append(false),
            Cells::Int8(cells) => cells.push(0),
            Cells::Int16(cells) => cells.push(0),
            Cells::Int32(cells) | Cells::Date(cells) => cells.push(0),
            Cells::Int64(cells) | Cells::Moment(cells) => cells.push(0),
            Cells::Float32(cells) => cells.push(0.0),
            Cells::Float64(cells) => cells.push(0.0),
            Cells::Decimal(cells) => cells.push(0),
            Cells::Text(_, ends) | Cells::Binary(_, ends) | Cells::List(_, ends) | Cells::Map(_, _, ends) => {
                ends.push(*ends.last().unwrap_or(&0));
            }
            Cells::Row(fields) => fields.iter_mut().for_each(Self::null),
        }
    }

    /// The cells as an array.
    pub fn finish(mut self) -> Result<ArrayRef> {
        let nulls = self.nulls.finish();
        let kind = self.kind.arrow();
        Ok(match self.cells {
            Cells::Boolean(mut bits) => Arc::new(BooleanArray::new(bits.finish(), nulls)),
            Cells::Int8(cells) => primitive::<Int8Type>(cells, nulls, kind),
            Cells::Int16(cells) => primitive::<Int16Type>(cells, nulls, kind),
            Cells::Date(cells) => Arc::new(Date32Array::new(cells.into(), nulls)),
            Cells::Int32(cells) => primitive::<Int32Type>(cells, nulls, kind),
            Cells::Int64(cells) => primitive::<Int64Type>(cells, nulls, kind),
            Cells::Moment(cells) => moments(cells, nulls, kind)?,
            Cells::Float32(cells) => primitive::<Float32Type>(cells, nulls, kind),
            Cells::Float64(cells) => primitive::<Float64Type>(cells, nulls, kind),
            Cells::Decimal(cells) => primitive::<Decimal128Type>(cells, nulls, kind),
            Cells::Text(bytes, ends) => {
                let ends = OffsetBuffer::new(ScalarBuffer::from(ends));
                Arc::new(StringArray::try_new(ends, bytes.into(), nulls).map_err(|error| error.to_string())?)
            }
            Cells::Binary(bytes, ends) => {
                Arc::new(BinaryArray::new(OffsetBuffer::new(ScalarBuffer::from(ends)), bytes.into(), nulls))
            }
            Cells::List(item, ends) => {
                let field = Kind::item(&item.kind);
                let ends = OffsetBuffer::new(ScalarBuffer::from(ends));
                Arc::new(ListArray::try_new(field, ends, item.finish()?, nulls).map_err(|error| error.to_string())?)
            }
            Cells::Map(key, value, ends) => {
                let field = Kind::entries(&key.kind, &value.kind);
                let DataType::Struct(fields) = field.data_type().clone() else { return Err("no entries".into()) };
                let ends = OffsetBuffer::new(ScalarBuffer::from(ends));
                let arrays = vec![key.finish()?, value.finish()?];
                let entries = StructArray::try_new(fields, arrays, None).map_err(|error| error.to_string())?;
                Arc::new(MapArray::try_new(field, ends, entries, nulls, false).map_err(|error| error.to_string())?)
            }
            Cells::Row(columns) => {
                let DataType::Struct(fields) = kind else { return Err("no row".into()) };
                let arrays: Result<Vec<_>> = columns.into_iter().map(Self::finish).collect();
                Arc::new(StructArray::try_new(fields, arrays?, nulls).map_err(|error| error.to_string())?)
            }
        })
    }
}

fn list(item: &mut Column, reader: &mut Reader<'_>) -> Result<()> {
    reader.expect(b'[')?;
    if reader.take(b']') {
        return Ok(());
    }
    loop {
        item.read(reader)?;
        if reader.take(b']') {
            return Ok(());
        }
        reader.expect(b',')?;
    }
}

fn map(keys: &mut Column, values: &mut Column, reader: &mut Reader<'_>) -> Result<()> {
    reader.expect(b'{')?;
    if reader.take(b'}') {
        return Ok(());
    }
    loop {
        keys.key(&reader.string()?)?;
        reader.expect(b':')?;
        values.read(reader)?;
        if reader.take(b'}') {
            return Ok(());
        }
        reader.expect(b',')?;
    }
}

fn row(fields: &mut [Column], reader: &mut Reader<'_>) -> Result<()> {
    reader.expect(b'[')?;
    for (index, field) in fields.iter_mut().enumerate() {
        if index > 0 {
            reader.expect(b',')?;
        }
        field.read(reader)?;
    }
    reader.expect(b']')
}

fn primitive<T: ArrowPrimitiveType>(cells: Vec<T::Native>, nulls: Option<NullBuffer>, kind: DataType) -> ArrayRef {
    Arc::new(PrimitiveArray::<T>::new(cells.into(), nulls).with_data_type(kind))
}

fn moments(cells: Vec<i64>, nulls: Option<NullBuffer>, kind: DataType) -> Result<ArrayRef> {
    let cells = ScalarBuffer::from(cells);
    Ok(match kind {
        DataType::Time64(TimeUnit::Nanosecond) => Arc::new(Time64NanosecondArray::new(cells, nulls)),
        DataType::Time64(_) => Arc::new(Time64MicrosecondArray::new(cells, nulls)),
        DataType::Timestamp(unit, zone) => match unit {
            TimeUnit::Second => Arc::new(TimestampSecondArray::new(cells, nulls).with_timezone_opt(zone)),
            TimeUnit::Millisecond => Arc::new(TimestampMillisecondArray::new(cells, nulls).with_timezone_opt(zone)),
            TimeUnit::Microsecond => Arc::new(TimestampMicrosecondArray::new(cells, nulls).with_timezone_opt(zone)),
            TimeUnit::Nanosecond => Arc::new(TimestampNanosecondArray::new(cells, nulls).with_timezone_opt(zone)),
        },
        other => return Err(format!("{other} is no type of moments")),
    })
}

fn end(length: usize) -> Result<i32> {
    i32::try_from(length).map_err(|_| "more than 2 GiB in one column of a page".into())
}
