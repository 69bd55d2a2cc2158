//! The filters and tests of SQL templates, where they differ from minijinja's.
//!
//! Their law: a result is safe only if all of it is template text and marks, and nothing looks into captured text that has values in
//! it (trimming and indenting excepted, which do not look). `guarded` puts minijinja's own behind that law.

use std::collections::BTreeMap;

use minijinja::value::{Kwargs, Rest, Value, ValueKind, ValueOrKwargs};
use minijinja::{Environment, Error, ErrorKind, State, filters as builtin, tests};

use super::convert;
use super::functions::compare_pair;
use super::mark;
use super::reserved;
use super::value::{Decimal, Name, Pattern, Secret};

/// Filters of minijinja that have no place in SQL.
const REMOVED: [&str; 7] = ["safe", "escape", "e", "tojson", "urlencode", "pprint", "format"];

/// Registers all of them over minijinja's defaults.
pub fn register(env: &mut Environment<'static>) {
    for name in REMOVED {
        env.remove_filter(name);
    }
    for name in ["safe", "escaped"] {
        env.remove_test(name);
    }
    env.add_filter(reserved::AUTHOR, author);
    env.add_filter(reserved::CONDITION, condition);
    env.add_filter(reserved::DATA, operand);
    env.add_filter(reserved::HELD, held);
    env.add_filter("raw", raw);
    env.add_filter("identifier", identifier);
    env.add_filter("literal", literal);
    env.add_filter("like", like);
    env.add_filter("join", join);
    env.add_filter("replace", replace);
    env.add_filter("default", default);
    env.add_filter("d", default);
    env.add_filter("trim", trim);
    env.add_filter("indent", indent);
    env.add_filter("title", title);
    env.add_filter("string", string);
    env.add_filter("int", int);
    env.add_filter("float", float);
    env.add_filter("abs", abs);
    env.add_filter("upper", guarded(Value::from_function(builtin::upper)));
    env.add_filter("lower", guarded(Value::from_function(builtin::lower)));
    env.add_filter("capitalize", guarded(Value::from_function(builtin::capitalize)));
    env.add_filter("length", guarded(Value::from_function(builtin::length)));
    env.add_filter("count", guarded(Value::from_function(builtin::length)));
    env.add_filter("first", guarded(Value::from_function(builtin::first)));
    env.add_filter("last", guarded(Value::from_function(builtin::last)));
    env.add_filter("reverse", guarded(Value::from_function(builtin::reverse)));
    env.add_filter("split", guarded(Value::from_function(builtin::split)));
    env.add_filter("lines", guarded(Value::from_function(builtin::lines)));
    env.add_filter("bool", guarded(Value::from_function(builtin::bool)));
    env.add_filter("unique", guarded(Value::from_function(builtin::unique)));
    env.add_filter("groupby", guarded(Value::from_function(builtin::groupby)));
    env.add_filter("sort", ordered(Value::from_function(builtin::sort)));
    env.add_filter("min", ordered(Value::from_function(builtin::min)));
    env.add_filter("max", ordered(Value::from_function(builtin::max)));
    register_tests(env);
}

fn register_tests(env: &mut Environment<'static>) {
    for (names, operator) in [
        (&["eq", "equalto", "=="][..], "=="),
        (&["ne", "!="], "!="),
        (&["lt", "lessthan", "<"], "<"),
        (&["le", "<="], "<="),
        (&["gt", "greaterthan", ">"], ">"),
        (&["ge", ">="], ">="),
        (&["in"], "in"),
    ] {
        for name in names {
            env.add_test(*name, move |state: &State, left: Value, right: Value| {
                compare_pair(state, &left, operator, &right).map(Value::from)
            });
        }
    }
    env.add_test("startingwith", guarded(Value::from_function(tests::is_startingwith)));
    env.add_test("endingwith", guarded(Value::from_function(tests::is_endingwith)));
    env.add_test("lower", guarded(Value::from_function(tests::is_lower)));
    env.add_test("upper", guarded(Value::from_function(tests::is_upper)));
    env.add_test("number", |value: Value| tests::is_number(&value) || value.downcast_object_ref::<Decimal>().is_some());
}

// ── the law ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

pub(super) fn fail(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::InvalidOperation, message)
}

/// `value` for a filter or a comparison: without place marks, never with value marks, a name as its text.
pub fn visible(value: &Value) -> Result<Value, Error> {
    match value.kind() {
        ValueKind::Undefined => Err(Error::from(ErrorKind::UndefinedError)),
        ValueKind::String => {
            let text = value.as_str().unwrap_or_default();
            if !mark::any(text) {
                return Ok(value.clone());
            }
            if mark::any_value(text) {
                return Err(fail(
                    "captured SQL text with values in it cannot be changed or decide anything: its values are not written yet",
                ));
            }
            let plain = mark::without_places(text);
            Ok(if value.is_safe() { Value::from_safe_string(plain) } else { Value::from(plain) })
        }
        ValueKind::Seq | ValueKind::Iterable => {
            let hidden = |item: &Value| item.as_str().is_some_and(mark::any);
            if value.try_iter()?.any(|item| hidden(&item)) {
                return value.try_iter()?.map(|item| visible(&item)).collect();
            }
            Ok(value.clone())
        }
        _ => Ok(value.clone()),
    }
}

fn secret_guard(value: &Value) -> Result<(), Error> {
    if value.downcast_object_ref::<Secret>().is_some() {
        return Err(fail("a secret can only be written or compared: no filter may look into it"));
    }
    Ok(())
}

/// minijinja's filter or test `inner` behind the law.
fn guarded(
    inner: Value,
) -> impl Fn(&mut State<'_, '_>, Rest<ValueOrKwargs>) -> Result<Value, Error> + Send + Sync + 'static {
    move |state: &mut State<'_, '_>, args: Rest<ValueOrKwargs>| {
        let args = args.into_values();
        args.iter().try_for_each(|value| charge(state, value))?;
        let args = args.iter().map(checked).collect::<Result<Vec<_>, _>>()?;
        inner.call(state, &args)
    }
}

/// The same for filters that put items in order: they must be of one kind.
fn ordered(
    inner: Value,
) -> impl Fn(&mut State<'_, '_>, Rest<ValueOrKwargs>) -> Result<Value, Error> + Send + Sync + 'static {
    move |state: &mut State<'_, '_>, args: Rest<ValueOrKwargs>| {
        let args = args.into_values();
        args.iter().try_for_each(|value| charge(state, value))?;
        let args = args.iter().map(checked).collect::<Result<Vec<_>, _>>()?;
        if let [items] = &args[..] {
            let mut first = None;
            for item in items.try_iter()? {
                let kind = order_kind(&item);
                if *first.get_or_insert(kind) != kind {
                    return Err(fail("values of different kinds have no order"));
                }
            }
        }
        inner.call(state, &args)
    }
}

fn order_kind(value: &Value) -> (ValueKind, bool) {
    let kind = if value.kind() == ValueKind::Bool { ValueKind::Number } else { value.kind() };
    (kind, value.downcast_object_ref::<Decimal>().is_some())
}

fn checked(value: &Value) -> Result<Value, Error> {
    if value.is_kwargs() {
        return Ok(value.clone());
    }
    secret_guard(value)?;
    visible(value)
}

/// A string argument: its text and whether it is the author's.
fn text_of(value: &Value) -> Result<(String, bool), Error> {
    let value = checked(value)?;
    match value.kind() {
        ValueKind::String => Ok((value.as_str().unwrap_or_default().to_string(), value.is_safe())),
        ValueKind::Number | ValueKind::Bool | ValueKind::Plain => Ok((value.to_string(), false)),
        kind => Err(fail(format!("a {kind} is no text"))),
    }
}

fn make_text(text: String, author: bool) -> Value {
    if author { Value::from_safe_string(text) } else { Value::from(text) }
}

const BYTES_PER_FUEL: u64 = 64;

/// Fails if `bytes` more could not be paid for: what is not yet made is not yet charged.
pub(super) fn afford(state: &State, bytes: usize) -> Result<(), Error> {
    match state.fuel_levels() {
        Some((_, remaining)) if bytes as u64 / BYTES_PER_FUEL >= remaining => Err(Error::from(ErrorKind::OutOfFuel)),
        _ => Ok(()),
    }
}

/// Lists inside each other beyond this have no use in SQL.
const MAX_NESTING: u32 = 8;

/// Pays for every item of a list, those of the lists inside it too. minijinja repeats and joins lists lazily, so that a
/// small template can hold a list that no loop would come to the end of.
pub(super) fn charge(state: &State, value: &Value) -> Result<(), Error> {
    fn items(state: &State, value: &Value, depth: u32) -> Result<(), Error> {
        if !matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable) {
            return Ok(());
        }
        if depth > MAX_NESTING {
            return Err(fail("lists are nested too deep"));
        }
        afford(state, value.len().unwrap_or(0).saturating_mul(BYTES_PER_FUEL as usize))?;
        for item in value.try_iter()? {
            state.consume_fuel(1)?;
            items(state, &item, depth + 1)?;
        }
        Ok(())
    }
    items(state, value, 0)
}

/// What a namespace keeps over the turns of a loop: lists as plain lists, and nothing that grows deeper with every turn,
/// as the machine's stack would not survive the end of it.
fn held(state: &State, value: Value) -> Result<Value, Error> {
    fn keep(state: &State, value: Value, depth: u32) -> Result<Value, Error> {
        let kind = value.kind();
        if !matches!(kind, ValueKind::Seq | ValueKind::Iterable | ValueKind::Map) {
            return Ok(value);
        }
        if depth > MAX_NESTING {
            return Err(fail("lists and mappings are nested too deep"));
        }
        if value.as_object().is_some_and(|object| object.type_name().ends_with("Namespace")) {
            return Err(fail("a namespace cannot be kept in another one"));
        }
        let (mut items, mut entries) = (Vec::new(), BTreeMap::new());
        for item in value.try_iter()? {
            state.consume_fuel(1)?;
            if kind == ValueKind::Map {
                let inner = keep(state, value.get_item(&item)?, depth + 1)?;
                entries.insert(item, inner);
            } else {
                items.push(keep(state, item, depth + 1)?);
            }
        }
        Ok(if kind == ValueKind::Map { Value::from(entries) } else { Value::from(items) })
    }
    keep(state, value, 0)
}

// ── written by the pre-pass ───────────────────────────────────────────────────────────────────────────────────────────────────

/// A string constant of the author. It may spell a mark with a `\u` escape, so it is looked at here, after unescaping.
fn author(text: &str) -> Result<Value, Error> {
    if mark::any(text) {
        return Err(fail("a private-use character (U+F0000 and above) has no place in a template"));
    }
    Ok(Value::from_safe_string(text.to_string()))
}

/// What decides a condition goes through unchanged, unless it hides values.
fn condition(value: Value) -> Result<Value, Error> {
    match value.as_str() {
        Some(text) if mark::any(text) => visible(&value),
        _ => Ok(value),
    }
}

/// An operand of `+`: text becomes data, so that a sum of texts is data; a list is paid for.
fn operand(state: &State, value: Value) -> Result<Value, Error> {
    charge(state, &value)?;
    data(value)
}

fn data(value: Value) -> Result<Value, Error> {
    if value.kind() != ValueKind::String {
        return Ok(value);
    }
    let value = visible(&value)?;
    Ok(Value::from(value.as_str().unwrap_or_default()))
}

// ── between data and SQL text ─────────────────────────────────────────────────────────────────────────────────────────────────

fn raw(value: Value) -> Result<Value, Error> {
    secret_guard(&value)?;
    if value.is_safe() {
        return Ok(value);
    }
    let text = match value.kind() {
        ValueKind::String | ValueKind::Number | ValueKind::Bool | ValueKind::Plain => value.to_string(),
        kind => return Err(fail(format!("raw wants text, not a {kind}"))),
    };
    if mark::any(&text) {
        return Err(fail("captured SQL text was changed by an expression"));
    }
    Ok(Value::from_safe_string(text))
}

/// A name, its parts separated by dots; of a list, each.
fn identifier(state: &State, value: Value) -> Result<Value, Error> {
    charge(state, &value)?;
    names(value)
}

fn names(value: Value) -> Result<Value, Error> {
    let value = checked(&value)?;
    match value.kind() {
        ValueKind::String => convert::name(value.as_str().unwrap_or_default().split('.').map(str::to_string).collect()),
        ValueKind::Plain if value.downcast_object_ref::<Name>().is_some() => Ok(value),
        ValueKind::Seq | ValueKind::Iterable => value.try_iter()?.map(names).collect(),
        kind => Err(fail(format!("identifier wants text or a list of texts, not a {kind}"))),
    }
}

/// The author's text as data: `{{ 'KR' | literal }}` is `'KR'`.
fn literal(state: &State, value: Value) -> Result<Value, Error> {
    charge(state, &value)?;
    literals(value)
}

fn literals(value: Value) -> Result<Value, Error> {
    match value.kind() {
        ValueKind::String => data(value),
        ValueKind::Seq | ValueKind::Iterable => value.try_iter()?.map(literals).collect(),
        _ => Ok(value),
    }
}

/// A pattern that matches the text and nothing else: `LIKE '%{{ x | like }}%' ESCAPE '\'`.
fn like(value: &Value) -> Result<Value, Error> {
    let (text, _) = text_of(value)?;
    let mut pattern = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    Ok(Value::from_object(Pattern(pattern)))
}

/// The author's constant that stands in for a missing value is data like it.
fn default(state: &State, value: Value, other: Option<Value>, empty_too: Option<bool>) -> Result<Value, Error> {
    let missing = value.is_undefined() || (empty_too == Some(true) && !condition(value.clone())?.is_true());
    let _ = state;
    if !missing {
        return Ok(value);
    }
    let Some(other) = other else { return Ok(Value::from("")) };
    match other.as_str() {
        Some(text) if other.is_safe() && !mark::any(text) => Ok(Value::from(text)),
        _ => Ok(other),
    }
}

// ── text ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/// Items go on as what they are, each for itself; what stands between them is the author's.
fn join(
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

fn replace(state: &State, value: &Value, args: Rest<ValueOrKwargs>) -> Result<Value, Error> {
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
fn trim(value: &Value, chars: Option<String>) -> Result<Value, Error> {
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
fn indent(state: &State, value: &Value, args: Rest<ValueOrKwargs>) -> Result<Value, Error> {
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

fn title(value: &Value) -> Result<Value, Error> {
    let (text, author) = text_of(value)?;
    Ok(make_text(builtin::title(text.into()), author))
}

/// Data of any kind as text: a number becomes `'5'`.
fn string(value: &Value) -> Result<Value, Error> {
    text_of(value).map(|(text, author)| make_text(text, author))
}

// ── numbers ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

fn int(
    state: &State,
    value: &Value,
    default: Option<Value>,
    base: Option<u32>,
    kwargs: Kwargs,
) -> Result<Value, Error> {
    let value = checked(value)?;
    if let Some(Decimal(text)) = value.downcast_object_ref() {
        let whole = text.split('.').next().unwrap_or_default();
        return whole.parse::<i128>().map(Value::from).map_err(|_| fail("the number is too large for an integer"));
    }
    builtin::int(state, &value, default, base, kwargs)
}

fn float(state: &State, value: &Value, default: Option<Value>, kwargs: Kwargs) -> Result<Value, Error> {
    let value = checked(value)?;
    if let Some(Decimal(text)) = value.downcast_object_ref() {
        return text.parse::<f64>().map(Value::from).map_err(|_| fail("no number"));
    }
    builtin::float(state, &value, default, kwargs)
}

fn abs(value: Value) -> Result<Value, Error> {
    if let Some(Decimal(text)) = value.downcast_object_ref() {
        return Ok(Value::from_object(Decimal(text.trim_start_matches('-').to_string())));
    }
    builtin::abs(value)
}
