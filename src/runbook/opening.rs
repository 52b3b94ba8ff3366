//! Event 1 of a journal (S31): everything a replay needs, so that it needs nothing else.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Plan, RunKind};
use crate::domain::skew::{ClockOff, clock_off};
use crate::domain::{
    Assessment, Check, ClientsMoved, Engine, Policy, Role, Service, ServiceId, Target, Timestamp,
};

/// What a run is about, fixed before the first call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Opening {
    /// The run's id (S19).
    pub run: String,
    /// Drill or incident.
    pub kind: RunKind,
    /// The plan.
    pub plan: Plan,
    /// SHA-256 of the plan's canonical JSON.
    pub plan_sha256: String,
    /// The six random characters of the run's names.
    pub token: String,
    /// What is recovered. A run has members; today there is one.
    #[serde(rename = "members", with = "one_in_a_list")]
    pub member: Member,
    /// Objectives as they stood before the first call (S24).
    pub objectives: Policy,
    /// From which instant the RTO clock runs (S23).
    pub rto_from: RtoFrom,
    /// The scenario that is exercised or met, in words (EV03).
    pub scenario: Option<String>,
    /// The loss instant that a drill simulates, when it is not the confirmation of its point (S23).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub simulated_loss: Option<Timestamp>,
    /// Questions with a default are not asked (`--yes`, drills only, S26).
    pub assume_yes: bool,
    /// Facts of the config that shaped the run, without secrets: key and value.
    pub config: BTreeMap<String, String>,
    /// The criteria by which recovery is declared, as the config defines them: id and words (R29).
    #[serde(default)]
    pub criteria: BTreeMap<String, String>,
    /// This host's clock minus that of each source that shows one, seconds (R09).
    #[serde(default)]
    pub skews: BTreeMap<String, i64>,
    /// State before: both catalogs as last read, and what was made of them (EV09).
    pub before: Before,
    /// Where the journal is kept (S25).
    pub journal: JournalPlace,
    /// Whether the clock is this host's, and how fast it runs (S17).
    pub clock: ClockFacts,
}

impl Opening {
    /// The clock that is worst off, and whose it is; `None` when all agree or none is shown.
    pub fn clock_off(&self) -> Option<ClockOff> {
        let of_the_copy = || self.before.service.skew_s.map(|skew| (self.member.source.clone(), skew));
        if self.skews.is_empty() {
            return clock_off(&of_the_copy().into_iter().collect());
        }
        clock_off(&self.skews)
    }

    /// The same, only when it is so far off that a person is asked before anything is timed (S25).
    pub fn clock_blocks(&self) -> Option<ClockOff> {
        self.clock_off().filter(ClockOff::blocks)
    }

    /// The files of the config that the run was begun with, in their order; none where they were not put down.
    pub fn config_files(&self) -> Vec<String> {
        (1..).map_while(|place| self.config.get(&file_key(place)).cloned()).collect()
    }
}

/// The state folder of a config, as a fact of it: where a run's journal begins in another one, that tells it so.
pub const STATE_FOLDER: &str = "state_dir";

/// Where the files of a config lie, as facts of it: a command that goes on with the run names them.
pub fn file_facts(files: &[String]) -> impl Iterator<Item = (String, String)> {
    files.iter().zip(1..).map(|(file, place)| (file_key(place), file.clone()))
}

fn file_key(place: usize) -> String {
    format!("file.{place}")
}

/// One service that a run recovers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Member {
    /// The service.
    pub service: ServiceId,
    /// Its engine.
    pub engine: Engine,
    /// Its name at the provider.
    pub remote: String,
    /// The source that makes the fork.
    pub source: String,
    /// The copy it is restored from.
    pub role: Role,
    /// How that copy is named to a person.
    pub copy: String,
    /// Region of that copy: the fork's region (R26).
    pub region: Option<String>,
    /// Region of the service itself.
    pub from_region: Option<String>,
    /// What was asked for.
    pub target: Target,
    /// The bad moment the point must lie before, if one is marked (S14).
    pub bad_moment: Option<Timestamp>,
    /// The fork's name as a person gave it (incidents only, S19).
    pub fork_name: Option<String>,
    /// What is checked in the fork.
    pub checks: Vec<Check>,
    /// Where the primary is probed (`tcp://host:port`), if anywhere (S10).
    pub probe: Option<String>,
    /// Who answers for the service.
    pub owner: Option<String>,
}

impl Member {
    /// The address where the primary is probed, as a person reads it.
    pub fn probed(&self) -> Option<&str> {
        self.probe.as_deref().map(|probe| probe.strip_prefix("tcp://").unwrap_or(probe))
    }
}

/// What was known before the run began.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Before {
    /// When this was put down.
    pub as_of: Timestamp,
    /// Facts and both readings.
    pub service: Service,
    /// The judgement.
    pub assessment: Assessment,
    /// Where an earlier incident moved the clients, while they have not left that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clients_moved: Option<ClientsMoved>,
}

/// From which instant the RTO clock runs (S23).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RtoFrom {
    /// From *service down since*.
    #[default]
    DownSince,
    /// From the declaration.
    Declared,
}

/// What must be typed to go on without a durable journal (S25).
pub const WITHOUT_JOURNAL: &str = "WITHOUT JOURNAL";

/// Where a journal is kept (S25).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kept", rename_all = "snake_case")]
pub enum JournalPlace {
    /// In the state folder, durably.
    #[default]
    StateFolder,
    /// In another folder, because the state folder could not be written.
    OtherFolder {
        /// The folder.
        path: String,
    },
    /// Nowhere durable: printed, and to a second file (`WITHOUT JOURNAL` was typed).
    WithoutJournal {
        /// The second file, if it could be made.
        file: Option<String>,
    },
}

impl JournalPlace {
    /// Where, in words.
    pub fn text(&self) -> String {
        match self {
            Self::StateFolder => "the journal is kept in the state folder".to_owned(),
            Self::OtherFolder { path } => format!("the journal is kept in {path}, not in the state folder"),
            Self::WithoutJournal { file: Some(file) } => {
                format!(
                    "WITHOUT JOURNAL: events were only printed, and copied to {file} as long as it could be written"
                )
            }
            Self::WithoutJournal { file: None } => "WITHOUT JOURNAL: events were only printed".to_owned(),
        }
    }

    /// The place as a mark names it that is left where the journal was.
    pub fn mark(&self) -> String {
        match self {
            Self::StateFolder => "the state folder".to_owned(),
            Self::OtherFolder { path } => path.clone(),
            Self::WithoutJournal { file: Some(file) } => file.clone(),
            Self::WithoutJournal { file: None } => "no journal: it was only printed".to_owned(),
        }
    }
}

/// The clock a run is measured by (S17).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ClockFacts {
    /// Whether it is this host's own.
    pub system: bool,
    /// How many times as fast as real time it runs.
    pub speed: f64,
}

/// One member, written as a list of one, so that journals stay readable when there are more.
mod one_in_a_list {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::Member;

    pub(super) fn serialize<S: Serializer>(member: &Member, to: S) -> Result<S::Ok, S::Error> {
        [member].serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Member, D::Error> {
        let [member] = <[Member; 1]>::deserialize(from)
            .map_err(|error| D::Error::custom(format!("a run has one member: {error}")))?;
        Ok(member)
    }
}
