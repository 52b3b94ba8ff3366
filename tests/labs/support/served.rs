//! A server that ends with the test that started it, however that ends.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A running server. It is stopped when dropped, and when the test process is gone.
#[derive(Debug)]
pub(crate) struct Served(Child);

impl Served {
    /// Starts a program that stays in the foreground; what it says goes to `log`, which begins anew.
    pub(crate) fn start(log: &Path, server: &Command) -> Self {
        fs::write(log, "").expect("a log");
        // A shell in between stops the server when our end of its input closes.
        let script = "\"$@\" >\"$0\" 2>&1 & server=$!; read -r _; kill $server; wait $server";
        let mut shell = Command::new("sh");
        shell.args(["-c", script]).arg(log).arg(server.get_program()).args(server.get_args());
        shell.envs(server.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let shell = shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        Self(shell.spawn().expect("a shell for a server"))
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        self.0.wait().ok();
    }
}
