//! An incident by keys in the dashboard: from its declaration over cut-over and protection to its close.

use crate::session::Session;
use crate::world::World;

const ESC: &str = "\u{1b}";

/// Declares an incident of the one service there is.
fn declare(session: &mut Session) {
    session.wait_for("the service, read", |screen| {
        screen.contains("> orders-db") && screen.contains("ARMED") && !screen.contains("UNREAD")
    });
    session.type_keys("i");
    session.wait_for("its question", |screen| screen.contains("INCIDENT orders-db"));
    session.type_keys("\rregion gone\rprobes-silent\r\r\r\rorders-db\r");
}

fn confirm_the_point(session: &mut Session) {
    session.wait_for("the point", |screen| screen.contains(", to be confirmed"));
    answer(session, "confirm by the name", "\r", "type its name", "orders-db\r");
}

/// Waits until something is asked for, opens its box by its key, and answers.
fn answer(session: &mut Session, asked: &str, key: &str, question: &str, words: &str) {
    session.wait_for(asked, |screen| screen.contains(asked));
    session.type_keys(key);
    session.wait_for(question, |screen| screen.contains(question));
    session.type_keys(words);
}

/// The name of the fork, from the title of the box about its copies.
fn fork(screen: &str) -> String {
    let (_, rest) = screen.split_once("where backups of ").unwrap();
    rest.split_whitespace().next().unwrap().to_owned()
}

#[test]
fn an_incident_is_driven_by_keys_to_its_close() {
    let world = World::start();
    let mut session = world.at_terminal(&[]);
    declare(&mut session);
    confirm_the_point(&mut session);
    answer(&mut session, "Ask the owner of the service", "\r", "good to use", "bert\ryes\r\r");
    answer(&mut session, "[f: fence]", "f", "fenced by", "port closed\r\r");
    answer(&mut session, "Point the clients", "\r", "what was switched", "DNS switched\r");
    session.wait_for("what protects it", |screen| screen.contains("NOWHERE"));
    session.type_keys("\r");
    session.wait_for("the region's question", |screen| screen.contains("copy to"));
    let fork = fork(&session.screen().contents());
    session.type_keys("aws-eu-west-1\r");
    session.wait_for("its rules", |screen| screen.contains("type its name"));
    session.type_keys(&format!("{fork}\r"));
    session.wait_for("the change", |screen| !screen.contains("type its name"));
    session.type_keys(ESC);
    session.wait_for("the end", |screen| screen.contains("The run is over"));
    assert!(session.screen().contents().contains("port closed"), "{}", session.screen().contents());
    session.type_keys("q");
    session.wait_for_end();
    session.assert_modes_as_before();
    let run = world.run();
    let shown = world.print(&["runs", "show", &run]);
    for step in ["protect", "close", &fork] {
        assert!(shown.contains(step), "{step}: {shown}");
    }
    let journal = world.print(&["runs", "show", &run, "--output", "json"]);
    for said in ["port closed", "DNS switched", "\"bert\"", "protection_seen"] {
        assert!(journal.contains(said), "{said}: {journal}");
    }
}

/// In a real outage the drill that is under way is no obstacle: its end is typed, and the incident is declared.
#[test]
fn s30_a_live_drill_makes_way_for_an_incident_and_its_fork_is_kept() {
    let world = World::start();
    let mut session = world.at_terminal(&[]);
    session.wait_for("the service, read", |screen| {
        screen.contains("> orders-db") && screen.contains("ARMED") && !screen.contains("UNREAD")
    });
    session.type_keys("d");
    session.wait_for("the drill's question", |screen| screen.contains("DRILL orders-db"));
    session.type_keys("\r");
    confirm_the_point(&mut session);
    session.wait_for("the owner's word", |screen| screen.contains("[enter: answer]"));
    answer(&mut session, "drill-orders-db", "i", "its drill ends first", "orders-db\r");
    session.wait_for("the incident's question", |screen| screen.contains("declared by"));
    session.type_keys("\rregion gone\rprobes-silent\r\r\r\rorders-db\r");
    session.wait_for("the incident", |screen| {
        screen.contains("inc-orders-db-") && screen.contains(", to be confirmed")
    });
    session.type_keys("q");
    let left = session.wait_for_end();
    assert!(left.contains("runs resume inc-orders-db-"), "{left}");
    let ended = world.print(&["runs", "show", "drill-orders-db"]);
    assert!(ended.contains("ABORTED: incident; forks are kept"), "{ended}");
    let kept = world.print(&["runs", "clean-up", "drill-orders-db"]);
    assert!(kept.contains("would remove drill-orders-db-"), "{kept}");
}

/// Nothing can be written: after the words are typed the run goes on, and its only copy can be read here.
#[test]
fn s25_the_journal_of_a_run_without_one_is_shown_while_it_goes_on() {
    let world = World::start();
    // A file stands where the folder would be.
    let folder = world.home.path().join("lifeboat.toml/state");
    let mut session = world.at_terminal(&["--state-dir", folder.to_str().unwrap()]);
    declare(&mut session);
    session.wait_for("where else", |screen| screen.contains("where to write its journal"));
    session.type_keys("WITHOUT JOURNAL\r");
    session.wait_for("the run", |screen| {
        screen.contains("WITHOUT JOURNAL (J)") && screen.contains(", to be confirmed")
    });
    session.type_keys("J");
    session.wait_for("its journal", |screen| {
        screen.contains("journal of inc-orders-db") && screen.contains("{\"seq\":1,")
    });
    session.type_keys(ESC);
    confirm_the_point(&mut session);
    session.wait_for("the owner's word", |screen| screen.contains("Ask the owner of the service"));
    session.type_keys("q");
    session.wait_for("what is lost", |screen| screen.contains("cannot be taken up again"));
    session.type_keys("j\r");
    session.wait_for_end();
    let left = String::from_utf8_lossy(session.all_output()).into_owned();
    assert!(left.contains("cannot be taken up again"), "{left}");
}
