//! How far a fork is, from what its host says. Pure.

use crate::domain::fork::CopiedTo;
use crate::domain::instant::rfc3339;
use crate::domain::{Edge, Timestamp, words};
use crate::provider::{ForkPoint, PointHow, Progress, ProgressState, Protection};

use super::failure::{self, shorten};
use super::mark::{Mark, Phase, Report};
use super::server_failure::{self, short_by};
use super::wal::lsn;

/// Progress of which nothing is known but its state.
pub fn unknown(state: ProgressState) -> Progress {
    let text = match &state {
        ProgressState::CannotTell { why } | ProgressState::Failed { why, .. } => why.clone(),
        ProgressState::Working => "under way".to_owned(),
        ProgressState::Restored { .. } => "restored".to_owned(),
    };
    Progress {
        phase: "unknown".to_owned(),
        done: None,
        total: None,
        unit: None,
        left_s: None,
        text,
        state,
        address: None,
    }
}

/// How far a fork is.
pub fn of(report: &Report, point: &ForkPoint) -> Progress {
    let Some(mark) = &report.mark else {
        let why = format!("no fork of ours is there: {}", report.whose);
        return unknown(ProgressState::CannotTell { why });
    };
    match mark.phase {
        Phase::RestoreFailed => {
            let meaning = failure::meaning(mark.exit.unwrap_or(-1), &report.restore_log);
            failed("restore", meaning.text, meaning.again)
        }
        Phase::StartFailed | Phase::ReplayFailed => {
            let (why, again) = server_failure::meaning(&report.server_log, point, mark.port);
            failed("replay", why, again)
        }
        Phase::Barred => barred(report),
        Phase::Done => done(report, mark, point),
        Phase::Claimed | Phase::Restore | Phase::Start | Phase::Replay if !report.alive => failed(
            phase_name(mark.phase),
            "the process that made the fork is gone without an exit code; a retry goes on in the same folder"
                .to_owned(),
            true,
        ),
        Phase::Claimed | Phase::Restore => restoring(report, point),
        Phase::Start => {
            working("start", "the server starts: it replays log until it is consistent".to_owned())
        }
        Phase::Replay => replaying(report, point),
    }
}

const fn phase_name(phase: Phase) -> &'static str {
    match phase {
        Phase::Claimed | Phase::Restore | Phase::RestoreFailed => "restore",
        Phase::Start | Phase::StartFailed => "start",
        Phase::Replay | Phase::ReplayFailed | Phase::Barred => "replay",
        Phase::Done => "done",
    }
}

fn working(phase: &str, text: String) -> Progress {
    Progress { phase: phase.to_owned(), text, ..unknown(ProgressState::Working) }
}

fn failed(phase: &str, why: String, can_resume: bool) -> Progress {
    Progress { phase: phase.to_owned(), ..unknown(ProgressState::Failed { why, can_resume }) }
}

fn restoring(report: &Report, point: &ForkPoint) -> Progress {
    let backup = point.backup.as_deref().unwrap_or("the backup");
    let text = format!("restoring {backup}");
    let (unit, text) = match log_to_replay(point) {
        // Their share foretells nothing: what comes after may take longer.
        Some((from, to)) => {
            ("file bytes", format!("{text}, then replays {} of log", words::bytes(to - from)))
        }
        None => ("bytes", text),
    };
    let (done, total) = (report.bytes, point.size_bytes);
    Progress { done, total, unit: Some(unit.to_owned()), ..working("restore", text) }
}

/// From where to where log is replayed, as places in it.
pub(super) fn log_to_replay(point: &ForkPoint) -> Option<(u64, u64)> {
    let to = match &point.how {
        PointHow::Lsn { lsn, .. } => lsn,
        PointHow::Immediate => return None,
        _ => point.commit.as_ref()?,
    };
    let (from, to) = (lsn(point.log_from.as_ref()?)?, lsn(to)?);
    (from < to).then_some((from, to))
}

fn replaying(report: &Report, point: &ForkPoint) -> Progress {
    let Some(answer) = report.answer() else {
        let said = complaint(report).map_or_else(String::new, |said| format!("; its server says: {said}"));
        return working("replay", format!("replaying log{said}"));
    };
    let last = answer.last.map_or_else(String::new, |at| format!(", transactions to {}", rfc3339(at)));
    let Some((place, (from, to))) = lsn(&answer.lsn).zip(log_to_replay(point)) else {
        return Progress {
            done: lsn(&answer.lsn),
            unit: Some("wal".to_owned()),
            ..working("replay", format!("replayed to {}{last}", answer.lsn))
        };
    };
    let (done, total) = (place.clamp(from, to) - from, to - from);
    let text = format!("replayed {} of {} of log{last}", words::bytes(done), words::bytes(total));
    let left_s = report.phase_s.and_then(|phase_s| left(phase_s, done, total));
    let unit = Some("wal bytes".to_owned());
    Progress { done: Some(done), total: Some(total), unit, left_s, ..working("replay", text) }
}

/// Seconds that are left if it goes on as in these seconds; too little done says nothing.
fn left(phase_s: u64, done: u64, total: u64) -> Option<u64> {
    if phase_s < 5 || done < total / 20 || done >= total {
        return None;
    }
    Some(phase_s.saturating_mul(total - done).div_ceil(done.max(1)))
}

/// What the fork's server says instead of an answer.
fn complaint(report: &Report) -> Option<String> {
    let said = report.sql.lines().find(|line| !line.is_empty())?;
    Some(shorten(said.split_once("FATAL:  ").map_or(said, |(_, words)| words)))
}

/// The server takes connections, and refuses ours: no waiting ends that.
fn barred(report: &Report) -> Progress {
    let said = match report.answer() {
        Some(_) => "refused at first, it lets us in now: retry".to_owned(),
        None => format!(
            "it refuses us: {}; correct `user` and `database` of the source's `fork` table, then retry",
            complaint(report).unwrap_or_else(|| "without a word".to_owned())
        ),
    };
    failed("replay", format!("files are restored and the fork's server runs, but {said}"), true)
}

/// Promoted once; it must also answer now, and hold what was promised.
fn done(report: &Report, mark: &Mark, point: &ForkPoint) -> Progress {
    let Some(answer) = report.answer() else {
        let said = report.sql.lines().next().unwrap_or("no answer");
        // A second restore would take back what was written since: that is for a person to decide.
        let why = format!(
            "the fork was restored, but its server does not answer now ({said}): start it by hand with pg_ctl"
        );
        return failed("done", why, false);
    };
    if answer.in_recovery {
        return replaying(report, point);
    }
    let newest_commit = mark.newest_commit;
    let reached = mark.replayed_to.as_deref().unwrap_or(&answer.lsn);
    let mut text = match newest_commit {
        None => "restored; no transaction was replayed after the backup began".to_owned(),
        Some(newest) => format!("restored, with transactions to {}", rfc3339(newest)),
    };
    match held(point, reached, newest_commit) {
        Held::Whole => {}
        // Another attempt may find more; what is there may be all that is left. A person decides.
        Held::Less => return failed("done", less(point, reached, newest_commit), false),
        Held::CannotTell => text.push_str("; that could not be compared with what was promised"),
    }
    Progress { phase: "done".to_owned(), text, ..unknown(ProgressState::Restored { newest_commit }) }
}

/// What a restored fork holds of what was promised.
enum Held {
    Whole,
    Less,
    CannotTell,
}

/// Compares where the replay ended with where the newest promised commit begins. Times are only for want
/// of places: a transaction given up may carry an earlier time than the commit before it, and PostgreSQL
/// reports no time for a commit whose own record it was told to stop at.
fn held(point: &ForkPoint, reached: &str, newest: Option<Timestamp>) -> Held {
    let wanted = match &point.how {
        PointHow::Lsn { lsn, .. } => Some(lsn),
        _ => point.commit.as_ref(),
    };
    let holds = |whole| if whole { Held::Whole } else { Held::Less };
    match (wanted.and_then(|wanted| lsn(wanted)), lsn(reached), newest) {
        (Some(wanted), Some(reached), _) => holds(reached > wanted),
        _ if point.promised_is == Edge::AtMost => Held::Whole,
        (_, _, Some(newest)) => holds(newest >= point.promised),
        (_, _, None) => Held::CannotTell,
    }
}

fn less(point: &ForkPoint, reached: &str, newest: Option<Timestamp>) -> String {
    let last = newest.map_or_else(
        || "no transaction after the backup began".to_owned(),
        |newest| format!("transactions to {}{}", rfc3339(newest), short_by(newest, point.promised)),
    );
    let place = if reached.is_empty() { String::new() } else { format!(" (log to {reached})") };
    let begins = point.commit.as_ref().map(|lsn| format!(" (commit at {lsn})")).unwrap_or_default();
    let word = if point.promised_is == Edge::Exact { "everything to" } else { "at least" };
    format!(
        "the fork runs, but holds less than was promised: {last}{place}, promised was {word} {}{begins}",
        rfc3339(point.promised)
    )
}

/// Whether a fork has backups of its own: never while it archives nowhere.
pub fn protection(archive_mode: Option<&str>) -> Protection {
    match archive_mode {
        Some("off") => Protection {
            own_backup: Some(false),
            secondary_copy: Some(false),
            needs_person: true,
            copying: CopiedTo::NotShown,
            text:
                "the fork archives nowhere: give it a stanza of its own (another name, stanza-create, a new \
                   archive_command), restart it without our options, and take a full backup"
                    .to_owned(),
        },
        Some(mode) => Protection {
            own_backup: None,
            secondary_copy: None,
            needs_person: true,
            copying: CopiedTo::NotShown,
            text: format!(
                "archive_mode of the fork is {mode}; whether its stanza holds a backup is not looked up here: look \
                 with `pgbackrest info`"
            ),
        },
        None => Protection {
            own_backup: None,
            secondary_copy: None,
            needs_person: false,
            copying: CopiedTo::NotShown,
            text: "the fork does not answer, so its archiving is not known".to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Role, Target};

    fn point() -> ForkPoint {
        ForkPoint {
            target: Target::Newest,
            role: Role::Secondary,
            promised: "2026-11-20T10:01:46.336621Z".parse().unwrap(),
            promised_is: Edge::Exact,
            commit: None,
            backup: Some("20261120-100056F".to_owned()),
            log_from: None,
            size_bytes: Some(1000),
            how: PointHow::Immediate,
            note: None,
        }
    }

    fn report(phase: Phase, alive: bool) -> Report {
        let mark = Mark {
            run: "drill-a".to_owned(),
            attempt: 1,
            port: Some(1),
            pid: Some(2),
            started_at: None,
            phase,
            exit: Some(75),
            newest_commit: Some("2026-11-20T10:01:46.336621Z".parse().unwrap()),
            replayed_to: None,
        };
        Report { whose: "mine".to_owned(), mark: Some(mark), alive, ..Report::default() }
    }

    #[test]
    fn every_phase_has_its_state() {
        let state = |report: &Report| of(report, &point()).state;
        for phase in [Phase::Claimed, Phase::Restore, Phase::Start, Phase::Replay] {
            assert_eq!(state(&report(phase, true)), ProgressState::Working, "{phase:?}");
            assert!(
                matches!(state(&report(phase, false)), ProgressState::Failed { can_resume: true, .. }),
                "{phase:?}"
            );
        }
        assert!(matches!(state(&Report::default()), ProgressState::CannotTell { .. }));
        let expired = Report {
            restore_log: "ERROR: [075]: backup set x is not valid".to_owned(),
            ..report(Phase::RestoreFailed, false)
        };
        assert!(
            matches!(state(&expired), ProgressState::Failed { can_resume: false, why } if why.contains("expired"))
        );
        assert!(matches!(state(&report(Phase::StartFailed, false)), ProgressState::Failed { .. }));
    }

    #[test]
    fn bytes_count_while_files_are_restored() {
        let now = of(&Report { bytes: Some(250), ..report(Phase::Restore, true) }, &point());
        assert_eq!((now.done, now.total, now.unit.as_deref()), (Some(250), Some(1000), Some("bytes")));
    }

    #[test]
    fn s3_a_replay_counts_by_its_place_in_the_log_or_not_at_all() {
        let replay = |sql: &str| of(&Report { sql: sql.to_owned(), ..report(Phase::Replay, true) }, &point());
        let first = replay("t|0/9000118|2026-11-20T10:01:44Z|off");
        assert_eq!((first.done, first.total), (Some(0x900_0118), None), "{first:?}");
        assert!(replay("t|0/9000140||off").done > first.done);
        let silent = replay("psql: error: connection to server failed: FATAL:  role \"dba\" does not exist");
        assert_eq!((silent.done, &silent.state), (None, &ProgressState::Working));
        assert!(silent.text.contains("role \"dba\" does not exist"), "{}", silent.text);
    }

    #[test]
    fn s3_what_is_left_of_a_replay_is_reckoned_from_what_is_done_or_unknown() {
        let to = PointHow::Lsn { lsn: "0/10000000".to_owned(), timeline: 1 };
        let far = ForkPoint { how: to, log_from: Some("0/6000000".to_owned()), ..point() };
        let replay = |lsn: &str, phase_s| {
            let sql = format!("t|{lsn}||off");
            of(&Report { phase_s, sql, ..report(Phase::Replay, true) }, &far)
        };
        // 10 of 160 MiB in 8 s.
        let early = replay("0/6A00000", Some(8));
        assert_eq!((early.done, early.total, early.left_s), (Some(10 << 20), Some(160 << 20), Some(120)));
        assert!(early.text.starts_with("replayed 10.0 MiB of 160.0 MiB of log"), "{}", early.text);
        for (lsn, phase_s) in
            [("0/6100000", Some(60)), ("0/6A00000", Some(4)), ("0/6A00000", None), ("0/10000000", Some(60))]
        {
            assert_eq!(replay(lsn, phase_s).left_s, None, "{lsn} {phase_s:?}");
        }
        // While files are restored nobody knows how long the replay takes.
        let files = of(&Report { bytes: Some(900), ..report(Phase::Restore, true) }, &far);
        assert_eq!((files.left_s, files.unit.as_deref()), (None, Some("file bytes")));
        assert!(files.text.ends_with("then replays 160.0 MiB of log"), "{}", files.text);
    }

    #[test]
    fn a_server_that_never_lets_us_in_is_not_waited_for() {
        let sql =
            "psql: error: connection to server failed: FATAL:  database \"ops\" does not exist".to_owned();
        let refused = of(&Report { sql, ..report(Phase::Barred, false) }, &point());
        assert!(
            matches!(&refused.state, ProgressState::Failed { can_resume: true, why }
                if why.contains("database \"ops\" does not exist") && why.contains("`fork` table")),
            "{refused:?}"
        );
    }

    #[test]
    fn a_fork_whose_server_is_gone_is_not_called_restored() {
        let silent = of(&report(Phase::Done, false), &point());
        assert!(matches!(silent.state, ProgressState::Failed { can_resume: false, .. }), "{silent:?}");
    }

    /// A promoted fork: where its replay ended, and the time of the last transaction replayed.
    fn promoted(replayed_to: Option<&str>, last: Option<&str>) -> Report {
        let mut report = report(Phase::Done, false);
        let mark = report.mark.as_mut().unwrap();
        mark.replayed_to = replayed_to.map(str::to_owned);
        mark.newest_commit = last.map(|at| at.parse().unwrap());
        Report { sql: "f|||off".to_owned(), ..report }
    }

    #[test]
    fn a_fork_is_held_against_its_promise_by_places_in_the_log() {
        let commit = Some("0/9000118".to_owned());
        let lsn = PointHow::Lsn { lsn: "0/9000140".to_owned(), timeline: 1 };
        let xid = PointHow::Xid { xid: 728, timeline: 1 };
        let time = PointHow::Time { at: "2026-11-20T10:01:47Z".parse().unwrap() };
        let (promised, earlier) = (Some("2026-11-20T10:01:46.336621Z"), Some("2026-11-20T10:01:46.336Z"));
        // How it was restored, where the replay ended, its last transaction, whether it holds the promise.
        let table = [
            (&lsn, Some("0/9000168"), promised, true),
            (&lsn, Some("0/9000140"), promised, false),
            (&lsn, Some("0/9000118"), earlier, false),
            (&xid, Some("0/9000140"), promised, true),
            (&xid, Some("0/9000118"), earlier, false),
            // A transaction given up after the commit may carry an earlier time.
            (&time, Some("0/9000168"), earlier, true),
            // Without an order in time, a later transaction may lie before the commit.
            (&time, Some("0/90000F0"), Some("2026-11-20T10:01:46.4Z"), false),
            (&time, Some("0/90000F0"), None, false),
            // The commit was in the backup already.
            (&PointHow::Immediate, Some("0/9000140"), None, true),
            (&PointHow::Immediate, Some("0/9000028"), None, false),
        ];
        for (how, replayed_to, last, whole) in table {
            let point = ForkPoint { how: how.clone(), commit: commit.clone(), ..point() };
            let found = of(&promoted(replayed_to, last), &point);
            match found.state {
                ProgressState::Restored { .. } => assert!(whole, "{how:?} {replayed_to:?}"),
                ProgressState::Failed { why, can_resume: false } => {
                    assert!(!whole, "{how:?} {replayed_to:?}");
                    let words =
                        "promised was everything to 2026-11-20T10:01:46.336621Z (commit at 0/9000118)";
                    assert!(why.contains("holds less") && why.contains(words), "{why}");
                }
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn without_places_times_are_compared_and_nothing_is_claimed() {
        let bare = |is, last| {
            let point = ForkPoint { promised_is: is, ..point() };
            of(&promoted(None, last), &point)
        };
        let (good, short) = (Some("2026-11-20T10:01:46.336621Z"), Some("2026-11-20T10:01:46.336620Z"));
        assert!(bare(Edge::Exact, good).text.starts_with("restored, with transactions to"));
        for is in [Edge::Exact, Edge::AtLeast] {
            assert!(matches!(bare(is, short).state, ProgressState::Failed { .. }), "{is:?}");
            assert!(bare(is, None).text.contains("could not be compared"), "{is:?}");
        }
        assert!(
            matches!(bare(Edge::AtMost, short).state, ProgressState::Restored { .. }),
            "nothing sure was promised"
        );
    }
}
