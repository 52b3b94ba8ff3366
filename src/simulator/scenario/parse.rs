//! From text to a checked [`Scenario`]; every mistake is told with its line.

mod service;

use std::collections::BTreeSet;
use std::ops::Range;

use chrono::Utc;
use toml::Spanned;

use super::raw::{File, RawEvent, RawExpect, RawFault, RawVpc, Verb};
use super::{Action, Effect, Event, Expect, Fault, Scenario, ScenarioError, ServiceSpec, VpcSpec, many};

/// A mistake and where it is.
pub(super) struct Mistake {
    span: Range<usize>,
    message: String,
}

impl Mistake {
    pub(super) fn at<T>(place: &Spanned<T>, message: impl Into<String>) -> Self {
        Self { span: place.span(), message: message.into() }
    }
}

pub(super) type Checked<T> = Result<T, Mistake>;

pub(super) fn scenario(origin: &str, text: &str) -> Result<Scenario, ScenarioError> {
    let invalid = |span: Range<usize>, message: String| ScenarioError::Invalid {
        origin: origin.to_owned(),
        line: line_of(text, span.start),
        message,
    };
    let file: File = toml::from_str(text)
        .map_err(|error| invalid(error.span().unwrap_or_default(), error.message().to_owned()))?;
    check(origin, file).map_err(|mistake| invalid(mistake.span, mistake.message))
}

/// The line, from 1, that holds a byte of the text.
fn line_of(text: &str, byte: usize) -> usize {
    text.bytes().take(byte).filter(|b| *b == b'\n').count() + 1
}

fn check(name: &str, file: File) -> Checked<Scenario> {
    let start = file.start.as_ref().map(start).transpose()?;
    let vpcs = file.vpc.into_iter().map(vpc).collect::<Checked<Vec<_>>>()?;
    let mut services: Vec<ServiceSpec> = match &file.many {
        Some(raw) => many::services(many::count(raw)?, file.seed),
        None => Vec::new(),
    };
    let partners: BTreeSet<String> = file.service.iter().map(|raw| raw.name.get_ref().clone()).collect();
    for raw in file.service {
        let place = raw.name.span();
        for partner in &raw.integrations {
            one_of("service", partner, &partners)?;
        }
        let service = service::checked(raw, &vpcs)?;
        if services.iter().any(|known| known.name == service.name) {
            return Err(Mistake { span: place, message: format!("a second service '{}'", service.name) });
        }
        services.push(service);
    }
    let known = Known::of(&services);
    let mut events = file.event.iter().map(|raw| event(raw, &known)).collect::<Checked<Vec<_>>>()?;
    events.sort_by_key(|event| event.at);
    let faults = file.fault.into_iter().map(fault).collect::<Checked<Vec<_>>>()?;
    let expects = file.expect.iter().map(|raw| expect(raw, &known)).collect::<Checked<Vec<_>>>()?;
    Ok(Scenario {
        name: name.to_owned(),
        about: file.about,
        seed: file.seed,
        project: file.project,
        start,
        latency: file.latency.unwrap_or_default(),
        quota: file.quota,
        vpcs,
        services,
        events,
        faults,
        expects,
    })
}

fn start(raw: &Spanned<toml::value::Datetime>) -> Checked<crate::domain::Timestamp> {
    chrono::DateTime::parse_from_rfc3339(&raw.get_ref().to_string())
        .map(|at| at.with_timezone(&Utc))
        .map_err(|_| Mistake::at(raw, "`start` needs a date, a time and an offset: 2026-11-20T12:00:00Z"))
}

fn vpc(raw: RawVpc) -> Checked<VpcSpec> {
    Ok(VpcSpec { region: service::cloud(raw.region)?, cidr: raw.cidr })
}

/// The names that events and expectations may use.
struct Known {
    services: BTreeSet<String>,
    regions: BTreeSet<String>,
}

impl Known {
    fn of(services: &[ServiceSpec]) -> Self {
        let regions = services.iter().flat_map(|s| [Some(s.region.clone()), s.secondary.clone()]).flatten();
        Self { services: services.iter().map(|s| s.name.clone()).collect(), regions: regions.collect() }
    }

    fn service(&self, name: &Spanned<String>) -> Checked<String> {
        one_of("service", name, &self.services)
    }

    fn region(&self, name: &Spanned<String>) -> Checked<String> {
        one_of("region", name, &self.regions)
    }
}

fn one_of(what: &str, name: &Spanned<String>, known: &BTreeSet<String>) -> Checked<String> {
    if known.contains(name.get_ref()) {
        return Ok(name.get_ref().clone());
    }
    let known = known.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    Err(Mistake::at(name, format!("no {what} '{}' in this scenario; it has {known}", name.get_ref())))
}

fn event(raw: &RawEvent, known: &Known) -> Checked<Event> {
    unused(raw)?;
    let on = || raw.on.as_ref().ok_or_else(|| Mistake::at(&raw.what, "`on` is missing"));
    let action = match raw.what.get_ref() {
        Verb::RegionDown => Action::RegionDown(known.region(on()?)?),
        Verb::RegionUp => Action::RegionUp(known.region(on()?)?),
        Verb::Lag => Action::Lag { service: known.service(on()?)?, by: needed(raw, "by", raw.by)? },
        Verb::PauseCopy => Action::PauseCopy {
            service: known.service(on()?)?,
            reason: raw.reason.clone().unwrap_or_default(),
        },
        Verb::ResumeCopy => Action::ResumeCopy(known.service(on()?)?),
        Verb::ExpireToken => Action::ExpireToken,
        Verb::RenewToken => Action::RenewToken,
        Verb::NarrowToken => Action::NarrowToken,
        Verb::WidenToken => Action::WidenToken,
        Verb::LoseAnswer => Action::LoseAnswer { times: raw.times.unwrap_or(1) },
        Verb::StickFork => Action::StickFork {
            service: known.service(on()?)?,
            share: share(raw.share.as_ref())?,
            times: raw.times.unwrap_or(1),
        },
        Verb::TakeName => Action::TakeName { times: raw.times.unwrap_or(1) },
        Verb::RestartFork => Action::RestartFork {
            service: known.service(on()?)?,
            share: share(raw.share.as_ref())?,
            times: raw.times.unwrap_or(1),
        },
        Verb::LateBackup => {
            Action::LateBackup { service: known.service(on()?)?, by: needed(raw, "by", raw.by)? }
        }
        Verb::RefuseNewest => {
            Action::RefuseNewest { service: known.service(on()?)?, by: needed(raw, "by", raw.by)? }
        }
        Verb::RateLimit => Action::RateLimit {
            lasts: needed(raw, "lasts", raw.lasts)?,
            retry_after: raw.retry_after.unwrap_or(true),
        },
        Verb::ApiDown => Action::ApiDown,
        Verb::ApiUp => Action::ApiUp,
        Verb::SkewClock => Action::SkewClock { seconds: needed(raw, "seconds", raw.seconds)? },
    };
    Ok(Event { at: raw.at, action })
}

fn needed<T>(raw: &RawEvent, key: &str, value: Option<T>) -> Checked<T> {
    value.ok_or_else(|| Mistake::at(&raw.what, format!("`{key}` is missing")))
}

fn share(raw: Option<&Spanned<f64>>) -> Checked<f64> {
    match raw {
        None => Ok(0.5),
        Some(share) if (0.0..=1.0).contains(share.get_ref()) => Ok(*share.get_ref()),
        Some(share) => Err(Mistake::at(share, "`share` is 0 to 1")),
    }
}

/// A key that the verb does not know would silently do nothing, so it is refused.
fn unused(raw: &RawEvent) -> Checked<()> {
    let given = [
        ("on", raw.on.is_some()),
        ("by", raw.by.is_some()),
        ("lasts", raw.lasts.is_some()),
        ("reason", raw.reason.is_some()),
        ("share", raw.share.is_some()),
        ("times", raw.times.is_some()),
        ("retry_after", raw.retry_after.is_some()),
        ("seconds", raw.seconds.is_some()),
    ];
    let allowed: &[&str] = match raw.what.get_ref() {
        Verb::RegionDown | Verb::RegionUp | Verb::ResumeCopy => &["on"],
        Verb::Lag | Verb::LateBackup | Verb::RefuseNewest => &["on", "by"],
        Verb::PauseCopy => &["on", "reason"],
        Verb::LoseAnswer | Verb::TakeName => &["times"],
        Verb::StickFork | Verb::RestartFork => &["on", "share", "times"],
        Verb::RateLimit => &["lasts", "retry_after"],
        Verb::SkewClock => &["seconds"],
        Verb::ExpireToken
        | Verb::RenewToken
        | Verb::NarrowToken
        | Verb::WidenToken
        | Verb::ApiDown
        | Verb::ApiUp => &[],
    };
    match given.iter().find(|(key, is_given)| *is_given && !allowed.contains(key)) {
        None => Ok(()),
        Some((key, _)) => {
            let allowed = [&["at", "do"], allowed].concat().join(", ");
            Err(Mistake::at(&raw.what, format!("`{key}` means nothing here; this event has {allowed}")))
        }
    }
}

fn fault(raw: RawFault) -> Checked<Fault> {
    if let Some(status) = raw.status.as_ref().filter(|status| !(400..=599).contains(status.get_ref())) {
        return Err(Mistake::at(status, "`status` is 400 to 599"));
    }
    let status = raw.status.as_ref().map(|status| *status.get_ref());
    let effects = [
        status.filter(|_| !raw.html).map(|status| Effect::Status {
            status,
            message: raw.message.clone(),
            retry_after: raw.retry_after,
        }),
        raw.html.then_some(Effect::Html { status: status.unwrap_or(408) }),
        raw.delay.map(Effect::Delay),
        raw.truncate.map(Effect::Truncate),
        raw.reset.then_some(Effect::Reset),
        raw.endless.then_some(Effect::Endless),
    ];
    let mut effects = effects.into_iter().flatten();
    let (Some(effect), None) = (effects.next(), effects.next()) else {
        return Err(Mistake::at(
            &raw.path,
            "a fault has exactly one of `status`, `html`, `delay`, `truncate`, `reset`, `endless` (`html` may have a `status`)",
        ));
    };
    if !matches!(effect, Effect::Status { .. }) && (raw.message.is_some() || raw.retry_after.is_some()) {
        return Err(Mistake::at(&raw.path, "`message` and `retry_after` need a `status` and no `html`"));
    }
    Ok(Fault {
        path: raw.path.into_inner(),
        method: raw.method,
        from: raw.at.unwrap_or_default(),
        lasts: raw.lasts,
        effect,
        times: raw.times,
    })
}

fn expect(raw: &RawExpect, known: &Known) -> Checked<Expect> {
    Ok(Expect { at: raw.at, service: known.service(&raw.service)?, verdict: raw.verdict, rule: raw.rule })
}
