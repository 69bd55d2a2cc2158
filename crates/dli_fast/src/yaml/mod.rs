//! YAML with places: bytes → checked text → parser events → one flat tree in document order.
//!
//! ```text
//! guard (size, UTF-8, characters) → granit-parser events → build (limits, keys, scalars) → Tree
//!                                                    Tree → Python values (py/yaml.rs) + path → line, column (places)
//! ```
//!
//! What a spec does not need and an attacker does (aliases, tags, merge keys, depth, size, several documents) is an
//! error with its place. Nothing here recurses, so no input reaches the end of the stack.

mod build;
mod guard;
mod messages;
mod places;
mod scalar;

pub use build::{read, read_collecting};
pub use places::{Places, Step};
pub use scalar::Scalar;

/// What an input may cost.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of the file.
    pub bytes: usize,
    /// Lists and mappings inside each other.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 1 << 20, depth: 64 }
    }
}

/// Line and column, both from 1; the column counts characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
}

impl Place {
    /// The beginning of the file.
    pub const START: Self = Self { line: 1, column: 1 };
}

/// Which rule an input broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// Not YAML, or not text at all.
    Syntax,
    /// A key stands twice in one mapping.
    DuplicateKey,
    /// An alias or an anchor.
    Alias,
    /// `<<`.
    MergeKey,
    /// `!tag`.
    Tag,
    /// Too many levels.
    Depth,
    /// Too many bytes, or a number too long.
    Size,
    /// A second document.
    Document,
}

impl ErrorKind {
    /// The kind's name in Python.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Syntax => "syntax",
            Self::DuplicateKey => "duplicate_key",
            Self::Alias => "alias",
            Self::MergeKey => "merge_key",
            Self::Tag => "tag",
            Self::Depth => "depth",
            Self::Size => "size",
            Self::Document => "document",
        }
    }
}

/// Why an input was refused, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct YamlError {
    /// The rule it broke.
    pub kind: ErrorKind,
    /// One sentence for a human, without the place.
    pub message: String,
    /// Where it was found.
    pub place: Place,
    /// Where a key that stands twice stands first.
    pub first: Option<Place>,
}

impl YamlError {
    fn new(kind: ErrorKind, place: Place, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), place, first: None }
    }
}

/// A range of `Tree::text`, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Range {
    start: u32,
    end: u32,
}

/// One value of the document.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// A scalar that is not text.
    Plain(Scalar),
    /// An integer beyond 64 bits: its digits as written, for the reader's own big numbers.
    Big(Range),
    /// Text.
    Text(Range),
    /// A list of so many items.
    List(u32),
    /// A mapping of so many entries.
    Map(u32),
}

/// A value, its key (inside a mapping), and where both stand.
#[derive(Clone, Copy, Debug)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// The key that leads to it, if its parent is a mapping.
    pub key: Option<Range>,
    /// Where the value stands; the key's place when nothing is written.
    pub place: Place,
    /// Where the key stands; the value's place for a list item.
    pub key_place: Place,
    /// Where line 1 of a text stands, when every line of the text is a line of the file.
    pub text_place: Option<Place>,
    /// The index after the last node inside this one.
    pub next: u32,
}

/// A whole document: its nodes in the order they are written (a container stands before what it holds).
#[derive(Debug, Default)]
pub struct Tree {
    nodes: Vec<Node>,
    text: String,
}

impl Tree {
    /// The nodes; empty for an empty file.
    #[must_use]
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The characters of a range.
    #[must_use]
    pub fn text(&self, range: Range) -> &str {
        &self.text[range.start as usize..range.end as usize]
    }
}
