//! `--dry-run`: what a run would find and the exact calls it would make. Makes none, needs no arming (R31).

use serde_json::json;

use crate::domain::words;
use crate::provider::{ReadinessItem, ReadinessState};
use crate::runbook::Opening;
use crate::runtime::driver;
use crate::runtime::launch;
use crate::runtime::sources::Sources;

use super::args::OutputForm;
use super::table::{hanging, terminal_width};
use super::{Exit, Out, event_line};

pub(super) async fn run(
    sources: &Sources,
    opening: &Opening,
    no_journal: Option<String>,
    form: Option<OutputForm>,
    out: &mut Out,
) -> Exit {
    let world = match launch::reading_world(sources, &opening.member.source) {
        Ok(world) => world,
        Err(error) => return failed(&error.to_string(), out),
    };
    let mut found = match driver::dry_run(&world, opening).await {
        Ok(found) => found,
        Err(why) => {
            out.error(&why, &last_known(opening).iter().map(String::as_str).collect::<Vec<_>>());
            return Exit::Failed;
        }
    };
    if let Some(why) = no_journal {
        say_no_journal(&mut found.readiness, &why);
    }
    if form == Some(OutputForm::Json) {
        let (point, calls, refused) = match &found.point {
            Ok((point, calls)) => (Some(point), calls.as_slice(), None),
            Err(refused) => (None, [].as_slice(), Some(refused)),
        };
        let doc = json!({
            "kind": opening.kind, "service": opening.member.service, "fork": found.fork,
            "readiness": found.readiness, "point": point, "calls": calls, "refused": refused,
            "unread": found.unread,
        });
        out.line(&format!("{doc:#}"));
    } else {
        out.line(&text(opening, &found, terminal_width()));
    }
    match (&found.point, &found.unread) {
        (Ok(_), None) => Exit::Done,
        (Ok(_), Some(_)) => Exit::Unsure,
        (Err(_), _) => Exit::Failed,
    }
}

/// What is known of a copy that cannot be read and whose point nothing but the copy proves (S11).
fn last_known(opening: &Opening) -> Option<String> {
    let (before, now) = (&opening.before, opening.before.as_of);
    let there = before.assessment.secondary.as_ref()?;
    let (newest, as_of) = (words::newest_of_in_full(there)?, there.as_of?);
    let oldest = words::oldest_of_in_full(there).map(|at| format!(", oldest {at}")).unwrap_or_default();
    Some(format!(
        "last known there, as of {} ({} ago): newest {newest}{oldest}; a run reads its point \
         from the copy itself",
        words::instant(as_of),
        words::age_of(as_of, now)
    ))
}

/// Readiness follows from event 1, which could not be kept: a run would not even begin (S25).
fn say_no_journal(readiness: &mut [ReadinessItem], why: &str) {
    for item in readiness.iter_mut().filter(|item| item.check == "journal") {
        item.state = ReadinessState::Fail;
        item.text = format!("no journal could be kept: {why}");
    }
}

fn failed(why: &str, out: &mut Out) -> Exit {
    out.error(why, &[]);
    Exit::Failed
}

fn text(opening: &Opening, found: &driver::DryRun, width: Option<usize>) -> String {
    let member = &opening.member;
    let region = member.region.as_deref().unwrap_or("its region");
    let mut lines = vec![
        format!("DRY RUN of {} {}: nothing is changed", opening.kind.as_str(), member.service),
        hanging("fork   ", &format!("{} in {region}, from {}", found.fork, member.copy), width),
    ];
    for item in &found.readiness {
        let state = item.state.as_str().replace('_', " ");
        lines.push(hanging("ready  ", &format!("{state}: {} ({})", item.text, item.check), width));
    }
    match &found.point {
        Ok((point, calls)) => {
            let note = point.note.as_deref().map(|note| format!(" ({note})")).unwrap_or_default();
            lines.push(hanging("point  ", &format!("{}{note}", point.words()), width));
            if let (Some(why), Some(as_of)) = (&found.unread, point.last_known) {
                let age = words::age_of(as_of, opening.before.as_of);
                lines.push(hanging("unread ", &format!("{why}; what is known is {age} old"), width));
            }
            for call in calls {
                let mark = if call.mutating { "CHANGES" } else { "reads" };
                let label = if call.alternative { "or     " } else { "call   " };
                lines.push(hanging(label, &format!("{} [{mark}]", call.what), width));
                lines.extend(call.command.lines().map(|line| format!("         {line}")));
            }
        }
        Err(refused) => lines.push(hanging("point  ", &event_line::refused_words(refused), width)),
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s25_a_dry_run_never_calls_a_journal_durable_that_could_not_be_kept() {
        let item = |check: &str| ReadinessItem {
            check: check.to_owned(),
            state: ReadinessState::Pass,
            text: "the journal is durable".to_owned(),
            host: None,
        };
        let mut readiness = [item("probe"), item("journal")];
        say_no_journal(&mut readiness, "its folder is read-only");
        assert_eq!(readiness[0], item("probe"));
        assert_eq!(readiness[1].state, ReadinessState::Fail);
        assert_eq!(readiness[1].text, "no journal could be kept: its folder is read-only");
    }
}
