//! How far a fork is, from what its host says. Pure.

mod held;

use crate::domain::instant::rfc3339;
use crate::domain::words;
use crate::provider::{ForkPoint, PointHow, Progress, ProgressState};

use super::failure::{self, shorten};
use super::mark::{Mark, Phase, Report};
use super::server_failure;
use super::wal::lsn;
use held::{Held, held, less};

/// Progress of which nothing is known but its state.
pub fn unknown(state: ProgressState) -> Progress {
    let text = match &state {
        ProgressState::CannotTell { why } | ProgressState::Failed { why, .. } => why.clone(),
        ProgressState::Working => "under way".to_owned(),
        ProgressState::Restored { .. } => "restored".to_owned(),
    };
    Progress::uncounted("unknown", text, state)
}

/// How far a fork is.
pub fn of(report: &Report, point: &ForkPoint) -> Progress {
    if let Some(what) = report.whose.strip_prefix("foreign ") {
        return failed("foreign", format!("the fork is not ours any more: {what}; it is left alone"), false);
    }
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
            let (why, again) =
                server_failure::meaning(&report.server_log, point, mark.port.filter(|_| report.port_refused));
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

#[cfg(test)]
mod tests;
