//! The law of all filters: a result is safe only if all of it is template text and marks, and nothing looks into captured
//! text that has values in it (trimming and indenting excepted, which do not look). `guarded` puts minijinja's own behind it.

use minijinja::value::{Rest, Value, ValueKind, ValueOrKwargs};
use minijinja::{Error, ErrorKind, State};

use super::super::mark;
use super::super::value::{Decimal, Secret};
use super::cost::charge;

pub(in super::super) fn fail(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::InvalidOperation, message)
}

/// `value` for a filter or a comparison: without place marks, never with value marks, a name as its text.
pub fn visible(value: &Value) -> Result<Value, Error> {
    match value.kind() {
        ValueKind::Undefined => Err(Error::from(ErrorKind::UndefinedError)),
        ValueKind::String => {
            let text = value.as_str().unwrap_or_default();
            if !mark::any(text) {
                return Ok(value.clone());
            }
            if mark::any_value(text) {
                return Err(fail(
                    "captured SQL text with values in it cannot be changed or decide anything: its values are not written yet",
                ));
            }
            let plain = mark::without_places(text);
            Ok(if value.is_safe() { Value::from_safe_string(plain) } else { Value::from(plain) })
        }
        ValueKind::Seq | ValueKind::Iterable => {
            let hidden = |item: &Value| item.as_str().is_some_and(mark::any);
            if value.try_iter()?.any(|item| hidden(&item)) {
                return value.try_iter()?.map(|item| visible(&item)).collect();
            }
            Ok(value.clone())
        }
        _ => Ok(value.clone()),
    }
}

pub(super) fn secret_guard(value: &Value) -> Result<(), Error> {
    if value.downcast_object_ref::<Secret>().is_some() {
        return Err(fail("a secret can only be written or compared: no filter may look into it"));
    }
    Ok(())
}

/// minijinja's filter or test `inner` behind the law.
pub(super) fn guarded(
    inner: Value,
) -> impl Fn(&mut State<'_, '_>, Rest<ValueOrKwargs>) -> Result<Value, Error> + Send + Sync + 'static {
    move |state: &mut State<'_, '_>, args: Rest<ValueOrKwargs>| {
        let args = lawful(state, args)?;
        inner.call(state, &args)
    }
}

/// The same for filters that put items in order: they must be of one kind.
pub(super) fn ordered(
    inner: Value,
) -> impl Fn(&mut State<'_, '_>, Rest<ValueOrKwargs>) -> Result<Value, Error> + Send + Sync + 'static {
    move |state: &mut State<'_, '_>, args: Rest<ValueOrKwargs>| {
        let args = lawful(state, args)?;
        if let [items] = &args[..] {
            let mut first = None;
            for item in items.try_iter()? {
                let kind = order_kind(&item);
                if *first.get_or_insert(kind) != kind {
                    return Err(fail("values of different kinds have no order"));
                }
            }
        }
        inner.call(state, &args)
    }
}

/// The arguments, paid for, as far as they may be looked into.
fn lawful(state: &State, args: Rest<ValueOrKwargs>) -> Result<Vec<Value>, Error> {
    let args = args.into_values();
    args.iter().try_for_each(|value| charge(state, value))?;
    args.iter().map(checked).collect()
}

fn order_kind(value: &Value) -> (ValueKind, bool) {
    let kind = if value.kind() == ValueKind::Bool { ValueKind::Number } else { value.kind() };
    (kind, value.downcast_object_ref::<Decimal>().is_some())
}

pub(super) fn checked(value: &Value) -> Result<Value, Error> {
    if value.is_kwargs() {
        return Ok(value.clone());
    }
    secret_guard(value)?;
    visible(value)
}

/// A string argument: its text and whether it is the author's.
pub(super) fn text_of(value: &Value) -> Result<(String, bool), Error> {
    let value = checked(value)?;
    match value.kind() {
        ValueKind::String => Ok((value.as_str().unwrap_or_default().to_string(), value.is_safe())),
        ValueKind::Number | ValueKind::Bool | ValueKind::Plain => Ok((value.to_string(), false)),
        kind => Err(fail(format!("a {kind} is no text"))),
    }
}

pub(super) fn make_text(text: String, author: bool) -> Value {
    if author { Value::from_safe_string(text) } else { Value::from(text) }
}
