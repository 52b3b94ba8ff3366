//! One loss instant, whoever saw what (S5).

use chrono::TimeDelta;
use proptest::option;
use proptest::prelude::*;

use super::super::sample::{at, heard_word, now, orders};
use super::*;

const SILENT: &str = "2026-11-20T12:03:00Z";

fn silent(since: &str, last_alive: Option<&str>) -> Liveness {
    Liveness::silent(at(since), last_alive.map(at))
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
            Liveness::Silent {
                since: at("2026-11-20T12:00:55Z"),
                last_alive: Some(at("2026-11-20T12:00:50Z")),
                watched_from: at("2026-11-20T12:00:55Z"),
                seen_at: at("2026-11-20T12:01:00Z"),
                off_until: None,
            },
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
            Some(("2026-11-20T12:02:30Z", SILENT, commit.clone())),
        ),
        (
            probed,
            None,
            Some(word("2026-11-20T12:03:30Z", WordIs::LossInstant)),
            Some(("2026-11-20T12:03:30Z", "2026-11-20T12:03:30Z", stated(WordIs::LossInstant))),
        ),
        (
            Liveness::NotProbed,
            written,
            Some(word(SILENT, WordIs::Shut)),
            Some(("2026-11-20T12:02:30Z", SILENT, commit.clone())),
        ),
        // What it wrote may be dated by another clock than the fence, an answer is not.
        (
            Liveness::NotProbed,
            written,
            Some(word("2026-11-20T12:02:00Z", WordIs::Shut)),
            Some(("2026-11-20T12:02:30Z", "2026-11-20T12:02:30Z", commit.clone())),
        ),
        (Liveness::NotProbed, written, Some(word("2026-11-20T12:01:00Z", WordIs::Shut)), None),
        (answers("2026-11-20T12:02:30Z"), None, Some(word("2026-11-20T12:02:00Z", WordIs::Shut)), None),
        // A silence after which it wrote is none: by then it was shut, no sooner.
        (
            silent("2026-11-20T12:01:00Z", None),
            written,
            Some(word(SILENT, WordIs::Shut)),
            Some(("2026-11-20T12:02:30Z", SILENT, commit.clone())),
        ),
        (
            probed,
            None,
            Some(word("2026-11-20T12:02:10Z", WordIs::Shut)),
            Some(("2026-11-20T12:02:00Z", "2026-11-20T12:02:10Z", Ground::Probe)),
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
    let shut = Life::default().lost_at(&[word(SILENT, WordIs::Shut)]).unwrap();
    assert_eq!((shut.earliest, shut.latest), (None, at(SILENT)), "when it stopped before is not known");
}

#[test]
fn s29_a_word_of_an_earlier_journal_is_read_as_the_latest_that_it_can_mean() {
    let read: WordIs = serde_json::from_str("\"declared\"").unwrap();
    assert_eq!(read, WordIs::Shut);
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

#[test]
fn s10_data_written_while_nobody_looked_begins_the_silence_anew_and_no_other_pause_moves_the_loss() {
    let monday = |time: &str| at(&format!("2026-11-16T{time}Z"));
    let friday = |time: &str| at(&format!("2026-11-20T{time}Z"));
    let maintenance =
        answers("2026-11-16T10:00:00Z").looked(false, monday("10:00:10")).looked(false, monday("10:00:20"));
    let outage = maintenance.looked(false, friday("12:00:10")).looked(false, friday("12:00:20"));
    let lost = |liveness, data: Timestamp| {
        let written = Some(Written { at: data, by: WrittenBy::Data });
        let life = Life { liveness, written };
        (life.lost_at(&[]).map(|lost| (lost.earliest, lost.latest)), life.present().silent_since())
    };
    let (alive, since) = (monday("10:00:00"), monday("10:00:10"));
    let (data, again) = (friday("11:59:30"), friday("12:00:10"));
    assert_eq!(lost(outage, data), (Some((Some(data), again)), Some(again)), "it lived in the week");
    assert_eq!(lost(outage, alive), (Some((Some(alive), since)), Some(since)), "nothing says that it lived");
    // Looks that lie closer than that leave no room for a life: the probe is wrong, or its way is blocked.
    let watched = outage.looked(false, friday("12:10:20"));
    assert_eq!(lost(watched, friday("12:05:00")), (None, Some(since)));
    let told = serde_json::from_str::<Liveness>(
        r#"{"liveness":"silent","since":"2026-11-16T10:00:10Z","last_alive":"2026-11-16T10:00:00Z"}"#,
    );
    assert_eq!(
        told.unwrap().looked(false, again),
        Liveness::Silent {
            since,
            last_alive: Some(alive),
            watched_from: again,
            seen_at: again,
            off_until: None
        },
        "kept by an earlier version"
    );
}

#[test]
fn s5_a_planned_silence_says_nothing_of_the_time_in_which_nobody_looked_after_it() {
    let monday = |time: &str| at(&format!("2026-11-16T{time}Z"));
    let (up, off_until) = (monday("02:00:00"), monday("07:59:00"));
    let off = answers("2026-11-16T02:00:00Z").looked(false, monday("02:00:10"));
    let watched = off.looked(false, monday("02:00:20"));
    let lost = |liveness: Liveness| {
        let life = Life { liveness: liveness.while_off(Some(off_until)), written: None };
        life.lost_at(&[]).map(|lost| (lost.earliest, lost.latest))
    };
    assert_eq!(lost(watched), Some((Some(up), monday("02:00:10"))));
    // Switched on after the last word, and used until it died: nobody looked.
    let again = watched.looked(false, monday("12:05:00"));
    assert_eq!(lost(again), Some((Some(up), monday("12:05:00"))));
    assert_eq!(lost(again.looked(false, monday("12:05:10"))), Some((Some(up), monday("12:05:00"))));
}

#[test]
fn s10_a_service_shows_the_silence_that_its_data_allows() {
    let mut service = orders();
    let (began, again) = (at("2026-11-16T10:00:10Z"), at("2026-11-20T12:04:20Z"));
    service.liveness = Liveness::silent(began, None).looked(false, again);
    assert_eq!(service.alive().silent_since(), Some(again), "the copy there holds data of Friday");
    service.secondary = None;
    service.primary = None;
    assert_eq!(service.alive().silent_since(), Some(began));
}

fn any_liveness() -> impl Strategy<Value = Liveness> {
    let instant = || (0_i64..1_000).prop_map(|second| chrono::DateTime::from_timestamp(second, 0).unwrap());
    prop_oneof![
        Just(Liveness::NotProbed),
        instant().prop_map(|at| Liveness::Answers { at }),
        (instant(), option::of(0_i64..300), 0_i64..2_000, 0_i64..2_000, option::of(instant())).prop_map(
            |(since, before, again, long, off_until)| {
                let watched_from = since + TimeDelta::seconds(again);
                Liveness::Silent {
                    since,
                    last_alive: before.map(|before| since - TimeDelta::seconds(before)),
                    watched_from,
                    seen_at: watched_from + TimeDelta::seconds(long),
                    off_until,
                }
            }
        ),
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

#[test]
fn s5_a_silence_that_began_by_then_is_kept_though_it_was_last_known_to_be_off_later() {
    let (began, then) = (at(SILENT), at(SILENT) + TimeDelta::minutes(1));
    let fell_silent = silent(SILENT, None).while_off(Some(then + TimeDelta::minutes(1)));
    let life = Life { liveness: fell_silent, written: None };
    assert_eq!(life.probed_until(then).lost_at(&[]).map(|lost| lost.latest), Some(began));
    assert_eq!(life.probed_until(began - TimeDelta::seconds(1)).lost_at(&[]), None, "not seen yet");
}

#[test]
fn s10_a_silence_lasts_until_a_proof_of_life_however_old_the_last_look() {
    let (then, later) = (at(SILENT), at(SILENT) + TimeDelta::hours(2));
    let fell_silent = silent(SILENT, None);
    assert!(fell_silent.is_silent(then) && fell_silent.is_silent(later));
    assert!(!fell_silent.is_silent(then - TimeDelta::hours(2)), "seen by a clock that was ahead");
    let answered = fell_silent.looked(true, then);
    assert!(!answered.is_silent(then) && !answered.is_silent(later) && !answered.answers(later));
}
