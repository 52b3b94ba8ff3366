//! What a person is told who may not act: what is missing on this host, and the exact next command (S18).

use std::path::{Path, PathBuf};

use crate::config::{self, Config, ConfigError, Overrides, SourceSettings};
use crate::process::shell_line;
use crate::provider::Refusal;

/// Name of the file that is proposed for a config that does not allow acting.
const BREAK_GLASS: &str = "break-glass.toml";

/// What was given at this start, to say what to give next.
#[derive(Debug, Clone, Copy)]
pub struct Given<'a> {
    /// The command line, program first.
    pub words: &'a [String],
    /// The config files that were loaded, in their order.
    pub files: &'a [String],
    /// What they say.
    pub config: &'a Config,
}

/// Name of the variable that is proposed for a token that may act.
const ACTING_TOKEN: &str = "AIVEN_RECOVER_TOKEN";

/// What the config lacks for acting on a source, as lines of TOML; and what else is to be done.
fn lacks(config: &Config, source: &str) -> (Vec<String>, Option<String>) {
    let mut lines: Vec<String> = Vec::new();
    let mut add = |line: &str| lines.push(line.to_owned());
    if !config.arming_allowed {
        add("[arming]");
        add("allow = true");
    }
    let mut then = None;
    match config.sources.get(source).map(|source| &source.settings) {
        Some(SourceSettings::Aiven(settings)) if settings.acting_token.is_none() => {
            add(&format!("[sources.{source}]"));
            add(&format!("acting_token = {{ env = \"{ACTING_TOKEN}\" }}"));
            then = Some(format!("{ACTING_TOKEN} must hold a token that may create services"));
        }
        Some(SourceSettings::PgBackRest(settings)) if settings.fork.is_none() => {
            add(&format!("[sources.{source}.fork]"));
            add("directory = \"/var/lib/postgresql/lifeboat\"");
            then = Some("the folder must have room for the data; `run` names another host".to_owned());
        }
        _ => {}
    }
    (lines, then)
}

/// The lines of a refusal.
pub fn explain(refusal: &Refusal, given: Given<'_>) -> Vec<String> {
    let mut lines = vec![format!("not armed for {}: nothing was changed", refusal.source_name)];
    lines.extend(refusal.missing.iter().map(|missing| format!("  missing here: {missing}")));
    let source = refusal.source_name.as_str();
    let lacking = !lacks(given.config, source).0.is_empty();
    if lacking {
        lines.extend(proposed(given.config, with_break_glass(given.files), source));
    }
    lines.push(format!("  next:  {}", shell_line(&next_command(given, lacking))));
    lines
}

/// What the config files say together with the file that is laid over them, where it lies here already.
fn with_break_glass(files: &[String]) -> Option<Result<Config, ConfigError>> {
    let files: Vec<PathBuf> =
        files.iter().map(String::as_str).chain([BREAK_GLASS]).map(PathBuf::from).collect();
    let env = |name: &str| std::env::var(name).ok();
    let load = || config::load(&files, &Overrides::default(), &env).map(|loaded| loaded.config);
    Path::new(BREAK_GLASS).exists().then(load)
}

/// What is to be done before the next command, by what the file that lies here holds.
fn proposed(config: &Config, there: Option<Result<Config, ConfigError>>, source: &str) -> Vec<String> {
    let told = |(lacking, then): (Vec<String>, Option<String>), is_there| {
        let then = then.map(|then| format!("  then:  {then}"));
        std::iter::once(first(&lacking, is_there)).chain(then).collect()
    };
    match there {
        None => told(lacks(config, source), false),
        Some(Ok(whole)) if lacks(&whole, source).0.is_empty() => {
            vec![format!("  first: {BREAK_GLASS} is here already; it holds all that is needed")]
        }
        Some(Ok(whole)) => told(lacks(&whole, source), true),
        Some(Err(why)) => {
            let mut lines: Vec<String> = told(lacks(config, source), true);
            lines.push(format!("  and it cannot be read with the rest: {why}"));
            lines
        }
    }
}

/// Every config file that an acting command needs: those given or found, and the file that lies here to be laid
/// over them where they do not allow acting.
pub fn files_to_act(given: &[PathBuf]) -> Vec<String> {
    let env = |name: &str| std::env::var(name).ok();
    let shown = |files: &[PathBuf]| files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>();
    let there = Path::new(BREAK_GLASS);
    if !there.exists() || given.iter().any(|file| file == there) {
        return shown(given);
    }
    match config::load(given, &Overrides::default(), &env) {
        Ok(loaded) if !loaded.config.arming_allowed => {
            loaded.files().into_iter().chain([BREAK_GLASS.to_owned()]).collect()
        }
        _ => shown(given),
    }
}

/// How the file comes about that is laid over the config. One that is there may hold more than this: nothing
/// that is printed here overwrites it.
fn first(lacking: &[String], is_there: bool) -> String {
    if is_there {
        return format!("  first: {BREAK_GLASS} is here already; it must hold: {}", lacking.join("  "));
    }
    format!("  first: (set -C; printf '{}\\n' > {BREAK_GLASS})", lacking.join("\\n"))
}

/// The command that was given, with what it lacks. A further config file is named behind all that
/// were loaded, the usual one too: the later wins, and a given one replaces the usual one.
fn next_command(given: Given<'_>, lacking: bool) -> Vec<String> {
    let mut rest = Vec::new();
    let mut words = given.words.iter().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--arm" | "--read-only" => {}
            "--config" if lacking => drop(words.next()),
            word if lacking && word.starts_with("--config=") => {}
            word => rest.push(word.to_owned()),
        }
    }
    let mut next: Vec<String> = given.words.first().cloned().into_iter().collect();
    next.push("--arm".to_owned());
    if lacking {
        for file in given.files.iter().map(String::as_str).chain([BREAK_GLASS]) {
            next.extend(["--config".to_owned(), file.to_owned()]);
        }
    }
    next.extend(rest);
    next
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::from_texts;

    fn words(line: &str) -> Vec<String> {
        line.split(' ').map(str::to_owned).collect()
    }

    /// A config with one Aiven and one pgBackRest source, and more.
    fn config(more: &str) -> Config {
        let text = "fleet = 'f'\nstate_dir = '/nowhere'\n[discover.prod]\n[sources.prod]\nkind = 'aiven'\nproject = 'p'\n\
                    token = { env = 'T' }\n[sources.pg-east]\nkind = 'pgbackrest'\nstanza = 'main'\n\
                    [services.a]\nsecondary = { source = 'pg-east' }\n";
        let files = [("a.toml".to_owned(), text.to_owned()), ("b.toml".to_owned(), more.to_owned())];
        from_texts(&files, &Overrides::default(), &|_| None).unwrap().config
    }

    const ALL: &str = "[arming]\nallow = true\n[sources.prod]\nacting_token = { env = 'R' }\n\
                       [sources.pg-east.fork]\ndirectory = '/f'\n";

    #[test]
    fn the_next_command_has_what_was_missing() {
        let files = ["a.toml".to_owned()];
        for (line, lacking, next) in [
            ("lifeboat drill orders", false, "lifeboat --arm drill orders"),
            ("lifeboat --read-only --config a.toml drill x", false, "lifeboat --arm --config a.toml drill x"),
            (
                "lifeboat --config a.toml drill orders",
                true,
                "lifeboat --arm --config a.toml --config break-glass.toml drill orders",
            ),
            (
                "lifeboat drill orders --arm",
                true,
                "lifeboat --arm --config a.toml --config break-glass.toml drill orders",
            ),
        ] {
            let config = config("");
            let given = Given { words: &words(line), files: &files, config: &config };
            assert_eq!(next_command(given, lacking).join(" "), next);
        }
    }

    #[test]
    fn everything_that_is_missing_is_named() {
        let refusal = Refusal {
            source_name: "pg-east".to_owned(),
            missing: vec!["--arm is not given".to_owned(), "no `fork` table".to_owned()],
        };
        let config = config(ALL);
        let given = Given { words: &words("lifeboat drill orders"), files: &[], config: &config };
        let lines = explain(&refusal, given);
        assert_eq!(lines.len(), 4, "{lines:?}");
        assert!(lines[1].contains("--arm") && lines[2].contains("fork"), "{lines:?}");
    }

    #[test]
    fn a_file_that_is_there_is_not_written_over() {
        let lacking = ["[arming]".to_owned(), "allow = true".to_owned()];
        let line = first(&lacking, true);
        assert_eq!(line, "  first: break-glass.toml is here already; it must hold: [arming]  allow = true");
        let folder = tempfile::tempdir().unwrap();
        let run = || {
            let command = first(&lacking, false);
            let command = command.strip_prefix("  first: ").unwrap().to_owned();
            let mut shell = std::process::Command::new("sh");
            shell.args(["-c", &command]).current_dir(folder.path()).stderr(std::process::Stdio::null());
            shell.status().unwrap().success()
        };
        assert!(run());
        let written = std::fs::read_to_string(folder.path().join(BREAK_GLASS)).unwrap();
        assert_eq!(written, "[arming]\nallow = true\n");
        assert!(!run(), "it may have been filled in since");
    }

    #[test]
    fn s18_what_the_file_that_lies_here_holds_is_not_asked_for() {
        let before = config("");
        let allowed = "[arming]\nallow = true\n";
        let all = "[arming]\nallow = true\n[sources.prod]\nacting_token = { env = 'T' }\n";
        let told = |more: &str| proposed(&before, Some(Ok(config(more))), "prod");
        assert_eq!(told(all), ["  first: break-glass.toml is here already; it holds all that is needed"]);
        let lines = told(allowed);
        assert!(
            lines[0].contains("it must hold: [sources.prod]") && lines[1].starts_with("  then:"),
            "{lines:?}"
        );
        assert!(proposed(&before, None, "prod")[0].contains("set -C"));
    }

    #[test]
    fn s18_the_proposed_file_holds_all_that_the_config_lacks() {
        for (source, had) in [
            ("prod", ""),
            ("prod", "[arming]\nallow = true\n"),
            ("prod", "[sources.prod]\nacting_token = { env = 'R' }\n"),
            ("pg-east", ""),
            ("pg-east", "[sources.pg-east.fork]\ndirectory = '/f'\n"),
        ] {
            let before = config(had);
            let refusal = Refusal { source_name: source.to_owned(), missing: Vec::new() };
            let given = Given { words: &words("lifeboat drill orders"), files: &[], config: &before };
            let lines = explain(&refusal, given);
            let printed =
                lines.iter().find_map(|line| line.strip_prefix("  first: (set -C; printf '")).unwrap();
            let (file, name) = printed.strip_suffix(')').unwrap().split_once("' > ").unwrap();
            assert_eq!(name, BREAK_GLASS);
            let after = config(&format!("{}{had}", file.replace("\\n", "\n")));
            assert_eq!(lacks(&after, source).0, Vec::<String>::new(), "{source} {had:?}: {lines:?}");
            assert!(lines.last().unwrap().contains("--config break-glass.toml"), "{lines:?}");
        }
    }
}
