//! What a person is told who may not act: what is missing on this host, and the exact next command (S18).

mod break_glass;

pub use break_glass::files_to_act;

use crate::config::{Config, ConfigError};
use crate::process::quote;
use crate::provider::Refusal;
use crate::tui::app::arming::NotArmed;

use break_glass::Lacks;

/// A command that is longer goes on in the next line: a box shows no more.
const LINE: usize = 66;

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

/// What one refusal, or several at once, ask for.
pub fn explain(refusals: &[&Refusal], given: Given<'_>) -> NotArmed {
    let sources: Vec<&str> = refusals.iter().map(|refusal| refusal.source_name.as_str()).collect();
    let mut missing: Vec<&String> = Vec::new();
    for what in refusals.iter().flat_map(|refusal| &refusal.missing) {
        if !missing.contains(&what) {
            missing.push(what);
        }
    }
    let mut lines = vec![format!("not armed for {}: nothing was changed", sources.join(", "))];
    lines.extend(missing.into_iter().map(|missing| format!("  missing here: {missing}")));
    let is_root = rustix::process::geteuid().is_root();
    let lacking = !Lacks::of(given.config, &sources, is_root).nothing();
    let mut command = Vec::new();
    if lacking {
        let there = break_glass::laid_over(given.files);
        let (before, write) = proposed(given, there, |config| Lacks::of(config, &sources, is_root));
        lines.extend(before);
        command.extend(write);
    }
    let next = in_lines(&next_command(given, lacking));
    command.extend(next);
    if let [only] = command.as_slice() {
        lines.push(format!("  next:  {only}"));
    } else {
        lines.push("  next:".to_owned());
        lines.extend(command.iter().map(|line| format!("    {line}")));
    }
    NotArmed { lines, command: Some(command.join("\n") + "\n") }
}

/// What is said before the next command, by what the file that lies here holds, and the lines that write it
/// where there is none. One that is there may hold more than this: nothing that is printed here overwrites it.
fn proposed(
    given: Given<'_>,
    there: Option<Result<Config, ConfigError>>,
    lacks: impl Fn(&Config) -> Lacks,
) -> (Vec<String>, Vec<String>) {
    let file = break_glass::among(given.files);
    let then = |lacks: &Lacks| lacks.then.iter().map(|then| format!("  then:  {then}")).collect::<Vec<_>>();
    let more = |lacks: Lacks| {
        let mut lines = vec![format!("  first: {file} is here already; it must hold, too:")];
        lines.extend(lacks.toml.iter().map(|line| format!("    {line}")));
        lines.extend(then(&lacks));
        lines
    };
    match there {
        None => {
            let lacks = lacks(given.config);
            let mut write = break_glass::written(file, &lacks.toml);
            if let Some(end) = write.last_mut() {
                end.push_str(" &&");
            }
            (then(&lacks), write)
        }
        Some(Ok(whole)) => match lacks(&whole) {
            lacks if lacks.nothing() => {
                (vec![format!("  first: {file} is here already; it holds all that is needed")], Vec::new())
            }
            lacks => (more(lacks), Vec::new()),
        },
        Some(Err(why)) => {
            let mut lines = more(lacks(given.config));
            lines.push(format!("  and it cannot be read with the rest: {why}"));
            (lines, Vec::new())
        }
    }
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
        let over = break_glass::among(given.files);
        let files = given.files.iter().map(String::as_str);
        for file in files.clone().chain((!files.clone().any(|file| file == over)).then_some(over)) {
            next.extend(["--config".to_owned(), file.to_owned()]);
        }
    }
    next.extend(rest);
    next
}

/// A command in as many lines as it needs, none broken within a word.
fn in_lines(words: &[String]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words.iter().map(|word| quote(word)) {
        match lines.last_mut() {
            Some(line) if line.len() + 1 + word.len() <= LINE => *line = format!("{line} {word}"),
            Some(line) => {
                line.push_str(" \\");
                lines.push(word);
            }
            None => lines.push(word),
        }
    }
    lines
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::config::{Overrides, from_texts};

    fn words(line: &str) -> Vec<String> {
        line.split(' ').map(str::to_owned).collect()
    }

    /// A config with one Aiven and one pgBackRest source, and more.
    pub(super) fn config(more: &str) -> Config {
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
    fn everything_that_is_missing_is_named_once() {
        let refusal = |source: &str, missing: &str| Refusal {
            source_name: source.to_owned(),
            missing: vec!["--arm is not given".to_owned(), missing.to_owned()],
        };
        let config = config(ALL);
        let given = Given { words: &words("lifeboat drill orders"), files: &[], config: &config };
        let (east, prod) = (refusal("pg-east", "no `fork` table"), refusal("prod", "no acting token"));
        let told = explain(&[&east, &prod], given);
        assert_eq!(
            told.lines,
            [
                "not armed for pg-east, prod: nothing was changed",
                "  missing here: --arm is not given",
                "  missing here: no `fork` table",
                "  missing here: no acting token",
                "  next:  lifeboat --arm drill orders",
            ]
        );
        assert_eq!(told.command.unwrap(), "lifeboat --arm drill orders\n");
    }

    #[test]
    fn a_long_command_is_broken_between_its_words_and_runs_as_it_stands() {
        let told = words("printf <%s> --config /etc/lifeboat/fleet/lifeboat.toml --config break-glass.toml");
        let said = [&told[..], &["two words, and more that are quoted".to_owned()]].concat();
        let lines = in_lines(&said);
        assert!(lines.len() > 1 && lines.iter().all(|line| line.len() <= LINE + 2), "{lines:?}");
        let output = std::process::Command::new("sh").args(["-c", &lines.join("\n")]).output().unwrap();
        let wanted = format!("<{}>", said[2..].join("><"));
        assert_eq!(String::from_utf8(output.stdout).unwrap(), wanted);
    }

    #[test]
    fn s18_what_the_file_that_lies_here_holds_is_not_asked_for() {
        let before = config("");
        let given = Given { words: &words("lifeboat"), files: &[], config: &before };
        let allowed = "[arming]\nallow = true\n";
        let all = "[arming]\nallow = true\n[sources.prod]\nacting_token = { env = 'T' }\n";
        let lacks = |config: &Config| Lacks::of(config, &["prod"], false);
        let told = |more: &str| proposed(given, Some(Ok(config(more))), lacks);
        assert_eq!(told(all).0, ["  first: break-glass.toml is here already; it holds all that is needed"]);
        let (lines, write) = told(allowed);
        assert_eq!(write, Vec::<String>::new(), "nothing writes over it");
        assert_eq!(
            lines[..2],
            ["  first: break-glass.toml is here already; it must hold, too:", "    [sources.prod]"]
        );
        assert!(lines.last().unwrap().starts_with("  then:"), "{lines:?}");
        assert_eq!(proposed(given, None, lacks).1[0], "(set -C; {");
    }

    #[test]
    fn s18_a_file_that_was_given_is_named_once() {
        let files = ["a.toml".to_owned(), "/root/break-glass.toml".to_owned()];
        let words = words("lifeboat --config a.toml --config /root/break-glass.toml drill orders");
        let config = config("");
        let next = next_command(Given { words: &words, files: &files, config: &config }, true).join(" ");
        assert_eq!(next, "lifeboat --arm --config a.toml --config /root/break-glass.toml drill orders");
    }

    #[test]
    fn s18_the_proposed_file_holds_what_the_config_lacks_for_these_sources_alone() {
        for (sources, had) in [
            (&["prod"][..], ""),
            (&["prod"], "[arming]\nallow = true\n"),
            (&["prod"], "[sources.prod]\nacting_token = { env = 'R' }\n"),
            (&["pg-east"], ""),
            (&["pg-east"], "[sources.pg-east.fork]\ndirectory = '/f'\n"),
            (&["prod", "pg-east"], ""),
        ] {
            let before = config(had);
            let refusals = sources
                .iter()
                .map(|source| Refusal { source_name: (*source).to_owned(), missing: Vec::new() });
            let refusals: Vec<Refusal> = refusals.collect();
            let given = Given { words: &words("lifeboat drill orders"), files: &[], config: &before };
            let told = explain(&refusals.iter().collect::<Vec<_>>(), given);
            let command = told.command.unwrap();
            let shown = told.lines.iter().filter_map(|line| line.strip_prefix("    ")).collect::<Vec<_>>();
            assert_eq!(command.trim_end(), shown.join("\n"), "what is copied is what is shown");
            let folder = tempfile::tempdir().unwrap();
            let mut shell = std::process::Command::new("sh");
            shell.args(["-c", &format!("lifeboat() {{ echo \"$*\"; }}\n{command}")]);
            let output = shell.current_dir(folder.path()).output().unwrap();
            let next = String::from_utf8(output.stdout).unwrap();
            assert_eq!(next, "--arm --config break-glass.toml drill orders\n", "{command}");
            let file = std::fs::read_to_string(folder.path().join("break-glass.toml")).unwrap();
            let after = config(&format!("{file}{had}"));
            assert!(Lacks::of(&after, sources, false).nothing(), "{sources:?} {had:?}: {file}");
            let others = ["prod", "pg-east"].into_iter().filter(|source| !sources.contains(source));
            assert!(others.into_iter().all(|other| !file.contains(other)), "{file}");
        }
    }
}
