//! Entries of a list while they wait for their turn. A list repeats the same words for each backup of each
//! service: packed it takes a tenth of what was sent, and the longest answer of all need not stay.

use std::borrow::Cow;

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

use super::decode::BadJson;
use super::service::{Entry, Listed, entries, listed};

/// One entry, packed.
#[derive(Debug)]
pub(crate) struct Kept {
    place: usize,
    bytes: Box<[u8]>,
    /// How long it is when it is unpacked; `None` = it is as it was sent.
    unpacked: Option<usize>,
}

impl Kept {
    fn new(entry: Entry<'_>, deflate: &mut Compress, packed: &mut Vec<u8>) -> Self {
        let (place, sent) = (entry.place(), entry.sent().as_bytes());
        packed.clear();
        packed.reserve(sent.len());
        deflate.reset();
        match deflate.compress_vec(sent, packed, FlushCompress::Finish) {
            Ok(Status::StreamEnd) => {
                Self { place, bytes: packed.as_slice().into(), unpacked: Some(sent.len()) }
            }
            // It would not become smaller.
            _ => Self { place, bytes: sent.into(), unpacked: None },
        }
    }

    /// What it says.
    pub(crate) fn decode(&self) -> Listed {
        listed(self.place, &self.sent())
    }

    fn sent(&self) -> Cow<'_, [u8]> {
        let Some(length) = self.unpacked else { return Cow::Borrowed(&self.bytes) };
        let mut sent = Vec::with_capacity(length);
        // It was packed here: what cannot be unpacked is no list entry, and decoding it says so.
        Decompress::new(false).decompress_vec(&self.bytes, &mut sent, FlushDecompress::Finish).ok();
        Cow::Owned(sent)
    }
}

/// The entries of a list answer, to be kept without it.
pub(crate) fn kept(body: &[u8]) -> Result<Vec<Kept>, BadJson> {
    let (mut deflate, mut packed) = (Compress::new(Compression::fast(), false), Vec::new());
    Ok(entries(body)?.into_iter().map(|entry| Kept::new(entry, &mut deflate, &mut packed)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_says_what_it_said_whatever_was_sent() {
        let noise: String = std::iter::repeat_with(fastrand::alphanumeric).take(100_000).collect();
        for name in ["a", &"long ".repeat(30_000), &noise] {
            let body = format!(r#"{{"services":[{{"service_name":"{name}"}},{{"service_name":7}}]}}"#);
            let kept = kept(body.as_bytes()).unwrap();
            assert_eq!(kept[0].sent(), format!(r#"{{"service_name":"{name}"}}"#).as_bytes());
            let broken = kept[1].decode().service.unwrap_err().to_string();
            assert!(broken.contains("services[1].service_name"), "{broken}");
        }
        assert!(kept(b"{}").is_err());
    }
}
