//! What is printed of a restored fork leads clients in and gives it backups, word by word as a person pastes it.

use std::process::Command;

use lifeboat::domain::Target;
use lifeboat::provider::Forker as _;

use super::{LIMIT, Region, request};
use crate::support::{Lab, LabOptions, needs, run};

/// The last command in a text, between its last pair of back-ticks.
fn command_in(text: &str) -> String {
    text.rsplit('`').nth(1).expect(text).to_owned()
}

fn pasted(lab: &Lab, command: &str) {
    let mut shell = Command::new("sh");
    run(shell.current_dir(lab.path()).arg("-c").arg(command), LIMIT).expect_ok();
}

#[test]
fn what_is_printed_lets_clients_in_and_gives_the_fork_backups_of_its_own() {
    needs!(PostgreSql, PgBackRest);
    let lab = Lab::with(LabOptions { rows: 20, async_archive: false });
    let region = Region::of(&lab);
    let request = request("orders-k3q7wd", region.resolve(&Target::Newest).expect("a point"));
    region.restored(&request);
    let ask = |query: &str| region.sql(&lab, &request, query);
    let endpoint = region.runtime.block_on(region.forker().endpoint(&request)).expect("an endpoint");
    let port = endpoint.port.to_string();
    ask("create role client login password 'of-a-client'");
    let client = || {
        let mut psql = Command::new(lab.pg_bin().join("psql"));
        psql.current_dir(lab.path()).env("PGPASSWORD", "of-a-client").env("PGCONNECT_TIMEOUT", "10");
        psql.args(["-XAtqw", "-h", "127.0.0.1", "-p", &port, "-U", "client"]);
        run(psql.args(["-d", "postgres", "-c", "select current_user"]), LIMIT)
    };
    assert!(!client().status.success(), "closed until it is let in");

    pasted(&lab, &command_in(&region.progress(&request).text));
    assert_eq!(client().expect_ok().trim(), "client");
    assert_eq!((ask("show listen_addresses"), ask("show archive_mode")), ("*".to_owned(), "off".to_owned()));

    let protection = || region.runtime.block_on(region.forker().protection(&request));
    let bare = protection();
    assert_eq!(bare.own_backup, Some(false), "{bare:?}");
    let (give, _) = bare.text.split_once("`; then ").expect("a command");
    pasted(&lab, &command_in(&format!("{give}`")));
    assert_eq!(client().expect_ok().trim(), "client", "it is where its clients look for it");
    let own = protection();
    assert_eq!((own.own_backup, own.secondary_copy), (Some(true), Some(false)), "{own:?}");
    assert!(own.text.contains("holds a backup in repo2"), "{own:?}");

    // A server that is started by hand, without a word of ours, is in its place as well.
    let dir = region.forks.join(&request.name);
    for verb in ["stop", "start"] {
        let mut by_hand = lab.command(lab.pg_bin().join("pg_ctl"));
        by_hand.args(["-w", "-m", "fast", "-l"]).arg(lab.path().join("log/by-hand.log")).arg("-D");
        run(by_hand.arg(&dir).arg(verb), LIMIT).expect_ok();
    }
    assert_eq!(client().expect_ok().trim(), "client");
    assert_eq!(ask("show archive_mode"), "on");
    region.remove(&request);
}
