//! The pass over a template's source before minijinja compiles it.
//!
//! ```text
//! source ─▶ text and tags ─▶ text: place marks      (where did this stand? through macros, captures and includes)
//!                         ─▶ tags: edits of walk (what is author's text, what is data, what decides)
//!                         ─▶ imports of the macro namespaces that are used
//! ```
//!
//! It adds no line and no blank, and puts marks only where whitespace control is not disturbed: the output without marks
//! is what minijinja would have written without this pass.

use std::collections::BTreeMap;

use super::edit::Edits;
use super::facts::Facts;
use super::mark::{self, Mark};
use super::statement::Effect;
use super::tag::Unreadable;
use super::walk::Walker;

/// As many `elif` as may stand in each other: to minijinja each is a condition inside the one before.
const MAX_BRANCHES: u32 = 500;

/// Where a piece of a template's text stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The number of the template in its set.
    pub template: u32,
    /// The byte offset of the text, or of the `{{`.
    pub at: u32,
    /// For `{{`, the offset at which the text goes on behind `}}`; else `at`.
    pub after: u32,
}

/// What the pass is given.
#[derive(Debug, Clone, Copy)]
pub struct Source<'s> {
    /// The template's number.
    pub template: u32,
    /// Its text.
    pub text: &'s str,
    /// Macro namespaces: name → template name.
    pub namespaces: &'s BTreeMap<String, String>,
}

/// Rewrites a template; appends its places to `places`.
pub fn rewrite(source: Source<'_>, places: &mut Vec<Place>) -> Result<String, Unreadable> {
    check(source.text)?;
    let mut pass = Pass::new(source, places, None);
    pass.run()?;
    Ok(pass.finish())
}

/// Collects what a template uses.
pub fn examine(source: Source<'_>) -> Result<Facts<'_>, Unreadable> {
    let (mut places, mut facts) = (Vec::new(), Facts::new());
    check(source.text)?;
    Pass::new(source, &mut places, Some(&mut facts)).run()?;
    Ok(facts)
}

fn check(text: &str) -> Result<(), Unreadable> {
    let bytes = text.as_bytes();
    if let Some(at) = memchr::memchr2_iter(0xF3, 0xF4, bytes).find(|at| mark::begins(bytes, *at)) {
        return Err(Unreadable {
            at,
            message: "a private-use character (U+F0000 and above) has no place in a template",
        });
    }
    if let Some(at) = memchr::memchr_iter(b'\r', bytes).find(|at| bytes.get(at + 1) != Some(&b'\n')) {
        return Err(Unreadable { at, message: "a lone carriage return" });
    }
    if u32::try_from(text.len()).is_err() {
        return Err(Unreadable { at: 0, message: "a template of more than 4 GiB" });
    }
    Ok(())
}

struct Pass<'s, 'p> {
    source: Source<'s>,
    places: &'p mut Vec<Place>,
    facts: Option<&'p mut Facts<'s>>,
    out: String,
    edits: Edits,
    /// Namespaces read since the macro (or template) began, names assigned anywhere.
    used: Vec<&'s str>,
    assigned: Vec<&'s str>,
    /// Open macros: where in `out` the body begins, whether the tag trims, and what was read outside of it.
    macros: Vec<(usize, bool, Vec<&'s str>)>,
    /// Open conditions: how many `elif` each has had.
    branches: Vec<u32>,
    /// Imports to insert: (offset in `out`, trims, namespace).
    imports: Vec<(usize, bool, &'s str)>,
    /// The text to come is not marked yet. One mark does for all of it up to the next tag, since it is copied as it stands;
    /// text behind a `{{ … }}` has the mark that this one leaves.
    fresh: bool,
}

impl<'s, 'p> Pass<'s, 'p> {
    fn new(source: Source<'s>, places: &'p mut Vec<Place>, facts: Option<&'p mut Facts<'s>>) -> Self {
        Self {
            source,
            places,
            facts,
            out: String::with_capacity(source.text.len() + source.text.len() / 3 + 64),
            edits: Edits::default(),
            used: Vec::new(),
            assigned: Vec::new(),
            macros: Vec::new(),
            branches: Vec::new(),
            imports: Vec::new(),
            fresh: true,
        }
    }

    fn run(&mut self) -> Result<(), Unreadable> {
        let bytes = self.source.text.as_bytes();
        let mut at = 0;
        while let Some((start, kind)) = next_tag(bytes, at) {
            self.data(at, start);
            at = match kind {
                b'{' => self.output(at, start)?,
                b'#' => self.comment(start)?,
                _ => match basic_tag(bytes, start + 2, b"raw") {
                    Some(inside) => self.raw(start, inside)?,
                    None => self.statement(start)?,
                },
            };
        }
        self.data(at, bytes.len());
        while let Some((.., outer)) = self.macros.pop() {
            self.used.extend(outer);
        }
        let used = std::mem::take(&mut self.used);
        self.import(0, false, used);
        Ok(())
    }

    // ── text ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// Copies text, with a mark before the first thing of it.
    fn data(&mut self, start: usize, end: usize) {
        let text = &self.source.text[start..end];
        if !self.fresh {
            return self.out.push_str(text);
        }
        let first = blank_prefix(text);
        self.out.push_str(&text[..first]);
        if first < text.len() {
            self.mark(start + first);
            self.fresh = false;
            self.out.push_str(&text[first..]);
        }
    }

    fn mark(&mut self, at: usize) {
        let place = Place { template: self.source.template, at: at as u32, after: at as u32 };
        let number = self.places.len() as u32;
        if number < mark::LIMIT {
            self.places.push(place);
            Mark::Place(number).push(&mut self.out);
        }
    }

    // ── tags ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// `{{ … }}` at `start`, behind text that began at `text`.
    fn output(&mut self, text: usize, start: usize) -> Result<usize, Unreadable> {
        let trims = self.source.text.as_bytes().get(start + 2) == Some(&b'-');
        let place = self.places.len();
        if trims {
            // the mark must not stand between the `-` and the blanks that it takes away
            let run = &self.source.text[text..start];
            let blanks = run.len() - run.trim_end().len();
            let kept = self.out.split_off(self.out.len() - blanks);
            self.mark(start);
            self.out.push_str(&kept);
        } else {
            self.mark(start);
        }
        let inside = inside(self.source.text, start);
        let (end, direct) = self.walker((inside, b'}'))?.output()?;
        self.edits.apply(self.source.text, start, end, &mut self.out);
        let after = self.behind(end);
        if let Some(place) = self.places.get_mut(place) {
            place.after = after as u32;
        }
        self.fresh = direct;
        Ok(end)
    }

    fn statement(&mut self, start: usize) -> Result<usize, Unreadable> {
        let inside = inside(self.source.text, start);
        let (end, effect) = self.walker((inside, b'%'))?.statement()?;
        self.edits.apply(self.source.text, start, end, &mut self.out);
        self.fresh = true;
        match effect {
            Effect::None => {}
            Effect::If => self.branches.push(0),
            Effect::EndIf => drop(self.branches.pop()),
            Effect::Elif => {
                if let Some(last) = self.branches.last_mut() {
                    *last += 1;
                }
                if self.branches.iter().sum::<u32>() > MAX_BRANCHES {
                    return Err(Unreadable { at: start, message: "a condition of too many branches" });
                }
            }
            Effect::OpenMacro(_) => {
                // what the head reads (defaults) belongs to the template around it
                self.macros.push((self.out.len(), self.trims(end), std::mem::take(&mut self.used)));
            }
            Effect::CloseMacro => {
                if let Some((body, trims, outer)) = self.macros.pop() {
                    let used = std::mem::replace(&mut self.used, outer);
                    self.import(body, trims, used);
                }
            }
        }
        Ok(end)
    }

    fn walker(&mut self, tag: (usize, u8)) -> Result<Walker<'s, '_>, Unreadable> {
        Walker::new(
            self.source.text,
            tag,
            &mut self.edits,
            self.source.namespaces,
            (&mut self.used, &mut self.assigned),
            self.facts.as_deref_mut(),
        )
    }

    fn comment(&mut self, start: usize) -> Result<usize, Unreadable> {
        let inside = inside(self.source.text, start);
        let end = memchr::memmem::find(&self.source.text.as_bytes()[inside..], b"#}")
            .ok_or(Unreadable { at: start, message: "the comment is not closed" })?;
        let end = inside + end + 2;
        self.out.push_str(&self.source.text[start..end]);
        self.fresh = true;
        Ok(end)
    }

    /// A raw block is text, whatever stands in it.
    fn raw(&mut self, start: usize, inside: usize) -> Result<usize, Unreadable> {
        let bytes = self.source.text.as_bytes();
        let mut from = inside;
        while let Some(found) = memchr::memmem::find(&bytes[from..], b"{%") {
            let close = from + found;
            if let Some(end) = basic_tag(bytes, close + 2, b"endraw") {
                self.out.push_str(&self.source.text[start..inside]);
                self.fresh = true;
                self.data(inside, close);
                self.out.push_str(&self.source.text[close..end]);
                self.fresh = true;
                return Ok(end);
            }
            from = close + 2;
        }
        Err(Unreadable { at: start, message: "the raw block is not closed" })
    }

    /// Where the text goes on behind a tag that ends at `end`.
    fn behind(&self, end: usize) -> usize {
        if self.trims(end) { end + blank_prefix(&self.source.text[end..]) } else { end }
    }

    fn trims(&self, end: usize) -> bool {
        end >= 3 && self.source.text.as_bytes()[end - 3] == b'-'
    }

    // ── macro namespaces ──────────────────────────────────────────────────────────────────────────────────────────

    fn import(&mut self, at: usize, trims: bool, mut used: Vec<&'s str>) {
        used.sort_unstable();
        used.dedup();
        self.imports.extend(used.into_iter().map(|name| (at, trims, name)));
    }

    /// The rewritten source, with the imports put in from the last to the first.
    fn finish(mut self) -> String {
        let imports = std::mem::take(&mut self.imports);
        let mut sorted: Vec<_> = imports.into_iter().filter(|(.., name)| !self.assigned.contains(name)).collect();
        sorted.sort_by_key(|(at, ..)| std::cmp::Reverse(*at));
        for (at, trims, name) in sorted {
            let template = &self.source.namespaces[name];
            let dash = if trims { "-" } else { "" };
            self.out.insert_str(at, &format!("{{% import {} as {name} {dash}%}}", quote(template)));
        }
        self.out
    }
}

/// The next `{{`, `{%` or `{#` at or behind `from`, and its second character.
fn next_tag(bytes: &[u8], from: usize) -> Option<(usize, u8)> {
    memchr::memchr_iter(b'{', &bytes[from..]).map(|found| from + found).find_map(|at| match bytes.get(at + 1) {
        Some(kind @ (b'{' | b'%' | b'#')) => Some((at, *kind)),
        _ => None,
    })
}

/// The byte behind the delimiter at `start` and its `-` or `+`.
fn inside(text: &str, start: usize) -> usize {
    start + 2 + usize::from(matches!(text.as_bytes().get(start + 2), Some(b'-' | b'+')))
}

/// `raw` or `endraw` and nothing else, up to the closing delimiter: the byte behind the tag.
fn basic_tag(bytes: &[u8], at: usize, name: &[u8]) -> Option<usize> {
    let skip = |mut at: usize, set: fn(&u8) -> bool, most: usize| {
        let limit = at.saturating_add(most);
        while at < limit && bytes.get(at).is_some_and(set) {
            at += 1;
        }
        at
    };
    let trim: fn(&u8) -> bool = |byte| matches!(byte, b'-' | b'+');
    let at = skip(skip(at, trim, 1), u8::is_ascii_whitespace, usize::MAX);
    if !bytes.get(at..)?.starts_with(name) {
        return None;
    }
    let at = skip(skip(at + name.len(), u8::is_ascii_whitespace, usize::MAX), trim, 1);
    bytes[at..].starts_with(b"%}").then_some(at + 2)
}

/// The length of the whitespace at the start of `text`, in bytes.
fn blank_prefix(text: &str) -> usize {
    text.len() - text.trim_start().len()
}

/// A template name as a string constant.
fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

/// The constant between its quotes, without escapes where there are none.
#[must_use]
pub fn constant(text: &str) -> Option<String> {
    if !text.contains('\\') {
        return Some(text[1..text.len() - 1].to_string());
    }
    let environment = minijinja::Environment::empty();
    let value = environment.compile_expression(text).ok()?.eval(()).ok()?;
    value.as_str().map(str::to_string)
}
