//! Text cells: bare or quoted in CSV, escaped in JSON; long ones in pieces.

use super::Style;
use super::column::{Bytes, Column, Utf8State, Values, Views, position};
use super::lanes::{Lane, Source, Specials};
use super::out::{Halted, Out, PIECE};
use crate::text::Binary;
use crate::text::string::BASE64;
use arrow_buffer::ArrowNativeType;

const JSON: Specials = Specials { bytes: [b'"', b'\\', b'"', b'\\'], below: 0x20 };
const QUOTE: Specials = Specials { bytes: [b'"'; 4], below: 0 };

impl<O: ArrowNativeType> Bytes<'_, O> {
    /// # Safety
    /// There is such a row.
    #[inline(always)]
    pub unsafe fn get(&self, row: usize) -> Source {
        // SAFETY: offsets has rows + 1 entries, which the producer vouches for.
        unsafe {
            let start = position(*self.offsets.get_unchecked(row));
            let end = position(*self.offsets.get_unchecked(row + 1));
            Source { at: self.data.as_ptr().add(start), len: end - start, readable: self.data.len() - start }
        }
    }
}

impl Views<'_> {
    /// # Safety
    /// There is such a row.
    #[inline(always)]
    pub unsafe fn get(&self, row: usize) -> Source {
        // SAFETY: the views are as many as the rows; a short one holds its bytes itself, behind its length.
        unsafe {
            let view = *self.views.get_unchecked(row);
            let len = view as u32 as usize;
            if len <= 12 {
                let at = self.views.as_ptr().add(row).cast::<u8>().add(4);
                return Source { at, len, readable: 16 * (self.views.len() - row) - 4 };
            }
            let (buffer, offset) = ((view >> 64) as u32 as usize, (view >> 96) as u32 as usize);
            let data = self.buffers[buffer];
            Source { at: data.as_ptr().add(offset), len, readable: data.len() - offset }
        }
    }
}

/// A text cell of a column.
///
/// # Safety
/// `at` is the end of the text in `out`; the column has the row; the CPU has L's instructions.
#[inline(always)]
pub unsafe fn put_text<L: Lane, const IS_JSON: bool>(
    column: &Column<'_>,
    row: usize,
    source: Source,
    at: *mut u8,
    out: &mut Out<'_, '_>,
) -> Result<*mut u8, Halted> {
    // SAFETY: as promised by the caller; the room is for quotes and six bytes a byte.
    unsafe {
        if source.len > PIECE {
            return put_long::<IS_JSON>(column, row, source, at, out);
        }
        let at = out.room(at, source.len * if IS_JSON { 6 } else { 2 } + 64)?;
        let mut high = 0;
        let end = if IS_JSON {
            *at = b'"';
            let end = copy_escaped::<L>(source, at.add(1), &mut high);
            *end = b'"';
            end.add(1)
        } else {
            put_csv::<L>(column, source, at, &mut high)
        };
        if high != 0 && !is_utf8(column, source) {
            return put_slow::<IS_JSON>(column, row, at, out);
        }
        Ok(end)
    }
}

/// # Safety
/// Six times the text and 64 bytes are writable from `at`; the CPU has L's instructions.
#[inline(always)]
unsafe fn copy_escaped<L: Lane>(mut source: Source, mut at: *mut u8, high: &mut u32) -> *mut u8 {
    // SAFETY: as promised by the caller: at most six bytes for each one, and a vector past the end.
    unsafe {
        loop {
            let done = L::copy_plain(source, at, &JSON, high);
            at = at.add(done);
            if done == source.len {
                return at;
            }
            let (text, len) = escape(*source.at.add(done));
            at.cast::<[u8; 8]>().write_unaligned(text);
            at = at.add(len);
            source = source.skip(done + 1);
            if source.len == 0 {
                return at;
            }
        }
    }
}

fn escape(byte: u8) -> ([u8; 8], usize) {
    let short = |letter: u8| ([b'\\', letter, 0, 0, 0, 0, 0, 0], 2);
    match byte {
        b'"' | b'\\' => short(byte),
        b'\n' => short(b'n'),
        b'\r' => short(b'r'),
        b'\t' => short(b't'),
        0x08 => short(b'b'),
        0x0C => short(b'f'),
        _ => {
            let hex = |digit: u8| b"0123456789abcdef"[usize::from(digit & 15)];
            ([b'\\', b'u', b'0', b'0', hex(byte >> 4), hex(byte), 0, 0], 6)
        }
    }
}

/// # Safety
/// Twice the text and 64 bytes are writable from `at`; the CPU has L's instructions.
#[inline(always)]
unsafe fn put_csv<L: Lane>(column: &Column<'_>, source: Source, at: *mut u8, high: &mut u32) -> *mut u8 {
    let Style::Csv { delimiter, null, safe } = &column.whole.style else { unreachable!("a CSV plan") };
    // SAFETY: as promised by the caller.
    unsafe {
        if source.len == 0 {
            at.cast::<[u8; 2]>().write_unaligned(*b"\"\"");
            return at.add(2);
        }
        let specials = Specials { bytes: [*delimiter, b'"', b'\n', b'\r'], below: 0 };
        // `'` would stand before the text; the quote, if any, before both.
        let guard = *safe && column.plan.formula && is_formula(*source.at);
        *at = b'\'';
        let done = L::copy_plain(source, at.add(usize::from(guard)), &specials, high);
        let bare = done == source.len
            && !(*high != 0 && source.slice().starts_with("\u{feff}".as_bytes()))
            && (null.is_empty() || source.slice() != null);
        if bare {
            return at.add(usize::from(guard) + done);
        }
        at.cast::<[u8; 2]>().write_unaligned(*b"\"'");
        let end = copy_doubled::<L>(source, at.add(1 + usize::from(guard)), high);
        *end = b'"';
        end.add(1)
    }
}

fn is_formula(first: u8) -> bool {
    matches!(first, b'=' | b'+' | b'-' | b'@' | b'\t' | b'\r')
}

/// # Safety
/// Twice the text and 64 bytes are writable from `at`; the CPU has L's instructions.
#[inline(always)]
unsafe fn copy_doubled<L: Lane>(mut source: Source, mut at: *mut u8, high: &mut u32) -> *mut u8 {
    // SAFETY: as promised by the caller.
    unsafe {
        loop {
            let done = L::copy_plain(source, at, &QUOTE, high);
            at = at.add(done);
            if done == source.len {
                return at;
            }
            at.cast::<[u8; 2]>().write_unaligned(*b"\"\"");
            at = at.add(2);
            source = source.skip(done + 1);
            if source.len == 0 {
                return at;
            }
        }
    }
}

/// Is a cell with bytes beyond ASCII UTF-8? The first such cell has the whole column looked at once.
#[inline(never)]
fn is_utf8(column: &Column<'_>, source: Source) -> bool {
    // SAFETY: the column's buffers outlive the call.
    let bytes = unsafe { source.slice() };
    let data = match &column.values {
        Values::Text(text) => text.data,
        Values::LargeText(text) => text.data,
        _ => return simdutf8::basic::from_utf8(bytes).is_ok(),
    };
    if column.utf8.get() == Utf8State::Unknown {
        let range = text_range(column);
        let whole = simdutf8::basic::from_utf8(&data[range]).is_ok();
        column.utf8.set(if whole { Utf8State::Whole } else { Utf8State::Each });
    }
    if column.utf8.get() == Utf8State::Each {
        return simdutf8::basic::from_utf8(bytes).is_ok();
    }
    // Inside valid text, a cell is valid when both ends lie between characters.
    let continues = |byte: Option<&u8>| byte.is_some_and(|&byte| byte & 0xC0 == 0x80);
    let end = source.at as usize - data.as_ptr() as usize + source.len;
    !continues(bytes.first()) && (end == text_range(column).end || !continues(data.get(end)))
}

/// The part of a text column's data that its rows use.
fn text_range(column: &Column<'_>) -> std::ops::Range<usize> {
    fn ends<O: ArrowNativeType>(offsets: &[O]) -> std::ops::Range<usize> {
        offsets.first().map_or(0, |first| first.as_usize())..offsets.last().map_or(0, |last| last.as_usize())
    }
    match &column.values {
        Values::Text(text) => ends(text.offsets),
        Values::LargeText(text) => ends(text.offsets),
        _ => 0..0,
    }
}

/// The reference's text of a value that is rare, wrong or unknown.
///
/// # Safety
/// `at` is the end of the text in `out`; the column has the row.
#[inline(never)]
pub unsafe fn put_slow<const IS_JSON: bool>(
    column: &Column<'_>,
    row: usize,
    at: *mut u8,
    out: &mut Out<'_, '_>,
) -> Result<*mut u8, Halted> {
    let mut scratch = std::mem::take(&mut out.scratch);
    scratch.clear();
    let encoder = if IS_JSON { &column.plan.json } else { &column.plan.text };
    let written = encoder.write(column.array, row, &mut scratch);
    // SAFETY: as promised by the caller.
    let end = unsafe {
        match written {
            Err(error) => {
                out.fault = Some(error);
                Err(Halted)
            }
            Ok(false) if !IS_JSON => put_null::<false>(column, at, out),
            Ok(_) if IS_JSON => out.extend(at, &scratch),
            Ok(_) => put_made(column, &scratch, at, out),
        }
    };
    out.scratch = scratch;
    end
}

/// The text of null.
///
/// # Safety
/// `at` is the end of the text in `out`.
#[inline(always)]
#[expect(clippy::unnecessary_wraps, reason = "one of the functions that put a cell")]
pub unsafe fn put_null<const IS_JSON: bool>(
    column: &Column<'_>,
    at: *mut u8,
    _out: &mut Out<'_, '_>,
) -> Result<*mut u8, Halted> {
    // SAFETY: the plan's weight counts the null text.
    unsafe {
        if IS_JSON {
            at.cast::<[u8; 4]>().write_unaligned(*b"null");
            return Ok(at.add(4));
        }
        let Style::Csv { null, .. } = &column.whole.style else { unreachable!("a CSV plan") };
        if !null.is_empty() {
            std::ptr::copy_nonoverlapping(null.as_ptr(), at, null.len());
        }
        Ok(at.add(null.len()))
    }
}

/// A CSV cell whose text is already made and known to be UTF-8.
///
/// # Safety
/// `at` is the end of the text in `out`.
pub unsafe fn put_made(
    column: &Column<'_>,
    text: &[u8],
    at: *mut u8,
    out: &mut Out<'_, '_>,
) -> Result<*mut u8, Halted> {
    let source = Source { at: text.as_ptr(), len: text.len(), readable: text.len() };
    // SAFETY: the base vector exists everywhere; the room is for quotes and two bytes a byte.
    unsafe {
        if source.len > PIECE {
            return put_pieces::<false>(column, source, at, out);
        }
        let at = out.room(at, source.len * 2 + 64)?;
        Ok(put_csv::<super::Base>(column, source, at, &mut 0))
    }
}

/// A text of more than one piece: looked at as a whole, then written piece by piece.
///
/// # Safety
/// `at` is the end of the text in `out`; the column has the row.
#[inline(never)]
unsafe fn put_long<const IS_JSON: bool>(
    column: &Column<'_>,
    row: usize,
    source: Source,
    at: *mut u8,
    out: &mut Out<'_, '_>,
) -> Result<*mut u8, Halted> {
    // SAFETY: the column's buffers outlive the call; the rest as promised by the caller.
    unsafe {
        if simdutf8::basic::from_utf8(source.slice()).is_err() {
            return put_slow::<IS_JSON>(column, row, at, out);
        }
        put_pieces::<IS_JSON>(column, source, at, out)
    }
}

/// # Safety
/// `at` is the end of the text in `out`.
unsafe fn put_pieces<const IS_JSON: bool>(
    column: &Column<'_>,
    source: Source,
    mut at: *mut u8,
    out: &mut Out<'_, '_>,
) -> Result<*mut u8, Halted> {
    // SAFETY: the source outlives the call; `room` is asked before every piece.
    unsafe {
        let text = source.slice();
        let (mut quote, mut guard) = (true, false);
        if let Style::Csv { delimiter, null, safe } = &column.whole.style
            && !IS_JSON
        {
            guard = *safe && column.plan.formula && is_formula(text[0]);
            quote = memchr::memchr3(b'"', b'\n', b'\r', text).is_some()
                || memchr::memchr(*delimiter, text).is_some()
                || text.starts_with("\u{feff}".as_bytes())
                || text == null;
        }
        at = out.room(at, 2)?;
        *at = b'"';
        at = at.add(usize::from(quote));
        *at = b'\'';
        at = at.add(usize::from(guard));
        let mut rest = source;
        while rest.len > 0 {
            let piece = Source { len: rest.len.min(PIECE), ..rest };
            at = out.room(at, piece.len * if IS_JSON { 6 } else { 2 } + 64)?;
            at = if IS_JSON {
                copy_escaped::<super::Base>(piece, at, &mut 0)
            } else if quote {
                copy_doubled::<super::Base>(piece, at, &mut 0)
            } else {
                std::ptr::copy_nonoverlapping(piece.at, at, piece.len);
                at.add(piece.len)
            };
            rest = rest.skip(piece.len);
        }
        at = out.room(at, 1)?;
        *at = b'"';
        Ok(at.add(usize::from(quote)))
    }
}

/// Bytes as base64, hex or uuid; empty ones are `""` in both formats.
///
/// # Safety
/// `at` is the end of the text in `out`.
#[inline(never)]
pub unsafe fn put_binary<const IS_JSON: bool>(
    column: &Column<'_>,
    source: Source,
    mut at: *mut u8,
    out: &mut Out<'_, '_>,
) -> Result<*mut u8, Halted> {
    // SAFETY: the column's buffers outlive the call; `room` is asked before every piece.
    unsafe {
        let bytes = source.slice();
        let quote = IS_JSON || bytes.is_empty();
        at = out.room(at, 128)?;
        *at = b'"';
        at = at.add(usize::from(quote));
        if column.plan.uuid {
            for (index, &byte) in bytes.iter().enumerate() {
                *at = b'-';
                at = put_hex(at.add(usize::from(matches!(index, 4 | 6 | 8 | 10))), byte);
            }
        } else {
            // A multiple of three: only the last piece has padding.
            for piece in bytes.chunks(PIECE / 3 * 3) {
                at = out.room(at, piece.len() * 2 + 64)?;
                at = match column.whole.options.binary {
                    Binary::Hex => piece.iter().fold(at, |at, &byte| put_hex(at, byte)),
                    Binary::Base64 => put_base64(at, piece),
                };
            }
        }
        *at = b'"';
        Ok(at.add(usize::from(quote)))
    }
}

/// # Safety
/// 2 bytes are writable.
#[inline(always)]
unsafe fn put_hex(at: *mut u8, byte: u8) -> *mut u8 {
    let digit = |half: u8| b"0123456789abcdef"[usize::from(half & 15)];
    // SAFETY: as promised by the caller.
    unsafe {
        at.cast::<[u8; 2]>().write_unaligned([digit(byte >> 4), digit(byte)]);
        at.add(2)
    }
}

/// Two digits for every 12 bits.
static PAIRS: [[u8; 2]; 4096] = {
    let mut table = [[0; 2]; 4096];
    let mut at = 0;
    while at < 4096 {
        table[at] = [BASE64[at >> 6], BASE64[at & 63]];
        at += 1;
    }
    table
};

/// # Safety
/// 4 bytes for every started three are writable.
unsafe fn put_base64(mut at: *mut u8, bytes: &[u8]) -> *mut u8 {
    let (groups, rest) = bytes.as_chunks::<3>();
    // SAFETY: as promised by the caller.
    unsafe {
        for &[a, b, c] in groups {
            let word = u32::from(a) << 16 | u32::from(b) << 8 | u32::from(c);
            at.cast::<[u8; 2]>().write_unaligned(PAIRS[(word >> 12) as usize]);
            at.add(2).cast::<[u8; 2]>().write_unaligned(PAIRS[(word & 4095) as usize]);
            at = at.add(4);
        }
        let text: [u8; 4] = match *rest {
            [] => return at,
            [a] => [BASE64[usize::from(a >> 2)], BASE64[usize::from(a << 4 & 63)], b'=', b'='],
            [a, b, ..] => [
                BASE64[usize::from(a >> 2)],
                BASE64[usize::from((a << 4 | b >> 4) & 63)],
                BASE64[usize::from(b << 2 & 63)],
                b'=',
            ],
        };
        at.cast::<[u8; 4]>().write_unaligned(text);
        at.add(4)
    }
}
