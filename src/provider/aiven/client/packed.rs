//! The body of an answer, packed as it came.

use flate2::{Decompress, FlushDecompress, Status};
use reqwest::header::{CONTENT_ENCODING, HeaderMap};

use super::{CAP, LONG};
use crate::provider::aiven::failure::Failure;

/// How answers are to be packed: JSON shrinks to a tenth.
pub(super) const GZIP: &str = "gzip";

/// How far back what is packed may refer, as a power of two: the most that the format has.
const WINDOW_BITS: u8 = 15;

/// A body of which a part may be unpacked.
pub(super) struct Packed {
    sent: Vec<u8>,
    /// How much of it is unpacked.
    taken: usize,
    /// What unpacks it; `None` when it is not packed.
    member: Option<Decompress>,
}

impl Packed {
    pub(super) fn new(headers: &HeaderMap, sent: Vec<u8>) -> Self {
        let coding = headers.get(CONTENT_ENCODING).map(|coding| coding.as_bytes().to_ascii_lowercase());
        let is_packed = coding.is_some_and(|coding| coding == GZIP.as_bytes()) && !sent.is_empty();
        Self { sent, taken: 0, member: is_packed.then(|| Decompress::new_gzip(WINDOW_BITS)) }
    }

    /// All of it. In one go: a stream for each answer that is under way would take many times the room of what is packed.
    ///
    /// # Errors
    /// [`Failure`] when it breaks off, or is larger than any answer.
    pub(super) fn whole(mut self) -> Result<Vec<u8>, Failure> {
        if self.member.is_none() {
            return Ok(self.sent);
        }
        let likely = self.sent.len() * 16;
        let mut body = Vec::with_capacity(if likely > LONG { CAP + 1 } else { likely });
        while self.fill(&mut body)? {
            if body.len() > CAP {
                return Err(Failure::flood(CAP));
            }
            if body.len() == body.capacity() {
                body.reserve_exact(CAP + 1 - body.len());
            }
        }
        if body.len() > CAP { Err(Failure::flood(CAP)) } else { Ok(body) }
    }

    /// Unpacks as much more of it as `into` has room for, and tells whether there may be more. Straight into room that
    /// nothing was written to before: to make that zero first would touch all of it.
    ///
    /// # Errors
    /// [`Failure`] when it breaks off.
    pub(super) fn fill(&mut self, into: &mut Vec<u8>) -> Result<bool, Failure> {
        let left = self.sent.get(self.taken..).unwrap_or_default();
        let Some(member) = &mut self.member else {
            let piece = left.get(..into.capacity() - into.len()).unwrap_or(left);
            into.extend_from_slice(piece);
            self.taken += piece.len();
            return Ok(self.taken < self.sent.len());
        };
        let before = member.total_in();
        let state = member.decompress_vec(left, into, FlushDecompress::None);
        self.taken += usize::try_from(member.total_in() - before).unwrap_or(usize::MAX);
        match state.map_err(|why| Failure::broke_off(&why))? {
            Status::StreamEnd if self.taken < self.sent.len() => {
                *member = Decompress::new_gzip(WINDOW_BITS);
                Ok(true)
            }
            Status::StreamEnd => Ok(false),
            Status::Ok | Status::BufError if into.len() == into.capacity() => Ok(true),
            Status::Ok | Status::BufError => Err(Failure::broke_off(&"it ends in the middle")),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use reqwest::header::HeaderValue;

    use super::*;

    fn in_pieces(mut packed: Packed) -> Result<Vec<u8>, Failure> {
        let mut all = Vec::new();
        loop {
            let mut piece = Vec::with_capacity(1000);
            let is_more = packed.fill(&mut piece)?;
            all.extend_from_slice(&piece);
            if !is_more {
                return Ok(all);
            }
        }
    }

    pub(in crate::provider::aiven::client) fn packed(body: &[u8]) -> Vec<u8> {
        let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
        packer.write_all(body).unwrap();
        packer.finish().unwrap()
    }

    #[test]
    fn what_is_packed_is_unpacked_whole_or_not_at_all() {
        let unpacked = |coding: &'static str, sent: Vec<u8>| {
            let headers = HeaderMap::from_iter([(CONTENT_ENCODING, HeaderValue::from_static(coding))]);
            let whole = Packed::new(&headers, sent.clone()).whole();
            let pieces = in_pieces(Packed::new(&headers, sent));
            assert!(whole == pieces || whole.as_ref().is_err_and(|failure| failure.text.contains("larger")));
            whole
        };
        let text = |bytes: usize| {
            (0..bytes).map(|byte| b"0123456789abcdef"[byte * byte / 7 % 16]).collect::<Vec<u8>>()
        };
        for body in [vec![], text(1), text(70_000), text(400_000), vec![b'a'; 100_000]] {
            assert!(unpacked("gzip", packed(&body)).unwrap() == body, "{} bytes", body.len());
            assert!(unpacked("identity", body.clone()).unwrap() == body);
        }
        let two = [packed(&text(5000)), packed(b" and more")].concat();
        assert_eq!(unpacked("GZIP", two).unwrap(), [text(5000).as_slice(), b" and more"].concat());

        let whole = packed(&text(5000));
        let (mut spoiled, checksum) = (whole.clone(), whole.len() - 5);
        spoiled[checksum] ^= 1;
        let cut = [1, 9, 11, whole.len() / 2, whole.len() - 1].map(|to| whole[..to].to_vec());
        for broken in cut.into_iter().chain([spoiled, [whole, b"garbage".to_vec()].concat()]) {
            let failure = unpacked("gzip", broken).unwrap_err();
            assert!(failure.text.contains("broke off"), "{failure}");
        }
        let mebibyte = packed(&vec![b'a'; 1 << 20]);
        assert_eq!(unpacked("gzip", mebibyte.repeat(32)).unwrap().len(), CAP);
        let failure = unpacked("gzip", mebibyte.repeat(33)).unwrap_err();
        assert!(failure.text.contains("larger than 32 MiB"), "{failure}");
    }
}
