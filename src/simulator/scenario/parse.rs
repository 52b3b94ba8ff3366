//! From text to a checked [`Scenario`]; every mistake is told with its line.

use std::collections::BTreeSet;
use std::ops::Range;
use std::time::Duration;

use chrono::Utc;
use toml::Spanned;

use super::raw::{File, RawEvent, RawExpect, RawFault, RawService, Verb};
use super::units::{days, hours, is_service_name, minutes};
use super::{Action, Effect, Event, Expect, Fault, Kind, Scenario, ScenarioError, ServiceSpec};
use crate::simulator::wire::regions;

/// A mistake and where it is.
struct Mistake {
    span: Range<usize>,
    message: String,
}

impl Mistake {
    fn at<T>(place: &Spanned<T>, message: impl Into<String>) -> Self {
        Self { span: place.span(), message: message.into() }
    }
}

type Checked<T> = Result<T, Mistake>;

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
    let mut services: Vec<ServiceSpec> = Vec::new();
    for raw in file.service {
        let place = raw.name.span();
        let service = service(raw)?;
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

fn service(raw: RawService) -> Checked<ServiceSpec> {
    let kind = raw.engine;
    if !is_service_name(raw.name.get_ref()) {
        return Err(Mistake::at(&raw.name, "a name is 1 to 64 of a-z, 0-9 and -, a letter first"));
    }
    if !crate::simulator::wire::plans::exists(raw.plan.get_ref()) {
        return Err(Mistake::at(
            &raw.plan,
            format!(
                "no plan '{}'; there are {}",
                raw.plan.get_ref(),
                crate::simulator::wire::plans::listed()
            ),
        ));
    }
    let region = cloud(raw.region)?;
    if !kind.has_backups()
        && let Some(secondary) = &raw.secondary
    {
        return Err(Mistake::at(secondary, format!("{} has no backups, so no secondary", kind.word())));
    }
    let secondary = raw.secondary.map(|name| other_region(&region, name)).transpose()?;
    let retention = retention(raw.retention_days)?;
    let backup_every = raw.backup_every.unwrap_or_else(|| usual_interval(kind));
    if retention < backup_every {
        return Err(Mistake::at(
            &raw.name,
            "`backup_every` is longer than `retention_days`: nothing would be kept",
        ));
    }
    Ok(ServiceSpec {
        name: raw.name.into_inner(),
        kind,
        plan: raw.plan.into_inner(),
        region,
        secondary,
        backup_every,
        log_every: raw.log_every.unwrap_or(minutes(1)),
        copy_delay: raw.copy_delay.unwrap_or(minutes(2)),
        size: raw.size.unwrap_or(8 << 30),
        version: raw.version,
        retention,
        tier: raw.tier,
        owner: raw.owner,
    })
}

fn retention(given: Option<Spanned<u32>>) -> Checked<Duration> {
    match given {
        None => Ok(days(14)),
        Some(count) if (1..=90).contains(count.get_ref()) => Ok(days(u64::from(count.into_inner()))),
        Some(count) => Err(Mistake::at(&count, "`retention_days` is 1 to 90")),
    }
}

/// How often the provider backs up a service of this kind (fact sheet, section 13).
const fn usual_interval(kind: Kind) -> Duration {
    match kind {
        Kind::Pg | Kind::Mysql | Kind::Kafka => hours(24),
        Kind::Valkey => hours(12),
        Kind::Opensearch | Kind::Grafana => hours(1),
    }
}

fn cloud(name: Spanned<String>) -> Checked<String> {
    if regions::find(name.get_ref()).is_some() {
        return Ok(name.into_inner());
    }
    Err(Mistake::at(&name, format!("no region '{}'; there are {}", name.get_ref(), regions::listed())))
}

fn other_region(region: &str, name: Spanned<String>) -> Checked<String> {
    let place = name.span();
    let secondary = cloud(name)?;
    if secondary == region || !regions::same_provider(region, &secondary) {
        let message = format!("the secondary of {region} is another region of the same provider");
        return Err(Mistake { span: place, message });
    }
    Ok(secondary)
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
        Verb::Lag => &["on", "by"],
        Verb::PauseCopy => &["on", "reason"],
        Verb::LoseAnswer => &["times"],
        Verb::StickFork => &["on", "share", "times"],
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
        effect,
        times: raw.times,
    })
}

fn expect(raw: &RawExpect, known: &Known) -> Checked<Expect> {
    Ok(Expect { at: raw.at, service: known.service(&raw.service)?, verdict: raw.verdict, rule: raw.rule })
}
