//! What is put before every command, and how its words pass through a shell (S28).

use std::path::Path;

/// Words put before every command: nothing, `runuser -u postgres --`, or `ssh host`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Prefix {
    words: Vec<String>,
}

impl Prefix {
    /// The prefix made of these words.
    pub fn new(words: &[String]) -> Self {
        Self { words: words.to_vec() }
    }

    /// The words as configured.
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// Whether the command passes through ssh, so that a shell of the other host reads its words.
    pub fn is_ssh(&self) -> bool {
        self.ssh_at().is_some()
    }

    /// The whole argument list. Behind ssh each word of the command is quoted for a POSIX shell, and
    /// ssh is told never to ask: a question would land on the operator's screen.
    pub fn argv(&self, command: &[String]) -> Vec<String> {
        let mut argv = self.words.clone();
        match self.ssh_at() {
            None => argv.extend_from_slice(command),
            Some(at) => {
                for (offset, option) in ["-oBatchMode=yes", "-T"].into_iter().enumerate() {
                    argv.insert(at + 1 + offset, option.to_owned());
                }
                argv.extend(command.iter().map(|word| quote(word)));
            }
        }
        argv
    }

    /// Where in the words ssh stands: first, or behind the `--` of a change of account.
    fn ssh_at(&self) -> Option<usize> {
        let is_ssh = |word: &String| Path::new(word).file_name().is_some_and(|name| name == "ssh");
        let after_change = self.words.iter().position(|word| word == "--").map_or(0, |at| at + 1);
        [0, after_change].into_iter().find(|&at| self.words.get(at).is_some_and(is_ssh))
    }
}

/// One word as a POSIX shell reads it back unchanged.
pub fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// A whole argument list as one line that a person can paste into a shell.
pub fn shell_line(argv: &[String]) -> String {
    argv.iter().map(|word| quote(word)).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::{Call, run};
    use super::*;

    fn words(text: &[&str]) -> Vec<String> {
        text.iter().map(ToString::to_string).collect()
    }

    async fn output(argv: &[&str]) -> String {
        let call = Call::new(argv.iter().copied(), Duration::from_secs(20));
        run(&Prefix::default(), &call).await.unwrap().text()
    }

    const AWKWARD: &[&str] =
        &["", " ", "two words", "it's", "say \"hi\"", "a\nb\n", "$HOME `id` \\", "*", "ünï", "-n", "'"];

    #[tokio::test]
    async fn arguments_arrive_as_they_are() {
        let argv: Vec<_> = ["printf", "<%s>"].iter().chain(AWKWARD).copied().collect();
        let expected = format!("<{}>", AWKWARD.join("><"));
        assert_eq!(output(&argv).await, expected);
    }

    #[tokio::test]
    async fn quoted_words_survive_a_shell() {
        let argv = words(&[&["printf", "<%s>"], AWKWARD].concat());
        let line = argv.iter().map(|word| quote(word)).collect::<Vec<_>>().join(" ");
        let expected = format!("<{}>", AWKWARD.join("><"));
        assert_eq!(output(&["sh", "-c", &line]).await, expected);
        assert_eq!(shell_line(&argv), line);
    }

    #[test]
    fn only_ssh_gets_quotes_and_is_told_not_to_ask() {
        let command = words(&["pgbackrest", "--target=2026-11-20 08:40:51+00"]);
        let plain = Prefix::new(&words(&["runuser", "-u", "postgres", "--"]));
        assert!(!plain.is_ssh());
        assert_eq!(plain.argv(&command)[4..], command[..]);
        let ssh = Prefix::new(&words(&["/usr/bin/ssh", "-F", "cfg", "dr-1"]));
        assert_eq!(
            ssh.argv(&command)[1..],
            words(&[
                "-oBatchMode=yes",
                "-T",
                "-F",
                "cfg",
                "dr-1",
                "pgbackrest",
                "'--target=2026-11-20 08:40:51+00'"
            ])
        );
        let both = Prefix::new(&words(&["sudo", "-u", "ops", "--", "ssh", "dr-1"]));
        assert!(both.is_ssh());
        assert_eq!(both.argv(&words(&["id"]))[4..6], words(&["ssh", "-oBatchMode=yes"]));
    }
}
