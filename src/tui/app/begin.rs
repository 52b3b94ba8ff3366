//! Beginning a drill or an incident: what is shown and asked before, and the wish that comes of it.

use super::arming;
use super::criteria;
use super::effect::{Acting, Deed, Effect, StartRun};
use super::form::{Form, Needs, Purpose, Wanted};
use super::instants;
use super::keys::naming;
use super::late;
use super::model::{Model, Screen};
use super::overlay::Overlay;
use super::runs::{self, Earlier};
use super::service;
use super::timeline::{self, Answer, Can, View, no_secondary, sentences};
use crate::domain::target::before_the_end;
use crate::domain::{
    Assessment, ClientsMoved, Heard, Life, Liveness, LossBasis, Service, Target, Timestamp, Word, WordIs,
    assess, words,
};
use crate::runbook::{Declaration, Outage};
use crate::tui::keymap::Action;

/// Opens the form of a drill or an incident, for the cursor's point on the timeline, else for the
/// newest. Without arming it says what arming needs.
pub(super) fn open(model: &mut Model, incident: bool) {
    match form(model, incident) {
        Ok(form) => model.overlay = Some(Overlay::Form(Box::new(form))),
        Err(overlay) => model.overlay = Some(*overlay),
    }
}

fn form(model: &Model, incident: bool) -> Result<Form, Box<Overlay>> {
    let not_begun = |why: String| Box::new(Overlay::text("not begun", vec![why]));
    let service = model.subject().ok_or_else(|| not_begun("no service is selected".to_owned()))?;
    if let Some(Earlier::Open { run, .. }) = runs::earlier(model, &service.id) {
        return Err(not_begun(format!("{} has the open run {run}; there is one at a time", service.id)));
    }
    let source = fork_source(service).ok_or_else(|| not_begun(no_secondary(service)))?;
    let there = model.board.assessment(&service.id).and_then(|known| known.secondary.as_ref());
    if let Some(there) = there.filter(|there| there.is_empty_now()) {
        let why = format!("nothing can be restored from {}: no backup that can be used is there", there.copy);
        return Err(not_begun(why));
    }
    if model.hand(source).is_none() {
        return Err(Box::new(arming::refused(model, source)));
    }
    let (answer, bad_moment) = asked(model, service);
    if let Some(answer) = answer.as_ref().filter(|_| !incident)
        && let Some(why) = why_not(answer)
    {
        let near = sentences::nearest(answer, model.now);
        let lines = vec![format!("{}: {why}", answer.instant()), format!("nearest: {near}")];
        return Err(Box::new(Overlay::text("not begun", lines)));
    }
    let target = answer.map_or(Target::Newest, |answer| answer.target);
    let wanted = Wanted { service: service.id.clone(), target, bad_moment };
    Ok(if incident { incident_form(model, service, wanted) } else { drill_form(wanted) })
}

/// Why a point cannot be restored, when that is known.
fn why_not(answer: &Answer) -> Option<&str> {
    match &answer.can {
        Can::Not(why) => Some(why),
        Can::Be(_) | Can::Unknown(_) => None,
    }
}

/// The cursor's answer on the timeline, with the bad moment; else that of the newest point there.
fn asked(model: &Model, service: &Service) -> (Option<Answer>, Option<Timestamp>) {
    match &model.timeline {
        Some(timeline) if model.screen == Screen::Service => (service::answer(model), timeline.bad),
        _ => (timeline::answer_to(&Target::Newest, None, &service::view(model, service)), None),
    }
}

/// The source that makes the fork: where the copy in the other region is read from.
pub(super) fn fork_source(service: &Service) -> Option<&str> {
    service.secondary.as_ref().map(|copy| copy.source.as_str())
}

/// What is read before agreeing, as of now (R21). Of an incident, with what its form says so far.
pub(super) fn facts(model: &Model, wanted: &Wanted, declared: Option<&Form>) -> Vec<String> {
    let incident = declared.is_some();
    let Some(service) = model.fleet.services.get(&wanted.service) else {
        return vec![format!("{} is not in the fleet any more", wanted.service)];
    };
    let bad_moment = wanted.bad_moment;
    let doubt = declared.and_then(|form| contradicted(model, service, form));
    let declared = declared.map(|form| as_declared(model, service, form));
    // The board was judged at the last tick: what is agreed to is as of now.
    let now = assess(service, model.now, &model.setup.stale_after);
    let view = View { known: Some(&now), ..service::view(model, service) };
    // What is counted to the declaration is counted to now, as the board does.
    let view = match &declared {
        Some((service, known)) if known.loss.basis.counted_to(known.loss.is) != Some(model.now) => {
            View { service, known: Some(known), ..view }
        }
        _ => view,
    };
    let answer = timeline::answer_to(&wanted.target, bad_moment, &view);
    let answer = answer.as_ref();
    let copy = service.secondary.as_ref();
    let region = copy.and_then(|copy| copy.region.as_deref()).unwrap_or("not known");
    let region = service.copy_region_silent().map_or_else(|| region.to_owned(), |silent| silent.text());
    // What may settle whether this is begun at all is read first, on the smallest screen, too.
    let first = if incident { lives(model, service) } else { real_loss(model, service) };
    let mut facts: Vec<String> = first.into_iter().collect();
    facts.extend([
        format!("copy      {}", copy.map_or("", |copy| copy.copy.as_str())),
        format!("region    {region}"),
    ]);
    if let Some(answer) = answer {
        let at = words::edge(&answer.instant(), answer.at_is);
        facts.push(match &answer.target {
            Target::At(_) => format!("point     {at}"),
            target => {
                let before = before_the_end(answer.before_end).map(|text| format!("; {text}"));
                format!("point     {at} ({target}{})", before.unwrap_or_default())
            }
        });
        facts.push(format!("          {}", sentences::can(answer, model.now).1));
        facts.push(format!("gives up  {}", sentences::gives_up(answer)));
        facts.extend(declared.as_ref().and_then(|(_, known)| counted_to(model, known)));
        facts.extend(doubt);
        facts.extend(answer.left_out.iter().map(|left_out| format!("          {left_out}")));
        facts.push(format!("takes     {}", sentences::takes(answer, Some(&now), &service.policy)));
        if bad_moment.is_some() {
            facts.push(format!("bad       {}", sentences::bad_moment(answer, bad_moment, None, model.now).1));
        }
    } else {
        facts.push("point     newest there; what that is, is not known".to_owned());
    }
    let (makes, untouched) = if incident {
        let moved = service.clients_moved.as_ref();
        let kept = moved.map_or_else(
            || "The old primary is".to_owned(),
            |moved| format!("{} and the old primary are", moved.fork),
        );
        (
            "1 service: the fork, kept until its clean-up is agreed to",
            format!("{kept} not touched. The point is shown again and confirmed before the fork."),
        )
    } else {
        (
            "1 service: the fork, closed to all but this host and removed at the end",
            "Production is not touched. The point is shown again and confirmed by name before the fork."
                .to_owned(),
        )
    };
    facts.extend(service.clients_moved.as_ref().map(|moved| format!("EARLIER   {}", moved.lacks())));
    facts.push(format!("makes     {makes}"));
    facts.push(format!("as of     {}", words::instant(model.now)));
    facts.extend([String::new(), untouched]);
    if incident {
        facts.push(String::new());
        facts.extend(criteria::lines(model));
    }
    facts
}

/// An incident of a service whose primary answers, or did when it was last seen.
fn lives(model: &Model, service: &Service) -> Option<String> {
    let Liveness::Answers { at } = service.alive() else { return None };
    let (age, answers) = (words::age_of(at, model.now), service.alive().answers(model.now));
    Some(match &service.clients_moved {
        Some(moved) if answers => format!(
            "primary   something ANSWERS ({age} ago): the old one, which clients left, or {}",
            moved.fork
        ),
        _ if answers => {
            format!(
                "primary   ANSWERS ({age} ago){}: is this service really lost?",
                was_silent(service, model.now)
            )
        }
        _ => format!("primary   answered {age} ago{}, not known since", was_silent(service, model.now)),
    })
}

/// The silence that its primary ended by an answer: an outage that is over may still be why somebody declares.
fn was_silent(service: &Service, now: Timestamp) -> String {
    service.was_silent.as_deref().map_or_else(String::new, |(from, to)| {
        format!(", silent from {} to {} (probe)", words::newest(*from, now), words::newest(*to, now))
    })
}

/// A drill of a service whose primary does not answer: it settles nothing of a real loss. What clients left is lost
/// to nobody.
fn real_loss(model: &Model, service: &Service) -> Option<String> {
    if service.clients_moved.is_some() {
        return None;
    }
    let since = words::newest(service.silent_since()?, model.now);
    let how = naming(model.key(Action::Incident), |key| format!(": esc, then {key}"));
    Some(format!(
        "SILENT    its primary does not answer since {since}. A drill is no incident; if this is a real loss, declare \
         one{how}"
    ))
}

/// The service as it is judged once what is typed is declared: each instant in the form moves its loss.
fn as_declared(model: &Model, service: &Service, form: &Form) -> (Service, Assessment) {
    let typed = |index| instants::if_any(form.value(index), model.now).ok().flatten();
    let by = form.value(0).to_owned();
    let stated = typed(4).map(|at| Word { at, by: by.clone(), is: WordIs::LossInstant });
    let declaration = Declaration { by, down_since: typed(3), ..Declaration::default() };
    let words = stated.into_iter().chain(declaration.down()).collect();
    let heard = Heard { run: String::new(), life: Life::default(), words, either_from: None, on_at: None };
    let declared = Service { heard: Some(Box::new(heard)), ..service.clone() };
    let known = assess(&declared, model.now, &model.setup.stale_after);
    (declared, known)
}

/// What speaks against the *down since* that is typed; of a fork that clients were moved to no sign of life does.
fn contradicted(model: &Model, service: &Service, form: &Form) -> Option<String> {
    let down_since = instants::if_any(form.value(3), model.now).ok().flatten();
    let said = Declaration { by: form.value(0).to_owned(), down_since, ..Declaration::default() };
    let why = said.contradicted(&service.life()).filter(|_| service.clients_moved.is_none());
    why.map(|why| format!("CHECK     {why}"))
}

/// To which instant its loss is counted.
fn counted_to(model: &Model, known: &Assessment) -> Option<String> {
    let (at, latest) = match known.loss.basis {
        LossBasis::Now => return Some("loss      counted to now: nothing says that it stopped".to_owned()),
        LossBasis::LossInstant { at, latest } => (at, latest),
        LossBasis::Moved { at } => (at, None),
    };
    let (shown, ground) = (|at| words::newest(at, model.now), known.loss.ground.as_ref()?.text());
    Some(match latest {
        Some(latest) => format!(
            "loss      counted to {} at the earliest ({ground}), {} at the latest",
            shown(at),
            shown(latest)
        ),
        None => format!("loss      counted to {}: {ground}", shown(at)),
    })
}

fn drill_form(wanted: Wanted) -> Form {
    let title = format!("DRILL {}", wanted.service);
    Form::new(Purpose::Drill(wanted), title)
}

fn incident_form(model: &Model, service: &Service, wanted: Wanted) -> Form {
    let moved = service.clients_moved.as_deref();
    let unsaid = unsaid(moved, Outage::seen(&service.life()).as_ref(), model.now);
    let name = wanted.service.clone();
    let form = Form::new(Purpose::Incident(wanted), format!("INCIDENT {name}"));
    declaration_fields(form, model, "what happened", unsaid)
        .field("type its name", format!("{name}, to declare"), "")
        .needs(Needs::Name(name))
}

/// What a declaration asks: who, what `happened`, by which criteria and, of the times, what an empty field stands for.
pub(super) fn declaration_fields(
    form: Form,
    model: &Model,
    happened: &str,
    (down, lost): (String, String),
) -> Form {
    let who = model.setup.who.split('@').next().unwrap_or_default();
    form.field("declared by", "who takes the decision", who)
        .needs(Needs::Words("say who declares"))
        .field("scenario", happened, "")
        .needs(Needs::Words("say what happened"))
        .field("criteria", criteria::hint(model), "")
        .needs(Needs::Criteria)
        .field("down since", down, "")
        .needs(Needs::StatedInstant)
        .field("loss instant", lost, "")
        .needs(Needs::StatedInstant)
        .field("detected", "only if known", "")
        .needs(Needs::StatedInstant)
}

/// What holds of since when it is down, and of its loss instant, where nobody says more: nothing is anybody's word before
/// it is typed, and the probe's silence counts by itself (S5, S26).
pub(super) fn unsaid(
    moved: Option<&ClientsMoved>,
    seen: Option<&Outage>,
    now: Timestamp,
) -> (String, String) {
    if let Some(ClientsMoved { fork, .. }) = moved {
        let down = format!("{fork}, which no probe sees; empty = not known");
        return (down, format!("of {fork}; empty = not known"));
    }
    let down = seen.map(|outage| format!("empty = by the probe, {}", outage.since(now)));
    (down.unwrap_or_else(|| "empty = RTO from the declaration".to_owned()), "only if known".to_owned())
}

/// Takes the answer of a form.
///
/// # Errors
/// Why it is not taken, for the form.
pub(super) fn submit(model: &mut Model, form: &Form) -> Result<Vec<Effect>, String> {
    let start = match &form.purpose {
        Purpose::Drill(wanted) => start(wanted, None),
        Purpose::Incident(wanted) => start(wanted, Some(declaration(model, form, &wanted.service)?)),
        Purpose::Journal { start, .. } => {
            StartRun { journal: Some(form.value(0).to_owned()), ..(**start).clone() }
        }
        Purpose::GoToTime
        | Purpose::CopyTo { .. }
        | Purpose::ChangeRegion(_)
        | Purpose::Dismiss { .. }
        | Purpose::MakeWay { .. }
        | Purpose::Run { .. } => return Ok(Vec::new()),
    };
    let service = model.fleet.services.get(&start.service).ok_or("the service is gone")?;
    let source = fork_source(service).ok_or("there is no copy to restore from")?;
    let hand = model.hand(source).ok_or("not armed")?;
    let answer = timeline::answer_to(&start.target, start.bad_moment, &service::view(model, service));
    if let Some(why) = answer.as_ref().filter(|_| start.declared.is_none()).and_then(why_not) {
        return Err(format!("not any more: {why}"));
    }
    model.awaiting = Some(start.service.clone());
    model.notice = Some(format!("beginning a run of {}", start.service));
    Ok(vec![Effect::Act(Acting::new(hand, Deed::Start(start)))])
}

fn start(wanted: &Wanted, declared: Option<Declaration>) -> StartRun {
    StartRun {
        service: wanted.service.clone(),
        target: wanted.target.clone(),
        bad_moment: wanted.bad_moment,
        declared,
        journal: None,
    }
}

/// Nothing blocks an incident: asks for another folder, or for the typed words (S25).
pub(super) fn ask_for_journal(model: &mut Model, start: Box<StartRun>, why: String) {
    model.awaiting = None;
    let title = format!("INCIDENT {}: where to write its journal", start.service);
    let told = title.clone();
    let form = Form::new(Purpose::Journal { start, why }, title).field(
        "journal",
        "another folder (/path), or type WITHOUT JOURNAL",
        "",
    );
    let form = form.needs(Needs::Words("write a folder, or WITHOUT JOURNAL"));
    late::show(model, Overlay::Form(Box::new(form)), told);
}

/// What it means to have no journal.
pub(super) fn journal_facts(why: &str) -> Vec<String> {
    vec![
        format!("No journal can be kept: {why}"),
        String::new(),
        "WITHOUT JOURNAL a run cannot be taken up again: its events go to a second file only, and to this \
         terminal when the dashboard is left."
            .to_owned(),
    ]
}

/// What a form says whose fields were each found to be what they have to be.
fn declaration(model: &Model, form: &Form, service: &str) -> Result<Declaration, String> {
    let declaration = Declaration {
        by: form.value(0).to_owned(),
        scenario: Some(form.value(1).to_owned()),
        criteria: criteria::read(model, form.value(2))?,
        down_since: instants::if_any(form.value(3), model.now)?,
        detected: instants::if_any(form.value(5), model.now)?,
        loss_instant: instants::if_any(form.value(4), model.now)?,
    };
    check(model, &declaration, service)?;
    Ok(declaration)
}

/// Whether its instants can be true of a service, by what the board knows.
///
/// # Errors
/// Which one cannot, and why.
pub(super) fn check(model: &Model, said: &Declaration, service: &str) -> Result<(), String> {
    let service = model.fleet.services.get(service);
    let moved = service.and_then(|service| service.clients_moved.as_deref());
    let life = service.map(Service::life).unwrap_or_default();
    said.check(&life, moved, model.now).map_err(|refused| refused.to_string())
}
