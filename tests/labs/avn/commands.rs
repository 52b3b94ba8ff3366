//! What section 14 of the official client's recorded behaviour names beyond reading, forking and waiting.

use super::{Client, fork};
use crate::support::needs;

#[test]
fn the_official_client_forks_with_settings_instead_of_options_and_into_a_network() {
    needs!(Avn);
    let client = Client::signed_in("calm", 120.0);
    let backups = client.json(&["service", "backup-list", "sessions"]);
    let point = backups[0]["backup_time"].as_str().expect("a time").replace('Z', "+00:00");
    let target = format!("recovery_target_time={point}");
    let what =
        ["service", "create", "by-settings", "-t", "pg", "-p", "business-4", "--cloud", "aws-eu-central-1"];
    client.ok(&[&what[..], &["-c", "service_to_fork_from=sessions", "-c", &target]].concat());
    let made = client.json(&["service", "get", "by-settings"]);
    assert_eq!(made["user_config"]["service_to_fork_from"], "sessions");
    assert_eq!(made["project_vpc_id"], serde_json::Value::Null, "no network of ours is there");
    // Versions are looked up through the account of the project.
    client.ok(&["service", "create", "by-version", "-t", "pg", "-p", "startup-4", "-c", "pg_version=16"]);
    let nowhere = client.json(&["service", "get", "by-version"]);
    assert_eq!(nowhere["cloud_name"], "aws-eu-west-1", "the project's own region");
    assert!(client.ok(&["service", "versions"]).contains("opensearch"));
    client.ok(&[&fork("by-settings", &point)[..], &["--no-fail-if-exists"]].concat());
    client.fails(
        &["service", "create", "x", "-t", "pg", "-p", "startup-4", "-c", "no_such=1"],
        "Unsupported option",
    );
    client.fails(&["service", "create", "x", "-t", "oracle", "-p", "startup-4"], "oracle");
    client.fails(
        &["service", "create", "x", "-t", "pg", "-p", "huge", "--cloud", "aws-eu-west-1"],
        "Invalid plan",
    );
}

#[test]
fn the_official_client_forks_a_snapshot_by_its_name() {
    needs!(Avn);
    let client = Client::signed_in("calm", 120.0);
    for (name, kind, plan) in [("search", "opensearch", "business-8"), ("cache", "valkey", "business-4")] {
        let backups = client.json(&["service", "backup-list", name]);
        let copied = backups.as_array().expect("a list").iter();
        let mut copied =
            copied.filter(|backup| backup["additional_regions"][0]["cloud"] == "aws-eu-central-1");
        let newest = copied.next_back().expect("a copy")["backup_name"].as_str().expect("a name").to_owned();
        let fork = format!("{name}-fork");
        let what = ["service", "create", &fork, "-t", kind, "-p", plan, "--cloud", "aws-eu-central-1"];
        let source = format!("service_to_fork_from={name}");
        let backup = format!("recovery_basebackup_name={newest}");
        client.ok(&[&what[..], &["-c", &source, "-c", &backup]].concat());
        client.ok(&["service", "wait", &fork, "--timeout", "60"]);
        let wrong = ["service", "create", "x", "-t", kind, "-p", plan, "--cloud", "aws-eu-central-1"];
        client.fails(
            &[&wrong[..], &["-c", &source, "-c", "recovery_basebackup_name=none"]].concat(),
            "Backup 'none' does not exist in 'aws-eu-central-1'",
        );
    }
}

#[test]
fn the_official_client_switches_copies_and_power() {
    needs!(Avn);
    let client = Client::signed_in("calm", 1.0);
    let copies = |clouds: &str| format!("additional_backup_regions={clouds}");
    let update = |clouds: &str| client.ok(&["service", "update", "reports", "-c", &copies(clouds)]);
    update(r#"["aws-eu-central-1"]"#);
    let elsewhere = copies(r#"["aws-eu-north-1"]"#);
    client.fails(&["service", "update", "reports", "-c", &elsewhere], "once in 24 hours");
    update("[]");
    assert_eq!(
        client.json(&["service", "get", "reports"])["user_config"]["additional_backup_regions"],
        serde_json::json!([])
    );
    client.fails(
        &["service", "update", "metrics", "-c", &copies(r#"["aws-eu-central-1"]"#)],
        "Unsupported option",
    );
    client.ok(&["service", "update", "cache", "--disable-termination-protection"]);
    client.ok(&["service", "update", "cache", "--power-off"]);
    assert_eq!(client.json(&["service", "get", "cache"])["state"], "POWEROFF");
    client.ok(&["service", "update", "cache", "--power-on"]);
    client.ok(&["service", "wait", "cache", "--timeout", "60"]);
    client.ok(&["service", "update", "cache", "--cloud", "aws-eu-north-1"]);
    let moved = client.json(&["service", "backup-list", "cache"]);
    assert_eq!(moved[0]["storage_location"], "aws-eu-west-1", "its backups stay where they are");
}

#[test]
fn the_official_client_lists_types_plans_by_region_and_backups_of_every_type() {
    needs!(Avn);
    let client = Client::signed_in("calm", 1.0);
    assert!(client.ok(&["service", "types"]).contains("MySQL"));
    let plans = client.ok(&["service", "plans", "--service-type", "mysql", "--cloud", "aws-eu-north-1"]);
    assert!(plans.contains("business-8") && !plans.contains("premium-8"), "{plans}");
    for name in ["search", "metrics", "tickets", "shop"] {
        let table = client.ok(&["service", "backup-list", name]);
        assert!(table.contains("aws-eu-west-1"), "{table}");
    }
}
