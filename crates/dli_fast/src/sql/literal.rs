//! A value as a SQL literal.

use std::borrow::Cow;
use std::fmt::Write;

use super::form::{check_nul, write_text};
use super::{Dialect, Refusal};

/// A value on its way into SQL. Dates, times and decimals are in canonical text (`2025-01-31`, `2025-01-31 10:20:30.5`,
/// `2025-01-31 10:20:30+09:00`, `-12.50`).
#[derive(Debug, Clone, PartialEq)]
pub enum Literal<'a> {
    /// NULL.
    Null,
    /// TRUE or FALSE.
    Boolean(bool),
    /// Decimal digits, perhaps with a sign.
    Integer(Cow<'a, str>),
    /// A double.
    Float(f64),
    /// Plain digits with an optional sign and fraction; no exponent.
    Decimal(Cow<'a, str>),
    /// Text.
    Text(Cow<'a, str>),
    /// A pattern of `LIKE` whose wildcards are escaped with backslashes.
    Pattern(Cow<'a, str>),
    /// A calendar date.
    Date(Cow<'a, str>),
    /// A timestamp without a zone.
    Timestamp(Cow<'a, str>),
    /// A timestamp with an offset.
    ZonedTimestamp(Cow<'a, str>),
    /// A name, part by part.
    Name(Cow<'a, [String]>),
    /// Several values.
    List(Vec<Literal<'a>>),
    /// A value that no comment may show.
    Secret(Box<Literal<'a>>),
}

/// The literals that differ between dialects.
#[derive(Debug)]
pub struct Writers {
    /// An integer of up to 39 digits.
    pub integer: fn(&mut String, &str) -> Result<(), Refusal>,
    /// A finite double.
    pub float: fn(&mut String, f64),
    /// An exact decimal number.
    pub decimal: fn(&mut String, &str) -> Result<(), Refusal>,
    /// One part of a name, quoted.
    pub name_part: fn(&mut String, &str) -> Result<(), Refusal>,
    /// A timestamp with an offset; the flag says that the author has written `TIMESTAMP` before it.
    pub zoned: fn(&mut String, &str, bool) -> Result<(), Refusal>,
}

/// What the word before a bare place makes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Before {
    /// Nothing.
    Nothing,
    /// A name belongs here (the word, in upper case).
    Name(&'static str),
    /// A type, which is the one of the literal: `DATE {{ d }}`.
    Type,
}

impl Before {
    /// What `word` makes of the place behind it.
    #[must_use]
    pub fn of(word: &str) -> Self {
        let is = |other: &&'static str| word.eq_ignore_ascii_case(other);
        match NAMES_FOLLOW.into_iter().find(is) {
            Some(name) => Self::Name(name),
            None if TYPES.iter().any(is) => Self::Type,
            None => Self::Nothing,
        }
    }
}

/// Words that say the type of the date or time behind them.
const TYPES: [&str; 4] = ["DATE", "TIMESTAMP", "DATETIME", "TIMESTAMPTZ"];

/// Words after which a string is no name: the author forgot `| identifier`.
const NAMES_FOLLOW: [&str; 11] =
    ["FROM", "JOIN", "INTO", "TABLE", "AS", "BY", "UPDATE", "VIEW", "SCHEMA", "DATABASE", "DESCRIBE"];

impl<'a> Literal<'a> {
    /// Writes the literal for a bare place.
    pub fn write(&self, dialect: Dialect, out: &mut String, before: Before) -> Result<(), Refusal> {
        let writers = dialect.syntax().literals;
        match self {
            Self::Null => out.push_str("NULL"),
            Self::Boolean(true) => out.push_str("TRUE"),
            Self::Boolean(false) => out.push_str("FALSE"),
            Self::Integer(digits) => (writers.integer)(out, digits)?,
            Self::Float(value) if value.is_finite() => (writers.float)(out, *value),
            Self::Float(_) => return Err(Refusal::value("NaN and infinity have no literal")),
            Self::Decimal(digits) => (writers.decimal)(out, digits)?,
            Self::Text(text) | Self::Pattern(text) => {
                if let Before::Name(before) = before {
                    return Err(Refusal::place(format!(
                        "a string after {before} is not a name: write {{{{ x | identifier }}}} for a name, or '{{{{ x }}}}' for a string"
                    )));
                }
                quoted(dialect, out, text)?;
            }
            Self::Date(text) => {
                if before != Before::Type {
                    out.push_str("DATE ");
                }
                quoted(dialect, out, text)?;
            }
            Self::Timestamp(text) => {
                if before != Before::Type {
                    out.push_str("TIMESTAMP ");
                }
                quoted(dialect, out, text)?;
            }
            Self::ZonedTimestamp(text) => (writers.zoned)(out, text, before == Before::Type)?,
            Self::Name(parts) => name(dialect, out, parts)?,
            Self::List(items) => list(dialect, out, items, before)?,
            Self::Secret(value) => value.write(dialect, out, before)?,
        }
        Ok(())
    }

    /// The value as text, for the inside of quotes.
    pub fn text(&self) -> Result<Cow<'_, str>, Refusal> {
        Ok(match self {
            Self::Boolean(true) => Cow::Borrowed("true"),
            Self::Boolean(false) => Cow::Borrowed("false"),
            Self::Integer(digits) => Cow::Borrowed(digits),
            Self::Float(value) if value.is_finite() => Cow::Owned(float_text(*value)),
            Self::Float(_) => return Err(Refusal::value("NaN and infinity have no form inside quotes")),
            Self::Decimal(text)
            | Self::Text(text)
            | Self::Pattern(text)
            | Self::Date(text)
            | Self::Timestamp(text)
            | Self::ZonedTimestamp(text) => Cow::Borrowed(text.as_ref()),
            Self::Name(parts) => Cow::Owned(parts.join(".")),
            Self::Secret(value) => return value.text(),
            Self::Null => return Err(Refusal::value("null has no form inside quotes: write {{ x }} without them")),
            Self::List(_) => {
                return Err(Refusal::value("a list has no form inside quotes: write {{ x }} without them, or join it"));
            }
        })
    }

    /// Writes what a comment may show: letters, digits, `_ . , : @` and blanks; `redacted` for a secret.
    pub fn write_comment(&self, out: &mut String) {
        match self {
            Self::Secret(_) => out.push_str("redacted"),
            Self::Null => out.push_str("NULL"),
            Self::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        out.push_str(", ");
                    }
                    item.write_comment(out);
                }
            }
            _ => match self.text() {
                Ok(text) => out.extend(text.chars().map(|c| if shows_in_comment(c) { c } else { '_' })),
                Err(_) => out.push('_'),
            },
        }
    }

    /// The same value, borrowing nothing.
    #[must_use]
    pub fn into_owned<'b>(self) -> Literal<'b> {
        let own = |text: Cow<'a, str>| Cow::Owned(text.into_owned());
        match self {
            Self::Null => Literal::Null,
            Self::Boolean(value) => Literal::Boolean(value),
            Self::Integer(digits) => Literal::Integer(own(digits)),
            Self::Float(value) => Literal::Float(value),
            Self::Decimal(text) => Literal::Decimal(own(text)),
            Self::Text(text) => Literal::Text(own(text)),
            Self::Pattern(text) => Literal::Pattern(own(text)),
            Self::Date(text) => Literal::Date(own(text)),
            Self::Timestamp(text) => Literal::Timestamp(own(text)),
            Self::ZonedTimestamp(text) => Literal::ZonedTimestamp(own(text)),
            Self::Name(parts) => Literal::Name(Cow::Owned(parts.into_owned())),
            Self::List(items) => Literal::List(items.into_iter().map(Literal::into_owned).collect()),
            Self::Secret(value) => Literal::Secret(Box::new(value.into_owned())),
        }
    }

    /// True for a value that is, or holds, a LIKE pattern.
    #[must_use]
    pub fn is_pattern(&self) -> bool {
        match self {
            Self::Pattern(_) => true,
            Self::Secret(value) => value.is_pattern(),
            _ => false,
        }
    }
}

/// The shortest text that reads back as `value`.
#[must_use]
pub fn float_text(value: f64) -> String {
    format!("{value:?}")
}

fn shows_in_comment(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.' | ',' | ':' | '@' | ' ')
}

fn quoted(dialect: Dialect, out: &mut String, text: &str) -> Result<(), Refusal> {
    out.push('\'');
    write_text(out, text, dialect.syntax().text, b'\'')?;
    out.push('\'');
    Ok(())
}

fn name(dialect: Dialect, out: &mut String, parts: &[String]) -> Result<(), Refusal> {
    if parts.is_empty() {
        return Err(Refusal::value("an empty name"));
    }
    for (index, part) in parts.iter().enumerate() {
        check_nul(part)?;
        if part.is_empty() {
            return Err(Refusal::value("a name with an empty part"));
        }
        if index > 0 {
            out.push('.');
        }
        (dialect.syntax().literals.name_part)(out, part)?;
    }
    Ok(())
}

fn list(dialect: Dialect, out: &mut String, items: &[Literal<'_>], before: Before) -> Result<(), Refusal> {
    if items.is_empty() {
        return Err(Refusal::value("an empty list has no SQL form: guard it with {% if x %}"));
    }
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        if matches!(item, Literal::List(_)) {
            return Err(Refusal::value("a list inside a list has no SQL form"));
        }
        item.write(dialect, out, if index == 0 { before } else { Before::Nothing })?;
    }
    Ok(())
}

/// Digits before and after the point of a canonical decimal, without sign and leading zeros.
pub(super) fn decimal_digits(text: &str) -> (usize, usize) {
    let unsigned = text.trim_start_matches('-');
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    (whole.trim_start_matches('0').len(), fraction.len())
}

pub(super) fn scientific(out: &mut String, value: f64) {
    let _ = write!(out, "{value:e}");
}

pub(super) fn typed(out: &mut String, keyword: &str, text: &str) {
    // The text is canonical (digits and `+-.: `), so it needs no escaping.
    let _ = write!(out, "{keyword} '{text}'");
}

pub(super) fn double_quoted(out: &mut String, part: &str) -> Result<(), Refusal> {
    out.push('"');
    super::form::write_name(out, part, super::NameForm::Doubled, b'"')?;
    out.push('"');
    Ok(())
}
