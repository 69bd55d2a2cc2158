//! Comparison of numbers in plain decimal text (`-12.50`), exact at any size.

use std::cmp::Ordering;

/// True for an optional `-`, digits, and perhaps a point with digits.
#[must_use]
pub fn is_canonical(text: &str) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    digits(whole) && digits(fraction)
}

/// The order of two canonical numbers by value: `1.50` equals `1.5`.
#[must_use]
pub fn compare(left: &str, right: &str) -> Ordering {
    let (left, right) = (parts(left), parts(right));
    match (left.negative, right.negative) {
        (false, false) => magnitude(&left, &right),
        (true, true) => magnitude(&right, &left),
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
    }
}

struct Parts<'t> {
    negative: bool,
    whole: &'t str,
    fraction: &'t str,
}

fn parts(text: &str) -> Parts<'_> {
    let (sign, unsigned) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    Parts { negative: sign && !(whole.is_empty() && fraction.is_empty()), whole, fraction }
}

fn magnitude(left: &Parts<'_>, right: &Parts<'_>) -> Ordering {
    // without padding zeros, a longer whole part is larger and fractions order like text
    let whole = left.whole.len().cmp(&right.whole.len()).then_with(|| left.whole.cmp(right.whole));
    whole.then_with(|| left.fraction.cmp(right.fraction))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_order_by_value_not_by_text() {
        for (left, order, right) in [
            ("9", Ordering::Less, "10"),
            ("1.50", Ordering::Equal, "1.5"),
            ("-2", Ordering::Less, "-1.99"),
            ("-0", Ordering::Equal, "0.00"),
            ("0.1", Ordering::Greater, "0.09"),
            ("007", Ordering::Equal, "7"),
            ("-1", Ordering::Less, "0"),
        ] {
            assert_eq!(compare(left, right), order, "{left} {right}");
            assert_eq!(compare(right, left), order.reverse(), "{right} {left}");
        }
    }

    #[test]
    fn only_plain_numbers_are_canonical() {
        for text in ["0", "-1", "12.50"] {
            assert!(is_canonical(text), "{text}");
        }
        for text in ["", "-", ".5", "5.", "1e5", "1.2.3", "+1", "١", " 1"] {
            assert!(!is_canonical(text), "{text}");
        }
    }
}
