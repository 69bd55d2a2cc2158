//! Numbers and times into reserved memory: SWAR digits, tables for dates.
//!
//! Every function writes from `at`, may scribble up to [`SLACK`] bytes past its text, and returns the text's end.

use super::super::time::civil;
use std::sync::LazyLock;

/// Bytes past the end of a text that a writer here may touch.
pub const SLACK: usize = 64;

/// The eight digits of `value` < 10^8, first digit in the lowest byte, not yet ASCII.
#[inline(always)]
fn eight(value: u32) -> u64 {
    let quads = u64::from(value / 10_000) | u64::from(value % 10_000) << 32;
    let hundreds = (quads * 10_486) >> 20 & 0x0000_007F_0000_007F;
    let pairs = hundreds | (quads - hundreds * 100) << 16;
    let tens = (pairs * 103) >> 10 & 0x000F_000F_000F_000F;
    tens | (pairs - tens * 10) << 8
}

const ZEROS: u64 = 0x3030_3030_3030_3030;

/// # Safety
/// 8 bytes from `at` are writable.
#[inline(always)]
unsafe fn put8(at: *mut u8, word: u64) {
    // SAFETY: the caller reserved the bytes.
    unsafe { at.cast::<[u8; 8]>().write_unaligned(word.to_le_bytes()) }
}

/// `value` < 10^8 without leading zeros.
///
/// # Safety
/// 8 bytes from `at` are writable.
#[inline(always)]
unsafe fn put_short(at: *mut u8, value: u32) -> *mut u8 {
    let digits = eight(value);
    // A zero keeps its last digit.
    let skip = (digits | 1 << 56).trailing_zeros() / 8;
    // SAFETY: as promised by the caller; 8 - skip ≤ 8.
    unsafe {
        put8(at, (digits | ZEROS) >> (8 * skip));
        at.add(8 - skip as usize)
    }
}

/// # Safety
/// 8 bytes from `at` are writable; `value` < 10^8.
#[inline(always)]
unsafe fn put_eight(at: *mut u8, value: u32) -> *mut u8 {
    // SAFETY: as promised by the caller.
    unsafe {
        put8(at, eight(value) | ZEROS);
        at.add(8)
    }
}

/// An unsigned integer.
///
/// # Safety
/// 20 + SLACK bytes from `at` are writable.
#[inline(always)]
pub unsafe fn put_u64(at: *mut u8, value: u64) -> *mut u8 {
    // SAFETY: at most 4 + 8 + 8 bytes and one overhang of 8.
    unsafe {
        if value < 100_000_000 {
            return put_short(at, value as u32);
        }
        let (high, low) = (value / 100_000_000, (value % 100_000_000) as u32);
        let at = if high < 100_000_000 {
            put_short(at, high as u32)
        } else {
            put_eight(put_short(at, (high / 100_000_000) as u32), (high % 100_000_000) as u32)
        };
        put_eight(at, low)
    }
}

/// A signed integer.
///
/// # Safety
/// 20 + SLACK bytes from `at` are writable.
#[inline(always)]
pub unsafe fn put_i64(at: *mut u8, value: i64) -> *mut u8 {
    // SAFETY: a sign and at most 19 digits.
    unsafe {
        *at = b'-';
        put_u64(at.add(usize::from(value < 0)), value.unsigned_abs())
    }
}

/// A double: exact cents when they are the shortest form, else `zmij`. Only finite values.
///
/// # Safety
/// 32 + SLACK bytes from `at` are writable.
#[inline(always)]
#[expect(clippy::float_cmp, reason = "the very same double is what makes the short text right")]
pub unsafe fn put_f64(at: *mut u8, value: f64) -> *mut u8 {
    // Adding and subtracting 1.5 * 2^52 rounds to an integer while |cents| < 2^51.
    const ROUND: f64 = 6_755_399_441_055_744.0;
    let magnitude = value.abs();
    let cents = (magnitude * 100.0 + ROUND) - ROUND;
    // At most 15 significant digits: two such decimals are never the same double, so this one is the shortest.
    // SAFETY: a sign, at most 15 digits, a point; zmij's text is at most 24 bytes.
    unsafe {
        if magnitude < 1e13 && cents / 100.0 == magnitude {
            *at = b'-';
            let at = at.add(usize::from(value.is_sign_negative()));
            let end = put_small_decimal(at, cents as u64, 2);
            return end.sub(usize::from(*end.sub(1) == b'0'));
        }
        put_zmij(at, value)
    }
}

/// A single in its own shortest form. Only finite values.
///
/// # Safety
/// 32 + SLACK bytes from `at` are writable.
#[inline(always)]
pub unsafe fn put_f32(at: *mut u8, value: f32) -> *mut u8 {
    // SAFETY: as promised by the caller.
    unsafe { put_zmij(at, value) }
}

/// `zmij`'s text, made where it stays: a copy of bytes that were just written in pieces would wait for all of them.
///
/// # Safety
/// 32 + SLACK bytes from `at` are writable.
#[inline(always)]
unsafe fn put_zmij<F: zmij::Float>(at: *mut u8, value: F) -> *mut u8 {
    // A buffer is bytes without a form of their own, so any place of its size is one.
    const { assert!(align_of::<zmij::Buffer>() == 1 && size_of::<zmij::Buffer>() <= 32) };
    // SAFETY: the place is large enough, as promised by the caller, and nobody else has it.
    let text = unsafe { &mut *at.cast::<zmij::Buffer>() }.format_finite(value);
    debug_assert_eq!(text.as_ptr(), at.cast_const(), "the text starts the buffer");
    // SAFETY: the text is within the buffer.
    unsafe { at.add(text.len()) }
}

const POWERS: [u64; 20] = {
    let mut powers = [1u64; 20];
    let mut at = 1;
    while at < 20 {
        powers[at] = powers[at - 1] * 10;
        at += 1;
    }
    powers
};

/// Exactly `digits` ≤ 19 digits of `value` < 10^digits.
///
/// # Safety
/// 24 + SLACK bytes from `at` are writable.
#[inline(always)]
unsafe fn put_padded(at: *mut u8, value: u64, digits: usize) -> *mut u8 {
    let (high, low) = (value / 10_000_000_000_000_000, value % 10_000_000_000_000_000);
    // All 24 digits into place, then the last `digits` of them moved to the front.
    let mut all = [0u8; 24];
    // SAFETY: `all` has room for three times eight digits; digits ≤ 24.
    unsafe {
        let end = put_eight(all.as_mut_ptr(), high as u32);
        let end = put_eight(end, (low / 100_000_000) as u32);
        put_eight(end, (low % 100_000_000) as u32);
        std::ptr::copy_nonoverlapping(all.as_ptr().add(24 - digits), at, digits);
        at.add(digits)
    }
}

/// Whole part and fraction. The common scales have constants of their own: those divisions become multiplications.
#[inline(always)]
fn split(magnitude: u64, scale: usize) -> (u64, u64) {
    match scale {
        1 => (magnitude / 10, magnitude % 10),
        2 => (magnitude / 100, magnitude % 100),
        3 => (magnitude / 1_000, magnitude % 1_000),
        4 => (magnitude / 10_000, magnitude % 10_000),
        6 => (magnitude / 1_000_000, magnitude % 1_000_000),
        _ => (magnitude / POWERS[scale], magnitude % POWERS[scale]),
    }
}

/// The `scale` < 20 digits of `value` < 10^scale. Up to 16 of them need no second place to be shifted from: with zeros
/// appended they are 8 or 16 digits, and what is too much is scribbled past the end.
///
/// # Safety
/// 24 + SLACK bytes from `at` are writable.
#[inline(always)]
unsafe fn put_fraction(at: *mut u8, value: u64, scale: usize) -> *mut u8 {
    // SAFETY: as promised by the caller; at most 16 bytes are written here.
    unsafe {
        if scale <= 8 {
            put_eight(at, (value * POWERS[8 - scale]) as u32);
            return at.add(scale);
        }
        if scale <= 16 {
            let value = value * POWERS[16 - scale];
            let next = put_eight(at, (value / 100_000_000) as u32);
            put_eight(next, (value % 100_000_000) as u32);
            return at.add(scale);
        }
        put_padded(at, value, scale)
    }
}

/// A decimal of scale 0 to 38.
///
/// # Safety
/// 48 + SLACK bytes from `at` are writable.
#[inline(always)]
pub unsafe fn put_decimal(at: *mut u8, value: i128, scale: usize) -> *mut u8 {
    // SAFETY: a sign, at most 39 digits, a zero and a point.
    unsafe {
        *at = b'-';
        let at = at.add(usize::from(value < 0));
        let magnitude = value.unsigned_abs();
        if magnitude <= u128::from(u64::MAX) && scale < 20 {
            let magnitude = magnitude as u64;
            if scale == 0 {
                return put_u64(at, magnitude);
            }
            if magnitude < 10_000_000_000_000_000 && scale < 8 {
                return put_small_decimal(at, magnitude, scale);
            }
            let (whole, fraction) = split(magnitude, scale);
            let at = put_u64(at, whole);
            *at = b'.';
            return put_fraction(at.add(1), fraction, scale);
        }
        put_wide(at, magnitude, scale)
    }
}

/// `value` / 10^scale of `value` < 10^16 and 0 < `scale` < 8: the whole part and the fraction go to both sides of the
/// point from the same digits.
///
/// # Safety
/// 24 bytes from `at` are writable.
#[inline(always)]
unsafe fn put_small_decimal(at: *mut u8, value: u64, scale: usize) -> *mut u8 {
    let (high, low) =
        if value < 100_000_000 { (0, value as u32) } else { (value / 100_000_000, (value % 100_000_000) as u32) };
    let text = eight(low) | ZEROS;
    // SAFETY: as promised by the caller: at most 15 digits, a point, and what a word scribbles past them.
    unsafe {
        let point = if high == 0 {
            // One digit at least stands before the point.
            let skip = ((text ^ ZEROS).trailing_zeros() as usize / 8).min(7 - scale);
            put8(at, text >> (8 * skip));
            at.add(8 - scale - skip)
        } else {
            let at = put_short(at, high as u32);
            put8(at, text);
            at.add(8 - scale)
        };
        *point = b'.';
        put8(point.add(1), text >> (8 * (8 - scale)));
        point.add(1 + scale)
    }
}

/// # Safety
/// As [`put_decimal`].
unsafe fn put_wide(at: *mut u8, magnitude: u128, scale: usize) -> *mut u8 {
    let base = u128::from(POWERS[19]);
    let (high, low) = (magnitude / base, (magnitude % base) as u64);
    let mut all = [b'0'; 64];
    // 3 × 19 digits, of which the highest 18 are always zero: 39 digits hold any i128.
    // SAFETY: `all` has room for 57 digits; the text is at most 39 digits, a zero and a point.
    unsafe {
        let end = put_padded(all.as_mut_ptr(), (high / base) as u64, 19);
        let end = put_padded(end, (high % base) as u64, 19);
        put_padded(end, low, 19);
        let first = all[..57].iter().position(|&digit| digit != b'0').unwrap_or(56);
        // One digit at least stands before the point.
        let first = first.min(56 - scale);
        let whole = 57 - scale - first;
        std::ptr::copy_nonoverlapping(all.as_ptr().add(first), at, whole);
        let at = at.add(whole);
        if scale == 0 {
            return at;
        }
        *at = b'.';
        std::ptr::copy_nonoverlapping(all.as_ptr().add(57 - scale), at.add(1), scale);
        at.add(1 + scale)
    }
}

/// The first day of the table: 1900-01-01.
pub const FIRST_DAY: i64 = -25_567;
/// One past its last: 2100-01-01.
pub const END_DAY: i64 = 47_482;

/// `YYYY-MM-DD` and a `T`, 16 bytes a day.
pub type Days = [[u8; 16]];

/// The text of every day from 1900 to 2099, made at first use (1.2 MB).
pub static DAYS: LazyLock<Box<Days>> = LazyLock::new(|| {
    (FIRST_DAY..END_DAY)
        .map(|day| {
            let (year, month, day) = civil(day);
            let mut text = [b'T'; 16];
            text[..10].copy_from_slice(format!("{year:04}-{month:02}-{day:02}").as_bytes());
            text
        })
        .collect()
});

/// `HH:MM:` of every minute of a day.
static MINUTES: [[u8; 8]; 1440] = {
    let mut table = [*b"00:00:00"; 1440];
    let mut at = 0;
    while at < 1440 {
        table[at][0] += (at / 600) as u8;
        table[at][1] += (at / 60 % 10) as u8;
        table[at][3] += (at % 60 / 10) as u8;
        table[at][4] += (at % 10) as u8;
        at += 1;
    }
    table
};

/// Three digits and a spare byte.
static THREE: [[u8; 4]; 1000] = {
    let mut table = [*b"0000"; 1000];
    let mut at = 0;
    while at < 1000 {
        table[at][0] += (at / 100) as u8;
        table[at][1] += (at / 10 % 10) as u8;
        table[at][2] += (at % 10) as u8;
        at += 1;
    }
    table
};

/// `YYYY-MM-DDT`, of which the caller keeps 10 or 11 bytes, for a day of the table.
///
/// # Safety
/// 16 bytes from `at` are writable and `FIRST_DAY` ≤ day < `END_DAY`.
#[inline(always)]
pub unsafe fn put_day(at: *mut u8, days: &Days, day: i64) {
    // SAFETY: the index is in the table, as promised by the caller.
    unsafe { at.cast::<[u8; 16]>().write_unaligned(*days.get_unchecked((day - FIRST_DAY) as usize)) }
}

/// `HH:MM:SS` and the fraction's digits: 0, 3, 6 or 9.
///
/// # Safety
/// 24 bytes from `at` are writable, `seconds` < 86,400, `fraction` < 10^digits.
#[inline(always)]
pub unsafe fn put_clock(at: *mut u8, seconds: u32, fraction: u32, digits: usize) -> *mut u8 {
    let (minute, second) = (seconds / 60, seconds % 60);
    // SAFETY: the indices are in their tables, as promised by the caller.
    unsafe {
        at.cast::<[u8; 8]>().write_unaligned(*MINUTES.get_unchecked(minute as usize));
        *at.add(6) = b'0' + (second / 10) as u8;
        *at.add(7) = b'0' + (second % 10) as u8;
        let at = at.add(8);
        *at = b'.';
        let three =
            |at: *mut u8, value: u32| at.cast::<[u8; 4]>().write_unaligned(*THREE.get_unchecked(value as usize));
        match digits {
            0 => return at,
            3 => three(at.add(1), fraction),
            6 => {
                three(at.add(1), fraction / 1_000);
                three(at.add(4), fraction % 1_000);
            }
            _ => {
                three(at.add(1), fraction / 1_000_000);
                three(at.add(4), fraction / 1_000 % 1_000);
                three(at.add(7), fraction % 1_000);
            }
        }
        at.add(1 + digits)
    }
}
