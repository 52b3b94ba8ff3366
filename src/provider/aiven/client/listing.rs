//! The list of a project: unpacked and cut into its services no faster than they are asked for.

use std::collections::VecDeque;

use super::packed::Packed;
use super::{CAP, Head, masked, reports_failure, without_token};
use crate::domain::Timestamp;
use crate::provider::aiven::failure::Failure;
use crate::provider::aiven::wire::{Cutter, Entry, check_frame};
use crate::secret::SecretString;

/// How much of it is unpacked at once.
const PIECE: usize = 64 << 10;

/// A list that was answered with success. It gives the entries in their order, and then, or in their place, what is wrong
/// with the list as a whole: that it breaks off in the middle is known only at that place.
pub(crate) struct Listing {
    head: Head,
    packed: Packed,
    token: SecretString,
    cutter: Cutter,
    cut: VecDeque<Entry>,
    piece: Vec<u8>,
    unpacked: usize,
    is_at_end: bool,
}

impl Listing {
    pub(super) fn new(head: Head, packed: Packed, token: SecretString) -> Self {
        Self {
            head,
            packed,
            token,
            cutter: Cutter::default(),
            cut: VecDeque::new(),
            piece: Vec::with_capacity(PIECE),
            unpacked: 0,
            is_at_end: false,
        }
    }

    /// When it was there, by our clock.
    pub(crate) const fn at(&self) -> Timestamp {
        self.head.at
    }

    /// Our clock minus the provider's, seconds.
    pub(crate) const fn skew_s(&self) -> Option<i64> {
        self.head.skew_s
    }

    /// Unpacks the next piece of it.
    fn unpack(&mut self) -> Result<(), Failure> {
        self.piece.clear();
        let is_more = self.packed.fill(&mut self.piece)?;
        self.unpacked += self.piece.len();
        if self.unpacked > CAP {
            return Err(Failure::flood(CAP));
        }
        self.cutter.take(&self.piece, &mut self.cut).map_err(|why| Failure::bad_json(&why))?;
        if is_more { Ok(()) } else { self.end() }
    }

    fn end(&mut self) -> Result<(), Failure> {
        self.is_at_end = true;
        let frame = masked(std::mem::take(&mut self.cutter).frame(), &self.token);
        if reports_failure(&frame) {
            return Err(self.head.failure(&frame));
        }
        check_frame(&frame).map_err(|why| Failure::bad_json(&why))
    }
}

impl Iterator for Listing {
    type Item = Result<Entry, Failure>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.cut.is_empty() && !self.is_at_end {
            if let Err(failure) = self.unpack() {
                self.is_at_end = true;
                let failure = Failure { skew_s: self.head.skew_s, ..failure };
                return Some(Err(without_token(failure, &self.token)));
            }
        }
        let entry = self.cut.pop_front()?;
        Some(Ok(entry.map(|sent| masked(sent, &self.token))))
    }
}

#[cfg(test)]
mod tests {
    use reqwest::StatusCode;
    use reqwest::header::{CONTENT_ENCODING, HeaderMap, HeaderValue};

    use super::super::packed::tests::packed;
    use super::*;
    use crate::clock::Clock;
    use crate::domain::sample::now;

    /// How many entries a packed list gives, and what comes after them.
    fn read(body: &[u8]) -> (usize, Option<Failure>) {
        let headers = HeaderMap::from_iter([(CONTENT_ENCODING, HeaderValue::from_static("gzip"))]);
        let sent = Packed::new(&headers, packed(body));
        let head =
            Head { status: StatusCode::OK, headers, at: now(), skew_s: Some(7), clock: Clock::system() };
        let mut listing = Listing::new(head, sent, SecretString::from("t0ken"));
        let mut entries = 0;
        let failure = listing.find_map(|entry| {
            entries += 1;
            entry.err()
        });
        (entries - usize::from(failure.is_some()), failure)
    }

    fn list(entries: usize) -> String {
        let entry = format!(r#"{{"service_name":"a","more":"{}"}}"#, "x".repeat(99_970));
        format!(r#"{{"services":[{}]}}"#, vec![entry; entries].join(","))
    }

    #[test]
    fn s1_a_list_gives_its_entries_and_then_what_is_wrong_with_it_as_a_whole() {
        assert_eq!(read(list(300).as_bytes()), (300, None));
        let whole = list(9);
        for (body, says) in [
            (list(400), "larger than 32 MiB"),
            (whole.replace("]}", r#"],"error":"t0ken is refused"}"#), "[token] is refused"),
            (whole.replace("]}", ""), "ends early"),
            (whole.replace("services", "service"), "missing field `services`"),
        ] {
            let (entries, failure) = read(body.as_bytes());
            assert!(entries < 400, "{says}");
            let failure = failure.unwrap();
            assert!(failure.text.contains(says) && failure.skew_s == Some(7), "{failure:?}");
        }
    }
}
