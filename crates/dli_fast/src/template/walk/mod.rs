//! Walks the expressions of a tag along minijinja's grammar and notes the edits that keep data and SQL text apart.
//!
//! ```text
//! 'a'            → 'a'|__author__             a constant is SQL text (but not where it stands in for a missing value)
//! a == b < c     → __compare__(a,'==',b,'<',c)
//! a ~ b          → __concat__(a, b)
//! a + b          → (a)|__data__ + (b)|__data__
//! if a, a or b   → if (a)|__condition__ …      captured text with values decides nothing
//! ```
//!
//! Here: the walker's hands (tokens, and what becomes of an operand); grammar.rs: the operators, in the order of binding;
//! primary.rs: what binds closest, with its calls, filters and tests.

mod grammar;
mod primary;

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
    /// A name of minijinja's that writes by itself has been read: `super()`, `self.block()`, `loop(…)`.
    direct: bool,
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
        Ok(Self {
            source,
            lexer,
            token,
            last_end: at,
            depth: 0,
            steps: 0,
            direct: false,
            edits,
            namespaces,
            used,
            assigned,
            facts,
        })
    }

    /// Walks `{{ … }}`: the byte behind it, and whether minijinja may write its text past the formatter, without marks.
    pub(super) fn output(mut self) -> Walk<(usize, bool)> {
        self.flow()?;
        Ok((self.finish()?, self.direct))
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

    /// One more level of the expression's syntax tree.
    fn step(&mut self) -> Walk<()> {
        self.steps += 1;
        if self.steps > MAX_STEPS {
            return Err(Unreadable { at: self.token.start, message: "an expression of too many steps" });
        }
        Ok(())
    }
}
