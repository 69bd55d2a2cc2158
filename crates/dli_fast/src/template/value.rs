//! Values as templates see them.
//!
//! ```text
//! text, number, boolean, none, list   minijinja's own
//! date, timestamp                     a string in canonical text, known again by its address (Typed)
//! Decimal, Name, Pattern, Secret      objects
//! ```
//!
//! A date is a string so that `ds > '2025-01-01'`, `ds[:7]` and `ds | replace('-', '')` are what they look like; a string made
//! from it is a new string and no date any more. The invariant of the engine: *a safe string holds only template text and marks.*

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use minijinja::value::{DynObject, Object, ObjectRepr, Value, ValueKind};

use super::decimal;
use super::mark;
use crate::sql::{Literal, Refusal};

/// What a string that was registered stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `2025-01-31`
    Date,
    /// `2025-01-31 10:20:30` with up to six digits of a second
    Timestamp,
    /// `2025-01-31 10:20:30+09:00`
    ZonedTimestamp,
}

/// The strings of one render that stand for more than their text. Holding them keeps their addresses theirs.
#[derive(Debug, Default)]
pub struct Typed {
    by_address: BTreeMap<usize, (Kind, Arc<str>)>,
}

impl Typed {
    /// A string value that stands for a date or timestamp. `text` is canonical and not empty.
    pub fn value(&mut self, kind: Kind, text: &str) -> Value {
        let text: Arc<str> = Arc::from(text);
        self.by_address.insert(text.as_ptr() as usize, (kind, Arc::clone(&text)));
        Value::from(text)
    }

    /// What the string at this very address stands for.
    #[must_use]
    pub fn kind(&self, text: &str) -> Option<Kind> {
        let (kind, held) = self.by_address.get(&(text.as_ptr() as usize))?;
        (held.len() == text.len()).then_some(*kind)
    }

    /// True if there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_address.is_empty()
    }
}

/// An exact decimal number in canonical text.
#[derive(Debug, Clone)]
pub struct Decimal(pub String);

/// A name, part by part.
#[derive(Debug, Clone)]
pub struct Name(pub Vec<String>);

/// A LIKE pattern whose wildcards are escaped.
#[derive(Debug, Clone)]
pub struct Pattern(pub String);

/// A value that no comment, message or log may show.
#[derive(Clone)]
pub struct Secret(pub Value);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

impl Object for Decimal {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn is_true(self: &Arc<Self>) -> bool {
        decimal::compare(&self.0, "0") != Ordering::Equal
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        other.downcast_ref::<Self>().map(|other| decimal::compare(&self.0, &other.0))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Object for Name {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        other.downcast_ref::<Self>().map(|other| self.0.cmp(&other.0))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("."))
    }
}

impl Object for Pattern {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Object for Secret {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn is_true(self: &Arc<Self>) -> bool {
        self.0.is_true()
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// A data string; the planes of the marks are refused.
pub fn text(text: &str) -> Result<Value, Refusal> {
    if mark::any(text) {
        return Err(Refusal::value("a private-use character (U+F0000 and above) has no place in a value"));
    }
    Ok(Value::from(text))
}

/// Finds out what a value is for SQL, with the typed strings of the caller and of the render.
pub struct Reader<'t> {
    /// Given with the values.
    pub given: &'t Typed,
    /// Made while rendering.
    pub made: &'t Typed,
}

impl Reader<'_> {
    /// The literal for `value`.
    pub fn literal<'v>(&self, value: &'v Value) -> Result<Literal<'v>, Refusal> {
        Ok(match value.kind() {
            ValueKind::None => Literal::Null,
            ValueKind::Bool => Literal::Boolean(value.is_true()),
            ValueKind::Number if value.is_integer() => Literal::Integer(Cow::Owned(value.to_string())),
            ValueKind::Number => Literal::Float(f64::try_from(value.clone()).unwrap_or(f64::NAN)),
            ValueKind::String => self.string(value.as_str().unwrap_or_default()),
            ValueKind::Plain => return self.object(value),
            ValueKind::Seq | ValueKind::Iterable => return self.list(value),
            ValueKind::Undefined => return Err(Refusal::value("an undefined value has no SQL form")),
            kind => return Err(Refusal::value(format!("a {kind} has no SQL form"))),
        })
    }

    fn string<'v>(&self, text: &'v str) -> Literal<'v> {
        match self.given.kind(text).or_else(|| self.made.kind(text)) {
            None => Literal::Text(text.into()),
            Some(Kind::Date) => Literal::Date(text.into()),
            Some(Kind::Timestamp) => Literal::Timestamp(text.into()),
            Some(Kind::ZonedTimestamp) => Literal::ZonedTimestamp(text.into()),
        }
    }

    fn object<'v>(&self, value: &'v Value) -> Result<Literal<'v>, Refusal> {
        if let Some(Decimal(text)) = value.downcast_object_ref() {
            Ok(Literal::Decimal(text.into()))
        } else if let Some(Name(parts)) = value.downcast_object_ref() {
            Ok(Literal::Name(parts.into()))
        } else if let Some(Pattern(text)) = value.downcast_object_ref() {
            Ok(Literal::Pattern(text.into()))
        } else if let Some(Secret(inner)) = value.downcast_object_ref() {
            Ok(Literal::Secret(Box::new(self.literal(inner)?)))
        } else {
            Err(Refusal::value("a function or macro has no SQL form: call it"))
        }
    }

    fn list<'v>(&self, value: &'v Value) -> Result<Literal<'v>, Refusal> {
        let mut items = Vec::with_capacity(value.len().unwrap_or(0).min(1024));
        for item in value.try_iter().map_err(|error| Refusal::value(error.to_string()))? {
            if item.as_str().is_some_and(mark::any) {
                return Err(Refusal::value("captured SQL text was taken apart"));
            }
            items.push(self.literal(&item)?.into_owned());
        }
        Ok(Literal::List(items))
    }
}
