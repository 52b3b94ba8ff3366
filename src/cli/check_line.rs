//! The one line of `check`, as monitoring systems read it: state, words, `|`, numbers.

use std::time::Duration;

use crate::domain::words;
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
    let numbers = all.iter().filter_map(perfdata).collect::<Vec<_>>().join(" ");
    let bar = if numbers.is_empty() { "" } else { " | " };
    (worst, format!("LIFEBOAT {} - {}{bar}{numbers}", worst.word(), plain(&words)))
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

fn perfdata(one: &Judged<'_>) -> Option<String> {
    let loss = &one.assessment.loss;
    let seconds = |amount: Duration| amount.as_secs() + u64::from(amount.subsec_nanos() > 0);
    let limits = one
        .service
        .policy
        .rpo
        .map_or_else(|| ";".to_owned(), |rpo| format!("{};{}", seconds(rpo), seconds(rpo.saturating_mul(2))));
    let label = plain(&one.service.id).replace(['\'', '='], "_");
    // A bound is no loss: its name says which it is. What holds only if an unread copy is intact is not
    // known: `U`, as monitoring systems write it.
    let (says, value) = match (loss.amount?, loss.is) {
        (_, LossIs::About) => ("", "U".to_owned()),
        _ if loss.if_copy_intact => ("", "U".to_owned()),
        (amount, LossIs::Exact) => ("", format!("{}s", seconds(amount))),
        (amount, LossIs::AtLeast) => ("_at_least", format!("{}s", seconds(amount))),
        (amount, LossIs::AtMost) => ("_at_most", format!("{}s", seconds(amount))),
    };
    Some(format!("'{label}_loss{says}'={value};{limits};0"))
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
    fn s5_a_number_that_is_a_bound_says_so_by_its_name() {
        for (is, intact, shown) in [
            (LossIs::Exact, false, "'orders-db_loss'=252s;"),
            (LossIs::AtLeast, false, "'orders-db_loss_at_least'=252s;"),
            (LossIs::AtMost, false, "'orders-db_loss_at_most'=252s;"),
            (LossIs::About, false, "'orders-db_loss'=U;"),
            (LossIs::AtMost, true, "'orders-db_loss'=U;"),
        ] {
            let (service, now) = (crate::domain::sample::orders(), crate::domain::sample::now());
            let mut assessment = crate::domain::assess(&service, now, &UNKNOWN_AFTER.into());
            (assessment.loss.is, assessment.loss.if_copy_intact) = (is, intact);
            let (_, line) = line(&[judge(&service, &assessment, None, None, now)]);
            assert!(line.contains(shown), "{line}");
        }
    }

    #[test]
    fn nothing_to_judge_is_unknown() {
        let (state, line) = line(&[]);
        assert_eq!((state, line.as_str()), (State::Unknown, "LIFEBOAT UNKNOWN - no service to judge"));
    }
}
