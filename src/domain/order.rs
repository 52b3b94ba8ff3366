//! The fleet at a glance: who comes first, and how many are in what state (S16).

use std::cmp::{Ordering, Reverse};

use super::assessment::{Assessment, Compliance, Verdict};
use super::{Service, ServiceId};

/// A service and the judgement of it.
pub type Judged<'a> = (&'a Service, &'a Assessment);

/// Worst first: verdict, then how far beyond the RPO, then tier, then never restored, then name. No
/// clock in it, so that rows do not jump while time passes.
pub fn worst_first(one: Judged<'_>, other: Judged<'_>) -> Ordering {
    rank(one).cmp(&rank(other))
}

fn rank((service, known): Judged<'_>) -> (Reverse<u8>, Reverse<u8>, u8, bool, &ServiceId) {
    (
        Reverse(known.verdict.badness()),
        Reverse(severity(known.compliance)),
        service.policy.tier.unwrap_or(u8::MAX),
        service.last_proven.is_some(),
        &service.id,
    )
}

const fn severity(compliance: Compliance) -> u8 {
    match compliance {
        Compliance::Compliant | Compliance::Exempt => 0,
        Compliance::Unknown => 1,
        Compliance::Exceeded => 2,
        Compliance::SeverelyExceeded => 3,
        Compliance::CriticallyExceeded => 4,
    }
}

/// How many services are in what state. Every service is counted once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// There is no copy to restore from there.
    pub no_copy: usize,
    /// The loss is above the RPO.
    pub beyond_rpo: usize,
    /// Critical for another reason.
    pub critical: usize,
    /// Not known.
    pub unknown: usize,
    /// Something else to look at.
    pub warning: usize,
    /// As it should be.
    pub ok: usize,
    /// Of those, never restored.
    pub unproven: usize,
    /// No backups by design.
    pub exempt: usize,
}

impl Counts {
    /// Counts a fleet.
    pub fn of<'a>(judged: impl IntoIterator<Item = Judged<'a>>) -> Self {
        let mut counts = Self::default();
        for (service, known) in judged {
            counts.add(service, known);
        }
        counts
    }

    fn add(&mut self, service: &Service, known: &Assessment) {
        match known.verdict {
            Verdict::Exempt => self.exempt += 1,
            _ if known.has_nothing_there() => self.no_copy += 1,
            Verdict::Unknown => self.unknown += 1,
            Verdict::Warning | Verdict::Critical if severity(known.compliance) > 1 => self.beyond_rpo += 1,
            Verdict::Critical => self.critical += 1,
            Verdict::Warning => self.warning += 1,
            Verdict::Ok => {
                self.ok += 1;
                self.unproven += usize::from(service.last_proven.is_none());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::*;
    use super::super::{CopyState, Points, assess, words};
    use super::*;

    fn named(id: &str, spoil: impl FnOnce(&mut Service)) -> Service {
        let mut service = Service { id: id.to_owned(), ..orders() };
        spoil(&mut service);
        service
    }

    fn behind(service: &mut Service, newest: &str) {
        let reading = service.secondary.as_mut().unwrap().last_good.as_mut().unwrap();
        reading.windows.as_mut().unwrap()[0].to.at = at(newest);
    }

    fn fleet() -> Vec<Service> {
        vec![
            named("a-ok", |_| {}),
            named("b-proven", |s| s.last_proven = Some(now())),
            named("c-unread", |s| s.secondary = Some(CopyState::unread("east", "east", None))),
            named("d-none", |s| s.secondary = None),
            named("e-severe", |s| behind(s, "2026-11-20T11:33:20Z")),
            named("f-exceeded", |s| behind(s, "2026-11-20T11:44:31Z")),
            named("g-worst", |s| behind(s, "2026-11-19T00:00:00Z")),
            named("h-by-design", |s| {
                s.primary.as_mut().unwrap().last_good.as_mut().unwrap().ability =
                    super::super::Ability::ByDesignNone;
            }),
            named("i-skew", |s| s.skew_s = Some(90)),
            named("j-tier-0", |s| s.policy.tier = Some(0)),
        ]
    }

    #[test]
    fn s16_worst_first() {
        let fleet = fleet();
        let known: Vec<_> = fleet.iter().map(|service| assess(service, now(), &minutes(1).into())).collect();
        let mut rows: Vec<Judged<'_>> = fleet.iter().zip(&known).collect();
        rows.sort_by(|one, other| worst_first(*one, *other));
        let shown: Vec<(&str, &str)> =
            rows.iter().map(|(service, known)| (service.id.as_str(), words::state(service, known))).collect();
        assert_eq!(
            shown,
            [
                ("g-worst", "CRITICAL"),
                ("e-severe", "SEVERE"),
                ("d-none", "NO COPY"),
                ("c-unread", "UNREAD"),
                ("f-exceeded", "BEYOND"),
                ("i-skew", "clock off"),
                ("j-tier-0", "unproven"),
                ("a-ok", "unproven"),
                ("b-proven", "ok"),
                ("h-by-design", "exempt"),
            ]
        );
    }

    #[test]
    fn s16_every_service_is_counted_once() {
        let fleet = fleet();
        let known: Vec<_> = fleet.iter().map(|service| assess(service, now(), &minutes(1).into())).collect();
        let lost: Vec<String> =
            known.iter().filter(|known| known.has_nothing_there()).map(words::loss_minutes).collect();
        assert_eq!(lost, ["all"], "what has no copy there is lost whole, not unknown (S3)");
        let counts = Counts::of(fleet.iter().zip(&known));
        let wanted = Counts {
            no_copy: 1,
            beyond_rpo: 3,
            critical: 0,
            unknown: 1,
            warning: 1,
            ok: 3,
            unproven: 2,
            exempt: 1,
        };
        assert_eq!(counts, wanted);
    }

    #[test]
    fn s16_a_copy_there_counts_although_the_primary_holds_none() {
        let service = named("a", |s| {
            let here = s.primary.as_mut().unwrap().last_good.as_mut().unwrap();
            (here.points, here.windows) = (Some(Points::default()), Some(Vec::new().into()));
            behind(s, "2026-11-19T00:00:00Z");
        });
        let known = assess(&service, now(), &minutes(1).into());
        assert_eq!(known.verdict, Verdict::Critical);
        assert_eq!(Counts::of([(&service, &known)]), Counts { beyond_rpo: 1, ..Counts::default() });
    }

    #[test]
    fn s16_what_is_critical_is_never_counted_as_a_warning() {
        let gap = super::super::Sign::LogGap {
            first: "41".to_owned(),
            last: "4C".to_owned(),
            count: 12,
            ends_window: true,
            confirmed: true,
        };
        let service = named("a", |s| {
            s.secondary.as_mut().unwrap().last_good.as_mut().unwrap().signs.push(gap);
        });
        let known = assess(&service, now(), &minutes(1).into());
        assert_eq!((known.verdict, known.compliance), (Verdict::Critical, Compliance::Compliant));
        assert_eq!(Counts::of([(&service, &known)]), Counts { critical: 1, ..Counts::default() });
    }
}
