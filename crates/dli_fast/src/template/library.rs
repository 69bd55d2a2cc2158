//! The sources of a set of templates, and the places that the pre-pass has noted in them.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use super::encode::Origin;
use super::error::{ErrorKind, TemplateError};
use super::facts::Facts;
use super::lines::{Lines, line_and_column};
use super::prepass::{self, Place, Source};
use super::rendered::Location;
use super::tag::Unreadable;

/// All templates of one set. Places are only ever added, so a rendered statement can always find its own.
#[derive(Debug)]
pub struct Library {
    sources: Vec<Original>,
    numbers: BTreeMap<String, u32>,
    /// Macro namespaces: name → template name.
    pub namespaces: BTreeMap<String, String>,
    places: Mutex<Vec<Place>>,
}

/// One template's source.
#[derive(Debug)]
struct Original {
    name: String,
    text: String,
    lines: OnceLock<Lines>,
}

impl Library {
    pub(super) fn new(templates: Vec<(String, String)>, namespaces: BTreeMap<String, String>) -> Self {
        let numbers = templates.iter().enumerate().map(|(number, (name, _))| (name.clone(), number as u32)).collect();
        let sources =
            templates.into_iter().map(|(name, text)| Original { name, text, lines: OnceLock::new() }).collect();
        Self { sources, numbers, namespaces, places: Mutex::new(Vec::new()) }
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
        Ok(Source { template: number, text: &self.sources[number as usize].text, namespaces: &self.namespaces })
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
    pub(super) fn location(
        &self,
        origin: Origin,
        (sql, written): (&str, &Lines),
        (from, to): (usize, usize),
    ) -> Option<Location> {
        let place = *self.lock().get(origin.place as usize)?;
        let source = self.sources.get(place.template as usize)?;
        let (text, lines) = (&source.text, source.lines.get_or_init(|| Lines::of(&source.text)));
        let mut start = if origin.after { place.after } else { place.at } as usize;
        let mut passed = sql.get(from..to).unwrap_or_default();
        if !origin.after && place.after > place.at {
            // inside of a value every column is the one of its `{{`
            passed = "";
        } else if !passed.trim_start().is_empty() || sql.get(to..)?.starts_with(|c: char| !c.is_whitespace()) {
            // a filter may have taken the blanks at the beginning away
            start = text.len() - text.get(start..)?.trim_start().len();
            passed = passed.trim_start();
        }
        let first = lines.number(start);
        let breaks = written.number(to) - written.number(to - passed.len());
        let (line, column) = match lines.line(text, first + breaks) {
            Some(own) if breaks == 0 => (first, (lines.column(text, start) + chars(passed)).min(chars(own))),
            Some(own) => {
                (first + breaks, aligned(own, written.line(sql, written.number(to))?, written.column(sql, to)))
            }
            // only blanks at the end can be more than there are in the source
            None => (lines.count() - 1, 0),
        };
        Some(Location { template: source.name.clone(), line: line as u32 + 1, column: Some(column as u32 + 1) })
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Place>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The column, from 0, in the line `own` for column `at` of the line `written`: the same text, with other blanks before it if
/// a filter has indented it.
fn aligned(own: &str, written: &str, at: usize) -> usize {
    let blanks = |line: &str| chars(line) - chars(line.trim_start());
    let (indent, own_indent) = (blanks(written), blanks(own));
    let column = if at < indent { at.min(own_indent) } else { own_indent + at - indent };
    column.min(chars(own))
}

fn chars(text: &str) -> usize {
    text.chars().count()
}
