//! `arrow.json` text inside JSON: embedded, without insignificant space, when it is valid JSON; else a JSON string.
//!
//! ```text
//! bytes ─▶ one pass: RFC 8259 grammar, depth ≤ 512, copy without space ─▶ valid: keep │ invalid: roll back, quote
//! ```

use super::{Options, TextResult, string};

const MAX_DEPTH: usize = 512;

/// Write `bytes` as embedded JSON or as a string.
pub fn json(bytes: &[u8], options: Options, out: &mut Vec<u8>) -> TextResult {
    let text = string::utf8(bytes, options)?;
    let start = out.len();
    if compact(&text, out).is_none() {
        out.truncate(start);
        string::json_string(&text, out);
    }
    Ok(())
}

/// Copy one JSON text without its insignificant space; `None` when it is not JSON.
fn compact(text: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let mut reader = Reader { text, at: 0, out };
    let mut closers: Vec<u8> = Vec::new();
    loop {
        // A value is due.
        match reader.peek()? {
            open @ (b'[' | b'{') => {
                reader.take();
                let close = if open == b'[' { b']' } else { b'}' };
                if reader.peek()? == close {
                    reader.take();
                } else {
                    if closers.len() == MAX_DEPTH {
                        return None;
                    }
                    closers.push(close);
                    reader.key(close)?;
                    continue;
                }
            }
            b'"' => reader.string()?,
            b't' => reader.word(b"true")?,
            b'f' => reader.word(b"false")?,
            b'n' => reader.word(b"null")?,
            _ => reader.number()?,
        }
        // A value ended.
        loop {
            let Some(&close) = closers.last() else {
                return reader.peek().is_none().then_some(());
            };
            let next = reader.peek()?;
            reader.take();
            if next == close {
                closers.pop();
            } else if next == b',' {
                reader.key(close)?;
                break;
            } else {
                return None;
            }
        }
    }
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    out: &'a mut Vec<u8>,
}

impl Reader<'_> {
    /// The next significant byte.
    fn peek(&mut self) -> Option<u8> {
        while matches!(self.text.get(self.at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
        self.text.get(self.at).copied()
    }

    fn take(&mut self) {
        self.out.push(self.text[self.at]);
        self.at += 1;
    }

    /// Inside an object, the key and colon before a value.
    fn key(&mut self, close: u8) -> Option<()> {
        if close == b']' {
            return Some(());
        }
        if self.peek()? != b'"' {
            return None;
        }
        self.string()?;
        if self.peek()? != b':' {
            return None;
        }
        self.take();
        Some(())
    }

    fn string(&mut self) -> Option<()> {
        self.take();
        loop {
            match *self.text.get(self.at)? {
                b'"' => {
                    self.take();
                    return Some(());
                }
                b'\\' => {
                    self.take();
                    let escape = *self.text.get(self.at)?;
                    let digits = if escape == b'u' { 4 } else { 0 };
                    if !b"\"\\/bfnrtu".contains(&escape) {
                        return None;
                    }
                    self.take();
                    for _ in 0..digits {
                        self.text.get(self.at).filter(|digit| digit.is_ascii_hexdigit())?;
                        self.take();
                    }
                }
                0x00..=0x1F => return None,
                _ => self.take(),
            }
        }
    }

    fn word(&mut self, word: &[u8]) -> Option<()> {
        self.text[self.at..].starts_with(word).then(|| {
            self.out.extend_from_slice(word);
            self.at += word.len();
        })
    }

    fn number(&mut self) -> Option<()> {
        if self.text.get(self.at) == Some(&b'-') {
            self.take();
        }
        if self.text.get(self.at) == Some(&b'0') {
            self.take();
        } else {
            self.digits()?;
        }
        if self.text.get(self.at) == Some(&b'.') {
            self.take();
            self.digits()?;
        }
        if matches!(self.text.get(self.at), Some(b'e' | b'E')) {
            self.take();
            if matches!(self.text.get(self.at), Some(b'+' | b'-')) {
                self.take();
            }
            self.digits()?;
        }
        Some(())
    }

    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.text.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.take();
        }
        (self.at > start).then_some(())
    }
}
