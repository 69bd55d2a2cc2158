//! DuckDB 2: PostgreSQL's lexer, with nested comments, dollar quotes, `E'…'`, and backticks beside `"…"`.

use std::fmt::Write;

use super::literal::{self, Writers};
use super::{NameForm, Refusal, Syntax, TextForm};

pub(super) static SYNTAX: Syntax = Syntax {
    hash_comments: false,
    nested_comments: true,
    double_quoted_text: false,
    triple_quotes: false,
    dollar_quotes: true,
    continued_text: true,
    unicode_prefix: false,
    like_escapes: false,
    text: TextForm::Doubled,
    prefixes: &[("e", TextForm::BackslashDoubled)],
    name: NameForm::Doubled,
    backtick_name: NameForm::Doubled,
    backtick_escapes: false,
    literals: &Writers {
        integer: |out, digits| {
            out.push_str(digits);
            Ok(())
        },
        // `0.25` would be a DECIMAL here; an exponent makes it a DOUBLE.
        float: literal::scientific,
        decimal,
        name_part: literal::double_quoted,
        zoned,
    },
};

/// `12.50` is a DECIMAL(4,2) already; a whole number would be an INTEGER, and beyond 37 digits a DOUBLE.
fn decimal(out: &mut String, text: &str) -> Result<(), Refusal> {
    let (whole, scale) = literal::decimal_digits(text);
    if whole + scale > 38 {
        return Err(Refusal::value("DuckDB's decimals have at most 38 digits"));
    }
    if scale > 0 && whole + scale < 38 {
        out.push_str(text);
    } else {
        let precision = (whole + scale).max(1);
        out.push_str("CAST('");
        out.push_str(text);
        let _ = write!(out, "' AS DECIMAL({precision},{scale}))");
    }
    Ok(())
}

fn zoned(out: &mut String, text: &str, typed: bool) -> Result<(), Refusal> {
    if typed {
        return Err(Refusal::place(
            "a timestamp with a zone brings its own type here: DuckDB's TIMESTAMP '…' would drop the zone",
        ));
    }
    literal::typed(out, "TIMESTAMPTZ", text);
    Ok(())
}
