//! What filters pay for, so that a small template cannot make a large text, and what a namespace may keep.

use std::collections::BTreeMap;

use minijinja::value::{Value, ValueKind};
use minijinja::{Error, ErrorKind, State};

use super::law::fail;

const BYTES_PER_FUEL: u64 = 64;

/// Fails if `bytes` more could not be paid for: what is not yet made is not yet charged.
pub(in super::super) fn afford(state: &State, bytes: usize) -> Result<(), Error> {
    match state.fuel_levels() {
        Some((_, remaining)) if bytes as u64 / BYTES_PER_FUEL >= remaining => Err(Error::from(ErrorKind::OutOfFuel)),
        _ => Ok(()),
    }
}

/// Lists inside each other beyond this have no use in SQL.
const MAX_NESTING: u32 = 8;

/// Pays for every item of a list, those of the lists inside it too. minijinja repeats and joins lists lazily, so that a
/// small template can hold a list that no loop would come to the end of.
pub(in super::super) fn charge(state: &State, value: &Value) -> Result<(), Error> {
    fn items(state: &State, value: &Value, depth: u32) -> Result<(), Error> {
        if !matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable) {
            return Ok(());
        }
        if depth > MAX_NESTING {
            return Err(fail("lists are nested too deep"));
        }
        afford(state, value.len().unwrap_or(0).saturating_mul(BYTES_PER_FUEL as usize))?;
        for item in value.try_iter()? {
            state.consume_fuel(1)?;
            items(state, &item, depth + 1)?;
        }
        Ok(())
    }
    items(state, value, 0)
}

/// What a namespace keeps over the turns of a loop: lists as plain lists, and nothing that grows deeper with every turn,
/// as the machine's stack would not survive the end of it.
pub(super) fn held(state: &State, value: Value) -> Result<Value, Error> {
    fn keep(state: &State, value: Value, depth: u32) -> Result<Value, Error> {
        let kind = value.kind();
        if !matches!(kind, ValueKind::Seq | ValueKind::Iterable | ValueKind::Map) {
            return Ok(value);
        }
        if depth > MAX_NESTING {
            return Err(fail("lists and mappings are nested too deep"));
        }
        if value.as_object().is_some_and(|object| object.type_name().ends_with("Namespace")) {
            return Err(fail("a namespace cannot be kept in another one"));
        }
        let (mut items, mut entries) = (Vec::new(), BTreeMap::new());
        for item in value.try_iter()? {
            state.consume_fuel(1)?;
            if kind == ValueKind::Map {
                let inner = keep(state, value.get_item(&item)?, depth + 1)?;
                entries.insert(item, inner);
            } else {
                items.push(keep(state, item, depth + 1)?);
            }
        }
        Ok(if kind == ValueKind::Map { Value::from(entries) } else { Value::from(items) })
    }
    keep(state, value, 0)
}
