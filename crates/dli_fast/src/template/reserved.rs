//! The names that the pre-pass writes into templates; a template that spells one itself is refused.

/// Filter behind an author's string constant: it is SQL text.
pub const AUTHOR: &str = "__author__";
/// Filter around a condition: refuses captured text with values in it.
pub const CONDITION: &str = "__condition__";
/// Filter around an operand of `+`: text becomes data.
pub const DATA: &str = "__data__";
/// Filter around what a namespace keeps.
pub const HELD: &str = "__held__";
/// Function behind `==`, `<`, `in`, …
pub const COMPARE: &str = "__compare__";
/// Function behind `~`.
pub const CONCAT: &str = "__concat__";

/// True for one of these names.
#[must_use]
pub fn is_reserved(name: &str) -> bool {
    [AUTHOR, CONDITION, DATA, HELD, COMPARE, CONCAT].contains(&name)
}
