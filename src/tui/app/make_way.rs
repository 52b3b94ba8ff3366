//! A drill in the way of an incident: there is one run of a service at a time, and an incident comes first (S30).
//! Its key asks for the end of the drill, by the typed name as any end is, and opens its own box once that is
//! written down.

use super::arming;
use super::asks;
use super::begin::{self, fork_source};
use super::effect::{Acting, Deed, Effect};
use super::form::{Ask, Form, Needs, Purpose};
use super::model::Model;
use super::overlay::Overlay;
use super::runs::{self, RunLine, Standing};
use crate::runbook::{Command, RunKind, RunState};

/// How far a drill is from making way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MakingWay {
    /// Its journal was asked for, to be read before its end is asked for.
    Reading(String),
    /// Its end was asked for.
    Ending(String),
}

/// Opens the box of an incident, or that of the drill in its way.
pub(super) fn incident(model: &mut Model) -> Vec<Effect> {
    let Some(drill) = in_the_way(model) else {
        begin::open(model, true);
        return Vec::new();
    };
    let source = model.subject().and_then(fork_source);
    if let Some(source) = source.filter(|source| model.hand(source).is_none()) {
        model.overlay = Some(arming::refused(model, source));
        return Vec::new();
    }
    if drill.standing == Standing::Elsewhere {
        model.overlay = Some(Overlay::text("not begun", driven_elsewhere(model, &drill)));
        return Vec::new();
    }
    if let Some(view) = model.runs.get(&drill.run) {
        model.overlay = Some(Overlay::Form(Box::new(form(&view.state))));
        return Vec::new();
    }
    model.making_way = Some(MakingWay::Reading(drill.run.clone()));
    vec![Effect::ShowRun(drill.run)]
}

fn in_the_way(model: &Model) -> Option<RunLine> {
    let service = &model.subject()?.id;
    runs::open_run(model, service).filter(|line| line.kind == RunKind::Drill)
}

fn driven_elsewhere(model: &Model, drill: &RunLine) -> Vec<String> {
    let who = model.runs.get(&drill.run).map(|view| format!(", last by {}", view.state.last_by.shown()));
    vec![
        format!(
            "{} has the open drill {}, which another process drives{}; there is one run at a time.",
            drill.service,
            drill.run,
            who.unwrap_or_default()
        ),
        "Leave it there (q or ctrl-c: it is left in order), then ask for the incident here once more."
            .to_owned(),
    ]
}

fn form(drill: &RunState) -> Form {
    let service = drill.opening.member.service.clone();
    let purpose = Purpose::MakeWay { drill: drill.id().to_owned() };
    let mut form = Form::new(purpose, format!("INCIDENT {service}: its drill ends first"))
        .field("because", "the reason, kept in the journal", "incident")
        .needs(asks::REASON)
        .field("type its name", format!("{service}, to end the drill"), "")
        .needs(Needs::Name(service));
    form.about = about(drill);
    // The reason is given: what is typed first is the name.
    form.focus = 1;
    form
}

/// What is read before a drill is ended.
pub(super) fn facts(model: &Model, drill: &RunState) -> Vec<String> {
    let one = format!("{} is open, and there is one run of a service at a time.", drill.id());
    let then = "The box of the incident opens once it is over.".to_owned();
    std::iter::once(one).chain(asks::facts(model, drill, Ask::Abort)).chain([then]).collect()
}

/// What its end is about.
pub(super) fn about(drill: &RunState) -> String {
    asks::about(drill, Ask::Abort)
}

/// Takes the typed name.
///
/// # Errors
/// Why it is not taken, for the form.
pub(super) fn submit(model: &mut Model, form: &Form, drill: &str) -> Result<Vec<Effect>, String> {
    let view = model.runs.get(drill).ok_or("the run is gone")?;
    if view.state.is_over() {
        begin::open(model, true);
        return Ok(Vec::new());
    }
    let hand = model.hand(&view.state.opening.member.source).ok_or("not armed")?;
    let command = Command::Abort { reason: form.value(0).to_owned(), typed: form.value(1).to_owned() };
    model.making_way = Some(MakingWay::Ending(drill.to_owned()));
    model.notice = Some(format!("ending {drill}"));
    Ok(vec![Effect::Act(Acting::new(hand, Deed::Command { run: drill.to_owned(), command }))])
}

/// Goes on once more is known of a drill that makes way.
pub(super) fn go_on(model: &mut Model, run: &str) {
    let Some(state) = model.runs.get(run).map(|view| view.state.clone()) else { return };
    match &model.making_way {
        Some(MakingWay::Reading(drill)) if drill == run => {}
        Some(MakingWay::Ending(drill)) if drill == run && state.is_over() => {}
        _ => return,
    }
    (model.making_way, model.notice) = (None, None);
    let service = &state.opening.member.service;
    // What is looked at meanwhile is not covered.
    if model.overlay.is_some()
        || model.filtering.is_on()
        || model.subject().is_none_or(|subject| subject.id != *service)
    {
        model.notice = Some(format!("{run} is read: ask for the incident of {service} once more"));
    } else if state.is_over() {
        begin::open(model, true);
    } else {
        model.overlay = Some(Overlay::Form(Box::new(form(&state))));
    }
}
