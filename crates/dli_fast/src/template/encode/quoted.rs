//! Inside quotes: text literals, quoted names, dollar quotes.

use minijinja::value::ValueKind;

use super::cursor::VALUE;
use super::{Encoder, Step};
use crate::sql::form::{check_nul, write_name, write_text};
use crate::sql::{Literal, NameForm, Refusal, TextForm, is_word};

const QUOTED: &[u8; 4] = b"'\"`\\";
const DOLLAR: &[u8; 1] = b"$";

impl Encoder<'_> {
    pub(super) fn text_literal(&mut self, quote: u8) -> Step {
        self.check_before_quote()?;
        let syntax = self.dialect.syntax();
        let form = self.form_of_text();
        let escapes = matches!(form, TextForm::Backslash | TextForm::BackslashDoubled)
            || (form == TextForm::Raw && syntax.text == TextForm::Backslash);
        let doubles = syntax.text == TextForm::Doubled;
        let continued = escapes && doubles && !self.cursor.out.bytes().last().is_some_and(is_word);
        let width =
            if syntax.triple_quotes && self.cursor.ahead(1) == quote && self.cursor.ahead(2) == quote { 3 } else { 1 };
        self.cursor.take(width)?;
        let start = self.cursor.out.len();
        let (mut has_value, mut has_pattern) = (false, false);
        loop {
            let Some(byte) = self.cursor.copy_until(QUOTED)? else { return self.unfinished("a string") };
            if byte == VALUE {
                let value = self.take_value()?;
                let (literal, text);
                // most are strings, whatever they stand for
                let text = if let (ValueKind::String, Some(text)) = (value.kind(), value.as_str()) {
                    text
                } else {
                    literal = self.reader.literal(value)?;
                    has_pattern |= literal.is_pattern();
                    text = literal.text()?;
                    &text
                };
                if width == 3 && text.is_empty() {
                    self.check_not_joined(start, quote)?;
                }
                write_text(&mut self.cursor.out, text, form, quote)?;
                self.cursor.after_value();
                has_value = true;
            } else if byte == b'\\' && escapes {
                if continued && self.cursor.ahead(1) == quote && !self.values.is_empty() {
                    // DuckDB 2 ends the string here, DuckDB 1 does not
                    return Err(Refusal::place("\\' in a string that continues another one: write '' for a quote"));
                }
                self.backslash()?;
            } else if byte != quote {
                self.cursor.take(1)?;
            } else if width == 1 && doubles && self.cursor.ahead(1) == quote {
                self.cursor.take(2)?;
            } else if width == 3 && !(self.cursor.ahead(1) == quote && self.cursor.ahead(2) == quote) {
                self.cursor.take(1)?;
            } else {
                // an empty value would make three quotes of two, or move the end of a triple-quoted text
                if has_value && !doubles && self.cursor.ahead(width) == quote {
                    return Err(Refusal::place("a quote directly behind the closing quote of a string with a value"));
                }
                self.cursor.take(width)?;
                break;
            }
        }
        self.after_text = true;
        self.text_form = form;
        self.begin_run();
        if has_pattern { self.check_escape() } else { Ok(()) }
    }

    /// Nothing stands between the author's quotes on both sides of an empty value: three of them would end the text early.
    fn check_not_joined(&self, start: usize, quote: u8) -> Step {
        let before = self.cursor.out.as_bytes()[start..].iter().rev().take_while(|&&byte| byte == quote).count();
        let after = (0..3).take_while(|&at| self.cursor.ahead(at) == quote).count();
        if before > 0 && before + after >= 3 {
            return Err(Refusal::value("an empty value would join the quotes around it in a triple-quoted string"));
        }
        Ok(())
    }

    /// The form that the letters before the quote choose, or the text that this one continues.
    fn form_of_text(&self) -> TextForm {
        let syntax = self.dialect.syntax();
        let out = &self.cursor.out;
        if syntax.unicode_prefix && out.ends_with('&') {
            return TextForm::Restricted;
        }
        let start = out.bytes().rposition(|byte| !is_word(byte)).map_or(0, |at| at + 1);
        let word = &out[start..];
        if word.is_empty() && syntax.continued_text && self.after_text {
            return self.text_form;
        }
        syntax.text_form(word)
    }

    pub(super) fn quoted_name(&mut self, quote: u8) -> Step {
        self.check_before_quote()?;
        let syntax = self.dialect.syntax();
        let backtick = quote == b'`';
        let form = match quote {
            b'`' => syntax.backtick_name,
            _ if syntax.unicode_prefix && self.cursor.out.ends_with('&') => NameForm::Restricted,
            _ => syntax.name,
        };
        let escapes = backtick && syntax.backtick_escapes;
        self.cursor.take(1)?;
        loop {
            let Some(byte) = self.cursor.copy_until(QUOTED)? else { return self.unfinished("a quoted name") };
            if byte == VALUE {
                let literal = self.take_literal()?;
                self.name_value(&literal, form, quote)?;
                self.cursor.after_value();
            } else if byte == b'\\' && escapes {
                self.backslash()?;
            } else if byte != quote {
                self.cursor.take(1)?;
            } else if !escapes && self.cursor.ahead(1) == quote {
                self.cursor.take(2)?;
            } else {
                self.cursor.take(1)?;
                break;
            }
        }
        self.after_text = false;
        self.begin_run();
        Ok(())
    }

    /// A value in a quoted name. BigQuery's backticks may hold a whole path; elsewhere a dot would be part of the name.
    fn name_value(&mut self, literal: &Literal<'_>, form: NameForm, quote: u8) -> Step {
        let out = &mut self.cursor.out;
        let Literal::Name(parts) = literal else { return write_name(out, &literal.text()?, form, quote) };
        if parts.len() > 1 && !self.dialect.syntax().backtick_escapes {
            return Err(Refusal::place("a name of several parts inside quotes: write it without them"));
        }
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                out.push('.');
            }
            write_name(out, part, form, quote)?;
        }
        Ok(())
    }

    /// A backslash takes the next character along.
    fn backslash(&mut self) -> Step {
        if self.cursor.ahead(1) == VALUE && self.is_value_ahead() {
            return Err(Refusal::place("a value directly behind a backslash"));
        }
        self.cursor.take(1)?;
        self.cursor.take_chars(1)
    }

    fn is_value_ahead(&self) -> bool {
        self.cursor.text[self.cursor.at..].chars().nth(1).is_some_and(|c| (c as u32) >= 0xF_0000)
    }

    fn check_before_quote(&self) -> Step {
        if self.value_end == Some(self.cursor.out.len()) {
            return Err(Refusal::place("a quote directly behind a value"));
        }
        Ok(())
    }

    /// A dollar quote whose opening tag is `length` long. Behind a word, a number or another `$` readers of SQL disagree whether
    /// it is one: a name may hold dollars, a number may not.
    pub(super) fn dollar_literal(&mut self) -> Step {
        self.check_before_quote()?;
        let Some(length) = self.cursor.dollar_tag() else { return self.cursor.take(1) };
        if self.cursor.out.bytes().last().is_some_and(|byte| is_word(byte) || byte == b'$') {
            if !self.values.is_empty() {
                return Err(Refusal::place(
                    "a dollar quote directly behind a word, a number or another one; write a blank between them",
                ));
            }
            return self.cursor.take_chars(length);
        }
        let tag: Vec<u8> = (0..length).map(|index| self.cursor.ahead(index)).collect();
        self.cursor.take_chars(length)?;
        let body = self.cursor.out.len();
        loop {
            let Some(byte) = self.cursor.copy_until(DOLLAR)? else { return self.unfinished("dollar quotes") };
            if byte == VALUE {
                self.dollar_value(body)?;
            } else if (0..length).all(|index| self.cursor.ahead(index) == tag[index]) {
                self.cursor.take_chars(length)?;
                break;
            } else {
                self.cursor.take(1)?;
            }
        }
        self.after_text = true;
        self.text_form = self.dialect.syntax().text;
        self.begin_run();
        Ok(())
    }

    /// Nothing can be escaped here; a value must not be able to complete a tag.
    fn dollar_value(&mut self, body: usize) -> Step {
        let literal = self.take_literal()?;
        let text = literal.text()?;
        check_nul(&text)?;
        let written = &self.cursor.out.as_bytes()[body..];
        let before = written.iter().rposition(|byte| !is_word(*byte)).map(|at| written[at]);
        if text.contains('$') || before == Some(b'$') || literal.is_pattern() {
            return Err(Refusal::value("this value has no form inside dollar quotes"));
        }
        self.cursor.out.push_str(&text);
        self.cursor.after_value();
        Ok(())
    }
}
