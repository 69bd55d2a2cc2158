//! What a template uses, for the questions that are asked without rendering: names, calls, includes, `| raw`.

use std::collections::HashSet;

/// The name under which uses outside of every macro are kept.
pub const TOP: &str = "";

/// A use somewhere in a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Use<'s> {
    /// The macro in whose body it stands, or [`TOP`].
    pub within: &'s str,
    /// Its byte offset in the source.
    pub at: usize,
}

/// What one template uses.
#[derive(Debug, Default)]
pub struct Facts<'s> {
    /// Names that are read and not defined before.
    pub undeclared: Vec<(&'s str, Use<'s>)>,
    /// Every `| raw`.
    pub raws: Vec<Use<'s>>,
    /// Calls with a constant first: (function, constant as written, use).
    pub calls: Vec<(&'s str, &'s str, Use<'s>)>,
    /// Templates that are included, imported or extended by a constant name (as written), and the names defined there.
    pub templates: Vec<(&'s str, Use<'s>, HashSet<&'s str>)>,
    /// Uses of members: (name, member, use), for macro namespaces.
    pub members: Vec<(&'s str, Option<&'s str>, Use<'s>)>,
    /// The macros that it defines.
    pub macros: HashSet<&'s str>,
    scopes: Vec<HashSet<&'s str>>,
    open_macros: Vec<&'s str>,
}

impl<'s> Facts<'s> {
    /// Empty facts with the template's own scope.
    #[must_use]
    pub fn new() -> Self {
        Self { scopes: vec![HashSet::new()], ..Self::default() }
    }

    pub(super) fn read(&mut self, name: &'s str, at: usize) {
        if !self.scopes.iter().any(|scope| scope.contains(name)) {
            let here = self.here(at);
            self.undeclared.push((name, here));
        }
    }

    pub(super) fn assign(&mut self, name: &'s str) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.insert(name);
        }
    }

    pub(super) fn open_scope(&mut self) {
        self.scopes.push(HashSet::new());
    }

    pub(super) fn close_scope(&mut self) {
        if self.scopes.len() > 1 {
            self.scopes.pop();
        }
    }

    pub(super) fn open_macro(&mut self, name: &'s str) {
        self.macros.insert(name);
        self.open_macros.push(name);
    }

    pub(super) fn close_macro(&mut self) {
        self.open_macros.pop();
    }

    pub(super) fn here(&self, at: usize) -> Use<'s> {
        Use { within: self.open_macros.last().copied().unwrap_or(TOP), at }
    }

    pub(super) fn template(&mut self, name: &'s str, at: usize) {
        let defined = self.scopes.iter().flatten().copied().collect();
        let here = self.here(at);
        self.templates.push((name, here, defined));
    }
}
