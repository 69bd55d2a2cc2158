//! What binds closest: names, constants, brackets, and the calls, filters and tests behind them.

use super::super::tag::{Spanned, Token, Unreadable};
use super::{Operand, Walk, Walker, Yield};

impl<'s> Walker<'s, '_> {
    pub(super) fn primary(&mut self) -> Walk<Operand> {
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
        self.direct |= matches!(name, "super" | "self" | "loop");
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

    pub(super) fn postfix(&mut self, mut operand: Operand) -> Walk<Operand> {
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

    pub(super) fn filters_and_tests(&mut self, mut operand: Operand) -> Walk<Operand> {
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
    pub(in super::super) fn filter(&mut self) -> Walk<()> {
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
