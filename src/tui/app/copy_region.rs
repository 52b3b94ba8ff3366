//! Changing where a provider copies a service's backups to, in two steps: the region is named and its
//! rules are checked; then rules and exact calls are read, and the name is typed.

use super::arming;
use super::effect::{Acting, Deed, Effect, SetRegion};
use super::form::{Form, Purpose};
use super::model::Model;
use super::overlay::Overlay;
use super::runs::Standing;
use crate::domain::fleet::remote_of;
use crate::domain::fork::{CallPreview, CopiedTo};
use crate::domain::{
    OpenChange, ReadinessItem, ReadinessState, RegionChange, RegionLife, RegionRules, Role, Service,
    ServiceId, open_change, words,
};
use crate::runbook::RunState;

/// A change whose rules were checked.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckedChange {
    /// The service.
    pub service: ServiceId,
    /// The change.
    pub change: RegionChange,
    /// Its rules.
    pub rules: RegionRules,
    /// The exact calls it makes.
    pub calls: Vec<CallPreview>,
    /// What was changed of it from this host before, a line each.
    pub before: Vec<String>,
}

/// A change that is under way, as the journal tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnderWay {
    /// The change: of a service, or of the fork that has become one.
    pub open: OpenChange,
    /// Who follows it.
    pub followed: Standing,
    /// Its facts, a line each.
    pub lines: Vec<String>,
}

/// What is typed to copy backups nowhere.
const OFF: &str = "off";

/// Asks where backups are to be copied to. Without arming it says what arming needs.
pub(super) fn open(model: &mut Model) {
    let name = model.subject().map(|service| service.id.clone());
    let asked = name.ok_or_else(|| Box::new(not_changed("no service is selected".to_owned())));
    show(model, asked, "", Vec::new());
}

/// The same for a fork that clients use: it is a service by now, and copied nowhere until that is set (R35).
pub(super) fn open_for_fork(model: &mut Model, fork: &str) {
    show(model, Ok(fork.to_owned()), "", Vec::new());
}

type NotAsked = Box<Overlay>;

/// Asks where to, with what was typed before and what came of checking it.
fn show(model: &mut Model, name: Result<ServiceId, NotAsked>, typed: &str, checked: Vec<String>) {
    model.overlay = Some(match name.and_then(|name| form(model, &name, typed, checked)) {
        Ok(form) => Overlay::Form(Box::new(form)),
        Err(why_not) => *why_not,
    });
}

fn not_changed(why: String) -> Overlay {
    Overlay::text("not changed", vec![why])
}

fn form(model: &Model, name: &str, typed: &str, checked: Vec<String>) -> Result<Form, NotAsked> {
    let place = place(model, name)
        .ok_or_else(|| Box::new(not_changed(format!("{name} has no source that could copy its backups"))))?;
    if model.hand(&place.source).is_none() {
        return Err(Box::new(arming::refused(model, &place.source)));
    }
    let mut form = Form::new(Purpose::CopyTo { service: name.to_owned(), checked }, title(name));
    form.about = about(model, name);
    Ok(form.field("copy to", "a region of the same cloud, or `off`", typed))
}

/// Whose setting it is, and what is known of it.
struct Place {
    source: String,
    /// Its name there.
    remote: String,
    /// Where copies go.
    from: CopiedTo,
}

fn place(model: &Model, name: &str) -> Option<Place> {
    match model.fleet.services.get(name) {
        Some(service) => of_service(model, service),
        None => of_fork(model, name),
    }
}

fn of_service(model: &Model, service: &Service) -> Option<Place> {
    let copy = service.primary.as_ref()?;
    let remote = remote_of(&model.setup.bindings, service, Role::Primary, copy).to_owned();
    Some(Place { source: copy.source.clone(), remote, from: service.copied_to() })
}

fn run_of_fork<'a>(model: &'a Model, name: &str) -> Option<&'a RunState> {
    let mut states = model.runs.values().map(|view| view.state.as_ref());
    states.find(|state| state.attempt.name == name)
}

/// Where the primary lies that a fork took the place of.
fn old_primary<'a>(model: &'a Model, name: &str) -> Option<&'a str> {
    run_of_fork(model, name)?.opening.member.from_region.as_deref()
}

fn of_fork(model: &Model, name: &str) -> Option<Place> {
    let state = run_of_fork(model, name)?;
    let from = state.protection.as_ref().map(|seen| seen.copying.clone()).unwrap_or_default();
    Some(Place { source: state.opening.member.source.clone(), remote: name.to_owned(), from })
}

fn title(service: &str) -> String {
    format!("where backups of {service} are copied to")
}

/// What is read before a region is named.
pub(super) fn facts(model: &Model, service: &str, checked: &[String]) -> Vec<String> {
    let age = model.fleet.services.get(service).map(|known| format!(" ({})", known.copied_to_age(model.now)));
    let mut lines = vec![format!("now       {}{}", about(model, service), age.unwrap_or_default())];
    if !checked.is_empty() {
        lines.push(String::new());
        lines.extend(checked.iter().cloned());
        return lines;
    }
    lines.extend(sentence(model, service).map(|text| format!("under way {text}")));
    let facts = model.fleet.services.get(service).and_then(|service| service.facts.as_ref());
    let terms = facts.map(|facts| facts.terms.in_words()).unwrap_or_default();
    lines.extend(terms.iter().map(|(label, text)| format!("{label:<10}{text}")));
    if let Some(so_far) = model.copy_regions.get(service) {
        lines.push(String::new());
        lines.extend(so_far.iter().cloned());
    }
    lines.push(String::new());
    let first =
        "The rules are checked first and the exact call is shown; nothing is sent before its name is typed.";
    lines.push(first.to_owned());
    lines
}

/// Where copies go, by the last reading, without its age: an answer in writing holds only for that.
pub(super) fn about(model: &Model, service: &str) -> String {
    match model.fleet.services.get(service) {
        Some(known) => known.copied_to_in_words(),
        None => place(model, service).map(|place| place.from).unwrap_or_default().in_words(),
    }
}

/// Takes the region that was named: its rules are to be checked.
///
/// # Errors
/// Why it is not taken, for the form.
pub(super) fn check(model: &mut Model, form: &Form, service: &str) -> Result<Vec<Effect>, String> {
    let to = match form.value(0) {
        "" => return Err(format!("write a region, or `{OFF}` to copy them nowhere")),
        OFF => None,
        region if region.contains(char::is_whitespace) => {
            return Err("one region, as the provider names it: there is room for one".to_owned());
        }
        region => Some(region.to_owned()),
    };
    let place = place(model, service).ok_or("it has no source any more")?;
    let from = if let CopiedTo::Region(region) = place.from { Some(region) } else { None };
    let change = RegionChange { remote: place.remote, from, to, last_changed: None };
    model.notice = Some("checking the rules of this change".to_owned());
    Ok(vec![Effect::CheckRegion { service: service.to_owned(), source: place.source, change }])
}

/// Shows what checking gave: a question where it may be changed, else which rule is broken.
pub(super) fn checked(model: &mut Model, mut checked: CheckedChange) {
    let mut items = {
        let services: Vec<&Service> = model.fleet.services.values().collect();
        let old_primary = old_primary(model, &checked.service);
        let life = RegionLife { services: &services, old_primary, now: model.now };
        std::mem::take(&mut checked.rules).seen_by(&life, &checked.change)
    };
    model.notice = None;
    model.dirty = true;
    if model.overlay.is_some() {
        model.notice =
            Some(format!("the rules of copying {} are checked: ask again to see them", checked.service));
        return;
    }
    let title = format!("{}: {}", title(&checked.service), verb(&checked.change));
    if items.iter().any(|item| item.state == ReadinessState::Fail) {
        // What was typed stays, to be corrected; what fails is read first.
        items.sort_by_key(|item| item.state != ReadinessState::Fail);
        let broken = format!("nothing is sent: to {} breaks a rule", verb(&checked.change));
        let lines = [broken, String::new()].into_iter().chain(rules(&items)).collect();
        let typed = checked.change.to.as_deref().unwrap_or(OFF).to_owned();
        show(model, Ok(checked.service), &typed, lines);
        return;
    }
    checked.rules.items = items;
    let hint = format!("{}, to change it", checked.service);
    let about = about(model, &checked.service);
    let mut form = Form::new(Purpose::ChangeRegion(Box::new(checked)), title);
    form.about = about;
    model.overlay = Some(Overlay::Form(Box::new(form.field("type its name", hint, ""))));
}

fn verb(change: &RegionChange) -> String {
    match &change.to {
        Some(to) => format!("{} to {to}", change.verb()),
        None => change.verb().to_owned(),
    }
}

fn rules(items: &[ReadinessItem]) -> Vec<String> {
    items.iter().map(|item| format!("{:<13}{}", item.state.as_str(), item.text)).collect()
}

/// What is read before the name is typed: the rules, the exact calls, what was changed before.
pub(super) fn agreement(model: &Model, checked: &CheckedChange) -> Vec<String> {
    let mut lines = rules(&checked.rules.items);
    for call in &checked.calls {
        lines.push(String::new());
        let word = if call.alternative { "or by hand" } else { "would call" };
        lines.push(format!("{word:<13}{}", call.what));
        lines.extend(call.command.lines().map(|line| format!("  {line}")));
    }
    if !checked.before.is_empty() {
        lines.push(String::new());
        lines.extend(checked.before.iter().cloned());
    }
    lines.push(String::new());
    lines.push(format!("as of        {}", words::instant(model.now)));
    lines
}

/// Takes the typed name.
///
/// # Errors
/// Why it is not taken, for the form.
pub(super) fn submit(model: &mut Model, form: &Form, checked: &CheckedChange) -> Result<Vec<Effect>, String> {
    let typed = form.value(0);
    if typed != checked.service {
        return Err(format!("type {}", checked.service));
    }
    let source = place(model, &checked.service).ok_or("it has no source any more")?.source;
    let hand = model.hand(&source).ok_or("not armed")?;
    let set = SetRegion {
        service: checked.service.clone(),
        source,
        change: checked.change.clone(),
        calls: checked.calls.clone(),
        typed: typed.to_owned(),
    };
    let asking = format!("asking to {} ..", verb(&checked.change));
    model.overlay = Some(Overlay::text(title(&checked.service), vec![asking]));
    Ok(vec![Effect::Act(Acting::new(hand, Deed::SetRegion(set)))])
}

/// A fact of a change that is followed: shown where it is looked at, told in a line elsewhere.
pub(super) fn news(model: &mut Model, service: &str, line: &str) {
    /// A change that goes on for days says the same things again.
    const LINES: usize = 200;
    let lines = model.copy_regions.entry(service.to_owned()).or_default();
    lines.push(line.to_owned());
    let surplus = lines.len().saturating_sub(LINES);
    lines.drain(..surplus);
    let (title, lines) = (title(service), lines.clone());
    if is_shown(model, &title) {
        model.overlay = Some(Overlay::text(title, lines));
    } else {
        model.notice = Some(format!("{service}: {line}"));
    }
    model.dirty = true;
}

/// Takes in what is under way; what another process sees of it is shown here as well.
pub(super) fn under_way(model: &mut Model, changes: Vec<UnderWay>) {
    for change in changes.iter().filter(|change| change.followed != Standing::Here) {
        model.copy_regions.insert(change.open.of.clone(), change.lines.clone());
    }
    model.regions_under_way = changes.into_iter().map(|change| (change.open.of.clone(), change)).collect();
    let told = tell(model);
    model.judge(&told);
    model.dirty = true;
}

/// Tells services of their changes that are under way. Names those for which that is news.
pub(super) fn tell(model: &mut Model) -> Vec<ServiceId> {
    let open: Vec<OpenChange> = model.regions_under_way.values().map(|change| change.open.clone()).collect();
    open_change::tell(&open, model.fleet.services.values_mut())
}

/// The change that a service is told of, its own or that of the fork that its clients use, as long as nothing shows
/// that it is over.
pub fn sentence_of(model: &Model, service: &Service) -> Option<String> {
    let open = service.open_change.as_ref()?;
    let is_over = !open.is_followed && open.is_over_by(service);
    sentence(model, &open.of).filter(|_| !is_over)
}

/// The change under way of a service or a fork: since when, what is awaited, and who looks for it.
pub fn sentence(model: &Model, name: &str) -> Option<String> {
    let change = model.regions_under_way.get(name)?;
    let (open, by) = (&change.open, change.followed);
    let what = match &open.to {
        Some(to) => format!("copying {name} to {to} is being set up"),
        None => format!("copying {name} is being switched off"),
    };
    let (since, (_, last)) = (words::newest(open.since, model.now), &open.last);
    let age = words::age_of(open.so_since, model.now);
    let follow = || match &model.setup.again {
        Some(again) => format!("followed by NOBODY: {} region {name} --follow", again.act),
        None => "followed by NOBODY".to_owned(),
    };
    let by = match by {
        Standing::Here => "followed here".to_owned(),
        Standing::Elsewhere => "followed by another process".to_owned(),
        Standing::Nobody | Standing::Over => follow(),
    };
    Some(format!("{what} since {since}: {last}, so for {age}; {by}"))
}

fn is_shown(model: &Model, wanted: &str) -> bool {
    matches!(&model.overlay, Some(Overlay::Text { title, .. }) if title == wanted)
}
