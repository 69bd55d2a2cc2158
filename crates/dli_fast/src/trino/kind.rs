//! What a column becomes: decided by who knows Trino's types, and obeyed here.

use arrow_schema::{DataType, Field, Fields, TimeUnit};
use std::sync::Arc;

/// The form in which a column's values arrive, and the Arrow type that they become.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// `true`, `false`.
    Boolean,
    /// An integer of 8, 16, 32 or 64 bits.
    Int8,
    /// See [`Kind::Int8`].
    Int16,
    /// See [`Kind::Int8`].
    Int32,
    /// See [`Kind::Int8`].
    Int64,
    /// A number, or one of the texts `NaN`, `Infinity`, `-Infinity`.
    Float32,
    /// See [`Kind::Float32`].
    Float64,
    /// A text of digits, with at most so many of them, and so many behind the point.
    Decimal(u8, i8),
    /// Any text, as it stands; numbers and truth values by their own.
    Text,
    /// Base64.
    Binary,
    /// `2025-01-31`.
    Date,
    /// `10:20:30.123`.
    Time(TimeUnit),
    /// `2025-01-31 10:20:30.123`.
    Timestamp(TimeUnit),
    /// The same, a blank and a zone: the instant, in UTC.
    Instant(TimeUnit),
    /// An array.
    List(Box<Kind>),
    /// An object whose names are keys.
    Map(Box<Kind>, Box<Kind>),
    /// An array of the fields' values.
    Row(Vec<(String, Kind)>),
}

impl Kind {
    /// The Arrow type.
    #[must_use]
    pub fn arrow(&self) -> DataType {
        match self {
            Self::Boolean => DataType::Boolean,
            Self::Int8 => DataType::Int8,
            Self::Int16 => DataType::Int16,
            Self::Int32 => DataType::Int32,
            Self::Int64 => DataType::Int64,
            Self::Float32 => DataType::Float32,
            Self::Float64 => DataType::Float64,
            Self::Decimal(precision, scale) => DataType::Decimal128(*precision, *scale),
            Self::Text => DataType::Utf8,
            Self::Binary => DataType::Binary,
            Self::Date => DataType::Date32,
            Self::Time(unit) => DataType::Time64(*unit),
            Self::Timestamp(unit) => DataType::Timestamp(*unit, None),
            Self::Instant(unit) => DataType::Timestamp(*unit, Some("UTC".into())),
            Self::List(item) => DataType::List(Self::item(item)),
            Self::Map(key, value) => DataType::Map(Self::entries(key, value), false),
            Self::Row(fields) => DataType::Struct(Self::fields(fields)),
        }
    }

    /// The field of a list's items.
    #[must_use]
    pub fn item(kind: &Kind) -> Arc<Field> {
        Arc::new(Field::new("item", kind.arrow(), true))
    }

    /// The field of a map's entries.
    #[must_use]
    pub fn entries(key: &Kind, value: &Kind) -> Arc<Field> {
        let entries = [Field::new("key", key.arrow(), false), Field::new("value", value.arrow(), true)];
        Arc::new(Field::new("entries", DataType::Struct(Fields::from_iter(entries)), false))
    }

    /// The fields of a row.
    #[must_use]
    pub fn fields(fields: &[(String, Kind)]) -> Fields {
        fields.iter().map(|(name, kind)| Field::new(name, kind.arrow(), true)).collect()
    }
}
