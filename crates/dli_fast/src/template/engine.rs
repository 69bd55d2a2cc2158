//! minijinja, set up so that it writes marks instead of values.

use std::sync::OnceLock;

use minijinja::value::{Value, ValueKind};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior};

use super::filters::{self, fail};
use super::functions;
use super::mark::{self, Mark};
use super::value::Typed;

/// minijinja counts 4 for a macro call and 10 for an include; this bounds the machine's stack to about half a megabyte.
const RECURSION_LIMIT: usize = 250;

/// What one render puts aside. It lives in minijinja's state, so macros, captures and includes share it.
#[derive(Debug, Default)]
pub struct Held {
    /// The values written, by the numbers of their marks.
    pub values: Vec<Value>,
    /// Dates and timestamps made while rendering.
    pub typed: Typed,
}

impl Held {
    /// The render's own.
    pub fn of<'s>(state: &'s mut State<'_, '_>) -> &'s mut Self {
        // most templates write a few dozen values
        state.get_or_insert_extension_with(|| Self { values: Vec::with_capacity(32), typed: Typed::default() })
    }
}

/// A new environment without templates. The parts that never change are shared by all.
#[must_use]
pub fn environment() -> Environment<'static> {
    static SHARED: OnceLock<Environment<'static>> = OnceLock::new();
    SHARED
        .get_or_init(|| {
            let mut env = Environment::new();
            env.set_formatter(write);
            // every capture, macro and call block then comes back as a safe string, which the formatter lets through
            env.set_auto_escape_callback(|_| AutoEscape::Custom("sql".into()));
            env.set_undefined_behavior(UndefinedBehavior::Strict);
            env.set_recursion_limit(RECURSION_LIMIT);
            filters::register(&mut env);
            functions::register(&mut env);
            env
        })
        .clone()
}

/// Writes an expression's value: the author's text as it is, everything else as a mark.
fn write(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    match value.kind() {
        // strict mode has refused all but the missing `else` of `{{ a if b }}`
        ValueKind::Undefined => captured(out, ""),
        ValueKind::String => {
            let text = value.as_str().unwrap_or_default();
            if value.is_safe() {
                return captured(out, text);
            }
            if mark::any(text) {
                return Err(fail("captured SQL text was changed by an expression: write it out unchanged"));
            }
            put_aside(out, state, value)
        }
        ValueKind::Seq | ValueKind::Iterable => list(out, state, value),
        _ => put_aside(out, state, value),
    }
}

/// A list of data is one value; one that holds text of the author is written item by item.
fn list(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    filters::charge(state, value)?;
    let mut author = false;
    for item in value.try_iter()? {
        if item.is_undefined() {
            return Err(Error::from(ErrorKind::UndefinedError));
        }
        author |= item.is_safe();
    }
    if !author {
        return put_aside(out, state, value);
    }
    for (index, item) in value.try_iter()?.enumerate() {
        if index > 0 {
            out.write_str(", ")?;
        }
        write(out, state, &item)?;
    }
    Ok(())
}

fn captured(out: &mut Output<'_>, text: &str) -> Result<(), Error> {
    out.write_str(Mark::Begin.text(&mut [0; 8]))?;
    out.write_str(text)?;
    out.write_str(Mark::End.text(&mut [0; 8]))?;
    Ok(())
}

fn put_aside(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    let values = &mut Held::of(state).values;
    let number = values.len() as u32;
    if number >= mark::LIMIT {
        return Err(fail("a template wrote too many values"));
    }
    values.push(value.clone());
    out.write_str(Mark::Value(number).text(&mut [0; 8]))?;
    Ok(())
}
