//! The parser's errors in words that name the remedy. A place is never lost, whatever the text.

use std::fmt::Write;

use super::build::{OpenFlow, place};
use super::{ErrorKind, Limits, Place, YamlError};
use granit_parser::{ErrorKind as Kind, ScanError};

pub(super) fn explain(error: &ScanError, source: &str, open: &OpenFlow, limits: Limits) -> YamlError {
    let at = place(error.marker());
    let (kind, mut message) = match error.kind() {
        Kind::RecursionLimitExceeded => return too_deep(at, limits),
        Kind::TabNotAllowed
        | Kind::TabInBlockIndentation
        | Kind::TabInIndentation
        | Kind::UnexpectedCharacter { character: '\t' } => {
            return tab(at);
        }
        Kind::UndeclaredTagHandle => (ErrorKind::Tag, "a tag is not allowed; quote the value if it is text".into()),
        Kind::MissingAnchorOrAliasName => {
            (ErrorKind::Alias, "a value cannot start with '*' or '&'; put it in quotes".into())
        }
        Kind::MultipleDocumentsUnsupported => (ErrorKind::Document, "a file holds one document".into()),
        other => (ErrorKind::Syntax, syntax(other, source, error.marker().byte_offset())),
    };
    if let Some((bracket, from)) = open.last().filter(|_| concerns_flow(error.kind())) {
        let _ = write!(message, " (the '{bracket}' of line {}, column {} is still open)", from.line, from.column);
    }
    YamlError::new(kind, at, message)
}

pub(super) fn too_deep(at: Place, limits: Limits) -> YamlError {
    YamlError::new(ErrorKind::Depth, at, format!("nested deeper than {} levels", limits.depth))
}

pub(super) fn tab(at: Place) -> YamlError {
    YamlError::new(ErrorKind::Syntax, at, "a tab stands where only spaces may indent; replace it by spaces")
}

/// A key as it may stand in a message: quoted, escaped, not endless.
pub(super) fn shown(text: &str) -> String {
    const MOST: usize = 60;
    let mut name: String = text.chars().take(MOST).flat_map(char::escape_debug).collect();
    if text.chars().nth(MOST).is_some() {
        name.push('…');
    }
    format!("'{name}'")
}

fn concerns_flow(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::UnexpectedEofFlowSequence
            | Kind::UnexpectedEofFlowMapping
            | Kind::UnexpectedEofImplicitFlowMapping
            | Kind::ExpectedFlowMappingSeparator
            | Kind::ExpectedFlowSequenceSeparator
            | Kind::MismatchedFlowCollectionEnd { .. }
            | Kind::BlockEntryInFlowCollection
            | Kind::InvalidFlowScalarIndent
            | Kind::InvalidColonPlacement
            | Kind::SimpleKeyExpected
            | Kind::InvalidSimpleKey
    )
}

fn syntax(kind: &Kind, source: &str, at: Option<usize>) -> String {
    match kind {
        Kind::MappingValueNotAllowed => mapping_value(source, at),
        Kind::UnexpectedCharacter { character } => {
            format!("a value cannot start with {}; put it in quotes", shown(&character.to_string()))
        }
        Kind::UnclosedQuotedScalar => "this quote is never closed".into(),
        Kind::UnclosedFlowCollection { open } => format!("this '{open}' is never closed"),
        Kind::MismatchedFlowCollectionEnd { close, .. } => format!("'{close}' closes nothing that is open"),
        Kind::MisplacedFlowCollectionEnd => "this bracket closes nothing; put the value in quotes if it is text".into(),
        Kind::UnexpectedEofFlowSequence | Kind::UnexpectedEofFlowMapping | Kind::UnexpectedEofImplicitFlowMapping => {
            "the file ends inside brackets".into()
        }
        Kind::ExpectedFlowSequenceSeparator => "expected ',' or ']'".into(),
        Kind::ExpectedFlowMappingSeparator => "expected ',' or '}'".into(),
        Kind::InvalidColonPlacement => "a ':' is not allowed here".into(),
        Kind::ExpectedBlockMappingKey => {
            "expected a key (name: value) here; check the indentation, and quote text that goes on after a closing quote".into()
        }
        Kind::ExpectedBlockSequenceEntry => "expected a list item ('- ') here; check the indentation".into(),
        Kind::BlockSequenceEntryNotAllowed => "a list item ('- ') cannot start here; put it on a line of its own".into(),
        Kind::BlockEntryInFlowCollection => "'- ' items are not allowed inside brackets; separate them with commas".into(),
        Kind::SimpleKeyExpected | Kind::InvalidSimpleKey => "expected ':' and a space after this key, on the same line".into(),
        Kind::InvalidIndentation => "this line's indentation matches no line above".into(),
        Kind::InvalidBlockScalarIndent => "a line of this text is indented less than its first line".into(),
        Kind::InvalidBlockScalarHeader => "after '|' or '>' the line must end; the text starts on the next one".into(),
        Kind::InvalidTrailingSingleQuotedScalar => {
            "text stands after the closing quote; inside '…' a quote is written twice ('')".into()
        }
        Kind::InvalidTrailingDoubleQuotedScalar => {
            "text stands after the closing quote; inside \"…\" a quote is written \\\"".into()
        }
        Kind::UnknownQuotedScalarEscape => {
            "unknown escape in \"…\"; a backslash is written \\\\ there, or as it is in '…'".into()
        }
        Kind::InvalidQuotedScalarIndent => "a quoted text of several lines must be indented deeper than its key".into(),
        Kind::CommentInterceptedScalar => "a comment cannot stand inside a text of several lines".into(),
        Kind::MappingKeyNotAllowed => "a key cannot start here; put it on a line of its own".into(),
        Kind::DocumentIndicatorInQuotedScalar => "'---' or '...' inside a quoted text: a quote is not closed".into(),
        Kind::InvalidDocumentEnd => "nothing may follow '...' on its line".into(),
        Kind::BomInsideDocument => "a byte-order mark (U+FEFF) stands inside the file; remove it".into(),
        Kind::UnexpectedEof => "the file ends too early".into(),
        other => other.to_string(),
    }
}

/// The commonest mistakes: text with ": " in it, and a line that is indented too far.
fn mapping_value(source: &str, at: Option<usize>) -> String {
    let line = at.and_then(|at| {
        let head = source.get(..at)?;
        Some(&head[head.rfind(['\n', '\r']).map_or(0, |end| end + 1)..])
    });
    match line {
        Some(line) if line.contains(": ") => "': ' is not allowed inside a value; put the value in quotes".into(),
        _ => "a ':' is not allowed here: the line above it is still a value; check the indentation".into(),
    }
}
