//! A set of templates: rendering, and the questions that are answered without it.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use minijinja::Environment;
use minijinja::value::Value;

use super::encode;
use super::engine::{self, Held};
use super::error::{ErrorKind, TemplateError};
use super::facts::{Facts, TOP, Use};
use super::library::Library;
use super::lines::{Lines, line_and_column};
use super::mark;
use super::prepass::constant;
use super::rendered::{Location, Rendered};
use super::scope::Scope;
use super::value::Reader;
use crate::sql::Dialect;

/// Names that every template has.
const BUILT_IN: [&str; 10] =
    ["range", "dict", "namespace", "date_add", "loop", "self", "super", "caller", "true", "none"];

/// A use of a function with a constant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Where the function's name stands.
    pub location: Location,
    /// The constant.
    pub argument: String,
}

/// Templates for one dialect. They are compiled when first used; threads may share the set.
#[derive(Debug)]
pub struct Templates {
    dialect: Dialect,
    library: Arc<Library>,
    env: Environment<'static>,
}

impl Templates {
    /// A set of `templates` (name, source) in which the macros of `namespaces` (name → template) are in scope everywhere.
    pub fn new(
        dialect: Dialect,
        templates: impl IntoIterator<Item = (String, String)>,
        namespaces: BTreeMap<String, String>,
        fuel: u64,
    ) -> Self {
        let library = Arc::new(Library::new(templates.into_iter().collect(), namespaces));
        let mut env = engine::environment();
        env.set_fuel(Some(fuel));
        let sources = Arc::clone(&library);
        env.set_loader(move |name| {
            if sources.number(name).is_none() {
                return Ok(None);
            }
            sources.rewritten(name).map(Some).map_err(|error| {
                minijinja::Error::new(minijinja::ErrorKind::SyntaxError, error.message.clone()).with_source(error)
            })
        });
        Self { dialect, library, env }
    }

    /// Renders the template `name` with the values of `scope`.
    pub fn render(&self, name: &str, scope: Scope) -> Result<Rendered, TemplateError> {
        self.check_namespaces(&scope)?;
        let scope = Arc::new(scope);
        let explain = |error: &minijinja::Error| self.explain(TemplateError::from_minijinja(error), &scope);
        let template = self.env.get_template(name).map_err(|error| explain(&error))?;
        let context = Value::from_dyn_object(Arc::clone(&scope));
        let mut captured = template.render_captured(context).map_err(|error| explain(&error))?;
        let held = captured.with_state_mut(|state| state.get_extension_mut::<Held>().map(std::mem::take));
        let held = held.unwrap_or_default();
        let reader = Reader { given: &scope.typed, made: &held.typed };
        let encoded = encode::encode(self.dialect, captured.output(), &held.values, reader).map_err(|stopped| {
            let error = TemplateError::refused(stopped.refusal);
            let sql = (stopped.sql.as_str(), &Lines::of(&stopped.sql));
            match stopped.origin.and_then(|origin| self.library.location(origin, sql, stopped.span)) {
                Some(at) => error.at(&at.template, at.line, at.column),
                None => TemplateError { template: Some(name.to_string()), ..error },
            }
        })?;
        Ok(Rendered::new(encoded.sql, encoded.map, Arc::clone(&self.library)))
    }

    /// What minijinja alone would have written: the marks stripped, every value as its plain text. For the proof that this
    /// engine reads templates as minijinja does.
    #[doc(hidden)]
    pub fn plain(&self, name: &str, scope: Scope) -> Result<String, TemplateError> {
        let template = self.env.get_template(name).map_err(|error| TemplateError::from_minijinja(&error))?;
        let captured = template.render_captured(Value::from_dyn_object(Arc::new(scope)));
        let mut captured = captured.map_err(|error| TemplateError::from_minijinja(&error))?;
        let held = captured.with_state_mut(|state| state.get_extension_mut::<Held>().map(std::mem::take));
        Ok(mark::written_out(captured.output(), &held.unwrap_or_default().values))
    }

    /// Names that the template and what it uses read and do not define.
    pub fn undeclared(&self, name: &str) -> Result<BTreeSet<String>, TemplateError> {
        let mut names = BTreeSet::new();
        self.visit(name, &mut |part, facts| {
            let open = facts.undeclared.iter().filter(|(_, place)| part.reaches(place)).map(|(name, _)| *name);
            let open =
                open.filter(|name| self.is_open(name) && !part.defined.contains(*name) && !facts.macros.contains(name));
            names.extend(open.map(str::to_string));
            Ok(())
        })?;
        Ok(names)
    }

    /// Every `| raw` in the template and in what it uses.
    pub fn raw_uses(&self, name: &str) -> Result<Vec<Location>, TemplateError> {
        let mut found = Vec::new();
        self.visit(name, &mut |part, facts| {
            for place in facts.raws.iter().filter(|place| part.reaches(place)) {
                found.push(self.location(&part.template, place.at)?);
            }
            Ok(())
        })?;
        Ok(found)
    }

    /// Every `function('constant')` in the template and in what it uses.
    pub fn calls(&self, name: &str, function: &str) -> Result<Vec<Call>, TemplateError> {
        let mut found = Vec::new();
        self.visit(name, &mut |part, facts| {
            for (_, argument, place) in
                facts.calls.iter().filter(|(called, _, place)| *called == function && part.reaches(place))
            {
                if let Some(argument) = constant(argument) {
                    found.push(Call { location: self.location(&part.template, place.at)?, argument });
                }
            }
            Ok(())
        })?;
        Ok(found)
    }

    // ── what a template uses ──────────────────────────────────────────────────────────────────────────────────────

    /// Sees the template and, once each, what it includes, imports and extends, and the macros it calls.
    fn visit(
        &self,
        name: &str,
        see: &mut dyn FnMut(&Part, &Facts<'_>) -> Result<(), TemplateError>,
    ) -> Result<(), TemplateError> {
        let mut open = vec![Part { template: name.to_string(), within: TOP.to_string(), defined: HashSet::new() }];
        let mut seen: HashSet<(String, String)> = HashSet::new();
        let mut known: BTreeMap<String, Facts<'_>> = BTreeMap::new();
        while let Some(part) = open.pop() {
            let whole = (part.template.clone(), TOP.to_string());
            if seen.contains(&whole) || !seen.insert((part.template.clone(), part.within.clone())) {
                continue;
            }
            if !known.contains_key(&part.template) {
                known.insert(part.template.clone(), self.library.facts(&part.template)?);
            }
            let facts = &known[&part.template];
            see(&part, facts)?;
            for (used, _, defined) in facts.templates.iter().filter(|(_, place, _)| part.reaches(place)) {
                if let Some(template) = constant(used).filter(|used| self.library.number(used).is_some()) {
                    let defined =
                        part.defined.iter().cloned().chain(defined.iter().map(|name| (*name).to_string())).collect();
                    open.push(Part { template, within: TOP.to_string(), defined });
                }
            }
            for (name, member, _) in facts.members.iter().filter(|(.., place)| part.reaches(place)) {
                if let Some(target) = self.library.namespaces.get(*name) {
                    let within = member.unwrap_or(TOP).to_string();
                    open.push(Part { template: target.clone(), within, defined: HashSet::new() });
                } else if part.within != TOP && facts.macros.contains(name) {
                    // a macro that calls another one of its file
                    let defined = part.defined.clone();
                    open.push(Part { template: part.template.clone(), within: (*name).to_string(), defined });
                }
            }
        }
        Ok(())
    }

    fn location(&self, template: &str, at: usize) -> Result<Location, TemplateError> {
        let (line, column) = line_and_column(self.library.source(template)?.text, at);
        Ok(Location { template: template.to_string(), line, column: Some(column) })
    }

    fn is_open(&self, name: &str) -> bool {
        !BUILT_IN.contains(&name) && !self.library.namespaces.contains_key(name)
    }

    // ── errors ────────────────────────────────────────────────────────────────────────────────────────────────────

    fn check_namespaces(&self, scope: &Scope) -> Result<(), TemplateError> {
        match self.library.namespaces.keys().find(|name| scope.get(name).is_some()) {
            None => Ok(()),
            Some(name) => Err(TemplateError::new(
                ErrorKind::Value,
                format!("`{name}` is a file of macros and a value at once: rename one"),
            )),
        }
    }

    /// Names the undefined name: minijinja knows only the line.
    fn explain(&self, error: TemplateError, scope: &Scope) -> TemplateError {
        let (ErrorKind::Undefined, Some(template), Some(line)) = (error.kind, &error.template, error.line) else {
            return error;
        };
        let Ok(facts) = self.library.facts(template) else { return error };
        let missing = facts.undeclared.iter().find_map(|(name, place)| {
            let location = self.location(template, place.at).ok()?;
            (location.line == line && self.is_open(name) && scope.get(name).is_none()).then_some((name, location))
        });
        match missing {
            Some((name, location)) => {
                TemplateError { message: format!("`{name}` is undefined"), column: location.column, ..error }
            }
            None => error,
        }
    }
}

/// A part of a template: all of it, or one macro.
struct Part {
    template: String,
    /// The macro, or [`TOP`].
    within: String,
    /// Names that are defined where it is used.
    defined: HashSet<String>,
}

impl Part {
    fn reaches(&self, place: &Use<'_>) -> bool {
        self.within == TOP || self.within == place.within
    }
}
