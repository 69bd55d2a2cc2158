//! What changes in a schema that passes: texts at some paths are marked as JSON (`arrow.json`), which a driver knows and
//! its capsule does not say, and secrets go from the names, since a column without one is called as its expression.
//!
//! A path is a column's place, then those of the fields inside of it: 0 in a list, 0 and 1 for a map's keys and values.

use arrow_schema::{DataType, Field, FieldRef, Fields, Schema, UnionFields};
use std::sync::Arc;

const NAME: &str = "ARROW:extension:name";
const METADATA: &str = "ARROW:extension:metadata";

const HIDDEN: &str = "***";

/// What to change.
#[derive(Clone, Debug, Default)]
pub struct Marks {
    /// Paths of texts that are JSON. One that leads nowhere, or to what is no text, changes nothing.
    pub json: Vec<Vec<usize>>,
    /// Texts that no name may hold: `***` stands in their place.
    pub hidden: Vec<String>,
}

impl Marks {
    /// Nothing to change?
    pub(super) fn is_empty(&self) -> bool {
        self.json.is_empty() && self.hidden.is_empty()
    }

    /// `schema` with the changes.
    pub(super) fn applied(&self, schema: &Schema) -> Schema {
        let mut fields = self.json.iter().fold(schema.fields.clone(), |fields, path| within(&fields, path));
        if !self.hidden.is_empty() {
            fields = fields.iter().map(|field| self.named(field)).collect();
        }
        Schema::new_with_metadata(fields, schema.metadata.clone())
    }

    fn named(&self, field: &FieldRef) -> FieldRef {
        let name = self.hidden.iter().fold(field.name().clone(), |name, secret| name.replace(secret.as_str(), HIDDEN));
        let kind = inside(field.data_type(), |_, inner| self.named(inner));
        let made = field.as_ref().clone().with_name(name);
        Arc::new(match kind {
            Some(kind) => made.with_data_type(kind),
            None => made,
        })
    }
}

fn within(fields: &Fields, path: &[usize]) -> Fields {
    let Some((&place, rest)) = path.split_first() else { return fields.clone() };
    fields.iter().enumerate().map(|(at, field)| if at == place { marked(field, rest) } else { field.clone() }).collect()
}

fn marked(field: &FieldRef, path: &[usize]) -> FieldRef {
    let made = if path.is_empty() { text(field) } else { nested(field, path) };
    made.map_or_else(|| field.clone(), Arc::new)
}

fn text(field: &Field) -> Option<Field> {
    let is_text = matches!(field.data_type(), DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
    let mut metadata = field.metadata().clone();
    metadata.insert(NAME, "arrow.json");
    metadata.insert(METADATA, "");
    is_text.then(|| field.clone().with_metadata(metadata))
}

fn nested(field: &Field, path: &[usize]) -> Option<Field> {
    let rest = &path[1..];
    let kind = match field.data_type() {
        // The path does not name the struct that holds keys and values, and a list has one field only.
        DataType::Map(entries, sorted) => DataType::Map(marked(entries, path), *sorted),
        DataType::Struct(_) | DataType::Union(..) => {
            inside(field.data_type(), |at, item| if at == path[0] { marked(item, rest) } else { item.clone() })?
        }
        other => inside(other, |_, item| marked(item, rest))?,
    };
    Some(field.clone().with_data_type(kind))
}

/// The same type over other fields, each made of its place and what it was; `None` for a type without fields.
fn inside(kind: &DataType, make: impl Fn(usize, &FieldRef) -> FieldRef) -> Option<DataType> {
    Some(match kind {
        DataType::List(item) => DataType::List(make(0, item)),
        DataType::LargeList(item) => DataType::LargeList(make(0, item)),
        DataType::ListView(item) => DataType::ListView(make(0, item)),
        DataType::LargeListView(item) => DataType::LargeListView(make(0, item)),
        DataType::FixedSizeList(item, size) => DataType::FixedSizeList(make(0, item), *size),
        DataType::Map(entries, sorted) => DataType::Map(make(0, entries), *sorted),
        DataType::Struct(fields) => {
            DataType::Struct(fields.iter().enumerate().map(|(at, field)| make(at, field)).collect())
        }
        DataType::Union(members, mode) => {
            let union: UnionFields =
                members.iter().enumerate().map(|(at, (id, field))| (id, make(at, field))).collect();
            DataType::Union(union, *mode)
        }
        _ => return None,
    })
}
