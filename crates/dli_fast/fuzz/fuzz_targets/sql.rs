//! Any author's text around a hostile value: the value never changes the tokens around it.
//!
//! ```text
//! 0xFF before V after ─▶ render with V = "zz" and with the hostile V ─▶ the same tokens, but for the value's own
//! ```
#![no_main]

extern crate rooms as dli_fast;

use std::collections::BTreeMap;

use dli_fast::sql::Dialect;
use dli_fast::template::{Scope, Templates, text};
use libfuzzer_sys::fuzz_target;
use sqlparser::dialect::{self, BigQueryDialect};
use sqlparser::tokenizer::{Token, Tokenizer, Whitespace};

/// sqlparser's own DuckDB does not nest comments.
#[derive(Debug)]
struct DuckDb;

impl dialect::Dialect for DuckDb {
    fn is_identifier_start(&self, ch: char) -> bool {
        ch.is_alphabetic() || ch == '_'
    }
    fn is_identifier_part(&self, ch: char) -> bool {
        ch.is_alphanumeric() || ch == '$' || ch == '_'
    }
    fn supports_nested_comments(&self) -> bool {
        true
    }
    fn supports_numeric_literal_underscores(&self) -> bool {
        true
    }
}

/// Its generic dialect nests comments, and has raw strings.
#[derive(Debug)]
struct Trino;

impl dialect::Dialect for Trino {
    fn is_identifier_start(&self, ch: char) -> bool {
        ch.is_alphabetic() || ch == '_'
    }
    fn is_identifier_part(&self, ch: char) -> bool {
        ch.is_alphanumeric() || ch == '_'
    }
}

/// Kinds of tokens; None where the tokenizer does not read the text at all.
fn shape(dialect: Dialect, sql: &str) -> Option<Vec<String>> {
    let tokens = match dialect {
        Dialect::DuckDb => Tokenizer::new(&DuckDb, sql).tokenize(),
        Dialect::Trino => Tokenizer::new(&Trino, sql).tokenize(),
        Dialect::BigQuery => Tokenizer::new(&BigQueryDialect {}, sql).tokenize(),
    };
    let shapes = tokens.ok()?.into_iter().filter_map(|token| match token {
        Token::Whitespace(Whitespace::SingleLineComment { .. } | Whitespace::MultiLineComment(_)) => Some("--".into()),
        Token::Whitespace(_) => None,
        Token::Word(word) if word.quote_style.is_some() => Some("name".into()),
        // What a value may be glued to is a word's `_`.
        Token::Word(word) => Some(word.value.split_inclusive('_').next().unwrap_or_default().to_string()),
        token => Some(format!("{:?}", std::mem::discriminant(&token))),
    });
    Some(shapes.collect())
}

/// Where sqlparser reads SQL otherwise than the engines: `E'…'`, `U&'…'`, BigQuery's backslashes in backticks and in
/// `b'…'`, `#`, `@`, and `//*` and `|/*`, which are a comment behind a character and not an operator before a star.
fn is_misread(source: &str) -> bool {
    source.contains([
        '\\', '@', '#', '&', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}', '\u{feff}', '\0', '{', '}', '%',
    ]) || ["//*", "|/*"].iter().any(|both| source.contains(both))
        || ["e'", "b'", "b\""].iter().any(|prefix| source.to_ascii_lowercase().contains(prefix))
        || !source.is_ascii()
}

fn has_numbered_dollar(template: &str) -> bool {
    template.as_bytes().windows(2).any(|pair| pair[0] == b'$' && pair[1].is_ascii_digit())
}

/// Does a string begin directly behind another one? BigQuery refuses that, and sqlparser reads one string with a quote in it.
fn has_adjacent_strings(sql: &str) -> bool {
    let bytes = sql.as_bytes();
    let mut at = 0;
    while let Some(&quote) = bytes.get(at) {
        if quote != b'\'' && quote != b'"' {
            at += 1;
            continue;
        }
        let width = if bytes[at..].starts_with(&[quote; 3]) { 3 } else { 1 };
        let inside = at + width;
        let end = bytes[inside..].windows(width).position(|part| part.iter().all(|&byte| byte == quote));
        let Some(end) = end else { return false };
        at = inside + end + width;
        if bytes.get(at) == Some(&quote) {
            return true;
        }
    }
    false
}

fuzz_target!(|data: (&str, &str, &str)| {
    let (before, value, after) = data;
    if is_misread(before) || is_misread(after) || text(value).is_err() {
        return;
    }
    let template = format!("{before}{{{{ v }}}}{after}");
    for dialect in [Dialect::DuckDb, Dialect::Trino, Dialect::BigQuery] {
        if dialect != Dialect::DuckDb && template.contains('$') {
            continue; // sqlparser has dollar quotes everywhere, the engines have not
        }
        if dialect == Dialect::DuckDb && has_numbered_dollar(&template) {
            continue; // `$0$` is the parameter 0 and a dollar, and to sqlparser a tag
        }
        let templates = Templates::new(dialect, [("t".to_string(), template.clone())], BTreeMap::new(), 100_000);
        let render = |value: &str| {
            let mut scope = Scope::default();
            scope.insert("v", value.into());
            templates.render("t", scope).map(|rendered| rendered.sql)
        };
        let (Ok(plain), Ok(hostile)) = (render("zz"), render(value)) else { continue };
        if dialect == Dialect::BigQuery && has_adjacent_strings(&plain) {
            continue;
        }
        let (Some(plain_shape), Some(hostile_shape)) = (shape(dialect, &plain), shape(dialect, &hostile)) else {
            continue;
        };
        assert_eq!(plain_shape, hostile_shape, "{dialect:?}\n{plain:?}\n{hostile:?}");
    }
});
