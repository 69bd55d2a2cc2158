//! Filters that make text of text.

use minijinja::value::{Kwargs, Rest, Value, ValueOrKwargs};
use minijinja::{Error, ErrorKind, State, filters as builtin};

use super::super::mark;
use super::cost::afford;
use super::law::{fail, make_text, secret_guard, text_of};

/// Items go on as what they are, each for itself; what stands between them is the author's.
pub(super) fn join(
    state: &mut State,
    value: &Value,
    separator: Option<Value>,
    attribute: Option<String>,
    kwargs: Kwargs,
) -> Result<Value, Error> {
    let separator = match separator {
        Some(separator) => Some(separator),
        None => kwargs.get::<Option<Value>>("d")?,
    };
    let attribute = match attribute {
        Some(attribute) => Some(attribute),
        None => kwargs.get::<Option<String>>("attribute")?,
    };
    kwargs.assert_all_used()?;
    let separator = match &separator {
        None => "",
        Some(separator) if separator.is_safe() => separator.as_str().unwrap_or_default(),
        Some(_) => return Err(fail("join: the separator must be written in the template")),
    };
    if value.is_undefined() {
        return Err(Error::from(ErrorKind::UndefinedError));
    }
    let mut out = String::new();
    for (index, item) in value.try_iter()?.enumerate() {
        state.consume_fuel(1)?;
        if index > 0 {
            afford(state, out.len() + separator.len())?;
            out.push_str(separator);
        }
        let item = match &attribute {
            Some(attribute) => item.get_attr(attribute)?,
            None => item,
        };
        out.push_str(&state.format(item)?);
    }
    Ok(Value::from_safe_string(out))
}

pub(super) fn replace(state: &State, value: &Value, args: Rest<ValueOrKwargs>) -> Result<Value, Error> {
    let args = args.into_values();
    let (from, to, count, kwargs): (&Value, &Value, Option<usize>, Kwargs) = minijinja::value::from_args(&args)?;
    let count = match count {
        Some(count) => count,
        None => kwargs.get::<Option<usize>>("count")?.unwrap_or(usize::MAX),
    };
    kwargs.assert_all_used()?;
    let ((text, author), (from, _), (to, to_author)) = (text_of(value)?, text_of(from)?, text_of(to)?);
    let matches = text.matches(from.as_str()).take(count).count();
    afford(state, text.len().saturating_add(matches.saturating_mul(to.len())))?;
    Ok(make_text(text.replacen(&from, &to, count), author && to_author))
}

/// Takes blanks (or `chars`) away at both ends; captured text may hold values.
pub(super) fn trim(value: &Value, chars: Option<String>) -> Result<Value, Error> {
    if let (Some(text), None) = (value.as_str(), &chars)
        && value.is_safe()
        && mark::any(text)
    {
        return Ok(Value::from_safe_string(trim_captured(text)));
    }
    let (text, author) = text_of(value)?;
    let trimmed = match &chars {
        None => text.trim(),
        Some(chars) => text.trim_matches(|c| chars.contains(c)),
    };
    Ok(make_text(trimmed.to_string(), author))
}

/// Place marks are nothing to a reader: blanks go on both sides of them, the marks stay.
fn trim_captured(text: &str) -> String {
    let solid = |c: char| !is_place(c) && !c.is_whitespace();
    let start = text.find(solid).unwrap_or(text.len());
    let end = text.rfind(solid).map_or(start, |at| at + text[at..].chars().next().map_or(0, char::len_utf8));
    let places = |outside: &str| outside.chars().filter(|c| is_place(*c)).collect::<String>();
    let (before, after) = (places(&text[..start]), places(&text[end..]));
    [before.as_str(), &text[start..end], &after].concat()
}

/// Indents lines; a line is blank when nothing but places stands in it.
pub(super) fn indent(state: &State, value: &Value, args: Rest<ValueOrKwargs>) -> Result<Value, Error> {
    secret_guard(value)?;
    let text = value.as_str().ok_or_else(|| fail("indent wants text"))?;
    let args = args.into_values();
    let (width, first, blank, kwargs): (Option<usize>, Option<bool>, Option<bool>, Kwargs) =
        minijinja::value::from_args(&args)?;
    let width = match width {
        Some(width) => width,
        None => kwargs.get::<Option<usize>>("width")?.unwrap_or(4),
    };
    let flag = |given: Option<bool>, name| match given {
        Some(given) => Ok(given),
        None => kwargs.get::<Option<bool>>(name).map(|found| found.unwrap_or(false)),
    };
    let (first, blank) = (flag(first, "first")?, flag(blank, "blank")?);
    kwargs.assert_all_used()?;
    afford(state, width.saturating_mul(text.matches('\n').count() + 1).saturating_add(text.len()))?;
    // The last line break goes, wherever among the places at the end it stands.
    let solid = text.trim_end_matches(is_place);
    let (body, places) = (solid.strip_suffix('\n').unwrap_or(solid), &text[solid.len()..]);
    let body = body.strip_suffix('\r').unwrap_or(body);
    let mut out = String::with_capacity(text.len());
    for (index, line) in body.split('\n').enumerate() {
        if index > 0 {
            out.push('\n');
        }
        let is_blank = matches!(line.trim_matches(is_place), "" | "\r");
        if if index == 0 { first && (blank || !is_blank) } else { blank || !is_blank } {
            out.extend(std::iter::repeat_n(' ', width));
        }
        out.push_str(line);
    }
    out.push_str(places);
    Ok(make_text(out, value.is_safe()))
}

fn is_place(c: char) -> bool {
    (c as u32) >= 0x10_0000
}

pub(super) fn title(value: &Value) -> Result<Value, Error> {
    let (text, author) = text_of(value)?;
    Ok(make_text(builtin::title(text.into()), author))
}

/// Data of any kind as text: a number becomes `'5'`.
pub(super) fn string(value: &Value) -> Result<Value, Error> {
    text_of(value).map(|(text, author)| make_text(text, author))
}
