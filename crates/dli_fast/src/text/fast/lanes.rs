//! Fused scan and copy of text, a vector at a time: AVX2, SSE2, or one 8-byte word.
//!
//! ```text
//! src ─▶ load W bytes ─▶ store ─▶ special? non-ASCII? ─▶ stop at the first special byte │ next W
//! ```

#![expect(clippy::many_single_char_names, reason = "vectors, and the intrinsics on them")]

/// A vector of bytes. Implementations only differ in width.
pub trait Lane: Copy {
    /// Bytes a vector; at most 32.
    const WIDTH: usize;
    /// Copy one vector; the bits of the special and of the non-ASCII bytes in it, lowest first.
    ///
    /// # Safety
    /// WIDTH bytes are readable at `src` and writable at `dst`, and the CPU has the instructions.
    unsafe fn step(src: *const u8, dst: *mut u8, set: &Specials) -> (u32, u32);

    /// Copy up to the first special byte; gives its index, or `len`. `high` collects whether a byte was not ASCII.
    ///
    /// # Safety
    /// `source` is as it says, `len + 64` bytes from `dst` are writable, and the CPU has the instructions.
    #[inline(always)]
    unsafe fn copy_plain(source: Source, dst: *mut u8, set: &Specials, high: &mut u32) -> usize {
        // SAFETY: as promised by the caller.
        unsafe { by_steps::<Self>(source, dst, set, high) }
    }
}

/// Which bytes stop a copy: four given ones and, for JSON, everything below 0x20.
#[derive(Clone, Copy, Debug)]
pub struct Specials {
    /// The given bytes; repeat one to fill up.
    pub bytes: [u8; 4],
    /// Bytes below this stop too; 0 for none.
    pub below: u8,
}

/// One 8-byte word, in plain Rust.
#[derive(Clone, Copy)]
pub struct Word;

impl Lane for Word {
    const WIDTH: usize = 8;

    #[inline(always)]
    unsafe fn step(src: *const u8, dst: *mut u8, set: &Specials) -> (u32, u32) {
        // SAFETY: as promised by the caller.
        let bytes = unsafe {
            let bytes = src.cast::<[u8; 8]>().read_unaligned();
            dst.cast::<[u8; 8]>().write_unaligned(bytes);
            bytes
        };
        let (mut special, mut high) = (0, 0);
        for (at, &byte) in bytes.iter().enumerate() {
            special |= u32::from(byte < set.below || set.bytes.contains(&byte)) << at;
            high |= u32::from(byte >> 7) << at;
        }
        (special, high)
    }
}

#[cfg(target_arch = "x86_64")]
pub use x86::{Avx2, Avx512, Sse2};

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::{Lane, Source, Specials};
    #[allow(clippy::wildcard_imports, reason = "the intrinsics, by their own names")]
    use std::arch::x86_64::*;

    /// 16 bytes; every x86-64 has it.
    #[derive(Clone, Copy)]
    pub struct Sse2;

    impl Lane for Sse2 {
        const WIDTH: usize = 16;

        #[inline(always)]
        unsafe fn step(src: *const u8, dst: *mut u8, set: &Specials) -> (u32, u32) {
            // SAFETY: SSE2 is part of x86-64; the pointers are the caller's promise.
            unsafe {
                let v = _mm_loadu_si128(src.cast());
                _mm_storeu_si128(dst.cast(), v);
                let is = |byte: u8| _mm_cmpeq_epi8(v, _mm_set1_epi8(byte as i8));
                let [a, b, c, d] = set.bytes;
                let mut special = _mm_or_si128(_mm_or_si128(is(a), is(b)), _mm_or_si128(is(c), is(d)));
                if set.below > 0 {
                    let last = _mm_set1_epi8((set.below - 1) as i8);
                    special = _mm_or_si128(special, _mm_cmpeq_epi8(_mm_min_epu8(v, last), v));
                }
                (_mm_movemask_epi8(special) as u32, _mm_movemask_epi8(v) as u32)
            }
        }
    }

    /// 32 bytes, where `is_x86_feature_detected!("avx2")`.
    #[derive(Clone, Copy)]
    pub struct Avx2;

    impl Lane for Avx2 {
        const WIDTH: usize = 32;

        #[inline(always)]
        unsafe fn step(src: *const u8, dst: *mut u8, set: &Specials) -> (u32, u32) {
            // SAFETY: the caller detected AVX2; the pointers are its promise.
            unsafe {
                let v = _mm256_loadu_si256(src.cast());
                _mm256_storeu_si256(dst.cast(), v);
                let is = |byte: u8| _mm256_cmpeq_epi8(v, _mm256_set1_epi8(byte as i8));
                let [a, b, c, d] = set.bytes;
                let mut special = _mm256_or_si256(_mm256_or_si256(is(a), is(b)), _mm256_or_si256(is(c), is(d)));
                if set.below > 0 {
                    let last = _mm256_set1_epi8((set.below - 1) as i8);
                    special = _mm256_or_si256(special, _mm256_cmpeq_epi8(_mm256_min_epu8(v, last), v));
                }
                (_mm256_movemask_epi8(special) as u32, _mm256_movemask_epi8(v) as u32)
            }
        }
    }

    /// 64 bytes, where `is_x86_feature_detected!` of AVX-512 F, BW and VL. Short text is read under a mask: no look at
    /// what may be read behind it, and no second turn for text of up to 64 bytes.
    #[derive(Clone, Copy)]
    pub struct Avx512;

    impl Lane for Avx512 {
        const WIDTH: usize = 32;

        #[inline(always)]
        unsafe fn step(src: *const u8, dst: *mut u8, set: &Specials) -> (u32, u32) {
            // SAFETY: AVX-512 implies AVX2; the pointers are the caller's promise.
            unsafe { Avx2::step(src, dst, set) }
        }

        #[inline(always)]
        unsafe fn copy_plain(source: Source, dst: *mut u8, set: &Specials, high: &mut u32) -> usize {
            // SAFETY: as promised by the caller.
            unsafe {
                if source.len <= 32 && source.readable >= 32 {
                    let (special, not_ascii) = Avx2::step(source.at, dst, set);
                    let inside = ((1u64 << source.len) - 1) as u32;
                    *high |= not_ascii & inside;
                    let special = special & inside;
                    return if special == 0 { source.len } else { special.trailing_zeros() as usize };
                }
                by_64(source, dst, set, high)
            }
        }
    }

    /// A masked load costs twice a plain one, so it is for the last bytes of an allocation.
    #[inline(always)]
    unsafe fn by_64(source: Source, dst: *mut u8, set: &Specials, high: &mut u32) -> usize {
        let mut done = 0;
        loop {
            let rest = source.len - done;
            let inside = if rest >= 64 { u64::MAX } else { (1 << rest) - 1 };
            // SAFETY: no byte behind the allocation is read; 64 bytes are writable behind every place of the text.
            let special = unsafe {
                let at: *const i8 = source.at.add(done).cast();
                let v = if source.readable - done >= 64 {
                    _mm512_loadu_si512(at.cast())
                } else {
                    _mm512_maskz_loadu_epi8(inside, at)
                };
                _mm512_storeu_si512(dst.add(done).cast(), v);
                let is = |byte: u8| _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8(byte as i8));
                let [a, b, c, d] = set.bytes;
                let mut special = is(a) | is(b) | is(c) | is(d);
                if set.below > 0 {
                    special |= _mm512_cmplt_epu8_mask(v, _mm512_set1_epi8(set.below as i8));
                }
                *high |= u32::from(_mm512_movepi8_mask(v) & inside != 0);
                special & inside
            };
            if special != 0 {
                return done + special.trailing_zeros() as usize;
            }
            done += 64;
            if done >= source.len {
                return source.len;
            }
        }
    }
}

/// Some text and how far past its end may be read.
#[derive(Clone, Copy)]
pub struct Source {
    /// The first byte.
    pub at: *const u8,
    /// Bytes of the text.
    pub len: usize,
    /// Bytes from `at` to the end of the allocation, at least `len`.
    pub readable: usize,
}

impl Source {
    /// The text itself.
    ///
    /// # Safety
    /// The memory outlives the slice.
    #[inline(always)]
    #[must_use]
    pub unsafe fn slice<'a>(self) -> &'a [u8] {
        // SAFETY: as promised by the caller.
        unsafe { std::slice::from_raw_parts(self.at, self.len) }
    }

    /// All but the first `count` ≤ len bytes.
    #[inline(always)]
    #[must_use]
    pub fn skip(self, count: usize) -> Self {
        // SAFETY: count ≤ len ≤ readable.
        Self { at: unsafe { self.at.add(count) }, len: self.len - count, readable: self.readable - count }
    }
}

/// [`Lane::copy_plain`], a vector at a time.
///
/// # Safety
/// As there; `len + L::WIDTH` bytes from `dst` are enough.
#[inline(always)]
unsafe fn by_steps<L: Lane>(source: Source, dst: *mut u8, set: &Specials, high: &mut u32) -> usize {
    let mut done = 0;
    loop {
        let rest = source.len - done;
        // SAFETY: a full vector is read only where the allocation has one; else the rest is copied to a padded one.
        let (special, not_ascii) = unsafe {
            if source.readable - done >= L::WIDTH {
                L::step(source.at.add(done), dst.add(done), set)
            } else {
                let mut padded = [b' '; 32];
                std::ptr::copy_nonoverlapping(source.at.add(done), padded.as_mut_ptr(), rest.min(32));
                L::step(padded.as_ptr(), dst.add(done), set)
            }
        };
        let inside = if rest >= L::WIDTH { u32::MAX } else { (1 << rest) - 1 };
        *high |= not_ascii & inside;
        if special & inside != 0 {
            return done + (special & inside).trailing_zeros() as usize;
        }
        done += L::WIDTH;
        if done >= source.len {
            return source.len;
        }
    }
}
