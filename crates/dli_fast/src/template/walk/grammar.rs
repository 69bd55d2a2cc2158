//! The operators of an expression, loosest binding first.

use super::super::tag::{Token, Unreadable};
use super::{MAX_DEPTH, Operand, Walk, Walker, Yield};

impl Walker<'_, '_> {
    pub(super) fn expression(&mut self) -> Walk<Operand> {
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
    pub(super) fn disjunction(&mut self) -> Walk<Operand> {
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

    pub(super) fn signed(&mut self) -> Walk<Operand> {
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
}
