//! The exact commands that go on from what a run needs (S26): one for each way.

use crate::domain::instant::rfc3339;
use crate::process::shell_line;
use crate::runbook::{JournalPlace, Need, RunState, StepKind, need};

/// What may follow, each a whole command; what is in capitals is to be written by the person.
pub(super) fn commands(resume: &[String], needed: Need, state: &RunState) -> Vec<String> {
    let service = state.opening.member.service.as_str();
    let ways: Vec<Vec<&str>> = match needed {
        Need::Declaration => {
            vec![vec!["--declared-by", "WHO", "--scenario", "WHAT HAPPENED", "--criteria", "ID"]]
        }
        Need::Journal => vec![vec!["--fallback-dir", "/ANOTHER/FOLDER"]],
        Need::ClockSkew => vec![vec!["--accept-skew", "WHY"]],
        Need::OtherPoint => return other_points(resume, state),
        Need::ConfirmPoint => vec![vec!["--confirm", service], vec!["--to", "INSTANT", "--confirm", service]],
        Need::AbsentDecision => vec![vec!["--retry-absent"], vec!["--new-attempt", "WHY"]],
        Need::FailedStep => failed(state),
        Need::OwnersWord => {
            vec![vec!["--accepted-by", "WHO"], vec!["--not-accepted-by", "WHO", "--words", "WHY"]]
        }
        Need::Fence => vec![vec!["--fenced", "HOW"], vec!["--override-fence", "WHY"]],
        Need::CutOver => vec![vec!["--cut-over-done", "WHAT WAS DONE"]],
        Need::ConfirmCleanUp => vec![vec!["--confirm", service], vec!["--skip", "WHY IT IS KEPT"]],
        Need::Unpause => vec![vec!["--unpause"]],
    };
    ways.iter().map(|way| with(resume, way)).collect()
}

/// The whole commands that go on with a run that nobody drives: with what it needs, or as it is. None when
/// it is over, or when it was kept in no journal.
pub(super) fn not_driven(resume: &[String], state: &RunState) -> Vec<String> {
    if state.is_over() || matches!(state.journal, JournalPlace::WithoutJournal { .. }) {
        return Vec::new();
    }
    need(state).map_or_else(|| vec![shell_line(resume)], |needed| commands(resume, needed, state))
}

/// The whole command that prints the report of a run, from its resuming command: it acts on nothing.
pub(super) fn report(resume: &[String], run: &str) -> String {
    let before = resume.iter().take_while(|word| *word != "runs").filter(|word| *word != "--arm");
    let words: Vec<String> = before.cloned().chain(["report", run].map(str::to_owned)).collect();
    shell_line(&words)
}

fn with(resume: &[String], flags: &[&str]) -> String {
    let words: Vec<String> =
        resume.iter().cloned().chain(flags.iter().map(|flag| (*flag).to_owned())).collect();
    shell_line(&words)
}

fn other_points(resume: &[String], state: &RunState) -> Vec<String> {
    let refused = state.attempt.refused.as_ref();
    let near = refused.into_iter().flat_map(|refused| [refused.earlier, refused.later]).flatten();
    let near: Vec<String> = near.map(|at| with(resume, &["--to", &rfc3339(at)])).collect();
    if near.is_empty() { vec![with(resume, &["--to", "TARGET"])] } else { near }
}

/// The ways out of a failed step, as the machine takes them.
fn failed(state: &RunState) -> Vec<Vec<&'static str>> {
    let attempt = vec!["--new-attempt", "WHY"];
    let (retry, skip) = (vec!["--retry"], vec!["--skip", "WHY"]);
    match state.current {
        Some(StepKind::Fork) => vec![retry, attempt],
        Some(StepKind::Wait | StepKind::Validate) => vec![retry, skip, attempt],
        _ => vec![retry, skip],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runbook::RunKind;
    use crate::runbook::sample::{Journal, opening};
    use crate::runbook::{Command, Input};

    #[test]
    fn s26_a_run_that_nobody_drives_names_whole_commands_with_its_config_and_its_answer() {
        let resume: Vec<String> =
            "lifeboat --arm --config a.toml runs resume inc-1".split(' ').map(str::to_owned).collect();
        let mut journal = Journal::open(opening(RunKind::Incident));
        journal.input(&Input::Tick).unwrap();
        journal.command(Command::Detach { why: "asked".to_owned() }).unwrap();
        let next = not_driven(&resume, &journal.state);
        let [next] = next.as_slice() else { panic!("{next:?}") };
        assert!(next.starts_with("lifeboat --arm --config a.toml runs resume inc-1 --declared-by"), "{next}");
        assert_eq!(report(&resume, "inc-1"), "lifeboat --config a.toml report inc-1");
    }
}
