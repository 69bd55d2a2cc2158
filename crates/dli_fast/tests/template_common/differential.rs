//! One template, read by this engine and by plain minijinja: with the marks stripped, both wrote the same.

use std::collections::BTreeMap;

use dli_fast::sql::Dialect;
use dli_fast::template::{ErrorKind, Scope, Templates};
use minijinja::value::Value;

/// Filters and tests that SQL templates do not have, or that mean something else in them.
const OWN: [&str; 9] = ["safe", "escape", "e", "tojson", "urlencode", "pprint", "format", "escaped", "debug"];

/// What came of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Both wrote the same text.
    Same,
    /// Both refused.
    BothRefused,
    /// This engine refused what would not be safe, or is not decided silently.
    OwnRule,
    /// The source is none that this engine takes, by its own rules.
    Excluded,
}

fn values() -> Vec<(&'static str, Value)> {
    vec![
        ("a", Value::from("a b")),
        ("q", Value::from("it's {{ \"x\" }}")),
        ("n", Value::from(7)),
        ("f", Value::from(1.5)),
        ("yes", Value::from(true)),
        ("no", Value::from(false)),
        ("none", Value::from(())),
        ("l", Value::from(vec!["x", "y z", ""])),
        ("il", Value::from(vec![1, 2, 3])),
        ("e", Value::from(Vec::<i32>::new())),
        ("m", Value::from(BTreeMap::from([("k", Value::from("v")), ("n", Value::from(1))]))),
    ]
}

/// Text in which this engine has rules of its own.
fn is_excluded(source: &str) -> bool {
    let lone_return = source.replace("\r\n", "").contains('\r');
    let private = source.chars().any(|c| (c as u32) >= 0xF_0000) || source.contains("\\u");
    lone_return || private || source.contains("__") || source.contains("autoescape")
}

/// What is left of text and of items of lists alike: those are printed quoted and escaped, as in `'\n'` and `'\x00'`.
fn without_lists(text: &str) -> String {
    let (mut rest, mut left) = (text, String::new());
    while let Some(c) = rest.chars().next() {
        let escaped = hex_escape(rest);
        if escaped == 0 && !c.is_control() && !matches!(c, '[' | ']' | '\'' | '"' | '\\' | 'n' | 't' | 'r') {
            left.push(c);
        }
        rest = &rest[escaped.max(c.len_utf8())..];
    }
    left
}

/// The length of the `\x00` or `\u0000` that `text` begins with; 0 if it does not.
fn hex_escape(text: &str) -> usize {
    let length = match text.as_bytes() {
        [b'\\', b'x', ..] => 4,
        [b'\\', b'u', ..] => 6,
        _ => return 0,
    };
    let hex = text.get(2..length).is_some_and(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
    if hex { length } else { 0 }
}

fn without_blanks(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// Compares, or says what differs.
pub fn compare(source: &str) -> Result<Outcome, String> {
    if is_excluded(source) {
        return Ok(Outcome::Excluded);
    }
    let mut scope = Scope::default();
    let mut plain_scope = BTreeMap::new();
    for (name, value) in values() {
        scope.insert(name, value.clone());
        plain_scope.insert(name, value);
    }
    let others = [("other.sql", "[{{ a }}]\n"), ("lib.sql", "{% macro one(x) -%} <{{ x }}> {%- endmacro %}")];
    let sources = others.into_iter().chain([("t.sql", source)]);
    let sources: Vec<_> = sources.map(|(name, text)| (name.to_string(), text.to_string())).collect();

    let mut plain = minijinja::Environment::new();
    plain.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
    plain.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    plain.set_recursion_limit(250);
    plain.set_fuel(Some(100_000));
    for (name, text) in &sources {
        if name != "t.sql" {
            plain.add_template(name, text).map_err(|error| error.to_string())?;
        }
    }
    let plain = plain.add_template("t.sql", source).and_then(|()| plain.get_template("t.sql")?.render(plain_scope));

    let templates = Templates::new(Dialect::DuckDb, sources.clone(), BTreeMap::new(), 100_000);
    let own = templates.plain("t.sql", scope);
    match (plain, own) {
        (Ok(plain), Ok(own)) if plain == own => Ok(Outcome::Same),
        // A list that holds the author's text is written as SQL, item by item.
        (Ok(plain), Ok(own)) if plain.contains('[') && without_lists(&plain) == without_lists(&own) => {
            Ok(Outcome::OwnRule)
        }
        // Text taken apart, functions and loops as values: the encoder refuses them.
        (Ok(plain), Ok(_)) if plain.contains("<loop") => Ok(Outcome::OwnRule),
        (Ok(_), Ok(own)) if own.chars().any(|c| (c as u32) >= 0xF_0000) => Ok(Outcome::OwnRule),
        // To `trim` and `indent`, a value has no blanks and no lines: it is not looked into.
        (Ok(plain), Ok(own))
            if ["trim", "indent"].iter().any(|name| source.contains(name))
                && without_blanks(&plain) == without_blanks(&own) =>
        {
            Ok(Outcome::OwnRule)
        }
        (Ok(plain), Ok(own)) => Err(format!("{source:?}\n  minijinja {plain:?}\n  DLI       {own:?}")),
        (Err(_), Err(_)) => Ok(Outcome::BothRefused),
        (Ok(plain), Err(error)) => match error.kind {
            ErrorKind::Value | ErrorKind::Place | ErrorKind::Fuel => Ok(Outcome::OwnRule),
            // minijinja's tests take what is undefined for false; here it is an error, as everywhere.
            ErrorKind::Undefined if source.contains("is ") || plain.contains("undefined") => Ok(Outcome::OwnRule),
            // minijinja stops at the first pair of `a < b < c` that fails, and does not see what is undefined or unknown
            // behind it.
            ErrorKind::Undefined if comparisons(source) > 1 => Ok(Outcome::OwnRule),
            _ if error.message.contains("unknown") || error.message.contains("there is no filter") => {
                Ok(Outcome::OwnRule)
            }
            _ if OWN.iter().any(|name| source.contains(name)) => Ok(Outcome::OwnRule),
            _ => Err(format!("{source:?}\n  only DLI refuses: {error}")),
        },
        (Err(error), Ok(own)) => Err(format!("{source:?}\n  only minijinja refuses: {error:#}\n  DLI {own:?}")),
    }
}

/// How many comparison operators there are, at least.
fn comparisons(source: &str) -> usize {
    let single = source.matches(['<', '>']).count();
    single + ["==", "!=", "in "].iter().map(|operator| source.matches(operator).count()).sum::<usize>()
}
