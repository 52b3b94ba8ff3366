//! An idle primary whose copy lacks log, and holds a backup that ended after the last commit (S5, S6).

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

#[test]
fn s6_a_backup_that_ended_there_bounds_the_loss_of_what_may_be_idle() {
    use LossIs::{AtMost, Exact};
    use Verdict::{Critical, Ok, Warning};
    let table: [Case; 10] = [
        ("it may be idle since", |_| (), SINCE_BACKUP, AtMost, true, Warning),
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
    for (case, change, lost, is, may_be_idle, verdict) in table {
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
    }
}

#[test]
fn s5_a_silent_primary_has_lost_no_more_than_what_came_after_the_backup_there() {
    let mut service = behind();
    service.liveness = Liveness::silent(at("2026-11-20T06:00:00Z"), Some(at("2026-11-20T05:59:50Z")));
    let judged = judge(&service);
    assert_eq!((seconds(&judged.loss), judged.loss.is), (Some(2 * 3600), LossIs::AtMost));
    assert_eq!(judged.idle, Idle::Possible { since: at(BACKED) }, "and nothing proves that it was idle");
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
