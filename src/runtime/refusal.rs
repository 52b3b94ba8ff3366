//! What a person is told who may not act: what is missing on this host, and the exact next command (S18).

use std::path::Path;

use crate::config::{Config, SourceSettings};
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
    let (lacking, then) = lacks(given.config, &refusal.source_name);
    if !lacking.is_empty() {
        lines.push(first(&lacking, Path::new(BREAK_GLASS).exists()));
    }
    lines.extend(then.map(|then| format!("  then:  {then}")));
    lines.push(format!("  next:  {}", shell_line(&next_command(given, !lacking.is_empty()))));
    lines
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
    use crate::config::{Overrides, from_texts};

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
