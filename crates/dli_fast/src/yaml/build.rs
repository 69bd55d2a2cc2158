//! Parser events → `Tree`, and every rule of ours that YAML itself does not have.

use super::scalar::{MAX_DIGITS, Resolved, Scalar, resolve};
use super::{ErrorKind, Limits, Node, Place, Range, Tree, Value, YamlError, guard, messages};
use granit_parser::{Event, Marker, Parser, ScalarStyle, Span, StructureStyle, Tag, options};
use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// Entries up to which a mapping's keys are compared one by one.
const FEW: usize = 12;

/// Read one document; the first key that stands twice is an error.
pub fn read(data: &[u8], limits: Limits) -> Result<Tree, YamlError> {
    read_collecting(data, limits, 0, &mut Vec::new())
}

/// Read one document, and put up to `most` keys that stand twice aside: the first of each counts, and reading goes on.
/// What was put aside stays so when an error ends the reading later.
pub fn read_collecting(
    data: &[u8],
    limits: Limits,
    most: usize,
    twice: &mut Vec<YamlError>,
) -> Result<Tree, YamlError> {
    let source = guard::check(data, limits)?;
    let options = options! {
        emit_comments: false,
        emit_anchor_events: true,
        emit_unresolved_aliases: true,
        flow_nesting_limit: limits.depth,
        block_nesting_limit: limits.depth,
    };
    let mut builder = Builder::new(source, limits, most, twice);
    for event in Parser::new_from_str_with_options(source, options) {
        match event {
            Ok((event, span)) => builder.event(event, &span)?,
            Err(error) => return Err(messages::explain(&error, source, &builder.open_flow(), limits)),
        }
    }
    Ok(builder.tree)
}

/// A flow collection that is still open: its bracket and place.
pub(super) type OpenFlow = Vec<(char, Place)>;

/// A list or mapping that is not closed yet.
struct Open<'a> {
    node: usize,
    flow: bool,
    /// It is the value of a key that stands twice: dropped when it closes.
    dropped: bool,
    /// None for a list.
    keys: Option<Keys<'a>>,
}

/// The keys of one mapping, and the one that waits for its value.
#[derive(Default)]
struct Keys<'a> {
    pending: Option<(Range, Place)>,
    /// The pending key stands in this mapping already.
    again: bool,
    few: Vec<(Cow<'a, str>, Place)>,
    many: HashMap<Cow<'a, str>, Place>,
}

impl<'a> Keys<'a> {
    /// Remember a key; the place of the same key if there was one.
    fn insert(&mut self, key: Cow<'a, str>, place: Place) -> Option<Place> {
        if self.many.is_empty() {
            if let Some((_, first)) = self.few.iter().find(|(known, _)| *known == key) {
                return Some(*first);
            }
            self.few.push((key, place));
            if self.few.len() > FEW {
                self.many.extend(self.few.drain(..));
            }
            return None;
        }
        match self.many.entry(key) {
            Entry::Occupied(first) => Some(*first.get()),
            Entry::Vacant(slot) => {
                slot.insert(place);
                None
            }
        }
    }
}

struct Builder<'a, 't> {
    source: &'a str,
    limits: Limits,
    /// Keys that stand twice, and how many of them are put aside.
    twice: &'t mut Vec<YamlError>,
    most: usize,
    has_tabs: bool,
    documents: usize,
    open: Vec<Open<'a>>,
    tree: Tree,
}

impl<'a, 't> Builder<'a, 't> {
    fn new(source: &'a str, limits: Limits, most: usize, twice: &'t mut Vec<YamlError>) -> Self {
        let has_tabs = memchr::memchr(b'\t', source.as_bytes()).is_some();
        let tree = Tree { nodes: Vec::with_capacity(source.len() / 16), text: String::with_capacity(source.len()) };
        Self { source, limits, twice, most, has_tabs, documents: 0, open: Vec::new(), tree }
    }

    fn event(&mut self, event: Event<'a>, span: &Span) -> Result<(), YamlError> {
        match event {
            Event::DocumentStart(..) => self.document(span),
            Event::Scalar(text, style, _, tag) => {
                refuse_tag(tag.as_deref(), span)?;
                self.refuse_tab(span)?;
                if self.expects_key() { self.key(text, style, span) } else { self.scalar(&text, style, span) }
            }
            Event::SequenceStart(style, _, tag) => {
                refuse_tag(tag.as_deref(), span)?;
                self.start(Value::List(0), style, span)
            }
            Event::MappingStart(style, _, tag) => {
                refuse_tag(tag.as_deref(), span)?;
                self.start(Value::Map(0), style, span)
            }
            Event::SequenceEnd | Event::MappingEnd => {
                self.end();
                Ok(())
            }
            Event::Anchor(_, name) => Err(alias(&format!("the anchor &{name} is not allowed"), span)),
            Event::UnresolvedAlias(name) => Err(alias(&format!("*{name} is an alias, which is not allowed"), span)),
            Event::Alias(_) => Err(alias("an alias is not allowed", span)),
            _ => Ok(()),
        }
    }

    fn document(&mut self, span: &Span) -> Result<(), YamlError> {
        self.documents += 1;
        if self.documents == 1 {
            return Ok(());
        }
        let message = "a second document starts here; a file holds one (remove the '---')";
        Err(YamlError::new(ErrorKind::Document, place(&span.start), message))
    }

    fn expects_key(&self) -> bool {
        self.open.last().and_then(|open| open.keys.as_ref()).is_some_and(|keys| keys.pending.is_none())
    }

    fn key(&mut self, text: Cow<'a, str>, style: ScalarStyle, span: &Span) -> Result<(), YamlError> {
        let at = place(&span.start);
        if style == ScalarStyle::Plain && is_absent(span) {
            return Err(YamlError::new(ErrorKind::Syntax, at, "a key is missing before this ':'"));
        }
        if style == ScalarStyle::Plain && text == "<<" {
            let message = "the merge key << is not allowed; write the keys out, or quote it if it is a name";
            return Err(YamlError::new(ErrorKind::MergeKey, at, message));
        }
        let kept = self.without_added_break(&text, style, span).len();
        let text = match text {
            Cow::Borrowed(text) => Cow::Borrowed(&text[..kept]),
            Cow::Owned(text) => Cow::Owned(text[..kept].to_owned()),
        };
        let range = self.keep(&text);
        let Some(keys) = self.open.last_mut().and_then(|open| open.keys.as_mut()) else { return Ok(()) };
        keys.pending = Some((range, at));
        let Some(first) = keys.insert(text, at) else { return Ok(()) };
        let name = messages::shown(self.tree.text(range));
        let message = format!(
            "the key {name} stands twice in this mapping: first at line {}, column {}",
            first.line, first.column
        );
        keys.again = true;
        let found = YamlError { first: Some(first), ..YamlError::new(ErrorKind::DuplicateKey, at, message) };
        if self.twice.len() >= self.most {
            return Err(found);
        }
        self.twice.push(found);
        Ok(())
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, span: &Span) -> Result<(), YamlError> {
        let absent = is_absent(span);
        let text = self.without_added_break(text, style, span);
        let value = match style {
            ScalarStyle::Plain if absent => Value::Plain(Scalar::Null),
            ScalarStyle::Plain => self.plain(text, span)?,
            _ => Value::Text(self.keep(text)),
        };
        let text_place = match value {
            Value::Text(_) => self.text_place(text, style, span),
            _ => None,
        };
        if self.push(value, span, absent && style == ScalarStyle::Plain, text_place) {
            self.tree.nodes.pop();
        }
        Ok(())
    }

    /// The parser ends a block's last line with a line break even where the file ends without one; YAML does not.
    fn without_added_break<'x>(&self, text: &'x str, style: ScalarStyle, span: &Span) -> &'x str {
        let block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
        if !block || self.source.ends_with(['\n', '\r']) {
            return text;
        }
        let Some(body) = text.strip_suffix('\n') else { return text };
        let last = self.source.rsplit(['\n', '\r']).next().unwrap_or_default();
        if body.is_empty() && last.bytes().all(|byte| byte == b' ') {
            // Nothing but blanks after the header's break: no line, since an empty one (l-empty of YAML 1.2) ends in a break.
            let written = span.byte_range().and_then(|range| self.source.get(range)).unwrap_or_default();
            let breaks = written.replace("\r\n", "\n").matches(['\n', '\r']).count();
            return if breaks == 1 { body } else { text };
        }
        let indent = place(&span.start).column as usize - 1;
        let is_last = last.len() > indent
            && last.bytes().take(indent).all(|byte| byte == b' ')
            && body.ends_with(&last[indent..]);
        if is_last { body } else { text }
    }

    fn plain(&mut self, text: &str, span: &Span) -> Result<Value, YamlError> {
        match resolve(text) {
            Resolved::Plain(scalar) => Ok(Value::Plain(scalar)),
            Resolved::Text => Ok(Value::Text(self.keep(text))),
            Resolved::Big if text.len() <= MAX_DIGITS => Ok(Value::Big(self.keep(text))),
            Resolved::Big => {
                let message = format!("a number of {} digits; at most {MAX_DIGITS} are read", text.len());
                Err(YamlError::new(ErrorKind::Size, place(&span.start), message))
            }
        }
    }

    /// Where the text's first line stands, if its lines are lines of the file, each from one column on.
    fn text_place(&self, text: &str, style: ScalarStyle, span: &Span) -> Option<Place> {
        let start = place(&span.start);
        match style {
            ScalarStyle::Literal => {
                // The parser points at the first line that is not blank; blank lines before it are text too.
                let blank = text.bytes().take_while(|&b| b == b'\n').count() as u32;
                (blank < text.len() as u32).then(|| Place { line: start.line - blank, column: start.column })
            }
            ScalarStyle::Folded => None,
            _ => {
                let written = self.source.get(span.byte_range()?)?;
                let quote = u32::from(style != ScalarStyle::Plain);
                let inside = written.get(quote as usize..written.len() - quote as usize)?;
                (inside == text).then_some(Place { line: start.line, column: start.column + quote })
            }
        }
    }

    fn start(&mut self, value: Value, style: StructureStyle, span: &Span) -> Result<(), YamlError> {
        let at = place(&span.start);
        if self.expects_key() {
            let message = "a key must be a single value; put text such as {{ … }} or [ … ] in quotes";
            return Err(YamlError::new(ErrorKind::Syntax, at, message));
        }
        if self.open.len() >= self.limits.depth {
            return Err(messages::too_deep(at, self.limits));
        }
        self.refuse_tab(span)?;
        let node = self.tree.nodes.len();
        let dropped = self.push(value, span, false, None);
        let keys = matches!(value, Value::Map(_)).then(Keys::default);
        self.open.push(Open { node, flow: style == StructureStyle::Flow, dropped, keys });
        Ok(())
    }

    fn end(&mut self) {
        if let Some(open) = self.open.pop() {
            if open.dropped {
                self.tree.nodes.truncate(open.node);
            } else {
                self.tree.nodes[open.node].next = self.tree.nodes.len() as u32;
            }
        }
    }

    /// Add a value below the innermost open container. True when its key stands twice: its nodes are to go again.
    fn push(&mut self, value: Value, span: &Span, absent: bool, text_place: Option<Place>) -> bool {
        let at = place(&span.start);
        let (mut key, mut again) = (None, false);
        if let Some(open) = self.open.last_mut() {
            if let Some(keys) = &mut open.keys {
                key = keys.pending.take();
                again = std::mem::take(&mut keys.again);
            }
            match &mut self.tree.nodes[open.node].value {
                Value::List(count) | Value::Map(count) if !again => *count += 1,
                _ => {}
            }
        }
        let key_place = key.map_or(at, |(_, place)| place);
        let next = self.tree.nodes.len() as u32 + 1;
        self.tree.nodes.push(Node {
            value,
            key: key.map(|(range, _)| range),
            place: if absent { key_place } else { at },
            key_place,
            text_place,
            next,
        });
        again
    }

    fn keep(&mut self, text: &str) -> Range {
        let start = self.tree.text.len() as u32;
        self.tree.text.push_str(text);
        Range { start, end: self.tree.text.len() as u32 }
    }

    /// A tab before the first token of a block line: allowed by the parser, read differently by every other one.
    fn refuse_tab(&self, span: &Span) -> Result<(), YamlError> {
        if !self.has_tabs || self.open.iter().any(|open| open.flow) {
            return Ok(());
        }
        let Some(start) = span.start.byte_offset() else { return Ok(()) };
        let line = self.source[..start].rfind(['\n', '\r']).map_or(0, |at| at + 1);
        let before = &self.source[line..start];
        let indent = before.len() - before.trim_start_matches([' ', '\t', '-', '?', ':']).len();
        match before[..indent].find('\t') {
            Some(at) if indent == before.len() => {
                Err(messages::tab(Place { line: span.start.line() as u32, column: at as u32 + 1 }))
            }
            _ => Ok(()),
        }
    }

    fn open_flow(&self) -> OpenFlow {
        let bracket = |open: &Open| if open.keys.is_some() { '{' } else { '[' };
        let flow = self.open.iter().filter(|open| open.flow);
        flow.map(|open| (bracket(open), self.tree.nodes[open.node].place)).collect()
    }
}

fn refuse_tag(tag: Option<&Tag>, span: &Span) -> Result<(), YamlError> {
    let Some(tag) = tag else { return Ok(()) };
    let at = place(span.tag_start.as_ref().unwrap_or(&span.start));
    let message = format!("the tag {} is not allowed; quote the value if it is text", tag.original());
    Err(YamlError::new(ErrorKind::Tag, at, message))
}

fn alias(what: &str, span: &Span) -> YamlError {
    let message = format!("{what}; write the value out, or quote it if it is text");
    YamlError::new(ErrorKind::Alias, place(&span.start), message)
}

/// Nothing is written where this scalar stands.
fn is_absent(span: &Span) -> bool {
    span.start.index() == span.end.index()
}

pub(super) fn place(mark: &Marker) -> Place {
    Place { line: mark.line() as u32, column: mark.col() as u32 + 1 }
}
