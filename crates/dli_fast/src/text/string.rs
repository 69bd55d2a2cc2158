//! Text and bytes: UTF-8 check, JSON escapes, base64, hex, uuid.

use super::{Binary, Control, Form, Options, TextError, TextResult, Utf8};
use arrow_array::cast::AsArray;
use arrow_array::{Array, GenericByteArray, GenericByteViewArray, types::ByteArrayType, types::ByteViewType};
use arrow_schema::DataType;
use std::borrow::Cow;
use std::io::Write;

/// The bytes of a text cell. Producers across the C interface are not trusted to send UTF-8, so no `str` is made here.
pub fn text_bytes(array: &dyn Array, row: usize) -> &[u8] {
    match array.data_type() {
        DataType::Utf8 => byte_slice(array.as_string::<i32>(), row),
        DataType::LargeUtf8 => byte_slice(array.as_string::<i64>(), row),
        _ => view_slice(array.as_string_view(), row),
    }
}

/// The bytes of a binary cell.
pub fn binary_bytes(array: &dyn Array, row: usize) -> &[u8] {
    match array.data_type() {
        DataType::Binary => byte_slice(array.as_binary::<i32>(), row),
        DataType::LargeBinary => byte_slice(array.as_binary::<i64>(), row),
        DataType::BinaryView => view_slice(array.as_binary_view(), row),
        _ => array.as_fixed_size_binary().value(row),
    }
}

fn byte_slice<T: ByteArrayType>(array: &GenericByteArray<T>, row: usize) -> &[u8] {
    use arrow_buffer::ArrowNativeType;
    let offsets = array.value_offsets();
    &array.value_data()[offsets[row].as_usize()..offsets[row + 1].as_usize()]
}

fn view_slice<T: ByteViewType + ?Sized>(array: &GenericByteViewArray<T>, row: usize) -> &[u8] {
    let view = &array.views()[row];
    let length = (*view & 0xFFFF_FFFF) as usize;
    if length <= 12 {
        let start = row * 16 + 4;
        return &array.views().inner().as_slice()[start..start + length];
    }
    let (buffer, offset) = ((*view >> 64) as u32 as usize, (*view >> 96) as u32 as usize);
    &array.data_buffers()[buffer][offset..offset + length]
}

/// `bytes` as UTF-8: checked, or with U+FFFD for each invalid part. Control characters are looked for where that is wanted.
pub fn utf8(bytes: &[u8], options: Options) -> TextResult<Cow<'_, [u8]>> {
    if options.control == Control::Error
        && let Some(at) = bytes.iter().position(|&byte| is_control(byte))
    {
        return Err(TextError::new(format!("the control character U+{:04X} at byte {at} of the text", bytes[at])));
    }
    match (std::str::from_utf8(bytes), options.utf8) {
        (Ok(_), _) => Ok(Cow::Borrowed(bytes)),
        (Err(error), Utf8::Strict) => {
            Err(TextError::new(format!("invalid UTF-8 at byte {} of the text", error.valid_up_to())))
        }
        (Err(_), Utf8::Replace) => Ok(Cow::Owned(String::from_utf8_lossy(bytes).into_owned().into_bytes())),
    }
}

fn is_control(byte: u8) -> bool {
    byte.is_ascii_control() && !matches!(byte, b'\t' | b'\n' | b'\r')
}

/// A text cell: as it is, or as a JSON string.
pub fn text(bytes: &[u8], form: Form, options: Options, out: &mut Vec<u8>) -> TextResult {
    let bytes = utf8(bytes, options)?;
    match form {
        Form::Text => out.extend_from_slice(&bytes),
        Form::Json => json_string(&bytes, out),
    }
    Ok(())
}

/// UTF-8 text as a JSON string: only what RFC 8259 asks for is escaped.
pub fn json_string(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for &byte in text {
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0x08 => out.extend_from_slice(b"\\b"),
            0x0C => out.extend_from_slice(b"\\f"),
            0x00..=0x1F => write!(out, "\\u{byte:04x}").expect("a Vec accepts every write"),
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}

/// Bytes as base64 or hex.
pub fn binary(bytes: &[u8], form: Binary, out: &mut Vec<u8>) {
    match form {
        Binary::Hex => {
            for byte in bytes {
                write!(out, "{byte:02x}").expect("a Vec accepts every write");
            }
        }
        Binary::Base64 => base64(bytes, out),
    }
}

/// The alphabet of RFC 4648.
pub const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn base64(bytes: &[u8], out: &mut Vec<u8>) {
    for group in bytes.chunks(3) {
        let word = group.iter().enumerate().fold(0u32, |word, (at, &byte)| word | u32::from(byte) << (16 - 8 * at));
        for at in 0..4 {
            let digit = BASE64[(word >> (18 - 6 * at)) as usize & 63];
            out.push(if at <= group.len() { digit } else { b'=' });
        }
    }
}

/// 16 bytes as 8-4-4-4-12 lower-case hex digits.
pub fn uuid(bytes: &[u8], out: &mut Vec<u8>) {
    for (at, byte) in bytes.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            out.push(b'-');
        }
        write!(out, "{byte:02x}").expect("a Vec accepts every write");
    }
}
