//! Who made an event (S26), and one stored line of the journal (S31).

use serde::{Deserialize, Serialize};

use super::Event;
use crate::domain::Timestamp;

/// Who stands behind an event, with the identities the system knows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Author {
    /// The name the person gave.
    pub name: Option<String>,
    /// The account on this host.
    pub os_user: String,
    /// The account that called `sudo`, if one did.
    pub sudo_from: Option<String>,
    /// Where the SSH session comes from, if it is one: an address.
    pub ssh_from: Option<String>,
    /// This host.
    pub host: String,
    /// Version of lifeboat.
    pub version: String,
}

impl Author {
    /// As a person reads it: `anna@jump2`.
    pub fn shown(&self) -> String {
        let who = self.name.as_deref().or(self.sudo_from.as_deref()).unwrap_or(&self.os_user);
        format!("{who}@{}", self.host)
    }
}

/// One event as it is stored: one JSON line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Place in the run's journal, from 1.
    pub seq: u64,
    /// When, by the run's clock.
    pub at: Timestamp,
    /// Who.
    pub author: Author,
    /// SHA-256 (hex) of the previous line's bytes without its newline; `None` for the first.
    pub prev: Option<String>,
    /// What.
    pub event: Event,
}
