//! How far a fork is, from what its host says. Pure.

use crate::domain::Edge;
use crate::domain::instant::rfc3339;
use crate::provider::{ForkPoint, Progress, ProgressState, Protection};

use super::failure;
use super::mark::{Mark, Phase, Report};

/// Progress of which nothing is known but its state.
pub fn unknown(state: ProgressState) -> Progress {
    let text = match &state {
        ProgressState::CannotTell { why } | ProgressState::Failed { why, .. } => why.clone(),
        ProgressState::Working => "under way".to_owned(),
        ProgressState::Restored { .. } => "restored".to_owned(),
    };
    Progress { phase: "unknown".to_owned(), done: None, total: None, unit: None, text, state }
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
            let (why, again) = failure::of_server(&report.server_log, point.backup.as_deref().unwrap_or("?"));
            failed("replay", why, again)
        }
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
        Phase::Replay => replaying(report),
    }
}

const fn phase_name(phase: Phase) -> &'static str {
    match phase {
        Phase::Claimed | Phase::Restore | Phase::RestoreFailed => "restore",
        Phase::Start | Phase::StartFailed => "start",
        Phase::Replay | Phase::ReplayFailed => "replay",
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
    Progress {
        done: report.bytes,
        total: point.size_bytes,
        unit: Some("bytes".to_owned()),
        ..working("restore", format!("restoring {backup}"))
    }
}

fn replaying(report: &Report) -> Progress {
    let text = match report.answer() {
        Some(answer) => {
            let last =
                answer.last.map_or_else(String::new, |at| format!(", transactions to {}", rfc3339(at)));
            format!("replayed to {}{last}", answer.lsn)
        }
        None => "replaying log".to_owned(),
    };
    working("replay", text)
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
        return replaying(report);
    }
    let newest_commit = mark.newest_commit;
    let text = match newest_commit {
        None => "restored; no transaction was replayed after the backup began".to_owned(),
        Some(newest) if point.promised_is != Edge::AtMost && newest < point.promised => {
            format!("restored, but only to {}: {} was promised", rfc3339(newest), rfc3339(point.promised))
        }
        Some(newest) => format!("restored, with transactions to {}", rfc3339(newest)),
    };
    Progress { phase: "done".to_owned(), text, ..unknown(ProgressState::Restored { newest_commit }) }
}

/// Whether a fork has backups of its own: never while it archives nowhere.
pub fn protection(archive_mode: Option<&str>) -> Protection {
    match archive_mode {
        Some("off") => Protection {
            own_backup: Some(false),
            secondary_copy: Some(false),
            text:
                "the fork archives nowhere: give it a stanza of its own (another name, stanza-create, a new \
                   archive_command), restart it without our options, and take a full backup"
                    .to_owned(),
        },
        Some(mode) => Protection {
            own_backup: None,
            secondary_copy: None,
            text: format!(
                "archive_mode of the fork is {mode}; whether its stanza holds a backup was not looked up"
            ),
        },
        None => Protection {
            own_backup: None,
            secondary_copy: None,
            text: "the fork does not answer, so its archiving is not known".to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Role, Target};
    use crate::provider::PointHow;

    fn point() -> ForkPoint {
        ForkPoint {
            target: Target::Newest,
            role: Role::Secondary,
            promised: "2026-11-20T10:01:46.336621Z".parse().unwrap(),
            promised_is: Edge::Exact,
            backup: Some("20261120-100056F".to_owned()),
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
    fn a_restored_fork_is_held_against_its_promise() {
        let answers = |sql: &str| Report { sql: sql.to_owned(), ..report(Phase::Done, false) };
        let good = of(&answers("f|0/9000118|2026-11-20T10:01:46.336621Z|off"), &point());
        assert!(matches!(good.state, ProgressState::Restored { newest_commit: Some(_) }), "{good:?}");
        assert!(good.text.starts_with("restored, with"), "{}", good.text);
        let later = ForkPoint { promised: "2026-11-20T10:02:00Z".parse().unwrap(), ..point() };
        let short = of(&answers("f|0/9000118||off"), &later);
        assert!(short.text.contains("was promised"), "{}", short.text);
        assert!(matches!(of(&answers(""), &point()).state, ProgressState::Failed { .. }));
    }
}
