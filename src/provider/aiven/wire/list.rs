//! The list of a project, cut into its services while it comes: it tells all backups of all of them, and is by far the
//! longest answer. Each service is decoded alone, so that a broken one does not hide the others.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::backups::{Kept, LookedAt, Shown};
use super::decode::{BadJson, DEEPEST, behind_text, decode, decode_part};
use super::scalar::maybe_text;
use super::service::Service;

/// One entry of the list, decoded.
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    /// Its name, where even a broken entry has one.
    pub(crate) name: Option<String>,
    /// The service, or where it is broken.
    pub(crate) service: Result<Service, BadJson>,
}

/// One entry of the list as it was sent.
pub(crate) struct Entry {
    place: usize,
    sent: Vec<u8>,
}

/// What was sent may hold credentials.
impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Entry").field("place", &self.place).finish_non_exhaustive()
    }
}

impl Entry {
    /// The same, with its text changed.
    pub(crate) fn map(self, change: impl FnOnce(Vec<u8>) -> Vec<u8>) -> Self {
        Self { sent: change(self.sent), ..self }
    }

    /// What it says. Its backups, which are most of it, are only looked at: [`Self::backups`] tells them.
    pub(crate) fn decode(&self) -> Listed {
        self.listed::<LookedAt>()
    }

    /// The backups that it shows.
    pub(crate) fn backups(&self) -> Kept {
        #[derive(Deserialize)]
        struct Backups {
            #[serde(default, deserialize_with = "Shown::shown")]
            backups: Kept,
        }

        decode_part::<Backups>(&self.sent).ok()?.backups
    }

    fn listed<B: Shown>(&self) -> Listed
    where
        Service: From<Service<B>>,
    {
        #[derive(Deserialize)]
        struct Name {
            #[serde(deserialize_with = "maybe_text")]
            service_name: Option<String>,
        }

        let service = decode_part::<Service<B>>(&self.sent).map(Service::from);
        let service = service.map_err(|why| why.inside(&format!("services[{}]", self.place)));
        let name = match &service {
            Ok(service) => Some(service.service_name.clone()),
            Err(_) => decode_part::<Name>(&self.sent).ok().and_then(|entry| entry.service_name),
        };
        Listed { name, service }
    }
}

/// Takes a list piece by piece, and cuts what stands in its `services` out of it.
#[derive(Default)]
pub(crate) struct Cutter {
    /// The list with a zero in the place of each entry.
    frame: Vec<u8>,
    /// What there is of the entry that is not at its end.
    entry: Vec<u8>,
    /// How many entries were cut.
    cut: usize,
    depth: usize,
    in_services: bool,
    in_text: bool,
    /// A text ends at the piece's end with the first half of an escape.
    escaped: bool,
}

/// How deep in the answer the entries stand.
const IN_LIST: usize = 2;

impl Cutter {
    /// Takes the next piece, and gives the entries that end in it.
    ///
    /// # Errors
    /// [`BadJson::TooDeep`]. What else is wrong shows where an entry or, in the end, the rest is decoded.
    pub(crate) fn take(&mut self, piece: &[u8], cut: &mut impl Extend<Entry>) -> Result<(), BadJson> {
        let mut begin = 0;
        let mut rest = piece;
        loop {
            if self.in_text {
                let Some(behind) = behind_text(rest, &mut self.escaped) else { break };
                (self.in_text, rest) = (false, behind);
            }
            let Some((&byte, behind)) = rest.split_first() else { break };
            let (before, after) = (piece.len() - rest.len(), piece.len() - behind.len());
            rest = behind;
            let is_in_list = self.in_services && self.depth == IN_LIST;
            match byte {
                b'"' => self.in_text = true,
                b'[' | b'{' if self.depth == DEEPEST => return Err(BadJson::TooDeep),
                b'[' | b'{' => {
                    self.depth += 1;
                    if byte == b'[' && self.depth == IN_LIST {
                        self.hold(piece.get(begin..after));
                        (begin, self.in_services) = (after, self.stands_before_services());
                    }
                }
                b',' if is_in_list => {
                    self.hold(piece.get(begin..before));
                    cut.extend([self.end_entry()]);
                    self.frame.push(byte);
                    begin = after;
                }
                b']' | b'}' => {
                    if is_in_list {
                        self.hold(piece.get(begin..before));
                        cut.extend(self.end_list());
                        begin = before;
                    }
                    self.depth = self.depth.saturating_sub(1);
                }
                _ => {}
            }
        }
        self.hold(piece.get(begin..));
        Ok(())
    }

    /// The list with a zero in the place of each entry, once all of it was taken; [`check_frame`] tells whether it is one.
    pub(crate) fn frame(self) -> Vec<u8> {
        [self.frame, self.entry].concat()
    }

    fn hold(&mut self, text: Option<&[u8]>) {
        let of = if self.in_services { &mut self.entry } else { &mut self.frame };
        of.extend_from_slice(text.unwrap_or_default());
    }

    fn stands_before_services(&self) -> bool {
        let key = self.frame.strip_suffix(b"[").and_then(|text| text.trim_ascii_end().strip_suffix(b":"));
        key.is_some_and(|text| text.trim_ascii_end().ends_with(b"\"services\""))
    }

    fn end_entry(&mut self) -> Entry {
        let place = self.cut;
        self.cut += 1;
        self.frame.push(b'0');
        Entry { place, sent: std::mem::take(&mut self.entry) }
    }

    /// The last entry, of a list that is not empty.
    fn end_list(&mut self) -> Option<Entry> {
        self.in_services = false;
        if self.cut == 0 && self.entry.trim_ascii().is_empty() {
            self.entry.clear();
            return None;
        }
        Some(self.end_entry())
    }
}

/// Whether what is left of a list whose entries were cut out of it is a list.
///
/// # Errors
/// [`BadJson`] when it is not, or ends early.
pub(crate) fn check_frame(frame: &[u8]) -> Result<(), BadJson> {
    #[derive(Deserialize)]
    struct Frame {
        services: Vec<IgnoredAny>,
    }

    decode(frame).map(|Frame { services }| drop(services))
}

/// The entries of a list that is there as a whole.
pub(crate) fn entries(body: &[u8]) -> Result<Vec<Entry>, BadJson> {
    let (mut cutter, mut entries) = (Cutter::default(), Vec::new());
    cutter.take(body, &mut entries)?;
    check_frame(&cutter.frame())?;
    Ok(entries)
}

/// The services of a list answer, with their backups.
pub(crate) fn services(body: &[u8]) -> Result<Vec<Listed>, BadJson> {
    Ok(entries(body)?.iter().map(Entry::listed::<Kept>).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::value::RawValue;

    use super::*;

    /// The entries of a list as another reader of JSON finds them.
    fn found(body: &str) -> Vec<&str> {
        #[derive(Deserialize)]
        struct Whole<'a> {
            #[serde(borrow)]
            services: Vec<&'a RawValue>,
        }

        let whole: Whole<'_> = serde_json::from_str(body).unwrap();
        whole.services.into_iter().map(RawValue::get).collect()
    }

    /// What is cut of a text that comes in pieces of so many bytes each.
    fn cut(body: &str, piece: usize) -> (Vec<String>, Vec<u8>) {
        let (mut cutter, mut entries) = (Cutter::default(), Vec::new());
        body.as_bytes().chunks(piece).for_each(|piece| cutter.take(piece, &mut entries).unwrap());
        assert!(entries.iter().enumerate().all(|(place, entry)| entry.place == place));
        let text = |entry: Entry| String::from_utf8(entry.sent).unwrap().trim().to_owned();
        (entries.into_iter().map(text).collect(), cutter.frame())
    }

    fn any_json() -> impl Strategy<Value = String> {
        let text =
            r#"([ab:,\[\]{}é]|\\"|\\\\|services|\\u00e9){0,12}"#.prop_map(|text| format!("\"{text}\""));
        let leaf = prop_oneof![Just("null".to_owned()), Just(" 12".to_owned()), text];
        leaf.prop_recursive(4, 24, 4, |inner| {
            let many = prop::collection::vec(inner, 0..4);
            let named = |(place, value)| format!("\"{}\" :\n{value}", ["services", "b"][place % 2]);
            prop_oneof![
                many.clone().prop_map(|values| format!("[{} ]", values.join(" ,"))),
                many.prop_map(move |values| {
                    let named: Vec<String> = values.into_iter().take(2).enumerate().map(named).collect();
                    format!("{{{}}}", named.join(","))
                }),
            ]
        })
    }

    proptest! {
        #[test]
        fn entries_are_what_another_reader_finds_however_the_list_comes_in_pieces(
            entries in prop::collection::vec(any_json(), 0..5),
            [before, behind] in [any_json(), any_json()],
            piece in 1..40_usize,
        ) {
            let entries = entries.join(",\n");
            let body = format!("{{\"a\":{before},\"services\" : [ {entries}\t],\"z\\\"\": {behind}}}");
            let (got, frame) = cut(&body, piece);
            prop_assert_eq!(got, found(&body));
            prop_assert_eq!(check_frame(&frame), Ok(()));
            let zeros = vec!["0"; found(&body).len()].join(",");
            let left = format!("{{\"a\":{before},\"services\" : [{zeros}],\"z\\\"\": {behind}}}");
            prop_assert_eq!(String::from_utf8(frame).unwrap(), left);
        }
    }

    #[test]
    fn a_list_that_ends_early_or_is_none_says_so() {
        let whole = r#"{"services":[{"service_name":"a"},{"service_name":"b"}],"more":"x"}"#;
        for end in 1..whole.len() {
            assert_eq!(entries(&whole.as_bytes()[..end]).unwrap_err(), BadJson::Truncated, "{end}");
        }
        assert_eq!(entries(whole.as_bytes()).unwrap().len(), 2);
        for (body, says) in [
            ("<html>", "a web page instead of JSON"),
            ("{}", "missing field `services`"),
            (r#"{"services":null}"#, "at `services`"),
            (r#"{"services":[]} and more"#, "at `end`"),
            (r#"{"services":[{}],"services":[{}]}"#, "duplicate field `services`"),
            (r#"[{"services":[{}]}]"#, "expected a sequence"),
            (r#"{"services":[{},{"a":[}]}"#, "at `services`"),
        ] {
            let said = entries(body.as_bytes()).unwrap_err().to_string();
            assert!(said.contains(says), "{body}: {said}");
        }
        let deep = format!(r#"{{"services":[{}"#, "[".repeat(100_000));
        assert_eq!(entries(deep.as_bytes()).unwrap_err(), BadJson::TooDeep);
    }

    #[test]
    fn a_broken_entry_says_where_it_is_and_hides_no_other() {
        let body =
            r#"{"services":[{"service_name":"a"},null,{"service_name":"c","plan":},{"service_name":"d"},]}"#;
        let listed = services(body.as_bytes()).unwrap();
        let names: Vec<Option<&str>> = listed.iter().map(|entry| entry.name.as_deref()).collect();
        assert_eq!(names, [Some("a"), None, None, Some("d"), None]);
        for place in [1, 2, 4] {
            let why = listed[place].service.as_ref().unwrap_err().to_string();
            assert!(why.contains(&format!("services[{place}]")) || why.contains("ends early"), "{why}");
        }
    }

    #[test]
    fn what_was_sent_is_not_shown() {
        let entries = entries(br#"{"services":[{"service_uri":"s3cret"}]}"#).unwrap();
        assert!(!format!("{entries:?}").contains("s3cret"));
    }
}
