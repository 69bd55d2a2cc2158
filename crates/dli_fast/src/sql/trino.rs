//! Trino: the SQL standard's lexer, with `U&'…'` and `X'…'`; no backslash escapes, no dollar quotes.

use super::literal::{self, Writers};
use super::{NameForm, Refusal, Syntax, TextForm};

pub(super) static SYNTAX: Syntax = Syntax {
    hash_comments: false,
    nested_comments: false,
    double_quoted_text: false,
    triple_quotes: false,
    dollar_quotes: false,
    continued_text: false,
    unicode_prefix: true,
    like_escapes: false,
    text: TextForm::Doubled,
    prefixes: &[],
    name: NameForm::Doubled,
    // Trino reads a backtick name only to refuse it.
    backtick_name: NameForm::Restricted,
    backtick_escapes: false,
    literals: &Writers { integer, float: literal::scientific, decimal, name_part: literal::double_quoted, zoned },
};

/// A literal is a BIGINT; what does not fit, and the smallest BIGINT, go another way.
fn integer(out: &mut String, digits: &str) -> Result<(), Refusal> {
    match digits.parse::<i64>() {
        Ok(i64::MIN) => literal::typed(out, "BIGINT", digits),
        Ok(_) => out.push_str(digits),
        Err(_) => return decimal(out, digits),
    }
    Ok(())
}

fn decimal(out: &mut String, text: &str) -> Result<(), Refusal> {
    let (whole, scale) = literal::decimal_digits(text);
    if whole + scale > 38 {
        return Err(Refusal::value("Trino's decimals have at most 38 digits"));
    }
    literal::typed(out, "DECIMAL", text);
    Ok(())
}

/// Trino wants a blank before the offset.
fn zoned(out: &mut String, text: &str, typed: bool) -> Result<(), Refusal> {
    let offset = text.rfind(['+', '-']).unwrap_or(text.len());
    if !typed {
        out.push_str("TIMESTAMP ");
    }
    out.push('\'');
    out.push_str(&text[..offset]);
    out.push(' ');
    out.push_str(&text[offset..]);
    out.push('\'');
    Ok(())
}
