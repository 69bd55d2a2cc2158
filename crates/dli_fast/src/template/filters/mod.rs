//! The filters and tests of SQL templates, where they differ from minijinja's: what there is.
//!
//! ```text
//! law.rs     what a filter may look into      cost.rs    what it pays for, and what may be kept
//! between.rs from data to SQL text and back   text.rs    text      number.rs  numbers
//! ```

mod between;
mod cost;
mod law;
mod number;
mod text;

use minijinja::value::Value;
use minijinja::{Environment, State, filters as builtin, tests};

use super::functions::compare_pair;
use super::reserved;
use super::value::Decimal;
pub(super) use cost::{afford, charge};
pub(super) use law::fail;
pub use law::visible;
use law::{guarded, ordered};

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
    env.add_filter(reserved::AUTHOR, between::author);
    env.add_filter(reserved::CONDITION, between::condition);
    env.add_filter(reserved::DATA, between::operand);
    env.add_filter(reserved::HELD, cost::held);
    env.add_filter("raw", between::raw);
    env.add_filter("identifier", between::identifier);
    env.add_filter("literal", between::literal);
    env.add_filter("like", between::like);
    env.add_filter("join", text::join);
    env.add_filter("replace", text::replace);
    env.add_filter("default", between::default);
    env.add_filter("d", between::default);
    env.add_filter("trim", text::trim);
    env.add_filter("indent", text::indent);
    env.add_filter("title", text::title);
    env.add_filter("string", text::string);
    env.add_filter("int", number::int);
    env.add_filter("float", number::float);
    env.add_filter("abs", number::abs);
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
