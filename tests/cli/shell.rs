//! `completions` and `man`.

use std::process::Command;

use crate::support::Lifeboat;

#[test]
fn each_shell_gets_completions_that_know_the_commands() {
    for shell in ["bash", "zsh", "fish"] {
        let run = Lifeboat::new().run(&["completions", shell]);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{run:?}");
        for word in ["status", "clean-up", "last-known", "fork-name"] {
            assert!(run.stdout.contains(word), "{shell} does not know {word}");
        }
    }
    let wrong = Lifeboat::new().run(&["completions", "tcsh"]);
    assert_eq!(wrong.code, 64, "{wrong:?}");
    assert!(wrong.stderr.contains("bash, zsh, fish"), "{wrong:?}");
}

#[test]
fn bash_offers_commands_at_the_tab_key() {
    let lifeboat = Lifeboat::new();
    let script = lifeboat.file("lifeboat.bash", &lifeboat.run(&["completions", "bash"]).stdout);
    let ask = format!(
        ". '{script}'; COMP_WORDS=(lifeboat runs re); COMP_CWORD=2; _lifeboat lifeboat re runs; \
         echo \"${{COMPREPLY[@]}}\""
    );
    let offered = Command::new("bash").args(["--norc", "-c", &ask]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&offered.stdout).trim(), "resume", "{offered:?}");
}

#[test]
fn there_is_a_page_for_the_program_and_for_each_command() {
    let whole = Lifeboat::new().run(&["man"]);
    assert_eq!(whole.code, 0, "{whole:?}");
    for said in [".TH LIFEBOAT 1", ".SH SYNOPSIS", "LIFEBOAT_CONFIG", ".SH \"EXIT STATUS\"", "not armed"] {
        assert!(whole.stdout.contains(said), "{said}: {}", whole.stdout);
    }
    let one = Lifeboat::new().run(&["man", "runs", "clean-up"]);
    assert_eq!(one.code, 0, "{one:?}");
    assert!(one.stdout.contains(".TH LIFEBOAT-RUNS-CLEAN-UP 1"), "{}", one.stdout);
    assert!(one.stdout.contains("lifeboat runs clean\\-up\\fR"), "{}", one.stdout);
    let typo = Lifeboat::new().run(&["man", "runs", "resum"]);
    assert_eq!(typo.code, 64, "{typo:?}");
    assert!(typo.stderr.contains("did you mean `resume`?"), "{typo:?}");
}
