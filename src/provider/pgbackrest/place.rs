//! Whether forks could be made on the fork's host, looked at before there is any: the account, the folder, its
//! room and the ports. By the words of readiness, and without writing anything.

use std::time::Duration;

use crate::domain::words;
use crate::process::{self, Call, Prefix};
use crate::provider::{ReadinessItem, ReadinessState};

use super::forker::FORK_SCRIPT;
use super::readiness::{account, failed, item, ports, said_of};
use super::settings::{ForkSettings, forks_folder};

const LIMIT: Duration = Duration::from_secs(15);

/// Looks at the place of all forks.
pub async fn of(fork: &ForkSettings) -> Vec<ReadinessItem> {
    let base = match forks_folder(&fork.directory) {
        Ok(base) => base,
        Err(why) => return vec![failed("fork_folder", format!("`directory` of the fork table: {why}"))],
    };
    let [first, last] = [fork.ports.0.start(), fork.ports.0.end()].map(ToString::to_string);
    let words = ["sh", "-c", FORK_SCRIPT, "lifeboat", "look", "", base, "", "", "", &first, &last];
    match process::run(&Prefix::new(&fork.run), &Call::new(words.map(str::to_owned), LIMIT)).await {
        Ok(finished) if finished.ok() => items(fork, base, &finished.text()),
        Ok(finished) => {
            let said = process::one_line(&finished.stderr);
            vec![failed("fork_folder", format!("the look ended with code {}: {said}", finished.code))]
        }
        Err(failure) => vec![failed("fork_folder", failure.to_string())],
    }
}

fn items(fork: &ForkSettings, base: &str, text: &str) -> Vec<ReadinessItem> {
    vec![
        account(said_of(text, "uid"), None),
        folder(base, text),
        room(base, text),
        ports(&fork.ports.0, text),
    ]
}

fn folder(base: &str, text: &str) -> ReadinessItem {
    let said = |word| said_of(text, word).unwrap_or("?");
    let (account, owner) = (said("account"), said("owner"));
    if let Some(file) = said_of(text, "file") {
        let what = "is no folder: move it away, or let `directory` of the fork table name another place";
        return failed("fork_folder", format!("{file} {what}"));
    }
    match (said_of(text, "writable"), said_of(text, "closed")) {
        (Some(there), _) if there == base => contents(base, owner, text),
        (Some(there), _) => {
            let text = format!("{base} is not there yet, and can be made in {there}, owned by {owner}");
            item("fork_folder", ReadinessState::Pass, text)
        }
        (None, Some(there)) => {
            let missing = if there == base { String::new() } else { format!("{base} is not there, and ") };
            failed(
                "fork_folder",
                format!(
                    "{missing}{there}, owned by {owner}, is no folder that {account} can write to: make {base} and \
                     give it to {account}, or let `directory` of the fork table name another folder"
                ),
            )
        }
        (None, None) => failed("fork_folder", format!("{base} could not be looked at")),
    }
}

/// Besides forks nothing should be there: it would share their room, and stand in the way of their names.
fn contents(base: &str, owner: &str, text: &str) -> ReadinessItem {
    let count = |word| said_of(text, word).and_then(|count| count.parse::<usize>().ok());
    let place = format!("{base}, owned by {owner}, can be written");
    let (state, holds) = match (count("forks"), count("others")) {
        (Some(0), Some(0)) => (ReadinessState::Pass, "and is empty".to_owned()),
        (Some(forks), Some(0)) => {
            (ReadinessState::Pass, format!("and holds {}", words::count(forks, "fork")))
        }
        (Some(_), Some(others)) => (
            ReadinessState::Warn,
            format!(
                "and holds what is no fork of lifeboat ({others}): let `directory` of the fork table name a folder of \
                 its own"
            ),
        ),
        _ => (ReadinessState::Warn, "but what it holds cannot be listed".to_owned()),
    };
    item("fork_folder", state, format!("{place}, {holds}"))
}

fn room(base: &str, text: &str) -> ReadinessItem {
    let free = said_of(text, "free").and_then(|bytes| bytes.parse().ok());
    match free {
        Some(0) => failed("disk_space", format!("nothing is free for {base}: make room there")),
        Some(free) => {
            item("disk_space", ReadinessState::Pass, format!("{} free for forks", words::bytes(free)))
        }
        None => item(
            "disk_space",
            ReadinessState::NotVerified,
            format!("how much is free for {base} was not told: look with `df {base}`"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "uid 104\naccount postgres\nwritable /srv/forks\nowner postgres\nforks 0\nothers 0\n\
        free 9000000000\noutgoing 32768\t60999\nreserved \nports 10\n";

    fn found(text: &str, check: &str) -> (ReadinessState, String) {
        let fork: ForkSettings = toml::from_str("directory = '/srv/forks/'").unwrap();
        let found = items(&fork, "/srv/forks", text).into_iter().find(|item| item.check == check).unwrap();
        (found.state, found.text)
    }

    #[test]
    fn each_trouble_of_the_place_of_forks_is_told_with_what_to_do() {
        use ReadinessState::{Fail, NotVerified, Pass, Warn};
        for (from, to, check, state, says) in [
            ("", "", "fork_folder", Pass, "/srv/forks, owned by postgres, can be written, and is empty"),
            ("forks 0", "forks 2", "fork_folder", Pass, "holds 2 forks"),
            ("others 0", "others 3", "fork_folder", Warn, "no fork of lifeboat (3): let `directory`"),
            ("others 0\n", "", "fork_folder", Warn, "cannot be listed"),
            (
                "writable /srv/forks",
                "writable /srv",
                "fork_folder",
                Pass,
                "not there yet, and can be made in /srv",
            ),
            (
                "writable /srv/forks\nowner postgres",
                "closed /srv\nowner root",
                "fork_folder",
                Fail,
                "/srv/forks is not there, and /srv, owned by root, is no folder that postgres can write to: make \
                 /srv/forks and give it to postgres",
            ),
            (
                "writable /srv/forks",
                "file /srv/forks\nclosed /srv/forks",
                "fork_folder",
                Fail,
                "/srv/forks is no folder: move it away",
            ),
            ("uid 104", "uid 0", "account", Fail, "let `run` of the fork table change the account"),
            ("", "", "disk_space", Pass, "free for forks"),
            ("free 9000000000", "free 0", "disk_space", Fail, "make room"),
            ("free 9000000000", "free ?", "disk_space", NotVerified, "`df /srv/forks`"),
            ("", "", "port", Pass, "10 of ports 25440 to 25449 are free"),
            ("ports 10", "ports 0", "port", Fail, "widen `ports`"),
            ("32768\t", "20000\t", "port", Warn, "net.ipv4.ip_local_reserved_ports"),
        ] {
            let (is, text) = found(&GOOD.replacen(from, to, 1), check);
            assert_eq!(is, state, "{to}: {text}");
            assert!(text.contains(says), "{to}: {text}");
        }
    }
}
