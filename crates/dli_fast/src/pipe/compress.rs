//! Each chunk becomes a gzip member or a zstd frame of its own, so that workers compress in parallel.

use std::io::Write;

/// What is done to the text, with its level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// Nothing.
    None,
    /// RFC 1952, levels 0 to 9.
    Gzip(u32),
    /// RFC 8878, levels -7 to 22.
    Zstd(i32),
}

/// One worker's compressor, reused over chunks.
pub(super) enum Compressor {
    None,
    Gzip(flate2::Compression),
    Zstd(zstd::bulk::Compressor<'static>),
}

impl Compressor {
    pub fn new(compression: Compression) -> Self {
        match compression {
            Compression::None => Self::None,
            Compression::Gzip(level) => Self::Gzip(flate2::Compression::new(level)),
            Compression::Zstd(level) => Self::Zstd(zstd::bulk::Compressor::new(level).expect("a checked level")),
        }
    }

    pub fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }

    /// Append the compressed form of `text` to `out`.
    pub fn compress(&mut self, text: &[u8], out: &mut Vec<u8>) {
        match self {
            Self::None => out.extend_from_slice(text),
            Self::Gzip(level) => {
                let mut encoder = flate2::write::GzEncoder::new(out, *level);
                encoder.write_all(text).and_then(|()| encoder.finish().map(|_| ())).expect("a Vec accepts every write");
            }
            Self::Zstd(compressor) => {
                out.append(&mut compressor.compress(text).expect("the bound of the output is known"));
            }
        }
    }
}
