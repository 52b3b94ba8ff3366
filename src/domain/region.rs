//! Where a provider copies a service's backups to: the words of changing it. A journal can be
//! written in them.

use serde::{Deserialize, Serialize};

use super::Timestamp;

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
