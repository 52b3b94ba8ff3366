//! The exact commands that go on from what a run needs (S26): one for each way.

use std::path::Path;

use crate::domain::instant::rfc3339;
use crate::domain::open_run::{keeps_journals, without_journal};
use crate::domain::{ForkLeft, OpenChange, OpenRun};
use crate::runbook::{Command, Input, JournalPlace, Need, RunState, StepKind, decide, need, wants_region};

use super::again::Again;
use crate::process::shell_line;

/// A run, and how this program is called for it.
#[derive(Debug, Clone)]
pub(super) struct Next {
    again: Again,
    run: String,
}

impl Next {
    pub(super) fn of(again: Again, run: &str) -> Self {
        Self { again, run: run.to_owned() }
    }

    /// That of a run as it stands, by its own config.
    pub(super) fn of_state(again: &Again, state: &RunState) -> Self {
        Self::of(again.for_run(&state.opening.config_files()), state.id())
    }

    /// The same where the journal is kept by now.
    #[must_use]
    pub(super) fn for_journal(self, journal: &JournalPlace) -> Self {
        match journal {
            JournalPlace::OtherFolder { path } => Self { again: self.again.in_folder(path), ..self },
            _ => self,
        }
    }

    /// Takes the run up again.
    pub(super) fn resume(&self) -> String {
        self.with(&[])
    }

    /// Prints its report: acts on nothing.
    pub(super) fn report(&self) -> String {
        self.again.look(&["report", &self.run])
    }

    /// Ends it; its forks stay. Nothing is acted on.
    pub(super) fn abort(&self, service: &str) -> String {
        self.abort_because("WHY", service)
    }

    /// Ends it here, once it is over where it went on without a journal.
    pub(super) fn abort_without_journal(&self, service: &str, place: &str) -> String {
        self.abort_because(&without_journal(place), service)
    }

    /// Ends it with this reason.
    pub(super) fn abort_because(&self, reason: &str, service: &str) -> String {
        self.again.look(&["runs", "abort", &self.run, "--reason", reason, "--confirm", service])
    }

    /// Removes what it left behind.
    pub(super) fn clean_up(&self, service: &str) -> String {
        self.again.act(&["runs", "clean-up", &self.run, "--confirm", service])
    }

    /// Removes what clients used, once they use something else.
    pub(super) fn clients_left(&self, service: &str) -> String {
        let left = ["--clients-left", "WHAT WAS DONE", "--confirm", service];
        let command = ["runs", "clean-up", self.run.as_str()];
        self.again.act(&command.into_iter().chain(left).collect::<Vec<_>>())
    }

    fn with(&self, flags: &[&str]) -> String {
        let resume = ["runs", "resume", self.run.as_str()];
        self.again.act(&resume.into_iter().chain(flags.iter().copied()).collect::<Vec<_>>())
    }

    /// What may follow, each a whole command; what is in capitals is to be written by the person.
    pub(super) fn commands(&self, needed: Need, state: &RunState) -> Vec<String> {
        let service = state.opening.member.service.as_str();
        let asked = state.attempt.target.to_string();
        let proposed = state.attempt.proposed().map(rfc3339);
        let ways: Vec<Vec<&str>> = match needed {
            Need::Declaration => {
                vec![vec!["--declared-by", "WHO", "--scenario", "WHAT HAPPENED", "--criteria", "ID"]]
            }
            Need::Journal => vec![vec!["--fallback-dir", "/ANOTHER/FOLDER"]],
            Need::ClockSkew => vec![vec!["--accept-skew", "WHY"]],
            Need::OtherPoint => return self.other_points(state),
            Need::ConfirmPoint => {
                let mut ways =
                    vec![vec!["--confirm", service], vec!["--to", "INSTANT", "--confirm", service]];
                if state.attempt.point.as_ref().is_some_and(|point| point.last_known.is_some()) {
                    // It may be read again by now.
                    ways.insert(1, vec!["--to", asked.as_str(), "--confirm", service]);
                }
                ways
            }
            Need::AbsentDecision => vec![vec!["--retry-absent"], vec!["--new-attempt", "WHY"]],
            Need::FailedStep => failed(state, proposed.as_deref()),
            Need::OwnersWord => {
                vec![vec!["--accepted-by", "WHO"], vec!["--not-accepted-by", "WHO", "--words", "WHY"]]
            }
            Need::Fence if state.fence.may_be_alive() && state.has_fork_to_lead_to() => vec![
                vec!["--fenced", "HOW"],
                vec!["--name-moved", "INSTANT", "--fenced", "HOW"],
                vec!["--override-fence", "WHY"],
            ],
            Need::Fence => vec![vec!["--fenced", "HOW"], vec!["--override-fence", "WHY"]],
            Need::CutOver => vec![vec!["--cut-over-done", "WHAT WAS DONE"]],
            Need::Protection => vec![vec!["--skip", "HOW IT IS PROTECTED"], Vec::new()],
            Need::ConfirmCleanUp => vec![vec!["--confirm", service], vec!["--skip", "WHY IT IS KEPT"]],
            Need::Unpause => vec![vec!["--unpause"]],
        };
        let mut commands: Vec<String> = ways.iter().map(|way| self.with(way)).collect();
        if needed == Need::Protection {
            // What a run saw that nobody drives may have come since: taking it up looks anew.
            commands.sort_by_key(|command| state.is_left() && *command != self.resume());
        }
        if wants_region(state) {
            let fork = state.attempt.name.as_str();
            let place = usize::from(state.is_left());
            commands.insert(place, self.again.act(&["region", fork, "--to", "REGION", "--confirm", fork]));
        }
        if matches!(needed, Need::FailedStep | Need::AbsentDecision) {
            commands.push(self.abort(service));
        }
        commands
    }

    /// The whole commands that go on with a run that nobody drives: with what it needs, or as it is; what
    /// one that is over left behind. None where it was kept in no journal.
    pub(super) fn not_driven(&self, state: &RunState) -> Vec<String> {
        if matches!(state.journal, JournalPlace::WithoutJournal { .. }) {
            return Vec::new();
        }
        if state.is_over() {
            let left = state.removable().next().is_some();
            return left.then(|| self.clean_up(&state.opening.member.service)).into_iter().collect();
        }
        let Some(needed) = need(state) else { return vec![self.resume()] };
        let mut commands = self.commands(needed, state);
        // Whoever was killed did not say that they left.
        commands.sort_by_key(|command| needed == Need::Protection && *command != self.resume());
        commands
    }

    fn other_points(&self, state: &RunState) -> Vec<String> {
        let refused = state.attempt.refused.as_ref();
        let near = refused.into_iter().flat_map(|refused| [refused.earlier, refused.later]).flatten();
        let mut ways: Vec<String> = near.map(|at| self.with(&["--to", &rfc3339(at)])).collect();
        if ways.is_empty() {
            ways.push(self.with(&["--to", "TARGET"]));
        }
        ways.push(self.abort(&state.opening.member.service));
        ways
    }
}

/// The commands that tell of a run whose journal does not go on here: in the folder where it does, or by
/// its second file, and what ends it here then.
pub(super) fn of_moved(again: &Again, run: &str, service: &str, place: &str) -> Vec<String> {
    if keeps_journals(place) {
        return vec![again.in_folder(place).look(&["runs", "show", run])];
    }
    let file = Path::new(place).is_file().then(|| again.look(&["report", place]));
    let ends = Next::of(again.clone(), run).abort_without_journal(service, place);
    file.into_iter().chain([ends]).collect()
}

/// The commands by which a person chooses where a run goes on that went on in two folders: what was done in the one that
/// it came from, to go on there, and to go on here, `here`, instead.
pub(super) fn of_parted(again: &Again, run: &str, from: &Path, mark: &Path, here: &Path) -> [String; 3] {
    let text = |path: &Path| shell_line(&[path.display().to_string()]);
    let there = again.in_folder(&from.display().to_string());
    let stay = format!("echo {} > {}", text(here), text(mark));
    [there.look(&["runs", "show", run]), Next::of(there, run).resume(), stay]
}

/// The command that goes on with an open run of a service, as a list of services names it: with the first answer to
/// what the run needs, where its state is known. Without one it would only stop again.
pub(super) fn of_open(again: &Again, service: &str, open: &OpenRun, state: Option<&RunState>) -> String {
    let again = &again.for_run(&open.config_files);
    match &open.moved_to {
        Some(place) if keeps_journals(place) || open.driven => {
            of_moved(again, &open.run, service, place).remove(0)
        }
        Some(place) => Next::of(again.clone(), &open.run).abort_without_journal(service, place),
        None if open.driven => again.look(&["runs", "show", &open.run]),
        // What is here tells one of two stories only: it shows the commands by which one is chosen.
        None if open.parted_from.is_some() => again.look(&["runs", "show", &open.run]),
        None => {
            let next = Next::of(again.clone(), &open.run);
            let answered = state.and_then(|state| next.not_driven(state).into_iter().next());
            answered.unwrap_or_else(|| next.resume())
        }
    }
}

/// The command that follows a change of where backups are copied to, which was left.
pub(super) fn of_change(again: &Again, open: &OpenChange) -> String {
    again.act(&["region", &open.of, "--follow"])
}

/// The commands that go on with what was left in the middle.
pub(crate) struct NextOf<'a> {
    /// With an open run of a service.
    pub(crate) of_run: &'a dyn Fn(&str, &OpenRun) -> String,
    /// With an open change of where backups are copied to.
    pub(crate) of_change: &'a dyn Fn(&OpenChange) -> String,
}

/// The command that removes what a run left behind.
pub(super) fn of_left(again: &Again, left: &ForkLeft) -> String {
    let next = Next::of(again.for_run(&left.config_files), &left.run);
    if left.had_clients { next.clients_left(&left.service) } else { next.clean_up(&left.service) }
}

/// The ways out of a failed step: those that the machine takes. Past a wait without a fork nothing can be checked, so
/// that another fork comes first; a point that was refused is refused again, so that what is proposed comes before it.
fn failed<'a>(state: &RunState, proposed: Option<&'a str>) -> Vec<Vec<&'a str>> {
    let why = || "a person says why".to_owned();
    let mut ways = [
        (Command::Retry, vec!["--retry"]),
        (Command::Skip { reason: why() }, vec!["--skip", "WHY"]),
        (Command::NewAttempt { reason: why(), target: None }, vec!["--new-attempt", "WHY"]),
    ];
    if let (Some(point), [.., (_, flags)]) = (proposed, &mut ways) {
        flags.extend(["--to", point]);
        ways.rotate_right(1);
    }
    if state.current == Some(StepKind::Wait) {
        ways.swap(1, 2);
    }
    let taken = |command: &Command| decide(state, &Input::Command(command.clone()), state.last_at).is_ok();
    ways.into_iter().filter(|(command, _)| taken(command)).map(|(_, flags)| flags).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fork::{CopiedTo, PointRefused, ProgressState, Protection, StartOutcome};
    use crate::domain::sample::at;
    use crate::runbook::sample::{Journal, World, opening, progress, willing};
    use crate::runbook::{Answer, Call, RunKind, effects};

    fn again() -> Again {
        let global = clap::Parser::try_parse_from(["lifeboat", "--config", "a.toml", "runs", "list"]);
        Again::of(&global.map(|cli: super::super::Cli| cli.global).unwrap())
    }

    fn next(state: &RunState) -> Next {
        Next::of(again(), state.id())
    }

    #[test]
    fn s26_a_run_that_nobody_drives_names_whole_commands_with_its_config_and_its_answer() {
        let mut journal = Journal::open(opening(RunKind::Incident));
        journal.input(&Input::Tick).unwrap();
        journal.command(Command::Detach { why: "asked".to_owned() }).unwrap();
        let run = journal.state.id().to_owned();
        let named = next(&journal.state).not_driven(&journal.state);
        let [named] = named.as_slice() else { panic!("{named:?}") };
        let config = std::env::current_dir().unwrap().join("a.toml").display().to_string();
        let begins = format!("lifeboat --arm --config {config} runs resume {run} --declared-by");
        assert!(named.starts_with(&begins), "{named}");
        let report = format!("lifeboat --config {config} report {run}");
        assert_eq!(next(&journal.state).report(), report);
    }

    /// A run driven by a willing person until its fork restores, or the world is asked something else.
    fn until(kind: RunKind, step: StepKind, answers: impl Fn(&Call) -> Option<Answer>) -> Journal {
        let (mut journal, mut world) = (Journal::open(opening(kind)), World::default());
        for _ in 0..60 {
            journal.later(15);
            journal.input(&Input::Tick).unwrap();
            if journal.state.current == Some(step) && need(&journal.state).is_some() {
                return journal;
            }
            if let Some(command) = willing(&journal.state) {
                journal.command(command).unwrap();
            }
            for effect in effects(&journal.state) {
                let answer = answers(&effect.call).unwrap_or_else(|| world.answer(&effect.call, journal.now));
                journal.answer(answer);
            }
        }
        panic!("never there: {:?}", journal.state.current)
    }

    #[test]
    fn s26_a_fork_that_cannot_be_taken_up_is_not_offered_to_be_retried_and_the_run_can_be_ended() {
        let lesser = |call: &Call| match call {
            Call::PollProgress(request) => {
                let why = "the fork runs, but holds less than was promised".to_owned();
                let state = ProgressState::Failed { why, can_resume: false };
                Some(Answer::Progress(request.attempt, progress("replay", state)))
            }
            _ => None,
        };
        let journal = until(RunKind::Drill, StepKind::Wait, lesser);
        assert_eq!(need(&journal.state), Some(Need::FailedStep));
        let ways = next(&journal.state).commands(Need::FailedStep, &journal.state);
        assert!(!ways.iter().any(|way| way.contains("--retry")), "{ways:?}");
        assert!(ways[0].contains("--new-attempt WHY") && ways[1].contains("--skip WHY"), "{ways:?}");
        assert!(ways.last().unwrap().contains("runs abort"), "{ways:?}");
        assert!(ways.last().unwrap().ends_with("--confirm orders-db"), "{ways:?}");
        let open = OpenRun {
            run: journal.state.id().to_owned(),
            drill: true,
            opened_at: journal.now,
            driven: false,
            last_at: None,
            step: None,
            needs_person: true,
            unfenced_since: None,
            restores_to: None,
            moved_to: None,
            parted_from: None,
            config_files: Vec::new(),
        };
        let of = |open: &OpenRun, state| of_open(&again(), "orders-db", open, state);
        assert_eq!(of(&open, Some(&journal.state)), ways[0], "as it is it would only stop again");
        assert!(of(&open, None).ends_with(&format!("runs resume {}", open.run)), "nothing is known of it");
        let parted = OpenRun { parted_from: Some("/srv/a".to_owned()), ..open.clone() };
        let shows = of(&parted, Some(&journal.state));
        assert!(shows.ends_with(&format!("runs show {}", parted.run)) && !shows.contains("--arm"), "{shows}");
        let driven = OpenRun { driven: true, ..open };
        assert!(of(&driven, Some(&journal.state)).ends_with(&format!("runs show {}", driven.run)));
    }

    #[test]
    fn s25_a_run_of_two_stories_names_the_commands_by_which_one_is_chosen() {
        let [from, mark, here] = ["/srv/a b", "/srv/a b/runs/r-1.moved", "/srv/c"].map(Path::new);
        let [shows, goes_on, stays] = of_parted(&again(), "r-1", from, mark, here);
        assert!(shows.ends_with("--state-dir '/srv/a b' runs show r-1"), "{shows}");
        assert!(goes_on.ends_with("--state-dir '/srv/a b' runs resume r-1"), "{goes_on}");
        assert_eq!(stays, "echo /srv/c > '/srv/a b/runs/r-1.moved'");
    }

    #[test]
    fn s11_a_fork_that_was_refused_offers_the_point_that_is_proposed_before_it_is_asked_for_again() {
        for (propose, first) in
            [(Some("2026-11-20T11:59:19Z"), "--new-attempt WHY --to 2026-11-20T11:59:19Z"), (None, "--retry")]
        {
            let refused = |call: &Call| match call {
                Call::StartFork(request) => {
                    let (why, propose) = ("not restorable".to_owned(), propose.map(at));
                    Some(Answer::Started(request.attempt, StartOutcome::Refused { why, propose }))
                }
                _ => None,
            };
            let journal = until(RunKind::Drill, StepKind::Fork, refused);
            let ways = next(&journal.state).not_driven(&journal.state);
            assert!(ways[0].ends_with(first), "{ways:?}");
            assert!(ways.iter().any(|way| way.ends_with("--retry")), "{ways:?}");
        }
    }

    #[test]
    fn s26_a_refused_point_offers_its_neighbours_and_the_end() {
        let refused = |call: &Call| match call {
            Call::ResolvePoint(_) => {
                let reason = "it lies in a hole".to_owned();
                Some(Answer::Point(Err(PointRefused { reason, earlier: None, later: None })))
            }
            _ => None,
        };
        let journal = until(RunKind::Drill, StepKind::ChoosePoint, refused);
        let ways = next(&journal.state).not_driven(&journal.state);
        assert!(ways[0].ends_with("--to TARGET"), "{ways:?}");
        assert!(ways[1].contains("runs abort"), "{ways:?}");
    }

    #[test]
    fn s26_a_service_that_no_waiting_protects_needs_a_person() {
        for (copying, first) in [
            (CopiedTo::NotShown, "--skip 'HOW IT IS PROTECTED'"),
            (CopiedTo::Nowhere, "region orders-db-k3q7wd --to REGION --confirm orders-db-k3q7wd"),
        ] {
            let mut journal = unprotected(&copying);
            let ways = next(&journal.state).commands(Need::Protection, &journal.state);
            assert!(ways[0].ends_with(first), "{ways:?}");
            assert!(ways.iter().any(|way| way.ends_with("--skip 'HOW IT IS PROTECTED'")), "{ways:?}");
            let resume = format!("runs resume {}", journal.state.id());
            let killed = next(&journal.state).not_driven(&journal.state);
            assert!(killed[0].ends_with(&resume) && killed[1].ends_with(first), "{killed:?}");
            journal.command(Command::Detach { why: "asked".to_owned() }).unwrap();
            let ways = next(&journal.state).not_driven(&journal.state);
            assert_eq!(ways, killed);
        }
    }

    fn unprotected(copying: &CopiedTo) -> Journal {
        let nowhere = |call: &Call| match call {
            Call::PollProtection(_) => {
                let text = "the fork archives nowhere".to_owned();
                let (own_backup, secondary_copy) = (Some(false), Some(false));
                Some(Answer::Protection(Protection {
                    own_backup,
                    secondary_copy,
                    needs_person: true,
                    copying: copying.clone(),
                    shielded: None,
                    text,
                }))
            }
            _ => None,
        };
        let journal = until(RunKind::Incident, StepKind::Protect, nowhere);
        assert_eq!(need(&journal.state), Some(Need::Protection));
        assert!(!effects(&journal.state).is_empty(), "it is looked for on: a person may bring it");
        journal
    }
}
