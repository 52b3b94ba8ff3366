//! What a person is told who may not act: what is missing on this host, and the exact next command (S18).

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
    /// Whether they allow acting.
    pub allowed: bool,
}

/// The lines of a refusal.
pub fn explain(refusal: &Refusal, given: Given<'_>) -> Vec<String> {
    let mut lines = vec![format!("not armed for {}: nothing was changed", refusal.source_name)];
    lines.extend(refusal.missing.iter().map(|missing| format!("  missing here: {missing}")));
    if !given.allowed {
        lines.push(format!("  first: printf '[arming]\\nallow = true\\n' > {BREAK_GLASS}"));
    }
    lines.push(format!("  next:  {}", shell_line(&next_command(given))));
    lines
}

/// The command that was given, with what it lacks. A further config file is named behind all that
/// were loaded, the usual one too: the later wins, and a given one replaces the usual one.
fn next_command(given: Given<'_>) -> Vec<String> {
    let mut rest = Vec::new();
    let mut words = given.words.iter().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--arm" | "--read-only" => {}
            "--config" if !given.allowed => drop(words.next()),
            word if !given.allowed && word.starts_with("--config=") => {}
            word => rest.push(word.to_owned()),
        }
    }
    let mut next: Vec<String> = given.words.first().cloned().into_iter().collect();
    next.push("--arm".to_owned());
    if !given.allowed {
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

    fn words(line: &str) -> Vec<String> {
        line.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn the_next_command_has_what_was_missing() {
        let files = ["a.toml".to_owned()];
        for (line, allowed, next) in [
            ("lifeboat drill orders", true, "lifeboat --arm drill orders"),
            ("lifeboat --read-only --config a.toml drill x", true, "lifeboat --arm --config a.toml drill x"),
            (
                "lifeboat --config a.toml drill orders",
                false,
                "lifeboat --arm --config a.toml --config break-glass.toml drill orders",
            ),
            (
                "lifeboat drill orders --arm",
                false,
                "lifeboat --arm --config a.toml --config break-glass.toml drill orders",
            ),
        ] {
            let given = Given { words: &words(line), files: &files, allowed };
            assert_eq!(next_command(given).join(" "), next);
        }
    }

    #[test]
    fn everything_that_is_missing_is_named() {
        let refusal = Refusal {
            source_name: "pg-east".to_owned(),
            missing: vec!["--arm is not given".to_owned(), "no `fork` table".to_owned()],
        };
        let given = Given { words: &words("lifeboat drill orders"), files: &[], allowed: true };
        let lines = explain(&refusal, given);
        assert_eq!(lines.len(), 4, "{lines:?}");
        assert!(lines[1].contains("--arm") && lines[2].contains("fork"), "{lines:?}");
    }
}
