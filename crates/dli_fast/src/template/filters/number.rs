//! Filters that make numbers; a decimal stays exact where minijinja knows none.

use minijinja::value::{Kwargs, Value};
use minijinja::{Error, State, filters as builtin};

use super::super::value::Decimal;
use super::law::{checked, fail};

pub(super) fn int(
    state: &State,
    value: &Value,
    default: Option<Value>,
    base: Option<u32>,
    kwargs: Kwargs,
) -> Result<Value, Error> {
    let value = checked(value)?;
    if let Some(Decimal(text)) = value.downcast_object_ref() {
        let whole = text.split('.').next().unwrap_or_default();
        return whole.parse::<i128>().map(Value::from).map_err(|_| fail("the number is too large for an integer"));
    }
    builtin::int(state, &value, default, base, kwargs)
}

pub(super) fn float(state: &State, value: &Value, default: Option<Value>, kwargs: Kwargs) -> Result<Value, Error> {
    let value = checked(value)?;
    if let Some(Decimal(text)) = value.downcast_object_ref() {
        return text.parse::<f64>().map(Value::from).map_err(|_| fail("no number"));
    }
    builtin::float(state, &value, default, kwargs)
}

pub(super) fn abs(value: Value) -> Result<Value, Error> {
    if let Some(Decimal(text)) = value.downcast_object_ref() {
        return Ok(Value::from_object(Decimal(text.trim_start_matches('-').to_string())));
    }
    builtin::abs(value)
}
