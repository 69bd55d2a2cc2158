//! The reading and writing hand of the encoder: copies text, drops the place marks and keeps the source map.

use super::super::mark::Mark;
use super::scan::{MARK, find};
use super::{Origin, Stopped, torn};
use crate::sql::{Refusal, is_word};

/// What [`Cursor::copy_until`] and [`Cursor::ahead`] give for a value mark.
pub(super) const VALUE: u8 = MARK;
const PLACE: u8 = MARK + 1;

pub(super) struct Cursor<'t> {
    pub(super) text: &'t str,
    pub(super) at: usize,
    pub(super) out: String,
    pub(super) map: Vec<(u32, Origin)>,
    /// The place that was marked last.
    pub(super) place: Option<u32>,
    /// The places of the expressions whose text is being read.
    enclosing: Vec<Option<u32>>,
}

impl<'t> Cursor<'t> {
    pub(super) fn new(text: &'t str, values: usize) -> Self {
        Self {
            text,
            at: 0,
            out: String::with_capacity(text.len() + 16 * values),
            map: Vec::with_capacity(8 + 2 * values),
            place: None,
            enclosing: Vec::new(),
        }
    }

    /// Copies up to the next byte of `stops` or value mark, which stays under the cursor; None at the end.
    #[inline(always)]
    pub(super) fn copy_until<const N: usize>(&mut self, stops: &[u8; N]) -> Result<Option<u8>, Refusal> {
        let bytes = self.text.as_bytes();
        let mut end = self.at;
        loop {
            end = find(bytes, end, stops);
            match bytes.get(end) {
                // other characters that begin with the same byte
                Some(&VALUE) if bytes.get(end + 1).is_none_or(|next| *next < 0xB0) => end += 4,
                Some(&PLACE) => {
                    self.out.push_str(&self.text[self.at..end]);
                    self.at = end;
                    self.place_mark()?;
                    end = self.at;
                }
                found => {
                    self.out.push_str(&self.text[self.at..end]);
                    self.at = end;
                    return Ok(found.copied());
                }
            }
        }
    }

    /// Copies `count` bytes of ASCII, and the marks among them.
    #[inline]
    pub(super) fn take(&mut self, count: usize) -> Result<(), Refusal> {
        for _ in 0..count {
            self.skip_places()?;
            if let Some(byte) = self.text.as_bytes().get(self.at) {
                self.out.push(*byte as char);
                self.at += 1;
            }
        }
        Ok(())
    }

    /// Copies characters of any kind until they are at least `length` bytes.
    pub(super) fn take_chars(&mut self, length: usize) -> Result<(), Refusal> {
        let mut taken = 0;
        while taken < length {
            self.skip_places()?;
            let Some(c) = self.text[self.at..].chars().next() else { break };
            self.out.push(c);
            self.at += c.len_utf8();
            taken += c.len_utf8();
        }
        Ok(())
    }

    /// The byte `count` characters of ASCII ahead of the one under the cursor, places not counted; 0 at the end.
    #[inline]
    pub(super) fn ahead(&self, count: usize) -> u8 {
        match self.text.as_bytes().get(self.at..=self.at + count) {
            Some(bytes) if !bytes.contains(&PLACE) => bytes[count],
            _ => self.coming().nth(count).unwrap_or(0),
        }
    }

    /// The length of the `$tag$` under the cursor, if one begins there.
    pub(super) fn dollar_tag(&self) -> Option<usize> {
        let inside = self.coming().skip(1).position(|byte| !is_word(byte) || byte == VALUE)?;
        let closed = self.ahead(inside + 1) == b'$' && !self.ahead(1).is_ascii_digit();
        closed.then_some(inside + 2)
    }

    /// The bytes from the cursor on, places left out.
    fn coming(&self) -> impl Iterator<Item = u8> {
        let bytes = self.text.as_bytes();
        let mut at = self.at;
        std::iter::from_fn(move || {
            while bytes.get(at) == Some(&PLACE) {
                at += Mark::read(bytes, at).map_or(4, |(_, length)| length);
            }
            let byte = bytes.get(at).copied();
            at += 1;
            byte
        })
    }

    /// Notes that what follows stood behind the `{{ … }}` of the last place.
    pub(super) fn after_value(&mut self) {
        if let Some(place) = self.place {
            self.map.push((self.out.len() as u32, Origin { place, after: true }));
        }
    }

    /// The end, with an error: at the place that was marked last, or in a later line of the text that followed.
    pub(super) fn stopped(self, refusal: Refusal) -> Stopped {
        let place = self.place.map(|place| Origin { place, after: false });
        let last = self.map.last().map(|(at, origin)| (*at as usize, *origin));
        let last = last.filter(|(_, origin)| Some(origin.place) == self.place);
        let line = last.and_then(|(from, _)| self.out[from..].rfind('\n').map(|found| from + found + 1));
        let (origin, span) = match (last, line) {
            (Some((from, origin)), Some(line)) => {
                let solid = self.out.len() - self.out[line..].trim_start().len();
                (Some(origin), (from, solid))
            }
            _ => (place, (0, 0)),
        };
        Stopped { refusal, origin, sql: self.out, span }
    }

    #[inline]
    fn skip_places(&mut self) -> Result<(), Refusal> {
        while self.text.as_bytes().get(self.at) == Some(&PLACE) {
            self.place_mark()?;
        }
        Ok(())
    }

    #[inline]
    fn place_mark(&mut self) -> Result<(), Refusal> {
        let (mark, length) = Mark::read(self.text.as_bytes(), self.at).ok_or_else(torn)?;
        self.at += length;
        match mark {
            Mark::Place(place) => {
                self.place = Some(place);
                self.map.push((self.out.len() as u32, Origin { place, after: false }));
            }
            Mark::Begin => self.enclosing.push(self.place),
            Mark::End => {
                if let Some(place) = self.enclosing.pop() {
                    self.place = place;
                    self.after_value();
                }
            }
            Mark::Value(_) => return Err(torn()),
        }
        Ok(())
    }
}
