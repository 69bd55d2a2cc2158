//! Bytes → text that the parser may see: the size, UTF-8 and the characters YAML allows.

use super::{ErrorKind, Limits, Place, YamlError};
use memchr::memchr_iter;

/// The text of a file, without its byte-order mark.
pub(super) fn check(data: &[u8], limits: Limits) -> Result<&str, YamlError> {
    if data.len() > limits.bytes {
        let message = format!("the file has {} bytes; at most {} are read", data.len(), limits.bytes);
        return Err(YamlError::new(ErrorKind::Size, Place::START, message));
    }
    if data.starts_with(b"\xff\xfe") || data.starts_with(b"\xfe\xff") {
        return Err(YamlError::new(ErrorKind::Syntax, Place::START, "the file is UTF-16; save it as UTF-8"));
    }
    let data = data.strip_prefix(b"\xef\xbb\xbf").unwrap_or(data);
    let text = simdutf8::basic::from_utf8(data).map_err(|_| invalid_utf8(data))?;
    match unprintable(text) {
        None => Ok(text),
        Some((at, c)) => {
            let message =
                format!("the character U+{:04X} is not allowed in YAML; write it as an escape in quotes", c as u32);
            Err(YamlError::new(ErrorKind::Syntax, place_of(text, at), message))
        }
    }
}

fn invalid_utf8(data: &[u8]) -> YamlError {
    let valid = std::str::from_utf8(data).map_or_else(|error| error.valid_up_to(), str::len);
    let place = place_of(std::str::from_utf8(&data[..valid]).unwrap_or_default(), valid);
    let byte = data.get(valid).copied().unwrap_or_default();
    YamlError::new(ErrorKind::Syntax, place, format!("the byte 0x{byte:02x} is not UTF-8; save the file as UTF-8"))
}

/// The first character outside YAML's printable set.
fn unprintable(text: &str) -> Option<(usize, char)> {
    let bytes = text.as_bytes();
    let control = bytes.iter().position(|&b| (b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r')) || b == 0x7f);
    // U+0080..U+009F but NEL are C2 80..C2 9F; U+FFFE and U+FFFF are EF BF BE and EF BF BF.
    let c1 = memchr_iter(0xc2, bytes).find(|&at| matches!(bytes.get(at + 1), Some(0x80..=0x84 | 0x86..=0x9f)));
    let noncharacter = memchr_iter(0xef, bytes)
        .find(|&at| bytes.get(at + 1) == Some(&0xbf) && matches!(bytes.get(at + 2), Some(0xbe | 0xbf)));
    let at = [control, c1, noncharacter].into_iter().flatten().min()?;
    text[at..].chars().next().map(|c| (at, c))
}

/// The place of a byte offset; lines end as YAML says: LF, CR LF or CR.
pub(super) fn place_of(text: &str, at: usize) -> Place {
    let mut place = Place::START;
    let mut after_cr = false;
    for c in text[..at].chars() {
        match c {
            '\n' if after_cr => {}
            '\n' | '\r' => place = Place { line: place.line + 1, column: 1 },
            _ => place.column += 1,
        }
        after_cr = c == '\r';
    }
    place
}
