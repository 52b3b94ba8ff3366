//! The answer in sentences, one fact each, for the screen and for what is copied.

use super::answer::{Answer, BadMoment, Can};
use crate::domain::instant::rfc3339;
use crate::domain::{Assessment, Grade, PointKind, Policy, Timestamp, words};
use crate::tui::app::keys::naming;
use crate::tui::app::state::Tone;
use crate::tui::keymap::Key;

/// Whether the point can be restored.
pub fn can(answer: &Answer, now: Timestamp) -> (Tone, String) {
    let region = answer.region.as_deref().unwrap_or("the other region");
    let old = answer.read.filter(|(_, old)| *old);
    let read =
        old.map_or_else(String::new, |(as_of, _)| format!(", as read {} ago", words::age_of(as_of, now)));
    match (&answer.can, answer.silent_there) {
        (Can::Be(grade), Some(silent)) => {
            let primaries = if silent == 1 { "primary" } else { "primaries" };
            let risk = format!("AT RISK in {region}: {silent} {primaries} silent there");
            (Tone::Warning, format!("{risk}{read}, grade: {}", words::grade(*grade)))
        }
        (Can::Be(grade), None) => {
            let tone = if old.is_some() { Tone::Unknown } else { Tone::Ok };
            (tone, format!("CAN BE RESTORED in {region}{read}, grade: {}", words::grade(*grade)))
        }
        (Can::Not(reason), _) => {
            (Tone::Critical, format!("CANNOT be restored{read}: {}", of_it(reason, answer.at)))
        }
        (Can::Unknown(reason), _) => {
            (Tone::Unknown, format!("NOT KNOWN{read}: {}", of_it(reason, answer.at)))
        }
    }
}

/// A reason beside the instant that it is about, which it need not name again.
fn of_it(reason: &str, at: Timestamp) -> String {
    reason.strip_prefix(&rfc3339(at)).map_or_else(|| reason.to_owned(), |rest| format!("it{rest}"))
}

/// What is given up; nothing is, where nothing can be restored.
pub fn gives_up(answer: &Answer) -> String {
    if matches!(answer.can, Can::Not(_)) {
        return NO_WAY.to_owned();
    }
    let Some(amount) = answer.gives_up else {
        let why = answer.unknown.as_ref().map(|why| format!("not known: {why}"));
        return why.unwrap_or_else(|| words::UNKNOWN.to_owned());
    };
    let before = words::counted_to(answer.basis, answer.is).unwrap_or_else(|| "now".to_owned());
    let lost =
        format!("{} of writes before {before}", words::range(amount, answer.is, answer.gives_up_least));
    let old = answer.read.is_some_and(|(_, old)| old);
    match answer.more_than_newest {
        None => format!("{lost}; this is the newest point"),
        Some(more) => {
            let least = if old { "at least " } else { "" };
            format!("{lost};  {least}{} more than the newest point would", words::to_the_second(more))
        }
    }
}

/// What stands for the way to a point that there is no way to.
const NO_WAY: &str = "-";

/// How long it takes.
pub fn takes(answer: &Answer, known: Option<&Assessment>, policy: &Policy) -> String {
    takes_because(answer, known, policy, |basis| basis)
}

/// The same in three ways, longest first: without how it was guessed, and with fewer words for the log.
pub fn takes_in_ways(answer: &Answer, known: Option<&Assessment>, policy: &Policy) -> [String; 3] {
    let short = takes_because(answer, known, policy, |basis| basis.split(": ").next().unwrap_or(basis));
    let shortest = short.replace(" of log to replay", " of log");
    [takes(answer, known, policy), short, shortest]
}

fn takes_because(
    answer: &Answer,
    known: Option<&Assessment>,
    policy: &Policy,
    because: fn(&str) -> &str,
) -> String {
    if matches!(answer.can, Can::Not(_)) {
        return NO_WAY.to_owned();
    }
    let of = policy.rto.map_or_else(String::new, |rto| format!(" of {}", words::objective(rto)));
    let log = answer.replay.filter(|replay| !replay.is_zero());
    let replay =
        log.map_or_else(String::new, |replay| format!(", replays {} of log", words::to_the_second(replay)));
    match known.and_then(|known| known.restore.as_ref()) {
        None => format!("not known{of}{replay} (no own run, no size)"),
        Some(guess) if guess.is_guess() => {
            format!(
                "{}: {}{of} ({})",
                words::copying(guess, log),
                words::restore(guess),
                because(&guess.basis)
            )
        }
        Some(restore) => format!("{}{of}{replay} ({})", words::restore(restore), because(&restore.basis)),
    }
}

/// What it starts from, and what is known of the log up to the point.
pub fn from(answer: &Answer) -> String {
    if matches!(answer.can, Can::Not(_)) {
        return NO_WAY.to_owned();
    }
    let base = answer.base.as_ref().zip(answer.base_instant()).map_or_else(
        || "base backup not known".to_owned(),
        |(base, at)| {
            let kind = match base.kind {
                PointKind::Full => "base",
                PointKind::Differential => "differential",
                PointKind::Incremental => "incremental",
                PointKind::Snapshot => "snapshot",
                PointKind::Unknown => "backup",
            };
            let size = base.size_bytes.map_or_else(String::new, |size| format!(", {}", words::bytes(size)));
            format!("{kind} {at}{size}")
        },
    );
    let log = match (&answer.can, answer.replay) {
        (Can::Be(Grade::Claimed), Some(_)) => "; log not provably whole",
        (Can::Be(Grade::Whole), Some(_)) => "; log whole: every piece was seen",
        (Can::Be(Grade::Restored), Some(_)) => "; log whole: a run restored it",
        (Can::Be(Grade::Checked), Some(_)) => "; log whole: a run restored and compared it",
        _ => "",
    };
    format!("{base}{log}")
}

/// The neighbours.
pub fn nearest(answer: &Answer, now: Timestamp) -> String {
    let shown = |at: Option<Timestamp>| at.map_or_else(|| "none".to_owned(), |at| instant(at, now));
    format!("earlier {}  later {}", shown(answer.earlier), shown(answer.later))
}

/// Where the point lies to the bad moment, and the key that sets one.
pub fn bad_moment(
    answer: &Answer,
    bad: Option<Timestamp>,
    sets: Option<Key>,
    now: Timestamp,
) -> (Tone, String) {
    let Some(bad) = bad else {
        let how = naming(sets, |key| format!("{key} sets it here; "));
        return (Tone::Exempt, format!("not set ({how}the point stays before it)"));
    };
    let shown = instant(bad, now);
    match answer.bad {
        Some(BadMoment::Before(by)) => {
            (Tone::Ok, format!("{shown}; the point lies {} before it", words::to_the_second(by)))
        }
        Some(BadMoment::NotBefore(latest)) => {
            let latest = latest.map_or_else(
                || "none is known".to_owned(),
                |at| format!("the latest is {}", instant(at, now)),
            );
            (Tone::Critical, format!("{shown}; the point must lie BEFORE it, {latest}"))
        }
        None => (Tone::Unknown, shown),
    }
}

/// As it can be asked for, with its fraction where it has one (S13): the time of day today, else with the date.
fn instant(at: Timestamp, now: Timestamp) -> String {
    let day = if at.date_naive() == now.date_naive() { "" } else { "%Y-%m-%d " };
    let fraction = if at.timestamp_subsec_micros() == 0 { "" } else { "%.6f" };
    at.format(&format!("{day}%H:%M:%S{fraction}Z")).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sample::*;
    use crate::domain::{Service, assess};
    use crate::tui::app::timeline::{Move, Timeline, View};

    /// The answer where a move leads to, with a bad moment marked there or not.
    fn told(service: &Service, how: Move, bad: bool) -> (Answer, [String; 3], String) {
        let known = assess(service, now(), &STALE);
        let view = View { service, known: Some(&known), now: now(), stale_after: &STALE, columns: 80 };
        let mut timeline = Timeline::open(&view);
        timeline.go(how, &view);
        if bad {
            timeline.toggle_bad(&view);
        }
        let answer = timeline.answer(&view).unwrap();
        let lines = [takes(&answer, Some(&known), &service.policy), from(&answer), nearest(&answer, now())];
        let bad = bad_moment(&answer, timeline.bad, None, now()).1;
        (answer, lines, bad)
    }

    #[test]
    fn s3_what_cannot_be_restored_takes_no_time_and_starts_from_nothing() {
        let (answer, [takes, from, nearest], _) =
            told(&orders(), Move::To(at("2026-11-20T12:03:00Z")), false);
        assert!(matches!(answer.can, Can::Not(_)), "{answer:?}");
        assert_eq!([takes.as_str(), from.as_str(), gives_up(&answer).as_str()], ["-", "-", "-"]);
        assert_eq!(nearest, "earlier 12:00:19Z  later none");
    }

    #[test]
    fn s36_why_an_instant_cannot_be_had_does_not_name_it_twice() {
        let mut service = orders();
        *there_of(&mut service) = snapshots(&["2026-11-20T11:40:04Z"]).into();
        let (answer, ..) = told(&service, Move::To(at("2026-11-20T11:50:00Z")), false);
        let (_, said) = can(&answer, now());
        assert!(said.starts_with("CANNOT be restored: it lies on no snapshot: "), "{said}");
    }

    #[test]
    fn s35_that_it_is_a_guess_is_never_cut() {
        let service = Service { restore_history_s: Vec::new(), ..orders() };
        let (answer, ..) = told(&service, Move::Newest, false);
        let known = assess(&service, now(), &STALE);
        let ways = takes_in_ways(&answer, Some(&known), &service.policy);
        assert!(ways[1].ends_with(" of log to replay: >=9m of 1h (a guess)"), "{ways:?}");
        assert!(ways[2].ends_with(" of log: >=9m of 1h (a guess)") && ways[2].len() <= 67, "{ways:?}");
    }

    #[test]
    fn s35_a_guess_is_of_copying_and_no_less_than_that_is_held_against_the_rto() {
        let takes = |runs: &[u64]| {
            let service = Service { restore_history_s: runs.to_vec(), ..orders() };
            told(&service, Move::Newest, false).1[0].clone()
        };
        let guess = takes(&[]);
        let replay =
            guess.strip_prefix("copying 9-27m, then ").and_then(|rest| rest.split_once(" of log to replay"));
        let (_, rest) = replay.unwrap_or_else(|| panic!("{guess}"));
        assert_eq!(rest, ": >=9m of 1h (a guess: no history; copying 79.0 GiB at 50-150 MiB/s)");
        let known = takes(&[1620, 2040]);
        assert!(known.starts_with("27-34m of 1h, replays "), "a run replays its log, too: {known}");
    }

    #[test]
    fn the_nearest_points_are_the_same_on_every_screen() {
        let service = orders();
        for columns in [50, 80, 170] {
            let view = View { service: &service, known: None, now: now(), stale_after: &STALE, columns };
            let mut timeline = Timeline::open(&view);
            timeline.go(Move::To(at("2026-11-20T12:00:05Z")), &view);
            let answer = timeline.answer(&view).unwrap();
            assert_eq!(nearest(&answer, now()), "earlier 12:00:04Z  later 12:00:06Z", "{columns}");
        }
    }

    #[test]
    fn s14_the_point_before_the_bad_moment_never_looks_like_it() {
        let mut service = orders();
        there_of(&mut service).windows.as_mut().unwrap()[0].to.at = at("2026-11-20T12:00:19.25Z");
        let (_, [.., nearest], bad) = told(&service, Move::Newest, true);
        assert_eq!(nearest, "earlier 12:00:19.249999Z  later none");
        assert!(
            bad.starts_with("12:00:19.250000Z;") && bad.ends_with("the latest is 12:00:19.249999Z"),
            "{bad}"
        );
    }

    #[test]
    fn s13_a_point_never_seems_to_come_before_its_own_base() {
        let mut service = orders();
        *there_of(&mut service) = reading("2026-11-16T09:44:20.4Z", "2026-11-20T12:00:19.25Z").into();
        let (answer, [_, from, nearest], _) = told(&service, Move::Oldest, false);
        assert_eq!(answer.instant(), "2026-11-16 09:44:21Z");
        assert!(
            nearest.starts_with("earlier none  later 2026-11-16 ") && !nearest.contains('.'),
            "{nearest}"
        );
        assert!(from.starts_with("base 2026-11-16 09:44:21Z,"), "{from}");
        *there_of(&mut service) = snapshots(&["2026-11-20T11:40:04.5Z"]).into();
        let (answer, [_, from, _], _) = told(&service, Move::Newest, false);
        assert_eq!(answer.instant(), "2026-11-20 11:40:04Z", "an upper edge");
        assert!(from.starts_with("snapshot 2026-11-20 11:40:04Z,"), "{from}");
        *there_of(&mut service) = snapshots(&["2026-11-20T10:40:04.5Z", "2026-11-20T11:40:04.5Z"]).into();
        let (answer, [_, from, _], _) = told(&service, Move::Oldest, false);
        assert_eq!(answer.instant(), "2026-11-20 10:40:04Z", "what is typed never lies after it");
        assert!(from.starts_with("snapshot 2026-11-20 10:40:04Z,"), "{from}");
    }

    /// The list of backups, the point, its base, the head above them and the overviews.
    #[test]
    fn s13_one_backup_has_one_time_on_every_screen() {
        let on = |reading: crate::domain::Reading| {
            let mut service = orders();
            *there_of(&mut service) = reading.into();
            let (answer, _, _) = told(&service, Move::Oldest, false);
            let point = answer.base.as_ref().unwrap();
            let known = assess(&service, now(), &STALE);
            let there = known.secondary.as_ref().unwrap();
            let full = words::oldest_of_in_full(there).unwrap();
            let listed = words::instant(words::of_backup(point.at, point.kind));
            assert!(full.ends_with(&words::oldest_of(there, now()).unwrap()), "{full}");
            assert_eq!(words::instant_up(words::of_backup(point.at, point.kind)), full, "it rounds once");
            [answer.instant(), answer.base_instant().unwrap(), listed, full]
        };
        let today = "2026-11-20T11:40:04.5Z";
        assert_eq!(
            on(snapshots(&["2026-11-20T10:40:04.5Z", today])),
            ["2026-11-20 10:40:04Z"; 4].map(str::to_owned)
        );
        let log = reading("2026-11-20T10:40:04.5Z", today);
        assert_eq!(on(log), ["2026-11-20 10:40:05Z"; 4].map(str::to_owned), "a lower edge");
    }

    fn there_of(service: &mut Service) -> &mut crate::domain::Shared<crate::domain::Reading> {
        service.secondary.as_mut().unwrap().last_good.as_mut().unwrap()
    }
}
