//! Every code block of the README is true: configs pass the check, commands are understood, and those
//! that change nothing work.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::simulated::Simulated;
use crate::support::{Lifeboat, Run};

const README: &str = include_str!("../../README.md");

/// The blocks of one language.
pub(crate) fn blocks(language: &str) -> Vec<String> {
    blocks_of(README, language)
}

fn blocks_of(text: &str, language: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut open: Option<String> = None;
    for line in text.lines() {
        match &mut open {
            None if line.trim() == format!("```{language}") => open = Some(String::new()),
            Some(_) if line.trim() == "```" => all.extend(open.take()),
            Some(text) => {
                text.push_str(line);
                text.push('\n');
            }
            None => {}
        }
    }
    all
}

/// The words of a shell line, quotes taken off, a comment left out.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let (mut quoted, mut begun) = (false, false);
    for c in line.chars() {
        match c {
            '"' => (quoted, begun) = (!quoted, true),
            '#' if !quoted && !begun => break,
            c if c.is_whitespace() && !quoted => {
                if begun {
                    words.push(std::mem::take(&mut word));
                }
                begun = false;
            }
            c => {
                word.push(c);
                begun = true;
            }
        }
    }
    if begun {
        words.push(word);
    }
    words
}

/// The commands of lifeboat in the README, without its name.
fn commands() -> Vec<Vec<String>> {
    let blocks = blocks("sh");
    let lines = blocks.iter().flat_map(|block| block.lines()).map(words);
    let of_lifeboat = |words: Vec<String>| {
        let skip = match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            ["lifeboat", ..] => 1,
            ["cargo", "run", "--release", "--", ..] => 4,
            _ => return None,
        };
        Some(words.into_iter().skip(skip).collect::<Vec<_>>())
    };
    lines
        .filter_map(of_lifeboat)
        .map(|words| words.into_iter().take_while(|word| word != ">").collect())
        .collect()
}

#[test]
fn every_config_in_the_readme_passes_the_check() {
    let configs = blocks("toml");
    assert!(configs.len() >= 2, "one for each kind of provider");
    for config in configs {
        let lifeboat = Lifeboat::new();
        let path = lifeboat.file("readme.toml", &config);
        let check = lifeboat.run(&["--config", &path, "config", "check"]);
        assert_eq!(check.code, 0, "{config}\n{check:?}");
    }
}

#[test]
fn every_command_in_the_readme_is_understood() {
    let commands = commands();
    assert!(commands.len() >= 12, "{commands:?}");
    // The simulator never ends by itself: it is started below, and in its own tests.
    for command in commands.iter().filter(|command| command[0] != "simulate") {
        let lifeboat = Lifeboat::new();
        let empty = lifeboat.file("lifeboat.toml", "fleet = 'readme'\n");
        let mut args: Vec<&str> = command.iter().map(String::as_str).collect();
        if !args.contains(&"--config") {
            args.extend(["--config", &empty]);
        }
        let run = lifeboat.run(&args);
        assert!(!run.stderr.contains("Usage:"), "{command:?} is not understood: {run:?}");
        assert!(!run.stdout.contains("unexpected argument"), "{command:?}: {run:?}");
        let reads_the_world = args.contains(&"--from");
        if !reads_the_world && let ["config", "init"] | ["runs", "list"] = args[..2] {
            assert_eq!(run.code, 0, "{command:?}: {run:?}");
        }
    }
}

/// The text of a section.
fn section(title: &str) -> &'static str {
    let (_, rest) = README.split_once(&format!("\n## {title}\n")).unwrap();
    rest.split("\n## ").next().unwrap()
}

#[test]
fn the_ten_minutes_of_the_readme_go_as_they_are_written() {
    const ADDRESS: &str = "http://127.0.0.1:8765";
    let sim = Simulated::start("calm");
    let walk = section("Ten minutes, without an account");
    assert!(walk.contains("cargo install") && walk.contains("lifeboat simulate --listen 127.0.0.1:8765"));
    let lines = blocks_of(walk, "sh").concat();
    let lines =
        lines.lines().filter(|line| !line.starts_with("cargo ") && !line.starts_with("lifeboat simulate"));
    let script = lines.collect::<Vec<_>>().join("\n").replace(ADDRESS, &sim.address);
    let bin = Path::new(env!("CARGO_BIN_EXE_lifeboat")).parent().unwrap();
    let sh = |script: &str| {
        let mut command = Command::new("sh");
        command.args(["-e", "-c", script]).current_dir(sim.lifeboat.folder()).env_clear();
        command.env("HOME", sim.lifeboat.folder()).env("PATH", format!("{}:/usr/bin:/bin", bin.display()));
        Run::from(command.stdin(Stdio::null()).output().unwrap())
    };
    let walked = sh(&script);
    assert_eq!(walked.code, 0, "{walked:?}");
    for said in ["config ok: demo", "no tier", "could arm here: no", "DRY RUN of drill orders-db"] {
        assert!(walked.stdout.contains(said), "{said}: {walked:?}");
    }
    let over = blocks_of(walk, "toml").concat().replace(ADDRESS, &sim.address);
    sim.lifeboat.file("break-glass.toml", &over);
    let armed = sh(
        "export AIVEN_TOKEN=demo-token; sed -i 's/^# \\(\\[tiers.1\\|rpo =\\|rto =\\)/\\1/' lifeboat.toml; \
         lifeboat --config lifeboat.toml --config break-glass.toml doctor",
    );
    assert!(armed.stdout.contains("could arm here: yes, with --arm"), "{armed:?}");
    assert!(!armed.stdout.contains("cannot pass"), "its drill has a check: {armed:?}");
    let dry = "lifeboat --config lifeboat.toml --config break-glass.toml drill orders-db --dry-run";
    let dry = sh(&format!("export AIVEN_TOKEN=demo-token; {dry}"));
    assert!(dry.code == 0 && !dry.stdout.contains("the result cannot be a pass"), "{dry:?}");
}

#[test]
fn the_scenarios_of_the_readme_exist() {
    let named = README.split('`').filter_map(|words| words.strip_prefix("demo "));
    let named: Vec<&str> = named.filter(|word| !word.starts_with("--")).collect();
    assert!(named.len() >= 10, "{named:?}");
    for scenario in named {
        assert!(lifeboat::simulator::scenario::names().any(|name| name == scenario), "{scenario}");
    }
}

#[test]
fn the_exit_codes_of_the_readme_are_those_of_the_program() {
    let table = lifeboat::cli::exit::TABLE;
    for row in README.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        if let [code, meaning] = cells[..]
            && code.parse::<u8>().is_ok()
        {
            let said =
                table.lines().any(|line| line.trim_start().starts_with(code) && line.ends_with(meaning));
            assert!(said, "{code}: {meaning}");
        }
    }
}
