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

    /// The place `distance` characters behind the beginning of `origin`, on its line.
    pub(super) fn location(&self, origin: Origin, distance: usize) -> Option<Location> {
        let place = *self.lock().get(origin.place as usize)?;
        let name = self.names.get(place.template as usize)?;
        let text = self.sources.get(place.template as usize)?;
        let (start, distance) = match origin.after {
            true => (place.after as usize, distance),
            // inside of a value every column is the one of its `{{`
            false if place.after > place.at => (place.at as usize, 0),
            false => (place.at as usize, distance),
        };
        let (line, column) = line_and_column(text, start);
        let rest = text.get(start..)?;
        let width = rest.lines().next().map_or(0, |line| line.chars().count());
        Some(Location { template: name.clone(), line, column: Some(column + distance.min(width) as u32) })
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Place>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
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
