//! Building template values: checked on the way in, so that nothing in a render has to doubt them.

use minijinja::value::Value;
use minijinja::{Error, ErrorKind};

use super::decimal;
use super::mark;
use super::value::{Decimal, Name, Secret};
use crate::sql::Refusal;

/// A name of one part or more.
pub fn name(parts: Vec<String>) -> Result<Value, Error> {
    if parts.iter().any(String::is_empty) || parts.is_empty() {
        return Err(Error::new(ErrorKind::InvalidOperation, "a name with an empty part"));
    }
    if parts.iter().any(|part| mark::any(part)) {
        return Err(Error::new(ErrorKind::InvalidOperation, "captured SQL text with values in it is no name"));
    }
    Ok(Value::from_object(Name(parts)))
}

/// An exact number from plain decimal text.
pub fn exact(text: &str) -> Result<Value, Refusal> {
    if !decimal::is_canonical(text) {
        return Err(Refusal::value("NaN and infinity have no literal"));
    }
    Ok(Value::from_object(Decimal(text.to_string())))
}

/// A secret; of a list, each item.
#[must_use]
pub fn secret(value: Value) -> Value {
    if value.downcast_object_ref::<Vec<Value>>().is_some() {
        return value.try_iter().map_or_else(|_| Value::UNDEFINED, |items| items.map(secret).collect());
    }
    if value.downcast_object_ref::<Secret>().is_some() {
        return value;
    }
    Value::from_object(Secret(value))
}
