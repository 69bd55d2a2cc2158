//! Texts of numbers → numbers, exactly or not at all.

type Result<T> = std::result::Result<T, String>;

/// An integer of 64 bits.
#[inline]
pub fn integer(text: &str) -> Result<i64> {
    let bytes = text.as_bytes();
    let (negative, digits) = match bytes.split_first() {
        Some((b'-', rest)) => (true, rest),
        _ => (false, bytes),
    };
    // Eighteen digits cannot overflow.
    if digits.is_empty() || digits.len() > 18 {
        return text.parse().map_err(|_| format!("{text} is no integer of 64 bits"));
    }
    let mut found = 0_i64;
    for digit in digits {
        if !digit.is_ascii_digit() {
            return Err(format!("{text} is no integer"));
        }
        found = found * 10 + i64::from(digit - b'0');
    }
    Ok(if negative { -found } else { found })
}

/// One of fewer bits.
#[inline]
pub fn narrow<T: TryFrom<i64>>(text: &str) -> Result<T> {
    T::try_from(integer(text)?).map_err(|_| format!("{text} is out of range"))
}

/// The numbers that JSON has no form for.
pub fn special(text: &str) -> Result<f64> {
    match text {
        "NaN" => Ok(f64::NAN),
        "Infinity" | "+Infinity" => Ok(f64::INFINITY),
        "-Infinity" => Ok(f64::NEG_INFINITY),
        other => Err(format!("the text {other:?} where a number was expected")),
    }
}

/// The value times ten to the scale, exactly.
#[inline]
pub fn decimal(text: &str, precision: u8, scale: i8) -> Result<i128> {
    let bad = || format!("{text:?} is no decimal({precision},{scale})");
    let (negative, digits) = match text.as_bytes().split_first() {
        Some((b'-', rest)) => (true, rest),
        Some((b'+', rest)) => (false, rest),
        _ => (false, text.as_bytes()),
    };
    let mut found = 0_i128;
    let mut behind: Option<i8> = None; // digits behind the point
    let mut count = 0_u8;
    for byte in digits {
        match byte {
            b'0'..=b'9' => {
                count += u8::from(count > 0 || *byte != b'0');
                if count > 38 {
                    return Err(bad());
                }
                found = found * 10 + i128::from(byte - b'0');
                if let Some(behind) = &mut behind {
                    *behind = behind.checked_add(1).ok_or_else(bad)?;
                }
            }
            b'.' if behind.is_none() => behind = Some(0),
            _ => return Err(bad()),
        }
    }
    let missing = scale - behind.unwrap_or(0);
    if digits.is_empty() || digits == b"." || missing < 0 || i32::from(count) + i32::from(missing) > 38 && found != 0 {
        return Err(bad());
    }
    found *= 10_i128.pow(missing as u32);
    if found >= 10_i128.pow(u32::from(precision)) {
        return Err(bad());
    }
    Ok(if negative { -found } else { found })
}
