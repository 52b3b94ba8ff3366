//! `completions`: what a shell offers at the tab key, from the one definition of the command line.

use clap::CommandFactory;
use clap_complete::{Shell, generate};

use super::args::{CompletionsArgs, ShellName};
use super::{Cli, Exit, Out};

pub(super) fn run(args: &CompletionsArgs, out: &mut Out) -> Exit {
    let shell = match args.shell {
        ShellName::Bash => Shell::Bash,
        ShellName::Zsh => Shell::Zsh,
        ShellName::Fish => Shell::Fish,
    };
    let mut script = Vec::new();
    generate(shell, &mut Cli::command(), "lifeboat", &mut script);
    out.line(&String::from_utf8_lossy(&script));
    Exit::Done
}
