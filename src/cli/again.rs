//! How this program is called again with the config and the state folder of this start: every command
//! that is printed to be copied is made here, so that none lacks them (S26).

use std::path::{Path, PathBuf};

use crate::config;
use crate::process::shell_line;
use crate::runbook::JournalPlace;
use crate::runtime::launch::whole;
use crate::runtime::refusal::files_to_act;
use crate::tui::app::model;

use super::{Global, look};

/// What stands for a config that this start does not know.
const CONFIG: &str = "CONFIG OF THE RUN";

/// The words before a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Again {
    configs: Vec<String>,
    /// The same for what may act: with the file that lies here to allow it.
    to_act: Vec<String>,
    folder: Option<String>,
}

impl Again {
    pub(crate) fn of(global: &Global) -> Self {
        let folder = global.named_state_dir().map(|folder| whole(&folder.display().to_string()));
        let named = global.named_configs();
        let configs: Vec<String> = all_whole(named.iter().map(|file| file.display().to_string()));
        let to_act = all_whole(files_to_act(&named));
        let again = Self { configs, to_act, folder };
        if again.knows_no_config() && config::find(&look::env).is_err() {
            return again.with_no_config();
        }
        again
    }

    /// The same for a run: by the files that it was begun with, whatever this start named or finds in its
    /// folder. Where they do not lie here, as on another host, by those that this start names. One that does not say by
    /// which it was begun is acted on by those that were named, and not by a file that lies here to allow it.
    #[must_use]
    pub(crate) fn for_run(&self, files: &[String]) -> Self {
        if files.is_empty() {
            let named = Self { to_act: self.configs.clone(), ..self.clone() };
            return if self.configs.is_empty() { named.with_no_config() } else { named };
        }
        let lie_here = files.iter().all(|file| Path::new(file).exists());
        if !(lie_here || self.knows_no_config()) {
            return self.clone();
        }
        let configs = if self.knows_no_config() { Vec::new() } else { files.to_vec() };
        Self { configs, to_act: files.to_vec(), ..self.clone() }
    }

    /// The words of a dashboard, which loaded these config files: whoever copies them may be elsewhere.
    pub(crate) fn on_the_board(&self, loaded: &[String]) -> model::Again {
        let again = if self.configs.is_empty() {
            let configs = all_whole(loaded.to_vec());
            Self { configs: configs.clone(), ..self.acting_by(&configs) }
        } else {
            self.clone()
        };
        model::Again::new(again.look(&[]), again.act(&[])).on_runs(move |run| {
            let of_run = again.for_run(&run.opening.config_files());
            match &run.journal {
                JournalPlace::OtherFolder { path } => of_run.in_folder(path).act(&[]),
                JournalPlace::StateFolder | JournalPlace::WithoutJournal { .. } => of_run.act(&[]),
            }
        })
    }

    /// The same with the journals of another folder.
    #[must_use]
    pub(crate) fn in_folder(&self, folder: &str) -> Self {
        Self { folder: Some(folder.to_owned()), ..self.clone() }
    }

    /// A command that looks at journals, or writes in one: they alone need no config.
    pub(crate) fn look(&self, command: &[&str]) -> String {
        shell_line(&self.words(&[], &self.configs, command))
    }

    /// A command that may act.
    pub(crate) fn act(&self, command: &[&str]) -> String {
        shell_line(&self.words(&["--arm"], &self.to_act, command))
    }

    const fn knows_no_config(&self) -> bool {
        self.configs.is_empty() && self.folder.is_some()
    }

    /// What acts has to be given the one that this start does not know.
    fn with_no_config(self) -> Self {
        Self { to_act: vec![CONFIG.to_owned()], ..self }
    }

    fn acting_by(&self, files: &[String]) -> Self {
        let to_act = all_whole(files_to_act(&files.iter().map(PathBuf::from).collect::<Vec<_>>()));
        Self { to_act, ..self.clone() }
    }

    fn words(&self, first: &[&str], configs: &[String], command: &[&str]) -> Vec<String> {
        let program = std::iter::once("lifeboat").chain(first.iter().copied());
        let configs = configs.iter().flat_map(|file| ["--config", file.as_str()]);
        let folder = self.folder.iter().flat_map(|folder| ["--state-dir", folder.as_str()]);
        let words = program.chain(configs).chain(folder).chain(command.iter().copied());
        words.map(str::to_owned).collect()
    }
}

/// A command line whose files and folders are found from anywhere.
pub(super) fn from_anywhere(words: impl IntoIterator<Item = String>) -> Vec<String> {
    const PLACES: [&str; 5] = ["--config", "--state-dir", "--last-known", "--fallback-dir", "--write"];
    let mut is_place = false;
    let found = |word: String| {
        if std::mem::take(&mut is_place) {
            return whole(&word);
        }
        is_place = PLACES.contains(&word.as_str());
        match word.split_once('=') {
            Some((flag, place)) if PLACES.contains(&flag) => format!("{flag}={}", whole(place)),
            _ => word,
        }
    };
    words.into_iter().map(found).collect()
}

fn all_whole(files: impl IntoIterator<Item = String>) -> Vec<String> {
    files.into_iter().map(|file| whole(&file)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runbook::RunKind;
    use crate::runbook::opening::file_facts;
    use crate::runbook::sample::{Journal, opening};

    #[test]
    fn s26_a_command_to_copy_has_the_config_and_the_folder_of_this_start() {
        let configs = vec!["a b.toml".to_owned()];
        let again = Again { to_act: configs.clone(), configs, folder: Some("/s".to_owned()) };
        assert_eq!(
            again.act(&["runs", "resume", "r-1"]),
            "lifeboat --arm --config 'a b.toml' --state-dir /s runs resume r-1"
        );
        let moved = again.in_folder("/other");
        assert_eq!(
            moved.look(&["runs", "list"]),
            "lifeboat --config 'a b.toml' --state-dir /other runs list"
        );
        assert_eq!(moved.look(&[]), "lifeboat --config 'a b.toml' --state-dir /other");
    }

    #[test]
    fn s26_where_only_a_folder_was_given_a_command_has_the_config_that_its_run_was_begun_with() {
        let folder = Again { configs: Vec::new(), to_act: Vec::new(), folder: None };
        let folder = folder.in_folder("/s").with_no_config();
        let mut opening = opening(RunKind::Incident);
        let resume = |again: &Again| again.act(&["runs", "resume", "r-1"]);
        let unknown = folder.for_run(&opening.config_files());
        assert_eq!(
            resume(&unknown),
            "lifeboat --arm --config 'CONFIG OF THE RUN' --state-dir /s runs resume r-1"
        );
        let files = ["/etc/a.toml".to_owned(), "/root/b.toml".to_owned()];
        opening.config.extend(file_facts(&files));
        let known = folder.for_run(&opening.config_files());
        assert_eq!(
            resume(&known),
            "lifeboat --arm --config /etc/a.toml --config /root/b.toml --state-dir /s runs resume r-1"
        );
        assert_eq!(known.look(&["report", "r-1"]), "lifeboat --state-dir /s report r-1", "needs none");
        let given = Again { configs: vec!["c.toml".to_owned()], to_act: vec!["c.toml".to_owned()], ..folder };
        assert_eq!(
            resume(&given.for_run(&opening.config_files())),
            "lifeboat --arm --config c.toml --state-dir /s runs resume r-1"
        );
    }

    #[test]
    fn s26_a_command_has_the_files_of_its_run_where_they_lie_and_not_those_of_the_folder_one_is_in() {
        let folder = tempfile::tempdir().unwrap();
        let files = ["lifeboat.toml", "break-glass.toml"].map(|name| folder.path().join(name));
        let files = files.map(|file| {
            std::fs::write(&file, "").unwrap();
            file.display().to_string()
        });
        let [config, arms] = &files;
        let configs = vec!["/etc/lifeboat.toml".to_owned()];
        let to_act = vec!["/etc/lifeboat.toml".to_owned(), "/other/fleet/break-glass.toml".to_owned()];
        let again = Again { configs, to_act, folder: Some("/s".to_owned()) };
        assert_eq!(
            again.for_run(&files).act(&["runs", "resume", "r-1"]),
            format!("lifeboat --arm --config {config} --config {arms} --state-dir /s runs resume r-1")
        );
        assert_eq!(
            again.for_run(&[]).act(&["runs", "resume", "r-1"]),
            "lifeboat --arm --config /etc/lifeboat.toml --state-dir /s runs resume r-1",
            "it does not say by which, and no file of this folder allows it"
        );
        let found = Again { configs: Vec::new(), folder: None, ..again };
        assert_eq!(
            found.for_run(&[]).act(&["runs", "resume", "r-1"]),
            "lifeboat --arm --config 'CONFIG OF THE RUN' runs resume r-1"
        );
    }

    #[test]
    fn s26_the_board_names_for_a_run_the_files_it_was_begun_with_and_the_folder_its_journal_is_in() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("of-the-run.toml");
        std::fs::write(&file, "").unwrap();
        let file = file.display().to_string();
        let of_the_board = vec!["/etc/lifeboat/config.toml".to_owned()];
        let board =
            Again { configs: of_the_board.clone(), to_act: of_the_board, folder: Some("/s".to_owned()) };
        let board = board.on_the_board(&[]);
        let mut begun = opening(RunKind::Incident);
        assert_eq!(board.act_on(&Journal::open(begun.clone()).state), board.act, "which files is not known");
        begun.config.extend(file_facts(std::slice::from_ref(&file)));
        let mut journal = Journal::open(begun);
        assert_eq!(board.act_on(&journal.state), format!("lifeboat --arm --config {file} --state-dir /s"));
        journal.state.journal = JournalPlace::OtherFolder { path: "/other".to_owned() };
        assert_eq!(
            board.act_on(&journal.state),
            format!("lifeboat --arm --config {file} --state-dir /other")
        );
    }

    #[test]
    fn s26_what_is_copied_into_another_folder_names_no_file_by_where_this_one_was() {
        let line = ["lifeboat", "--config", "a.toml", "--state-dir", "s", "runs", "list"];
        let cli: crate::cli::Cli = clap::Parser::try_parse_from(line).unwrap();
        let here = std::env::current_dir().unwrap();
        let (config, folder) = (here.join("a.toml"), here.join("s"));
        let words = [
            "lifeboat".to_owned(),
            "--config".to_owned(),
            config.display().to_string(),
            "--state-dir".to_owned(),
            folder.display().to_string(),
        ];
        assert_eq!(Again::of(&cli.global).look(&[]), shell_line(&words));
    }

    #[test]
    fn s26_a_command_line_to_give_again_names_its_files_and_folders_in_full() {
        let given = "lifeboat --config lb.toml --state-dir=st drill orders --to newest --scenario=a=b --last-known /k";
        let here = std::env::current_dir().unwrap();
        let (config, folder) = (here.join("lb.toml"), here.join("st"));
        let wanted = format!(
            "lifeboat --config {} --state-dir={} drill orders --to newest --scenario=a=b --last-known /k",
            config.display(),
            folder.display()
        );
        assert_eq!(from_anywhere(given.split(' ').map(str::to_owned)).join(" "), wanted);
    }

    #[test]
    fn s26_the_board_names_the_files_it_loaded_and_those_that_arm() {
        let again = |configs: &[&str], to_act: &[&str]| {
            let [configs, to_act] =
                [configs, to_act].map(|files| files.iter().map(ToString::to_string).collect());
            Again { configs, to_act, folder: Some("/s".to_owned()) }
        };
        let loaded = ["/etc/lifeboat/config.toml".to_owned()];
        let usual = again(&[], &[]).on_the_board(&loaded);
        assert_eq!(usual.look, "lifeboat --config /etc/lifeboat/config.toml --state-dir /s");
        assert_eq!(usual.act, "lifeboat --arm --config /etc/lifeboat/config.toml --state-dir /s");
        let given = again(&["a.toml"], &["a.toml", "break-glass.toml"]).on_the_board(&loaded);
        assert_eq!(given.look, "lifeboat --config a.toml --state-dir /s");
        assert_eq!(given.act, "lifeboat --arm --config a.toml --config break-glass.toml --state-dir /s");
    }
}
