//! A service, its two copies, and whether its primary is alive.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::fork::CopiedTo;
use super::terms::BackupTerms;
use super::{
    ClientsMoved, CopyState, Engine, FailedDrill, Heard, Liveness, Named, OpenChange, OpenRun, Origin,
    Policy, Role, Shared, Timestamp, words,
};

/// The name of a service on the board, unique in a fleet (S33).
pub type ServiceId = String;

/// What the provider says of a service, apart from its backups.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServiceFacts {
    /// Engine.
    pub engine: Engine,
    /// Version of the engine (`15`, `8.0`).
    pub version: Option<String>,
    /// The provider's plan (`business-8`).
    pub plan: Option<String>,
    /// Region the service runs in.
    pub region: Option<String>,
    /// The provider's own word for its state (`RUNNING`).
    pub state: Option<String>,
    /// Size of the data disk, bytes.
    pub disk_bytes: Option<u64>,
    /// Network the service lies in: `None` not known, `Some(None)` public, `Some(Some(id))` a VPC.
    pub vpc: Option<Option<String>>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// Why there is no secondary copy, when the provider or the engine rules it out.
    pub no_secondary_because: Option<String>,
    /// On which terms the provider backs it up.
    #[serde(default)]
    pub terms: BackupTerms,
}

/// Everything known of one service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Service {
    /// Name on the board.
    pub id: ServiceId,
    /// Its name at the provider (the stanza, the Aiven service name).
    pub remote: String,
    /// The provider's facts; `None` until one was read.
    pub facts: Option<Shared<ServiceFacts>>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Who says so; nobody of it alone where the owner is that of its tier.
    #[serde(default)]
    pub owner_from: Origin,
    /// Its objectives.
    pub policy: Policy,
    /// Who says so.
    #[serde(default)]
    pub policy_from: Origin,
    /// The copy in the region where backups are first written.
    pub primary: Option<CopyState>,
    /// The copy in the other region.
    pub secondary: Option<CopyState>,
    /// Whether the primary is alive, as the board's own probe saw it; see [`Service::alive`].
    pub liveness: Liveness,
    /// The last silence that an answer of its primary ended: from when, and to when. One in which it was switched off
    /// is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was_silent: Option<Box<(Timestamp, Timestamp)>>,
    /// What its open incident knows of the primary, a person's word included (S5).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heard: Option<Box<Heard>>,
    /// When a restore of it last succeeded (a run closed as proven).
    pub last_proven: Option<Timestamp>,
    /// Restore times of its own closed runs, seconds (S35).
    pub restore_history_s: Vec<u64>,
    /// Since when it is no longer listed by its provider (S33).
    pub gone_since: Option<Timestamp>,
    /// The largest clock skew among its sources, seconds, ours minus theirs; `None` unknown.
    pub skew_s: Option<i64>,
    /// Its runs that are not over, by the journals of this host; `None` when they could not be read. Never
    /// kept with what is known of a service: only a journal knows.
    #[serde(skip)]
    pub open_runs: Option<Vec<OpenRun>>,
    /// Its change of where backups are copied to that is not over, by the journal of changes on this host.
    #[serde(skip)]
    pub open_change: Option<Box<OpenChange>>,
    /// Its last drill that failed, by the journals of this host.
    #[serde(skip)]
    pub failed_drill: Option<Box<FailedDrill>>,
    /// How many primaries are silent in the region that its copy lies in, where none that was asked answers.
    #[serde(skip)]
    pub silent_there: Option<usize>,
    /// What the config says of where it is; `None` where the config does not name it.
    #[serde(skip)]
    pub named: Option<Box<Named>>,
    /// Where its clients were moved to, by the journals of this host.
    #[serde(skip)]
    pub clients_moved: Option<Box<ClientsMoved>>,
    /// Why an incident of it that is over was not read, or no journal at all, so that clients may have been moved by
    /// what was not.
    #[serde(skip)]
    pub clients_unread: Option<String>,
}

impl ServiceFacts {
    /// Facts that tell the engine alone.
    pub fn of(engine: Engine) -> Self {
        Self {
            engine,
            version: None,
            plan: None,
            region: None,
            state: None,
            disk_bytes: None,
            vpc: None,
            tags: BTreeMap::new(),
            no_secondary_because: None,
            terms: BackupTerms::default(),
        }
    }
}

impl Service {
    /// A service of which nothing is known but its name, and its name at its provider.
    pub fn unread(id: impl Into<ServiceId>, remote: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            remote: remote.into(),
            facts: None,
            owner: None,
            owner_from: Origin::None,
            policy: Policy::default(),
            policy_from: Origin::None,
            primary: None,
            secondary: None,
            liveness: Liveness::NotProbed,
            was_silent: None,
            heard: None,
            last_proven: None,
            restore_history_s: Vec::new(),
            gone_since: None,
            skew_s: None,
            open_runs: None,
            open_change: None,
            failed_drill: None,
            silent_there: None,
            named: None,
            clients_moved: None,
            clients_unread: None,
        }
    }

    /// One of its copies.
    pub const fn copy(&self, role: Role) -> Option<&CopyState> {
        match role {
            Role::Primary => self.primary.as_ref(),
            Role::Secondary => self.secondary.as_ref(),
        }
    }

    /// Where its backups are set to be copied to. Whether a copy lies there by now, and what was left elsewhere,
    /// is another matter.
    pub fn copied_to(&self) -> CopiedTo {
        CopiedTo::of(self.facts.as_ref().and_then(|facts| facts.terms.copied_to.as_ref()))
    }

    /// The same in words: with what was left where nothing is copied to any more.
    pub fn copied_to_in_words(&self) -> String {
        let setting = self.copied_to();
        let lies = self.secondary.as_ref().and_then(|copy| copy.region.as_deref());
        let left = match (&setting, lies) {
            (CopiedTo::Region(to), Some(region)) if to == region => None,
            (CopiedTo::NotShown, region) => region.map(|region| format!("; a copy lies in {region}")),
            (_, region) => region.map(|region| format!("; earlier copies may lie in {region}")),
        };
        format!("{}{}", setting.in_words(), left.unwrap_or_default())
    }

    /// How old what is known of that is.
    pub fn copied_to_age(&self, now: Timestamp) -> String {
        match self.primary.as_ref().and_then(|copy| copy.last_good.as_ref()) {
            Some(reading) => format!("read {} ago", words::age_of(reading.as_of, now)),
            None => "never read".to_owned(),
        }
    }

    /// What is to be said of each copy beside its findings: which copy, and a sentence.
    pub fn notes(&self) -> impl Iterator<Item = (Role, &str)> {
        [Role::Secondary, Role::Primary].into_iter().flat_map(|role| {
            let reading = self.copy(role).and_then(|copy| copy.last_good.as_deref());
            reading.into_iter().flat_map(move |reading| reading.notes().map(move |note| (role, note)))
        })
    }

    /// The region that its primary is in: where the provider says that the service runs, else where its primary copy
    /// lies.
    pub fn primary_region(&self) -> Option<&str> {
        let runs = self.facts.as_ref().and_then(|facts| facts.region.as_deref());
        runs.or_else(|| self.primary.as_ref()?.region.as_deref())
    }

    /// Whether its secondary copy lies in the region of its primary: what takes one takes the other.
    pub fn is_in_one_region(&self) -> bool {
        let there = self.secondary.as_ref().and_then(|copy| copy.region.as_deref());
        there.is_some() && there == self.primary_region()
    }

    /// One of its copies, to be changed.
    pub const fn copy_mut(&mut self, role: Role) -> &mut Option<CopyState> {
        match role {
            Role::Primary => &mut self.primary,
            Role::Secondary => &mut self.secondary,
        }
    }
}
