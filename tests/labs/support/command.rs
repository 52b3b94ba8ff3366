//! Commands and conditions with a deadline.

use rustix::process::{Pid, Signal, kill_process_group};
use std::fs::File;
use std::io::{Read as _, Seek as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// What a command left behind.
#[derive(Debug)]
pub(crate) struct Ran {
    /// How it was called, for messages.
    pub(crate) called: String,
    /// How it ended.
    pub(crate) status: ExitStatus,
    /// Its standard output.
    pub(crate) stdout: String,
    /// Its standard error.
    pub(crate) stderr: String,
}

impl Ran {
    /// Whether it ended with exit code 0.
    pub(crate) fn ok(&self) -> bool {
        self.status.success()
    }

    /// Its standard output; stops the test, showing everything, when it failed.
    pub(crate) fn expect_ok(self) -> String {
        assert!(
            self.ok(),
            "{} ended with {}\n--- stdout\n{}\n--- stderr\n{}",
            self.called,
            self.status,
            self.stdout,
            self.stderr
        );
        self.stdout
    }
}

/// Runs a command to its end; stops the test, and the command with its children, after `limit`.
///
/// Output goes through files, so a server left behind by the command holds nothing up.
pub(crate) fn run(command: &mut Command, limit: Duration) -> Ran {
    let called = format!("{command:?}");
    let mut stdout = tempfile::tempfile().expect("a file for stdout");
    let mut stderr = tempfile::tempfile().expect("a file for stderr");
    let mut child = command
        .stdin(Stdio::null())
        .stdout(stdout.try_clone().expect("stdout"))
        .stderr(stderr.try_clone().expect("stderr"))
        .process_group(0)
        .spawn()
        .unwrap_or_else(|error| panic!("{called} did not start: {error}"));
    let end = Instant::now() + limit;
    let status = loop {
        if let Some(status) = child.try_wait().expect("the state of a child") {
            break status;
        }
        if Instant::now() >= end {
            kill_process_group(Pid::from_child(&child), Signal::KILL).ok();
            child.wait().expect("the end of a child");
            panic!(
                "{called} did not end within {limit:?}\n--- stdout\n{}\n--- stderr\n{}",
                text(&mut stdout),
                text(&mut stderr)
            );
        }
        pause();
    };
    Ran { called, status, stdout: text(&mut stdout), stderr: text(&mut stderr) }
}

/// Waits until `condition` holds; stops the test after `limit`, naming `what` it waited for.
pub(crate) fn wait_until(what: &str, limit: Duration, mut condition: impl FnMut() -> bool) {
    let end = Instant::now() + limit;
    while !condition() {
        assert!(Instant::now() < end, "not within {limit:?}: {what}");
        pause();
    }
}

/// The step between two looks at a condition.
fn pause() {
    thread::sleep(Duration::from_millis(20));
}

fn text(file: &mut File) -> String {
    let mut bytes = Vec::new();
    file.rewind().expect("the start of an output file");
    file.read_to_end(&mut bytes).expect("an output file");
    String::from_utf8_lossy(&bytes).into_owned()
}
