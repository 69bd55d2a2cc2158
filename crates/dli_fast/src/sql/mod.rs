//! What a SQL dialect's lexer knows: where text, names and comments begin and end, and how a value is written.
//!
//! ```text
//! Dialect ─▶ Syntax (lexical facts, one file per dialect)
//!         ─▶ literal::write (value → literal)      form (text → inside of a quoted place)
//! ```
//!
//! Nothing here knows templates. `template::encode` walks a finished text with these facts.

mod bigquery;
mod duckdb;
pub mod form;
pub mod literal;
mod trino;

pub use form::{NameForm, TextForm};
pub use literal::Literal;

/// A SQL dialect that templates can be written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// DuckDB 2.
    DuckDb,
    /// Trino.
    Trino,
    /// BigQuery (GoogleSQL).
    BigQuery,
}

impl Dialect {
    /// All of them, in the order of the documentation.
    pub const ALL: [Self; 3] = [Self::DuckDb, Self::Trino, Self::BigQuery];

    /// The dialect called `name` in specs and configuration.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dialect| dialect.name() == name)
    }

    /// Its name in specs and configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::DuckDb => "duckdb",
            Self::Trino => "trino",
            Self::BigQuery => "bigquery",
        }
    }

    /// Its lexical facts.
    #[must_use]
    pub const fn syntax(self) -> &'static Syntax {
        match self {
            Self::DuckDb => &duckdb::SYNTAX,
            Self::Trino => &trino::SYNTAX,
            Self::BigQuery => &bigquery::SYNTAX,
        }
    }
}

/// Why a value has no form in some place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The value has no SQL form at all, or none in this kind of quotes.
    Value(String),
    /// It would have one, but not here: misplaced or glued to something.
    Place(String),
    /// The statement grows beyond all measure.
    Size,
}

impl Refusal {
    pub(crate) fn value(message: impl Into<String>) -> Self {
        Self::Value(message.into())
    }

    pub(crate) fn place(message: impl Into<String>) -> Self {
        Self::Place(message.into())
    }
}

/// The lexical facts of one dialect.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each is one fact of a dialect, independent of the others")]
pub struct Syntax {
    /// `#` begins a line comment, as `--` does everywhere.
    pub hash_comments: bool,
    /// `/* /* */ */` is one comment.
    pub nested_comments: bool,
    /// `"…"` is text (BigQuery), else a name.
    pub double_quoted_text: bool,
    /// `'''…'''` and `"""…"""` are text.
    pub triple_quotes: bool,
    /// `$$…$$` and `$tag$…$tag$` are text, and `$` may be part of a word.
    pub dollar_quotes: bool,
    /// A text literal after a line break continues the one before it, in the form in which that one began.
    pub continued_text: bool,
    /// `U&'…'` and `U&"…"` exist, with escapes of their own.
    pub unicode_prefix: bool,
    /// LIKE takes a backslash for an escape, and knows no ESCAPE.
    pub like_escapes: bool,
    /// The form of text without a prefix.
    pub text: TextForm,
    /// The letters that may stand directly before a quote, in lower case, and the form they choose.
    pub prefixes: &'static [(&'static str, TextForm)],
    /// The form of a name in `"…"`.
    pub name: NameForm,
    /// The form of a name in backticks.
    pub backtick_name: NameForm,
    /// Whether a backslash in a backtick name takes the next character along.
    pub backtick_escapes: bool,
    /// Writers of the literals that differ between dialects.
    pub literals: &'static literal::Writers,
}

impl Syntax {
    /// The form of a text literal that has `word` directly before its quote (empty for none).
    #[must_use]
    pub fn text_form(&self, word: &str) -> TextForm {
        if word.is_empty() {
            return self.text;
        }
        for (prefix, form) in self.prefixes {
            if prefix.eq_ignore_ascii_case(word) {
                return *form;
            }
        }
        // `DATE'…'` is a typed literal in the usual form; one letter, or a word that begins with a digit, may mean anything.
        if word.chars().nth(1).is_none() || word.starts_with(|first: char| first.is_ascii_digit()) {
            TextForm::Restricted
        } else {
            self.text
        }
    }
}

/// Bytes of a word: letters, digits, `_`, and everything outside ASCII.
#[inline]
#[must_use]
pub const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}
