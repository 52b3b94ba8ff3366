//! The one line of `check`, as monitoring systems read it: state, words, `|`, numbers.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::domain::words::{self, bounded_s, seconds_up};
use crate::domain::{Assessment, ForkLeft, LossIs, OpenRun, Rule, Service, Timestamp, Verdict, fork_left};

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

/// What is known of runs that are over.
#[derive(Debug, Default)]
pub(crate) struct Runs<'a> {
    pub(crate) forks_left: &'a [ForkLeft],
    /// What is not known, because not all of them were read.
    pub(crate) unread: Option<Unread>,
}

/// The worst state, and the line. What runs left behind costs money and takes away from no recovery: it is said, and
/// judged by no rule (S15); but where clients are must be known (S3). `next` gives the command that goes on with an
/// open run.
pub(crate) fn line(
    all: &[Judged<'_>],
    runs: &Runs<'_>,
    next: &dyn Fn(&str, &OpenRun) -> String,
) -> (State, String) {
    let worst = all.iter().map(|one| one.state).max_by_key(|state| state.weight()).unwrap_or(State::Unknown);
    let if_unread = |unread: &Unread| if unread.is_clients { State::Unknown } else { State::Warning };
    let unread = runs.unread.as_ref().map(if_unread);
    let state = unread.into_iter().chain([worst]).max_by_key(|state| state.weight()).unwrap_or(worst);
    let bad: Vec<&Judged<'_>> = all.iter().filter(|one| one.state == worst && worst != State::Ok).collect();
    let words = match bad.as_slice() {
        [] if all.is_empty() => "no service to judge".to_owned(),
        [] => recoverable(all),
        [first, ..] => {
            let why = first.why.as_deref().unwrap_or("no reason given");
            // A worse finding must not hide that a run was left in the middle.
            let left = all.iter().find_map(|one| left_run(one, next)).map(|(text, next)| {
                let text = Some(text).filter(|text| *text != why).map(|text| format!("; {text}"));
                format!("{}; next: {next}", text.unwrap_or_default())
            });
            let (bound, left) = (bound(first).unwrap_or_default(), left.unwrap_or_default());
            let moved = first.service.clients_moved.as_ref().filter(|moved| !why.contains(&moved.fork));
            let moved = moved.map_or_else(String::new, |moved| {
                format!("; clients use {} since {}", moved.fork, words::instant(moved.at))
            });
            format!("{}{}: {why}{bound}{moved}{left}", counts(all), first.service.id)
        }
    };
    let words = words + &unread_besides(all, worst);
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
mod tests {
    use super::*;

    fn resume(_: &str, run: &OpenRun) -> String {
        format!("lifeboat --arm runs resume {}", run.run)
    }

    #[test]
    fn s16_each_level_is_counted_the_worst_first() {
        use crate::domain::sample::{now, orders};
        use Verdict::{Critical, Exempt, Ok, Unknown, Warning};
        let service = orders();
        let of = |verdict| {
            let mut known = crate::domain::assess(&service, now(), &UNKNOWN_AFTER.into());
            known.verdict = verdict;
            known
        };
        let known = [Ok, Warning, Critical, Exempt, Unknown, Warning, Critical, Warning].map(of);
        let counted = |known: &[Assessment]| {
            let judged: Vec<_> =
                known.iter().map(|known| judge(&service, known, None, None, now())).collect();
            line(&judged, &Runs::default(), &resume).1
        };
        let all = counted(&known);
        let counts = "LIFEBOAT CRITICAL - 2 critical, 1 unknown, 3 warning, 1 ok, 1 exempt; orders-db: ";
        assert!(all.starts_with(counts), "{all}");
        let alone = counted(&known[2..3]);
        assert!(alone.starts_with("LIFEBOAT CRITICAL - orders-db: "), "{alone}");
    }

    #[test]
    fn s30_a_run_that_was_left_is_told_with_the_command_that_goes_on_with_it() {
        use crate::domain::sample::{now, open_run, orders};
        let left = OpenRun { driven: false, ..open_run() };
        let service = Service { open_runs: Some(vec![left]), ..orders() };
        let mut known = crate::domain::assess(&service, now(), &UNKNOWN_AFTER.into());
        for verdict in [Verdict::Warning, Verdict::Critical] {
            known.verdict = verdict;
            let line = line(&[judge(&service, &known, None, None, now())], &Runs::default(), &resume).1;
            assert!(line.contains("; next: lifeboat --arm runs resume inc-orders-1 | "), "{line}");
            assert_eq!(line.matches("nobody drives it").count(), 1, "{line}");
        }
    }

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
        let (state, line) = line(&[one], &Runs::default(), &resume);
        assert_eq!(state, State::Ok);
        assert!(line.contains("0 of 0 services recoverable there, 1 without backups by design"), "{line}");
        assert!(!line.contains('|'), "no loss is judged, which is not to be unknown: {line}");
    }

    #[test]
    fn s3_where_nothing_can_be_restored_there_all_is_lost_and_that_is_not_unknown() {
        let (lost, now) =
            (Service { secondary: None, ..crate::domain::sample::orders() }, crate::domain::sample::now());
        let never_read = Service { primary: None, ..lost.clone() };
        for (service, state, at_least) in
            [(&lost, State::Critical, Some(1_243_950)), (&never_read, State::Unknown, None)]
        {
            let known = crate::domain::assess(service, now, &UNKNOWN_AFTER.into());
            let (found, line) = line(&[judge(service, &known, None, None, now)], &Runs::default(), &resume);
            assert_eq!(found, state, "{line}");
            let told = at_least.map_or_else(|| "U".to_owned(), |least| format!("{least}s"));
            let numbers =
                format!("'orders-db_loss'=U;900;1800;0 'orders-db_loss_at_least'={told};900;1800;0");
            assert!(line.contains(&numbers) && line.ends_with("_at_most'=U;900;1800;0"), "{line}");
        }
    }

    #[test]
    fn s5_every_line_has_the_same_numbers_and_each_says_by_its_name_what_it_is() {
        use LossIs::{About, AtLeast, AtMost, Exact};
        let (amount, least) = (Some(Duration::from_millis(251_500)), Some(Duration::from_millis(34_900)));
        for (amount, is, least, intact, [exact, at_least, at_most]) in [
            (amount, Exact, None, false, ["252s", "251s", "252s"]),
            (amount, AtLeast, None, false, ["U", "251s", "U"]),
            (amount, AtMost, None, false, ["U", "U", "252s"]),
            (amount, AtMost, least, false, ["U", "34s", "252s"]),
            (amount, About, None, false, ["U", "U", "U"]),
            (amount, About, least, false, ["U", "34s", "U"]),
            (amount, AtMost, None, true, ["U", "U", "U"]),
            (None, Exact, None, false, ["U", "U", "U"]),
        ] {
            let (service, now) = (crate::domain::sample::orders(), crate::domain::sample::now());
            let mut assessment = crate::domain::assess(&service, now, &UNKNOWN_AFTER.into());
            let loss = &mut assessment.loss;
            (loss.amount, loss.is, loss.at_least, loss.if_copy_intact) = (amount, is, least, intact);
            let json =
                serde_json::to_value(crate::domain::StatusDoc::new(now, [(&service, &assessment)])).unwrap();
            let most = &json["services"][0]["loss_at_most_s"];
            let told = most.as_u64().map_or_else(|| "U".to_owned(), |most| format!("{most}s"));
            assert!(intact || told == at_most, "{told}: the document says the same");
            let (_, line) = line(&[judge(&service, &assessment, None, None, now)], &Runs::default(), &resume);
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
            line(&[one], &Runs::default(), &resume).1
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
        let (state, critical) = line(&all(3600), &Runs::default(), &resume);
        assert_eq!(state, State::Critical);
        let counts = "LIFEBOAT CRITICAL - 1 critical, 1 unknown, 1 ok; orders-db: ";
        assert!(critical.starts_with(counts), "{critical}");
        assert!(critical.contains("; not read: east unreachable | "), "{critical}");
        let (state, unknown) = line(&all(60), &Runs::default(), &resume);
        assert_eq!(state, State::Unknown);
        assert!(unknown.starts_with("LIFEBOAT UNKNOWN - 2 unknown, 1 ok; orders-db: "), "{unknown}");
        assert!(
            unknown.contains("; loss <=5m if the copy is intact | "),
            "the bound that holds then: {unknown}"
        );
    }

    #[test]
    fn s3_past_runs_that_were_not_read_are_no_part_of_ok() {
        use crate::domain::assess;
        use crate::domain::sample::{now, orders};
        let service = orders();
        let known = assess(&service, now(), &UNKNOWN_AFTER.into());
        for (found, is_clients, told) in [
            (State::Ok, true, State::Unknown),
            (State::Warning, true, State::Unknown),
            (State::Critical, true, State::Critical),
            // A drill moves no clients: what it left is not known, and that is no part of ok either.
            (State::Ok, false, State::Warning),
            (State::Unknown, false, State::Unknown),
        ] {
            let one = Judged { state: found, ..judge(&service, &known, None, None, now()) };
            let [what, why] = ["3 runs not read, so it is not known", "inc-1 in time"].map(str::to_owned);
            let runs = Runs { unread: Some(Unread { what, why, is_clients }), ..Runs::default() };
            let (state, line) = line(&[one], &runs, &resume);
            assert_eq!(state, told, "{line}");
            assert!(line.starts_with(&format!("LIFEBOAT {} - ", told.word())), "{line}");
            assert!(line.contains("; 3 runs not read, so it is not known: inc-1 in time | "), "{line}");
        }
    }

    #[test]
    fn nothing_to_judge_is_unknown() {
        let (state, line) = line(&[], &Runs::default(), &resume);
        assert_eq!((state, line.as_str()), (State::Unknown, "LIFEBOAT UNKNOWN - no service to judge"));
    }
}
