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
fn a_theme_or_a_palette_that_cannot_be_used_is_refused_where_it_is_looked_for() {
    let lifeboat = Lifeboat::new();
    in_config_folder(&lifeboat, "themes/mine.toml", "[background\n");
    for (flag, given, told) in [
        ("--theme", "drak", "did you mean `dark`?"),
        ("--theme", "mine", "mine.toml:1"),
        ("--palette", "512", "--palette"),
    ] {
        let run = lifeboat.run(&["themes", flag, given]);
        assert_eq!(run.code, 78, "{run:?}");
        assert!(run.stdout.contains("monochrome") && run.stderr.contains(told), "{run:?}");
    }
    let run = Lifeboat::new().env("LIFEBOAT_THEME", "drak").run(&["themes"]);
    assert_eq!(run.code, 78, "{run:?}");
    let config = lifeboat.file("lifeboat.toml", "fleet = 'f'\ntheme = 'drak'\n[sources.s]\nkind = 'pgbackrest'\nstanza = 'main'\n[services.a]\nsecondary = { source = 's' }\n");
    let run = lifeboat.run(&["--config", &config, "config", "check"]);
    assert_eq!(run.code, 78, "{run:?}");
    assert!(run.stderr.contains("lifeboat.toml:2") && run.stderr.contains("did you mean `dark`?"), "{run:?}");
    assert_eq!(lifeboat.run(&["--config", &config, "--theme", "light", "config", "check"]).code, 0);
    let run = lifeboat.run(&["--config", &config, "--theme", "light", "--palette", "512", "config", "check"]);
    assert_eq!(run.code, 78, "{run:?}");
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
    let plain = lifeboat.replay("11-wal-gap", "main");
    in_config_folder(&lifeboat, "themes/mine.toml", "[background\n");
    for looks in [["--theme", "nosuch"], ["--theme", "mine"], ["--palette", "512"]] {
        for command in ["status", "check"] {
            let usual = lifeboat.run(&["--config", &plain, command]);
            let run = lifeboat.run(&["--config", &plain, looks[0], looks[1], command]);
            assert_eq!(run.code, usual.code, "{looks:?} {command}: {run:?}");
            assert!(run.code != 3 && !run.stdout.contains(looks[0]), "{looks:?} {command}: {run:?}");
            assert!(run.stderr.contains(looks[0]) && run.stderr.contains("the usual one is used"), "{run:?}");
        }
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
