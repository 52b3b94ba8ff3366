//! Reads the sources and fails on an import that crosses the layers: the pure cores know neither the
//! world nor the edges around them. The layers are those of the crate's documentation.

use std::fmt;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// Which of our modules a part may name. A part that is not listed may name all.
const MAY_KNOW: &[(&str, &[&str])] = &[
    ("domain", &["domain"]),
    ("runbook", &["runbook", "domain"]),
    ("tui/app", &["tui::app", "tui::keymap", "domain", "runbook"]),
    ("tui/keymap", &["tui::keymap", "tui::app", "domain", "runbook"]),
    ("tui/draw", &["tui", "domain", "runbook"]),
    ("tui/terminal", &["tui"]),
    ("tui", &["tui", "domain", "runbook"]),
    ("evidence", &["evidence", "domain", "runbook"]),
    ("ledger", &["ledger", "domain", "runbook", "regular_file"]),
    ("validate", &["validate", "domain", "runbook", "provider", "process", "secret"]),
    ("provider", &["provider", "domain", "runbook", "process", "secret", "clock"]),
    ("poll", &["poll", "domain", "provider", "clock"]),
    ("simulator", &["simulator", "domain", "clock", "secret"]),
    (
        "config",
        &[
            "config",
            "domain",
            "runbook",
            "provider",
            "poll::Pace",
            "secret",
            "clock",
            "tui::theme",
            "tui::keymap",
        ],
    ),
    ("process", &["process", "secret"]),
    ("secret", &["secret", "process", "regular_file"]),
    ("regular_file", &["regular_file"]),
    ("clock", &["clock"]),
];

/// Which parts may name a crate that touches the world.
const WORLDLY: &[(&str, &[&str])] = &[
    (
        "tokio",
        &[
            "provider",
            "poll",
            "process",
            "secret",
            "runtime",
            "cli",
            "simulator",
            "validate",
            "ledger",
            "tui/terminal",
        ],
    ),
    ("tokio_util", &["provider", "poll", "process", "runtime", "cli", "simulator", "validate", "ledger"]),
    ("reqwest", &["provider", "validate", "runtime", "cli"]),
    ("axum", &["simulator", "cli"]),
    ("rusqlite", &["ledger"]),
    ("tokio_postgres", &["validate", "ledger"]),
    ("crossterm", &["tui/terminal", "runtime", "cli"]),
    ("ratatui", &["tui/draw", "tui/terminal", "tui/theme", "runtime/dashboard"]),
];

/// Ways to ask for the time that a pure core must not know: *now* is an argument.
const CLOCKS: &[&str] = &["Utc::now", "Local::now", "SystemTime::now", "Instant::now"];
const PURE: &[&str] = &["domain", "runbook", "tui/app", "evidence"];

#[derive(Debug, PartialEq, Eq)]
struct Wrong {
    part: String,
    names: String,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "src/{} must not name {}", self.part, self.names)
    }
}

/// Everything wrong in one file, given by its path below `src` and its text.
fn wrong(part: &str, text: &str) -> Vec<Wrong> {
    let text = code_of(text);
    let tests = is_test_support(part);
    let mut found: Vec<String> = Vec::new();
    if !tests {
        found.extend(ours(&text).filter(|path| !may_know(part, path)).map(|path| format!("crate::{path}")));
    }
    for (worldly, parts) in WORLDLY {
        if names_crate(&text, worldly) && !tests && !parts.iter().any(|allowed| lies_in(part, allowed)) {
            found.push((*worldly).to_owned());
        }
    }
    if PURE.iter().any(|pure| lies_in(part, pure)) {
        found.extend(CLOCKS.iter().filter(|clock| text.contains(*clock)).map(|clock| (*clock).to_owned()));
    }
    found.sort();
    found.dedup();
    found.into_iter().map(|names| Wrong { part: part.to_owned(), names }).collect()
}

/// The code without comments and without the tests at the end of the file, which may know more.
fn code_of(text: &str) -> String {
    let until_tests = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    until_tests.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// Whole files that are compiled for tests only.
fn is_test_support(part: &str) -> bool {
    let name = Path::new(part).file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let in_tests = part.split('/').any(|folder| folder == "tests");
    in_tests || matches!(name, "tests" | "sample" | "testkit" | "simulated")
}

fn lies_in(part: &str, folder: &str) -> bool {
    part.strip_prefix(folder).is_some_and(|rest| rest.starts_with(['/', '.']))
}

fn may_know(part: &str, path: &str) -> bool {
    let Some((_, allowed)) = MAY_KNOW.iter().find(|(of, _)| lies_in(part, of)) else { return true };
    allowed.iter().any(|allowed| path == *allowed || path.starts_with(&format!("{allowed}::")))
}

/// Every path into our own crate, groups taken apart: `crate::{a, b::{c, d}}` is `a`, `b::c`, `b::d`.
fn ours(text: &str) -> impl Iterator<Item = String> {
    text.match_indices("crate::")
        .filter(|(at, _)| !preceded_by_word(text, *at))
        .flat_map(|(at, found)| paths(&text[at + found.len()..]))
}

/// The paths of one import tree, which may be followed by anything.
fn paths(tree: &str) -> Vec<String> {
    let word = |sign: char| sign.is_alphanumeric() || sign == '_' || sign == ':';
    let end = tree.find(|sign| !word(sign)).unwrap_or(tree.len());
    let (path, rest) = tree.split_at(end);
    let Some(group) = rest.strip_prefix('{') else { return vec![path.trim_end_matches(':').to_owned()] };
    branches(group)
        .into_iter()
        .flat_map(|branch| paths(branch.trim()))
        .map(
            |branch| {
                if branch == "self" {
                    path.trim_end_matches(':').to_owned()
                } else {
                    format!("{path}{branch}")
                }
            },
        )
        .collect()
}

/// The branches of a group up to its closing brace, by the commas that belong to it.
fn branches(group: &str) -> Vec<&str> {
    let (mut depth, mut start, mut all) = (0_u32, 0, Vec::new());
    for (at, sign) in group.char_indices() {
        match sign {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                all.push(&group[start..at]);
                start = at + 1;
                if sign == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    all.retain(|branch| !branch.trim().is_empty());
    all
}

/// `tokio::` as a path, not `tokio_util::` and not a word that ends alike.
fn names_crate(text: &str, name: &str) -> bool {
    let path = format!("{name}::");
    let in_path = text.match_indices(&path).any(|(at, _)| !preceded_by_word(text, at));
    in_path || text.contains(&format!("use {name};")) || text.contains(&format!("use {name} as "))
}

fn preceded_by_word(text: &str, at: usize) -> bool {
    text[..at].ends_with(|sign: char| sign.is_alphanumeric() || sign == '_' || sign == ':')
}

fn sources(folder: &Path, into: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            sources(&path, into)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
    Ok(())
}

#[test]
fn imports_follow_the_layers() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files).unwrap();
    assert!(files.len() > 50, "the sources were found: {}", files.len());
    let all: Vec<String> = files
        .iter()
        .flat_map(|file| {
            let part = file.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
            wrong(&part, &fs::read_to_string(file).unwrap())
        })
        .map(|wrong| wrong.to_string())
        .collect();
    assert!(all.is_empty(), "\n{}", all.join("\n"));
}

#[test]
fn every_part_of_the_sources_is_known_to_this_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for entry in fs::read_dir(root).unwrap() {
        let name = entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned();
        let edge = matches!(name.as_str(), "lib" | "main" | "runtime" | "cli");
        assert!(
            edge || MAY_KNOW.iter().any(|(part, _)| *part == name),
            "say in this test what src/{name} may know"
        );
    }
}

/// What this test is for: each of these must be found.
#[test]
fn wrong_edges_are_found() {
    for (part, text, names) in [
        ("domain/loss.rs", "use crate::provider::Catalog;", "crate::provider::Catalog"),
        ("domain/loss.rs", "fn f() { crate::clock::Clock::system(); }", "crate::clock::Clock::system"),
        ("domain/loss.rs", "use tokio::time::sleep;", "tokio"),
        ("domain/loss.rs", "let now = Utc::now();", "Utc::now"),
        ("domain/mod.rs", "pub use crate::{domain::A,\n provider::{B},};", "crate::provider::B"),
        ("domain/mod.rs", "use crate::{domain::{A, B}, poll::{self}};", "crate::poll"),
        ("runbook/plan.rs", "use crate::provider::ForkRequest;", "crate::provider::ForkRequest"),
        ("runbook/plan.rs", "use rusqlite;", "rusqlite"),
        ("tui/app/update.rs", "use crate::tui::draw::draw;", "crate::tui::draw::draw"),
        ("tui/app/update.rs", "use ratatui::buffer::Buffer;", "ratatui"),
        ("tui/app/update.rs", "use crate::runtime::signals;", "crate::runtime::signals"),
        ("tui/draw/mod.rs", "use crossterm::event;", "crossterm"),
        ("provider/aiven/client.rs", "use crate::tui::app::Model;", "crate::tui::app::Model"),
        ("provider/aiven/client.rs", "use rusqlite::Connection;", "rusqlite"),
        ("ledger/sqlite.rs", "use tokio::spawn; use reqwest::Client;", "reqwest"),
        ("config/model.rs", "use tokio_postgres::Client;", "tokio_postgres"),
        ("evidence/report.rs", "let t = std::time::SystemTime::now();", "SystemTime::now"),
    ] {
        let found: Vec<String> = wrong(part, text).into_iter().map(|wrong| wrong.names).collect();
        assert_eq!(found, [names], "{part}: {text}");
    }
}

/// And these must not.
#[test]
fn right_edges_and_look_alikes_pass() {
    for (part, text) in [
        ("domain/loss.rs", "use crate::domain::{Edge, Service};\nuse super::lag;"),
        ("domain/loss.rs", "// unlike tokio::time, see crate::provider"),
        ("domain/loss.rs", "fn f() {}\n#[cfg(test)]\nmod tests {\n    use crate::clock::Clock;\n}"),
        ("domain/tests/mod.rs", "use crate::clock::Clock;"),
        ("tui/app/update.rs", "use crate::{domain::Fleet, tui::{app::Model, keymap}};"),
        ("provider/aiven/client.rs", "use reqwest::Method;\nuse crate::secret::Secret;"),
        ("poll/task.rs", "use tokio_util::sync::CancellationToken;"),
        ("tui/theme.rs", "use ratatui::style::Color;"),
        ("runtime/driver.rs", "use crate::{cli, ledger, provider, tui};\nuse tokio::sync::mpsc;"),
    ] {
        let found: Vec<String> = wrong(part, text).iter().map(ToString::to_string).collect();
        assert!(found.is_empty(), "{part}: {found:?}");
    }
}
