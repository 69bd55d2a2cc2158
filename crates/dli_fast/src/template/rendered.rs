//! A rendered statement and the way back to the templates it came from.

use std::sync::{Arc, OnceLock};

use super::encode::Origin;
use super::library::Library;
use super::lines::Lines;

/// SQL, and for every line and column of it the place in the templates.
#[derive(Debug, Clone)]
pub struct Rendered {
    /// The SQL.
    pub sql: String,
    lines: OnceLock<Lines>,
    map: Vec<(u32, Origin)>,
    library: Arc<Library>,
}

/// A place in a template; line and column count from 1, the column in characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// The template's name in the set.
    pub template: String,
    /// The line.
    pub line: u32,
    /// The column.
    pub column: Option<u32>,
}

impl Rendered {
    pub(super) fn new(sql: String, map: Vec<(u32, Origin)>, library: Arc<Library>) -> Self {
        Self { sql, lines: OnceLock::new(), map, library }
    }

    /// Where line `line` (and column `column`) of the SQL came from; None outside of the SQL.
    #[must_use]
    pub fn locate(&self, line: usize, column: Option<usize>) -> Option<Location> {
        let number = line.checked_sub(1)?;
        let (start, text) = (self.lines().start(number)?, self.lines().line(&self.sql, number)?);
        let Some(column) = column else {
            // blanks at the beginning of a line belong to what follows them
            let first = start + (text.len() - text.trim_start().len());
            return self.place(first, None).map(|location| Location { column: None, ..location });
        };
        let offset = text.char_indices().nth(column.checked_sub(1)?).map_or(text.len(), |(at, _)| at);
        self.place(start + offset, Some(start))
    }

    /// For each line of the SQL, the template and line it came from.
    #[must_use]
    pub fn source_lines(&self) -> Vec<(String, u32)> {
        (1..=self.lines().count())
            .map(|line| {
                self.locate(line, None).map_or((String::new(), 0), |location| (location.template, location.line))
            })
            .collect()
    }

    fn lines(&self) -> &Lines {
        self.lines.get_or_init(|| Lines::of(&self.sql))
    }

    /// The place of the SQL's byte `offset`. Blanks before the first mark of a line belong to that mark.
    fn place(&self, offset: usize, line_start: Option<usize>) -> Option<Location> {
        let after = self.map.partition_point(|(at, _)| *at as usize <= offset);
        let (at, origin) = match (after.checked_sub(1).map(|index| self.map[index]), self.map.get(after)) {
            (Some(entry), _) if line_start.is_none_or(|start| entry.0 as usize >= start) => entry,
            (_, Some(next)) if self.blank_between(offset, next.0 as usize) => *next,
            (Some(entry), _) => entry,
            (None, _) => *self.map.first()?,
        };
        self.library.location(origin, (&self.sql, self.lines()), (at as usize, offset))
    }

    fn blank_between(&self, from: usize, to: usize) -> bool {
        self.sql.get(from..to).is_some_and(|text| text.chars().all(|c| c != '\n' && c.is_whitespace()))
    }
}
