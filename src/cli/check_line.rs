//! The one line of `check`, as monitoring systems read it: state, words, `|`, numbers.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::domain::words::{self, bounded_s, seconds_up};
use crate::domain::{Assessment, LossIs, Rule, Service, Timestamp, Verdict};

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

/// The worst state, and the line.
pub(crate) fn line(all: &[Judged<'_>]) -> (State, String) {
    let worst = all.iter().map(|one| one.state).max_by_key(|state| state.weight()).unwrap_or(State::Unknown);
    let bad: Vec<&Judged<'_>> = all.iter().filter(|one| one.state == worst && worst != State::Ok).collect();
    let words = match bad.as_slice() {
        [] if all.is_empty() => "no service to judge".to_owned(),
        [] => recoverable(all),
        [first, rest @ ..] => {
            let why = first.why.as_deref().unwrap_or("no reason given");
            // A worse finding must not hide that a run was left in the middle.
            let left = all.iter().filter_map(left_run).find(|text| *text != why);
            let why = left.map_or_else(|| why.to_owned(), |left| format!("{why}; {left}"));
            let more = if rest.is_empty() { String::new() } else { format!(" (and {} more)", rest.len()) };
            format!("{}: {why}{more}", first.service.id)
        }
    };
    let words = words + &unknown_besides(all, worst);
    let numbers = all.iter().map(perfdata).collect::<Vec<_>>().join(" ");
    let bar = if numbers.is_empty() { "" } else { " | " };
    (worst, format!("LIFEBOAT {} - {}{bar}{numbers}", worst.word(), plain(&words)))
}

/// What nobody knows of, and which source is why: a worse finding must not hide that nothing can be read.
fn unknown_besides(all: &[Judged<'_>], worst: State) -> String {
    let unknown: Vec<_> =
        all.iter().filter(|one| one.state == State::Unknown && worst != one.state).collect();
    if unknown.is_empty() {
        return String::new();
    }
    let copies =
        unknown.iter().filter_map(|one| one.service.secondary.as_ref().or(one.service.primary.as_ref()));
    let failed = copies.filter(|copy| !copy.attempt.outcome.has_facts());
    let why: BTreeSet<String> = failed
        .map(|copy| format!("{} {}", copy.source, copy.attempt.outcome.as_str().replace('_', " ")))
        .collect();
    let why = why.into_iter().collect::<Vec<_>>().join(", ");
    let because = if why.is_empty() { "" } else { ": " };
    format!("; {} unknown{because}{why}", unknown.len())
}

fn left_run<'a>(one: &'a Judged<'_>) -> Option<&'a str> {
    let mut findings = one.assessment.findings.iter();
    findings.find(|finding| finding.rule == Rule::RunInterrupted).map(|finding| finding.text.as_str())
}

/// Services without backups by design are fine, but not recoverable.
fn recoverable(all: &[Judged<'_>]) -> String {
    let exempt = all.iter().filter(|one| one.assessment.verdict == Verdict::Exempt).count();
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
/// unread copy is intact is not known.
fn perfdata(one: &Judged<'_>) -> String {
    let loss = &one.assessment.loss;
    let amount = loss.amount.filter(|_| !loss.if_copy_intact);
    let [exact, at_least, at_most] = match loss.is {
        LossIs::Exact => [amount; 3],
        LossIs::AtLeast => [None, amount, None],
        LossIs::AtMost => [None, None, amount],
        LossIs::About => [None; 3],
    };
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
    let [at_least, at_most] =
        [("_at_least", LossIs::AtLeast, at_least), ("_at_most", LossIs::AtMost, at_most)];
    [("", LossIs::Exact, exact), at_least, at_most].map(number).join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_from_a_source_cannot_break_the_line() {
        assert_eq!(plain("a|b\nc"), "a b c");
    }

    #[test]
    fn s16_what_has_no_backups_by_design_is_not_counted_as_recoverable() {
        let service = crate::domain::sample::orders();
        let mut assessment =
            crate::domain::assess(&service, crate::domain::sample::now(), &UNKNOWN_AFTER.into());
        assessment.verdict = Verdict::Exempt;
        let one = judge(&service, &assessment, None, None, crate::domain::sample::now());
        let (state, line) = line(&[one]);
        assert_eq!(state, State::Ok);
        assert!(line.contains("0 of 0 services recoverable there, 1 without backups by design"), "{line}");
    }

    #[test]
    fn s5_every_line_has_the_same_numbers_and_each_says_by_its_name_what_it_is() {
        use LossIs::{About, AtLeast, AtMost, Exact};
        let amount = Some(Duration::from_millis(251_500));
        for (amount, is, intact, [exact, at_least, at_most]) in [
            (amount, Exact, false, ["252s", "251s", "252s"]),
            (amount, AtLeast, false, ["U", "251s", "U"]),
            (amount, AtMost, false, ["U", "U", "252s"]),
            (amount, About, false, ["U", "U", "U"]),
            (amount, AtMost, true, ["U", "U", "U"]),
            (None, Exact, false, ["U", "U", "U"]),
        ] {
            let (service, now) = (crate::domain::sample::orders(), crate::domain::sample::now());
            let mut assessment = crate::domain::assess(&service, now, &UNKNOWN_AFTER.into());
            let loss = &mut assessment.loss;
            (loss.amount, loss.is, loss.if_copy_intact) = (amount, is, intact);
            let (_, line) = line(&[judge(&service, &assessment, None, None, now)]);
            let numbers = format!(
                " | 'orders-db_loss'={exact};900;1800;0 'orders-db_loss_at_least'={at_least};900;1800;0 \
                 'orders-db_loss_at_most'={at_most};900;1800;0"
            );
            assert!(line.ends_with(&numbers), "{line}");
        }
    }

    #[test]
    fn s3_a_line_says_when_the_beginning_of_what_is_unknown_cannot_be_kept() {
        use crate::domain::sample::{now, orders};
        let (unread, mut known) = (orders(), crate::domain::assess(&orders(), now(), &UNKNOWN_AFTER.into()));
        let told = |known: &Assessment| {
            let mut one = judge(&unread, known, Some(now()), None, now());
            one.not_remembered(&std::io::Error::other("/var/lib/lifeboat: permission denied"));
            line(&[one]).1
        };
        assert!(!told(&known).contains("cannot be kept"), "what is known needs no memory");
        known.verdict = Verdict::Unknown;
        let line = told(&known);
        let says =
            "not known; since when cannot be kept for the next check: /var/lib/lifeboat: permission denied";
        assert!(line.contains(says), "{line}");
    }

    #[test]
    fn s34_a_worse_finding_does_not_hide_that_nothing_can_be_read() {
        use crate::domain::sample::{now, orders};
        use crate::domain::{Outcome, assess};
        let with = |outcome, as_of_s: i64| {
            let mut service = orders();
            let there = service.secondary.as_mut().unwrap();
            there.attempt.outcome = outcome;
            there.last_good.as_mut().unwrap().as_of = now() - chrono::TimeDelta::seconds(as_of_s);
            service
        };
        let services = [with(Outcome::Unreachable, 60), with(Outcome::Unreachable, 60), with(Outcome::Ok, 0)];
        let known = services.clone().map(|service| assess(&service, now(), &UNKNOWN_AFTER.into()));
        let all = |unknown_since: i64| -> Vec<Judged<'_>> {
            let since = [unknown_since, 60, 60].map(|s| Some(now() - chrono::TimeDelta::seconds(s)));
            let each = services.iter().zip(&known).zip(since);
            each.map(|((service, known), since)| judge(service, known, since, None, now())).collect()
        };
        let (state, critical) = line(&all(3600));
        assert_eq!(state, State::Critical);
        assert!(critical.contains("; 1 unknown: east unreachable | "), "{critical}");
        let (state, unknown) = line(&all(60));
        assert_eq!(state, State::Unknown);
        assert!(unknown.contains("(and 1 more) | "), "{unknown}");
    }

    #[test]
    fn nothing_to_judge_is_unknown() {
        let (state, line) = line(&[]);
        assert_eq!((state, line.as_str()), (State::Unknown, "LIFEBOAT UNKNOWN - no service to judge"));
    }
}
