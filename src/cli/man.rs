//! `man`: the manual page of the program or of one command, from the one definition of the command line.

use clap::{Command, CommandFactory};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

use super::args::ManArgs;
use super::{Cli, Exit, Out, exit};

/// What the environment says to every command.
const ENVIRONMENT: [(&str, &str); 5] = [
    ("LIFEBOAT_CONFIG", "Config files, a list like PATH, when --config is not given."),
    ("LIFEBOAT_FLEET", "Lies over `fleet` of the config."),
    ("LIFEBOAT_STATE_DIR", "Lies over `state_dir` of the config; --state-dir lies over it."),
    ("LIFEBOAT_THEME", "Lies over `theme` of the config; --theme lies over it."),
    ("NO_COLOR", "When set and not empty, nothing is coloured."),
];

const FILES: [(&str, &str); 3] = [
    ("~/.config/lifeboat/config.toml", "The config, when no other is named."),
    ("/etc/lifeboat/config.toml", "The config, when there is none in the home."),
    ("~/.local/state/lifeboat", "Journals of runs and last-known readings, unless state_dir says otherwise."),
];

pub(super) fn run(args: &ManArgs, out: &mut Out) -> Exit {
    let mut program = Cli::command();
    program.build();
    let command = match find(&program, &args.command) {
        Ok(command) => command.clone().after_help(""),
        Err(why) => {
            out.error(&why, &["`lifeboat --help` lists all commands"]);
            return Exit::Usage;
        }
    };
    let title = std::iter::once("lifeboat").chain(args.command.iter().map(String::as_str));
    match page(command, &title.collect::<Vec<_>>().join("-"), args.command.is_empty()) {
        Ok(page) => {
            out.line(&String::from_utf8_lossy(&page));
            Exit::Done
        }
        Err(error) => {
            out.error(&format!("the page cannot be made: {error}"), &[]);
            Exit::Failed
        }
    }
}

fn find<'a>(program: &'a Command, words: &[String]) -> Result<&'a Command, String> {
    words.iter().try_fold(program, |command, word| {
        command.find_subcommand(word).ok_or_else(|| {
            let known: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
            let near = super::nearest_hint(word, &known);
            format!("`{}` has no command `{word}`{near}", command.get_name())
        })
    })
}

fn page(command: Command, title: &str, whole: bool) -> std::io::Result<Vec<u8>> {
    let man = Man::new(command.display_name(title)).title(title.to_uppercase()).manual("lifeboat");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if whole {
        man.render_subcommands_section(&mut page)?;
        listed("ENVIRONMENT", &ENVIRONMENT).to_writer(&mut page)?;
        listed("FILES", &FILES).to_writer(&mut page)?;
    }
    exit_status().to_writer(&mut page)?;
    Ok(page)
}

fn listed(heading: &str, entries: &[(&str, &str)]) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", [heading]);
    for (name, meaning) in entries {
        roff.control("TP", []).text([roman(*name)]).text([roman(*meaning)]);
    }
    roff
}

/// The same table that `--help` shows, line by line.
fn exit_status() -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["EXIT STATUS"]).control("nf", []);
    for line in exit::TABLE.lines().skip(1) {
        roff.text([roman(line)]);
    }
    roff.control("fi", []);
    roff
}
