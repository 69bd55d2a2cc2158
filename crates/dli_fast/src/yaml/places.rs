//! Path of keys and indexes → place. Made from the tree, indexed on the first question.

use super::{Node, Place, Tree, Value};
use std::sync::OnceLock;

/// One step of a path.
#[derive(Clone, Copy, Debug)]
pub enum Step<'a> {
    /// A key of a mapping.
    Key(&'a str),
    /// A position in a list, from 0.
    Index(usize),
}

/// Where the values of a document stand.
#[derive(Debug)]
pub struct Places {
    tree: Tree,
    index: OnceLock<Index>,
}

/// The children of every container side by side; those of a mapping sorted by key.
#[derive(Debug)]
struct Index {
    first: Vec<u32>,
    children: Vec<u32>,
}

impl Places {
    /// Places of a document.
    #[must_use]
    pub fn new(tree: Tree) -> Self {
        Self { tree, index: OnceLock::new() }
    }

    /// The node at a path.
    pub fn find<'a>(&self, path: impl IntoIterator<Item = Step<'a>>) -> Option<&Node> {
        let (node, complete) = self.walk(path)?;
        complete.then_some(node)
    }

    /// The key's place at a path, or that of the nearest enclosing value that exists.
    pub fn nearest<'a>(&self, path: impl IntoIterator<Item = Step<'a>>) -> Place {
        // The root is the file itself: its place is the beginning, not that of its first key.
        match self.walk(path) {
            Some((node, _)) if !std::ptr::eq(node, &raw const self.tree.nodes[0]) => node.key_place,
            _ => Place::START,
        }
    }

    /// As deep as the path leads, and whether that is all of it.
    fn walk<'a>(&self, path: impl IntoIterator<Item = Step<'a>>) -> Option<(&Node, bool)> {
        self.tree.nodes.first()?;
        let mut at = 0;
        for step in path {
            match self.child(at, step) {
                Some(child) => at = child,
                None => return Some((&self.tree.nodes[at], false)),
            }
        }
        Some((&self.tree.nodes[at], true))
    }

    fn child(&self, parent: usize, step: Step) -> Option<usize> {
        let index = self.index.get_or_init(|| Index::new(&self.tree));
        let first = index.first[parent] as usize;
        let children = |count: u32| &index.children[first..first + count as usize];
        match (self.tree.nodes[parent].value, step) {
            (Value::List(count), Step::Index(at)) => children(count).get(at).map(|&node| node as usize),
            (Value::Map(count), Step::Key(key)) => {
                let children = children(count);
                let at = children.binary_search_by(|&node| key_of(&self.tree, node).cmp(key)).ok()?;
                Some(children[at] as usize)
            }
            _ => None,
        }
    }
}

impl Index {
    fn new(tree: &Tree) -> Self {
        let mut first = vec![0; tree.nodes.len()];
        let mut children = Vec::with_capacity(tree.nodes.len());
        for (parent, node) in tree.nodes.iter().enumerate() {
            let (Value::List(count) | Value::Map(count)) = node.value else { continue };
            let start = children.len();
            first[parent] = start as u32;
            let mut child = parent as u32 + 1;
            for _ in 0..count {
                children.push(child);
                child = tree.nodes[child as usize].next;
            }
            if matches!(node.value, Value::Map(_)) {
                children[start..].sort_by(|&a, &b| key_of(tree, a).cmp(key_of(tree, b)));
            }
        }
        Self { first, children }
    }
}

fn key_of(tree: &Tree, node: u32) -> &str {
    tree.nodes[node as usize].key.map_or("", |range| tree.text(range))
}
