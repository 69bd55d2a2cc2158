//! Any bytes as YAML: a tree whose places lie inside of the text, or an error with a place; never a panic.
#![no_main]

extern crate rooms as dli_fast;

use dli_fast::yaml::{Limits, Places, Step, Value, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let lines = data.split(|byte| *byte == b'\n' || *byte == b'\r').count() as u32 + 1;
    match read(data, Limits::default()) {
        Err(error) => {
            assert!((1..=lines).contains(&error.place.line), "{error:?}");
            assert!(!error.message.is_empty() && error.message.len() < 1_000, "{error:?}");
        }
        Ok(tree) => {
            let count = tree.nodes().len();
            for node in tree.nodes() {
                assert!((1..=lines).contains(&node.place.line) && node.place.column >= 1);
                assert!((1..=lines).contains(&node.key_place.line) && node.key_place.column >= 1);
                assert!(node.next as usize <= count);
                if let Value::Text(range) | Value::Big(range) = node.value {
                    let _ = tree.text(range);
                }
                if let Some(range) = node.key {
                    let _ = tree.text(range);
                }
            }
            let places = Places::new(tree);
            let _ = places.find([Step::Key("name"), Step::Index(1)]);
            let _ = places.nearest([Step::Key("a"), Step::Index(0), Step::Key("b")]);
        }
    }
});
