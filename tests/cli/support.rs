//! Runs the built binary in a folder and an environment of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use crate::replay;

/// The binary, in an empty home.
pub(crate) struct Lifeboat {
    home: TempDir,
    cwd: PathBuf,
    env: Vec<(String, String)>,
}

/// What it did.
#[derive(Debug)]
pub(crate) struct Run {
    /// Exit code; -1 when a signal ended it.
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Lifeboat {
    pub(crate) fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let cwd = home.path().to_owned();
        Self { home, cwd, env: Vec::new() }
    }

    pub(crate) fn cwd(mut self, folder: &Path) -> Self {
        folder.clone_into(&mut self.cwd);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Its home.
    pub(crate) fn folder(&self) -> &Path {
        self.home.path()
    }

    /// Writes a file into the home; its path.
    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        let path = self.home.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// A config over both repositories of a capture; its path.
    pub(crate) fn replay(&self, capture: &str, stanza: &str) -> String {
        let program = replay::program(self.home.path(), capture, stanza);
        let source = |name: &str, repo: u32| {
            format!(
                "[sources.{name}]\nkind = 'pgbackrest'\nprogram = ['{}']\nstanza = '{stanza}'\nrepo = {repo}\n",
                program.display()
            )
        };
        let text = format!(
            "{}{}[tiers.1]\nrpo = '15m'\nrto = '1h'\n[services.{stanza}]\ntier = 1\n\
             primary = {{ source = 'west', region = 'dc-west' }}\n\
             secondary = {{ source = 'east', region = 'dc-east' }}\n",
            source("west", 1),
            source("east", 2)
        );
        self.file("lifeboat.toml", &text)
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lifeboat"));
        command.args(args).current_dir(&self.cwd).env_clear();
        command.env("HOME", self.home.path()).env("PATH", "/usr/local/bin:/usr/bin:/bin").env("TZ", "UTC");
        command.envs(self.env.iter().map(|(name, value)| (name, value))).stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Run {
        Run::from(self.command(args).output().unwrap())
    }

    pub(crate) fn run_with_closed_stdout(&self, args: &[&str]) -> Run {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        Run::from(
            self.command(args)
                .stdout(writer)
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
                .wait_with_output()
                .unwrap(),
        )
    }
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// A command that runs until it is told to end.
pub(crate) struct Server {
    child: std::process::Child,
    stdout: std::io::Lines<std::io::BufReader<std::process::ChildStdout>>,
}

impl Server {
    pub(crate) fn start(lifeboat: &Lifeboat, args: &[&str]) -> Self {
        Self::of(lifeboat.command(args))
    }

    pub(crate) fn of(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stdout = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap()));
        Self { child, stdout }
    }

    /// Its next line.
    pub(crate) fn line(&mut self) -> String {
        self.stdout.next().expect("a line").unwrap()
    }

    /// Sends it a signal and waits for its end: the exit code.
    pub(crate) fn end(mut self, signal: rustix::process::Signal) -> i32 {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).unwrap();
        self.child.wait().unwrap().code().unwrap_or(-1)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The body of a plain HTTP answer.
pub(crate) fn http_get(base: &str, path: &str) -> String {
    use std::io::{Read, Write};
    let host = base.strip_prefix("http://").unwrap();
    let mut stream = std::net::TcpStream::connect(host).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split_once("\r\n\r\n").unwrap().1.to_owned()
}
