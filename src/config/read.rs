//! From the merged tree to a [`Config`]: every section is read apart, so that several mistakes are
//! shown at once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde::de::DeserializeOwned;

use super::de::{DeError, Fault};
use super::load::{Env, usual_state_dir};
use super::mistake::{Mistake, Mistakes};
use super::node::{Entry, Node, Step, Table, Value};
use super::themes::Themes;
use super::{Config, Discover, Tier, cross, service, source};
use crate::domain::nearest::nearest;
use crate::runbook::RtoFrom;

const TOP: [&str; 12] = [
    "fleet",
    "state_dir",
    "theme",
    "palette",
    "mouse",
    "rto_from",
    "arming",
    "criteria",
    "tiers",
    "sources",
    "services",
    "discover",
];

/// As many mistakes of one table are shown at most.
const MAX_MISTAKES: usize = 20;

#[derive(serde::Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Arming {
    #[serde(default)]
    allow: bool,
}

pub(super) fn config(root: &Node, env: Env<'_>, mistakes: &mut Mistakes) -> Option<Config> {
    let top = root.table()?;
    for (key, entry) in top.iter().filter(|(key, _)| !TOP.contains(&key.as_str())) {
        let what = format!("unknown key `{key}` at the top of the config");
        mistakes.list.push(Mistake::new(Some(&entry.key_at), what).help_nearest(key, &TOP));
    }
    let arming: Arming = section(top, "arming", mistakes).unwrap_or_default();
    let tiers = tiers(top, mistakes);
    let sources = each(top, "sources", mistakes, source::read);
    let services = each(top, "services", mistakes, service::read);
    let discover: BTreeMap<String, Discover> = each(top, "discover", mistakes, |name, entry, mistakes| {
        read_into(&entry.node, &format!("[discover.{name}]"), mistakes)
    });
    let config = Config {
        fleet: value(top, "fleet", mistakes).unwrap_or_else(|| "fleet".to_owned()),
        state_dir: state_dir(top, env, mistakes)?,
        theme: of_looks(mistakes, |mistakes| theme(top, env, mistakes)),
        palette: of_looks(mistakes, |mistakes| value(top, "palette", mistakes)),
        mouse: of_looks(mistakes, |mistakes| value(top, "mouse", mistakes)).unwrap_or(false),
        arming_allowed: arming.allow,
        rto_from: value(top, "rto_from", mistakes).unwrap_or(RtoFrom::DownSince),
        criteria: section(top, "criteria", mistakes).unwrap_or_default(),
        tiers,
        sources,
        services,
        discover,
        left_out: Mistakes::default(),
    };
    cross::check(&config, top, mistakes);
    Some(config)
}

/// A theme that there is, and that can be used.
fn theme(top: &Table, env: Env<'_>, mistakes: &mut Mistakes) -> Option<String> {
    let name: String = value(top, "theme", mistakes)?;
    let themes = Themes::find(env);
    let at = top.get("theme").map(|entry| &entry.node.at);
    let mistake = match themes.get(&name).map(|named| &named.theme) {
        Some(Ok(_)) => return Some(name),
        Some(Err(wrong)) => Mistake::new(at, format!("theme `{name}` cannot be used: {}", wrong.one_line())),
        None => themes.unknown(&name, at),
    };
    mistakes.list.push(mistake);
    None
}

/// Reads how it is to look: what is wrong there is warned about, and the usual is taken.
fn of_looks<T>(mistakes: &mut Mistakes, read: impl FnOnce(&mut Mistakes) -> Option<T>) -> Option<T> {
    let before = mistakes.list.len();
    let looks = read(mistakes);
    for mistake in mistakes.list.iter_mut().skip(before) {
        mistake.warns = true;
    }
    looks
}

fn state_dir(top: &Table, env: Env<'_>, mistakes: &mut Mistakes) -> Option<PathBuf> {
    if let Some(entry) = top.get("state_dir") {
        let folder: PathBuf = read_into(&entry.node, "the top of the config", mistakes)?;
        if folder.starts_with("~") {
            let at = Some(&entry.node.at);
            mistakes
                .list
                .push(Mistake::new(at, "`~` is not understood in `state_dir`").help("write the whole path"));
        }
        return Some(folder);
    }
    let folder = usual_state_dir(env);
    if folder.is_none() {
        let mistake = Mistake::new(None, "no state folder: neither HOME nor XDG_STATE_HOME is set");
        mistakes.list.push(mistake.help("write `state_dir = \"/var/lib/lifeboat\"` or give --state-dir"));
    }
    folder
}

fn tiers(top: &Table, mistakes: &mut Mistakes) -> BTreeMap<u8, Tier> {
    let named: BTreeMap<String, Tier> = each(top, "tiers", mistakes, |name, entry, mistakes| {
        if name.parse::<u8>().is_err() {
            let mistake = Mistake::new(Some(&entry.key_at), format!("tier `{name}` is not a number"));
            mistakes.list.push(mistake.help("write [tiers.1], [tiers.2], ..; 1 is the most critical"));
        }
        read_into(&entry.node, &format!("[tiers.{name}]"), mistakes)
    });
    named.into_iter().filter_map(|(name, tier)| Some((name.parse().ok()?, tier))).collect()
}

/// Reads each table of a section; what is not a table is a mistake.
fn each<T>(
    top: &Table,
    section: &str,
    mistakes: &mut Mistakes,
    read: impl Fn(&str, &Entry, &mut Mistakes) -> Option<T>,
) -> BTreeMap<String, T> {
    let Some(entry) = top.get(section) else { return BTreeMap::new() };
    let Some(table) = entry.node.table() else {
        let mistake = Mistake::new(Some(&entry.node.at), format!("`{section}` is no table"));
        mistakes.list.push(mistake.help(format!("write [{section}.NAME]")));
        return BTreeMap::new();
    };
    let mut all = BTreeMap::new();
    for (name, entry) in table {
        if matches!(entry.node.value, Value::Table(_)) {
            all.extend(read(name, entry, mistakes).map(|value| (name.clone(), value)));
        } else {
            let mistake = Mistake::new(Some(&entry.node.at), format!("`{section}.{name}` is no table"));
            mistakes.list.push(mistake.help(format!("write [{section}.{name}]")));
        }
    }
    all
}

fn section<T: DeserializeOwned>(top: &Table, name: &str, mistakes: &mut Mistakes) -> Option<T> {
    top.get(name).and_then(|entry| read_into(&entry.node, &format!("[{name}]"), mistakes))
}

/// Reads the value of one key of a table.
pub(super) fn value<T: DeserializeOwned>(table: &Table, key: &str, mistakes: &mut Mistakes) -> Option<T> {
    let one = Table::from([(key.to_owned(), table.get(key)?.clone())]);
    let node = Node { value: Value::Table(one), at: table.get(key)?.node.at.clone() };
    let read: Option<BTreeMap<String, T>> = read_into(&node, "the config", mistakes);
    read?.remove(key)
}

/// Reads a table as a whole. After a mistake the key is left out and the rest is read again, so that
/// all mistakes of the table come to light; `None` when there was any.
pub(super) fn read_into<T: DeserializeOwned>(
    node: &Node,
    section: &str,
    mistakes: &mut Mistakes,
) -> Option<T> {
    read_rest(node, section, &[], mistakes)
}

/// The same of a table from which the keys `taken` were read before.
pub(super) fn read_rest<T: DeserializeOwned>(
    node: &Node,
    section: &str,
    taken: &[&'static str],
    mistakes: &mut Mistakes,
) -> Option<T> {
    let mut node = node.clone();
    let mut left_out = BTreeSet::new();
    for _ in 0..MAX_MISTAKES {
        match T::deserialize(&node) {
            Ok(value) if left_out.is_empty() => return Some(value),
            Ok(_) => return None,
            Err(mut error) => {
                error.also_known(taken);
                let missing = match &error.fault {
                    Fault::Missing { key } => Some(path_of(&error.path, Some(key))),
                    _ => None,
                };
                if missing.as_ref().is_none_or(|path| !left_out.contains(path)) {
                    mistakes.list.push(Mistake::from_fault(&error, section));
                }
                left_out.insert(path_of(&error.path, None));
                left_out.extend(meant(&error));
                if missing.is_some() || !node.prune(&error.path) {
                    return None;
                }
            }
        }
    }
    None
}

/// Where the key was meant to be that a misspelt one stands for: it does not lack, too.
fn meant(error: &DeError) -> Option<Vec<String>> {
    let Fault::UnknownKey { key, known } = &error.fault else { return None };
    let (_, parent) = error.path.split_last()?;
    Some(path_of(parent, Some(nearest(key, known)?)))
}

fn path_of(path: &[Step], key: Option<&str>) -> Vec<String> {
    let steps = path.iter().map(|step| match step {
        Step::Key(key) => key.clone(),
        Step::Index(index) => index.to_string(),
    });
    steps.chain(key.map(str::to_owned)).collect()
}
