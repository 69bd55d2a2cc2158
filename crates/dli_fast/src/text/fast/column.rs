//! One column of one batch, taken apart into raw slices.

use super::{ColumnPlan, Plan};
use crate::text::time::per_second;
use arrow_array::cast::AsArray;
use arrow_array::types as t;
use arrow_array::{Array, ArrowPrimitiveType};
use arrow_buffer::{ArrowNativeType, NullBuffer};
use arrow_schema::{DataType, TimeUnit};

/// Text or bytes behind offsets.
pub struct Bytes<'a, O> {
    pub offsets: &'a [O],
    pub data: &'a [u8],
}

/// Text or bytes behind views.
pub struct Views<'a> {
    pub views: &'a [u128],
    pub buffers: Vec<&'a [u8]>,
}

/// A column's values by how they are written.
pub enum Values<'a> {
    Bool(&'a arrow_array::BooleanArray),
    I8(&'a [i8]),
    I16(&'a [i16]),
    I32(&'a [i32]),
    I64(&'a [i64]),
    U8(&'a [u8]),
    U16(&'a [u16]),
    U32(&'a [u32]),
    U64(&'a [u64]),
    F32(&'a [f32]),
    F64(&'a [f64]),
    Decimal32(&'a [i32], usize),
    Decimal64(&'a [i64], usize),
    Decimal128(&'a [i128], usize),
    Date32(&'a [i32]),
    Time32(&'a [i32], TimeUnit),
    Time64(&'a [i64], TimeUnit),
    Timestamp(&'a [i64], TimeUnit),
    Text(Bytes<'a, i32>),
    LargeText(Bytes<'a, i64>),
    TextView(Views<'a>),
    Binary(Bytes<'a, i32>),
    LargeBinary(Bytes<'a, i64>),
    BinaryView(Views<'a>),
    FixedBinary(&'a [u8], usize),
    Dictionary(Vec<usize>, Box<Column<'a>>),
    List(&'a [i32], Box<Column<'a>>),
    LargeList(&'a [i64], Box<Column<'a>>),
    FixedList(usize, Box<Column<'a>>),
    Struct(Vec<Column<'a>>),
    Slow,
}

/// Is the text of a column known to be UTF-8?
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Utf8State {
    /// Nobody looked yet: so far all was ASCII.
    Unknown,
    /// All of it, so a cell only has to begin and end between characters.
    Whole,
    /// Not all of it: look at each cell.
    Each,
}

/// A column bound to one batch.
pub struct Column<'a> {
    pub plan: &'a ColumnPlan,
    pub whole: &'a Plan,
    pub array: &'a dyn Array,
    pub nulls: Option<&'a NullBuffer>,
    pub values: Values<'a>,
    pub utf8: std::cell::Cell<Utf8State>,
    pub hint: std::cell::Cell<usize>,
}

fn values<T: ArrowPrimitiveType>(array: &dyn Array) -> &[T::Native] {
    array.as_primitive::<T>().values()
}

impl<'a> Column<'a> {
    pub fn bind(plan: &'a ColumnPlan, array: &'a dyn Array, whole: &'a Plan) -> Self {
        Self {
            plan,
            whole,
            array,
            nulls: array.nulls().filter(|nulls| nulls.null_count() > 0),
            values: if plan.slow { Values::Slow } else { Self::take_apart(plan, array, whole) },
            utf8: std::cell::Cell::new(Utf8State::Unknown),
            hint: std::cell::Cell::new(0),
        }
    }

    fn take_apart(plan: &'a ColumnPlan, array: &'a dyn Array, whole: &'a Plan) -> Values<'a> {
        let child = |at: usize, array: &'a dyn Array| {
            let column = Column::bind(&plan.children[at], array, whole);
            // The values of a list or dictionary are not cut to the range: looking at all of them could cost too much.
            column.utf8.set(Utf8State::Each);
            Box::new(column)
        };
        match array.data_type() {
            DataType::Boolean => Values::Bool(array.as_boolean()),
            DataType::Int8 => Values::I8(values::<t::Int8Type>(array)),
            DataType::Int16 => Values::I16(values::<t::Int16Type>(array)),
            DataType::Int32 => Values::I32(values::<t::Int32Type>(array)),
            DataType::Int64 => Values::I64(values::<t::Int64Type>(array)),
            DataType::UInt8 => Values::U8(values::<t::UInt8Type>(array)),
            DataType::UInt16 => Values::U16(values::<t::UInt16Type>(array)),
            DataType::UInt32 => Values::U32(values::<t::UInt32Type>(array)),
            DataType::UInt64 => Values::U64(values::<t::UInt64Type>(array)),
            DataType::Float32 => Values::F32(values::<t::Float32Type>(array)),
            DataType::Float64 => Values::F64(values::<t::Float64Type>(array)),
            DataType::Decimal32(_, scale) => Values::Decimal32(values::<t::Decimal32Type>(array), *scale as usize),
            DataType::Decimal64(_, scale) => Values::Decimal64(values::<t::Decimal64Type>(array), *scale as usize),
            DataType::Decimal128(_, scale) => Values::Decimal128(values::<t::Decimal128Type>(array), *scale as usize),
            DataType::Date32 => Values::Date32(values::<t::Date32Type>(array)),
            DataType::Time32(TimeUnit::Second) => {
                Values::Time32(values::<t::Time32SecondType>(array), TimeUnit::Second)
            }
            DataType::Time32(unit) => Values::Time32(values::<t::Time32MillisecondType>(array), *unit),
            DataType::Time64(TimeUnit::Microsecond) => {
                Values::Time64(values::<t::Time64MicrosecondType>(array), TimeUnit::Microsecond)
            }
            DataType::Time64(unit) => Values::Time64(values::<t::Time64NanosecondType>(array), *unit),
            DataType::Timestamp(unit, _) => Values::Timestamp(timestamps(array, *unit), *unit),
            DataType::Utf8 => {
                let array = array.as_string::<i32>();
                Values::Text(Bytes { offsets: array.value_offsets(), data: array.value_data() })
            }
            DataType::LargeUtf8 => {
                let array = array.as_string::<i64>();
                Values::LargeText(Bytes { offsets: array.value_offsets(), data: array.value_data() })
            }
            DataType::Utf8View => {
                let array = array.as_string_view();
                let buffers = array.data_buffers().iter().map(arrow_buffer::Buffer::as_slice).collect();
                Values::TextView(Views { views: array.views(), buffers })
            }
            DataType::Binary => {
                let array = array.as_binary::<i32>();
                Values::Binary(Bytes { offsets: array.value_offsets(), data: array.value_data() })
            }
            DataType::LargeBinary => {
                let array = array.as_binary::<i64>();
                Values::LargeBinary(Bytes { offsets: array.value_offsets(), data: array.value_data() })
            }
            DataType::BinaryView => {
                let array = array.as_binary_view();
                let buffers = array.data_buffers().iter().map(arrow_buffer::Buffer::as_slice).collect();
                Values::BinaryView(Views { views: array.views(), buffers })
            }
            DataType::FixedSizeBinary(width) => {
                Values::FixedBinary(array.as_fixed_size_binary().value_data(), *width as usize)
            }
            DataType::Dictionary(_, _) => {
                let dictionary = array.as_any_dictionary();
                let values = child(0, dictionary.values().as_ref());
                if matches!(values.values, Values::Slow) || dictionary.values().is_empty() {
                    return Values::Slow;
                }
                Values::Dictionary(dictionary.normalized_keys(), values)
            }
            DataType::List(_) => {
                let list = array.as_list::<i32>();
                Values::List(list.value_offsets(), child(0, list.values().as_ref()))
            }
            DataType::LargeList(_) => {
                let list = array.as_list::<i64>();
                Values::LargeList(list.value_offsets(), child(0, list.values().as_ref()))
            }
            DataType::FixedSizeList(_, size) => {
                Values::FixedList(*size as usize, child(0, array.as_fixed_size_list().values().as_ref()))
            }
            DataType::Struct(_) => Values::Struct(
                array.as_struct().columns().iter().enumerate().map(|(at, array)| *child(at, array.as_ref())).collect(),
            ),
            _ => Values::Slow,
        }
    }

    /// Is there no value in this row?
    ///
    /// # Safety
    /// The column has the row.
    #[inline(always)]
    pub unsafe fn is_null(&self, row: usize) -> bool {
        self.nulls.is_some_and(|nulls| {
            // SAFETY: as promised by the caller.
            !unsafe { nulls.inner().value_unchecked(row) }
        })
    }

    /// The JSON key.
    ///
    /// # Safety
    /// The padded key's length is free from `at`.
    #[inline(always)]
    pub unsafe fn put_key(&self, at: *mut u8) -> *mut u8 {
        let key = &self.plan.key;
        let mut done = 0;
        // SAFETY: the key is padded to whole blocks.
        unsafe {
            while done < key.len() {
                at.add(done).cast::<[u8; 32]>().write_unaligned(key.as_ptr().add(done).cast::<[u8; 32]>().read());
                done += 32;
            }
            at.add(self.plan.key_len)
        }
    }
}

fn timestamps(array: &dyn Array, unit: TimeUnit) -> &[i64] {
    match unit {
        TimeUnit::Second => values::<t::TimestampSecondType>(array),
        TimeUnit::Millisecond => values::<t::TimestampMillisecondType>(array),
        TimeUnit::Microsecond => values::<t::TimestampMicrosecondType>(array),
        TimeUnit::Nanosecond => values::<t::TimestampNanosecondType>(array),
    }
}

/// Units a second and digits after it, as the clock writer wants them.
#[inline(always)]
pub fn unit_parts(unit: TimeUnit) -> (i64, usize) {
    per_second(unit)
}

/// Offsets of 32 or 64 bits as positions.
#[inline(always)]
pub fn position<O: ArrowNativeType>(offset: O) -> usize {
    offset.as_usize()
}
