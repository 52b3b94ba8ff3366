//! A fork that clients were moved to and that the config names as a service of its own (S33).

use crate::incident::moved;
use crate::simulated::{Simulated, service};

#[test]
fn s33_a_fork_that_the_config_names_is_read_judged_and_drilled_like_any_service() {
    let sim = Simulated::at_speed("calm", 6_000);
    let id = moved(&sim, "the config names it, and its region is set there");
    let fork = format!("orders-db-{}", id.rsplit('-').next().unwrap());
    let named = sim.lifeboat.file(
        "named.toml",
        &format!(
            "[services.orders-new]\nsource = 'sim'\nservice = '{fork}'\ntier = 1\n\
             [[services.orders-new.checks]]\nname = 'rows'\n\
             http = '{}/_sim/data/{{name}}'\npointer = '/rows'\nexpect = {{ at_least = 1 }}\n",
            sim.address
        ),
    );
    let run = |args: &[&str]| sim.run(&[&["--config", named.as_str()], args].concat());
    let shown = |args: &[&str]| -> serde_json::Value {
        let shown = run(&[&["status", "--output", "json"], args].concat());
        serde_json::from_str(&shown.stdout).unwrap_or_else(|error| panic!("{error}: {shown:?}"))
    };
    let doc = shown(&[]);
    assert_eq!(service(&doc, "orders-db")["clients_on"]["watched_as"], "orders-new", "{doc:#}");
    let orders = service(&doc, "orders-new");
    assert_eq!(orders["primary"]["outcome"], "ok", "{orders:#}");
    assert!(orders["primary"]["recovery_points"].is_number(), "{orders:#}");
    assert!(orders["secondary"].is_null() && orders["secondary_reason"].is_string(), "{orders:#}");

    let args = ["--arm", "region", "orders-new", "--to", "aws-eu-north-1", "--confirm", "orders-new"];
    let set = run(&args);
    assert_eq!(set.code, 0, "{set:?}");
    let followed = run(&["--arm", "region", "orders-new", "--follow"]);
    assert_eq!(followed.code, 0, "{followed:?}");
    let doc = shown(&["orders-new"]);
    let orders = service(&doc, "orders-new");
    assert!(orders["secondary"]["newest_restorable"].is_string(), "{orders:#}");
    let drill = run(&["--arm", "drill", "orders-new", "--yes"]);
    assert!(drill.stdout.contains("1 of 1 check passed"), "{drill:?}");
    assert!(drill.stdout.contains("removed, proven by listing: drill-orders-new-"), "{drill:?}");
}
