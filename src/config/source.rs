//! `[sources.NAME]`: the kind decides who reads the rest of the table.

use std::time::Duration;

use super::mistake::{Mistake, Mistakes};
use super::node::{Entry, Node, Table, Value};
use super::{SourceConfig, duration, read};
use crate::domain::Role;
use crate::provider::{aiven, pgbackrest};
use crate::secret::SecretRef;

/// The settings of one kind of source. A new kind is one variant and one line in [`read`] and [`KINDS`].
#[derive(Debug, Clone)]
pub enum SourceSettings {
    /// One pgBackRest repository of one stanza.
    PgBackRest(pgbackrest::Settings),
    /// One project of an Aiven account.
    Aiven(aiven::Settings),
}

/// The kinds of sources there are.
pub(crate) const KINDS: [&str; 2] = ["pgbackrest", "aiven"];

impl SourceSettings {
    /// The word of its kind in the config.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::PgBackRest(_) => "pgbackrest",
            Self::Aiven(_) => "aiven",
        }
    }

    /// Where its secrets come from.
    pub fn secrets(&self) -> Vec<&SecretRef> {
        match self {
            Self::PgBackRest(_) => Vec::new(),
            Self::Aiven(settings) => settings.secrets().collect(),
        }
    }

    /// The service's name at this source, for a service of the config.
    pub fn remote<'a>(&'a self, service: &'a str, named: Option<&'a str>) -> &'a str {
        match self {
            Self::PgBackRest(settings) => &settings.stanza,
            Self::Aiven(_) => named.unwrap_or(service),
        }
    }

    /// Where it is read from: the same text means the same place, whatever its name is and by which
    /// credential, limits or deadlines it is read. Holds no secret.
    pub fn place(&self) -> String {
        match self {
            Self::PgBackRest(at) => format!("{:?} {:?} {} {}", at.run, at.program, at.stanza, at.repo),
            Self::Aiven(at) => format!("{} {}", at.url.base(), at.project),
        }
    }

    /// Within what its names stand for one service each, whichever source reads them: a stanza has one name in all
    /// its repositories, a service of a provider has its own in its project.
    pub(crate) fn realm(&self) -> String {
        match self {
            Self::PgBackRest(_) => self.kind().to_owned(),
            Self::Aiven(_) => self.place(),
        }
    }

    /// What tells one copy from every other: two services with the same one are a mistake. A
    /// repository is one copy whatever role it has and however often it is written down.
    pub(crate) fn identity(&self, remote: &str, role: Role) -> String {
        match self {
            Self::PgBackRest(_) => self.place(),
            Self::Aiven(_) => format!("{} {remote} {role:?}", self.place()),
        }
    }
}

/// Keys of every source, whatever its kind.
const TAKEN: [&str; 2] = ["kind", "poll_every"];

pub(super) fn read(name: &str, entry: &Entry, mistakes: &mut Mistakes) -> Option<SourceConfig> {
    let section = format!("[sources.{name}]");
    let mut table = entry.node.table()?.clone();
    let poll_every = poll_every(&mut table, mistakes);
    let Some(kind) = table.remove("kind") else {
        let mistake = Mistake::new(Some(&entry.key_at), format!("{section} lacks `kind`"));
        mistakes.list.push(mistake.help(format!("write `kind = \"..\"`, one of {}", KINDS.join(", "))));
        return None;
    };
    let rest = Node { value: Value::Table(table), at: entry.key_at.clone() };
    let settings = match &kind.node.value {
        Value::Text(word) if word == "pgbackrest" => {
            read::read_rest(&rest, &section, &TAKEN, mistakes).map(SourceSettings::PgBackRest)
        }
        Value::Text(word) if word == "aiven" => {
            read::read_rest(&rest, &section, &TAKEN, mistakes).map(SourceSettings::Aiven)
        }
        Value::Text(word) => {
            let mistake =
                Mistake::new(Some(&kind.node.at), format!("`{word}` is no kind of source, in {section}"));
            mistakes.list.push(mistake.help_nearest(word, &KINDS));
            None
        }
        _ => {
            let mistake = Mistake::new(Some(&kind.node.at), format!("`kind` in {section} is not a text"));
            mistakes.list.push(mistake.help(format!("write one of {}", KINDS.join(", "))));
            None
        }
    };
    let settings = settings?;
    let timeout = match &settings {
        SourceSettings::PgBackRest(settings) => settings.timeout,
        SourceSettings::Aiven(settings) => settings.timeout,
    };
    if let Value::Table(table) = &rest.value
        && let Some(entry) = table.get("timeout")
    {
        at_least("timeout", timeout, LEAST_TIMEOUT, entry, mistakes)?;
    }
    Some(SourceConfig { poll_every, settings })
}

/// No call is answered in less.
const LEAST_TIMEOUT: Duration = Duration::from_secs(1);
/// Whoever asks more often is soon refused by the provider.
const LEAST_POLL: Duration = Duration::from_secs(5);

fn at_least(
    key: &str,
    given: Duration,
    least: Duration,
    entry: &Entry,
    mistakes: &mut Mistakes,
) -> Option<Duration> {
    if given >= least {
        return Some(given);
    }
    let what = format!("`{key}` is too short");
    let least = humantime::format_duration(least);
    mistakes.list.push(Mistake::new(Some(&entry.node.at), what).help(format!("write at least \"{least}\"")));
    None
}

fn poll_every(table: &mut Table, mistakes: &mut Mistakes) -> Option<Duration> {
    let entry = table.remove("poll_every")?;
    let text = match &entry.node.value {
        Value::Text(text) => duration::parse(text),
        _ => Err("not a text; write for example \"30s\"".to_owned()),
    };
    match text {
        Ok(every) => at_least("poll_every", every, LEAST_POLL, &entry, mistakes),
        Err(why) => {
            mistakes.list.push(Mistake::new(Some(&entry.node.at), format!("`poll_every` is {why}")));
            None
        }
    }
}
