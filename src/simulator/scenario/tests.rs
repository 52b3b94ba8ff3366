//! Scenario files: what is taken, and what a mistake is told.

use super::*;

fn message(text: &str) -> String {
    from_text("x.toml", text).unwrap_err().to_string()
}

const HEAD: &str = "about = 'a'\nseed = 1\n";
const SERVICE: &str =
    "[[service]]\nname = 'db'\nengine = 'pg'\nplan = 'business-8'\nregion = 'aws-eu-west-1'\n";

#[test]
fn every_embedded_scenario_is_valid_and_only_expects_what_it_has() {
    for name in names() {
        let scenario = load(name).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(scenario.name, name);
        assert!(!scenario.about.is_empty());
    }
    assert!(load("calm").unwrap().services.len() >= 8);
}

#[test]
fn a_mistake_is_told_with_file_line_and_what_is_allowed() {
    let cases = [
        ("about = 'a'", "x.toml:1: missing field `seed`"),
        ("about = 'a'\nseed = 1\nsed = 2", "x.toml:3: unknown field `sed`, expected one of"),
        ("about = 'a'\nseed = 'one'", "x.toml:2: invalid type"),
        (
            "about = 'a'\nseed = 1\nstart = 2026-11-20T12:00:00",
            "x.toml:3: `start` needs a date, a time and an offset",
        ),
    ];
    for (text, says) in cases {
        assert!(message(text).starts_with(says), "{}", message(text));
    }
    let line = |service: &str, says: &str| {
        let told = message(&format!("{HEAD}{service}"));
        assert!(told.contains(says), "{told}");
    };
    line(
        "[[service]]\nname = 'db'\nengine = 'oracle'",
        "x.toml:5: unknown variant `oracle`, expected one of `pg`",
    );
    line(&SERVICE.replace("business-8", "huge"), "x.toml:6: no plan 'huge'; there are hobbyist, startup-1,");
    line(&SERVICE.replace("aws-eu-west-1", "moon"), "x.toml:7: no region 'moon'; there are aws-eu-west-1,");
    line(&SERVICE.replace("'db'", "'DB'"), "x.toml:4: a name is 1 to 64");
    line(
        &format!("{SERVICE}secondary = 'google-europe-west1'"),
        "x.toml:8: the secondary of aws-eu-west-1 is another region",
    );
    line(&format!("{SERVICE}size = '12GB'"), "x.toml:8: '12GB' is no size");
    line(&format!("{SERVICE}backup_every = 'often'"), "x.toml:8: 'often' is no duration");
    line(&format!("{SERVICE}backup_every = '1m'"), "x.toml:8: `backup_every` is 10m or longer");
    line(
        &format!("{SERVICE}backup_every = '3d'\nretention_days = 2"),
        "x.toml:4: `backup_every` is longer than",
    );
    line(
        &format!("{}secondary = 'aws-eu-central-1'", SERVICE.replace("'pg'", "'clickhouse'")),
        "x.toml:8: backups of clickhouse cannot be copied to another region; those of pg, mysql, opensearch, valkey, grafana can",
    );
    line(
        &SERVICE.replace("business-8", "premium-8").replace("eu-west-1", "eu-north-1"),
        "x.toml:6: there is no plan 'premium-8' in aws-eu-north-1",
    );
    line(&format!("{SERVICE}full_every = '7d'"), "x.toml:8: `full_every` is for mysql");
    line(
        &format!("{}full_every = '30h'", SERVICE.replace("'pg'", "'mysql'")),
        "x.toml:8: `full_every` is a multiple of `backup_every`",
    );
    line(&format!("{SERVICE}in_vpc = true"), "x.toml:8: there is no [[vpc]] in aws-eu-west-1");
    line(&format!("{SERVICE}persistence = false"), "x.toml:8: `persistence` is for valkey, redis, dragonfly");
    line(
        &format!("{SERVICE}integrations = ['boards']"),
        "x.toml:8: no service 'boards' in this scenario; it has db",
    );
    line("many = { services = 0, backups = 1 }", "x.toml:3: `services` is 1 to 20000");
    line("[[vpc]]\nregion = 'moon'", "x.toml:4: no region 'moon'; there are aws-eu-west-1,");
    line(&format!("{SERVICE}retention_days = 0"), "x.toml:8: `retention_days` is 1 to 90");
    line(&format!("{SERVICE}{SERVICE}"), "x.toml:9: a second service 'db'");
}

#[test]
fn an_event_takes_only_what_it_needs_and_what_exists() {
    let told = |event: &str| message(&format!("{HEAD}{SERVICE}[[event]]\nat = '1m'\n{event}"));
    assert!(
        told("do = 'explode'")
            .starts_with("x.toml:10: unknown variant `explode`, expected one of `region_down`")
    );
    assert_eq!(told("do = 'region_down'"), "x.toml:10: `on` is missing");
    assert_eq!(
        told("do = 'region_down'\non = 'mars'"),
        "x.toml:11: no region 'mars' in this scenario; it has aws-eu-west-1"
    );
    assert_eq!(told("do = 'lag'\non = 'db'"), "x.toml:10: `by` is missing");
    assert_eq!(
        told("do = 'lag'\non = 'dbb'\nby = '1m'"),
        "x.toml:11: no service 'dbb' in this scenario; it has db"
    );
    assert_eq!(
        told("do = 'api_down'\non = 'db'"),
        "x.toml:10: `on` means nothing here; this event has at, do"
    );
    assert_eq!(told("do = 'stick_fork'\non = 'db'\nshare = 1.5"), "x.toml:12: `share` is 0 to 1");
}

#[test]
fn a_fault_does_exactly_one_thing() {
    let told = |fault: &str| message(&format!("{HEAD}[[fault]]\npath = '/v1'\n{fault}"));
    assert!(told("").starts_with("x.toml:4: a fault has exactly one of"));
    assert!(told("reset = true\ntruncate = 5").starts_with("x.toml:4: a fault has exactly one of"));
    assert_eq!(told("status = 200"), "x.toml:5: `status` is 400 to 599");
    assert_eq!(
        told("reset = true\nmessage = 'm'"),
        "x.toml:4: `message` and `retry_after` need a `status` and no `html`"
    );
    let good = from_text("x", &format!("{HEAD}[[fault]]\npath = '/v1'\nhtml = true\nstatus = 502")).unwrap();
    assert_eq!(good.faults[0].effect, Effect::Html { status: 502 });
}

#[test]
fn very_many_services_come_from_the_seed() {
    let text = |seed| {
        format!("about = 'a'\nseed = {seed}\nlatency = '20ms'\nmany = {{ services = 500, backups = 60 }}\n")
    };
    let read = |seed| from_text("x", &format!("{}{SERVICE}", text(seed))).unwrap();
    let scenario = read(1);
    assert_eq!((scenario.services.len(), scenario.latency), (501, Duration::from_millis(20)));
    assert_eq!(scenario.services, read(1).services);
    assert_ne!(scenario.services, read(2).services);
    let first = &scenario.services[0];
    assert_eq!(first.retention, first.backup_every * 60);
    assert!(first.secondary.is_some() && !first.probed);
}

#[test]
fn events_are_played_in_the_order_of_time() {
    let text = format!("{HEAD}[[event]]\nat = '2m'\ndo = 'api_up'\n[[event]]\nat = '1m'\ndo = 'api_down'\n");
    let actions: Vec<_> =
        from_text("x", &text).unwrap().events.into_iter().map(|event| event.action).collect();
    assert_eq!(actions, [Action::ApiDown, Action::ApiUp]);
}

#[test]
fn a_name_that_is_no_scenario_lists_those_there_are() {
    let told = load("clam").unwrap_err().to_string();
    assert!(told.contains("'clam'") && told.contains("calm, region-down"), "{told}");
}

#[test]
fn a_path_is_read_and_a_huge_file_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.toml");
    std::fs::write(&path, HEAD).unwrap();
    assert_eq!(load(path.to_str().unwrap()).unwrap().seed, 1);
    std::fs::write(&path, vec![b'#'; usize::try_from(LARGEST).unwrap() + 1]).unwrap();
    assert!(load(path.to_str().unwrap()).unwrap_err().to_string().contains("larger than"));
}
