//! Checks against a real server: the direct connection and `psql` give the same value, and neither
//! can write (S27, R33).

use std::time::Duration;

use lifeboat::domain::{Check, CheckKind, CheckResult, CheckState, Edge, Expectation, Promise};
use lifeboat::provider::Endpoint;
use lifeboat::validate::{Subject, run};

use crate::support::{Lab, needs};

fn direct(lab: &Lab) -> Endpoint {
    Endpoint {
        host: "127.0.0.1".to_owned(),
        port: lab.port(),
        user: "postgres".to_owned(),
        password: None,
        database: "postgres".to_owned(),
        tls: false,
        ca_pem: None,
        run: Vec::new(),
        bin: None,
        http_base: None,
        sql_blocked: None,
    }
}

fn through_psql(lab: &Lab) -> Endpoint {
    let bin = lab.pg_bin().to_string_lossy().into_owned();
    Endpoint { run: Lab::run_prefix(), bin: Some(bin), ..direct(lab) }
}

fn check(endpoint: &Endpoint, query: &str, expect: Option<Expectation>) -> CheckResult {
    let check = Check { name: "sql".to_owned(), kind: CheckKind::Sql { query: query.to_owned() }, expect };
    let promise = Promise {
        newest: chrono::Utc::now(),
        is: Edge::Exact,
        agreed_at: None,
        rpo: Some(Duration::from_secs(300)),
    };
    let subject = Subject { name: "fork", endpoint, promise };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(run(&check, &subject, Duration::from_secs(30)))
}

#[test]
fn sql_checks_read_a_real_server_and_cannot_write() {
    needs!(PostgreSql, PgBackRest);
    let lab = Lab::up();
    for endpoint in [direct(&lab), through_psql(&lab)] {
        let newest = check(&endpoint, "select max(ts) from heartbeat", Some(Expectation::NewestRow));
        assert_eq!(newest.state, CheckState::Passed, "{newest:?}");
        assert!(newest.newest_row.is_some());

        let rows = check(&endpoint, "select count(*), 'x' from bulk;", Some(Expectation::AtLeast(1000.0)));
        assert_eq!((rows.state, rows.value.as_deref()), (CheckState::Passed, Some("1000")), "{rows:?}");

        let none =
            check(&endpoint, "select max(ts) from heartbeat where false", Some(Expectation::NewestRow));
        assert_eq!(none.state, CheckState::Failed, "{none:?}");

        let zoneless =
            check(&endpoint, "select max(ts)::timestamp from heartbeat", Some(Expectation::NewestRow));
        assert_eq!(zoneless.state, CheckState::CouldNotRun, "{zoneless:?}");

        let misspelt = check(&endpoint, "select 1 from nowhere", None);
        assert_eq!(misspelt.state, CheckState::CouldNotRun, "{misspelt:?}");

        let write = check(&endpoint, "delete from heartbeat", None);
        assert_eq!(write.state, CheckState::CouldNotRun, "{write:?}");
        assert!(write.text.contains("read-only"), "{write:?}");
    }
    assert_ne!(lab.sql("select count(*) from heartbeat"), "0");
}
