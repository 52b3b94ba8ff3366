//! The whole commands that go on with a change of region (S26).

use crate::cli::again::Again;
use crate::cli::args::RegionArgs;

/// The commands that go on from here, for the same service and by the same person.
pub(super) struct Next<'a> {
    pub(super) again: Again,
    pub(super) args: &'a RegionArgs,
}

impl Next<'_> {
    /// Asks for the change.
    pub(super) fn confirmed(&self) -> String {
        let mut flags = self.args.to.as_deref().map_or_else(|| vec!["--off"], |to| vec!["--to", to]);
        flags.extend(["--confirm", self.args.service.as_str()]);
        self.again.act(&self.words(&flags))
    }

    /// Follows what was asked for, and writes down what is seen.
    pub(super) fn follows(&self) -> String {
        self.again.act(&self.words(&["--follow"]))
    }

    /// Only looks at it.
    pub(super) fn looks(&self) -> String {
        self.again.look(&self.words(&["--follow"]))
    }

    fn words<'w>(&'w self, flags: &[&'w str]) -> Vec<&'w str> {
        let by = self.args.declared_by.as_deref();
        let by = by.into_iter().flat_map(|by| ["--declared-by", by]);
        ["region", self.args.service.as_str()].into_iter().chain(flags.iter().copied()).chain(by).collect()
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::Cli;
    use crate::cli::args::Command;

    #[test]
    fn s26_the_commands_that_go_on_keep_the_flags_of_this_start_wherever_they_stood() {
        for line in [
            "lifeboat --config /c.toml region orders --to x --declared-by anna --state-dir /s --arm",
            "lifeboat --arm region --to=x --state-dir /s orders --declared-by anna --config /c.toml",
        ] {
            let cli = Cli::try_parse_from(line.split(' ')).unwrap();
            let Some(Command::Region(args)) = &cli.command else { panic!("{line}") };
            let next = Next { again: Again::of(&cli.global), args };
            for (said, command) in [
                (next.confirmed(), "--arm region orders --to x --confirm orders"),
                (next.follows(), "--arm region orders --follow"),
                (next.looks(), "region orders --follow"),
            ] {
                let (arm, command) = command.split_at(command.find("region").unwrap());
                let whole =
                    format!("lifeboat {arm}--config /c.toml --state-dir /s {command} --declared-by anna");
                assert_eq!(said, whole);
                assert!(Cli::try_parse_from(said.split(' ')).is_ok(), "{said}");
            }
        }
    }
}
