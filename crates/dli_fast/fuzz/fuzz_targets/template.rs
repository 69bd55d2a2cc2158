//! Any text as a template: read as minijinja reads it, and never a panic on any dialect.
#![no_main]

extern crate rooms as dli_fast;

use std::collections::BTreeMap;

use dli_fast::sql::Dialect;
use dli_fast::template::{Scope, Templates};
use libfuzzer_sys::fuzz_target;

#[path = "../../tests/template_common/differential.rs"]
mod differential;

fuzz_target!(|source: &str| {
    if let Err(difference) = differential::compare(source) {
        panic!("{difference}");
    }
    for dialect in [Dialect::DuckDb, Dialect::Trino, Dialect::BigQuery] {
        let templates = Templates::new(dialect, [("t.sql".to_string(), source.to_string())], BTreeMap::new(), 20_000);
        let mut scope = Scope::default();
        for name in ["a", "q", "x"] {
            scope.insert(name, "it's \"x\" -- */ \\ $$".into());
        }
        scope.insert("n", 7.into());
        scope.insert("l", vec!["a", "b'"].into());
        if let Ok(rendered) = templates.render("t.sql", scope) {
            assert!(rendered.sql.chars().all(|c| (c as u32) < 0xF_0000), "a mark is left");
            for (line, text) in rendered.sql.split('\n').enumerate().take(50) {
                // Blanks before the first text of a template have no place.
                assert!(
                    text.trim().is_empty() || rendered.locate(line + 1, Some(1)).is_some(),
                    "{line} of {:?}",
                    rendered.sql
                );
            }
        }
        let _ = templates.undeclared("t.sql");
        let _ = templates.raw_uses("t.sql");
        let _ = templates.calls("t.sql", "ref");
    }
});
