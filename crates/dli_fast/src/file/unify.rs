//! One dictionary a column for the whole file: the IPC file format allows a dictionary to grow, not to be replaced.
//!
//! ```text
//! batch 1: [a b] ─▶ [a b]     batch 2: [z a] ─▶ keys 0 1 become 2 0, [a b z]     batch 3: [a b] ─▶ as it is
//! ```

use super::check::children;
use crate::text::string::{binary_bytes, text_bytes};
use arrow_array::cast::AsArray;
use arrow_array::types::ArrowDictionaryKeyType;
use arrow_array::{Array, ArrayRef, DictionaryArray, UInt64Array, downcast_dictionary_array, make_array};
use arrow_buffer::ArrowNativeType;
use arrow_data::ArrayData;
use arrow_schema::{ArrowError, DataType};
use std::collections::HashMap;
use std::sync::Arc;

/// The dictionaries of a file, in the order in which its columns name them.
#[derive(Default)]
pub(super) struct Unifier {
    known: Vec<Known>,
}

struct Known {
    /// What the column's dictionary is so far.
    values: ArrayRef,
    /// Where each of its values stands; filled when a second dictionary comes.
    places: HashMap<Identity, usize>,
    /// The last dictionary that came, and where its values stand.
    last: ArrayRef,
    map: Option<Arc<Vec<usize>>>,
}

impl Unifier {
    /// `columns` with the file's own dictionaries. An error names the column.
    pub fn unify(&mut self, columns: &mut [ArrayRef]) -> Result<(), (usize, ArrowError)> {
        let mut at = 0;
        for (index, column) in columns.iter_mut().enumerate() {
            *column = self.array(column, &mut at).map_err(|error| (index, error))?;
        }
        Ok(())
    }

    fn array(&mut self, array: &ArrayRef, at: &mut usize) -> Result<ArrayRef, ArrowError> {
        match array.data_type() {
            DataType::Dictionary(_, _) => {
                let values = array.as_any_dictionary().values();
                if self.known.len() == *at {
                    self.known.push(Known::new(values.clone()));
                }
                let known = &mut self.known[*at];
                *at += 1;
                known.take_in(values)?;
                downcast_dictionary_array!(
                    array => known.rekey(array),
                    kind => Err(ArrowError::InvalidArgumentError(format!("{kind} is no dictionary"))),
                )
            }
            kind if holds_dictionary(kind) => {
                let data = array.to_data();
                let mut inner = Vec::with_capacity(data.child_data().len());
                for child in data.child_data() {
                    inner.push(self.array(&make_array(child.clone()), at)?.to_data());
                }
                data.into_builder().child_data(inner).build().map(make_array)
            }
            _ => Ok(array.clone()),
        }
    }
}

fn holds_dictionary(kind: &DataType) -> bool {
    matches!(kind, DataType::Dictionary(_, _))
        || children(kind).into_iter().any(|field| holds_dictionary(field.data_type()))
}

impl Known {
    fn new(values: ArrayRef) -> Self {
        Self { last: values.clone(), values, places: HashMap::new(), map: None }
    }

    /// Find the place of every one of `values`; those without one are appended.
    fn take_in(&mut self, values: &ArrayRef) -> Result<(), ArrowError> {
        if ArrayData::ptr_eq(&self.last.to_data(), &values.to_data()) {
            return Ok(());
        }
        self.last = values.clone();
        if self.values.to_data() == values.to_data() {
            self.map = None;
            return Ok(());
        }
        if self.places.is_empty() {
            for index in 0..self.values.len() {
                if let Some(key) = identity(&self.values, index) {
                    self.places.entry(key).or_insert(index);
                }
            }
        }
        let (mut map, mut fresh, mut end) = (Vec::with_capacity(values.len()), Vec::new(), self.values.len());
        for index in 0..values.len() {
            let key = identity(values, index);
            let place = key.as_ref().and_then(|key| self.places.get(key)).copied();
            map.push(place.unwrap_or(end));
            if place.is_none() {
                if let Some(key) = key {
                    self.places.insert(key, end);
                }
                fresh.push(index as u64);
                end += 1;
            }
        }
        if !fresh.is_empty() {
            let fresh = arrow_select::take::take(values, &UInt64Array::from(fresh), None)?;
            self.values = arrow_select::concat::concat(&[&self.values, &fresh])?;
        }
        self.map = Some(Arc::new(map));
        Ok(())
    }

    fn rekey<K: ArrowDictionaryKeyType>(&self, array: &DictionaryArray<K>) -> Result<ArrayRef, ArrowError> {
        let Some(map) = &self.map else {
            return Ok(Arc::new(DictionaryArray::<K>::try_new(array.keys().clone(), self.values.clone())?));
        };
        let full = || ArrowError::DictionaryKeyOverflowError;
        let keys = array.keys().try_unary(|key| K::Native::from_usize(map[key.as_usize()]).ok_or_else(full))?;
        Ok(Arc::new(DictionaryArray::<K>::try_new(keys, self.values.clone())?))
    }
}

#[derive(PartialEq, Eq, Hash)]
enum Identity {
    Null,
    Bytes(Box<[u8]>),
}

/// What makes a value the same as another; `None` for types that are not compared: each is a value of its own.
fn identity(values: &ArrayRef, index: usize) -> Option<Identity> {
    if values.is_null(index) {
        return Some(Identity::Null);
    }
    let bytes = match values.data_type() {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => text_bytes(values.as_ref(), index).into(),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
            binary_bytes(values.as_ref(), index).into()
        }
        kind => {
            let width = kind.primitive_width()?;
            let data = values.to_data();
            let start = (data.offset() + index) * width;
            data.buffers()[0][start..start + width].into()
        }
    };
    Some(Identity::Bytes(bytes))
}
