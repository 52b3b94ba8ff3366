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
        self.hops() > 0
    }

    /// The whole argument list. Behind each ssh a shell reads the words that follow, so each word of the
    /// command is quoted for it; and ssh is told never to ask: a question would land on the operator's
    /// screen.
    pub fn argv(&self, command: &[String]) -> Vec<String> {
        let mut argv = Vec::with_capacity(self.words.len() + command.len());
        for (at, word) in self.words.iter().enumerate() {
            argv.push(word.clone());
            if self.is_ssh_at(at) {
                argv.extend(["-oBatchMode=yes", "-T"].map(str::to_owned));
            }
        }
        let through = |word: &String| (0..self.hops()).fold(word.clone(), |word, _| quote(&word));
        argv.extend(command.iter().map(through));
        argv
    }

    /// How many shells of other hosts read the command.
    fn hops(&self) -> usize {
        (0..self.words.len()).filter(|at| self.is_ssh_at(*at)).count()
    }

    /// Whether ssh stands there and goes to a host: first, behind a change of account (`sudo -u ops`), a
    /// limit (`timeout 60`) or another ssh.
    fn is_ssh_at(&self, at: usize) -> bool {
        let is_ssh = |word: &String| Path::new(word).file_name().is_some_and(|name| name == "ssh");
        at + 1 < self.words.len() && self.words.get(at).is_some_and(is_ssh)
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

    /// A stand-in for ssh that does what ssh does with its words: joins them for a shell.
    #[tokio::test]
    async fn s28_words_arrive_behind_ssh_wherever_it_stands() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let ssh = folder.path().join("ssh");
        std::fs::write(&ssh, "#!/bin/sh\nshift 3\nexec sh -c \"$*\"\n").unwrap();
        std::fs::set_permissions(&ssh, std::fs::Permissions::from_mode(0o755)).unwrap();
        let ssh = ssh.to_str().unwrap();
        let argv: Vec<_> = ["printf", "<%s>"].iter().chain(AWKWARD).copied().collect();
        for prefix in [
            &[ssh, "dr-1"][..],
            &["env", "A=b", ssh, "dr-1"],
            &["timeout", "60", ssh, "dr-1"],
            &["env", "--", ssh, "dr-1"],
            &[ssh, "jump", ssh, "dr-1"],
        ] {
            let prefix = Prefix::new(&words(prefix));
            assert!(prefix.is_ssh());
            let call = Call::new(argv.iter().copied(), Duration::from_secs(20));
            let arrived = run(&prefix, &call).await.unwrap().text();
            assert_eq!(arrived, format!("<{}>", AWKWARD.join("><")), "{prefix:?}");
        }
        assert!(!Prefix::new(&words(&["sudo", "-u", "ssh"])).is_ssh(), "no host follows");
    }
}
