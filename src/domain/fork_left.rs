//! Forks that runs left behind when they ended: they cost money and hold data, and nobody uses them.

use serde::{Deserialize, Serialize};

use super::{ServiceId, words};

/// A fork that a run which is over left behind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForkLeft {
    /// Its name.
    pub fork: String,
    /// The run that made it.
    pub run: String,
    /// The service that it was restored from.
    pub service: ServiceId,
    /// Whether it was ever seen; else it was asked for, and may exist.
    pub was_seen: bool,
    /// Whether clients used it until a later incident moved them on: what they wrote lies nowhere else.
    pub had_clients: bool,
    /// The files of the config that its run was begun with: what removes it needs them, and no document tells them.
    #[serde(skip)]
    pub config_files: Vec<String>,
}

impl ForkLeft {
    /// What it is, in a line.
    pub fn text(&self) -> String {
        let Self { fork, run, .. } = self;
        let seen = if self.was_seen { "" } else { ", which may exist" };
        let data = if self.had_clients { "; it holds what clients wrote to it" } else { "" };
        format!("{fork}{seen} (run {run}){data}")
    }
}

/// How many they are, and which, in a sentence; `None` where there is none.
pub fn told(left: &[ForkLeft]) -> Option<String> {
    const NAMED: usize = 3;
    let named: Vec<String> = left.iter().take(NAMED).map(ForkLeft::text).collect();
    let more = left.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    (!left.is_empty()).then(|| format!("{}: {}{more}", counted(left), named.join(", ")))
}

/// How many they are.
pub fn counted(left: &[ForkLeft]) -> String {
    format!("{} left behind", words::count(left.len(), "fork"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_left_is_counted_and_named_up_to_three() {
        let left = |fork: &str, was_seen, had_clients| ForkLeft {
            fork: fork.to_owned(),
            run: format!("run-{fork}"),
            service: "orders-db".to_owned(),
            was_seen,
            had_clients,
            config_files: Vec::new(),
        };
        assert_eq!(told(&[]), None);
        let one = [left("a", true, false)];
        assert_eq!(told(&one).unwrap(), "1 fork left behind: a (run run-a)");
        let all =
            [left("a", true, true), left("b", false, false), left("c", true, false), left("d", true, false)];
        let says = "4 forks left behind: a (run run-a); it holds what clients wrote to it, b, which may exist (run \
                    run-b), c (run run-c) and 1 more";
        assert_eq!(told(&all).unwrap(), says);
    }
}
