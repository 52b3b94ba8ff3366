//! How this program is called again with the config and the state folder of this start: every command
//! that is printed to be copied is made here, so that none lacks them (S26).

use crate::process::shell_line;
use crate::runtime::refusal::files_to_act;

use super::Global;

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
        Self {
            configs: global.config.iter().map(|file| file.display().to_string()).collect(),
            to_act: files_to_act(&global.config),
            folder: global.state_dir.as_ref().map(|folder| folder.display().to_string()),
        }
    }

    /// The same with the journals of another folder.
    #[must_use]
    pub(crate) fn in_folder(&self, folder: &str) -> Self {
        Self { folder: Some(folder.to_owned()), ..self.clone() }
    }

    /// A command that only looks.
    pub(crate) fn look(&self, command: &[&str]) -> String {
        shell_line(&self.words(&[], &self.configs, command))
    }

    /// A command that may act.
    pub(crate) fn act(&self, command: &[&str]) -> String {
        shell_line(&self.words(&["--arm"], &self.to_act, command))
    }

    fn words(&self, first: &[&str], configs: &[String], command: &[&str]) -> Vec<String> {
        let program = std::iter::once("lifeboat").chain(first.iter().copied());
        let configs = configs.iter().flat_map(|file| ["--config", file.as_str()]);
        let folder = self.folder.iter().flat_map(|folder| ["--state-dir", folder.as_str()]);
        let words = program.chain(configs).chain(folder).chain(command.iter().copied());
        words.map(str::to_owned).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
