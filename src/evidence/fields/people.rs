//! EV07, EV08, EV13, EV19, EV22: who, what they agreed to, and what they wrote down.

use std::collections::BTreeSet;

use super::super::{Content, Table};
use super::BY_HAND;
use crate::domain::words;
use crate::runbook::{Author, Event, Record, RunState, Sending, criteria};

pub(super) fn people(_: &RunState, records: &[Record]) -> Content {
    let mut people: BTreeSet<String> = records.iter().map(|record| identity(&record.author)).collect();
    people.extend(records.iter().filter_map(named));
    Content::lines_or(people.into_iter().collect(), "nobody is recorded")
}

/// Who is quoted by another: known by that alone.
fn named(record: &Record) -> Option<String> {
    let (by, did) = match &record.event {
        Event::Declared(declaration) => (&declaration.by, "declared"),
        Event::LossInstantStated { by, .. } => (by, "stated the loss instant"),
        Event::OwnersWord { by, .. } => (by, "gave the word of the owner"),
        _ => return None,
    };
    let author = &record.author;
    let is_author = [&author.shown(), &author.os_user].contains(&by) || author.name.as_ref() == Some(by);
    (!is_author)
        .then(|| format!("{by}: {did}, as {} put down; no account of theirs was seen", author.shown()))
}

fn identity(author: &Author) -> String {
    let origin = |what: &str, value: &Option<String>| {
        value.as_ref().map_or_else(String::new, |value| format!(", {what} {value}"))
    };
    format!(
        "{}: account {} on {}{}{}",
        author.shown(),
        author.os_user,
        author.host,
        origin("sudo from", &author.sudo_from),
        origin("ssh from", &author.ssh_from)
    )
}

pub(super) fn declaration(state: &RunState, _: &[Record]) -> Content {
    let Some((at, declaration)) = &state.declaration else {
        return Content::gap("nothing was declared");
    };
    let mut lines = vec![format!("declared {} by {}", words::instant(*at), declaration.by)];
    if !state.is_drill() {
        lines.extend(criteria::told(&declaration.criteria, &state.opening.criteria));
    }
    let down = state
        .left_for()
        .map_or_else(|| "service down since".to_owned(), |moved| format!("{} down since", moved.fork));
    for (what, instant) in [(down.as_str(), declaration.down_since), ("detected", declaration.detected)] {
        lines.extend(instant.map(|instant| format!("{what}: {}", words::instant(instant))));
    }
    if let Some((at, by)) = &state.loss_stated {
        lines.push(format!("loss instant: {}, stated by {by}", words::instant(*at)));
    }
    Content::lines_or(lines, "")
}

pub(super) fn approvals(_: &RunState, records: &[Record]) -> Content {
    let rows = records.iter().filter_map(|record| {
        let (what, how) = approval(&record.event)?;
        Some(vec![words::instant(record.at), record.author.shown(), what, how])
    });
    Content::table_or(vec!["when", "who", "what", "how"], rows.collect(), "nothing was confirmed")
}

fn approval(event: &Event) -> Option<(String, String)> {
    let typed = |typed: &Option<String>| {
        typed.as_ref().map_or_else(|| "--yes".to_owned(), |text| format!("typed `{text}`"))
    };
    Some(match event {
        Event::Declared(declaration) => ("declaration".to_owned(), declaration.by.clone()),
        Event::PointConfirmed { typed: text, .. } => ("point".to_owned(), typed(text)),
        Event::CleanUpConfirmed { typed: text, forks } => {
            (format!("removal of {}", forks.join(", ")), typed(text))
        }
        Event::LossInstantStated { at, by } => {
            ("loss instant".to_owned(), format!("{} stated by {by}", words::instant(*at)))
        }
        Event::NameMoved { since } => {
            ("address moved".to_owned(), format!("leads to the fork since {}", words::instant(*since)))
        }
        Event::Fenced { how } => ("fence".to_owned(), how.clone()),
        Event::FenceOverridden { reason } => ("fence overridden".to_owned(), reason.clone()),
        Event::CutOverConfirmed { text } => ("cut over".to_owned(), text.clone()),
        Event::ClientsLeft { text } => ("clients left the fork".to_owned(), text.clone()),
        Event::OwnersWord { by, text, accepted } => {
            let word = if *accepted { "accepted" } else { "NOT accepted" };
            (format!("data {word} by {by}"), said(*accepted, text))
        }
        Event::SkewAccepted { reason } => ("a clock that is off".to_owned(), reason.clone()),
        Event::ForkIntended { request, why: Sending::WasAbsent } => {
            (format!("{} asked for once more", request.name), "retry-absent".to_owned())
        }
        Event::Aborted { reason } => ("end of the run".to_owned(), reason.clone()),
        _ => return None,
    })
}

pub(super) fn owners_word(state: &RunState, _: &[Record]) -> Content {
    match &state.owners_word {
        None => Content::gap("the owner was not asked or did not answer"),
        Some((by, accepted, text)) => {
            let word = if *accepted { "accepted" } else { "not accepted" };
            Content::lines_or(vec![format!("{word} by {by}: {}", said(*accepted, text))], "")
        }
    }
}

/// What people wrote down, as they did: whom they told is in it only where they wrote so.
pub(super) fn notes(_: &RunState, records: &[Record]) -> Content {
    let rows: Vec<_> = records
        .iter()
        .filter_map(|record| match &record.event {
            Event::Noted { text } => {
                Some(vec![words::instant(record.at), record.author.shown(), text.clone()])
            }
            _ => None,
        })
        .collect();
    if rows.is_empty() {
        return Content::gap(BY_HAND);
    }
    let lines = vec!["only what was noted in the run; add the rest by hand".to_owned()];
    Content::Present { lines, table: Some(Table { header: vec!["when", "who", "note"], rows }) }
}

/// What an owner said; who only agreed said yes.
fn said(accepted: bool, text: &str) -> String {
    match text {
        "" if accepted => "yes".to_owned(),
        "" => "no".to_owned(),
        text => text.to_owned(),
    }
}
