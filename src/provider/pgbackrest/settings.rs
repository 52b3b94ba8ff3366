//! What the config says of one pgBackRest repository: the source's table without `kind`.

use std::ops::RangeInclusive;
use std::time::Duration;

use serde::{Deserialize, Deserializer};

use super::wal;

/// One repository of one stanza, read by commands on a host that can reach it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Words put before every command (`["ssh", "backup-east"]`); empty = run here, as we are.
    #[serde(default)]
    pub run: Vec<String>,
    /// The program and options given to every call.
    #[serde(default = "default_program")]
    pub program: Vec<String>,
    /// The stanza: the service's name at this source.
    pub stanza: String,
    /// The repository's number in that host's configuration.
    #[serde(default = "default_repo")]
    pub repo: u32,
    /// `--io-timeout` of the calls that read. A dead object store takes about four times as long.
    #[serde(default = "default_io_timeout", deserialize_with = "duration")]
    pub io_timeout: Duration,
    /// Longest real time of one call that reads.
    #[serde(default = "default_timeout", deserialize_with = "duration")]
    pub timeout: Duration,
    /// Bytes of one WAL segment, where it is not 16 MiB and cannot be told from the backups.
    #[serde(default, deserialize_with = "segment_size")]
    pub wal_segment_size: Option<u64>,
    /// How often a backup is made; absent = as observed, where it matters (S7).
    #[serde(default, deserialize_with = "some_duration")]
    pub backup_every: Option<Duration>,
    /// The server that writes this log, asked how far it is; absent = an idle primary cannot be told from
    /// a stalled copy (S6).
    #[serde(default)]
    pub server: Option<Box<ServerSettings>>,
    /// Where forks are made; absent = this source can never fork (S18).
    #[serde(default)]
    pub fork: Option<ForkSettings>,
}

/// How the server is asked that writes the log: by `psql`, without a password.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerSettings {
    /// Words put before every command, to run as the account that owns the server's data; absent = as for
    /// the repository.
    #[serde(default)]
    pub run: Option<Vec<String>>,
    /// Its host, or the folder of its socket; absent = as `psql` finds it.
    #[serde(default)]
    pub host: Option<String>,
    /// Its port.
    #[serde(default = "default_port")]
    pub port: u16,
    /// Role that it is asked with.
    #[serde(default = "default_role")]
    pub user: String,
    /// Database that it is asked in.
    #[serde(default = "default_role")]
    pub database: String,
    /// Folder of `psql` and `pg_waldump`; absent = found by version, then on the path.
    #[serde(default)]
    pub pg_bin: Option<String>,
}

/// Where and how forks are made.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForkSettings {
    /// Words put before every command on the fork's host; empty = run here, as we are.
    #[serde(default)]
    pub run: Vec<String>,
    /// Folder that holds the forks, each in a folder of its own; must exist or be creatable.
    #[serde(deserialize_with = "directory")]
    pub directory: String,
    /// Ports that forks may listen on.
    #[serde(default)]
    pub ports: Ports,
    /// Folder of `pg_ctl`, `postgres`, `psql` and `pg_waldump`; absent = found by version, then on the path.
    #[serde(default)]
    pub pg_bin: Option<String>,
    /// Processes of a restore.
    #[serde(default)]
    pub process_max: Option<u32>,
    /// Role that the fork is asked with, over its own socket and without a password.
    #[serde(default = "default_role")]
    pub user: String,
    /// Database that the fork is asked in.
    #[serde(default = "default_role")]
    pub database: String,
}

/// A range of ports, both ends included, written `25440-25449`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ports(pub RangeInclusive<u16>);

impl Default for Ports {
    fn default() -> Self {
        Self(25_440..=25_449)
    }
}

impl<'de> Deserialize<'de> for Ports {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let (first, last) = text.split_once('-').unwrap_or((&text, &text));
        match (first.trim().parse::<u16>(), last.trim().parse::<u16>()) {
            (Ok(first), Ok(last)) if (1..=last).contains(&first) => Ok(Self(first..=last)),
            _ => Err(serde::de::Error::custom(format!("`{text}` is no range of ports like 25440-25449"))),
        }
    }
}

impl Settings {
    /// Where PostgreSQL's programs are, where that is known.
    pub fn pg_bin(&self) -> Option<&str> {
        let of_fork = self.fork.as_ref().and_then(|fork| fork.pg_bin.as_deref());
        of_fork.or_else(|| self.server.as_ref()?.pg_bin.as_deref())
    }

    /// Whether every command runs on this host, so that a restored server is on its loopback.
    pub fn is_local(&self) -> bool {
        let here = |run: &[String]| !crate::process::Prefix::new(run).is_ssh();
        here(&self.run) && self.fork.as_ref().is_none_or(|fork| here(&fork.run))
    }
}

fn default_program() -> Vec<String> {
    vec!["pgbackrest".to_owned()]
}

fn default_role() -> String {
    "postgres".to_owned()
}

const fn default_port() -> u16 {
    5432
}

const fn default_repo() -> u32 {
    1
}

const fn default_io_timeout() -> Duration {
    Duration::from_secs(2)
}

const fn default_timeout() -> Duration {
    Duration::from_secs(15)
}

fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    match humantime::parse_duration(&text) {
        Ok(duration) if !duration.is_zero() => Ok(duration),
        _ => Err(serde::de::Error::custom(format!("`{text}` is no length of time like 10s or 2m"))),
    }
}

fn some_duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    duration(deserializer).map(Some)
}

/// The folder of all forks without a slash at its end.
///
/// # Errors
/// A sentence when it could lead anywhere else.
pub(super) fn forks_folder(text: &str) -> Result<&str, String> {
    let base = text.trim_end_matches('/');
    let leads_away = base.contains("/../") || base.ends_with("/..") || base.contains(['\n', '\0']);
    if base.starts_with('/') && !leads_away {
        return Ok(base);
    }
    Err(format!("`{text}` is no absolute path without `..`, like /var/lib/postgresql/lifeboat"))
}

fn directory<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    match forks_folder(&text) {
        Ok(_) => Ok(text),
        Err(why) => Err(serde::de::Error::custom(why)),
    }
}

fn segment_size<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    match u64::deserialize(deserializer)? {
        size if wal::is_segment_size(size) => Ok(Some(size)),
        size => Err(serde::de::Error::custom(format!(
            "`{size}` is no size of a WAL segment: bytes, a power of two from 1048576 (1 MiB) to 1073741824 (1 GiB)"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shortest_table_has_defaults() {
        let settings: Settings = toml::from_str("stanza = 'orders'").unwrap();
        assert_eq!(settings.program, ["pgbackrest"]);
        assert_eq!((settings.repo, settings.io_timeout), (1, Duration::from_secs(2)));
        assert!(settings.fork.is_none());
    }

    #[test]
    fn a_whole_table_is_read() {
        let settings: Settings = toml::from_str(
            r#"
            run = ["ssh", "backup-east"]
            program = ["pgbackrest", "--config=/etc/pgbackrest/pgbackrest.conf"]
            stanza = "orders"
            repo = 2
            timeout = "20s"
            backup_every = "1d"
            [server]
            run = ["ssh", "postgres@db-1"]
            host = "/run/postgresql"
            [fork]
            run = ["ssh", "postgres@dr-1"]
            directory = "/var/lib/postgresql/lifeboat"
            ports = "25440-25441"
            pg_bin = "/usr/lib/postgresql/15/bin"
            "#,
        )
        .unwrap();
        let server = settings.server.unwrap();
        assert_eq!(settings.backup_every, Some(Duration::from_hours(24)));
        assert_eq!((server.port, server.user.as_str()), (5432, "postgres"));
        assert_eq!(settings.fork.unwrap().ports, Ports(25_440..=25_441));
    }

    #[test]
    fn mistakes_are_named() {
        for (table, word) in [
            ("stanza = 'a'\nrepos = 2", "repos"),
            ("stanza = 'a'\ntimeout = '0s'", "0s"),
            ("stanza = 'a'\n[fork]\ndirectory = '/f'\nports = '9-3'", "9-3"),
            ("stanza = 'a'\n[fork]\ndirectory = 'forks'", "no absolute path"),
            ("stanza = 'a'\n[fork]\ndirectory = '/srv/../etc'", "no absolute path"),
            ("stanza = 'a'\nwal_segment_size = 16", "`16` is no size"),
            ("stanza = 'a'\nwal_segment_size = 3145728", "power of two"),
            ("stanza = 'a'\n[server]\npassword = 'x'", "password"),
            ("repo = 1", "stanza"),
        ] {
            let error = toml::from_str::<Settings>(table).unwrap_err().to_string();
            assert!(error.contains(word), "{table}: {error}");
        }
    }
}
