//! The values of one render, as minijinja's context.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectRepr, Value};

use super::value::Typed;

/// Names and values, and the strings among them that are dates and timestamps.
#[derive(Debug, Default)]
pub struct Scope {
    names: BTreeMap<Cow<'static, str>, Value>,
    /// The typed strings of the values.
    pub typed: Arc<Typed>,
}

impl Scope {
    /// Adds or replaces a value.
    pub fn insert(&mut self, name: impl Into<Cow<'static, str>>, value: Value) {
        self.names.insert(name.into(), value);
    }

    /// The value called `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.names.get(name)
    }
}

impl Object for Scope {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        self.names.get(key).cloned()
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.names.keys().map(|name| Value::from(name.as_ref())).collect())
    }
}
