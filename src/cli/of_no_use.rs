//! What is said to a run that has no use for it any more: it is refused before anything is done, so that nobody
//! takes for heard what was not (S26).

use crate::domain::words;
use crate::runbook::RunState;

use super::args::ResumeArgs;

/// Why words of `runs resume` can be taken by no step that is to come; empty where all can be.
pub(super) fn of_no_use(args: &ResumeArgs, state: &RunState) -> Vec<String> {
    let to = ("--to", args.to.is_some() && args.new_attempt.is_none());
    let declaration = [
        ("--declared-by", args.declared_by.is_some() && !is_said_by_who_declares(args)),
        ("--scenario", args.scenario.is_some()),
        ("--criteria", !args.criteria.is_empty()),
        ("--down-since", args.down_since.is_some()),
        ("--detected", args.detected.is_some()),
    ];
    if state.is_over() {
        let answers = [
            ("--accepted-by", args.accepted_by.is_some()),
            ("--not-accepted-by", args.not_accepted_by.is_some()),
            ("--cut-over-done", args.cut_over_done.is_some()),
            ("--fenced", args.standing.fenced.is_some()),
            ("--override-fence", args.standing.override_fence.is_some()),
            ("--accept-skew", args.standing.accept_skew.is_some()),
            to,
        ];
        let all: Vec<_> = declaration.into_iter().chain(answers).collect();
        return told(&all, || "the run is over".to_owned()).into_iter().collect();
    }
    let declared = state.declaration.as_ref().and_then(|(at, declared)| {
        told(&declaration, || {
            let at = words::instant(*at);
            format!("{} declared at {at}; --note writes down what is known now", declared.by)
        })
    });
    let point = state.attempt.agreed().and_then(|point| {
        told(&[to], || {
            format!("{} was agreed to; with --new-attempt WHY it is that of a further attempt", point.words())
        })
    });
    declared.into_iter().chain(point).collect()
}

/// Whether anything is said that is put down under the name of `--declared-by`, of a run that is declared: who declares
/// is who answers for it now, unless the owner's word is given, which names who does.
fn is_said_by_who_declares(args: &ResumeArgs) -> bool {
    let names_another = args.accepted_by.is_some() || args.not_accepted_by.is_some();
    let standing = &args.standing;
    let said = [
        args.confirm.is_some(),
        args.to.is_some(),
        args.retry_absent,
        args.retry,
        args.skip.is_some(),
        args.new_attempt.is_some(),
        args.cut_over_done.is_some(),
        args.unpause,
        args.note.is_some(),
        args.name_moved.is_some(),
        standing.fenced.is_some(),
        standing.override_fence.is_some(),
        standing.accept_skew.is_some(),
    ];
    args.loss_instant.is_some() || (!names_another && said.contains(&true))
}

/// Those of the flags that were given, with why they cannot be taken.
fn told(flags: &[(&str, bool)], why: impl FnOnce() -> String) -> Option<String> {
    let given: Vec<&str> = flags.iter().filter(|(_, is_given)| *is_given).map(|(flag, _)| *flag).collect();
    (!given.is_empty()).then(|| format!("not taken: {}: {}", given.join(", "), why()))
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::Cli;
    use crate::cli::args::{Command, RunsCommand};
    use crate::runbook::sample::{Journal, World, opening, until, willing};
    use crate::runbook::{RunKind, StepKind};

    fn parsed(flags: &[&str]) -> Result<ResumeArgs, clap::Error> {
        let cli = Cli::try_parse_from(["lifeboat", "runs", "resume", "r"].iter().chain(flags))?;
        let Some(Command::Runs(RunsCommand::Resume(args))) = cli.command else { panic!("{flags:?}") };
        Ok(*args)
    }

    #[test]
    fn s26_words_that_only_go_with_others_are_refused_without_them() {
        for (flags, with) in [
            (["--down-since", "2026-11-20T11:00:00Z"], "--declared-by"),
            (["--detected", "2026-11-20T11:00:00Z"], "--declared-by"),
            (["--scenario", "region gone"], "--declared-by"),
            (["--criteria", "three-probes"], "--declared-by"),
            (["--words", "looks right"], "--accepted-by"),
        ] {
            assert!(parsed(&flags).is_err(), "{flags:?}");
            assert!(parsed(&[&flags[..], &[with, "anna"]].concat()).is_ok(), "{flags:?}");
        }
        assert!(parsed(&["--not-accepted-by", "anna", "--words", "rows are missing"]).is_ok());
    }

    #[test]
    fn s26_what_no_step_to_come_takes_is_refused_by_its_flags() {
        let state = |step| until(opening(RunKind::Incident), step, &mut World::default()).state;
        let mut over = Journal::open(opening(RunKind::Incident));
        over.drive(&mut World::default(), willing);
        let declares: &[&str] = &["--declared-by", "anna", "--down-since", "2026-11-20T11:00:00Z"];
        let names: &[&str] = &["--to", "oldest"];
        let (fresh, found, waits) =
            (state(StepKind::Declare), state(StepKind::ChoosePoint), state(StepKind::Wait));
        for (state, flags, why) in [
            (&fresh, declares, ""),
            (&found, declares, "not taken: --declared-by, --down-since: anna declared at "),
            (&fresh, &["--declared-by", "bert"], ""),
            (&found, &["--declared-by", "bert"], "not taken: --declared-by: anna declared at "),
            (&found, &["--declared-by", "bert", "--fenced", "powered off"], ""),
            (&found, &["--declared-by", "bert", "--loss-instant", "2026-11-20T12:00:00Z"], ""),
            (&waits, &["--declared-by", "bert", "--accepted-by", "carl"], "not taken: --declared-by: anna "),
            (&over.state, &["--declared-by", "bert"], "not taken: --declared-by: the run is over"),
            (&over.state, &["--declared-by", "bert", "--note", "bill paid"], ""),
            (&found, names, ""),
            (&waits, names, "not taken: --to: 2026-11-20 12:00:19Z was agreed to; "),
            (&waits, &["--to", "oldest", "--new-attempt", "stuck"], ""),
            (&waits, &["--accepted-by", "bert"], ""),
            (&over.state, names, "not taken: --to: the run is over"),
            (&over.state, &["--cut-over-done", "DNS"], "not taken: --cut-over-done: the run is over"),
            (&over.state, &["--override-fence", "gone"], "not taken: --override-fence: the run is over"),
            (&waits, &["--override-fence", "gone"], ""),
            (&over.state, &["--note", "bill paid"], ""),
        ] {
            let told = of_no_use(&parsed(flags).unwrap(), state).join("\n");
            assert!(told.starts_with(why) && told.is_empty() == why.is_empty(), "{flags:?}: {told}");
        }
    }
}
