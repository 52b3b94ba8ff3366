//! `check`: one line and an exit code for a monitoring system, whatever happens (S34).

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use crate::domain::{Assessment, CopyFacts, ForkLeft, Service, Timestamp, Verdict};

use super::again::Again;
use super::args::CheckArgs;
use super::check_line::{self, Judged, Runs, State, Unlisted};
use super::check_memory::Memory;
use super::next::NextOf;
use super::session::{SAVING, Session, patience};
use super::survey::Survey;
use super::{Global, Out, next};

pub(super) async fn run(global: &Global, args: &CheckArgs, out: &mut Out) -> ExitCode {
    let session = match Session::load(global, patience(args.timeout)) {
        Ok(session) => Arc::new(session),
        Err(error) => return cannot(&error.one_line(), out),
    };
    session.say_left_out(out);
    let (survey, not_saved) = session.survey(args.timeout).await;
    for why in &not_saved {
        out.problem(why);
    }
    if let Some(unknown) = args.services.iter().find(|name| !survey.shows(name)) {
        let why =
            survey.dismissal(unknown).or_else(|| survey.longer_name(unknown)).or_else(|| survey.hidden());
        let hidden = why.map(|why| format!("; {why}")).unwrap_or_default();
        return cannot(&format!("there is no service {unknown}{hidden}"), out);
    }
    let folder = session.config.state_dir.clone();
    let memory = session.disk.within(SAVING, move || Memory::load(&folder));
    let mut memory = memory.unwrap_or_else(|why| Memory::without(&why));
    let is_of_those =
        |service: &str| args.services.is_empty() || args.services.iter().any(|named| named == service);
    let mut judged: Vec<Judged<'_>> = survey
        .services
        .iter()
        .filter(|(service, _)| is_of_those(&service.id))
        .map(|(service, assessment)| {
            let since = unknown_since(service, assessment, &mut memory, survey.now);
            check_line::judge(service, assessment, since, args.unknown_after, survey.now)
        })
        .collect();
    let unlisted = args.services.is_empty().then(|| unlisted(&survey, &mut memory, args.unknown_after));
    let saved = session.disk.within(SAVING, move || memory.save());
    if let Err(error) = saved.unwrap_or_else(|why| Err(std::io::Error::other(why))) {
        out.problem(&format!("not remembered for the next check: {error}"));
        for one in &mut judged {
            one.not_remembered(&error);
        }
    }
    let again = Again::of(global);
    let next = NextOf {
        of_run: &|service, run| next::of_open(&again, service, run, survey.state_of(run)),
        of_change: &|change| next::of_change(&again, change),
    };
    let left = survey.forks_left.iter().flatten();
    let forks_left: Vec<ForkLeft> = left.filter(|left| is_of_those(&left.service)).cloned().collect();
    let unlisted = unlisted.flatten();
    let runs = Runs { forks_left: &forks_left, unread: survey.unread(is_of_those), unlisted };
    let (state, line) = check_line::line(&judged, &runs, &next);
    out.line(&line);
    ExitCode::from(state as u8)
}

/// The line and the code of a check that cannot be made.
pub(super) fn cannot(why: &str, out: &mut Out) -> ExitCode {
    out.line(&format!("LIFEBOAT UNKNOWN - {}", check_line::plain(why)));
    ExitCode::from(State::Unknown as u8)
}

/// Since when the state of a service is not known, when it is not.
fn unknown_since(
    service: &Service,
    assessment: &Assessment,
    memory: &mut Memory,
    now: Timestamp,
) -> Option<Timestamp> {
    if assessment.verdict != Verdict::Unknown {
        memory.known(&service.id);
        return None;
    }
    let facts = assessment.secondary.as_ref().and_then(CopyFacts::reach_as_of);
    Some(memory.unknown(&service.id, facts, now))
}

/// The sources that brought nothing and that no service known here tells of, by the one that was missed first.
fn unlisted(survey: &Survey, memory: &mut Memory, unknown_after: Option<Duration>) -> Option<Unlisted> {
    let of_none = survey.sources_of_none();
    // No name of a service ends so: it stands for all that the source lists.
    let all_of = |source: &str| format!("{source}/");
    for report in &survey.reports {
        if !of_none.iter().any(|(source, _)| *source == report.source) {
            memory.known(&all_of(&report.source));
        }
    }
    let missed = of_none.iter().map(|(source, _)| memory.unknown(&all_of(source), None, survey.now));
    let since = missed.min()?;
    let why: Vec<String> = of_none.iter().map(|(source, why)| format!("{source}: {why}")).collect();
    Some(Unlisted::judge(&why.join(", "), since, unknown_after, survey.now))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::assess;
    use crate::domain::sample::{STALE, now, orders};
    use crate::ledger::LedgerError;

    #[test]
    fn s3_what_reaches_nobody_knows_how_far_is_unknown_since_its_log_was_last_seen() {
        let six_hours = chrono::TimeDelta::hours(6);
        let service = orders();
        let mut known = assess(&service, now(), &STALE);
        known.verdict = Verdict::Unknown;
        let there = known.secondary.as_mut().unwrap();
        there.log_seen_at = Some(now() - six_hours);
        assert!(there.as_of > there.log_seen_at, "its backups are listed as ever");
        let mut memory = Memory::without(&LedgerError::Store("in a test".to_owned()));
        assert_eq!(unknown_since(&service, &known, &mut memory, now()), Some(now() - six_hours));
    }
}
