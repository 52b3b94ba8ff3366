//! A state folder on a disk that hangs: each file of it that is opened is a pipe that nobody holds at its other end.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::support::{Lifeboat, Run};

const NOW: &str = "2026-11-20T08:40:10Z";

/// Runs it, and ends it where it does not end by itself.
fn run(lifeboat: &Lifeboat, args: &[&str]) -> Run {
    let mut command = lifeboat.command(args);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let end = Instant::now() + Duration::from_secs(60);
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > end {
            child.kill().unwrap();
            panic!("{args:?} waits for the disk");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Run::from(child.wait_with_output().unwrap())
}

fn hang(file: &Path) {
    if file.exists() {
        std::fs::remove_file(file).unwrap();
    }
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::mkfifoat(rustix::fs::CWD, file, mode).unwrap();
}

#[test]
fn s34_a_look_waits_no_longer_for_the_state_folder_than_it_may_and_tells_what_the_sources_say() {
    for file in ["readings.db.lock", "alerts.json"] {
        let lifeboat = Lifeboat::new();
        let config = lifeboat.replay("01-healthy", "main");
        let state = lifeboat.folder().join("state");
        let common =
            ["--config", &config, "--state-dir", state.to_str().unwrap(), "--clock", NOW, "--timeout", "2s"];
        let look = |command: &str| run(&lifeboat, &[&[command], common.as_slice()].concat());
        let before = look("status");
        hang(&state.join(file));
        let status = look("status");
        assert_eq!(status.code, before.code, "its sources answer as before: {status:?}");
        assert!(status.stdout.contains(">=08:32:13Z"), "{status:?}");
        let told = "does not answer: its disk was given up on after ";
        assert_eq!(status.stderr.matches(told).count(), 1, "{file}: {status:?}");
        let check = look("check");
        assert_eq!(check.code, 3, "where clients are is not known: {check:?}");
        assert!(check.stdout.starts_with("LIFEBOAT UNKNOWN - ") && check.stdout.contains(told), "{check:?}");
    }
}
