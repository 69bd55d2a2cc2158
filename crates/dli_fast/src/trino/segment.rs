//! The bytes of a spooled or inlined segment → its rows as JSON.

use super::Error;
use std::borrow::Cow;
use std::io::Read;

/// The most that a segment may become: Trino's are of a few MiB.
pub const LARGEST: usize = 1 << 30;

/// How a segment is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Not at all.
    Json,
    /// One or more frames of Zstandard.
    Zstd,
    /// One block of LZ4, without a frame.
    Lz4,
}

impl Encoding {
    /// By the protocol's name of it.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        match name {
            "json" => Some(Self::Json),
            "json+zstd" => Some(Self::Zstd),
            "json+lz4" => Some(Self::Lz4),
            _ => None,
        }
    }

    /// The rows of a segment that has `size` bytes of them, as its server says. Never makes more than that.
    pub fn decode(self, body: &[u8], size: Option<usize>) -> Result<Cow<'_, [u8]>, Error> {
        if self == Self::Json {
            return Ok(Cow::Borrowed(body));
        }
        let size = size.ok_or_else(|| Error::new("a compressed segment without its size"))?;
        if size > LARGEST {
            return Err(Error::new(format!("a segment of {size} bytes is too large")));
        }
        let made = match self {
            Self::Lz4 => lz4_flex::block::decompress(body, size).map_err(|error| error.to_string()),
            _ => zstd(body, size),
        };
        let found = made.map_err(|error| Error::new(format!("a segment could not be decompressed: {error}")))?;
        if found.len() != size {
            return Err(Error::new(format!("a segment has {} bytes, and its server announced {size}", found.len())));
        }
        Ok(Cow::Owned(found))
    }
}

fn zstd(body: &[u8], size: usize) -> Result<Vec<u8>, String> {
    let mut found = Vec::with_capacity(size);
    let reader = zstd::Decoder::new(body).map_err(|error| error.to_string())?;
    reader.take(size as u64 + 1).read_to_end(&mut found).map_err(|error| error.to_string())?;
    Ok(found)
}
