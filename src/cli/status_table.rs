//! `status` for people: a row for each service, its findings below.

use std::collections::BTreeMap;

use super::next::NextOf;
use super::table::Table;
use crate::domain::order::worst_first;
use crate::domain::words::{self, UNKNOWN};
use crate::domain::{
    Assessment, CopyFacts, CopyState, Finding, LossBasis, LossIs, OpenRun, Outcome, Role, Rule, Service,
    SourceReport, Timestamp, Verdict, open_run,
};

/// What went wrong with each source that brought nothing, as it was told above the table.
#[derive(Debug, Default)]
pub(crate) struct Told<'a>(BTreeMap<&'a str, &'a str>);

impl<'a> Told<'a> {
    pub(crate) fn new(reports: &'a [SourceReport]) -> Self {
        let silent = reports.iter().filter(|report| !report.outcome.has_facts());
        let why = silent.filter_map(|report| Some((report.source.as_str(), report.error.as_deref()?)));
        Self(why.collect())
    }

    /// The error of a copy, when it is that of its whole source.
    fn of(&self, copy: &CopyState) -> Option<&'a str> {
        let error = self.0.get(copy.source.as_str()).copied()?;
        (copy.attempt.error.as_deref() == Some(error)).then_some(error)
    }
}

/// Name of the column, and how early it gives way in a narrow terminal (proven first, restore last).
const COLUMNS: [(&str, u8); 10] = [
    ("SERVICE", 0),
    ("T", 3),
    ("STATE", 0),
    ("LOSE/RPO", 0),
    ("RATIO", 7),
    ("NEWEST THERE", 1),
    ("OLDEST THERE", 6),
    ("RESTORE/RTO", 5),
    ("ENGINE", 8),
    ("PROVEN", 9),
];

/// The table, worst service first (S16). `next` gives the command for an open run or change; `told` says what went wrong with sources as a whole: that
/// was said once and is not said again below every service.
pub(crate) fn draw(
    services: &[(&Service, &Assessment)],
    told: &Told<'_>,
    next: &NextOf<'_>,
    now: Timestamp,
    width: Option<usize>,
) -> String {
    let mut table = Table::new(&COLUMNS);
    let mut ordered: Vec<_> = services.to_vec();
    ordered.sort_by(|one, other| worst_first(*one, *other));
    for (service, assessment) in &ordered {
        let mut lines = below(service, assessment, told, now);
        lines.extend(service.open_runs.iter().flatten().flat_map(|run| {
            let next = (next.of_run)(&service.id, run);
            of_run(run, &next, now)
        }));
        let is_left = assessment.findings.iter().any(|finding| finding.rule == Rule::RegionChangeLeft);
        let left = service.open_change.as_ref().filter(|_| is_left);
        lines.extend(left.map(|change| format!("    next: {}", (next.of_change)(change))));
        lines.extend(open_run::restoring_less(service, assessment, now).map(|text| format!("    {text}")));
        table.row(cells(service, assessment, now), lines);
    }
    for text in without_tier(&ordered) {
        table.foot(text);
    }
    table.foot(format!("as of {}", words::instant(now)));
    table.draw(width)
}

/// What would stand below each of them in the same words: which have no tier, or one that the config lacks.
fn without_tier(services: &[(&Service, &Assessment)]) -> Vec<String> {
    const NAMED: usize = 8;
    let mut alike: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (service, known) in services {
        let finding = known.findings.iter().find(|finding| finding.rule == Rule::NoTier);
        let Some(finding) = finding else { continue };
        let text = match service.policy.tier {
            Some(_) => finding.text.as_str(),
            None => "no tier, so no RPO to judge by; give each one in the config or by its tag",
        };
        alike.entry(text).or_default().push(service.id.as_str());
    }
    let said = alike.into_iter().map(|(text, ids)| {
        let more = ids.len().saturating_sub(NAMED);
        let named = ids.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("! {text}: {named}{more}")
    });
    said.collect()
}

fn cells(service: &Service, assessment: &Assessment, now: Timestamp) -> Vec<String> {
    let policy = &service.policy;
    let there = assessment.secondary.as_ref();
    let none = if assessment.has_nothing_there() { "-" } else { UNKNOWN };
    let instant = |written: Option<String>| {
        written.map_or_else(|| none.to_owned(), |at| format!("{at}{}", unread_mark(there)))
    };
    let objective =
        |amount: Option<std::time::Duration>| amount.map_or_else(|| "-".to_owned(), words::objective);
    let ratio = words::ratio_of(assessment, policy.rpo);
    let judged = |cell: String| if assessment.is_exempt() { words::NOT_JUDGED.to_owned() } else { cell };
    vec![
        service.id.clone(),
        policy.tier.map_or_else(|| "-".to_owned(), |tier| tier.to_string()),
        words::state(service, assessment).to_owned(),
        judged(format!("{}/{}", words::loss_minutes(assessment), objective(policy.rpo))),
        judged(ratio.unwrap_or_else(|| "-".to_owned())),
        judged(instant(there.and_then(|copy| words::newest_of(copy, now)))),
        judged(instant(there.and_then(|copy| words::oldest_of(copy, now)))),
        judged(format!("{}/{}", words::restore_of(assessment), objective(policy.rto))),
        service.facts.as_ref().map_or_else(|| UNKNOWN.to_owned(), |facts| facts.engine.as_str().to_owned()),
        judged(service.last_proven.map_or_else(|| "never".to_owned(), |at| words::age_of(at, now))),
    ]
}

/// What was last known of a copy that does not answer now is marked.
fn unread_mark(copy: Option<&CopyFacts>) -> &'static str {
    match copy {
        Some(copy) if copy.stale || !copy.attempt.outcome.has_facts() => "?",
        _ => "",
    }
}

fn below(service: &Service, assessment: &Assessment, told: &Told<'_>, now: Timestamp) -> Vec<String> {
    let known_of = |role: Role| told.of(service.copy(role)?);
    let both_told = service.primary.as_ref().map(|copy| &copy.source)
        == service.secondary.as_ref().map(|copy| &copy.source)
        && known_of(Role::Secondary).is_some();
    let mut lines: Vec<String> = assessment
        .findings
        .iter()
        .filter(|finding| !(both_told && finding.rule == Rule::PrimaryUnreadable))
        // Said once, below them all.
        .filter(|finding| finding.rule != Rule::NoTier)
        .map(|finding| line(finding, finding.copy.and_then(known_of)))
        .collect();
    lines.extend(words::trailing(assessment, now).map(|behind| format!("  copy there: {behind}")));
    lines.extend(service.notes().map(|(role, note)| format!("  {} copy: {note}", role_word(role))));
    lines.extend(counted_to(assessment));
    let left_out = service.clients_moved.as_ref().and_then(|moved| moved.left_out_of(assessment));
    lines.extend(left_out.map(|left_out| format!("  {left_out}")));
    for (role, copy) in [(Role::Primary, &assessment.primary), (Role::Secondary, &assessment.secondary)] {
        if known_of(role).is_none() && !assessment.findings.iter().any(|finding| tells_why(finding, role)) {
            lines.extend(copy.as_ref().and_then(|copy| trouble(role, copy, now)));
        }
    }
    lines
}

/// To when the loss is counted, and on what the beginning of that rests.
fn counted_to(assessment: &Assessment) -> Option<String> {
    let loss = &assessment.loss;
    if let (LossBasis::Moved { at }, Some(ground)) = (loss.basis, &loss.ground) {
        return Some(format!("  loss counted to {}: {}", words::instant(at), ground.text()));
    }
    let counted = words::counted_to(loss.basis, loss.is)?;
    let ground = loss.ground.as_ref().map(|ground| match loss.basis {
        LossBasis::LossInstant { at, latest: Some(_) } if loss.is != LossIs::AtLeast => {
            format!(" ({}: {})", ground.text(), words::instant(at))
        }
        _ => format!(" ({})", ground.text()),
    });
    Some(format!("  loss counted to {counted}{}, not growing", ground.unwrap_or_default()))
}

/// A run that is not over: one that somebody drives is told here, one that nobody drives is a finding;
/// `next` is the command that goes on with it.
fn of_run(run: &OpenRun, next: &str, now: Timestamp) -> Vec<String> {
    let mut lines = Vec::new();
    if !run.is_left() {
        let step = run.step.as_ref().map(|step| format!(" at {step}")).unwrap_or_default();
        let waits = if run.needs_person { ", waits for a person" } else { "" };
        let opened = words::newest(run.opened_at, now);
        let to =
            run.restores_to.map(|at| format!(", restores {}", words::newest(at, now))).unwrap_or_default();
        lines.push(format!("  {} of {opened} is under way{step}{to}{waits}", run.run));
    }
    lines.push(format!("    next: {next}"));
    lines
}

fn line(finding: &Finding, told: Option<&str>) -> String {
    let mark = match finding.level {
        Verdict::Critical => "x",
        Verdict::Warning => "!",
        Verdict::Unknown => "?",
        Verdict::Ok | Verdict::Exempt => "o",
    };
    let text = told.map(|error| finding.text.replacen(&format!("; error: {error}"), "", 1));
    format!("  {mark} {}", text.as_ref().unwrap_or(&finding.text))
}

/// Whether a finding already says why a copy could not be read.
fn tells_why(finding: &Finding, role: Role) -> bool {
    let unread = [Rule::PrimaryUnreadable, Rule::SecondaryUnreadable, Rule::SecondaryStale, Rule::Permission];
    finding.copy == Some(role) && unread.contains(&finding.rule)
}

const fn role_word(role: Role) -> &'static str {
    match role {
        Role::Primary => "primary",
        Role::Secondary => "secondary",
    }
}

fn trouble(role: Role, copy: &CopyFacts, now: Timestamp) -> Option<String> {
    if matches!(copy.attempt.outcome, Outcome::Ok) {
        return None;
    }
    let role = role_word(role);
    let age = copy.as_of.map_or_else(
        || "nothing known".to_owned(),
        |at| format!("last known {} ago", words::age_of(at, now)),
    );
    let error = copy.attempt.error.as_deref().unwrap_or("no reason given");
    Some(format!("  {role} {}: {} ({error}); {age}", copy.copy, copy.attempt.outcome.as_str()))
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::again::Again;
    use crate::cli::{Cli, next};
    use crate::domain::sample::{STALE, at, now, open_change, orders};
    use crate::domain::{Liveness, OpenChange, assess};

    #[test]
    fn s30_a_change_of_region_that_was_left_is_told_with_the_command_that_follows_it() {
        let change = open_change();
        let cli = Cli::try_parse_from(["lifeboat", "--config", "/c.toml", "--state-dir", "/s", "status"]);
        let again = Again::of(&cli.unwrap().global);
        let next =
            NextOf { of_run: &|_, _| String::new(), of_change: &|change| next::of_change(&again, change) };
        let whole = "    next: lifeboat --arm --config /c.toml --state-dir /s region orders-db --follow\n";
        for (is_followed, times) in [(false, 1), (true, 0)] {
            let change = OpenChange { is_followed, ..change.clone() };
            let service = Service { open_change: Some(Box::new(change)), ..orders() };
            let known = assess(&service, now(), &STALE);
            let table = draw(&[(&service, &known)], &Told::default(), &next, now(), None);
            assert_eq!(table.matches(whole).count(), times, "{table}");
        }
    }

    #[test]
    fn s5_a_loss_names_the_end_of_the_range_that_it_is_counted_to() {
        let silent = |alive| Liveness::silent(at("2026-11-20T12:04:20Z"), Some(at(alive)));
        let mut service = orders();
        // Nothing was written after the newest that is restorable there.
        service.primary = None;
        for (alive, wanted) in [
            (
                "2026-11-20T12:00:19Z",
                "  loss counted to 2026-11-20 12:04:20Z, the latest it can be (the last answer to a probe: 2026-11-20 \
                 12:00:19Z), not growing",
            ),
            (
                "2026-11-20T12:04:10Z",
                "  loss counted to 2026-11-20 12:04:20Z, the latest it can be (the last answer to a probe: 2026-11-20 \
                 12:04:10Z), not growing",
            ),
        ] {
            service.liveness = silent(alive);
            let known = assess(&service, now(), &STALE);
            assert_eq!(counted_to(&known).as_deref(), Some(wanted), "{:?}", known.loss);
        }
    }
}
