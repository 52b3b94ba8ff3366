//! One loss instant, whoever saw what (S5).

use proptest::prelude::*;

use super::super::sample::{at, heard_word, now, orders};
use super::*;

const SILENT: &str = "2026-11-20T12:03:00Z";

fn silent(since: &str, last_alive: Option<&str>) -> Liveness {
    Liveness::Silent { since: at(since), last_alive: last_alive.map(at) }
}

fn answers(when: &str) -> Liveness {
    Liveness::Answers { at: at(when) }
}

fn word(when: &str, is: WordIs) -> Word {
    Word { at: at(when), by: "anna".to_owned(), is }
}

#[test]
fn s5_the_newest_sign_of_life_wins_whoever_saw_it() {
    let table = [
        // The run's probe answered after the board's fell silent: it was alive.
        (
            silent("2026-11-20T12:00:10Z", None),
            answers("2026-11-20T12:00:20Z"),
            answers("2026-11-20T12:00:20Z"),
        ),
        // The board saw a later answer before the same silence.
        (
            silent("2026-11-20T12:01:00Z", Some("2026-11-20T12:00:00Z")),
            silent("2026-11-20T12:00:55Z", Some("2026-11-20T12:00:50Z")),
            silent("2026-11-20T12:00:55Z", Some("2026-11-20T12:00:50Z")),
        ),
        // A silence that began before the last answer is not the present one.
        (
            silent("2026-11-20T12:00:10Z", Some("2026-11-20T12:00:00Z")),
            silent("2026-11-20T12:02:00Z", Some("2026-11-20T12:01:00Z")),
            silent("2026-11-20T12:02:00Z", Some("2026-11-20T12:01:00Z")),
        ),
        (Liveness::NotProbed, answers("2026-11-20T12:00:00Z"), answers("2026-11-20T12:00:00Z")),
    ];
    for (one, other, both) in table {
        assert_eq!(one.merged(other), both);
        assert_eq!(other.merged(one), both);
    }
}

#[test]
fn s5_each_loss_instant_names_what_it_rests_on() {
    let written = Some(Written { at: at("2026-11-20T12:02:30Z"), by: WrittenBy::Commit });
    let commit = Ground::Written { what: WrittenBy::Commit };
    let stated = |what| Ground::Word { what, who: "anna".to_owned() };
    let (probed, down) = (silent(SILENT, Some("2026-11-20T12:02:00Z")), WordIs::DownSince);
    let table = [
        (probed, None, None, Some(("2026-11-20T12:02:00Z", SILENT, Ground::Probe))),
        (probed, written, None, Some(("2026-11-20T12:02:30Z", SILENT, commit.clone()))),
        // A person's word that nothing contradicts, within the range, narrows it ..
        (
            probed,
            written,
            Some(word("2026-11-20T12:02:40Z", down)),
            Some(("2026-11-20T12:02:40Z", "2026-11-20T12:02:40Z", stated(down))),
        ),
        // .. and one that a commit contradicts does not count.
        (
            probed,
            written,
            Some(word("2026-11-20T12:02:20Z", down)),
            Some(("2026-11-20T12:02:30Z", SILENT, commit)),
        ),
        (
            probed,
            None,
            Some(word("2026-11-20T12:03:30Z", WordIs::LossInstant)),
            Some(("2026-11-20T12:03:30Z", "2026-11-20T12:03:30Z", stated(WordIs::LossInstant))),
        ),
        (
            Liveness::NotProbed,
            None,
            Some(word(SILENT, WordIs::Declared)),
            Some((SILENT, SILENT, stated(WordIs::Declared))),
        ),
        // It answers after the word: it is alive.
        (answers("2026-11-20T12:04:00Z"), None, Some(word(SILENT, WordIs::LossInstant)), None),
        (answers("2026-11-20T12:02:00Z"), None, None, None),
        (Liveness::NotProbed, written, None, None),
    ];
    for (liveness, written, word, wanted) in table {
        let words: Vec<Word> = word.into_iter().collect();
        let lost = Life { liveness, written }.lost_at(&words);
        let wanted =
            wanted.map(|(from, to, ground)| LossInstant { earliest: Some(at(from)), latest: at(to), ground });
        assert_eq!(lost, wanted, "{liveness:?} {words:?}");
    }
}

#[test]
fn s5_a_word_that_a_proof_of_life_contradicts_is_refused_with_the_proof() {
    let life = Life {
        liveness: silent(SILENT, Some("2026-11-20T12:02:00Z")),
        written: Some(Written { at: at("2026-11-20T12:02:30Z"), by: WrittenBy::Commit }),
    };
    let refused = life.check_word(at("2026-11-20T12:02:29Z"), now()).unwrap_err().to_string();
    assert!(refused.contains("the last commit in the log at 2026-11-20T12:02:30Z"), "{refused}");
    assert!(life.check_word(at("2026-11-20T12:02:30Z"), now()).is_ok());
    let refused = life.check_word(at("2026-11-20T12:04:32Z"), now()).unwrap_err().to_string();
    assert!(refused.contains("2026-11-20T12:04:32Z lies in the future"), "{refused}");
    let probed = Life { written: None, ..life }.check_word(at("2026-11-20T12:01:00Z"), now()).unwrap_err();
    assert!(probed.to_string().contains("the last answer to a probe at 2026-11-20T12:02:00Z"), "{probed}");
}

#[test]
fn s5_the_word_of_an_open_incident_governs_the_board() {
    let mut service = orders();
    service.primary = None;
    service.heard = Some(Box::new(heard_word(at("2026-11-20T12:03:20Z"))));
    let lost = service.lost_at().unwrap();
    assert_eq!((lost.latest, lost.ground.grade()), (at("2026-11-20T12:03:20Z"), "stated"));
    service.liveness = answers("2026-11-20T12:04:00Z");
    assert_eq!(service.lost_at(), None, "the board's own probe saw it alive after that");
}

fn any_liveness() -> impl Strategy<Value = Liveness> {
    let instant = || (0_i64..1_000).prop_map(|second| chrono::DateTime::from_timestamp(second, 0).unwrap());
    prop_oneof![
        Just(Liveness::NotProbed),
        instant().prop_map(|at| Liveness::Answers { at }),
        (instant(), proptest::option::of(0_i64..300)).prop_map(|(since, before)| Liveness::Silent {
            since,
            last_alive: before.map(|before| since - TimeDelta::seconds(before)),
        }),
    ]
}

proptest! {
    #[test]
    fn s5_two_who_tell_each_other_what_they_know_agree(one in any_liveness(), other in any_liveness()) {
        let both = one.merged(other);
        prop_assert_eq!(both, other.merged(one));
        prop_assert_eq!(both.merged(one), both, "told again, nothing changes");
        prop_assert_eq!(both.last_alive(), one.last_alive().max(other.last_alive()));
    }
}
