//! One answer of the protocol: what it says beside the rows, and where its rows are.

use super::Error;
use super::json::Reader;
use std::ops::Range;

const DATA: &str = "data";

/// The answer with `null` in place of its rows, and where these are; no rows where it has none.
pub fn envelope(body: &[u8]) -> Result<(Vec<u8>, Option<Range<usize>>), Error> {
    let found = Reader::new(body).and_then(|mut reader| rows(&mut reader)).map_err(Error::new)?;
    let Some(rows) = found else { return Ok((body.to_vec(), None)) };
    let head = [&body[..rows.start], b"null", &body[rows.end..]].concat();
    Ok((head, Some(rows).filter(|rows| &body[rows.clone()] != b"null")))
}

fn rows(reader: &mut Reader<'_>) -> Result<Option<Range<usize>>, String> {
    let mut found = None;
    reader.expect(b'{')?;
    if !reader.take(b'}') {
        loop {
            let name = reader.string()?;
            reader.expect(b':')?;
            reader.peek();
            let start = reader.at();
            reader.skip()?;
            if name == DATA && found.replace(start..reader.at()).is_some() {
                return Err("a page with two sets of rows".into());
            }
            if reader.take(b'}') {
                break;
            }
            reader.expect(b',')?;
        }
    }
    if reader.ended() { Ok(found) } else { Err("text behind the page".into()) }
}
