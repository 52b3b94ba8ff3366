//! A primary whose copy lacks log, and holds a backup that ended after the last commit (S5, S6).

use super::*;

const LAST: &str = "2026-11-18T02:00:00Z";
const BACKED: &str = "2026-11-20T04:00:00Z";
/// From the backup to now, and from the last commit.
const SINCE_BACKUP: u64 = 8 * 3600 + 4 * 60 + 31;
const SINCE_LAST: u64 = SINCE_BACKUP + 50 * 3600;

/// Last committed to on Wednesday, backed up on Friday, and the copy there lacks the last segment.
fn behind() -> Service {
    let mut service = quiet_since(LAST);
    for role in [Role::Primary, Role::Secondary] {
        let reading = service.copy_mut(role).as_mut().unwrap().last_good.as_mut().unwrap();
        reading.windows.as_mut().unwrap().last_mut().unwrap().to_is = Edge::Exact;
        reading.log.last_commit = Some(at(LAST));
    }
    reading_here(&mut service).log.end = Some(Box::new(end(0x32)));
    reading_there(&mut service).log.backed_until = Some(at(BACKED));
    service
}

/// A change, and what is then lost: how long, what that says, whether idle, and the verdict.
type Case = (&'static str, fn(&mut Service), u64, LossIs, bool, Verdict);

fn all_judged(table: &[Case]) {
    for (case, change, lost, is, may_be_idle, verdict) in table.iter().copied() {
        let mut service = behind();
        change(&mut service);
        let judged = judge(&service);
        assert_eq!((seconds(&judged.loss), judged.loss.is), (Some(lost), is), "{case}");
        assert_eq!(
            judged.idle == Idle::Possible { since: at(BACKED) },
            may_be_idle,
            "{case}: {:?}",
            judged.idle
        );
        assert_eq!(judged.verdict, verdict, "{case}: {:?}", judged.findings);
        let sample = LagSample::of(&judged, now()).and_then(|sample| sample.loss_s);
        assert_eq!(sample.is_some(), is == LossIs::Exact, "{case}: a bound is kept for no loss");
    }
}

#[test]
fn s6_a_backup_that_ended_there_bounds_the_loss_of_what_may_be_idle() {
    use LossIs::{AtMost, Exact};
    use Verdict::{Critical, Ok, Warning};
    let table: [Case; 9] = [
        (
            "no backup",
            |service| reading_there(service).log.backed_until = None,
            SINCE_LAST,
            Exact,
            false,
            Critical,
        ),
        (
            "one that ended before the last commit",
            |service| reading_there(service).log.backed_until = Some(at("2026-11-18T01:00:00Z")),
            SINCE_LAST,
            Exact,
            false,
            Critical,
        ),
        (
            "a recent one",
            |service| reading_there(service).log.backed_until = Some(at("2026-11-20T11:54:31Z")),
            600,
            AtMost,
            false,
            Ok,
        ),
        // Whatever was committed after it is lost.
        (
            "a later commit",
            |service| reading_here(service).log.last_commit = Some(at("2026-11-20T10:00:00Z")),
            SINCE_BACKUP,
            Exact,
            false,
            Critical,
        ),
        (
            "log of which nobody knows what was committed in it",
            |service| reading_here(service).log.last_commit = None,
            SINCE_BACKUP,
            Exact,
            false,
            Critical,
        ),
        (
            "a server that has written more",
            |service| reading_here(service).log.ahead_at = Some(at("2026-11-20T12:04:21Z")),
            SINCE_BACKUP,
            Exact,
            false,
            Critical,
        ),
        (
            "another timeline",
            |service| reading_here(service).log.end.as_mut().unwrap().timeline = 2,
            SINCE_LAST,
            Exact,
            false,
            Critical,
        ),
        (
            "another archive",
            |service| reading_here(service).log.end.as_mut().unwrap().archive = "15-2".to_owned(),
            SINCE_LAST,
            Exact,
            false,
            Critical,
        ),
        (
            "no log missing",
            |service| reading_here(service).log.end = Some(Box::new(end(0x31))),
            SINCE_BACKUP,
            AtMost,
            true,
            Warning,
        ),
    ];
    all_judged(&table);
}

#[test]
fn s6_copies_that_end_apart_are_not_idle_and_a_bound_alone_is_no_breach() {
    use LossIs::{AtMost, Exact};
    use Verdict::{Critical, Ok, Unknown};
    let table: [Case; 6] = [
        // The primary archives, and the copy lacks what it archived: that is not idle, and by a bound alone no breach.
        ("log missing", |_| (), SINCE_BACKUP, AtMost, false, Unknown),
        (
            "log missing, of a primary copy that is unread since",
            |service| fail(service.primary.as_mut().unwrap(), Outcome::Unreachable),
            SINCE_BACKUP,
            AtMost,
            false,
            Unknown,
        ),
        (
            "more log there than was seen here",
            |service| reading_here(service).log.end = Some(Box::new(end(0x30))),
            SINCE_BACKUP,
            AtMost,
            false,
            Unknown,
        ),
        (
            "a primary copy that was never read",
            |service| service.primary.as_mut().unwrap().last_good = None,
            SINCE_BACKUP,
            Exact,
            false,
            Critical,
        ),
        (
            "a recent one, of a primary copy that was never read",
            |service| {
                service.primary.as_mut().unwrap().last_good = None;
                reading_there(service).log.backed_until = Some(at("2026-11-20T11:54:31Z"));
            },
            600,
            AtMost,
            false,
            Ok,
        ),
        (
            "a primary copy that shows no log",
            |service| (reading_here(service).log.end, reading_here(service).log.last_commit) = (None, None),
            SINCE_BACKUP,
            Exact,
            false,
            Critical,
        ),
    ];
    all_judged(&table);
}

#[test]
fn s5_a_silent_primary_has_lost_no_more_than_what_came_after_the_backup_there() {
    let mut service = behind();
    service.liveness = Liveness::silent(at("2026-11-20T06:00:00Z"), Some(at("2026-11-20T05:59:50Z")));
    let judged = judge(&service);
    assert_eq!((seconds(&judged.loss), judged.loss.is), (Some(2 * 3600), LossIs::AtMost));
    assert_eq!(judged.idle, Idle::No, "the copies end apart");
    reading_here(&mut service).log.end = Some(Box::new(end(0x31)));
    assert_eq!(
        judge(&service).idle,
        Idle::Possible { since: at(BACKED) },
        "and nothing proves that it was idle"
    );
}

/// A change, and the finding of it.
type Said = (fn(&mut Service), Rule, Level, String);

#[test]
fn s6_log_that_is_missing_in_the_copy_is_said_and_never_called_idle() {
    let whole = "the copy there lacks 1 log segment of the primary copy, and holds all that was committed before \
                 04:00:00Z: ";
    let bound = "<=8h 5m of 15m RPO lost if the primary stops now; whether that is beyond it is not known; see why \
                 copying fell behind";
    let table: [Said; 4] = [
        (|_| (), Rule::RpoExceeded, Level::Unknown, format!("{whole}{bound}")),
        (
            |service| reading_here(service).log.last_commit = Some(at("2026-11-20T10:00:00Z")),
            Rule::RpoExceeded,
            Level::Critical,
            format!("{whole}8h 5m of 15m RPO lost if the primary stops now; see why copying fell behind"),
        ),
        (
            |service| service.primary.as_mut().unwrap().last_good = None,
            Rule::RpoExceeded,
            Level::Critical,
            "the copy there holds all that was committed before 04:00:00Z, and nothing newer: 8h 5m of 15m RPO lost if \
             the primary stops now; see why copying fell behind"
                .to_owned(),
        ),
        (
            |service| reading_here(service).log.end = Some(Box::new(end(0x31))),
            Rule::IdleOrStalled,
            Level::Warning,
            "both copies end at the same log since 04:00:00Z (8h 4m ago): idle or stalled?; see on the primary whether \
             its log is archived, or let its source ask the server (`server` in the config)"
                .to_owned(),
        ),
    ];
    for (change, rule, level, text) in table {
        let mut service = behind();
        change(&mut service);
        let found = judge(&service).findings;
        let asked = [Rule::RpoExceeded, Rule::IdleOrStalled];
        let found: Vec<_> = found.into_iter().filter(|found| asked.contains(&found.rule)).collect();
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].rule, found[0].level, &found[0].text), (rule, level, &text));
    }
}

/// What a run counts from.
#[test]
fn s6_restored_data_that_reaches_the_last_commit_before_a_backup_is_whole_until_its_end() {
    let mut service = behind();
    assert_eq!(whole_until(&service, None, at(LAST)), Some(at(BACKED)));
    assert_eq!(whole_until(&service, None, at("2026-11-18T01:59:59Z")), None, "chosen to lie before it");
    assert!(!is_ahead(&service, at(BACKED)));
    reading_here(&mut service).log.last_commit = Some(at("2026-11-20T10:00:00Z"));
    assert_eq!(
        whole_until(&service, None, at(LAST)),
        Some(at(BACKED)),
        "what came later is lost from then on"
    );
    assert!(is_ahead(&service, at(BACKED)));
    // What was committed there since then may have been before the backup, too.
    reading_there(&mut service).log.last_commit = Some(at("2026-11-20T05:00:00Z"));
    reading_here(&mut service).log.last_commit = Some(at(LAST));
    assert_eq!(whole_until(&service, None, at(LAST)), None);
}
