//! JSON, token by token, from bytes that need not be JSON at all.

use std::borrow::Cow;

/// One scalar as it stands in the text.
#[derive(Debug, PartialEq, Eq)]
pub enum Scalar<'a> {
    /// `null`.
    Null,
    /// A string's characters, which are valid UTF-8.
    Text(Cow<'a, str>),
    /// A number or truth value, as written.
    Bare(&'a str),
}

/// A position in a text. What is taken out of it is cut at ASCII characters, and so never within another one.
pub struct Reader<'a> {
    whole: &'a str,
    text: &'a [u8],
    at: usize,
}

type Result<T> = std::result::Result<T, String>;

const NEAR: usize = 32;
const POWERS: [f64; 17] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16];

impl<'a> Reader<'a> {
    /// At the start of `text`, which must be UTF-8.
    pub fn new(text: &'a [u8]) -> Result<Self> {
        let whole = simdutf8::basic::from_utf8(text).map_err(|_| "text that is not UTF-8")?;
        Ok(Self { whole, text, at: 0 })
    }

    /// Where it stands.
    #[must_use]
    pub fn at(&self) -> usize {
        self.at
    }

    /// The next byte that is no blank; it stays.
    #[inline]
    pub fn peek(&mut self) -> Option<u8> {
        while let Some(&byte) = self.text.get(self.at) {
            if byte > b' ' || !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Some(byte);
            }
            self.at += 1;
        }
        None
    }

    /// Is this byte next? Then it is taken.
    #[inline]
    pub fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// This byte must be next.
    #[inline]
    pub fn expect(&mut self, byte: u8) -> Result<()> {
        if self.take(byte) {
            return Ok(());
        }
        Err(match self.peek() {
            None => cut_off(),
            Some(other) => format!("'{}' where '{}' was expected", char::from(other), char::from(byte)),
        })
    }

    /// Is there nothing but blanks?
    pub fn ended(&mut self) -> bool {
        self.peek().is_none()
    }

    /// The next value, which is no list and no object.
    #[inline]
    pub fn scalar(&mut self) -> Result<Scalar<'a>> {
        match self.peek() {
            Some(b'"') => self.string().map(Scalar::Text),
            Some(b'[' | b'{') => Err("a nested value where a single one was expected".into()),
            Some(_) => {
                let bare = self.bare()?;
                Ok(if bare == "null" { Scalar::Null } else { Scalar::Bare(bare) })
            }
            None => Err(cut_off()),
        }
    }

    /// Is the next value `null`? Then it is taken.
    #[inline]
    pub fn null(&mut self) -> bool {
        let found = self.peek() == Some(b'n') && self.text[self.at..].starts_with(b"null");
        self.at += if found { 4 } else { 0 };
        found
    }

    /// The next string.
    #[inline]
    pub fn string(&mut self) -> Result<Cow<'a, str>> {
        self.expect(b'"')?;
        let start = self.at;
        let end = self.string_end(start)?;
        if self.text[end] == b'"' {
            self.at = end + 1;
            return Ok(Cow::Borrowed(&self.whole[start..end]));
        }
        self.escaped(start, end).map(Cow::Owned)
    }

    /// Where the next quote or backslash is, at `from` or behind it.
    #[inline]
    fn string_end(&self, from: usize) -> Result<usize> {
        // Most strings are short: eight bytes at a time find their end sooner than a call does.
        let mut at = from;
        while at < from + NEAR {
            let Some(eight) = self.text.get(at..at + 8) else { break };
            let found = ends_in(u64::from_le_bytes(eight.try_into().unwrap_or_default()));
            if found != 0 {
                return Ok(at + (found.trailing_zeros() / 8) as usize);
            }
            at += 8;
        }
        let rest = self.text.get(at..).ok_or_else(cut_off)?;
        memchr::memchr2(b'"', b'\\', rest).map(|found| at + found).ok_or_else(cut_off)
    }

    /// Skip a value of any form, without looking at more of it than strings and brackets.
    pub fn skip(&mut self) -> Result<()> {
        match self.peek() {
            None => return Err(cut_off()),
            Some(b'"') => return self.skip_string(),
            Some(b'[' | b'{') => {}
            Some(_) => return self.bare().map(drop),
        }
        let mut depth = 0_usize;
        while let Some(&byte) = self.text.get(self.at) {
            match byte {
                b'"' => {
                    self.skip_string()?;
                    continue;
                }
                b'[' | b'{' => depth += 1,
                b']' | b'}' => depth -= 1,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return Ok(());
            }
        }
        Err(cut_off())
    }

    fn skip_string(&mut self) -> Result<()> {
        let mut at = self.at + 1;
        loop {
            at = self.string_end(at)?;
            if self.text[at] == b'"' {
                self.at = at + 1;
                return Ok(());
            }
            at += 2; // the backslash, and what it stands before
            if at > self.text.len() {
                return Err(cut_off());
            }
        }
    }

    /// The next value, if it is an integer of at most eighteen digits; else nothing is taken.
    #[inline]
    pub fn integer(&mut self) -> Option<i64> {
        let start = self.peek().map(|_| self.at)?;
        let negative = self.text[start] == b'-';
        let (found, end) = digits(self.text, start + usize::from(negative), 0);
        let count = end - start - usize::from(negative);
        if count == 0 || count > 18 || self.text.get(end).copied().is_some_and(is_bare) {
            return None;
        }
        self.at = end;
        Some(if negative { -(found as i64) } else { found as i64 })
    }

    /// The next value, if it is a number that two exact floats divided give rightly rounded; else nothing is taken.
    #[inline]
    pub fn short_float(&mut self) -> Option<f64> {
        let start = self.peek().map(|_| self.at)?;
        let negative = self.text[start] == b'-';
        let first = start + usize::from(negative);
        let (whole, point) = digits(self.text, first, 0);
        let (mantissa, end) = match self.text.get(point) {
            Some(b'.') => digits(self.text, point + 1, whole),
            _ => (whole, point),
        };
        let behind = end.saturating_sub(point + 1);
        // Fifteen digits are exact in 53 bits, and so are the powers of ten up to the 22nd.
        if point == first || end - first > 16 || self.text.get(end).copied().is_some_and(is_bare) {
            return None;
        }
        self.at = end;
        let found = mantissa as f64 / POWERS[behind];
        Some(if negative { -found } else { found })
    }

    #[inline]
    fn bare(&mut self) -> Result<&'a str> {
        let start = self.at;
        let rest = &self.text[start..];
        let length = rest.iter().position(|byte| !is_bare(*byte)).unwrap_or(rest.len());
        if length == 0 {
            return Err(format!("'{}' where a value was expected", char::from(self.text[start])));
        }
        self.at = start + length;
        Ok(&self.whole[start..self.at])
    }

    #[cold]
    fn escaped(&mut self, start: usize, first: usize) -> Result<String> {
        let mut found = self.whole[start..first].to_owned();
        let mut at = first;
        loop {
            let Some(&byte) = self.text.get(at) else { return Err(cut_off()) };
            match byte {
                b'"' => {
                    self.at = at + 1;
                    return Ok(found);
                }
                b'\\' => at = self.escape(at + 1, &mut found)?,
                _ => {
                    let end = self.string_end(at)?;
                    found.push_str(&self.whole[at..end]);
                    at = end;
                }
            }
        }
    }

    /// The escape whose letter is at `at`; where it ends.
    fn escape(&self, at: usize, found: &mut String) -> Result<usize> {
        let letter = *self.text.get(at).ok_or("the page is cut off")?;
        found.push(match letter {
            b'"' | b'\\' | b'/' => char::from(letter),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let high = self.unit(at + 1)?;
                if !(0xd800..0xe000).contains(&high) {
                    found.push(char::from_u32(high).ok_or("a character that does not exist")?);
                    return Ok(at + 5);
                }
                let second = self.text.get(at + 5..at + 7) == Some(b"\\u");
                let low = if second { self.unit(at + 7)? } else { 0 };
                if high >= 0xdc00 || !(0xdc00..0xe000).contains(&low) {
                    return Err("half of a surrogate pair".into());
                }
                let code = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                found.push(char::from_u32(code).ok_or("a character that does not exist")?);
                return Ok(at + 11);
            }
            other => return Err(format!("the escape \\{}", char::from(other))),
        });
        Ok(at + 1)
    }

    fn unit(&self, at: usize) -> Result<u32> {
        let digits = self.text.get(at..at + 4).ok_or("the page is cut off")?;
        digits.iter().try_fold(0, |unit, digit| {
            let value = char::from(*digit).to_digit(16).ok_or("an escape that is not hexadecimal")?;
            Ok(unit * 16 + value)
        })
    }
}

#[inline]
fn is_bare(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.')
}

/// The number that the digits from `at` on add to `before`, and where they end. It wraps behind nineteen digits.
#[inline]
fn digits(text: &[u8], mut at: usize, before: u64) -> (u64, usize) {
    let mut found = before;
    while let Some(digit) = text.get(at).map(|byte| byte.wrapping_sub(b'0')).filter(|digit| *digit < 10) {
        found = found.wrapping_mul(10).wrapping_add(u64::from(digit));
        at += 1;
    }
    (found, at)
}

/// The highest bit of each of eight bytes that is a quote or a backslash; above the first such byte it may err.
#[inline]
fn ends_in(eight: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word & (ONES << 7);
    zeros(eight ^ (ONES * b'"' as u64)) | zeros(eight ^ (ONES * b'\\' as u64))
}

#[cold]
fn cut_off() -> String {
    "the page is cut off".into()
}
