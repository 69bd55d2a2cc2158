//! Between tokens: where comments and quotes begin, and where a value becomes a literal or a name.

use super::cursor::VALUE;
use super::{Encoder, Step};
use crate::sql::literal::Before;
use crate::sql::{Literal, Refusal, is_word};

const BARE: &[u8; 7] = b"'\"`-/#$";

impl Encoder<'_> {
    /// The whole statement.
    pub(super) fn bare(&mut self) -> Step {
        let syntax = self.dialect.syntax();
        loop {
            let start = self.cursor.out.len();
            let found = self.cursor.copy_until(BARE)?;
            if self.after_text && !self.cursor.out[start..].trim_start().is_empty() {
                self.after_text = false;
            }
            let Some(byte) = found else { return Ok(()) };
            match (byte, self.cursor.ahead(1)) {
                (VALUE, _) => self.bare_value()?,
                (b'-', b'-') => self.line_comment(2)?,
                (b'#', _) if syntax.hash_comments => self.line_comment(1)?,
                (b'/', b'*') => self.block_comment()?,
                (b'\'', _) => self.text_literal(b'\'')?,
                (b'"', _) if syntax.double_quoted_text => self.text_literal(b'"')?,
                (b'"' | b'`', _) => self.quoted_name(byte)?,
                (b'$', _) if syntax.dollar_quotes && self.cursor.dollar_tag().is_some() => self.dollar_literal()?,
                _ => {
                    self.cursor.take(1)?;
                    self.after_text = false;
                }
            }
        }
    }

    fn bare_value(&mut self) -> Step {
        let previous = self.cursor.out.bytes().last().unwrap_or(b' ');
        let literal = self.take_literal()?;
        let next = self.cursor.ahead(0);
        if self.value_end == Some(self.cursor.out.len()) {
            return Err(Refusal::place("two values with nothing between them"));
        }
        if is_word(previous) || matches!(previous, b'$' | b'@' | b'?') {
            self.glued_value(&literal, previous, next)?;
        } else {
            self.literal(&literal, previous, next)?;
        }
        self.value_end = Some(self.cursor.out.len());
        self.cursor.after_value();
        if literal.is_pattern() {
            self.check_escape()?;
        }
        Ok(())
    }

    /// `events_{{ ds_nodash }}`: word characters behind a word's `_`.
    fn glued_value(&mut self, literal: &Literal<'_>, previous: u8, next: u8) -> Step {
        let out = self.cursor.out.as_bytes();
        let start = out.iter().rposition(|byte| !is_word(*byte)).map_or(0, |at| at + 1);
        let open = start > 0 && matches!(out[start - 1], b'$' | b'@' | b'?' | b'\'');
        let text = literal.text()?;
        let fits = previous == b'_'
            && !open
            && !out[start].is_ascii_digit()
            && !text.is_empty()
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            && !matches!(next, b'\'' | b'"' | b'`' | b'$' | b'@');
        if !fits {
            return Err(Refusal::place(
                "a value glued to a word: only letters, digits and `_` may follow a word's `_`; else write a blank, or {{ x | identifier }} for a whole name",
            ));
        }
        self.cursor.out.push_str(&text);
        Ok(())
    }

    fn literal(&mut self, literal: &Literal<'_>, previous: u8, next: u8) -> Step {
        let named = matches!(literal, Literal::Name(_));
        check_neighbours(named, previous, next)?;
        let before = self.before();
        if matches!(literal, Literal::Text(_)) && self.cursor.out.ends_with("::") {
            return Err(Refusal::place("a string is no type: write the type into the template"));
        }
        let continues_other = self.continues_other_form();
        let start = self.cursor.out.len();
        literal.write(self.dialect, &mut self.cursor.out, before)?;
        let out = &mut self.cursor.out;
        match out.as_bytes().get(start) {
            Some(b'-') if b"+-*/<>=~!@#%^&|:".contains(&previous) => {
                // `-{{ n }}` would begin a comment
                if matches!(literal, Literal::List(_)) {
                    out.insert(start, ' ');
                } else {
                    out.insert(start, '(');
                    out.push(')');
                }
            }
            Some(b'\'') if continues_other => {
                return Err(Refusal::place(
                    "a string directly behind another kind of string, which would continue it: write '{{ x }}'",
                ));
            }
            Some(b'\'') if out[..start].ends_with("U&") || out[..start].ends_with("u&") => {
                return Err(Refusal::place("a string directly behind U& is read with other escapes"));
            }
            _ => {}
        }
        self.after_text = out.ends_with('\'');
        self.text_form = self.dialect.syntax().text;
        Ok(())
    }

    /// A text literal here would be read as the next line of one with other escapes (`E'…'`).
    fn continues_other_form(&self) -> bool {
        let syntax = self.dialect.syntax();
        syntax.continued_text && self.after_text && self.text_form != syntax.text
    }

    /// What the word before the cursor makes of the place, comments skipped. No name follows the FROM of `IS DISTINCT FROM`.
    fn before(&self) -> Before {
        let end = self.significant_end();
        let word = last_word(&self.cursor.out[..end]);
        let before = Before::of(word);
        if before == Before::Name("FROM")
            && last_word(self.cursor.out[..end - word.len()].trim_end()).eq_ignore_ascii_case("DISTINCT")
        {
            return Before::Nothing;
        }
        before
    }

    /// `| like` escapes with backslashes. BigQuery reads them so; elsewhere the statement must say it.
    pub(super) fn check_escape(&self) -> Step {
        let rest: String =
            self.cursor.text[self.cursor.at..].chars().filter(|c| (*c as u32) < 0x10_0000).take(256).collect();
        let rest = rest.trim_start();
        let says = rest.get(..6).is_some_and(|word| word.eq_ignore_ascii_case("ESCAPE"));
        let backslash = says && rest[6..].trim_start().starts_with("'\\'");
        match (self.dialect.syntax().like_escapes, says, backslash) {
            (true, true, _) => Err(Refusal::place("LIKE of this dialect has no ESCAPE; `| like` needs none")),
            (false, _, false) => Err(Refusal::place("a pattern of `| like` wants ESCAPE '\\' behind it")),
            _ => Ok(()),
        }
    }
}

fn check_neighbours(named: bool, previous: u8, next: u8) -> Step {
    if matches!(previous, b'\'' | b'"' | b'`') {
        return Err(Refusal::place("a value directly behind a quote"));
    }
    if next == VALUE {
        return Err(Refusal::place("two values with nothing between them"));
    }
    let word = is_word(next) || matches!(next, b'\'' | b'"' | b'`' | b'$' | b'@');
    if word || (!named && (next == b'.' || previous == b'.')) {
        return Err(Refusal::place(
            "a value glued to a name or a quote: write {{ x | identifier }} for a name, '{{ x }}' for a string, or a blank between them",
        ));
    }
    Ok(())
}

fn last_word(text: &str) -> &str {
    let start = text.bytes().rposition(|byte| !is_word(byte)).map_or(0, |at| at + 1);
    &text[start..]
}
