//! The config file that lets this host act, laid over the others: what it must hold, and how it comes about.

use std::path::{Path, PathBuf};

use crate::config::{self, Config, ConfigError, Overrides, SourceSettings, key_text};
use crate::process::quote;
use crate::provider::pgbackrest;

/// Its name, where none of that name was given.
const NAME: &str = "break-glass.toml";
/// Name of the variable that is proposed for a token that may act.
const ACTING_TOKEN: &str = "AIVEN_RECOVER_TOKEN";
/// What is put before a command by root, whose servers do not start.
const AS_OWNER: [&str; 4] = ["runuser", "-u", "postgres", "--"];
/// A list of words that is longer goes on in the next line.
const LIST: usize = 48;

/// What the config lacks for acting on some sources.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Lacks {
    /// Lines of TOML.
    pub(super) toml: Vec<String>,
    /// What else is to be seen to.
    pub(super) then: Vec<String>,
}

impl Lacks {
    /// What a config lacks, as who this start runs.
    pub(super) fn of(config: &Config, sources: &[&str], is_root: bool) -> Self {
        let mut lacks = Self::default();
        if !config.arming_allowed {
            lacks.toml.extend(["[arming]", "allow = true"].map(str::to_owned));
        }
        for source in sources {
            match config.sources.get(*source).map(|source| &source.settings) {
                Some(SourceSettings::Aiven(settings)) if settings.acting_token.is_none() => {
                    lacks.toml.push(format!("[sources.{}]", key_text(source)));
                    lacks.toml.push(format!("acting_token = {{ env = \"{ACTING_TOKEN}\" }}"));
                    lacks.then(format!("{ACTING_TOKEN} must hold a token that may create services"));
                }
                Some(SourceSettings::PgBackRest(settings)) if settings.fork.is_none() => {
                    lacks.toml.push(format!("[sources.{}.fork]", key_text(source)));
                    lacks.toml.extend(fork(settings, is_root));
                    lacks.then("the folder must have room for the data; `run` names another host".to_owned());
                }
                _ => {}
            }
        }
        lacks
    }

    pub(super) const fn nothing(&self) -> bool {
        self.toml.is_empty()
    }

    fn then(&mut self, what: String) {
        if !self.then.contains(&what) {
            self.then.push(what);
        }
    }
}

/// Where forks of a source are made, by the account that reads it and with the programs of its server.
fn fork(settings: &pgbackrest::Settings, is_root: bool) -> Vec<String> {
    let as_owner = AS_OWNER.map(str::to_owned);
    let run = if settings.run.is_empty() && is_root { &as_owner[..] } else { &settings.run };
    let mut lines = if run.is_empty() { Vec::new() } else { list("run", run) };
    lines.push("directory = \"/var/lib/postgresql/lifeboat\"".to_owned());
    lines.extend(settings.pg_bin().map(|folder| format!("pg_bin = {}", text(folder))));
    lines
}

fn text(value: &str) -> String {
    toml::Value::String(value.to_owned()).to_string()
}

/// A list of words as lines of TOML, short ones.
fn list(name: &str, words: &[String]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = format!("{name} = [");
    for (index, word) in words.iter().enumerate() {
        let word = text(word) + if index + 1 < words.len() { "," } else { "]" };
        if line.len() + 1 + word.len() > LIST {
            lines.push(std::mem::replace(&mut line, "  ".to_owned()));
        } else if index > 0 {
            line.push(' ');
        }
        line.push_str(&word);
    }
    lines.push(line);
    lines
}

/// The file: the one of that name that was given, else one in this folder.
pub(super) fn among(files: &[String]) -> &str {
    let is_it = |file: &&str| Path::new(file).file_name().is_some_and(|name| name == NAME);
    files.iter().map(String::as_str).rfind(is_it).unwrap_or(NAME)
}

/// What the config files say together with the file, where it lies there already.
pub(super) fn laid_over(files: &[String]) -> Option<Result<Config, ConfigError>> {
    let file = among(files);
    let given: Vec<PathBuf> = files.iter().map(PathBuf::from).collect();
    let over = (!files.iter().any(|given| given == file)).then(|| PathBuf::from(file));
    let all: Vec<PathBuf> = given.into_iter().chain(over).collect();
    let env = |name: &str| std::env::var(name).ok();
    let load = || config::load(&all, &Overrides::default(), &env).map(|loaded| loaded.config);
    Path::new(file).exists().then(load)
}

/// The command that writes the file and overwrites none. Each of its lines is whole, so that it may be
/// selected out of a box, with what stands around it.
pub(super) fn written(file: &str, toml: &[String]) -> Vec<String> {
    let begin = "(set -C; {".to_owned();
    let end = format!("}} > {})", quote(file));
    let lines = toml.iter().map(|line| format!("printf '%s\\n' {}", quote(line)));
    std::iter::once(begin).chain(lines).chain([end]).collect()
}

/// Every config file that an acting command needs: those given or found, and the file that lies here to be laid
/// over them where they do not allow acting.
pub fn files_to_act(given: &[PathBuf]) -> Vec<String> {
    let env = |name: &str| std::env::var(name).ok();
    let shown = |files: &[PathBuf]| files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>();
    let there = Path::new(NAME);
    if !there.exists() || given.iter().any(|file| file == there) {
        return shown(given);
    }
    match config::load(given, &Overrides::default(), &env) {
        Ok(loaded) if !loaded.config.arming_allowed => {
            loaded.files().into_iter().chain([NAME.to_owned()]).collect()
        }
        _ => shown(given),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::refusal::tests::config;

    #[test]
    fn s18_the_file_is_written_by_a_command_of_short_whole_lines_and_never_over_another() {
        let long = "run = ['ssh', '-i', '/etc/lifeboat/keys/fork', '-o', 'ProxyJump=jump.dr.example', 'postgres@dr']";
        let before = config(&format!("[sources.pg-east]\nprogram = [\"it's\"]\n{long}\n"));
        let lacks = Lacks::of(&before, &["prod", "pg-east"], false);
        let command = written(NAME, &lacks.toml);
        assert!(command.iter().all(|line| line.len() <= 68), "{command:?}");
        let folder = tempfile::tempdir().unwrap();
        // As it comes out of a box, with blanks on both sides.
        let pasted = format!("    {}     \n", command.join("     \n    "));
        let run = || {
            let mut shell = std::process::Command::new("sh");
            shell.args(["-c", &pasted]).current_dir(folder.path()).stderr(std::process::Stdio::null());
            shell.status().unwrap().success()
        };
        assert!(run());
        let written = std::fs::read_to_string(folder.path().join(NAME)).unwrap();
        assert_eq!(written, lacks.toml.join("\n") + "\n");
        assert!(!run(), "it may have been filled in since");
        let after = config(&written);
        assert!(Lacks::of(&after, &["prod", "pg-east"], false).nothing(), "{written}");
        let Some(SourceSettings::PgBackRest(east)) = after.sources.get("pg-east").map(|east| &east.settings)
        else {
            panic!("{after:?}")
        };
        assert_eq!(east.fork.as_ref().unwrap().run.last().unwrap(), "postgres@dr");
    }

    #[test]
    fn s18_a_fork_is_made_by_the_account_of_its_source_and_never_by_root() {
        let lines = |more: &str, is_root| Lacks::of(&config(more), &["pg-east"], is_root).toml.join("\n");
        let run = |more, is_root| {
            let lines = lines(more, is_root);
            lines.lines().find_map(|line| line.strip_prefix("run = ")).map(str::to_owned)
        };
        let sudo = "[sources.pg-east]\nrun = ['sudo', '-u', 'pg']\n";
        for is_root in [false, true] {
            assert_eq!(run(sudo, is_root).unwrap(), r#"["sudo", "-u", "pg"]"#);
        }
        assert_eq!(run("", false), None, "as whoever runs this");
        assert_eq!(run("", true).unwrap(), r#"["runuser", "-u", "postgres", "--"]"#);
        let bin = lines("[sources.pg-east.server]\npg_bin = '/pg/bin'\n", false);
        assert!(bin.ends_with("pg_bin = \"/pg/bin\""), "{bin}");
    }
}
