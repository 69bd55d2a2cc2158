//! What the template tests share: one set of values, one library.
#![allow(dead_code, reason = "each test crate uses its part")]

use std::collections::BTreeMap;
use std::sync::Arc;

use dli_fast::sql::Dialect;
use dli_fast::template::{self, ErrorKind, Kind, Rendered, Scope, TemplateError, Templates, Typed};
use minijinja::value::Value;

pub const FUEL: u64 = 1_000_000;

pub fn texts(items: &[&str]) -> Value {
    Value::from(items.iter().map(|item| Value::from(*item)).collect::<Vec<_>>())
}

/// The values of all cases.
pub fn scope() -> Scope {
    let mut scope = Scope::default();
    let mut typed = Typed::default();
    for (name, text) in [
        ("x", r"O'Re\il"),
        ("ds", "20250101"),
        ("t", "my tab"),
        ("a", "p"),
        ("b", "q'"),
        ("nl", "a\nb -- */ x"),
        ("empty", ""),
        ("q", "a\"b"),
        ("bt", "a`b"),
        ("dollar", "a$$b"),
        ("pct", "50%_"),
    ] {
        scope.insert(name, Value::from(text));
    }
    for (name, number) in [("n", 5), ("neg", -3), ("least", i64::MIN)] {
        scope.insert(name, Value::from(number));
    }
    scope.insert("f", Value::from(0.25));
    scope.insert("nan", Value::from(f64::NAN));
    scope.insert("yes", Value::from(true));
    scope.insert("none", Value::from(()));
    scope.insert("l", texts(&["a", "b'c"]));
    scope.insert("il", Value::from(vec![1, 2]));
    scope.insert("e", texts(&[]));
    for (name, kind, text) in [
        ("d", Kind::Date, "2025-01-05"),
        ("ts", Kind::Timestamp, "2025-01-05 10:20:30"),
        ("zts", Kind::ZonedTimestamp, "2025-01-05 10:20:30+09:00"),
        ("zts_utc", Kind::ZonedTimestamp, "2025-01-05 01:20:30+00:00"),
    ] {
        let value = typed.value(kind, text);
        scope.insert(name, value);
    }
    let dates = ["2025-01-01", "2025-01-02"].map(|text| typed.value(Kind::Date, text));
    scope.insert("ds_list", Value::from(dates.to_vec()));
    for (name, text) in [("dec", "12.50"), ("whole", "12"), ("negdec", "-0.5"), ("tiny", "0.12345678901234567890")] {
        scope.insert(name, template::exact(text).expect("a decimal"));
    }
    scope.insert("name", template::name(vec!["a".into(), "b".into()]).expect("a name"));
    scope.insert("secret", template::secret(Value::from("hush';")));
    scope.typed = Arc::new(typed);
    scope
}

/// A set with the template under test as `t.sql`, an include, a library and a macro namespace.
pub fn set(dialect: Dialect, template: &str) -> Templates {
    let templates = [
        ("t.sql", template),
        ("inc.sql", "c = {{ x }} AND d = '{{ x }}'"),
        ("lib.sql", "{% macro eq(col, v) %}{{ col | identifier }} = {{ v }}{% endmacro %}"),
        (
            "macros/dates.sql",
            "{% macro month_start(d) %}date_trunc('month', {{ d }}){% endmacro %}\n{% macro previous(d) %}{{ dates.month_start(d) }} - {{ math.one() }}{% endmacro %}",
        ),
        ("macros/math.sql", "{% macro one() -%}\n  1\n{%- endmacro %}"),
    ];
    let namespaces = BTreeMap::from([
        ("dates".to_string(), "macros/dates.sql".to_string()),
        ("math".into(), "macros/math.sql".into()),
    ]);
    Templates::new(dialect, templates.map(|(name, text)| (name.to_string(), text.to_string())), namespaces, FUEL)
}

pub fn render(dialect: Dialect, template: &str) -> Result<Rendered, TemplateError> {
    set(dialect, template).render("t.sql", scope())
}

pub fn sql(dialect: Dialect, template: &str) -> String {
    match render(dialect, template) {
        Ok(rendered) => rendered.sql,
        Err(error) => panic!("{template}\n  {error}"),
    }
}

pub fn refused(dialect: Dialect, template: &str, kind: ErrorKind, words: &str) {
    match render(dialect, template) {
        Ok(rendered) => panic!("{template}\n  gave {}", rendered.sql),
        Err(error) => {
            assert!(error.kind == kind && error.message.contains(words), "{template}\n  {:?} {error}", error.kind);
        }
    }
}
