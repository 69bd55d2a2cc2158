//! The core schema: what an unquoted scalar means. Everything it does not name is text.

/// A scalar that is not text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scalar {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// An integer of 64 bits.
    Int(i64),
    /// A number with a point, an exponent, or one of `.inf` and `.nan`.
    Float(f64),
}

/// What a plain scalar is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Resolved {
    Plain(Scalar),
    /// An integer beyond 64 bits.
    Big,
    Text,
}

/// Digits of the longest number that is read: what CPython converts under any of its settings.
pub(super) const MAX_DIGITS: usize = 640;

pub(super) fn resolve(text: &str) -> Resolved {
    // Words are by far the commonest: one look at the first byte settles them.
    match text.as_bytes().first() {
        None => Resolved::Plain(Scalar::Null),
        Some(b'0'..=b'9' | b'+' | b'-' | b'.') => number(text),
        Some(b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'~') => word(text),
        _ => Resolved::Text,
    }
}

fn word(text: &str) -> Resolved {
    match text {
        "null" | "Null" | "NULL" | "~" => Resolved::Plain(Scalar::Null),
        "true" | "True" | "TRUE" => Resolved::Plain(Scalar::Bool(true)),
        "false" | "False" | "FALSE" => Resolved::Plain(Scalar::Bool(false)),
        _ => Resolved::Text,
    }
}

fn number(text: &str) -> Resolved {
    if let Some(digits) = text.strip_prefix("0x") {
        return integer(digits, 16, |b| b.is_ascii_hexdigit());
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return integer(digits, 8, |b| (b'0'..=b'7').contains(&b));
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if !unsigned.is_empty() && unsigned.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse().map_or(Resolved::Big, |value| Resolved::Plain(Scalar::Int(value)));
    }
    match unsigned {
        ".inf" | ".Inf" | ".INF" => {
            let sign = if text.starts_with('-') { -1.0 } else { 1.0 };
            Resolved::Plain(Scalar::Float(f64::INFINITY * sign))
        }
        ".nan" | ".NaN" | ".NAN" if unsigned.len() == text.len() => Resolved::Plain(Scalar::Float(f64::NAN)),
        _ if is_float(unsigned) => text.parse().map_or(Resolved::Text, |value| Resolved::Plain(Scalar::Float(value))),
        _ => Resolved::Text,
    }
}

fn integer(digits: &str, radix: u32, allowed: fn(u8) -> bool) -> Resolved {
    if digits.is_empty() || !digits.bytes().all(allowed) {
        return Resolved::Text;
    }
    i64::from_str_radix(digits, radix).map_or(Resolved::Big, |value| Resolved::Plain(Scalar::Int(value)))
}

/// `( . [0-9]+ | [0-9]+ ( . [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`
fn is_float(unsigned: &str) -> bool {
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))),
        None => (unsigned, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    !(whole.is_empty() && fraction.is_empty())
        && all_digits(whole)
        && all_digits(fraction)
        && exponent.is_none_or(|digits| !digits.is_empty() && all_digits(digits))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn float(text: &str) -> f64 {
        match resolve(text) {
            Resolved::Plain(Scalar::Float(value)) => value,
            other => panic!("{text} is {other:?}"),
        }
    }

    #[test]
    fn only_the_core_words_are_null_or_boolean() {
        for text in ["", "~", "null", "Null", "NULL"] {
            assert_eq!(resolve(text), Resolved::Plain(Scalar::Null), "{text}");
        }
        for (text, value) in [("true", true), ("True", true), ("TRUE", true), ("false", false), ("FALSE", false)] {
            assert_eq!(resolve(text), Resolved::Plain(Scalar::Bool(value)), "{text}");
        }
        for text in ["yes", "no", "on", "off", "y", "n", "tRUE", "nULL", "~x", "None"] {
            assert_eq!(resolve(text), Resolved::Text, "{text}");
        }
    }

    #[test]
    fn integers_are_decimal_hex_or_octal_and_never_sexagesimal() {
        for (text, value) in [
            ("0", 0),
            ("-0", 0),
            ("+7", 7),
            ("010", 10),
            ("0x1F", 31),
            ("0o17", 15),
            ("-9223372036854775808", i64::MIN),
        ] {
            assert_eq!(resolve(text), Resolved::Plain(Scalar::Int(value)), "{text}");
        }
        for text in ["9223372036854775808", "0xFFFFFFFFFFFFFFFF"] {
            assert_eq!(resolve(text), Resolved::Big, "{text}");
        }
        for text in
            ["1:30", "190:20:30", "1_000", "0b1", "0x", "0o8", "-0x1", "+", "-", "--1", "2025-01-01", "1.2.3", "0X1"]
        {
            assert_eq!(resolve(text), Resolved::Text, "{text}");
        }
    }

    #[test]
    fn floats_have_a_point_an_exponent_or_a_name() {
        for (text, value) in
            [("1.5", 1.5), (".5", 0.5), ("1.", 1.0), ("-1e3", -1000.0), ("1E-2", 0.01), ("+.inf", f64::INFINITY)]
        {
            assert_eq!(float(text).to_bits(), value.to_bits(), "{text}");
        }
        assert_eq!(float("-.INF").to_bits(), f64::NEG_INFINITY.to_bits());
        assert!(float(".NaN").is_nan());
        for text in [".", "1e", "e1", "1e+", "1.5.2", "-.nan", "inf", "nan", "1f", ".e1", "+-1.0"] {
            assert_eq!(resolve(text), Resolved::Text, "{text}");
        }
    }
}
