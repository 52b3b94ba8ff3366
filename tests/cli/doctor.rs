//! What `doctor` finds of the place where forks would be made.

use std::net::TcpListener;

use crate::simulated::Simulated;
use crate::support::Lifeboat;

/// What is said of forks with these lines in the `fork` table.
fn said_of_forks(lifeboat: &Lifeboat, config: &str, fork: &str) -> String {
    let table = lifeboat.file("fork.toml", &format!("[sources.east.fork]\n{fork}\n"));
    let run = lifeboat.run(&["doctor", "--config", config, "--config", &table]);
    // One line for each: what was found may be wrapped.
    run.stdout.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_folder_of_forks_is_looked_at_and_nothing_is_made() {
    let lifeboat = Lifeboat::new();
    let config = lifeboat.replay("12-s3-encrypted", "shop");
    let folder = lifeboat.folder().join("forks");
    let directory = format!("directory = '{}'", folder.display());
    let said = || said_of_forks(&lifeboat, &config, &directory);
    let here = folder.display().to_string();
    assert!(
        said().contains(&format!("ok fork east here: {here} is not there yet, and can be made in")),
        "{}",
        said()
    );
    assert!(!folder.exists(), "a look makes nothing");
    std::fs::create_dir(&folder).unwrap();
    assert!(said().contains("can be written, and is empty"), "{}", said());
    assert!(said().contains(" free for forks"), "{}", said());
    std::fs::write(folder.join("drill-a.lifeboat.json"), "{}").unwrap();
    std::fs::create_dir(folder.join("drill-a")).unwrap();
    assert!(said().contains("and holds 1 fork"), "{}", said());
    std::fs::write(folder.join("dump.sql"), "").unwrap();
    assert!(
        said().contains("warn fork east here") && said().contains("no fork of lifeboat (1)"),
        "{}",
        said()
    );
    std::fs::remove_dir_all(&folder).unwrap();
    std::fs::write(&folder, "").unwrap();
    assert!(
        said().contains("FAIL fork east here") && said().contains("is no folder: move it away"),
        "{}",
        said()
    );
}

#[test]
fn the_ports_of_forks_are_looked_at() {
    let lifeboat = Lifeboat::new();
    let config = lifeboat.replay("12-s3-encrypted", "shop");
    let said = |ports: String| {
        let folder = lifeboat.folder().join("forks").display().to_string();
        said_of_forks(&lifeboat, &config, &format!("directory = '{folder}'\nports = '{ports}'"))
    };
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let taken = listener.local_addr().unwrap().port();
    let none = said(taken.to_string());
    assert!(
        none.contains(&format!("FAIL fork east here: no port from {taken} to {taken} is free")),
        "{none}"
    );
    let range = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").unwrap();
    let first: u16 = range.split_whitespace().next().unwrap().parse().unwrap();
    let given = said(format!("{first}-{}", first + 20));
    assert!(given.contains("warn fork east here") && given.contains("to outgoing connections"), "{given}");
    let kept = said(format!("{}-{}", first - 400, first - 390));
    assert!(kept.contains(&format!("of ports {} to {} are free", first - 400, first - 390)), "{kept}");
}

#[test]
fn s18_a_token_that_was_refused_arms_nothing_where_it_is_the_acting_one_too() {
    let sim = Simulated::start("calm");
    let another = sim.lifeboat.file("acting.toml", "[sources.sim]\nacting_token = { env = 'ACT_TOKEN' }\n");
    let said = |token: &str, args: &[&str]| {
        let env = [("SIM_TOKEN", token), ("ACT_TOKEN", "demo-token")];
        let run = sim.run_with(&env, &[&["doctor"], args].concat());
        run.stdout.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert!(said("demo-token", &[]).contains("could arm here: yes"));
    let refused = said("wrong", &[]);
    let why = "could arm here: no, because sim: its acting token is the one that was refused above";
    assert!(refused.contains(why), "{refused}");
    assert!(said("wrong", &["--config", &another]).contains("could arm here: yes"), "another one acts");
}
