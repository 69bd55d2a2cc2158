//! The law of the source map: every word that an author wrote is found again at its own line and column, whatever way it took.
//!
//! Templates are made at random from text, values, captures, macros, includes, blocks and filters. `DLI_TEMPLATE_CASES` sets
//! how many (2,000 by default).

use std::collections::BTreeMap;

use dli_fast::sql::Dialect;
use dli_fast::template::{Scope, Templates};
use minijinja::value::Value;

/// xorshift: the same templates in every run.
struct Maker {
    seed: u64,
    words: u32,
}

impl Maker {
    fn below(&mut self, count: usize) -> usize {
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 7;
        self.seed ^= self.seed << 17;
        (self.seed % count as u64) as usize
    }

    fn trim(&mut self) -> &'static str {
        ["", "", "", "", "-"][self.below(5)]
    }

    /// A tag, with whitespace control now and then.
    fn tag(&mut self, inside: &str) -> String {
        format!("{{%{} {inside} {}%}}", self.trim(), self.trim())
    }

    fn word(&mut self) -> String {
        self.words += 1;
        format!("w{}x", self.words)
    }

    /// Text that is whole by itself: comments end, quotes are closed.
    fn text(&mut self) -> String {
        let (one, two) = (self.word(), self.word());
        match self.below(10) {
            0 => format!("\n{one}"),
            1 => format!("\n    {one} ,{two}\n"),
            2 => format!("\n\n\t{one}\n \n  {two}"),
            3 => format!(" -- {one}\n{two}"),
            4 => format!(" /* {one}\n {two} */ "),
            5 => format!(" '{one}\n  {two}' "),
            6 => format!("\r\n  {one}\r\n{two} "),
            7 => format!(" é {one} {{% raw %}}{{{{ {two} }}}}{{% endraw %}} "),
            8 => format!(" {one} {{# c\n #}}\n {two}"),
            _ => format!(" {one} "),
        }
    }

    fn output(&mut self) -> String {
        let (inside, trim) = (self.trim(), self.trim());
        let value = ["n", "'constant'", "'' if n > 9", "ds", "[n, 'k']", "'a\nb'"][self.below(6)];
        match self.below(3) {
            0 => format!(" '{{{{ lines }}}}{}' ", self.word()),
            1 => format!(" /* {{{{ lines }}}} */{}", self.word()),
            _ => format!(" {{{{{inside} {value} {trim}}}}} {}", self.text()),
        }
    }

    fn piece(&mut self, depth: u32) -> String {
        if depth == 0 {
            return if self.below(2) == 0 { self.text() } else { self.output() };
        }
        let body = (0..=self.below(3)).map(|_| self.piece(depth - 1)).collect::<String>();
        let around = |open: String, close: String| format!("{open}{body}{close}");
        match self.below(9) {
            0 => around(self.tag("if n == 5"), self.tag("endif")),
            1 => around(self.tag("for i in [1, 2]"), self.tag("endfor")),
            2 => around(self.tag("set part"), self.tag("endset")) + " {{ part }}" + &self.text(),
            3 => around(self.tag("filter indent(3)"), self.tag("endfilter")) + &self.text(),
            4 => around(self.tag("set part"), self.tag("endset")) + "{{ part | trim }}" + &self.text(),
            5 => around(self.tag("call lib.wrap(n)"), self.tag("endcall")) + &self.text(),
            6 => body + "{{ lib.plain() }}" + &self.text(),
            7 => body + &self.tag("include 'inc.sql'"),
            _ => body + &self.text(),
        }
    }

    fn templates(&mut self) -> [(&'static str, String); 4] {
        let library = format!(
            "{{% macro wrap(v) %}}{}{{{{ caller() }}}}{}{{{{ v }}}}{}{{% endmacro %}}{{% macro plain() -%}}{}{{% endmacro %}}",
            self.text(),
            self.text(),
            self.text(),
            self.text()
        );
        let base = format!("{}{{% block b %}}{}{{% endblock %}}{}", self.text(), self.text(), self.text());
        let body = self.piece(3);
        let main = match self.below(3) {
            0 => format!(
                "{{% extends 'base.sql' %}}{{% block b %}}{body}{{{{ super() }}}}{}{{% endblock %}}",
                self.text()
            ),
            1 => format!("{{% block own %}}{body}{{% endblock %}}{}{{{{ self.own() }}}}{}", self.text(), self.text()),
            _ => body,
        };
        let included = self.text() + &self.output();
        [("t.sql", main), ("lib.sql", library), ("inc.sql", included), ("base.sql", base)]
    }
}

fn scope() -> Scope {
    let mut scope = Scope::default();
    scope.insert("n", Value::from(5));
    scope.insert("ds", Value::from("20250101"));
    scope.insert("lines", Value::from("one\n two\n\nthree"));
    scope
}

/// The words of `line` and their columns, from 1, in characters.
fn words(line: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    for (at, _) in line.match_indices('w') {
        let digits = line[at + 1..].find(|c: char| !c.is_ascii_digit()).unwrap_or(0);
        if digits > 0 && line[at + 1 + digits..].starts_with('x') {
            found.push((line[..at].chars().count() + 1, &line[at..at + digits + 2]));
        }
    }
    found
}

/// What is wrong with the map of one set of templates; None if nothing is, and how many words were looked for.
fn check(sources: &[(&str, String)]) -> Result<usize, String> {
    let named = sources.iter().map(|(name, text)| ((*name).to_string(), text.clone()));
    let namespaces = BTreeMap::from([("lib".to_string(), "lib.sql".to_string())]);
    let rendered = match Templates::new(Dialect::DuckDb, named, namespaces, 1_000_000).render("t.sql", scope()) {
        Ok(rendered) => rendered,
        // two values that meet, a value glued to something: refused, with a place of its own
        Err(error) if error.line.is_some() => return Ok(0),
        Err(error) => return Err(format!("an error without a line: {error}")),
    };
    let mut count = 0;
    for (number, line) in rendered.sql.split('\n').enumerate() {
        for (column, word) in words(line) {
            let found = rendered.locate(number + 1, Some(column)).ok_or(format!("{word} has no place"))?;
            let source = &sources.iter().find(|(name, _)| *name == found.template).expect("its template").1;
            let own = source.split('\n').nth(found.line as usize - 1).unwrap_or_default();
            let rest = own.chars().skip(found.column.unwrap_or(0) as usize - 1).collect::<String>();
            if !rest.starts_with(word) {
                return Err(format!("{word} is said to be at {found:?}\n{}", rendered.sql));
            }
            let whole = rendered.locate(number + 1, None).ok_or(format!("the line of {word} has no place"))?;
            if words(line)[0].1 == word && line.trim_start().starts_with(word) && whole.line != found.line {
                return Err(format!("the line of {word} is said to be {whole:?}"));
            }
            count += 1;
        }
    }
    Ok(count)
}

#[test]
fn every_word_is_found_at_its_own_place() {
    let cases = std::env::var("DLI_TEMPLATE_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(2_000);
    let mut maker = Maker { seed: 0x9E37_79B9_7F4A_7C15, words: 0 };
    let mut found = 0;
    for case in 0..cases {
        maker.words = 0;
        let sources = maker.templates();
        match check(&sources) {
            Ok(count) => found += count,
            Err(wrong) => panic!("case {case}: {wrong}\n{sources:#?}"),
        }
    }
    assert!(found > 10 * cases, "only {found} words in {cases} cases");
}
