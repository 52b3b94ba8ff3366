//! `simulate`.

use rustix::process::Signal;

use crate::support::{Lifeboat, Server};

#[test]
fn simulate_listens_until_a_signal_ends_it() {
    for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
        let lifeboat = Lifeboat::new();
        let mut server = Server::start(&lifeboat, &["simulate", "--listen", "127.0.0.1:0", "--speed", "60"]);
        assert!(server.line().starts_with("simulating calm: "));
        let project = server.line();
        let address = project.rsplit_once("http://").unwrap().1.to_owned();
        assert!(std::net::TcpStream::connect(&address).is_ok(), "{project}");
        let clock = server.line();
        assert!(
            clock.starts_with("clients share its clock by --clock 20") && clock.ends_with(",60"),
            "{clock}"
        );
        assert_eq!(server.end(signal), 130);
    }
}

#[test]
fn simulate_names_the_scenarios_it_knows_and_keeps_to_loopback() {
    let unknown = Lifeboat::new().run(&["simulate", "--listen", "127.0.0.1:0", "clam"]);
    assert_eq!(unknown.code, 64, "{unknown:?}");
    assert!(unknown.stderr.contains("region-down"), "{unknown:?}");
    let everywhere = Lifeboat::new().run(&["simulate", "--listen", "0.0.0.0:0"]);
    assert_eq!(everywhere.code, 2, "{everywhere:?}");
    assert!(everywhere.stderr.contains("loopback"), "{everywhere:?}");
}
