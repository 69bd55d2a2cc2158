//! Between data and SQL text: what the pre-pass writes behind constants and conditions, and what an author writes himself.

use minijinja::value::{Value, ValueKind};
use minijinja::{Error, State};

use super::super::convert;
use super::super::mark;
use super::super::value::{Name, Pattern};
use super::cost::charge;
use super::law::{checked, fail, secret_guard, text_of, visible};

/// A string constant of the author. It may spell a mark with a `\u` escape, so it is looked at here, after unescaping.
pub(super) fn author(text: &str) -> Result<Value, Error> {
    if mark::any(text) {
        return Err(fail("a private-use character (U+F0000 and above) has no place in a template"));
    }
    Ok(Value::from_safe_string(text.to_string()))
}

/// What decides a condition goes through unchanged, unless it hides values.
pub(super) fn condition(value: Value) -> Result<Value, Error> {
    match value.as_str() {
        Some(text) if mark::any(text) => visible(&value),
        _ => Ok(value),
    }
}

/// An operand of `+`: text becomes data, so that a sum of texts is data; a list is paid for.
pub(super) fn operand(state: &State, value: Value) -> Result<Value, Error> {
    charge(state, &value)?;
    data(value)
}

fn data(value: Value) -> Result<Value, Error> {
    if value.kind() != ValueKind::String {
        return Ok(value);
    }
    let value = visible(&value)?;
    Ok(Value::from(value.as_str().unwrap_or_default()))
}

pub(super) fn raw(value: Value) -> Result<Value, Error> {
    secret_guard(&value)?;
    if value.is_safe() {
        return Ok(value);
    }
    let text = match value.kind() {
        ValueKind::String | ValueKind::Number | ValueKind::Bool | ValueKind::Plain => value.to_string(),
        kind => return Err(fail(format!("raw wants text, not a {kind}"))),
    };
    if mark::any(&text) {
        return Err(fail("captured SQL text was changed by an expression"));
    }
    Ok(Value::from_safe_string(text))
}

/// A name, its parts separated by dots; of a list, each.
pub(super) fn identifier(state: &State, value: Value) -> Result<Value, Error> {
    charge(state, &value)?;
    names(value)
}

fn names(value: Value) -> Result<Value, Error> {
    let value = checked(&value)?;
    match value.kind() {
        ValueKind::String => convert::name(value.as_str().unwrap_or_default().split('.').map(str::to_string).collect()),
        ValueKind::Plain if value.downcast_object_ref::<Name>().is_some() => Ok(value),
        ValueKind::Seq | ValueKind::Iterable => value.try_iter()?.map(names).collect(),
        kind => Err(fail(format!("identifier wants text or a list of texts, not a {kind}"))),
    }
}

/// The author's text as data: `{{ 'KR' | literal }}` is `'KR'`.
pub(super) fn literal(state: &State, value: Value) -> Result<Value, Error> {
    charge(state, &value)?;
    literals(value)
}

fn literals(value: Value) -> Result<Value, Error> {
    match value.kind() {
        ValueKind::String => data(value),
        ValueKind::Seq | ValueKind::Iterable => value.try_iter()?.map(literals).collect(),
        _ => Ok(value),
    }
}

/// A pattern that matches the text and nothing else: `LIKE '%{{ x | like }}%' ESCAPE '\'`.
pub(super) fn like(value: &Value) -> Result<Value, Error> {
    let (text, _) = text_of(value)?;
    let mut pattern = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    Ok(Value::from_object(Pattern(pattern)))
}

/// The author's constant that stands in for a missing value is data like it.
pub(super) fn default(value: Value, other: Option<Value>, empty_too: Option<bool>) -> Result<Value, Error> {
    let missing = value.is_undefined() || (empty_too == Some(true) && !condition(value.clone())?.is_true());
    if !missing {
        return Ok(value);
    }
    let Some(other) = other else { return Ok(Value::from("")) };
    match other.as_str() {
        Some(text) if other.is_safe() && !mark::any(text) => Ok(Value::from(text)),
        _ => Ok(other),
    }
}
