//! Walks the expressions of a tag along minijinja's grammar and notes the edits that keep data and SQL text apart.
//!
//! ```text
//! 'a'            → 'a'|__author__             a constant is SQL text (but not where it stands in for a missing value)
//! a == b < c     → __compare__(a,'==',b,'<',c)
//! a ~ b          → __concat__(a, b)
//! a + b          → (a)|__data__ + (b)|__data__
//! if a, a or b   → if (a)|__condition__ …      captured text with values decides nothing
//! ```

use std::collections::BTreeMap;

use super::edit::Edits;
use super::facts::Facts;
use super::reserved;
use super::tag::{Lexer, Spanned, Token, Unreadable};

/// As deep as minijinja's own parser goes.
const MAX_DEPTH: u32 = 150;

/// As many steps as one expression may have (`a.b | c + d` has three): each is a level of minijinja's syntax tree.
const MAX_STEPS: u32 = 500;

/// What an expression may yield, as far as its text tells.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Yield {
    /// One string constant, not yet decided whether author's text; it ends at this byte.
    Constant(usize),
    /// The author's text.
    Author,
    /// A number, a boolean: nothing that text could be hidden in.
    Settled,
    /// Anything.
    Value,
}

/// An operand: where it begins and ends, and what it may yield.
#[derive(Clone, Copy)]
struct Operand {
    start: usize,
    end: usize,
    yields: Yield,
}

pub(super) type Walk<T> = Result<T, Unreadable>;

/// Walks one tag.
pub struct Walker<'s, 'e> {
    source: &'s str,
    lexer: Lexer<'s>,
    /// The token under the cursor.
    pub(super) token: Spanned,
    /// The end of the token before it.
    last_end: usize,
    depth: u32,
    /// Steps on the way to the token under the cursor.
    steps: u32,
    edits: &'e mut Edits,
    namespaces: &'e BTreeMap<String, String>,
    /// Namespaces whose names are read in this tag.
    pub(super) used: &'e mut Vec<&'s str>,
    /// Names that this tag assigns.
    pub(super) assigned: &'e mut Vec<&'s str>,
    pub(super) facts: Option<&'e mut Facts<'s>>,
}

impl<'s, 'e> Walker<'s, 'e> {
    /// A walker on the first token of the tag whose inside begins at `at` and that is closed by `close` and `}`.
    pub(super) fn new(
        source: &'s str,
        (at, close): (usize, u8),
        edits: &'e mut Edits,
        namespaces: &'e BTreeMap<String, String>,
        (used, assigned): (&'e mut Vec<&'s str>, &'e mut Vec<&'s str>),
        facts: Option<&'e mut Facts<'s>>,
    ) -> Walk<Self> {
        edits.clear();
        let mut lexer = Lexer::new(source, at, close);
        let token = lexer.next_token()?;
        Ok(Self { source, lexer, token, last_end: at, depth: 0, steps: 0, edits, namespaces, used, assigned, facts })
    }

    /// Walks `{{ … }}` and returns the byte behind it.
    pub(super) fn output(mut self) -> Walk<usize> {
        self.flow()?;
        self.finish()
    }

    /// The byte behind the tag, which must end here.
    pub(super) fn finish(&self) -> Walk<usize> {
        match self.token.token {
            Token::End => Ok(self.token.end),
            _ => Err(self.unexpected()),
        }
    }

    // ── tokens ────────────────────────────────────────────────────────────────────────────────────────────────────

    pub(super) fn bump(&mut self) -> Walk<Spanned> {
        let token = self.token;
        if token.token == Token::Name && reserved::is_reserved(self.text(token)) {
            return Err(Unreadable { at: token.start, message: "a name that is reserved for the engine" });
        }
        if token.token != Token::End {
            self.last_end = token.end;
            self.token = self.lexer.next_token()?;
        }
        Ok(token)
    }

    pub(super) fn text(&self, token: Spanned) -> &'s str {
        &self.source[token.start..token.end]
    }

    pub(super) fn is_symbol(&self, symbol: u8) -> bool {
        self.token.token == Token::Symbol(symbol)
    }

    pub(super) fn is_word(&self, word: &str) -> bool {
        self.token.token == Token::Name && self.text(self.token) == word
    }

    pub(super) fn skip_symbol(&mut self, symbol: u8) -> Walk<bool> {
        let here = self.is_symbol(symbol);
        if here {
            self.bump()?;
        }
        Ok(here)
    }

    pub(super) fn skip_word(&mut self, word: &str) -> Walk<bool> {
        let here = self.is_word(word);
        if here {
            self.bump()?;
        }
        Ok(here)
    }

    pub(super) fn expect(&mut self, symbol: u8) -> Walk<()> {
        if self.skip_symbol(symbol)? { Ok(()) } else { Err(self.unexpected()) }
    }

    pub(super) fn name(&mut self) -> Walk<Spanned> {
        if self.token.token == Token::Name { self.bump() } else { Err(self.unexpected()) }
    }

    pub(super) fn unexpected(&self) -> Unreadable {
        Unreadable { at: self.token.start, message: "unexpected input in a tag" }
    }

    // ── what becomes of an operand ────────────────────────────────────────────────────────────────────────────────

    /// An expression whose value goes on: a constant is the author's text.
    pub(super) fn flow(&mut self) -> Walk<()> {
        let operand = self.expression()?;
        self.author(operand);
        Ok(())
    }

    /// An expression whose value a namespace keeps.
    pub(super) fn held(&mut self) -> Walk<()> {
        let operand = self.expression()?;
        let operand = self.author(operand);
        if operand.yields != Yield::Author {
            self.wrap(operand, "|__held__");
        }
        Ok(())
    }

    /// An expression whose constant is a key or a name: it stays as it is.
    pub(super) fn plain(&mut self) -> Walk<()> {
        self.expression().map(|_| ())
    }

    /// An expression that decides.
    pub(super) fn condition(&mut self) -> Walk<()> {
        let operand = self.expression()?;
        self.decide(operand);
        Ok(())
    }

    /// The same where `if` and `else` belong to the tag.
    pub(super) fn condition_without_if(&mut self) -> Walk<()> {
        let operand = self.disjunction()?;
        self.decide(operand);
        Ok(())
    }

    /// A sequence to loop over.
    pub(super) fn flow_without_if(&mut self) -> Walk<()> {
        let operand = self.disjunction()?;
        self.author(operand);
        Ok(())
    }

    fn author(&mut self, operand: Operand) -> Operand {
        if let Yield::Constant(end) = operand.yields {
            self.edits.close(end, "|__author__");
            return Operand { yields: Yield::Author, ..operand };
        }
        operand
    }

    fn decide(&mut self, operand: Operand) {
        if operand.yields == Yield::Value {
            self.wrap(operand, "|__condition__");
        }
    }

    fn wrap(&mut self, operand: Operand, filter: &'static str) {
        self.edits.open(operand.start, "(");
        self.edits.close(operand.end, ")");
        self.edits.close(operand.end, filter);
    }

    // ── the grammar, loosest binding first ────────────────────────────────────────────────────────────────────────

    fn step(&mut self) -> Walk<()> {
        self.steps += 1;
        if self.steps > MAX_STEPS {
            return Err(Unreadable { at: self.token.start, message: "an expression of too many steps" });
        }
        Ok(())
    }

    fn expression(&mut self) -> Walk<Operand> {
        let steps = self.steps;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Unreadable { at: self.token.start, message: "template exceeds maximum recursion limits" });
        }
        let mut operand = self.disjunction()?;
        while self.skip_word("if")? {
            self.step()?;
            operand = self.author(operand);
            self.condition_without_if()?;
            let mut text = operand.yields == Yield::Author;
            if self.skip_word("else")? {
                let other = self.expression()?;
                text &= self.author(other).yields == Yield::Author;
            }
            let yields = if text { Yield::Author } else { Yield::Value };
            operand = Operand { start: operand.start, end: self.last_end, yields };
        }
        self.depth -= 1;
        self.steps = steps;
        Ok(operand)
    }

    /// `a or 'x'`: the constant stands in for a missing value and is data like it, unless the left side is text too.
    fn disjunction(&mut self) -> Walk<Operand> {
        let mut left = self.conjunction()?;
        while self.skip_word("or")? {
            self.step()?;
            left = self.author(left);
            self.decide(left);
            let mut right = self.conjunction()?;
            if left.yields == Yield::Author {
                right = self.author(right);
            }
            let yields = if right.yields == Yield::Author { Yield::Author } else { Yield::Value };
            left = Operand { start: left.start, end: right.end, yields };
        }
        Ok(left)
    }

    fn conjunction(&mut self) -> Walk<Operand> {
        let mut left = self.negation()?;
        while self.skip_word("and")? {
            self.step()?;
            self.decide(left);
            let right = self.negation()?;
            left = Operand { start: left.start, ..self.author(right) };
        }
        Ok(left)
    }

    fn negation(&mut self) -> Walk<Operand> {
        let start = self.token.start;
        let mut negations = 0;
        while self.skip_word("not")? {
            self.step()?;
            negations += 1;
        }
        let operand = self.comparison()?;
        if negations == 0 {
            return Ok(operand);
        }
        self.decide(operand);
        Ok(Operand { start, end: operand.end, yields: Yield::Settled })
    }

    fn comparison(&mut self) -> Walk<Operand> {
        let first = self.sum()?;
        let mut last = None;
        while let Some(operator) = self.operator()? {
            self.edits.replace(operator.0, operator.1, operator.2);
            last = Some(self.sum()?);
        }
        let Some(last) = last else { return Ok(first) };
        self.edits.open(first.start, "__compare__(");
        self.edits.close(last.end, ")");
        Ok(Operand { start: first.start, end: last.end, yields: Yield::Settled })
    }

    /// A comparison operator: its range and the arguments that replace it.
    fn operator(&mut self) -> Walk<Option<(usize, usize, &'static str)>> {
        let text = match self.token.token {
            Token::Comparison(b'=') => ",'==',",
            Token::Comparison(b'!') => ",'!=',",
            Token::Comparison(b'<') => ",'<=',",
            Token::Comparison(_) => ",'>=',",
            Token::Symbol(b'<') => ",'<',",
            Token::Symbol(b'>') => ",'>',",
            Token::Name if self.is_word("in") => ",'in',",
            Token::Name if self.is_word("not") => ",'not in',",
            _ => return Ok(None),
        };
        let first = self.bump()?;
        let mut end = first.end;
        if self.text(first) == "not" {
            if !self.is_word("in") {
                return Err(self.unexpected());
            }
            end = self.bump()?.end;
        }
        Ok(Some((first.start, end, text)))
    }

    fn sum(&mut self) -> Walk<Operand> {
        let mut left = self.concatenation()?;
        while self.is_symbol(b'+') || self.is_symbol(b'-') {
            self.step()?;
            let plus = self.bump()?.token == Token::Symbol(b'+');
            let right = self.concatenation()?;
            if plus {
                for operand in [left, right] {
                    if operand.yields == Yield::Value {
                        self.wrap(operand, "|__data__");
                    }
                }
            }
            left = Operand { start: left.start, end: right.end, yields: Yield::Settled };
        }
        Ok(left)
    }

    fn concatenation(&mut self) -> Walk<Operand> {
        let first = self.product()?;
        if !self.is_symbol(b'~') {
            return Ok(first);
        }
        self.author(first);
        let mut end = first.end;
        while self.is_symbol(b'~') {
            let tilde = self.bump()?;
            self.edits.replace(tilde.start, tilde.end, ",");
            let operand = self.product()?;
            end = self.author(operand).end;
        }
        self.edits.open(first.start, "__concat__(");
        self.edits.close(end, ")");
        Ok(Operand { start: first.start, end, yields: Yield::Value })
    }

    fn product(&mut self) -> Walk<Operand> {
        let mut left = self.power()?;
        while matches!(self.token.token, Token::Symbol(b'*' | b'/' | b'%') | Token::Double(b'/')) {
            self.step()?;
            self.bump()?;
            self.author(left);
            let right = self.power()?;
            left = Operand { start: left.start, end: self.author(right).end, yields: Yield::Value };
        }
        Ok(left)
    }

    fn power(&mut self) -> Walk<Operand> {
        let mut left = self.unary()?;
        while self.token.token == Token::Double(b'*') {
            self.step()?;
            self.bump()?;
            let right = self.unary()?;
            left = Operand { start: left.start, end: right.end, yields: Yield::Settled };
        }
        Ok(left)
    }

    fn unary(&mut self) -> Walk<Operand> {
        let operand = self.signed()?;
        self.filters_and_tests(operand)
    }

    fn signed(&mut self) -> Walk<Operand> {
        let start = self.token.start;
        let mut signs = 0u32;
        while self.skip_symbol(b'-')? {
            signs += 1;
            if signs > MAX_DEPTH {
                return Err(self.unexpected());
            }
        }
        let operand = self.primary()?;
        let operand = self.postfix(operand)?;
        Ok(if signs == 0 { operand } else { Operand { start, end: operand.end, yields: Yield::Settled } })
    }

    // ── primaries ─────────────────────────────────────────────────────────────────────────────────────────────────

    fn primary(&mut self) -> Walk<Operand> {
        let token = self.bump()?;
        let yields = match token.token {
            Token::Name => self.root(token)?,
            Token::Number => Yield::Settled,
            Token::Text => {
                while self.token.token == Token::Text {
                    self.bump()?;
                }
                Yield::Constant(self.last_end)
            }
            Token::Symbol(b'(') => self.parenthesis()?,
            Token::Symbol(b'[') => {
                self.items(b']')?;
                Yield::Value
            }
            Token::Symbol(b'{') => {
                self.pairs()?;
                Yield::Value
            }
            _ => return Err(Unreadable { at: token.start, message: "unexpected input in a tag" }),
        };
        Ok(Operand { start: token.start, end: self.last_end, yields })
    }

    fn root(&mut self, token: Spanned) -> Walk<Yield> {
        let name = self.text(token);
        if matches!(name, "true" | "True" | "false" | "False" | "none" | "None") {
            return Ok(Yield::Settled);
        }
        let member = self.is_symbol(b'.').then(|| self.after_dot());
        if self.namespaces.contains_key(name) {
            self.used.push(name);
        }
        if let Some(facts) = &mut self.facts {
            facts.read(name, token.start);
            let here = facts.here(token.start);
            facts.members.push((name, member.flatten(), here));
        }
        if name == "loop" && self.is_symbol(b'.') {
            // `loop.index`, `loop.last`; a call of `loop.cycle('a', 'b')` may yield text.
            self.bump()?;
            self.bump()?;
            return Ok(if self.is_symbol(b'(') { Yield::Value } else { Yield::Settled });
        }
        Ok(Yield::Value)
    }

    /// The name behind the dot under the cursor.
    fn after_dot(&self) -> Option<&'s str> {
        let mut ahead = self.lexer.clone();
        let next = ahead.next_token().ok()?;
        (next.token == Token::Name).then(|| self.text(next))
    }

    fn parenthesis(&mut self) -> Walk<Yield> {
        if self.skip_symbol(b')')? {
            return Ok(Yield::Value);
        }
        let operand = self.expression()?;
        let operand = self.author(operand);
        if self.skip_symbol(b')')? {
            return Ok(operand.yields);
        }
        self.expect(b',')?;
        self.items(b')')?;
        Ok(Yield::Value)
    }

    fn items(&mut self, close: u8) -> Walk<()> {
        while !self.skip_symbol(close)? {
            self.flow()?;
            if !self.is_symbol(close) {
                self.expect(b',')?;
            }
        }
        Ok(())
    }

    fn pairs(&mut self) -> Walk<()> {
        while !self.skip_symbol(b'}')? {
            self.flow()?;
            self.expect(b':')?;
            self.flow()?;
            if !self.is_symbol(b'}') {
                self.expect(b',')?;
            }
        }
        Ok(())
    }

    fn postfix(&mut self, mut operand: Operand) -> Walk<Operand> {
        let mut function = (operand.yields == Yield::Value).then_some((operand.start, operand.end));
        loop {
            match self.token.token {
                Token::Symbol(b'.') => {
                    self.bump()?;
                    if !matches!(self.token.token, Token::Name | Token::Number) {
                        return Err(self.unexpected());
                    }
                    self.bump()?;
                    operand.yields = if operand.yields == Yield::Settled { Yield::Settled } else { Yield::Value };
                }
                Token::Symbol(b'[') => {
                    self.subscript()?;
                    operand.yields = Yield::Value;
                }
                Token::Symbol(b'(') => {
                    let name = function.map_or("", |(start, end)| &self.source[start..end]);
                    self.call(name, operand.start)?;
                    operand.yields = Yield::Value;
                }
                _ => return Ok(operand),
            }
            self.step()?;
            function = None;
            operand.end = self.last_end;
        }
    }

    fn subscript(&mut self) -> Walk<()> {
        self.bump()?;
        while !self.skip_symbol(b']')? {
            if !self.skip_symbol(b':')? {
                self.plain()?;
                if !self.is_symbol(b':') && !self.is_symbol(b']') {
                    return Err(self.unexpected());
                }
            }
        }
        Ok(())
    }

    fn call(&mut self, function: &'s str, at: usize) -> Walk<()> {
        if let (Some(argument), Some(facts)) = (self.constant_argument(), &mut self.facts) {
            let here = facts.here(at);
            facts.calls.push((function, argument, here));
        }
        // What these take is a name, and what they give is data anyway.
        let names = matches!(function, "ref" | "var" | "env_var" | "this" | "date_add");
        self.arguments(!names)
    }

    /// The string constant that is the whole first argument behind the parenthesis under the cursor; looked for on behalf of facts.
    fn constant_argument(&self) -> Option<&'s str> {
        self.facts.as_ref()?;
        let mut ahead = self.lexer.clone();
        let first = ahead.next_token().ok()?;
        let ends = matches!(ahead.next_token().ok()?.token, Token::Symbol(b',' | b')'));
        (first.token == Token::Text && ends).then(|| self.text(first))
    }

    /// Call arguments; `text` says that constants among them are SQL text.
    fn arguments(&mut self, text: bool) -> Walk<()> {
        self.expect(b'(')?;
        while !self.skip_symbol(b')')? {
            if !self.skip_symbol(b'*')? && self.token.token == Token::Double(b'*') {
                self.bump()?;
            }
            if self.token.token == Token::Name && self.is_keyword_argument() {
                self.bump()?;
                self.bump()?;
            }
            if text {
                self.flow()?;
            } else {
                self.plain()?;
            }
            if !self.is_symbol(b')') {
                self.expect(b',')?;
            }
        }
        Ok(())
    }

    fn is_keyword_argument(&self) -> bool {
        matches!(self.lexer.clone().next_token(), Ok(Spanned { token: Token::Symbol(b'='), .. }))
    }

    // ── filters and tests ─────────────────────────────────────────────────────────────────────────────────────────

    fn filters_and_tests(&mut self, mut operand: Operand) -> Walk<Operand> {
        loop {
            if self.skip_symbol(b'|')? {
                self.author(operand);
                self.filter()?;
                operand.yields = Yield::Value;
            } else if self.skip_word("is")? {
                self.test()?;
                operand.yields = Yield::Settled;
            } else {
                return Ok(operand);
            }
            self.step()?;
            operand.end = self.last_end;
        }
    }

    /// A filter's name and arguments. Constants are text only where the filter puts them into its result as such.
    pub(super) fn filter(&mut self) -> Walk<()> {
        let token = self.dotted()?;
        let name = self.text(token);
        if let (Some(facts), "raw") = (&mut self.facts, name) {
            let here = facts.here(token.start);
            facts.raws.push(here);
        }
        if self.is_symbol(b'(') {
            self.arguments(matches!(name, "join" | "replace" | "batch" | "slice"))?;
        }
        Ok(())
    }

    fn test(&mut self) -> Walk<()> {
        self.skip_word("not")?;
        self.dotted()?;
        match self.token.token {
            Token::Symbol(b'(') => self.arguments(false),
            Token::Name if ["and", "or", "else", "is"].iter().any(|word| self.is_word(word)) => Ok(()),
            // minijinja takes any other word for the argument, as in `x is divisibleby n`, but leaves `if`, `in` … to fail.
            Token::Name | Token::Text | Token::Number | Token::Symbol(b'[' | b'{' | b'-' | b'+') => {
                self.signed().map(|_| ())
            }
            _ => Ok(()),
        }
    }

    /// A filter's or test's name, which may have dots.
    fn dotted(&mut self) -> Walk<Spanned> {
        let first = self.name()?;
        let mut end = first.end;
        while self.skip_symbol(b'.')? {
            end = self.name()?.end;
        }
        Ok(Spanned { end, ..first })
    }
}
