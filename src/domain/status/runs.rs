//! What the journals of this host say of a service: its open runs, its open change, and where its clients are.

use serde::{Deserialize, Serialize};

use super::super::{ClientsMoved, OpenChange, OpenRun};
use super::Stamp;

/// One run that is not over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusRun {
    /// Its id.
    pub run: String,
    /// `drill` or `incident`.
    pub kind: String,
    /// When it was opened.
    pub opened_at: Stamp,
    /// `live` while a process drives it, else `interrupted`; `moved` when its journal goes on elsewhere, `parted` when it
    /// went on elsewhere, too.
    pub standing: String,
    /// When its journal was last written.
    pub last_event_at: Option<Stamp>,
    /// The step it stands at, in words.
    pub step: Option<String>,
    /// Whether it waits for a person.
    pub needs_person: bool,
    /// To which instant it restores, once that was agreed to; its loss is counted from there.
    #[serde(default)]
    pub restores_to: Option<Stamp>,
    /// Where its journal goes on.
    pub moved_to: Option<String>,
    /// The folder that it came from, where it went on there, too.
    #[serde(default)]
    pub parted_from: Option<String>,
}

impl From<&OpenRun> for StatusRun {
    fn from(open: &OpenRun) -> Self {
        Self {
            run: open.run.clone(),
            kind: open.kind().to_owned(),
            opened_at: Stamp::down(open.opened_at),
            standing: open.standing().to_owned(),
            last_event_at: open.last_at.map(Stamp::down),
            step: open.step.clone(),
            needs_person: open.needs_person,
            restores_to: open.restores_to.map(Stamp::down),
            moved_to: open.moved_to.clone(),
            parted_from: open.parted_from.clone(),
        }
    }
}

/// A change of where backups are copied to that is not over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusChange {
    /// Whose setting it is: the service, or the fork that its clients use.
    pub of: String,
    /// The region that copies are to go to; `null` = nowhere.
    pub to: Option<String>,
    /// When it was asked for.
    pub since: Stamp,
    /// What was last seen of it, in words.
    pub last_seen: String,
    /// When.
    pub last_seen_at: Stamp,
    /// Whether a process follows it.
    pub followed: bool,
}

impl From<&OpenChange> for StatusChange {
    fn from(open: &OpenChange) -> Self {
        let (at, seen) = &open.last;
        Self {
            of: open.of.clone(),
            to: open.to.clone(),
            since: Stamp::down(open.since),
            last_seen: seen.clone(),
            last_seen_at: Stamp::down(*at),
            followed: open.is_followed,
        }
    }
}

/// The fork that clients of a service use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusFork {
    /// Its name.
    pub fork: String,
    /// The run that moved them.
    pub run: String,
    /// Since when.
    pub since: Stamp,
    /// Where they reach it, `host:port`; `null` where its provider did not tell.
    pub address: Option<String>,
    /// The service that it is watched as here; `null` = nobody watches it here.
    pub watched_as: Option<String>,
    /// Its state as its provider lists it, and when; `null` where that is not told.
    pub listed_state: Option<String>,
    /// When it was listed so.
    pub listed_at: Option<Stamp>,
    /// Whether it has a backup of its own, by the service that it is watched as, else as its run last saw.
    pub own_backup: Option<bool>,
    /// Whether a copy of that lies in another region, by the same.
    pub secondary_copy: Option<bool>,
    /// When that was seen; `null` where nobody looked yet, or when is not known.
    #[serde(default)]
    pub protection_seen_at: Option<Stamp>,
    /// Whether nobody looks any more, or the last look brought nothing: it was so then, and may not be so now.
    #[serde(default)]
    pub protection_stale: bool,
}

impl From<&ClientsMoved> for StatusFork {
    fn from(moved: &ClientsMoved) -> Self {
        let protection = moved.protection.as_ref();
        let (own_backup, secondary_copy, seen_at, stale) = match &moved.shown {
            Some(shown) => (shown.own_backup, shown.secondary_copy, shown.as_of, !shown.is_current),
            None => (
                protection.and_then(|seen| seen.own_backup),
                protection.and_then(|seen| seen.secondary_copy),
                moved.protection_at,
                !moved.is_looked_after || moved.protection_unseen.is_some(),
            ),
        };
        Self {
            fork: moved.fork.clone(),
            run: moved.run.clone(),
            since: Stamp::down(moved.at),
            address: moved.address.as_ref().map(|address| format!("{}:{}", address.host, address.port)),
            watched_as: moved.watched_as.clone(),
            listed_state: moved.listed.as_ref().and_then(|listed| listed.state.clone()),
            listed_at: moved.listed.as_ref().map(|listed| Stamp::down(listed.as_of)),
            own_backup,
            secondary_copy,
            protection_seen_at: seen_at.map(Stamp::down),
            protection_stale: stale,
        }
    }
}
