//! The one line of `check`, as monitoring systems read it: state, words, `|`, numbers.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::domain::order::worst_first;
use crate::domain::words::{self, bounded_s, seconds_up};
use crate::domain::{
    Assessment, Finding, ForkLeft, LossIs, OpenChange, OpenRun, Rule, Service, Timestamp, Verdict, fork_left,
};

use super::next::NextOf;
use super::survey::Unread;

/// How bad, in the order a monitoring system weighs it; the number is the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum State {
    Ok = 0,
    Warning = 1,
    Critical = 2,
    Unknown = 3,
}

impl State {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Warning => "WARNING",
            Self::Critical => "CRITICAL",
            Self::Unknown => "UNKNOWN",
        }
    }

    const fn weight(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Warning => 1,
            Self::Unknown => 2,
            Self::Critical => 3,
        }
    }
}

/// A service without an RPO is loud after this long.
const UNKNOWN_AFTER: Duration = Duration::from_secs(30 * 60);

/// What `check` says of one service, and why.
pub(crate) struct Judged<'a> {
    pub(crate) service: &'a Service,
    pub(crate) assessment: &'a Assessment,
    pub(crate) state: State,
    pub(crate) why: Option<String>,
}

impl Judged<'_> {
    /// An unknown service whose beginning cannot be kept never becomes critical: that must be seen (S3).
    pub(crate) fn not_remembered(&mut self, error: &std::io::Error) {
        if self.state == State::Unknown {
            let why = self.why.take().unwrap_or_else(|| "not known".to_owned());
            self.why = Some(format!("{why}; since when cannot be kept for the next check: {error}"));
        }
    }
}

/// Judges one service. An unknown verdict turns critical when it lasts longer than the RPO (S3);
/// `unknown_since` is when good facts of the secondary were last had or first missed.
pub(crate) fn judge<'a>(
    service: &'a Service,
    assessment: &'a Assessment,
    unknown_since: Option<Timestamp>,
    unknown_after: Option<Duration>,
    now: Timestamp,
) -> Judged<'a> {
    let text = |wanted: Verdict| {
        let found = assessment.findings.iter().find(|finding| finding.level == wanted);
        found.map(|finding| finding.text.clone())
    };
    let (state, why) = match assessment.verdict {
        Verdict::Ok | Verdict::Exempt => (State::Ok, None),
        Verdict::Warning => (State::Warning, text(Verdict::Warning)),
        Verdict::Critical => (State::Critical, text(Verdict::Critical)),
        Verdict::Unknown => {
            let limit = unknown_after.or(service.policy.rpo).unwrap_or(UNKNOWN_AFTER);
            let lasted = unknown_since.and_then(|since| (now - since).to_std().ok());
            let why = text(Verdict::Unknown);
            match lasted.filter(|lasted| *lasted > limit) {
                Some(lasted) => {
                    let said = why.unwrap_or_else(|| "not known".to_owned());
                    (State::Critical, Some(format!("unknown for {}: {said}", words::age(lasted))))
                }
                None => (State::Unknown, why),
            }
        }
    };
    Judged { service, assessment, state, why }
}

/// What is known beside the services: of runs that are over, and of sources that may list more services.
#[derive(Debug, Default)]
pub(crate) struct Runs<'a> {
    pub(crate) forks_left: &'a [ForkLeft],
    /// What is not known, because not all of them were read.
    pub(crate) unread: Option<Unread>,
    pub(crate) unlisted: Option<Unlisted>,
}

/// Sources that brought nothing, of which no service is known here: what they list is unknown, and nothing else tells
/// of it (S3).
#[derive(Debug)]
pub(crate) struct Unlisted {
    state: State,
    said: String,
}

impl Unlisted {
    /// Judges them like a service of which no RPO is known. `why` names them, `since` is when the first was first missed.
    pub(crate) fn judge(
        why: &str,
        since: Timestamp,
        unknown_after: Option<Duration>,
        now: Timestamp,
    ) -> Self {
        let lasted = (now - since).to_std().unwrap_or_default();
        if lasted > unknown_after.unwrap_or(UNKNOWN_AFTER) {
            let said = format!("not read for {}: {why}", words::age(lasted));
            return Self { state: State::Critical, said };
        }
        Self { state: State::Unknown, said: format!("not read: {why}") }
    }
}

/// The worst state, and the line. What runs left behind costs money and takes away from no recovery: it is said, and
/// judged by no rule (S15); but where clients are must be known (S3). `next` gives the commands that go on with an
/// open run or change.
pub(crate) fn line(all: &[Judged<'_>], runs: &Runs<'_>, next: &NextOf<'_>) -> (State, String) {
    let worst = all.iter().map(|one| one.state).max_by_key(|state| state.weight()).unwrap_or(State::Unknown);
    let if_unread = |unread: &Unread| if unread.is_clients { State::Unknown } else { State::Warning };
    let unread = runs.unread.as_ref().map(if_unread);
    let unlisted = runs.unlisted.as_ref();
    let besides = unread.into_iter().chain(unlisted.map(|unlisted| unlisted.state));
    let state = besides.chain([worst]).max_by_key(|state| state.weight()).unwrap_or(worst);
    let mut bad: Vec<&Judged<'_>> =
        all.iter().filter(|one| one.state == worst && worst != State::Ok).collect();
    bad.sort_by(|one, other| worst_first((one.service, one.assessment), (other.service, other.assessment)));
    let words = match bad.as_slice() {
        [] if all.is_empty() => "no service to judge".to_owned(),
        [] => recoverable(all),
        [first, ..] => {
            let why = first.why.as_deref().unwrap_or("no reason given");
            // A worse finding must not hide that a run, or a change, was left in the middle.
            let told = |(text, next): (&str, String)| {
                let text = Some(text).filter(|text| *text != why).map(|text| format!("; {text}"));
                format!("{}; next: {next}", text.unwrap_or_default())
            };
            let left = all.iter().find_map(|one| left_run(one, next.of_run)).map(told).unwrap_or_default();
            let bound = bound(first).unwrap_or_default();
            let moved = first.service.clients_moved.as_ref().filter(|moved| !why.contains(&moved.fork));
            let moved = moved.map_or_else(String::new, |moved| {
                format!("; clients use {} since {}", moved.fork, words::instant(moved.at))
            });
            let change = all.iter().find_map(|one| left_change(one, next.of_change));
            let change = change.map(told).unwrap_or_default();
            let more = more(first, &[why, &moved, &change, &left]);
            format!("{}{}: {why}{bound}{moved}{more}{change}{left}", counts(all), first.service.id)
        }
    };
    let unlisted = unlisted.map(|unlisted| format!("; {}", unlisted.said)).unwrap_or_default();
    let words = words + &unread_besides(all, worst) + &unlisted;
    let unread = |unread: &Unread| {
        let is_told = words.contains(&unread.why);
        if is_told { unread.what.clone() } else { unread.to_string() }
    };
    let unread = runs.unread.as_ref().map(unread);
    let of_runs = fork_left::told(runs.forks_left).into_iter().chain(unread);
    let words = std::iter::once(words).chain(of_runs).collect::<Vec<_>>().join("; ");
    let judged = all.iter().filter(|one| !one.assessment.is_exempt());
    let numbers = judged.map(perfdata).collect::<Vec<_>>().join(" ");
    let bar = if numbers.is_empty() { "" } else { " | " };
    (state, format!("LIFEBOAT {} - {}{bar}{numbers}", state.word(), plain(&words)))
}

/// How many services stand how, the worst first; of one alone its state says that.
fn counts(all: &[Judged<'_>]) -> String {
    if all.len() < 2 {
        return String::new();
    }
    let exempt = |one: &&Judged<'_>| one.assessment.is_exempt();
    let of = |state| all.iter().filter(|one| !exempt(one)).filter(|one| one.state == state).count();
    let counts = [
        (of(State::Critical), "critical"),
        (of(State::Unknown), "unknown"),
        (of(State::Warning), "warning"),
        (of(State::Ok), "ok"),
        (all.iter().filter(exempt).count(), "exempt"),
    ];
    let counts = counts.into_iter().filter(|(count, _)| *count > 0);
    let counts: Vec<String> = counts.map(|(count, word)| format!("{count} {word}")).collect();
    format!("{}; ", counts.join(", "))
}

/// How many findings of a service are not told: that clients left it is, in words of its own.
fn more(one: &Judged<'_>, told: &[&str]) -> String {
    let moved = one.service.clients_moved.as_ref();
    let is_told = |finding: &Finding| {
        let by_fork = moved.filter(|_| finding.rule == Rule::ClientsMoved).map(|moved| &moved.fork);
        told.iter().any(|told| told.contains(by_fork.unwrap_or(&finding.text)))
    };
    match one.assessment.findings.iter().filter(|finding| !is_told(finding)).count() {
        0 => String::new(),
        more => format!(" (+{more} more: see status)"),
    }
}

/// The bound of a loss that holds while an unread copy is intact (S3).
fn bound(one: &Judged<'_>) -> Option<String> {
    let loss = &one.assessment.loss;
    let amount = loss.amount.filter(|_| loss.if_copy_intact)?;
    Some(format!("; loss {} if the copy is intact", words::bounded_minutes(amount, loss.is)))
}

/// Which source is why something is not known: a worse finding must not hide that nothing can be read.
fn unread_besides(all: &[Judged<'_>], worst: State) -> String {
    let unknown: Vec<_> =
        all.iter().filter(|one| one.state == State::Unknown && worst != one.state).collect();
    let copies =
        unknown.iter().filter_map(|one| one.service.secondary.as_ref().or(one.service.primary.as_ref()));
    let failed = copies.filter(|copy| !copy.attempt.outcome.has_facts());
    let why: BTreeSet<String> = failed
        .map(|copy| format!("{} {}", copy.source, copy.attempt.outcome.as_str().replace('_', " ")))
        .collect();
    let why = why.into_iter().collect::<Vec<_>>().join(", ");
    if why.is_empty() { why } else { format!("; not read: {why}") }
}

/// What is said of a run that was left, and the command that goes on with it.
fn left_run<'a>(one: &'a Judged<'_>, next: &dyn Fn(&str, &OpenRun) -> String) -> Option<(&'a str, String)> {
    let mut findings = one.assessment.findings.iter();
    let said = findings.find(|finding| finding.rule == Rule::RunInterrupted)?;
    let left = one.service.open_runs.iter().flatten().find(|run| run.is_left())?;
    Some((said.text.as_str(), next(&one.service.id, left)))
}

/// What is said of a change of where backups are copied to that was left, and the command that follows it.
fn left_change<'a>(one: &'a Judged<'_>, next: &dyn Fn(&OpenChange) -> String) -> Option<(&'a str, String)> {
    let mut findings = one.assessment.findings.iter();
    let said = findings.find(|finding| finding.rule == Rule::RegionChangeLeft)?;
    Some((said.text.as_str(), next(one.service.open_change.as_ref()?)))
}

/// Services without backups by design are fine, but not recoverable.
fn recoverable(all: &[Judged<'_>]) -> String {
    let exempt = all.iter().filter(|one| one.assessment.is_exempt()).count();
    let rest = all.len() - exempt;
    let said = format!("{rest} of {rest} services recoverable there");
    if exempt == 0 { said } else { format!("{said}, {exempt} without backups by design") }
}

/// `|` begins the numbers and a line break ends the line: neither may come from a source.
pub(crate) fn plain(text: &str) -> String {
    text.chars().map(|c| if c == '|' || c.is_control() { ' ' } else { c }).collect()
}

/// The numbers of a service: the same labels in every line, or a graph of them breaks. Each says which it is,
/// for a bound is no loss; what is not known is `U`, as monitoring systems write it. What holds only if an
/// unread copy is intact is not known. A service without backups by design has none: no loss of it is judged.
fn perfdata(one: &Judged<'_>) -> String {
    let loss = &one.assessment.loss;
    let known = Some(one.assessment.loss_bounds()).filter(|_| !loss.if_copy_intact);
    let [least, most] = [known.and_then(|bounds| bounds.least), known.and_then(|bounds| bounds.most)];
    let exact = least.filter(|_| least == most);
    let rpo = one.service.policy.rpo;
    let limits = rpo.map_or_else(
        || ";".to_owned(),
        |rpo| format!("{};{}", seconds_up(rpo), seconds_up(rpo.saturating_mul(2))),
    );
    let label = plain(&one.service.id).replace(['\'', '='], "_");
    let number = |(says, is, amount): (&str, LossIs, Option<Duration>)| {
        let value = amount.map_or_else(|| "U".to_owned(), |amount| format!("{}s", bounded_s(amount, is)));
        format!("'{label}_loss{says}'={value};{limits};0")
    };
    let [at_least, at_most] = [("_at_least", LossIs::AtLeast, least), ("_at_most", LossIs::AtMost, most)];
    [("", LossIs::Exact, exact), at_least, at_most].map(number).join(" ")
}

#[cfg(test)]
mod tests;
