//! The functions of SQL templates: what the pre-pass writes for operators, and dates.

use std::cmp::Ordering;

use minijinja::value::{Rest, Value, ValueKind};
use minijinja::{Environment, Error, ErrorKind, State};

use super::decimal;
use super::engine::Held;
use super::filters::{afford, charge, fail, visible};
use super::reserved;
use super::time::Moment;
use super::value::{Decimal, Kind, Name, Pattern, Secret};

/// Registers all of them.
pub fn register(env: &mut Environment<'static>) {
    env.remove_global("debug");
    env.add_function(reserved::COMPARE, compare);
    env.add_function(reserved::CONCAT, concat);
    env.add_function("date_add", date_add);
    env.add_filter("date_add", date_add);
    env.add_filter("strftime", strftime);
    env.add_filter("date_format", strftime);
}

// ── a == b, a < b < c, a in b ─────────────────────────────────────────────────────────────────────────────────────────────────

/// `__compare__(a, '<', b, '<=', c)`: every neighbouring pair must hold.
fn compare(state: &State, args: Rest<Value>) -> Result<bool, Error> {
    let [first, rest @ ..] = &args[..] else { return Ok(true) };
    let mut left = first;
    for pair in rest.chunks_exact(2) {
        if !compare_pair(state, left, pair[0].as_str().unwrap_or_default(), &pair[1])? {
            return Ok(false);
        }
        left = &pair[1];
    }
    Ok(true)
}

/// One comparison. Dates compare as their text, zoned timestamps as instants, decimals as numbers.
pub(super) fn compare_pair(state: &State, left: &Value, operator: &str, right: &Value) -> Result<bool, Error> {
    charge(state, left)?;
    charge(state, right)?;
    let (left, right) = (comparable(left)?, comparable(right)?);
    state.consume_fuel(1 + (left.len().unwrap_or(0).min(right.len().unwrap_or(0)) / 64) as u64)?;
    match operator {
        "==" => Ok(equal(&left, &right)),
        "!=" => Ok(!equal(&left, &right)),
        "in" => contains(state, &right, &left),
        "not in" => contains(state, &right, &left).map(|found| !found),
        _ => {
            let order = order(&left, &right)?;
            Ok(match operator {
                "<" => order == Ordering::Less,
                "<=" => order != Ordering::Greater,
                ">" => order == Ordering::Greater,
                _ => order != Ordering::Less,
            })
        }
    }
}

fn comparable(value: &Value) -> Result<Value, Error> {
    if let Some(Secret(inner)) = value.downcast_object_ref() {
        return comparable(inner);
    }
    if let Some(Name(parts)) = value.downcast_object_ref() {
        return Ok(Value::from(parts.join(".")));
    }
    if let Some(Pattern(text)) = value.downcast_object_ref() {
        return Ok(Value::from(text.as_str()));
    }
    visible(value)
}

/// The number's decimal text, if it is one that decimals compare with.
fn number_text(value: &Value) -> Option<String> {
    if let Some(Decimal(text)) = value.downcast_object_ref() {
        return Some(text.clone());
    }
    let text = match value.kind() {
        ValueKind::Number if value.is_integer() => value.to_string(),
        ValueKind::Number => format!("{}", f64::try_from(value.clone()).ok()?),
        ValueKind::String => value.as_str()?.to_string(),
        _ => return None,
    };
    decimal::is_canonical(&text).then_some(text)
}

fn decimal_order(left: &Value, right: &Value) -> Option<Ordering> {
    let is_decimal = |value: &Value| value.downcast_object_ref::<Decimal>().is_some();
    if !is_decimal(left) && !is_decimal(right) {
        return None;
    }
    Some(decimal::compare(&number_text(left)?, &number_text(right)?))
}

fn instant_order(left: &Value, right: &Value) -> Option<Ordering> {
    let instant = |value: &Value| {
        let text = value.as_str()?;
        if text.len() < 20 { None } else { Moment::parse(text)?.instant() }
    };
    Some(instant(left)?.cmp(&instant(right)?))
}

fn equal(left: &Value, right: &Value) -> bool {
    if let Some(order) = decimal_order(left, right).or_else(|| instant_order(left, right)) {
        return order == Ordering::Equal;
    }
    left == right
}

/// An order exists between numbers, between texts and between lists: anything else would be decided silently, and wrongly.
fn order(left: &Value, right: &Value) -> Result<Ordering, Error> {
    if let Some(order) = decimal_order(left, right).or_else(|| instant_order(left, right)) {
        return Ok(order);
    }
    let class = |value: &Value| match value.kind() {
        ValueKind::Bool | ValueKind::Number => Some(1),
        ValueKind::String => Some(2),
        ValueKind::Seq | ValueKind::Iterable => Some(3),
        _ => None,
    };
    match (class(left), class(right)) {
        (Some(one), Some(other)) if one == other => {
            left.partial_cmp(right).ok_or_else(|| fail("these values have no order"))
        }
        _ => Err(fail(format!("a {} and a {} have no order", kind_name(left), kind_name(right)))),
    }
}

fn kind_name(value: &Value) -> &'static str {
    match value.kind() {
        ValueKind::None => "null",
        ValueKind::Bool => "boolean",
        ValueKind::Number => "number",
        ValueKind::String => "text",
        ValueKind::Seq | ValueKind::Iterable => "list",
        ValueKind::Map => "mapping",
        _ if value.downcast_object_ref::<Decimal>().is_some() => "decimal",
        _ => "object",
    }
}

fn contains(state: &State, container: &Value, item: &Value) -> Result<bool, Error> {
    match container.kind() {
        ValueKind::String => {
            let text = container.as_str().unwrap_or_default();
            Ok(item.as_str().map_or_else(|| text.contains(&item.to_string()), |part| text.contains(part)))
        }
        ValueKind::Map => Ok(container.get_item(item).is_ok_and(|found| !found.is_undefined())),
        ValueKind::Seq | ValueKind::Iterable => {
            for candidate in container.try_iter()? {
                state.consume_fuel(1)?;
                if equal(&comparable(&candidate)?, item) {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        _ => Err(fail(format!("a {} contains nothing", kind_name(container)))),
    }
}

// ── a ~ b ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/// Text of the author alone stays his; with any data among it, all of it is one piece of data.
fn concat(state: &State, args: Rest<Value>) -> Result<Value, Error> {
    let (mut text, mut author, mut secret, mut pattern) = (String::new(), true, false, false);
    for arg in args.iter() {
        let part = match arg.downcast_object_ref() {
            Some(Secret(inner)) => {
                secret = true;
                inner
            }
            None => arg,
        };
        pattern |= part.downcast_object_ref::<Pattern>().is_some();
        let part = visible(part)?;
        match part.kind() {
            ValueKind::Seq | ValueKind::Iterable | ValueKind::Map => {
                return Err(fail("`~` joins texts and numbers; a list wants `| join(', ')`"));
            }
            ValueKind::None => return Err(fail("`~` has no text for null: give it a default")),
            _ => {}
        }
        author &= part.is_safe();
        match part.as_str() {
            Some(part) => {
                afford(state, text.len() + part.len())?;
                text.push_str(part);
            }
            None => text.push_str(&part.to_string()),
        }
    }
    let value = match (author, pattern) {
        (_, true) => Value::from_object(Pattern(text)),
        (true, _) => return Ok(Value::from_safe_string(text)),
        _ => Value::from(text),
    };
    Ok(if secret { Value::from_object(Secret(value)) } else { value })
}

// ── dates ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

fn moment(value: &Value, function: &str) -> Result<Moment, Error> {
    if value.is_undefined() {
        return Err(Error::from(ErrorKind::UndefinedError));
    }
    let value = visible(value)?;
    value.as_str().and_then(Moment::parse).ok_or_else(|| {
        fail(format!(
            "{function} wants a date or a timestamp (2025-01-31, 2025-01-31 10:20:30), not this {}",
            kind_name(&value)
        ))
    })
}

/// `date_add(d, n, unit='day')`: `n` units later, earlier if negative; a date or timestamp again.
fn date_add(
    state: &mut State,
    value: &Value,
    count: i64,
    unit: Option<String>,
    kwargs: minijinja::value::Kwargs,
) -> Result<Value, Error> {
    let unit = match unit {
        Some(unit) => unit,
        None => kwargs.get::<Option<String>>("unit")?.unwrap_or_else(|| "day".into()),
    };
    kwargs.assert_all_used()?;
    let sum = moment(value, "date_add")?.add(count, &unit).map_err(fail)?;
    let kind: Kind = sum.kind;
    Ok(Held::of(state).typed.value(kind, &sum.text()))
}

/// `{{ ds | strftime('%Y%m') }}`: data.
fn strftime(value: &Value, format: &str) -> Result<Value, Error> {
    moment(value, "strftime")?.format(format).map(Value::from).map_err(fail)
}
