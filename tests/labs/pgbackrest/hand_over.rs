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

/// A certificate and its key, which the server's account may read.
fn certificate(lab: &Lab) -> [String; 2] {
    let files = ["server.crt", "server.key"].map(|name| lab.path().join("log").join(name));
    let mut openssl = lab.command("openssl");
    openssl.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=fork"]);
    run(openssl.arg("-out").arg(&files[0]).arg("-keyout").arg(&files[1]), LIMIT).expect_ok();
    files.map(|file| file.display().to_string())
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
    let client = |sslmode: &str| {
        let mut psql = Command::new(lab.pg_bin().join("psql"));
        psql.current_dir(lab.path()).env("PGPASSWORD", "of-a-client").env("PGCONNECT_TIMEOUT", "10");
        psql.env("PGSSLMODE", sslmode);
        psql.args(["-XAtqw", "-h", "127.0.0.1", "-p", &port, "-U", "client"]);
        let query = "select current_user, ssl from pg_stat_ssl where pid = pg_backend_pid()";
        run(psql.args(["-d", "postgres", "-c", query]), LIMIT)
    };
    assert!(!client("disable").status.success(), "closed until it is let in");

    let told = region.progress(&request).text;
    let (_, switch_on) = told.split_once("TLS is off").expect("it was restored without TLS");
    let [certificate, key] = certificate(&lab);
    let switch_on = switch_on.split('`').nth(1).expect("a command");
    pasted(&lab, &switch_on.replace("CERTIFICATE", &certificate).replace("KEY", &key));
    pasted(&lab, &command_in(&told));
    assert_eq!(client("require").expect_ok().trim(), "client|t");
    assert_eq!(client("disable").expect_ok().trim(), "client|f");
    assert_eq!((ask("show listen_addresses"), ask("show archive_mode")), ("*".to_owned(), "off".to_owned()));

    let protection = || region.runtime.block_on(region.forker().protection(&request));
    let bare = protection();
    assert_eq!(bare.own_backup, Some(false), "{bare:?}");
    let (give, _) = bare.text.split_once("`; then ").expect("a command");
    pasted(&lab, &command_in(&format!("{give}`")));
    assert_eq!(client("require").expect_ok().trim(), "client|t", "it is where its clients look for it");
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
    assert_eq!(client("require").expect_ok().trim(), "client|t");
    assert_eq!(ask("show archive_mode"), "on");
    region.remove(&request);
}
