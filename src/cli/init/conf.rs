//! A pgBackRest configuration as far as reading backups is concerned: stanzas, repositories, hosts.
//! Keys and passwords in it are passed over.

use std::collections::{BTreeMap, BTreeSet};

/// The options of one stanza: its own over the global ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stanza {
    pub(super) name: String,
    options: BTreeMap<String, String>,
}

impl Stanza {
    /// The numbers of its repositories; the first is there even when nothing is said of it.
    pub(super) fn repos(&self) -> BTreeSet<u32> {
        let numbers = self.options.keys().filter_map(|key| numbered(key, "repo"));
        let found: BTreeSet<u32> = numbers.collect();
        if found.is_empty() { BTreeSet::from([1]) } else { found }
    }

    /// An option of a repository: `repo2-s3-region` is `region` of 2.
    pub(super) fn repo(&self, number: u32, option: &str) -> Option<&str> {
        self.option(&format!("repo{number}-{option}"))
    }

    /// An option of a PostgreSQL host.
    pub(super) fn pg(&self, number: u32, option: &str) -> Option<&str> {
        self.option(&format!("pg{number}-{option}"))
    }

    /// The numbers of its PostgreSQL hosts.
    pub(super) fn pgs(&self) -> BTreeSet<u32> {
        self.options.keys().filter_map(|key| numbered(key, "pg")).collect()
    }

    fn option(&self, key: &str) -> Option<&str> {
        self.options.get(key).map(String::as_str).filter(|value| !value.is_empty())
    }
}

/// The number in `repo12-path`.
fn numbered(key: &str, what: &str) -> Option<u32> {
    let (number, _) = key.strip_prefix(what)?.split_once('-')?;
    number.parse().ok()
}

/// The stanzas of a configuration.
///
/// # Errors
/// The first line that is none, or that there is no stanza.
pub(super) fn stanzas(text: &str) -> Result<Vec<Stanza>, String> {
    let mut sections: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    let mut section: Option<String> = None;
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            // `[main:backup]` holds options of one command of `main`.
            let name = name.split(':').next().unwrap_or(name).trim();
            sections.entry(name.to_owned()).or_default();
            section = Some(name.to_owned());
        } else {
            let (key, value) = line.split_once('=').ok_or_else(|| wrong(index, "no `key=value`"))?;
            let section = section.as_ref().ok_or_else(|| wrong(index, "no section before this"))?;
            let key = modern(key.trim());
            sections.entry(section.clone()).or_default().insert(key, value.trim().to_owned());
        }
    }
    let global = sections.remove("global").unwrap_or_default();
    let stanzas: Vec<Stanza> = sections
        .into_iter()
        .map(|(name, own)| Stanza { name, options: global.clone().into_iter().chain(own).collect() })
        .collect();
    if stanzas.is_empty() {
        return Err("it names no stanza: no section but [global]".to_owned());
    }
    Ok(stanzas)
}

/// The line alone: what stands there may be a secret.
fn wrong(index: usize, why: &str) -> String {
    format!("line {}: {why}", index + 1)
}

/// Before 2.33 the first repository had no number.
fn modern(key: &str) -> String {
    key.strip_prefix("repo-").map_or_else(|| key.to_owned(), |rest| format!("repo1-{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stanzas_have_the_global_options_and_their_own() {
        let text = "# a\n[global]\nrepo1-path=/a\nrepo2-type=s3\nrepo2-s3-region = eu-west-1\nrepo2-cipher-pass=x=y\n\
                    [global:archive-push]\ncompress-level=3\n\n[main]\npg1-path=/d\npg1-host=db\n[main:backup]\n\
                    process-max=4\n[orders]\nrepo1-path=/b\n";
        let stanzas = stanzas(text).unwrap();
        let names: Vec<_> = stanzas.iter().map(|stanza| stanza.name.as_str()).collect();
        assert_eq!(names, ["main", "orders"]);
        assert_eq!(stanzas[0].repos(), BTreeSet::from([1, 2]));
        assert_eq!(stanzas[0].repo(2, "s3-region"), Some("eu-west-1"));
        assert_eq!((stanzas[0].pg(1, "host"), stanzas[0].pgs()), (Some("db"), BTreeSet::from([1])));
        assert_eq!(stanzas[1].repo(1, "path"), Some("/b"));
    }

    #[test]
    fn a_mistake_is_a_line_and_never_its_words() {
        assert_eq!(stanzas("[global]\nrepo1-path=/a\ns3cret\n").unwrap_err(), "line 3: no `key=value`");
        assert_eq!(stanzas("key=s3cret\n").unwrap_err(), "line 1: no section before this");
        assert!(stanzas("[global]\nrepo1-path=/a\n").unwrap_err().contains("no stanza"));
        assert_eq!(stanzas("[a]\nrepo-path=/x\n").unwrap()[0].repo(1, "path"), Some("/x"));
    }
}
