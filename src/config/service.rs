//! `[services.NAME]`: where the copies of a service are, what is promised for it, what its fork must answer.

use serde::Deserialize;

use super::mistake::{Mistake, Mistakes};
use super::node::{Entry, Node, Place, Value};
use super::{CopyConfig, Probe, ServiceConfig, read};
use crate::domain::{Check, CheckKind, Expectation};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawService {
    #[serde(default)]
    tier: Option<u8>,
    #[serde(default)]
    owner: Option<String>,
    #[serde(default)]
    probe: Option<Probe>,
    /// One source that knows both copies.
    #[serde(default)]
    source: Option<String>,
    /// The service's name there, when it is not the one on the board.
    #[serde(default)]
    service: Option<String>,
    #[serde(default)]
    primary: Option<RawCopy>,
    #[serde(default)]
    secondary: Option<RawCopy>,
    #[serde(default)]
    checks: Vec<RawCheck>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCopy {
    source: String,
    #[serde(default)]
    service: Option<String>,
    #[serde(default)]
    region: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCheck {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    sql: Option<String>,
    #[serde(default)]
    command: Option<Vec<String>>,
    #[serde(default)]
    http: Option<String>,
    #[serde(default)]
    pointer: Option<String>,
    #[serde(default)]
    expect: Option<RawExpect>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum RawExpect {
    NewestRow(bool),
    AtLeast(f64),
    AtMost(f64),
    Equals(Scalar),
    Contains(String),
}

/// What a result is compared with: people write numbers without quotes.
struct Scalar(String);

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Scalar;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a text, a number, or true or false")
            }

            fn visit_str<E>(self, text: &str) -> Result<Scalar, E> {
                Ok(Scalar(text.to_owned()))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Scalar, E> {
                Ok(Scalar(number.to_string()))
            }

            fn visit_f64<E>(self, number: f64) -> Result<Scalar, E> {
                Ok(Scalar(number.to_string()))
            }

            fn visit_bool<E>(self, yes: bool) -> Result<Scalar, E> {
                Ok(Scalar(yes.to_string()))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

impl<'de> Deserialize<'de> for Probe {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl std::str::FromStr for Probe {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no probe; write `tcp://host:port`");
        let (host, port) =
            text.strip_prefix("tcp://").and_then(|rest| rest.rsplit_once(':')).ok_or_else(wrong)?;
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let port = port.parse::<u16>().ok().filter(|port| *port > 0).ok_or_else(wrong)?;
        match bare.unwrap_or(host) {
            "" => Err(wrong()),
            host if bare.is_none() && host.contains([':', '/', '@', ' ']) => Err(wrong()),
            host => Ok(Self { host: host.to_owned(), port }),
        }
    }
}

pub(super) fn read(name: &str, entry: &Entry, mistakes: &mut Mistakes) -> Option<ServiceConfig> {
    let section = format!("[services.{name}]");
    let node = Node { value: entry.node.value.clone(), at: entry.key_at.clone() };
    let raw: RawService = read::read_into(&node, &section, mistakes)?;
    let checks = checks(&raw.checks, &node, &section, mistakes);
    let (primary, secondary) = copies(&raw, &section, &entry.key_at, mistakes)?;
    Some(ServiceConfig { tier: raw.tier, owner: raw.owner, probe: raw.probe, primary, secondary, checks })
}

type Copies = (Option<CopyConfig>, Option<CopyConfig>);

fn copies(raw: &RawService, section: &str, at: &Place, mistakes: &mut Mistakes) -> Option<Copies> {
    let apart = raw.primary.is_some() || raw.secondary.is_some();
    let copy = |raw: &RawCopy| CopyConfig {
        source: raw.source.clone(),
        remote: raw.service.clone(),
        region: raw.region.clone(),
    };
    match &raw.source {
        Some(_) if apart => {
            let mistake =
                Mistake::new(Some(at), format!("{section} has `source` beside `primary` or `secondary`"));
            mistakes
                .list
                .push(mistake.help("`source` means that one source knows both copies: keep one way"));
            None
        }
        Some(source) => {
            let both = CopyConfig { source: source.clone(), remote: raw.service.clone(), region: None };
            Some((Some(both.clone()), Some(both)))
        }
        None if raw.service.is_some() => {
            let mistake = Mistake::new(Some(at), format!("{section} has `service` without `source`"));
            mistakes.list.push(mistake.help("`service` is its name at a `source`; write both"));
            None
        }
        None if apart => Some((raw.primary.as_ref().map(copy), raw.secondary.as_ref().map(copy))),
        None => {
            let mistake = Mistake::new(Some(at), format!("{section} names no source"));
            mistakes.list.push(mistake.help(
                "write `primary = { source = \"..\", region = \"..\" }` and `secondary = { .. }`, \
                 or `source = \"..\"` when one source knows both copies",
            ));
            None
        }
    }
}

fn checks(raw: &[RawCheck], service: &Node, section: &str, mistakes: &mut Mistakes) -> Vec<Check> {
    let mut all: Vec<Check> = Vec::new();
    for (index, check) in raw.iter().enumerate() {
        let at = check_place(service, index);
        match one_check(check, index) {
            Ok(check) if all.iter().any(|other| other.name == check.name) => {
                let what = format!("two checks of {section} are called `{}`", check.name);
                mistakes.list.push(Mistake::new(at, what).help("give each a `name` of its own"));
            }
            Ok(check) => all.push(check),
            Err(what) => {
                mistakes.list.push(Mistake::new(at, format!("check {} of {section} {what}", index + 1)));
            }
        }
    }
    all
}

fn check_place(service: &Node, index: usize) -> Option<&Place> {
    match &service.table()?.get("checks")?.node.value {
        Value::List(items) => items.get(index).map(|item| &item.at),
        _ => None,
    }
}

fn one_check(raw: &RawCheck, index: usize) -> Result<Check, String> {
    let (word, kind) = match (&raw.sql, &raw.command, &raw.http) {
        (Some(query), None, None) => ("sql", CheckKind::Sql { query: query.clone() }),
        (None, Some(argv), None) if !argv.is_empty() => {
            ("command", CheckKind::Command { argv: argv.clone() })
        }
        (None, Some(_), None) => return Err("has an empty `command`".to_owned()),
        (None, None, Some(url)) if holds_credentials(url) => {
            return Err(
                "has a user or password in its `http` address; journals and reports show it".to_owned()
            );
        }
        (None, None, Some(url)) => {
            ("http", CheckKind::Http { url: url.clone(), pointer: raw.pointer.clone() })
        }
        _ => return Err("must have exactly one of `sql`, `command`, `http`".to_owned()),
    };
    if raw.pointer.is_some() && word != "http" {
        return Err("has `pointer`, which belongs to `http`".to_owned());
    }
    let name = raw.name.clone().unwrap_or_else(|| format!("{word}-{}", index + 1));
    Ok(Check { name, kind, expect: raw.expect.as_ref().map(expectation).transpose()? })
}

/// `http://user:password@host/..`
fn holds_credentials(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().is_some_and(|authority| authority.contains('@'))
}

fn expectation(raw: &RawExpect) -> Result<Expectation, String> {
    Ok(match raw {
        RawExpect::NewestRow(true) => Expectation::NewestRow,
        RawExpect::NewestRow(false) => return Err("has `newest_row = false`, which says nothing".to_owned()),
        RawExpect::AtLeast(number) => Expectation::AtLeast(*number),
        RawExpect::AtMost(number) => Expectation::AtMost(*number),
        RawExpect::Equals(text) => Expectation::Equals(text.0.clone()),
        RawExpect::Contains(text) if text.is_empty() => {
            return Err("has `contains = \"\"`, which any answer holds, even none; write a text that a good answer holds".to_owned());
        }
        RawExpect::Contains(text) => Expectation::Contains(text.clone()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_a_check_holds_no_credentials() {
        let check = |url: &str| {
            let raw = RawCheck {
                name: None,
                sql: None,
                command: None,
                http: Some(url.to_owned()),
                pointer: None,
                expect: None,
            };
            one_check(&raw, 0)
        };
        let refused = check("https://anna:s3cret@{host}/health").unwrap_err();
        assert!(refused.contains("password") && !refused.contains("s3cret"), "{refused}");
        assert!(check("https://{host}:{port}/health?to=a@b").is_ok());
    }

    #[test]
    fn a_probe_is_a_host_and_a_port() {
        let probe = |text: &str| text.parse::<Probe>();
        assert_eq!(probe("tcp://db.example:5432").unwrap().to_string(), "tcp://db.example:5432");
        assert_eq!(probe("tcp://[::1]:5432").unwrap().host, "::1");
        for wrong in
            ["db:5432", "tcp://db", "tcp://db:0", "tcp://:1", "tcp://u@h:1", "tcp://a/b:1", "tcp://db:99999"]
        {
            assert!(probe(wrong).unwrap_err().contains("tcp://host:port"), "{wrong}");
        }
    }
}
