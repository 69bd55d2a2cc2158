//! Where the lines of a text begin: found once, then each line and each offset is a look-up.

/// The line starts of one text. All methods want that text again.
#[derive(Debug, Clone)]
pub struct Lines(Vec<usize>);

impl Lines {
    /// Finds them.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self(std::iter::once(0).chain(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1)).collect())
    }

    /// How many lines there are: one more than there are line breaks.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The line that byte `at` stands in, from 0.
    #[must_use]
    pub fn number(&self, at: usize) -> usize {
        self.0.partition_point(|start| *start <= at) - 1
    }

    /// The first byte of a line, from 0; None behind the last one.
    #[must_use]
    pub fn start(&self, number: usize) -> Option<usize> {
        self.0.get(number).copied()
    }

    /// A line, from 0, without its line break; None behind the last one.
    #[must_use]
    pub fn line<'t>(&self, text: &'t str, number: usize) -> Option<&'t str> {
        let start = self.start(number)?;
        let end = self.start(number + 1).map_or(text.len(), |next| next - 1);
        Some(text[start..end].trim_end_matches('\r'))
    }

    /// The column of byte `at` in its line, from 0, in characters.
    #[must_use]
    pub fn column(&self, text: &str, at: usize) -> usize {
        text[self.0[self.number(at)]..at].chars().count()
    }
}

/// Line and column of a byte offset, from 1, the column in characters: for one look.
#[must_use]
pub fn line_and_column(text: &str, at: usize) -> (u32, u32) {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let lines = Lines::of(&text[..at]);
    (lines.count() as u32, lines.column(text, at) as u32 + 1)
}

#[cfg(test)]
mod tests {
    use super::{Lines, line_and_column};

    #[test]
    fn offsets_and_lines_find_each_other() {
        let text = "é1\r\n\n한 b\n";
        let lines = Lines::of(text);
        assert_eq!(lines.count(), 4);
        assert_eq!(
            (0..5).map(|number| lines.line(text, number)).collect::<Vec<_>>(),
            [Some("é1"), Some(""), Some("한 b"), Some(""), None]
        );
        let b = text.find('b').expect("it is there");
        assert_eq!((lines.number(b), lines.column(text, b)), (2, 2));
        assert_eq!(line_and_column(text, b), (3, 3));
        assert_eq!(line_and_column(text, 99), (4, 1));
    }
}
