//! Dismissing a service that left its provider's list: a setting of the state folder, as a finding that is
//! put last. It changes nothing at any provider, so a board that is not armed may do it (S33).

use super::alerts;
use super::effect::Effect;
use super::form::{Form, Purpose};
use super::model::{Model, Screen};
use super::overlay::Overlay;
use crate::domain::{Service, ServiceId, words};

/// Asks for it, or says why there is nothing to dismiss.
pub(super) fn open(model: &mut Model) {
    let service = selected(model).map(|service| (service.id.clone(), why_not(model, service)));
    match service {
        Some((service, None)) => {
            let title = format!("dismiss {service}");
            let about = about(model, &service);
            let mut form = Form::new(Purpose::Dismiss { service }, title);
            form.about = about;
            model.overlay = Some(Overlay::Form(Box::new(form)));
        }
        Some((_, Some(why))) => model.notice = Some(why),
        None => model.notice = Some("no service is selected".to_owned()),
    }
}

/// Whether the selected service can be dismissed.
pub(super) fn can(model: &Model) -> bool {
    selected(model).is_some_and(|service| why_not(model, service).is_none())
}

fn selected(model: &Model) -> Option<&Service> {
    match model.screen {
        Screen::Alerts => {
            alerts::rows(model).get(model.row).and_then(|(service, ..)| model.fleet.services.get(*service))
        }
        _ => model.subject(),
    }
}

fn why_not(model: &Model, service: &Service) -> Option<String> {
    if model.setup.read_only {
        return Some(
            "not dismissed: --read-only is given, and `status` and `check` would miss it, too".to_owned(),
        );
    }
    if service.gone_since.is_none() {
        return Some(format!("only a service that is gone is dismissed: {} is not", service.id));
    }
    let open = service.open_runs.iter().flatten().next()?;
    Some(format!("not dismissed: {} has the open run {}", service.id, open.run))
}

/// What is read before agreeing: what goes, and what stays.
pub(super) fn facts(model: &Model, service: &str) -> Vec<String> {
    let Some(known) = model.fleet.services.get(service) else {
        return vec![format!("{service} is not in the fleet any more")];
    };
    let since = known.gone_since.map_or_else(
        || "listed again".to_owned(),
        |since| format!("gone from its provider's list since {}", words::instant(since)),
    );
    let there = model.board.assessment(service).and_then(|known| known.secondary.as_ref());
    let newest = there.and_then(words::newest_of_in_full).unwrap_or_else(|| words::UNKNOWN.to_owned());
    let lines = [
        Some(format!("now       {since}")),
        known.secondary.as_ref().map(|copy| format!("copy      {}", copy.copy)),
        Some(format!("newest    {newest}, as last read")),
        Some(String::new()),
        Some("goes      its row, also from `status` and `check`; its findings".to_owned()),
        Some("stays     its runs, journals, reports and last-known readings".to_owned()),
        Some("untouched backups left behind: none is removed, wherever it lies".to_owned()),
        Some(String::new()),
        Some("This holds for the state folder, over restarts, until its provider lists it again.".to_owned()),
    ];
    lines.into_iter().flatten().collect()
}

/// What an answer is about.
pub(super) fn about(model: &Model, service: &str) -> String {
    let since = model.fleet.services.get(service).and_then(|service| service.gone_since);
    since.map_or_else(|| "listed".to_owned(), words::instant)
}

/// Takes the answer.
///
/// # Errors
/// Why it is not taken, for the form.
pub(super) fn submit(model: &mut Model, service: &ServiceId) -> Result<Vec<Effect>, String> {
    let known = model.fleet.services.get(service).ok_or("the service is not in the fleet any more")?;
    if let Some(why) = why_not(model, known) {
        return Err(why);
    }
    model.alerts.dismiss(service, &(model.setup.who.clone(), model.now));
    model.fleet.dismiss(service);
    let page = model.page();
    model.board.arrange(&model.fleet, page);
    if model.screen == Screen::Service {
        model.screen = Screen::Fleet;
    }
    model.timeline = model.timeline.take().filter(|timeline| timeline.service != *service);
    model.notice = Some(format!("{service} is dismissed until its provider lists it again"));
    Ok(vec![Effect::KeepAlerts(Box::new(model.alerts.clone()))])
}
