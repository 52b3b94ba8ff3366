//! Beginning a drill or an incident: what is shown and asked before, and the wish that comes of it.

use super::effect::{Acting, Deed, Effect, StartRun};
use super::form::{Form, Purpose, Wanted};
use super::instants;
use super::model::{Model, Screen};
use super::overlay::Overlay;
use super::service;
use super::texts;
use crate::domain::{Liveness, Service, Target, target, words};
use crate::runbook::Declaration;

/// Opens the form of a drill or an incident, for the cursor's point on the timeline, else for the
/// newest. Without arming it says what arming needs.
pub(super) fn open(model: &mut Model, incident: bool) {
    let Some(service) = model.subject() else { return };
    let (target, bad_moment) = match (&model.screen, &model.timeline) {
        (Screen::Service, Some(timeline)) => {
            (service::answer(model).map_or(Target::Newest, |answer| answer.target), timeline.bad)
        }
        _ => (Target::Newest, None),
    };
    if let Some(run) = model.open_run_of(&service.id) {
        let text = format!("{} has the open run {run}; there is one at a time", service.id);
        model.overlay = Some(Overlay::text("not begun", vec![text]));
        return;
    }
    let Some(source) = fork_source(service) else {
        let why = format!("{} has no copy in another region to restore from", service.id);
        model.overlay = Some(Overlay::text("not begun", vec![why]));
        return;
    };
    if model.hand(source).is_none() {
        model.overlay = Some(Overlay::text("not armed", texts::arming(model)));
        return;
    }
    let wanted = Wanted { service: service.id.clone(), target, bad_moment };
    let facts = facts(model, service, &wanted, incident);
    let form =
        if incident { incident_form(model, service, wanted, facts) } else { drill_form(wanted, facts) };
    model.overlay = Some(Overlay::Form(Box::new(form)));
}

/// The source that makes the fork: where the copy in the other region is read from.
pub(super) fn fork_source(service: &Service) -> Option<&str> {
    service.secondary.as_ref().map(|copy| copy.source.as_str())
}

fn facts(model: &Model, service: &Service, wanted: &Wanted, incident: bool) -> Vec<String> {
    let known = model.board.assessment(&service.id);
    let copy = service.secondary.as_ref();
    let region = copy.and_then(|copy| copy.region.as_deref()).unwrap_or("region not known");
    let reach =
        copy.and_then(|copy| copy.last_good.as_ref()).map(|reading| target::check(reading, &wanted.target));
    let point = match &reach {
        Some(Ok(reach)) => format!("{} ({})", words::instant(reach.at), wanted.target),
        Some(Err(refused)) => format!("{}: {refused}", wanted.target),
        None => format!("{}; the copy was never read", wanted.target),
    };
    let mut facts = vec![
        format!("copy     {}", copy.map_or("", |copy| copy.copy.as_str())),
        format!("region   {region}"),
        format!("point    {point}"),
    ];
    if let Some(Ok(reach)) = reach {
        let age = (model.now - reach.at).to_std().unwrap_or_default();
        facts.push(format!("loss     {} if the primary stopped now", words::to_the_second(age)));
    }
    if let Some(takes) = known.and_then(|known| known.restore.as_ref()) {
        facts.push(format!("takes    {} ({})", words::restore(takes), takes.basis));
    }
    facts.push(String::new());
    facts.push(if incident {
        "A fork is made there; the old primary is not touched. The point is shown again and confirmed before."
            .to_owned()
    } else {
        "Production is not touched; the fork is closed to all but this host and removed at the end."
            .to_owned()
    });
    facts
}

fn drill_form(wanted: Wanted, facts: Vec<String>) -> Form {
    let title = format!("DRILL {}", wanted.service);
    Form::new(Purpose::Drill(wanted), title, facts)
}

fn incident_form(model: &Model, service: &Service, wanted: Wanted, facts: Vec<String>) -> Form {
    let silent = match service.liveness {
        Liveness::Silent { since, .. } => words::instant(since),
        Liveness::Answers { .. } | Liveness::NotProbed => String::new(),
    };
    let who = model.setup.who.split('@').next().unwrap_or_default();
    let name = wanted.service.clone();
    Form::new(Purpose::Incident(wanted), format!("INCIDENT {name}"), facts)
        .field("declared by", "who takes the decision", who)
        .field("scenario", "what happened", "")
        .field("criteria", "ids that are met, with commas", "")
        .field("down since", "empty = by the probe, else now", silent)
        .field("type its name", format!("{name}, to declare"), "")
}

/// Takes the answer of a form.
///
/// # Errors
/// Why it is not taken, for the form.
pub(super) fn submit(model: &mut Model, form: &Form) -> Result<Vec<Effect>, String> {
    let (wanted, declared) = match &form.purpose {
        Purpose::Drill(wanted) => (wanted, None),
        Purpose::Incident(wanted) => (wanted, Some(declaration(model, form, &wanted.service)?)),
        Purpose::GoToTime | Purpose::Run { .. } => return Ok(Vec::new()),
    };
    let service = model.fleet.services.get(&wanted.service).ok_or("the service is gone")?;
    let source = fork_source(service).ok_or("there is no copy to restore from")?;
    let hand = model.hand(source).ok_or("not armed")?;
    let start = StartRun {
        service: wanted.service.clone(),
        target: wanted.target.clone(),
        bad_moment: wanted.bad_moment,
        declared,
    };
    model.awaiting = Some(start.service.clone());
    model.notice = Some(format!("beginning a run of {}", start.service));
    Ok(vec![Effect::Act(Acting::new(hand, Deed::Start(start)))])
}

fn declaration(model: &Model, form: &Form, service: &str) -> Result<Declaration, String> {
    if form.value(0).is_empty() {
        return Err("say who declares".to_owned());
    }
    if form.value(1).is_empty() {
        return Err("say what happened".to_owned());
    }
    let criteria: Vec<String> =
        form.value(2).split(',').map(|id| id.trim().to_owned()).filter(|id| !id.is_empty()).collect();
    if criteria.is_empty() {
        return Err("name the criteria that are met".to_owned());
    }
    let down_since = match form.value(3) {
        "" => None,
        text => Some(instants::stated(text, model.now)?),
    };
    if form.value(4) != service {
        return Err(format!("type {service} to declare"));
    }
    Ok(Declaration {
        by: form.value(0).to_owned(),
        scenario: Some(form.value(1).to_owned()),
        criteria,
        down_since,
        detected: None,
    })
}
