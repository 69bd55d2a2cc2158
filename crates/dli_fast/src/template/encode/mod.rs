//! From the finished text with marks to SQL: one pass of the dialect's lexer that gives each value the form of its place.
//!
//! ```text
//! text with marks ─▶ cursor.rs (copies, keeps the source map) ─▶ this file: which place is this?
//!                    scan.rs: the next byte that matters       ├─ quoted.rs   inside '…' "…" `…` $$…$$
//!                                                              ├─ bare.rs     between tokens
//!                                                              └─ comments: cleaned text, here
//! ```

mod bare;
mod cursor;
mod quoted;
mod scan;

use minijinja::value::Value;

use super::mark::Mark;
use super::value::Reader;
use crate::sql::{Dialect, Literal, Refusal, TextForm};
use cursor::{Cursor, VALUE};

/// More SQL than this is a template gone wild.
pub const MAX_OUTPUT: usize = 64 << 20;

/// A finished statement: its text, and where each piece of it came from.
#[derive(Debug, Default)]
pub struct Encoded {
    /// The SQL.
    pub sql: String,
    /// (byte offset in `sql`, origin), in ascending order.
    pub map: Vec<(u32, Origin)>,
}

/// Where text came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// The number of the place.
    pub place: u32,
    /// True for the text behind the place's `{{ … }}`.
    pub after: bool,
}

/// Why encoding stopped, and where.
#[derive(Debug)]
pub struct Stopped {
    /// What is wrong.
    pub refusal: Refusal,
    /// Where the text before it came from.
    pub origin: Option<Origin>,
    /// The SQL so far.
    pub sql: String,
    /// In it, where that text begins, and the beginning of the line where it stopped.
    pub span: (usize, usize),
}

type Step = Result<(), Refusal>;

/// Encodes `text`, whose value marks stand for `values`.
pub fn encode(dialect: Dialect, text: &str, values: &[Value], reader: Reader<'_>) -> Result<Encoded, Stopped> {
    let mut encoder = Encoder {
        dialect,
        cursor: Cursor::new(text, values.len()),
        values,
        reader,
        run: 0,
        significant: 0,
        value_end: None,
        after_text: false,
        text_form: dialect.syntax().text,
    };
    match encoder.bare() {
        Ok(()) => Ok(Encoded { sql: encoder.cursor.out, map: encoder.cursor.map }),
        Err(refusal) => Err(encoder.cursor.stopped(refusal)),
    }
}

struct Encoder<'t> {
    dialect: Dialect,
    cursor: Cursor<'t>,
    values: &'t [Value],
    reader: Reader<'t>,
    /// Where in the output the bare text since the last comment or quoted place begins.
    run: usize,
    /// Where the bare text before that ends, without trailing blanks.
    significant: usize,
    /// Where the last value between tokens ends.
    value_end: Option<usize>,
    /// Nothing but blanks and comments since a text literal.
    after_text: bool,
    /// The form of the last text literal, which a continued one inherits.
    text_form: TextForm,
}

const LINE: &[u8; 2] = b"\n\r";
const BLOCK: &[u8; 2] = b"*/";

/// Characters that one reader or another takes for the end of a line.
const LINE_ENDS: [char; 5] = ['\u{85}', '\u{2028}', '\u{2029}', '\u{b}', '\u{c}'];

impl<'t> Encoder<'t> {
    /// The value whose mark is under the cursor; the cursor moves behind it.
    fn take_value(&mut self) -> Result<&'t Value, Refusal> {
        let (mark, length) = Mark::read(self.cursor.text.as_bytes(), self.cursor.at).ok_or_else(torn)?;
        let Mark::Value(number) = mark else { return Err(torn()) };
        let value = self.values.get(number as usize).ok_or_else(torn)?;
        self.cursor.at += length;
        if self.cursor.out.len() > MAX_OUTPUT {
            return Err(Refusal::Size);
        }
        Ok(value)
    }

    /// The same, as what it is for SQL.
    fn take_literal(&mut self) -> Result<Literal<'t>, Refusal> {
        let value = self.take_value()?;
        self.reader.literal(value)
    }

    fn line_comment(&mut self, opening: usize) -> Step {
        self.leave_run();
        let start = self.cursor.out.len();
        self.cursor.take(opening)?;
        loop {
            match self.cursor.copy_until(LINE)? {
                None => break,
                Some(VALUE) => {
                    if self.cursor.out[start..].contains(LINE_ENDS) {
                        return Err(Refusal::place("a value behind an unusual line break in a comment"));
                    }
                    self.comment_value()?;
                }
                Some(b'\r') if self.cursor.ahead(1) != b'\n' => {
                    return Err(Refusal::place("a lone carriage return in a comment"));
                }
                Some(b'\r') => self.cursor.take(1)?,
                Some(_) => {
                    self.cursor.take(1)?;
                    break;
                }
            }
        }
        self.run = self.cursor.out.len();
        Ok(())
    }

    fn block_comment(&mut self) -> Step {
        self.leave_run();
        let nested = self.dialect.syntax().nested_comments;
        self.cursor.take(2)?;
        let mut depth = 1;
        while depth > 0 {
            match (self.cursor.copy_until(BLOCK)?, self.cursor.ahead(1)) {
                (None, _) => return self.unfinished("a comment"),
                (Some(VALUE), _) => self.comment_value()?,
                (Some(b'*'), b'/') => {
                    self.cursor.take(2)?;
                    depth -= 1;
                }
                (Some(b'/'), b'*') if nested => {
                    self.cursor.take(2)?;
                    depth += 1;
                }
                _ => self.cursor.take(1)?,
            }
        }
        self.run = self.cursor.out.len();
        Ok(())
    }

    /// A comment shows cleaned text, and never nothing: `*` and `/` around an empty value would end it.
    fn comment_value(&mut self) -> Step {
        let literal = self.take_literal()?;
        let start = self.cursor.out.len();
        literal.write_comment(&mut self.cursor.out);
        if self.cursor.out.len() == start {
            self.cursor.out.push('_');
        }
        self.cursor.after_value();
        Ok(())
    }

    /// Remembers where the bare text ends, before a comment.
    fn leave_run(&mut self) {
        self.significant = self.significant_end();
        self.run = self.cursor.out.len();
    }

    fn significant_end(&self) -> usize {
        let trimmed = self.cursor.out[self.run..].trim_end();
        if trimmed.is_empty() { self.significant } else { self.run + trimmed.len() }
    }

    /// After a quoted place: bare text begins anew, and no word of it stands before.
    fn begin_run(&mut self) {
        self.run = self.cursor.out.len();
        self.significant = self.run;
    }

    /// The text ends inside of something: an error of the engine's own, unless a value could be at stake.
    fn unfinished(&self, place: &str) -> Step {
        if self.values.is_empty() {
            return Ok(());
        }
        Err(Refusal::place(format!("the SQL ends inside {place}")))
    }
}

fn torn() -> Refusal {
    Refusal::value("captured SQL text was taken apart")
}
