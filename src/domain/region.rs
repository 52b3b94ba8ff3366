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
    /// When it was last changed, as far as our own journals know; the provider does not show it.
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

    /// What the probes say at `now` against the region that copies are to go to: it is silent.
    pub fn into_silence<'a>(
        &self,
        services: impl Iterator<Item = &'a Service>,
        now: Timestamp,
    ) -> Option<ReadinessItem> {
        let to = self.to.as_deref()?;
        let there = services.filter(|service| service.primary_region() == Some(to));
        let probed = Region::probed_by(there, now);
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
            change(to).into_silence(services.iter(), now()).map(|item| (item.state, item.text))
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
}
