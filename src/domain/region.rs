//! Where a provider copies a service's backups to: the words of changing it. A journal can be
//! written in them.

use serde::{Deserialize, Serialize};

use super::fork::{ReadinessItem, ReadinessState};
use super::regions::{Health, Region};
use super::{Service, Timestamp};

/// One change of the region that backups are copied to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegionChange {
    /// The service's name at the provider.
    pub remote: String,
    /// Where copies went when the change was decided; if they go elsewhere by then, nothing is sent.
    pub from: Option<String>,
    /// Where they are to go; `None` = nowhere.
    pub to: Option<String>,
    /// When it was last changed, or may have been, as far as our own journals know; the provider does not show it.
    pub last_changed: Option<Timestamp>,
}

impl RegionChange {
    /// What it does, in a word or two.
    pub const fn verb(&self) -> &'static str {
        match (&self.from, &self.to) {
            (None, Some(_)) => "enable",
            (Some(_), Some(_)) => "change",
            (_, None) => "disable",
        }
    }

    /// What the probes say against the region that copies are to go to: it is silent.
    fn warn_of_silence(&self, life: &RegionLife<'_>) -> Option<ReadinessItem> {
        let to = self.to.as_deref()?;
        let probed = life.of(to);
        if probed.health() != Health::Silent {
            return None;
        }
        let count = probed.silent;
        Some(ReadinessItem {
            check: "region_answers".to_owned(),
            state: ReadinessState::Warn,
            text: format!(
                "every probed primary of {to} is silent ({count} of {count}): no copy arrives there while it is down"
            ),
            host: None,
        })
    }
}

/// What checking the rules of a change gave.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RegionRules {
    /// Each rule.
    pub items: Vec<ReadinessItem>,
    /// What may be named instead, where the last rule says that the region that was named is none.
    pub others: Option<OtherRegions>,
}

/// Regions that may be named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherRegions {
    /// What they are: `others of its regions of aws`.
    pub are: String,
    /// Their names, the likeliest first.
    pub names: Vec<String>,
}

impl RegionRules {
    /// The rules as they are read where primaries are probed, which their provider knows nothing of.
    pub fn seen_by(self, life: &RegionLife<'_>, change: &RegionChange) -> Vec<ReadinessItem> {
        let mut items: Vec<ReadinessItem> =
            change.warn_of_silence(life).into_iter().chain(self.items).collect();
        if let (Some(others), Some(none)) = (self.others, items.last_mut()) {
            none.text = format!("{}; {}: {}", none.text, others.are, life.last_resorts_last(others.names));
        }
        items
    }
}

/// What is known here of the life in regions.
#[derive(Debug, Clone, Copy)]
pub struct RegionLife<'a> {
    /// Every service, with what its probe says.
    pub services: &'a [&'a Service],
    /// Where the primary lies that a fork took the place of.
    pub old_primary: Option<&'a str>,
    /// Now.
    pub now: Timestamp,
}

impl RegionLife<'_> {
    fn of(&self, region: &str) -> Region {
        let there = self.services.iter().copied().filter(|service| service.primary_region() == Some(region));
        Region::probed_by(there, self.now)
    }

    /// Regions in the order in which they are held out: what was lost, and what is silent by its probes, comes
    /// after the others and says so.
    fn last_resorts_last(&self, names: Vec<String>) -> String {
        let offer = |name: String| {
            let probed = self.of(&name);
            let is_silent = probed.silent > 0 && probed.answer == 0;
            let is_old = self.old_primary == Some(name.as_str());
            let words = [(is_silent, "silent"), (is_old, "of the old primary")];
            let words: Vec<&str> = words.into_iter().filter(|(is, _)| *is).map(|(_, word)| word).collect();
            let text = if words.is_empty() { name } else { format!("{name} ({})", words.join(", ")) };
            ((is_silent, is_old), text)
        };
        let mut offers: Vec<_> = names.into_iter().map(offer).collect();
        offers.sort_by_key(|(is_last_resort, _)| *is_last_resort);
        offers.into_iter().map(|(_, text)| text).collect::<Vec<_>>().join(", ")
    }
}

/// How asking for a change ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum SetOutcome {
    /// The provider took it.
    Accepted {
        /// What it answered.
        response: String,
    },
    /// It was not taken, for certain: nothing changed.
    Refused {
        /// The provider's words and ours.
        why: String,
    },
    /// A call was sent and no answer was seen: OUTCOME UNKNOWN; read it back before anything else.
    Unknown {
        /// What happened instead of an answer.
        why: String,
    },
}

/// What came of a change, as read back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegionEffect {
    /// How far it is.
    pub stage: RegionStage,
    /// The oldest backup that lies in the new region.
    pub first_copy: Option<Timestamp>,
    /// The fact, in a sentence.
    pub text: String,
}

/// How far a change is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RegionStage {
    /// The setting is as it was, or something else.
    NotSet,
    /// The setting is as wanted; no copy has arrived yet.
    WaitingForCopy,
    /// The setting is as wanted and, unless copies go nowhere, a first one can be restored there.
    Done,
    /// The provider cannot be asked at this moment.
    CannotTell,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Liveness;
    use crate::domain::sample::{now, orders};

    #[test]
    fn r17_a_region_whose_every_probed_primary_is_silent_is_warned_of() {
        let (silent, answers) = (Liveness::silent(now(), None), Liveness::Answers { at: now() });
        let of = |region: &str, liveness| {
            let mut service = Service { liveness, ..orders() };
            service.primary.as_mut().unwrap().region = Some(region.to_owned());
            service
        };
        let change = |to: Option<&str>| RegionChange {
            remote: "orders".to_owned(),
            from: None,
            to: to.map(str::to_owned),
            last_changed: None,
        };
        let text = |to, services: &[Service]| {
            let services: Vec<&Service> = services.iter().collect();
            let life = RegionLife { services: &services, old_primary: None, now: now() };
            change(to).warn_of_silence(&life).map(|item| (item.state, item.text))
        };
        let dead =
            [of("west", silent), of("west", silent), of("west", Liveness::NotProbed), of("east", answers)];
        let three_days_ago = now() - chrono::TimeDelta::days(3);
        let long_ago = Liveness::Answers { at: three_days_ago };
        for there in
            [dead.clone(), [of("west", silent), of("west", silent), of("west", long_ago), dead[3].clone()]]
        {
            let (state, said) = text(Some("west"), &there).unwrap();
            assert_eq!(state, ReadinessState::Warn);
            assert!(said.starts_with("every probed primary of west is silent (2 of 2)"), "{said}");
        }
        for (to, services) in [
            (Some("east"), &dead[..]),
            (None, &dead[..]),
            (Some("west"), &[of("west", silent), of("west", answers)][..]),
            (Some("west"), &[of("west", Liveness::NotProbed)][..]),
            (Some("west"), &[of("west", silent), dead[2].clone(), dead[2].clone()][..]),
        ] {
            assert_eq!(text(to, services), None, "{to:?}");
        }
    }

    #[test]
    fn r17_what_was_lost_or_is_silent_is_held_out_last_and_says_so() {
        let of = |region: &str, liveness| {
            let mut service = Service { liveness, ..orders() };
            service.primary.as_mut().unwrap().region = Some(region.to_owned());
            service
        };
        let (silent, answers) = (Liveness::silent(now(), None), Liveness::Answers { at: now() });
        let services = [
            of("dead", silent),
            of("dead", Liveness::NotProbed),
            of("dead", Liveness::NotProbed),
            of("mixed", silent),
            of("mixed", answers),
        ];
        let services: Vec<&Service> = services.iter().collect();
        let told = |names: &[&str], old_primary| {
            let none = ReadinessItem {
                check: "region_known".to_owned(),
                state: ReadinessState::Fail,
                text: "no region x".to_owned(),
                host: None,
            };
            let names = names.iter().map(|name| (*name).to_owned()).collect();
            let others = Some(OtherRegions { are: "others".to_owned(), names });
            let rules = RegionRules { items: vec![none], others };
            let to = Some("x".to_owned());
            let change = RegionChange { remote: "orders".to_owned(), from: None, to, last_changed: None };
            let life = RegionLife { services: &services, old_primary, now: now() };
            rules.seen_by(&life, &change).pop().unwrap().text
        };
        assert_eq!(
            told(&["dead", "mixed", "old", "unknown"], Some("old")),
            "no region x; others: mixed, unknown, old (of the old primary), dead (silent)"
        );
        assert_eq!(
            told(&["old", "dead", "new"], Some("dead")),
            "no region x; others: old, new, dead (silent, of the old primary)"
        );
        assert_eq!(told(&["a", "b"], None), "no region x; others: a, b", "their provider's order else");
    }
}
