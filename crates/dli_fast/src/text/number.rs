//! Integers, floats and decimals as text.

use super::{Form, Nan, Numbers, Options, TextError, TextResult};
use arrow_array::types::{ArrowPrimitiveType, Float16Type};
use std::io::Write;

/// The largest magnitude up to which every integer is a double: 2^53.
pub const EXACT_DOUBLE: u128 = 1 << 53;

/// An integer; a JSON string when `options.numbers` asks for it and the magnitude is beyond 2^53.
pub fn integer(value: i128, form: Form, options: Options, out: &mut Vec<u8>) {
    let quote = form == Form::Json && options.numbers == Numbers::String && value.unsigned_abs() > EXACT_DOUBLE;
    put(quote, out, |out| write!(out, "{value}").expect("a Vec accepts every write"));
}

/// A double in its shortest form that reads back equal.
pub fn float64(value: f64, form: Form, options: Options, out: &mut Vec<u8>) -> TextResult {
    if value.is_finite() {
        out.extend_from_slice(zmij::Buffer::new().format_finite(value).as_bytes());
        return Ok(());
    }
    not_finite(value, form, options, out)
}

/// A single in its shortest form that reads back equal as a single.
pub fn float32(value: f32, form: Form, options: Options, out: &mut Vec<u8>) -> TextResult {
    if value.is_finite() {
        out.extend_from_slice(zmij::Buffer::new().format_finite(value).as_bytes());
        return Ok(());
    }
    not_finite(f64::from(value), form, options, out)
}

/// A half, given widened to a single, in its shortest form that reads back equal as a half.
#[expect(clippy::missing_panics_doc, reason = "a float's own text is a float")]
pub fn float16(value: f32, form: Form, options: Options, out: &mut Vec<u8>) -> TextResult {
    type Half = <Float16Type as ArrowPrimitiveType>::Native;
    if !value.is_finite() {
        return not_finite(f64::from(value), form, options, out);
    }
    let half = Half::from_f32(value);
    // Five significant digits tell any two halves apart; the shorter text is printed like every other float.
    let shortest = (0..5)
        .map(|digits| format!("{value:.digits$e}").parse::<f32>().expect("a float's own text"))
        .find(|&candidate| Half::from_f32(candidate) == half)
        .unwrap_or(value);
    float32(if shortest == 0.0 { value } else { shortest }, form, options, out)
}

fn not_finite(value: f64, form: Form, options: Options, out: &mut Vec<u8>) -> TextResult {
    let text = if value.is_nan() {
        "NaN"
    } else if value > 0.0 {
        "inf"
    } else {
        "-inf"
    };
    match (form, options.nan) {
        (Form::Text, _) => out.extend_from_slice(text.as_bytes()),
        (Form::Json, Nan::Null) => out.extend_from_slice(b"null"),
        (Form::Json, Nan::Error) => return Err(TextError::new(format!("{text} has no form in JSON"))),
    }
    Ok(())
}

/// A decimal from the digits of its unscaled value: the scale is kept, a negative one is written out as zeros.
pub fn decimal(unscaled: &str, scale: i8, form: Form, options: Options, out: &mut Vec<u8>) {
    put(form == Form::Json && options.numbers == Numbers::String, out, |out| {
        let digits = unscaled.strip_prefix('-').unwrap_or(unscaled);
        if digits.len() < unscaled.len() {
            out.push(b'-');
        }
        let digits = digits.as_bytes();
        if scale <= 0 {
            out.extend_from_slice(digits);
            if digits != b"0" {
                out.resize(out.len() + usize::from(scale.unsigned_abs()), b'0');
            }
            return;
        }
        let scale = usize::from(scale.unsigned_abs());
        let whole = digits.len().saturating_sub(scale);
        out.extend_from_slice(if whole == 0 { b"0" } else { &digits[..whole] });
        out.push(b'.');
        out.resize(out.len() + scale.saturating_sub(digits.len()), b'0');
        out.extend_from_slice(&digits[whole..]);
    });
}

fn put(quote: bool, out: &mut Vec<u8>, body: impl FnOnce(&mut Vec<u8>)) {
    if quote {
        out.push(b'"');
    }
    body(out);
    if quote {
        out.push(b'"');
    }
}
