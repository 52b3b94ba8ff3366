//! Who sits at this terminal, by the identities the system knows (S26).

use std::fs;

use crate::runbook::Author;

/// The author of what is done from here, with the name the person gave.
pub fn author(name: Option<String>) -> Author {
    let variable = |key: &str| std::env::var(key).ok().filter(|value| !value.is_empty());
    Author {
        name,
        os_user: os_user(),
        sudo_from: variable("SUDO_USER"),
        // `203.0.113.7 52144 10.0.0.5 22`: the first word is where the session comes from.
        ssh_from: variable("SSH_CONNECTION")
            .and_then(|connection| connection.split_whitespace().next().map(str::to_owned)),
        host: rustix::system::uname().nodename().to_string_lossy().into_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

/// The account of this process: what the kernel says, not what the environment claims.
fn os_user() -> String {
    let id = rustix::process::geteuid().as_raw();
    fs::read_to_string("/etc/passwd")
        .ok()
        .and_then(|accounts| account(&accounts, id).map(str::to_owned))
        .unwrap_or_else(|| format!("uid {id}"))
}

fn account(accounts: &str, id: u32) -> Option<&str> {
    let id = id.to_string();
    accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1) == Some(id.as_str())).then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s26_the_account_is_looked_up_by_its_number() {
        let accounts = "root:x:0:0:root:/root:/bin/bash\nops:x:1000:1000::/home/ops:/bin/sh\n";
        assert_eq!(account(accounts, 1000), Some("ops"));
        assert_eq!(account(accounts, 7), None);
    }

    #[test]
    fn s26_an_author_names_account_host_and_version() {
        let author = author(Some("anna".to_owned()));
        assert!(!author.os_user.is_empty() && !author.host.is_empty());
        assert_eq!(author.version, env!("CARGO_PKG_VERSION"));
    }
}
