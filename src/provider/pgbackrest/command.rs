//! The exact calls of pgBackRest: every one names its stanza and repository, and writes no log.

use super::settings::Settings;

/// Logging of calls that read: nothing but warnings, and those on standard error.
pub(super) const QUIET: [&str; 3] =
    ["--log-level-file=off", "--log-level-console=off", "--log-level-stderr=warn"];

impl Settings {
    /// The program with what every call has in common.
    pub(super) fn call(&self, more: &[&str]) -> Vec<String> {
        let mut argv = self.program.clone();
        argv.push(format!("--stanza={}", self.stanza));
        argv.push(format!("--repo={}", self.repo));
        argv.extend(more.iter().map(ToString::to_string));
        argv
    }

    /// A call that only reads.
    pub(super) fn reading_call(&self, more: &[&str]) -> Vec<String> {
        let io_timeout = format!("--io-timeout={}", self.io_timeout.as_secs().max(1));
        self.call(&[&QUIET, [io_timeout.as_str()].as_slice(), more].concat())
    }

    /// What the repository holds.
    pub(super) fn info(&self) -> Vec<String> {
        self.reading_call(&["--output=json", "info"])
    }

    /// The folder of an archive, or one below it.
    pub(super) fn list(&self, archive: &str, folder: Option<&str>, recurse: bool) -> Vec<String> {
        let path = self.archive_path(archive, folder);
        let mut more = vec!["--output=json"];
        more.extend(recurse.then_some("--recurse"));
        more.extend(["repo-ls", &path]);
        self.reading_call(&more)
    }

    /// The stanzas that have an archive.
    pub(super) fn list_stanzas(&self) -> Vec<String> {
        self.reading_call(&["--output=json", "repo-ls", "archive/"])
    }

    /// One file of an archive as it is stored, but not encrypted.
    pub(super) fn get(&self, archive: &str, file: &str) -> Vec<String> {
        self.reading_call(&["repo-get", &self.archive_path(archive, Some(file))])
    }

    pub(super) fn archive_path(&self, archive: &str, below: Option<&str>) -> String {
        let below = below.map(|below| format!("/{below}")).unwrap_or_default();
        format!("archive/{}/{archive}{below}", self.stanza)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_calls_are_quiet_bounded_and_of_one_repository() {
        let settings: Settings =
            toml::from_str("stanza = 'main'\nrepo = 2\nprogram = ['pgbackrest', '--config=/c']").unwrap();
        assert_eq!(
            settings.list("15-1", Some("0000000100000000"), false).join(" "),
            "pgbackrest --config=/c --stanza=main --repo=2 --log-level-file=off --log-level-console=off \
             --log-level-stderr=warn --io-timeout=2 --output=json repo-ls archive/main/15-1/0000000100000000"
        );
        assert!(settings.info().ends_with(&["--output=json".to_owned(), "info".to_owned()]));
        assert!(settings.list("15-1", None, true).contains(&"--recurse".to_owned()));
        assert_eq!(
            settings.get("15-1", "00000002.history").last().unwrap(),
            "archive/main/15-1/00000002.history"
        );
    }
}
