//! How text stands inside a quoted place.

use super::Refusal;

/// The form of a text literal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextForm {
    /// A quote is written twice; nothing else is special.
    Doubled,
    /// A backslash escapes the next character.
    Backslash,
    /// A backslash escapes, but a quote is written twice: in DuckDB's `E'…'` several readers of the text look for its
    /// end, and not all of them know `\'`.
    BackslashDoubled,
    /// Nothing can be escaped (`r'…'`): text that would need it is refused.
    Raw,
    /// Escapes of its own, or unknown: only letters, digits and blanks fit.
    Restricted,
}

/// The form of a quoted name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameForm {
    /// A quote is written twice.
    Doubled,
    /// Only letters, digits, `_` and `-` fit.
    Restricted,
}

/// Writes `text` for the inside of a text literal that is quoted with `quote`.
pub fn write_text(out: &mut String, text: &str, form: TextForm, quote: u8) -> Result<(), Refusal> {
    check_nul(text)?;
    match form {
        TextForm::Doubled => double(out, text, quote),
        TextForm::Backslash => backslash(out, text, &['\'', '"', '`']),
        TextForm::BackslashDoubled => {
            let start = out.len();
            backslash(out, text, &[]);
            if memchr::memchr(quote, text.as_bytes()).is_some() {
                let escaped = out.split_off(start);
                double(out, &escaped, quote);
            }
        }
        TextForm::Raw => {
            if text.contains(['\\', '\'', '"', '\n', '\r']) {
                return Err(Refusal::value("this value has no form inside a raw string; use a plain string"));
            }
            out.push_str(text);
        }
        TextForm::Restricted => {
            if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b' ') {
                return Err(Refusal::value("only letters, digits and blanks fit into this kind of string"));
            }
            out.push_str(text);
        }
    }
    Ok(())
}

/// Writes `text` for the inside of a quoted name.
pub fn write_name(out: &mut String, text: &str, form: NameForm, quote: u8) -> Result<(), Refusal> {
    check_nul(text)?;
    if text.is_empty() {
        return Err(Refusal::value("an empty name"));
    }
    match form {
        NameForm::Doubled => double(out, text, quote),
        NameForm::Restricted => {
            if !text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-')) {
                return Err(Refusal::value(
                    "only letters, digits, `_` and `-` fit into this quoted name; write {{ x | identifier }} without quotes",
                ));
            }
            out.push_str(text);
        }
    }
    Ok(())
}

/// Refuses NUL, which ends the statement for some drivers.
pub fn check_nul(text: &str) -> Result<(), Refusal> {
    if holds(text, 0) {
        return Err(Refusal::value("a NUL character has no SQL form"));
    }
    Ok(())
}

/// True if `byte`, of ASCII, is in `text`. Most values are short, and a search costs more to begin than to do.
#[inline]
fn holds(text: &str, byte: u8) -> bool {
    let bytes = text.as_bytes();
    if bytes.len() <= 32 {
        return bytes.iter().fold(0, |found, other| found | u8::from(*other == byte)) != 0;
    }
    memchr::memchr(byte, bytes).is_some()
}

fn double(out: &mut String, text: &str, quote: u8) {
    if !holds(text, quote) {
        return out.push_str(text);
    }
    let mut start = 0;
    for at in memchr::memchr_iter(quote, text.as_bytes()) {
        out.push_str(&text[start..=at]);
        start = at;
    }
    out.push_str(&text[start..]);
}

fn backslash(out: &mut String, text: &str, quotes: &[char]) {
    for c in text.chars() {
        match c {
            _ if c == '\\' || quotes.contains(&c) => {
                out.push('\\');
                out.push(c);
            }
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            _ => out.push(c),
        }
    }
}
