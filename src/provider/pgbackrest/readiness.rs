//! What was found on the fork's host before a fork, as readiness items. Pure.

use std::ops::RangeInclusive;

use crate::domain::words;
use crate::provider::{ForkPoint, ForkRequest, ReadinessItem, ReadinessState};

use super::failure;
use super::info::{self, RepoView};
use super::progress;
use super::settings::Settings;

/// Log needs room beside the restored data; a tenth, at least ten segments.
const LEAST_ROOM_FOR_LOG: u64 = 160 << 20;

/// One check.
pub fn item(check: &str, state: ReadinessState, text: String) -> ReadinessItem {
    ReadinessItem { check: check.to_owned(), state, text, host: None }
}

/// One check that failed.
pub fn failed(check: &str, text: String) -> ReadinessItem {
    item(check, ReadinessState::Fail, text)
}

/// The names of all checks, in the order of [`items`].
pub const NAMES: [&str; 8] =
    ["fork_host", "account", "fork_name", "fork_folder", "disk_space", "port", "repository", "postgresql"];

/// What the script says of something, in a line of its own.
pub(super) fn said_of<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    text.lines().find_map(|line| line.strip_prefix(word)?.strip_prefix(' ')).map(str::trim)
}

/// Reads the answer of the check script: lines of a word and its value.
pub fn items(settings: &Settings, request: &ForkRequest, text: &str) -> Vec<ReadinessItem> {
    let said = |word: &str| said_of(text, word);
    let mut items = vec![
        ReadinessItem {
            host: said("host").map(str::to_owned),
            ..item("fork_host", ReadinessState::Pass, "the fork's host runs our commands".to_owned())
        },
        account(said("uid"), ["setsid", "flock"].into_iter().find(|tool| said(tool).is_none())),
        name(text, request),
        folder(said("writable"), said("closed"), said("lockless")),
        room(said("free").and_then(|bytes| bytes.parse().ok()), &request.point),
        settings.fork.as_ref().map_or_else(no_ports, |fork| ports(&fork.ports.0, text)),
    ];
    let (repository, version) = repository(settings, said("info").unwrap_or_default());
    items.push(repository);
    items.push(programs(text, version.as_deref()));
    items
}

pub(super) fn account(uid: Option<&str>, missing: Option<&str>) -> ReadinessItem {
    match (uid, missing) {
        (Some("0"), _) => failed(
            "account",
            "PostgreSQL refuses to run as root: let `run` of the fork table change the account".to_owned(),
        ),
        (_, Some(tool)) => failed("account", format!("{tool} (util-linux) is not on the fork's host")),
        (uid, _) => item("account", ReadinessState::Pass, format!("runs as uid {}", uid.unwrap_or("?"))),
    }
}

fn name(text: &str, request: &ForkRequest) -> ReadinessItem {
    let foreign =
        text.lines().find_map(|line| line.strip_prefix("foreign ").or_else(|| line.strip_prefix("unclear ")));
    match foreign {
        Some(what) => failed("fork_name", what.to_owned()),
        None if text.lines().any(|line| line == "mine") => item(
            "fork_name",
            ReadinessState::Warn,
            format!("{} exists and is ours: it would be taken up again", request.name),
        ),
        None => item("fork_name", ReadinessState::Pass, format!("{} is free", request.name)),
    }
}

fn folder(writable: Option<&str>, closed: Option<&str>, lockless: Option<&str>) -> ReadinessItem {
    match (writable, closed) {
        _ if lockless.is_some() => failed(
            "fork_folder",
            format!(
                "{} refuses locks, which keep two starts of a fork apart: let `directory` of the fork table lie on \
                 another file system",
                lockless.unwrap_or_default()
            ),
        ),
        (Some(folder), _) => item("fork_folder", ReadinessState::Pass, format!("{folder} can be written")),
        (None, Some(folder)) => failed("fork_folder", format!("{folder} cannot be written by this account")),
        (None, None) => {
            item("fork_folder", ReadinessState::NotVerified, "the fork's folder was not looked at".to_owned())
        }
    }
}

fn room(free: Option<u64>, point: &ForkPoint) -> ReadinessItem {
    match (free, point.size_bytes) {
        (Some(free), Some(size)) => {
            let needs = size.saturating_add((size / 10).max(LEAST_ROOM_FOR_LOG));
            // What is replayed may all be new data, and may all be changes of the old.
            let log = progress::log_to_replay(point).map_or(0, |(from, to)| to - from);
            let text = format!("{} free, data and log need {}", words::bytes(free), words::bytes(needs));
            if free < needs {
                failed("disk_space", text)
            } else if free < needs.saturating_add(log) {
                let text =
                    format!("{text}, and up to {} more with the log that is replayed", words::bytes(log));
                item("disk_space", ReadinessState::Warn, text)
            } else {
                item("disk_space", ReadinessState::Pass, text)
            }
        }
        (Some(free), None) => item(
            "disk_space",
            ReadinessState::NotVerified,
            format!("{} free, the backup's size is not known", words::bytes(free)),
        ),
        (None, _) => item("disk_space", ReadinessState::NotVerified, "free space was not told".to_owned()),
    }
}

fn no_ports() -> ReadinessItem {
    item("port", ReadinessState::NotVerified, "ports were not looked at".to_owned())
}

/// How many ports of a range are free, and whether they stay so.
pub(super) fn ports(range: &RangeInclusive<u16>, text: &str) -> ReadinessItem {
    let (first, last) = (range.start(), range.end());
    let outgoing = said_of(text, "outgoing").unwrap_or_default();
    let reserved = said_of(text, "reserved").unwrap_or_default();
    let free: Option<u32> = said_of(text, "ports").and_then(|count| count.parse().ok());
    match (free, given_away(range.clone(), outgoing, reserved)) {
        (Some(0), _) => failed(
            "port",
            format!(
                "no port from {first} to {last} is free: widen `ports` of the fork table, or end what has them"
            ),
        ),
        (Some(count), None) => {
            item("port", ReadinessState::Pass, format!("{count} of ports {first} to {last} are free"))
        }
        (Some(count), Some(outgoing)) => item(
            "port",
            ReadinessState::Warn,
            format!(
                "{count} of ports {first} to {last} are free, but that host gives any of {outgoing} to outgoing \
                 connections: let `ports` of the fork table lie outside of them, or keep these back in \
                 net.ipv4.ip_local_reserved_ports"
            ),
        ),
        (None, _) => no_ports(),
    }
}

/// The numbers that the host gives to outgoing connections, where they take in any of ours.
fn given_away(ours: RangeInclusive<u16>, outgoing: &str, reserved: &str) -> Option<String> {
    let mut bounds = outgoing.split_whitespace().map(str::parse::<u16>);
    let (first, last) = (bounds.next()?.ok()?, bounds.next()?.ok()?);
    let kept_back: Vec<RangeInclusive<u16>> = reserved
        .split(',')
        .filter_map(|part| {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            Some(first.trim().parse().ok()?..=last.trim().parse().ok()?)
        })
        .collect();
    let is_given =
        |port: u16| (first..=last).contains(&port) && !kept_back.iter().any(|range| range.contains(&port));
    ours.into_iter().any(is_given).then(|| format!("{first} to {last}"))
}

/// The repository as the fork's host sees it, and PostgreSQL's version in it.
fn repository(settings: &Settings, said: &str) -> (ReadinessItem, Option<String>) {
    let (code, answer) = said.split_once(' ').unwrap_or((said, ""));
    let code = code.parse().unwrap_or(-1);
    if code != 0 {
        return (failed("repository", failure::meaning(code, answer).text), None);
    }
    match info::decode(answer.as_bytes()) {
        Err(error) => (failed("repository", error.to_string()), None),
        Ok(info) => match info.repo(&settings.stanza, settings.repo) {
            RepoView::Unread { why, .. } => (failed("repository", why), None),
            RepoView::Read { history, .. } => {
                let text = format!(
                    "repo{} of `{}` is readable from the fork's host",
                    settings.repo, settings.stanza
                );
                (item("repository", ReadinessState::Pass, text), history.version.clone())
            }
        },
    }
}

fn programs(text: &str, version: Option<&str>) -> ReadinessItem {
    // `pg postgres (PostgreSQL) 15.18 (Debian ..) /usr/lib/postgresql/15/bin`
    let found: Vec<(&str, &str)> = text
        .lines()
        .filter_map(|line| line.strip_prefix("pg postgres (PostgreSQL) "))
        .filter_map(|line| Some((line.split([' ', '.']).next()?, line.rsplit(' ').next()?)))
        .collect();
    let Some(version) = version else {
        return item(
            "postgresql",
            ReadinessState::NotVerified,
            "the needed version of PostgreSQL is not known".to_owned(),
        );
    };
    match found.iter().find(|(major, _)| *major == version) {
        Some((_, folder)) => {
            item("postgresql", ReadinessState::Pass, format!("PostgreSQL {version} is in {folder}"))
        }
        None if found.is_empty() => failed(
            "postgresql",
            format!("PostgreSQL {version} was not found on the fork's host; set `pg_bin`"),
        ),
        None => {
            let there: Vec<_> = found.iter().map(|(major, _)| *major).collect();
            failed(
                "postgresql",
                format!("the backups need PostgreSQL {version}; the fork's host has {}", there.join(", ")),
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Edge, Role, Target};
    use crate::provider::PointHow;

    const GOOD: &str = "uid 104\nhost dr-1/0a1b2c3d\nabsent\nwritable /srv\nfree 9000000000\noutgoing 32768\t60999\nreserved \nports 10\nsetsid yes\nflock yes\n\
        pg postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1) /usr/lib/postgresql/15/bin\ninfo 0 INFO\n";

    fn states(text: &str) -> Vec<(String, ReadinessState)> {
        found(text).into_iter().map(|item| (item.check, item.state)).collect()
    }

    fn found(text: &str) -> Vec<ReadinessItem> {
        let settings: Settings =
            toml::from_str("stanza = 'shop'\nrepo = 2\n[fork]\ndirectory = '/srv'").unwrap();
        let request = ForkRequest {
            run: "drill-a".to_owned(),
            attempt: 1,
            drill: true,
            remote: "shop".to_owned(),
            name: "drill-shop-a".to_owned(),
            region: None,
            host: None,
            point: ForkPoint {
                target: Target::Newest,
                role: Role::Secondary,
                promised: chrono::DateTime::UNIX_EPOCH,
                promised_is: Edge::Exact,
                commit: None,
                backup: None,
                log_from: Some("0/6000050".to_owned()),
                size_bytes: Some(1 << 30),
                how: PointHow::Lsn { lsn: "0/86000050".to_owned(), timeline: 1 },
                note: None,
                last_known: None,
            },
        };
        let info = String::from_utf8(super::super::fixtures::capture("12-s3-encrypted")).unwrap();
        items(&settings, &request, &text.replace("INFO", info.trim()))
    }

    #[test]
    fn r31_a_dry_run_lists_every_check_of_a_run() {
        let checks: Vec<String> = states(GOOD).into_iter().map(|(check, _)| check).collect();
        assert_eq!(checks, NAMES);
    }

    #[test]
    fn a_good_host_passes_everything() {
        for (check, state) in states(GOOD) {
            assert_eq!(state, ReadinessState::Pass, "{check}");
        }
    }

    #[test]
    fn r34_the_host_is_put_on_record() {
        let host = |text| found(text).into_iter().find_map(|item| item.host);
        assert_eq!(host(GOOD).as_deref(), Some("dr-1/0a1b2c3d"));
        assert_eq!(host("uid 104\n"), None);
    }

    #[test]
    fn ports_that_the_host_gives_away_are_told_unless_it_keeps_them_back() {
        let given = |ours, outgoing, reserved| given_away(ours, outgoing, reserved).is_some();
        for (ours, outgoing, reserved, expected) in [
            (25_440..=25_449, "32768\t60999", "", false),
            (32_760..=32_768, "32768\t60999", "", true),
            (60_999..=61_005, "32768\t60999", "", true),
            (61_000..=65_535, "32768\t60999", "", false),
            (55_440..=55_449, "32768\t60999", "8080,55440-55449", false),
            (55_440..=55_449, "32768\t60999", "55440-55448", true),
            (55_440..=55_449, "", "", false),
        ] {
            assert_eq!(given(ours.clone(), outgoing, reserved), expected, "{ours:?} {outgoing} {reserved}");
        }
    }

    #[test]
    fn each_trouble_is_found() {
        for (from, to, check, state) in [
            ("uid 104", "uid 0", "account", ReadinessState::Fail),
            ("setsid yes", "", "account", ReadinessState::Fail),
            ("flock yes", "", "account", ReadinessState::Fail),
            (
                "absent",
                "foreign /srv/drill-shop-a exists without a mark of ours",
                "fork_name",
                ReadinessState::Fail,
            ),
            ("absent", "mine", "fork_name", ReadinessState::Warn),
            ("writable /srv", "closed /srv", "fork_folder", ReadinessState::Fail),
            ("absent", "absent\nlockless /srv", "fork_folder", ReadinessState::Fail),
            ("free 9000000000", "free 1100000000", "disk_space", ReadinessState::Fail),
            ("free 9000000000", "free 2200000000", "disk_space", ReadinessState::Warn),
            ("free 9000000000", "free ?", "disk_space", ReadinessState::NotVerified),
            ("ports 10", "ports 0", "port", ReadinessState::Fail),
            ("32768\t60999", "20000\t60999", "port", ReadinessState::Warn),
            ("15.18 (", "16.2 (", "postgresql", ReadinessState::Fail),
            ("info 0 INFO", "info 127 sh: pgbackrest: not found", "repository", ReadinessState::Fail),
            ("info 0 INFO", "info 0 []", "repository", ReadinessState::Fail),
        ] {
            let found = states(&GOOD.replace(from, to));
            assert!(found.contains(&(check.to_owned(), state)), "{to}: {found:?}");
        }
    }
}
