//! The sources of a set of templates, and the places that the pre-pass has noted in them.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::encode::Origin;
use super::error::{ErrorKind, TemplateError};
use super::facts::Facts;
use super::prepass::{self, Place, Source};
use super::rendered::Location;
use super::tag::Unreadable;

/// All templates of one set. Places are only ever added, so a rendered statement can always find its own.
#[derive(Debug)]
pub struct Library {
    names: Vec<String>,
    sources: Vec<String>,
    numbers: BTreeMap<String, u32>,
    /// Macro namespaces: name → template name.
    pub namespaces: BTreeMap<String, String>,
    places: Mutex<Vec<Place>>,
}

impl Library {
    pub(super) fn new(templates: Vec<(String, String)>, namespaces: BTreeMap<String, String>) -> Self {
        let (names, sources): (Vec<_>, Vec<_>) = templates.into_iter().unzip();
        let numbers = names.iter().enumerate().map(|(number, name)| (name.clone(), number as u32)).collect();
        Self { names, sources, numbers, namespaces, places: Mutex::new(Vec::new()) }
    }

    /// The number of the template `name`.
    pub(super) fn number(&self, name: &str) -> Option<u32> {
        self.numbers.get(name).copied()
    }

    /// The source of the template `name`, or the error that there is none.
    pub(super) fn source(&self, name: &str) -> Result<Source<'_>, TemplateError> {
        let number = self
            .number(name)
            .ok_or_else(|| TemplateError::new(ErrorKind::Include, format!("there is no template {name:?}")))?;
        Ok(Source { template: number, text: &self.sources[number as usize], namespaces: &self.namespaces })
    }

    /// The template as minijinja compiles it.
    pub(super) fn rewritten(&self, name: &str) -> Result<String, TemplateError> {
        let source = self.source(name)?;
        prepass::rewrite(source, &mut self.lock()).map_err(|unreadable| Self::unreadable(name, source.text, unreadable))
    }

    /// What the template uses.
    pub(super) fn facts(&self, name: &str) -> Result<Facts<'_>, TemplateError> {
        let source = self.source(name)?;
        prepass::examine(source).map_err(|unreadable| Self::unreadable(name, source.text, unreadable))
    }

    /// minijinja says better what is wrong, where it sees it too. It is given little more than this pass has read: its
    /// parser does not survive what this pass refuses for its depth.
    fn unreadable(name: &str, text: &str, unreadable: Unreadable) -> TemplateError {
        const AHEAD: usize = 200;
        let (line, column) = line_and_column(text, unreadable.at);
        let own = TemplateError::new(ErrorKind::Syntax, unreadable.message).at(name, line, Some(column));
        let cut = (unreadable.at + AHEAD..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
        let Err(error) = minijinja::Environment::empty().template_from_named_str(name, &text[..cut]) else {
            return own;
        };
        let theirs = TemplateError::from_minijinja(&error);
        let about_the_cut = cut < text.len() && theirs.message.contains("unexpected end");
        if about_the_cut {
            return own;
        }
        let column = if theirs.line == Some(line) { Some(column) } else { None };
        TemplateError { template: Some(name.to_string()), column, ..theirs }
    }

    /// The place of `sql[to]`, when the text from `sql[from]` on came from `origin`.
    pub(super) fn location(&self, origin: Origin, sql: &str, (from, to): (usize, usize)) -> Option<Location> {
        let place = *self.lock().get(origin.place as usize)?;
        let name = self.names.get(place.template as usize)?;
        let text = self.sources.get(place.template as usize)?;
        let start = if origin.after { place.after } else { place.at } as usize;
        let (mut own, mut passed) = (text.get(start..)?, sql.get(from..to).unwrap_or_default());
        if !origin.after && place.after > place.at {
            // inside of a value every column is the one of its `{{`
            passed = "";
        } else if !passed.trim_start().is_empty() || sql.get(to..)?.starts_with(|c: char| !c.is_whitespace()) {
            // a filter may have taken the blanks at the beginning away
            (own, passed) = (own.trim_start(), passed.trim_start());
        }
        let (line, column) = line_and_column(text, text.len() - own.len());
        let at =
            |line: u32, column: usize| Some(Location { template: name.clone(), line, column: Some(column as u32) });
        let Some(begin) = passed.rfind('\n').map(|found| to - passed.len() + found + 1) else {
            return at(line, column as usize + chars(passed).min(width(own)));
        };
        let breaks = memchr::memchr_iter(b'\n', passed.as_bytes()).count();
        match own.split('\n').nth(breaks) {
            Some(own) => at(line + breaks as u32, 1 + aligned(own, &sql[begin..], chars(&sql[begin..to]))),
            // only blanks at the end can be more than there are in the source
            None => at(line + memchr::memchr_iter(b'\n', own.as_bytes()).count() as u32, 1),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Place>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The column (from 0) in the line that `own` begins with, for column `at` of the one that `written` begins with: the same
/// text, with other blanks before it if a filter has indented it.
fn aligned(own: &str, written: &str, at: usize) -> usize {
    let blanks = |text: &str| {
        let line = text.split('\n').next().unwrap_or_default();
        chars(line) - chars(line.trim_start())
    };
    let (indent, own_indent) = (blanks(written), blanks(own));
    let column = if at < indent { at.min(own_indent) } else { own_indent + at - indent };
    column.min(width(own))
}

/// The characters of the line that `text` begins with.
fn width(text: &str) -> usize {
    text.lines().next().map_or(0, chars)
}

fn chars(text: &str) -> usize {
    text.chars().count()
}

/// Line and column of a byte offset, from 1, the column in characters.
pub(super) fn line_and_column(text: &str, at: usize) -> (u32, u32) {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let before = &text[..at];
    let line = memchr::memchr_iter(b'\n', before.as_bytes()).count();
    let start = before.rfind('\n').map_or(0, |found| found + 1);
    (line as u32 + 1, before[start..].chars().count() as u32 + 1)
}
