//! Config and command line.

use std::path::Path;

use crate::support::Lifeboat;

/// One file per mistake; the snapshot beside it is what a person is shown.
#[test]
fn every_mistake_in_a_config_names_line_key_and_what_to_write() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/configs/invalid");
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "toml"))
        .collect();
    files.sort();
    assert!(files.len() >= 30, "the corpus is whole");
    for file in files {
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        let run = Lifeboat::new().cwd(&folder).run(&["--config", &format!("{name}.toml"), "config", "check"]);
        assert_eq!(run.code, 78, "{name}: {run:?}");
        assert_eq!(run.stdout, "", "{name}");
        assert!(!run.stderr.contains("s3cret"), "{name} shows a secret: {}", run.stderr);
        insta::with_settings!({ snapshot_path => &folder, prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(name.as_str(), run.stderr);
        });
    }
}

#[test]
fn the_example_that_init_writes_passes_check() {
    let init = Lifeboat::new().run(&["config", "init"]);
    assert_eq!(init.code, 0, "{init:?}");
    let lifeboat = Lifeboat::new();
    let path = lifeboat.file("example.toml", &init.stdout);
    let check = lifeboat.run(&["config", "check", "--config", &path]);
    assert_eq!(check.code, 0, "{check:?}");
    assert!(check.stdout.starts_with("config ok: payments, 2 sources, 1 service"), "{check:?}");
}

#[test]
fn later_files_win_field_by_field_then_environment_then_flags() {
    let lifeboat = Lifeboat::new().env("LIFEBOAT_THEME", "light").env("LIFEBOAT_FLEET", "env-fleet");
    let base = lifeboat.file(
        "base.toml",
        "fleet = 'base'\ntheme = 'dark'\n[tiers.1]\nrpo = '15m'\nrto = '1h'\n[sources.a]\nkind = 'aiven'\n\
         project = 'p'\ntoken = { env = 'T' }\n",
    );
    let over = lifeboat.file(
        "break-glass.toml",
        "[arming]\nallow = true\n[tiers.1]\nrpo = '5m'\n[sources.a]\ntoken = { file = '/run/token' }\n",
    );
    let show = lifeboat.run(&["--config", &base, "config", "show", "--config", &over, "--state-dir", "/x/y"]);
    assert_eq!(show.code, 0, "{show:?}");
    let line = |key: &str| {
        let start = format!("{key} = ");
        show.stdout.lines().find(|line| line.starts_with(&start)).unwrap_or_default().to_owned()
    };
    assert!(line("tiers.1.rpo").contains("'5m'") || line("tiers.1.rpo").contains("\"5m\""), "{show:?}");
    assert!(line("tiers.1.rpo").contains("break-glass.toml:4"), "{show:?}");
    assert!(line("tiers.1.rto").contains("base.toml:5"), "{show:?}");
    assert!(line("arming.allow").contains("true"), "{show:?}");
    assert!(line("fleet").ends_with("# $LIFEBOAT_FLEET"), "{show:?}");
    assert!(line("theme").contains("light"), "{show:?}");
    assert!(line("state_dir").ends_with("# --state-dir"), "{show:?}");
    assert!(line("sources.a.token.file").contains("/run/token"), "a secret is replaced as a whole: {show:?}");
    assert_eq!(line("sources.a.token.env"), "", "{show:?}");
}

#[test]
fn wrong_use_is_64_and_help_is_0() {
    assert_eq!(Lifeboat::new().run(&["config", "chekc"]).code, 64);
    assert_eq!(Lifeboat::new().run(&["--no-such-flag"]).code, 64);
    let help = Lifeboat::new().run(&["--help"]);
    assert_eq!(help.code, 0);
    assert!(help.stdout.contains("Exit codes:"), "{}", help.stdout);
}

#[test]
fn without_any_config_it_says_so_and_how_to_begin() {
    let run = Lifeboat::new().run(&["config", "check"]);
    assert_eq!(run.code, 78, "{run:?}");
    assert!(run.stderr.contains("no config") && run.stderr.contains("config init"), "{run:?}");
    // A command that is printed must not write over what lies here.
    let lifeboat = Lifeboat::new();
    lifeboat.file("lifeboat.toml", "fleet = 'a'");
    let run = lifeboat.run(&["config", "check"]);
    assert!(run.stderr.contains("lifeboat.toml lies in this folder: give it by `--config"), "{run:?}");
    assert!(!run.stderr.contains("config init"), "{run:?}");
}

#[test]
fn a_variable_that_is_not_set_here_is_a_warning_since_other_hosts_may_have_it() {
    let text = "fleet = 'a'\n[sources.s]\nkind = 'aiven'\nproject = 'p'\ntoken = { env = 'LIFEBOAT_NO_SUCH' }\n\
                [discover.s]\n";
    let lifeboat = Lifeboat::new();
    let file = lifeboat.file("a.toml", text);
    let check = |lifeboat: &Lifeboat| lifeboat.run(&["--config", &file, "config", "check"]);
    let run = check(&lifeboat);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stderr.contains("warning: the variable LIFEBOAT_NO_SUCH is not set here"), "{run:?}");
    let run = check(&Lifeboat::new().env("LIFEBOAT_NO_SUCH", "x"));
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{run:?}");
}

#[test]
fn a_closed_standard_output_ends_quietly() {
    let run = Lifeboat::new().run_with_closed_stdout(&["config", "init"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{run:?}");
}

#[test]
fn without_a_terminal_the_dashboard_names_status() {
    let lifeboat = Lifeboat::new();
    for args in [&["demo"][..], &["--config", &lifeboat.file("a.toml", "fleet = 'a'\n")]] {
        let run = lifeboat.run(args);
        assert_eq!(run.code, 64, "{run:?}");
        assert!(run.stderr.contains("terminal") && run.stderr.contains("lifeboat status"), "{run:?}");
    }
    let bare = Lifeboat::new().run(&[]);
    assert_eq!(bare.code, 78, "{bare:?}");
    assert!(bare.stderr.contains("lifeboat demo"), "{bare:?}");
}

#[test]
fn programs_get_a_config_and_its_mistakes_as_json() {
    let lifeboat = Lifeboat::new();
    let good = lifeboat.file("good.toml", "fleet = 'a'\n[tiers.1]\nrpo = '5m'\n[sources.s]\nkind = 'pgbackrest'\nstanza = 'main'\n[services.a]\nsecondary = { source = 's' }\n");
    let json = |file: &str, command: &str| {
        let run = lifeboat.run(&["--config", file, "config", command, "--output", "json"]);
        let value: serde_json::Value =
            serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{run:?}"));
        (run.code, value)
    };
    let (code, checked) = json(&good, "check");
    assert_eq!((code, &checked["ok"], &checked["fleet"]), (0, &true.into(), &"a".into()), "{checked:#}");
    let (_, shown) = json(&good, "show");
    let rpo = shown["values"].as_array().unwrap().iter().find(|value| value["key"] == "tiers.1.rpo").unwrap();
    assert!(rpo["from"].as_str().unwrap().ends_with("good.toml:3"), "{shown:#}");
    let empty = lifeboat.file("empty.toml", "");
    let (code, wrong) = json(&empty, "check");
    assert_eq!((code, &wrong["ok"]), (78, &false.into()), "{wrong:#}");
    assert!(wrong["mistakes"][0]["what"].as_str().unwrap().starts_with("no services"), "{wrong:#}");
    let bad = lifeboat.file("bad.toml", "fleet = 'a'\nflet = 1\n");
    let (code, wrong) = json(&bad, "check");
    assert_eq!((code, &wrong["ok"]), (78, &false.into()), "{wrong:#}");
    let mistake = &wrong["mistakes"][0];
    assert_eq!(mistake["line"], 2, "{wrong:#}");
    assert!(mistake["help"][0].as_str().unwrap().contains("`fleet`"), "{wrong:#}");
}
