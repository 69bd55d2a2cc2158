//! The tokens inside `{{ … }}` and `{% … %}`, as minijinja reads them.

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token {
    /// A name or keyword.
    Name,
    /// A string constant, quotes included.
    Text,
    /// A number.
    Number,
    /// One character of punctuation.
    Symbol(u8),
    /// `==`, `!=`, `<=` or `>=`, by its first character.
    Comparison(u8),
    /// `//` or `**`, by its character.
    Double(u8),
    /// The end of the tag.
    End,
}

/// A token and where it stands in the template (byte offsets).
#[derive(Debug, Clone, Copy)]
pub struct Spanned {
    /// What it is.
    pub token: Token,
    /// Its first byte.
    pub start: usize,
    /// The byte after its last.
    pub end: usize,
}

/// A tag that cannot be read: what is wrong, and at which byte.
#[derive(Debug, Clone, Copy)]
pub struct Unreadable {
    /// The byte offset in the template.
    pub at: usize,
    /// What is wrong.
    pub message: &'static str,
}

/// Reads the tokens of one tag.
#[derive(Debug, Clone)]
pub struct Lexer<'s> {
    source: &'s [u8],
    at: usize,
    /// The first character of the closing delimiter: `}` or `%`.
    close: u8,
    depth: i32,
    after_dot: bool,
}

impl<'s> Lexer<'s> {
    /// A lexer that begins at byte `at`, just behind the opening delimiter.
    #[must_use]
    pub fn new(source: &'s str, at: usize, close: u8) -> Self {
        Self { source: source.as_bytes(), at, close, depth: 0, after_dot: false }
    }

    /// The next token; [`Token::End`] covers the closing delimiter.
    pub fn next_token(&mut self) -> Result<Spanned, Unreadable> {
        while self.byte(0).is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
        let start = self.at;
        let Some(first) = self.byte(0) else { return Err(self.unreadable("the tag is not closed")) };
        if let Some(length) = self.closing(first) {
            self.at += length;
            return Ok(Spanned { token: Token::End, start, end: self.at });
        }
        let token = match first {
            b'\'' | b'"' => self.text(first)?,
            b'0'..=b'9' => self.number(),
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => {
                while self.byte(0).is_some_and(is_name) {
                    self.at += 1;
                }
                Token::Name
            }
            _ => self.symbol(first)?,
        };
        self.after_dot = token == Token::Symbol(b'.');
        Ok(Spanned { token, start, end: self.at })
    }

    fn byte(&self, ahead: usize) -> Option<u8> {
        self.source.get(self.at + ahead).copied()
    }

    fn unreadable(&self, message: &'static str) -> Unreadable {
        Unreadable { at: self.at.min(self.source.len()), message }
    }

    /// The length of the closing delimiter, if the tag ends here.
    fn closing(&self, first: u8) -> Option<usize> {
        if self.depth != 0 {
            return None;
        }
        let trim = usize::from(matches!(first, b'-' | b'+'));
        (self.byte(trim) == Some(self.close) && self.byte(trim + 1) == Some(b'}')).then_some(trim + 2)
    }

    fn text(&mut self, quote: u8) -> Result<Token, Unreadable> {
        self.at += 1;
        while let Some(byte) = self.byte(0) {
            self.at += if byte == b'\\' { 2 } else { 1 };
            if byte == quote {
                return Ok(Token::Text);
            }
        }
        Err(self.unreadable("the string is not closed"))
    }

    /// A number, as far as minijinja reads one (which then judges whether it is a good one).
    fn number(&mut self) -> Token {
        #[derive(Clone, Copy, PartialEq)]
        enum Part {
            Integer,
            Radix(bool),
            Fraction,
            Exponent,
            Power,
        }
        let mut part = match (self.byte(0), self.byte(1)) {
            (Some(b'0'), Some(b'x' | b'X')) => Part::Radix(true),
            (Some(b'0'), Some(b'b' | b'B' | b'o' | b'O')) => Part::Radix(false),
            _ => Part::Integer,
        };
        if matches!(part, Part::Radix(_)) {
            self.at += 2;
        }
        while let Some(byte) = self.byte(0) {
            part = match (byte, part) {
                (b'.', Part::Integer) => {
                    let exponent = matches!(self.byte(1), Some(b'e' | b'E'))
                        && matches!(self.byte(2), Some(b'+' | b'-' | b'0'..=b'9'));
                    if self.after_dot || (!exponent && self.byte(1).is_some_and(starts_name)) {
                        break;
                    }
                    Part::Fraction
                }
                (b'e' | b'E', Part::Integer | Part::Fraction) => Part::Exponent,
                (b'+' | b'-' | b'0'..=b'9', Part::Exponent) => Part::Power,
                (b'0'..=b'9' | b'_', _) | (b'a'..=b'f' | b'A'..=b'F', Part::Radix(true)) => part,
                _ => break,
            };
            self.at += 1;
        }
        Token::Number
    }

    fn symbol(&mut self, first: u8) -> Result<Token, Unreadable> {
        let second = self.byte(1);
        let token = match (first, second) {
            (b'=' | b'!' | b'<' | b'>', Some(b'=')) => Token::Comparison(first),
            (b'/', Some(b'/')) | (b'*', Some(b'*')) => Token::Double(first),
            (b'(' | b'[' | b'{', _) => {
                self.depth += 1;
                Token::Symbol(first)
            }
            (b')' | b']' | b'}', _) => {
                self.depth -= 1;
                Token::Symbol(first)
            }
            (b'+' | b'-' | b'*' | b'/' | b'%' | b'.' | b',' | b':' | b'~' | b'|' | b'=' | b'<' | b'>', _) => {
                Token::Symbol(first)
            }
            _ => return Err(self.unreadable("an unexpected character in a tag")),
        };
        self.at += if matches!(token, Token::Symbol(_)) { 1 } else { 2 };
        Ok(token)
    }
}

/// A byte of a name, as minijinja reads one.
pub(super) fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn starts_name(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_'
}
