use std::time::Duration;

use chrono::TimeDelta;

use super::*;

#[test]
fn s5_while_the_primary_lives_the_loss_grows_with_now() {
    let judged = judge(&orders());
    assert_eq!(
        (judged.loss.basis, seconds(&judged.loss), judged.loss.is),
        (LossBasis::Now, Some(252), LossIs::Exact)
    );
    let later = assess(&orders(), now() + TimeDelta::seconds(10), &minutes(5).into());
    assert_eq!(seconds(&later.loss), Some(262));
}

#[test]
fn s5_what_an_edge_says_of_the_loss() {
    for (edge, says) in
        [(Edge::Exact, LossIs::Exact), (Edge::AtMost, LossIs::AtLeast), (Edge::AtLeast, LossIs::AtMost)]
    {
        let mut service = orders();
        reading_there(&mut service).windows.as_mut().unwrap()[0].to_is = edge;
        assert_eq!(judge(&service).loss.is, says, "{edge:?}");
    }
}

#[test]
fn s5_from_a_stated_loss_instant_on_it_is_fixed_and_shrinks_only_by_log_that_arrives() {
    let mut service = orders();
    newest_here(&mut service, "2026-11-20T12:00:19Z");
    service.heard = Some(Box::new(heard_word(at("2026-11-20T12:03:20Z"))));
    for later in ["2026-11-20T12:04:31Z", "2026-11-20T18:00:00Z"] {
        assert_eq!(seconds(&judge_at(&service, at(later)).loss), Some(181), "{later}");
    }
    newest_there(&mut service, "2026-11-20T12:03:00Z");
    assert_eq!(seconds(&judge(&service).loss), Some(20));
    newest_there(&mut service, "2026-11-20T12:03:30Z");
    assert_eq!(judge(&service).loss.basis, LossBasis::Now, "what was written later contradicts the word");
}

/// What clients wrote to a fork is in no copy of the service that they left.
#[test]
fn s3_where_clients_may_have_left_no_less_is_lost_than_is_counted_and_whether_the_rpo_is_met_is_not_known() {
    let unread = |mut service: Service| {
        let known = judge(&service).loss;
        service.clients_unread = Some("no journal could be read".to_owned());
        (known, judge(&service))
    };
    let (known, judged) = unread(orders());
    assert_eq!((known.is, known.amount), (LossIs::Exact, judged.loss.amount));
    assert_eq!(judged.loss.is, LossIs::AtLeast);
    let bounds = judged.loss_bounds();
    assert_eq!((bounds.least, bounds.most), (known.amount, None));
    assert_eq!((judged.compliance, judged.verdict), (Compliance::Unknown, Verdict::Unknown));
    assert_eq!(LagSample::of(&judged, now()).unwrap().loss_s, None, "a bound is no sample");
    let point = given_up(&orders(), Some(&known), at("2026-11-20T11:00:00Z"), Edge::Exact, now());
    let left = Service { clients_unread: Some("it hangs".to_owned()), ..orders() };
    let given = given_up(&left, Some(&known), at("2026-11-20T11:00:00Z"), Edge::Exact, now());
    assert_eq!((point.is, given.is, point.amount), (LossIs::Exact, LossIs::AtLeast, given.amount));

    // A range keeps its least, and has no most.
    let mut silent = orders();
    newest_here(&mut silent, "2026-11-20T12:00:19Z");
    silent.liveness = Liveness::silent(at("2026-11-20T12:04:10Z"), Some(at("2026-11-20T12:04:00Z")));
    let (known, judged) = unread(silent);
    assert_eq!(
        (known.is, judged.loss.is, judged.loss.at_least),
        (LossIs::AtMost, LossIs::About, known.at_least)
    );
    assert_eq!((judged.loss_bounds().least, judged.loss_bounds().most), (known.at_least, None));

    // S15: what is a breach by the least stays one.
    let mut behind = orders();
    newest_there(&mut behind, "2026-11-20T11:00:00Z");
    let (_, judged) = unread(behind);
    assert_eq!((judged.verdict, judged.compliance), (Verdict::Critical, Compliance::CriticallyExceeded));
}

#[test]
fn s5_a_silent_primary_gives_a_range() {
    let mut service = orders();
    newest_here(&mut service, "2026-11-20T12:00:19Z");
    service.liveness = Liveness::silent(at("2026-11-20T12:04:10Z"), Some(at("2026-11-20T12:04:00Z")));
    let loss = judge(&service).loss;
    let basis =
        LossBasis::LossInstant { at: at("2026-11-20T12:04:00Z"), latest: Some(at("2026-11-20T12:04:10Z")) };
    assert_eq!((loss.basis, loss.is), (basis, LossIs::AtMost));
    assert_eq!((seconds(&loss), loss.at_least), (Some(231), Some(Duration::from_secs(221))));
}

#[test]
fn s15_a_loss_that_is_a_range_is_beyond_the_rpo_by_its_least_within_it_by_its_most_and_else_not_known() {
    let (last, first) = ("2026-11-20T12:02:00Z", "2026-11-20T12:04:10Z");
    // 1m 41s to 3m 51s are lost, or no one knows how little.
    for (rpo, last, compliance, level) in [
        (240, Some(last), Compliance::Compliant, None),
        (180, Some(last), Compliance::Unknown, Some(Level::Unknown)),
        (60, Some(last), Compliance::SeverelyExceeded, Some(Level::Critical)),
        (180, None, Compliance::Unknown, Some(Level::Unknown)),
        (240, None, Compliance::Compliant, None),
    ] {
        let mut service = orders();
        newest_here(&mut service, "2026-11-20T12:00:19Z");
        if last.is_none() {
            // Nothing shows it alive before its first silence.
            service.primary = None;
            reading_there(&mut service).windows.as_mut().unwrap()[0].to_is = Edge::Exact;
        }
        service.liveness = Liveness::silent(at(first), last.map(at));
        service.policy.rpo = Some(Duration::from_secs(rpo));
        let judged = judge(&service);
        let found = judged.findings.iter().find(|finding| finding.rule == Rule::RpoExceeded);
        let seen = (judged.compliance, found.map(|finding| finding.level));
        assert_eq!(seen, (compliance, level), "{rpo} {last:?} {:?}", judged.loss);
        if level == Some(Level::Unknown) {
            let text = &found.unwrap().text;
            assert!(text.contains(" lost; whether that is beyond it is not known; decide on"), "{text}");
        }
    }
}

#[test]
fn s5_the_last_log_is_a_proof_of_life_too() {
    let mut service = orders();
    service.liveness = Liveness::silent(at("2026-11-20T12:04:20Z"), None);
    let here = reading_here(&mut service);
    here.windows.as_mut().unwrap()[0].to_is = Edge::AtMost;
    let unproven = judge(&service).loss;
    assert_eq!(
        (seconds(&unproven), unproven.is),
        (Some(241), LossIs::AtMost),
        "it may have stopped any time since the newest data"
    );
    reading_here(&mut service).log.last_commit = Some(at("2026-11-20T12:01:19Z"));
    let loss = judge(&service).loss;
    assert_eq!((seconds(&loss), loss.at_least), (Some(241), Some(Duration::from_secs(60))));
}

#[test]
fn s7_snapshots_lose_since_the_newest_one_there() {
    let mut service = orders();
    service.primary = Some(copy(
        "west",
        snapshots(&["2026-11-20T10:00:04Z", "2026-11-20T11:00:04Z", "2026-11-20T12:00:04Z"]),
    ));
    service.secondary = Some(copy("east", snapshots(&["2026-11-20T10:00:04Z", "2026-11-20T11:00:04Z"])));
    let judged = judge(&service);
    assert_eq!((seconds(&judged.loss), judged.loss.is), (Some(3867), LossIs::Exact));
    assert_eq!(judged.trailing, Some(Trailing::Snapshots(1)));
    assert_eq!(judged.secondary.unwrap().windows, Some(Vec::new().into()));
}

#[test]
fn s3_an_unread_copy_keeps_a_bound_that_says_so() {
    let mut service = orders();
    fail(there(&mut service), Outcome::TimedOut);
    let judged = judge(&service);
    assert!(judged.loss.if_copy_intact);
    assert_eq!(words::loss_seconds(&judged), "<=4m 12s");
    assert_eq!((judged.compliance, judged.verdict), (Compliance::Unknown, Verdict::Unknown));
}

/// Its backups were read and its log was not: what they promise bounds the loss from above.
#[test]
fn s3_a_bound_from_above_shows_that_an_rpo_is_met_and_never_that_it_is_not() {
    let mut service = orders();
    let there = there(&mut service);
    there.attempt.outcome = Outcome::Partial;
    there.last_good.as_mut().unwrap().windows.as_mut().unwrap()[0].to_is = Edge::AtLeast;
    for (rpo, compliance, verdict) in
        [(300, Compliance::Compliant, Verdict::Ok), (200, Compliance::Unknown, Verdict::Unknown)]
    {
        service.policy.rpo = Some(Duration::from_secs(rpo));
        let judged = judge(&service);
        assert_eq!((judged.compliance, judged.verdict), (compliance, verdict), "{:?}", judged.findings);
        let unknown = judged.findings.iter().find(|finding| finding.level == Level::Unknown);
        let text = unknown.map(|finding| finding.text.as_str()).unwrap_or_default();
        assert_eq!(text.contains("how far its log reaches"), verdict == Verdict::Unknown, "{text}");
    }
}

/// Lost some time within a range: the later end is judged, and is no exact number.
#[test]
fn s5_a_breach_at_the_later_end_of_a_range_is_said_as_a_bound() {
    let mut service = orders();
    service.liveness = Liveness::silent(now(), Some(now() - TimeDelta::minutes(3)));
    service.policy.rpo = Some(Duration::from_secs(200));
    let judged = judge(&service);
    assert_eq!(words::loss_minutes(&judged), "3-5m", "{:?}", judged.loss);
    let breach = judged.findings.iter().find(|finding| finding.rule == Rule::RpoExceeded).unwrap();
    assert!(breach.text.contains("3m 51s to 4m 12s of 3m 20s RPO"), "{}", breach.text);
}

#[test]
fn compliance_has_grades_at_one_two_and_four() {
    let rpo = Duration::from_secs(100);
    for (loss, grade) in [
        (0, Compliance::Compliant),
        (100, Compliance::Compliant),
        (101, Compliance::Exceeded),
        (200, Compliance::Exceeded),
        (201, Compliance::SeverelyExceeded),
        (400, Compliance::SeverelyExceeded),
        (401, Compliance::CriticallyExceeded),
    ] {
        assert_eq!(loss::grade(Duration::from_secs(loss), rpo), grade, "{loss} s");
    }
    assert_eq!(loss::grade(Duration::from_millis(100_001), rpo), Compliance::Exceeded);
}

#[test]
fn s3_a_complete_log_says_nothing_of_an_unread_copy_without_windows() {
    let mut service = quiet_since("2026-11-20T09:04:31Z");
    reading_here(&mut service).log.complete_at = Some(at("2026-11-20T11:00:00Z"));
    reading_there(&mut service).windows = None;
    fail(there(&mut service), Outcome::TimedOut);
    let judged = judge(&service);
    assert_eq!((judged.loss.amount, judged.compliance), (None, Compliance::Unknown));
    assert_eq!(rules(&judged), [Rule::SecondaryUnreadable]);
}

#[test]
fn data_dated_after_now_is_no_loss_of_zero() {
    let mut service = orders();
    newest_there(&mut service, "2026-11-20T12:05:31Z");
    let judged = judge(&service);
    assert_eq!(judged.loss.amount, Some(Duration::ZERO), "a minute is no skew");
    newest_there(&mut service, "2026-11-20T12:14:31Z");
    let judged = judge(&service);
    assert_eq!(judged.loss.amount, None);
    assert_eq!(judged.compliance, Compliance::Unknown);
    assert!(rules(&judged).contains(&Rule::Skew), "{:?}", judged.findings);
    assert_ne!(judged.verdict, Verdict::Ok);
}

#[test]
fn s2_a_reading_from_the_future_is_not_fresh() {
    let judged = judge_at(&orders(), now() - TimeDelta::hours(1));
    assert!(judged.secondary.unwrap().stale);
    assert_ne!(judged.verdict, Verdict::Ok);
}

#[test]
fn s3_the_bound_of_an_unread_copy_is_the_later_end_of_a_range() {
    let mut service = orders();
    newest_here(&mut service, "2026-11-20T12:00:19Z");
    service.liveness = Liveness::silent(at("2026-11-20T12:03:00Z"), Some(at("2026-11-20T12:01:00Z")));
    let read = judge(&service).loss;
    assert!(read.at_least.is_some_and(|least| Some(least) < read.amount), "{read:?}");
    fail(there(&mut service), Outcome::Unreachable);
    let bound = judge(&service).loss;
    assert!(bound.if_copy_intact);
    assert_eq!((bound.amount, bound.at_least), (read.amount, None));
}

/// A row of the table below: what is spoilt, then basis, seconds of loss, what they say, and the grade.
type Contradiction = (&'static str, fn(&mut Service), LossBasis, u64, LossIs, Compliance);

#[test]
fn s5_s10_data_that_is_newer_than_the_silence_is_a_proof_of_life() {
    let since = at("2026-11-20T11:00:00Z");
    let fixed = |at| LossBasis::LossInstant { at, latest: None };
    let cases: [Contradiction; 5] = [
        ("written there an hour later", |_| {}, LossBasis::Now, 252, LossIs::Exact, Compliance::Compliant),
        (
            "and then copying was paused",
            |s| {
                newest_there(s, "2026-11-20T11:20:00Z");
                reading_here(s).windows.as_mut().unwrap()[0].to_is = Edge::AtMost;
            },
            LossBasis::Now,
            2671,
            LossIs::Exact,
            Compliance::SeverelyExceeded,
        ),
        (
            "written here alone",
            |s| newest_there(s, "2026-11-20T10:50:00Z"),
            LossBasis::Now,
            4471,
            LossIs::Exact,
            Compliance::CriticallyExceeded,
        ),
        (
            "clocks that differ a little",
            |s| {
                for role in [Role::Primary, Role::Secondary] {
                    let reading = s.copy_mut(role).as_mut().unwrap().last_good.as_mut().unwrap();
                    reading.windows.as_mut().unwrap()[0].to.at = at("2026-11-20T11:00:20Z");
                }
            },
            fixed(at("2026-11-20T11:00:20Z")),
            0,
            LossIs::Exact,
            Compliance::Compliant,
        ),
        (
            "store times of log that was copied later",
            |s| {
                for role in [Role::Primary, Role::Secondary] {
                    let reading = s.copy_mut(role).as_mut().unwrap().last_good.as_mut().unwrap();
                    reading.windows.as_mut().unwrap()[0].to_is = Edge::AtMost;
                    reading.log.last_commit = Some(since_silence());
                }
            },
            fixed(since),
            0,
            LossIs::AtLeast,
            Compliance::Unknown,
        ),
    ];
    for (what, spoil, basis, lost, says, grade) in cases {
        let mut service = orders();
        service.liveness = Liveness::Silent {
            since,
            last_alive: None,
            watched_from: since,
            seen_at: now(),
            off_until: None,
        };
        spoil(&mut service);
        let judged = judge(&service);
        assert_eq!((judged.loss.basis, seconds(&judged.loss)), (basis, Some(lost)), "{what}");
        assert_eq!((judged.loss.is, judged.compliance), (says, grade), "{what}");
        let silent = judged.findings.iter().find(|found| found.rule == Rule::PrimarySilent).unwrap();
        assert_eq!(
            silent.text.contains("the probe is wrong"),
            basis == LossBasis::Now,
            "{what}: {}",
            silent.text
        );
    }
}

fn since_silence() -> Timestamp {
    at("2026-11-20T11:00:00Z")
}

#[test]
fn s3_s5_the_bound_of_an_unread_copy_is_no_bound_when_it_is_a_store_time() {
    for (edge, shown, says) in [
        (Edge::Exact, "<=4m 12s", LossIs::AtMost),
        (Edge::AtLeast, "<=4m 12s", LossIs::AtMost),
        (Edge::AtMost, "~4m 12s", LossIs::About),
    ] {
        let mut service = orders();
        reading_there(&mut service).windows.as_mut().unwrap()[0].to_is = edge;
        fail(there(&mut service), Outcome::TimedOut);
        let judged = judge(&service);
        assert_eq!((words::loss_seconds(&judged).as_str(), judged.loss.is), (shown, says), "{edge:?}");
        let document = StatusDoc::new(now(), [(&service, &judged)]);
        assert_eq!(document.services[0].loss_is, Some(says), "{edge:?}");
    }
}

#[test]
fn s9_no_point_and_no_word_of_windows_is_not_known_to_be_empty() {
    let mut service = orders();
    let reading = reading_there(&mut service);
    (reading.points, reading.windows) = (Some(Points::default()), None);
    reading.signs.push(Sign::WindowsNotVisible { why: "refused".to_owned() });
    let judged = judge(&service);
    assert_eq!((judged.verdict, rules(&judged)), (Verdict::Unknown, vec![Rule::Permission]));
}

#[test]
fn s5_s10_what_the_primary_s_own_copy_lacks_as_well_is_not_for_want_of_copying() {
    let breach = |here: &str, here_is, liveness| {
        let mut service = Service { liveness, ..orders() };
        newest_there(&mut service, "2026-11-20T11:43:00Z");
        newest_here(&mut service, here);
        reading_here(&mut service).windows.as_mut().unwrap().last_mut().unwrap().to_is = here_is;
        let judged = judge(&service);
        assert_eq!(
            (judged.loss.basis, seconds(&judged.loss)),
            (LossBasis::Now, Some(1291)),
            "S5: it is counted to now"
        );
        judged.findings.into_iter().find(|finding| finding.rule == Rule::RpoExceeded).unwrap().text
    };
    let (not_probed, answers) = (Liveness::NotProbed, Liveness::Answers { at: now() });
    let copying = "if the primary stops now; see why copying fell behind";
    for (here, here_is, liveness, says) in [
        // It was left open by its provider: up to the reading.
        (NOW, Edge::AtMost, not_probed, copying),
        ("2026-11-20T12:04:20Z", Edge::Exact, not_probed, copying),
        ("2026-11-20T11:58:00Z", Edge::Exact, not_probed, copying),
        (
            "2026-11-20T11:46:00Z",
            Edge::Exact,
            not_probed,
            "its own copy holds nothing after 11:46:00Z either, so copying is not what fell behind: find out whether it \
             lives (it is not probed)",
        ),
        (
            "2026-11-20T11:43:00Z",
            Edge::AtMost,
            answers,
            "nothing after <=11:43:00Z either, so copying is not what fell behind: it answers, so see on it why its \
             backups ended",
        ),
    ] {
        let text = breach(here, here_is, liveness);
        assert!(text.ends_with(says), "{here}: {text}");
    }
}
