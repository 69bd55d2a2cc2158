//! The search for the next byte that means something to the encoder: sixteen at a time, with SSE2 where that is.

/// The first byte of a value mark; the one of a place mark is the next, and no byte of UTF-8 is higher than that.
pub(super) const MARK: u8 = 0xF3;

/// Where in `text` at or behind `from` the first of `stops`, or a byte that a mark may begin with, stands; or the end.
#[inline(always)]
pub(super) fn find<const N: usize>(text: &[u8], from: usize, stops: &[u8; N]) -> usize {
    let mut at = from;
    while let Some(chunk) = text[at..].first_chunk() {
        let found = hits(chunk, stops);
        if found != 0 {
            return at + found.trailing_zeros() as usize;
        }
        at += chunk.len();
    }
    text[at..].iter().position(|byte| *byte >= MARK || stops.contains(byte)).map_or(text.len(), |found| at + found)
}

/// Which bytes of `chunk` are among `stops` or may begin a mark: a bit for each, lowest first.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn hits<const N: usize>(chunk: &[u8; 16], stops: &[u8; N]) -> u32 {
    use std::arch::x86_64::{
        _mm_cmpeq_epi8, _mm_loadu_si128, _mm_max_epu8, _mm_movemask_epi8, _mm_or_si128, _mm_set1_epi8,
    };
    // SAFETY: every x86-64 has SSE2; the load reads the 16 bytes of `chunk`.
    unsafe {
        let bytes = _mm_loadu_si128(chunk.as_ptr().cast());
        let mut found = _mm_cmpeq_epi8(_mm_max_epu8(bytes, _mm_set1_epi8(MARK as i8)), bytes);
        for stop in stops {
            found = _mm_or_si128(found, _mm_cmpeq_epi8(bytes, _mm_set1_epi8(*stop as i8)));
        }
        _mm_movemask_epi8(found) as u32
    }
}

#[cfg(not(target_arch = "x86_64"))]
#[inline(always)]
fn hits<const N: usize>(chunk: &[u8; 16], stops: &[u8; N]) -> u32 {
    let hit = |byte: u8| u32::from(byte >= MARK || stops.contains(&byte));
    chunk.iter().enumerate().fold(0, |found, (at, byte)| found | hit(*byte) << at)
}

#[cfg(test)]
mod tests {
    use super::{MARK, find};

    #[test]
    fn the_first_stop_is_found_wherever_it_stands() {
        let stops = b"'-/";
        for length in 0..70 {
            let plain = vec![b'x'; length];
            assert_eq!(find(&plain, 0, stops), length);
            for at in 0..length {
                for stop in [b'\'', b'-', b'/', MARK, MARK + 1] {
                    let mut text = plain.clone();
                    text[at] = stop;
                    let nearby = text.len() - 1;
                    text[nearby] = if nearby > at { b'/' } else { text[nearby] };
                    for from in 0..=at {
                        assert_eq!(find(&text, from, stops), at, "{length} {at} {from} {stop}");
                    }
                    assert_eq!(find(&text, at + 1, stops), nearby.max(at + 1).min(length), "{length} {at} {stop}");
                }
            }
        }
    }

    #[test]
    fn other_bytes_are_passed() {
        let others: Vec<u8> = (0..MARK).filter(|byte| !b"'-/".contains(byte)).collect();
        assert_eq!(find(&others, 0, b"'-/"), others.len());
    }
}
