//! What the API says, as it says it: every field may be missing or null, every word may be new, and
//! nothing that holds a credential is ever decoded (S9).

#![expect(clippy::struct_field_names, reason = "the fields carry the names they have on the wire")]

mod backups;
mod decode;
mod error;
mod list;
mod plans;
mod project;
mod report;
mod scalar;
mod service;

#[cfg(test)]
pub(super) use backups::Pitr;
pub(super) use backups::{Backup, Backups, PitrRange};
pub(super) use decode::{BadJson, decode};
pub(super) use error::ErrorBody;
#[cfg(test)]
pub(super) use list::entries;
pub(super) use list::{Cutter, Entry, Listed, check_frame, services};
pub(super) use plans::{BackupConfig, Offer, Plans, Price};
pub(super) use project::{Clouds, Event, Events, Vpc, Vpcs, first_part};
pub(super) use report::Report;
use scalar::instant;
pub(super) use service::{NodeState, ProgressUpdate, Service, ServiceAnswer};
