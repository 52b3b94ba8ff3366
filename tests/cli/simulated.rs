//! Commands over the simulator, through real HTTP.

use serde_json::Value;

use crate::support::{Lifeboat, Server};

/// A simulator at work, and a home with a config over it.
struct Simulated {
    lifeboat: Lifeboat,
    config: String,
    address: String,
    _server: Server,
}

impl Simulated {
    fn start(scenario: &str) -> Self {
        let lifeboat = Lifeboat::new().env("SIM_TOKEN", "demo-token");
        let mut server = Server::start(&lifeboat, &["simulate", "--listen", "127.0.0.1:0", scenario]);
        server.line();
        let line = server.line();
        let (project, address) =
            line.strip_prefix("project ").and_then(|rest| rest.split_once(" at ")).unwrap();
        let config = lifeboat.file(
            "lifeboat.toml",
            &format!(
                "fleet = 'sim'\n[tiers.1]\nrpo = '15m'\nrto = '1h'\n[tiers.2]\nrpo = '1h'\nrto = '4h'\n\
                 [tiers.3]\nrpo = '24h'\nrto = '24h'\n\
                 [sources.sim]\nkind = 'aiven'\nproject = '{project}'\nurl = '{address}'\n\
                 token = {{ env = 'SIM_TOKEN' }}\nacting_token = {{ env = 'SIM_TOKEN' }}\n\
                 [discover.sim]\ntier_from_tag = 'tier'\nowner_from_tag = 'owner'\n"
            ),
        );
        Self { lifeboat, config, address: address.to_owned(), _server: server }
    }

    fn status(&self, more: &[&str]) -> (Value, i32) {
        let run =
            self.lifeboat.run(&[&["status", "--output", "json", "--config", &self.config], more].concat());
        (serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:?}")), run.code)
    }
}

fn service<'a>(doc: &'a Value, name: &str) -> &'a Value {
    let services = doc["services"].as_array().unwrap();
    services.iter().find(|service| service["service"] == name).unwrap_or_else(|| panic!("no {name}: {doc:#}"))
}

#[test]
fn status_over_the_simulator_knows_every_service() {
    let sim = Simulated::start("calm");
    let (doc, code) = sim.status(&[]);
    assert_eq!(code, 0, "{doc:#}");
    assert!(doc["services"].as_array().unwrap().len() >= 8, "{doc:#}");
    let orders = service(&doc, "orders-db");
    assert_eq!(orders["verdict"], "ok", "{orders:#}");
    assert_eq!((orders["tier"].as_u64(), orders["rpo_s"].as_u64()), (Some(1), Some(900)));
    assert!(orders["loss_s"].as_u64().unwrap() < 900, "{orders:#}");
    assert!(orders["secondary"]["oldest_restorable"].is_string(), "{orders:#}");
    let (one, _) = sim.status(&["orders-db"]);
    assert_eq!(one["services"].as_array().unwrap().len(), 1);
    let typo = sim.lifeboat.run(&["status", "ordes-db", "--config", &sim.config]);
    assert_eq!(typo.code, 64, "{typo:?}");
    assert!(typo.stderr.contains("did you mean `orders-db`?"), "{typo:?}");
}

#[test]
fn what_was_last_known_outlives_the_source() {
    let sim = Simulated::start("calm");
    let (before, _) = sim.status(&[]);
    let Simulated { lifeboat, config, address, _server: server } = sim;
    server.end(rustix::process::Signal::TERM);
    let run = lifeboat.run(&["status", "--output", "json", "--config", &config]);
    assert_eq!(run.code, 69, "{address}: {run:?}");
    let after: Value = serde_json::from_str(&run.stdout).unwrap();
    let (then, now) = (service(&before, "orders-db"), service(&after, "orders-db"));
    assert_eq!(now["secondary"]["outcome"], "unreachable", "{now:#}");
    assert_eq!(now["secondary"]["newest_restorable"], then["secondary"]["newest_restorable"]);
    assert_eq!(now["verdict"], "unknown", "never ok while unread: {now:#}");
    let check = lifeboat.run(&["check", "orders-db", "--config", &config]);
    assert_eq!(check.code, 3, "{check:?}");
    let later = lifeboat.run(&["check", "orders-db", "--config", &config, "--unknown-after", "1ms"]);
    assert_eq!(later.code, 2, "unknown becomes loud: {later:?}");
}

#[test]
fn a_missing_token_is_said_of_its_source_alone() {
    let sim = Simulated::start("calm");
    let lifeboat = Lifeboat::new();
    let run = lifeboat.run(&["status", "--config", &sim.config]);
    assert_eq!(run.code, 69, "{run:?}");
    assert!(run.stderr.contains("source sim: denied (no token: $SIM_TOKEN: it is not set)"), "{run:?}");
}
