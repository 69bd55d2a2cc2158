//! BigQuery (GoogleSQL): backslash escapes, triple quotes, raw and bytes prefixes, `"…"` is text, names in backticks, `#` comments.

use super::literal::{self, Writers};
use super::{NameForm, Refusal, Syntax, TextForm};

pub(super) static SYNTAX: Syntax = Syntax {
    hash_comments: true,
    nested_comments: false,
    double_quoted_text: true,
    triple_quotes: true,
    dollar_quotes: false,
    continued_text: false,
    unicode_prefix: false,
    like_escapes: true,
    text: TextForm::Backslash,
    prefixes: &[("r", TextForm::Raw), ("rb", TextForm::Raw), ("br", TextForm::Raw), ("b", TextForm::Backslash)],
    name: NameForm::Restricted,
    backtick_name: NameForm::Restricted,
    backtick_escapes: true,
    literals: &Writers {
        integer,
        float: |out, value| out.push_str(&literal::float_text(value)),
        decimal,
        name_part,
        zoned,
    },
};

fn integer(out: &mut String, digits: &str) -> Result<(), Refusal> {
    if digits.parse::<i64>().is_err() {
        return decimal(out, digits);
    }
    out.push_str(digits);
    Ok(())
}

fn decimal(out: &mut String, text: &str) -> Result<(), Refusal> {
    let keyword = match literal::decimal_digits(text) {
        (0..=29, 0..=9) => "NUMERIC",
        (0..=38, 0..=38) => "BIGNUMERIC",
        _ => return Err(Refusal::value("BigQuery's decimals have at most 38 digits before and after the point")),
    };
    literal::typed(out, keyword, text);
    Ok(())
}

/// A part must not need an escape: readers of BigQuery SQL disagree about backslashes in backticks.
fn name_part(out: &mut String, part: &str) -> Result<(), Refusal> {
    if part.chars().any(|c| c.is_control() || matches!(c, '`' | '\\')) {
        return Err(Refusal::value("a backtick, a backslash or a control character has no place in a BigQuery name"));
    }
    out.push('`');
    out.push_str(part);
    out.push('`');
    Ok(())
}

fn zoned(out: &mut String, text: &str, typed: bool) -> Result<(), Refusal> {
    if !typed {
        out.push_str("TIMESTAMP ");
    }
    out.push('\'');
    out.push_str(text);
    out.push('\'');
    Ok(())
}
