//! `themes`, `keys` and the flags for how the dashboard looks, through the built binary.

use serde_json::Value;

use crate::support::Lifeboat;

fn json(lifeboat: &Lifeboat, command: &str) -> Value {
    let run = lifeboat.run(&[command, "--output", "json"]);
    assert_eq!(run.code, 0, "{run:?}");
    serde_json::from_str(&run.stdout).unwrap()
}

fn in_config_folder(lifeboat: &Lifeboat, name: &str, text: &str) {
    let path = lifeboat.file(".exists", "").replace(".exists", &format!(".config/lifeboat/{name}"));
    std::fs::create_dir_all(std::path::Path::new(&path).parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

#[test]
fn themes_lists_those_built_in_and_those_of_the_config_folder() {
    let lifeboat = Lifeboat::new();
    let all = json(&lifeboat, "themes");
    let names: Vec<&str> =
        all["themes"].as_array().unwrap().iter().map(|one| one["theme"].as_str().unwrap()).collect();
    assert_eq!(names, ["dark", "light", "high-contrast", "colour-blind", "monochrome"]);
    assert_eq!(all["themes"][0]["in_use"], true);
    in_config_folder(
        &lifeboat,
        "themes/faint.toml",
        "[background]\nhex = '#000000'\n[roles]\ncritical = { hex = '#111111' }\n",
    );
    in_config_folder(&lifeboat, "themes/wrong.toml", "[background]\n[roles]\ncriticl = {}\n");
    let run = lifeboat.run(&["themes", "--theme", "faint"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stdout.contains("faint") && run.stdout.contains("cannot be used"), "{run:?}");
    assert!(run.stderr.contains("warning: `critical` can hardly be seen"), "{run:?}");
    assert!(run.stderr.contains("faint.toml:4"), "{run:?}");
    assert!(
        run.stderr.contains("wrong.toml:3") && run.stderr.contains("did you mean `critical`?"),
        "{run:?}"
    );
}

#[test]
fn a_theme_that_there_is_not_is_refused_by_every_command() {
    let lifeboat = Lifeboat::new();
    for command in [&["status"][..], &["demo"], &["config", "init"], &["runs", "list"], &["themes"], &[]] {
        let mut args = vec!["--theme", "drak"];
        args.extend(command);
        let run = lifeboat.run(&args);
        assert_eq!(run.code, 64, "{command:?}: {run:?}");
        assert!(run.stderr.contains("did you mean `dark`?"), "{run:?}");
        assert!(run.stderr.contains("monochrome"), "{run:?}");
    }
    let check = lifeboat.run(&["check", "--theme", "drak"]);
    assert_eq!(check.code, 3, "{check:?}");
    let config = lifeboat.file("lifeboat.toml", "fleet = 'f'\ntheme = 'drak'\n[sources.s]\nkind = 'pgbackrest'\nstanza = 'main'\n[services.a]\nsecondary = { source = 's' }\n");
    let run = lifeboat.run(&["--config", &config, "config", "check"]);
    assert_eq!(run.code, 78, "{run:?}");
    assert!(run.stderr.contains("lifeboat.toml:2") && run.stderr.contains("did you mean `dark`?"), "{run:?}");
    assert_eq!(lifeboat.run(&["--config", &config, "--theme", "light", "config", "check"]).code, 0);
    let run = lifeboat.run(&["themes", "--palette", "512"]);
    assert_eq!(run.code, 64, "{run:?}");
}

#[test]
fn s25_a_wrong_colour_and_a_wrong_key_stop_no_command_and_config_check_names_them() {
    let lifeboat = Lifeboat::new();
    let fleet = "fleet = 'f'\ntheme = 'drak'\n[sources.s]\nkind = 'pgbackrest'\nstanza = 'main'\n[services.a]\nsecondary = { source = 's' }\n";
    let config = lifeboat.file("lifeboat.toml", fleet);
    for command in [&["status"][..], &["check"], &["doctor"], &["runs", "list"]] {
        let mut args = vec!["--config", &config];
        args.extend(command);
        let run = lifeboat.run(&args);
        assert_ne!(run.code, 78, "{command:?}: {run:?}");
        let says = run.stderr.contains("lifeboat.toml:2") && run.stderr.contains("did you mean `dark`?");
        assert!(says && run.stderr.contains("the usual one is used"), "{command:?}: {run:?}");
        assert!(!run.stdout.contains("theme"), "{command:?}: {run:?}");
    }
    let config = lifeboat.file("plain.toml", &fleet.replace("theme = 'drak'", ""));
    let check = |lifeboat: &Lifeboat| lifeboat.run(&["--config", &config, "config", "check"]);
    assert_eq!(check(&lifeboat).code, 0);
    in_config_folder(&lifeboat, "keys.toml", "[fleet]\nsort = 'd'\n");
    let run = check(&lifeboat);
    assert_eq!(run.code, 78, "{run:?}");
    assert!(run.stderr.contains("keys.toml:2"), "{run:?}");
}

#[test]
fn keys_are_those_of_the_table_with_the_users_map_over_it() {
    let lifeboat = Lifeboat::new();
    let sort = |lifeboat: &Lifeboat| {
        let all = json(lifeboat, "keys");
        let rows = all["keys"].as_array().unwrap().clone();
        rows.into_iter().find(|row| row["context"] == "fleet" && row["action"] == "sort").unwrap()
    };
    assert_eq!(sort(&lifeboat)["keys"][0], "s");
    in_config_folder(&lifeboat, "keys.toml", "[fleet]\nsort = 'o'\n");
    assert_eq!(sort(&lifeboat)["keys"][0], "o");
    assert!(lifeboat.run(&["keys"]).stdout.contains("sort: worst first"));
    in_config_folder(&lifeboat, "keys.toml", "[fleet]\nsort = 'd'\n");
    let run = lifeboat.run(&["keys"]);
    assert_eq!(run.code, 78, "{run:?}");
    assert!(run.stderr.contains("keys.toml:2") && run.stderr.contains("`drill` already"), "{run:?}");
}

#[test]
fn config_check_looks_at_the_key_map_and_the_theme_too() {
    let lifeboat = Lifeboat::new();
    let config = lifeboat.file("lifeboat.toml", "fleet = 'f'\n[sources.s]\nkind = 'pgbackrest'\nstanza = 'main'\n[services.a]\nsecondary = { source = 's' }\n");
    let check = || lifeboat.run(&["--config", &config, "config", "check"]);
    assert_eq!(check().code, 0);
    in_config_folder(&lifeboat, "keys.toml", "[fleet]\nsrot = 'o'\n");
    let run = check();
    assert_eq!(run.code, 78, "{run:?}");
    assert!(run.stderr.contains("did you mean `sort`?"), "{run:?}");
}

#[test]
fn a_theme_of_the_environment_that_there_is_not_is_refused_with_its_variable() {
    let lifeboat = Lifeboat::new().env("LIFEBOAT_THEME", "drak");
    let config = lifeboat.file("lifeboat.toml", "fleet = 'f'\n");
    let run = lifeboat.run(&["--config", &config, "config", "check"]);
    assert_eq!(run.code, 78, "{run:?}");
    assert!(run.stderr.contains("did you mean `dark`?") && run.stderr.contains("LIFEBOAT_THEME"), "{run:?}");
}
