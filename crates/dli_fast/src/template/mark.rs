//! Marks: the private-use characters that stand in a rendering text for something kept aside.
//!
//! ```text
//! plane 15  U+F0000…   value n         (written by the formatter, replaced by the encoder)
//! plane 16  U+100000…  place n         (written by the pre-pass: where in which template the text after it stood)
//! U+10FFFC / U+10FFFD                  begin / end of text that came out of an expression
//! ```
//!
//! One character up to 32,767, two beyond (lead + tail, from ranges of their own, so that a torn pair is never another mark).
//! Neither templates nor values may hold characters of these planes.

use minijinja::value::Value;

const VALUE_PLANE: u32 = 0xF_0000;
const PLACE_PLANE: u32 = 0x10_0000;
const SINGLES: u32 = 0x8000;
const LEAD: u32 = 0x8000;
const TAIL: u32 = 0xC000;
const TAIL_BITS: u32 = 13;
const LEADS: u32 = TAIL - LEAD;
const BEGIN: u32 = 0xFFFC;
const END: u32 = 0xFFFD;

/// The number of different marks of one kind.
pub const LIMIT: u32 = SINGLES + (LEADS << TAIL_BITS);

/// What a mark stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// A value, by its number in the render.
    Value(u32),
    /// A place in a template's source, by its number in the set.
    Place(u32),
    /// Text that came out of an expression begins.
    Begin,
    /// It ends: what follows stood in the source after the expression.
    End,
}

impl Mark {
    /// Appends the mark to `out`.
    pub fn push(self, out: &mut String) {
        out.push_str(self.text(&mut [0; 8]));
    }

    /// The mark's text. A number of [`LIMIT`] or more is a bug of the caller.
    #[inline]
    pub fn text(self, buffer: &mut [u8; 8]) -> &str {
        match self {
            Self::Value(number) => number_text(buffer, VALUE_PLANE, number),
            Self::Place(number) => number_text(buffer, PLACE_PLANE, number),
            Self::Begin => scalar(PLACE_PLANE + BEGIN).encode_utf8(buffer),
            Self::End => scalar(PLACE_PLANE + END).encode_utf8(buffer),
        }
    }

    /// The mark at byte `at` of `text`, and its length in bytes; None if no whole mark stands there.
    #[inline]
    pub fn read(text: &[u8], at: usize) -> Option<(Self, usize)> {
        let code = code_at(text, at)?;
        let (plane, low) = (code & !0xFFFF, code & 0xFFFF);
        if low < SINGLES {
            return Some((if plane == VALUE_PLANE { Self::Value(low) } else { Self::Place(low) }, 4));
        }
        Self::read_rare(text, at, (plane, low))
    }

    /// Marks of two characters, and those that are no numbers.
    #[inline(never)]
    fn read_rare(text: &[u8], at: usize, (plane, low): (u32, u32)) -> Option<(Self, usize)> {
        let (number, length) = match low {
            LEAD..TAIL => {
                let tail = code_at(text, at + 4)?;
                if tail & !0xFFFF != plane || !(TAIL..TAIL + (1 << TAIL_BITS)).contains(&(tail & 0xFFFF)) {
                    return None;
                }
                (SINGLES + ((low - LEAD) << TAIL_BITS) + ((tail & 0xFFFF) - TAIL), 8)
            }
            BEGIN if plane == PLACE_PLANE => return Some((Self::Begin, 4)),
            END if plane == PLACE_PLANE => return Some((Self::End, 4)),
            _ => return None,
        };
        Some((if plane == VALUE_PLANE { Self::Value(number) } else { Self::Place(number) }, length))
    }
}

/// True where a byte sequence of planes 15 or 16 begins.
#[inline]
#[must_use]
pub fn begins(text: &[u8], at: usize) -> bool {
    match text[at] {
        0xF4 => true,
        0xF3 => text.get(at + 1).is_some_and(|next| *next >= 0xB0),
        _ => false,
    }
}

/// True if `text` holds a character of the mark planes.
#[must_use]
#[inline]
pub fn any(text: &str) -> bool {
    let bytes = text.as_bytes();
    // most values are short, and a search costs more to begin than to do
    if bytes.len() <= 32 && bytes.iter().fold(0, |most, byte| most.max(*byte)) < 0xF3 {
        return false;
    }
    memchr::memchr2_iter(0xF3, 0xF4, bytes).any(|at| begins(bytes, at))
}

/// True if `text` holds a value mark.
#[must_use]
pub fn any_value(text: &str) -> bool {
    let bytes = text.as_bytes();
    memchr::memchr_iter(0xF3, bytes).any(|at| begins(bytes, at))
}

/// `text` without the marks of plane 16 (places, begins and ends).
#[must_use]
pub fn without_places(text: &str) -> String {
    text.chars().filter(|c| (*c as u32) < PLACE_PLANE).collect()
}

/// `text` with every value mark replaced by its value's plain text, and no other mark.
#[must_use]
pub fn written_out(text: &str, values: &[Value]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        if let Some((mark, length)) = Mark::read(text.as_bytes(), at) {
            at += length;
            if let Mark::Value(number) = mark {
                out.push_str(&values.get(number as usize).map(ToString::to_string).unwrap_or_default());
            }
        } else {
            out.push(c);
            at += c.len_utf8();
        }
    }
    out
}

#[inline]
fn number_text(buffer: &mut [u8; 8], plane: u32, number: u32) -> &str {
    if number < SINGLES {
        return scalar(plane + number).encode_utf8(buffer);
    }
    let rest = number - SINGLES;
    debug_assert!(number < LIMIT, "mark number out of range");
    let (lead, tail) = buffer.split_at_mut(4);
    scalar(plane + LEAD + (rest >> TAIL_BITS)).encode_utf8(lead);
    scalar(plane + TAIL + (rest & ((1 << TAIL_BITS) - 1))).encode_utf8(tail);
    std::str::from_utf8(buffer).unwrap_or_default()
}

fn scalar(code: u32) -> char {
    char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// The code point at `at`, if it is one of planes 15 or 16 (four bytes of UTF-8).
#[inline]
fn code_at(text: &[u8], at: usize) -> Option<u32> {
    let &[a, b, c, d] = text.get(at..at + 4)? else { return None };
    let code =
        (u32::from(a & 0x07) << 18) | (u32::from(b & 0x3F) << 12) | (u32::from(c & 0x3F) << 6) | u32::from(d & 0x3F);
    (a >= 0xF3 && code >= VALUE_PLANE).then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_reads_back() {
        for number in [0, 1, SINGLES - 1, SINGLES, SINGLES + 1, SINGLES + 8191, SINGLES + 8192, 70_000, LIMIT - 1] {
            for mark in [Mark::Value(number), Mark::Place(number), Mark::Begin, Mark::End] {
                let mut text = String::from("é");
                mark.push(&mut text);
                assert_eq!(Mark::read(text.as_bytes(), 2), Some((mark, text.len() - 2)));
                assert!(any(&text));
            }
        }
    }

    #[test]
    fn a_torn_pair_is_no_mark() {
        let mut text = String::new();
        Mark::Value(SINGLES + 5).push(&mut text);
        assert_eq!(Mark::read(&text.as_bytes()[..4], 0), None);
        assert_eq!(Mark::read(&text.as_bytes()[4..], 0), None);
    }

    #[test]
    fn other_characters_are_no_marks() {
        for text in ["é", "한", "😀", "\u{E0001}", "\u{FFFD}"] {
            assert!(!any(text), "{text}");
        }
    }
}
