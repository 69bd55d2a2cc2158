//! Edits of a tag's text: what the walker inserts and replaces, applied in one copy.

use super::tag::is_name;

/// An edit list for one tag. Opening insertions at one place nest (the last pushed stands outermost).
#[derive(Debug, Default)]
pub struct Edits {
    edits: Vec<Edit>,
    sorted: bool,
}

#[derive(Debug)]
struct Edit {
    start: u32,
    /// Among edits at one place: closings in the order pushed, then openings in reverse.
    order: i32,
    end: u32,
    text: &'static str,
}

impl Edits {
    pub(super) fn clear(&mut self) {
        self.edits.clear();
        self.sorted = true;
    }

    /// Inserts `text` directly behind the token that ends at `at`.
    pub(super) fn close(&mut self, at: usize, text: &'static str) {
        self.push(at, at, self.edits.len() as i32 - i32::MAX, text);
    }

    /// Inserts `text` directly before the token that starts at `at`.
    pub(super) fn open(&mut self, at: usize, text: &'static str) {
        self.push(at, at, i32::MAX - self.edits.len() as i32, text);
    }

    /// Writes `text` instead of the token from `start` to `end`.
    pub(super) fn replace(&mut self, start: usize, end: usize, text: &'static str) {
        self.push(start, end, 0, text);
    }

    fn push(&mut self, start: usize, end: usize, order: i32, text: &'static str) {
        let edit = Edit { start: start as u32, order, end: end as u32, text };
        self.sorted &= self.edits.last().is_none_or(|last| (last.start, last.order) <= (edit.start, edit.order));
        self.edits.push(edit);
    }

    /// Appends `source[start..end]` with the edits to `out`.
    pub(super) fn apply(&mut self, source: &str, start: usize, end: usize, out: &mut String) {
        if !self.sorted {
            self.edits.sort_by_key(|edit| (edit.start, edit.order));
        }
        let mut from = start;
        for edit in &self.edits {
            append(out, &source[from..edit.start as usize]);
            append(out, edit.text);
            from = edit.end as usize;
        }
        append(out, &source[from..end]);
    }
}

/// Appends `text`, and a blank before it where two words would become one: `'a'if b` is written without any.
fn append(out: &mut String, text: &str) {
    let name = |byte: Option<u8>| byte.is_some_and(is_name);
    if name(out.bytes().last()) && name(text.bytes().next()) {
        out.push(' ');
    }
    out.push_str(text);
}
