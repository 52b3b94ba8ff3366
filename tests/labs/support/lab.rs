//! A throw-away PostgreSQL with a pgBackRest repository in each of two regions.

use super::command::Ran;
use super::tools::pg_bin;
use super::{free_port, free_ports, is_root, run};
use std::fs::{Permissions, set_permissions};
use std::ops::RangeInclusive;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/labs/pg-two-region.sh");
/// What is left of a connection keeps the port of a fork that is gone for a minute: the next one takes another.
const FORK_PORTS: u16 = 8;
/// Long enough for the slowest verb on a busy machine.
const LIMIT: Duration = Duration::from_secs(180);

/// What a backup copies.
#[derive(Clone, Copy, Debug)]
pub(crate) enum BackupKind {
    /// Everything.
    Full,
    /// What changed since the last full one.
    Diff,
    /// What changed since the last one of any kind.
    Incr,
}

/// How a lab is built.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LabOptions {
    /// Rows in the table `bulk`.
    pub(crate) rows: u32,
    /// Whether WAL is pushed in the background, as most people run it.
    pub(crate) async_archive: bool,
}

impl Default for LabOptions {
    fn default() -> Self {
        Self { rows: 1000, async_archive: true }
    }
}

/// Two regions: a primary and repository 1 in region A, repository 2 in region B.
///
/// The primary has a table `heartbeat(id, ts, note)`, to which [`Lab::wal`] adds a row for each segment,
/// and a table `bulk(id, v)`. Both repositories start with one full backup. Dropping the lab stops its
/// servers and deletes its folder; so does the end of the test process, however it comes.
///
/// PostgreSQL refuses root, so root's labs run as `postgres`: see [`Lab::run_prefix`].
#[derive(Debug)]
pub(crate) struct Lab {
    root: PathBuf,
    port: u16,
    fork_port: u16,
    fork_ports: RangeInclusive<u16>,
    pg_bin: PathBuf,
    repo2: String,
    guard: Child,
    /// Last, so that it goes when nothing is in it any more.
    _folder: TempDir,
}

impl Lab {
    /// The name of the stanza.
    pub(crate) const STANZA: &str = "main";

    /// Builds the pair with its first backups; takes some 10 seconds.
    pub(crate) fn up() -> Self {
        Self::with(LabOptions::default())
    }

    /// Like [`Lab::up`], with other options.
    pub(crate) fn with(options: LabOptions) -> Self {
        Self::build(options, None)
    }

    /// Like [`Lab::with`], with these lines of pgBackRest's configuration for repository 2 instead of a folder
    /// in region B.
    pub(crate) fn with_repo2(options: LabOptions, repo2: String) -> Self {
        Self::build(options, Some(repo2))
    }

    fn build(options: LabOptions, repo2: Option<String>) -> Self {
        let folder =
            tempfile::Builder::new().prefix("lifeboat-lab-").tempdir().expect("a folder for the lab");
        // Another account has to reach what is below.
        set_permissions(folder.path(), Permissions::from_mode(0o755)).expect("an open folder");
        let root = folder.path().join("lab");
        let lab = Self {
            port: free_port(),
            fork_port: free_port(),
            fork_ports: free_ports(FORK_PORTS),
            pg_bin: pg_bin().expect("LIFEBOAT_LAB_PG_BIN: begin the test with needs!"),
            guard: guard(&root),
            repo2: repo2.unwrap_or_else(|| format!("repo2-path={}\n", root.join("region-b/repo").display())),
            root,
            _folder: folder,
        };
        let mut command = lab.script(&["up"]);
        command
            .env("LAB_PORT", lab.port.to_string())
            .env("LAB_FORK_PORT", lab.fork_port.to_string())
            .env("LAB_STANZA", Self::STANZA)
            .env("LAB_ROWS", options.rows.to_string())
            .env("LAB_ASYNC", if options.async_archive { "y" } else { "n" })
            .env("LAB_REPO2", &lab.repo2);
        run(&mut command, LIMIT).expect_ok();
        lab
    }

    /// The lab's folder.
    pub(crate) fn path(&self) -> &Path {
        &self.root
    }

    /// pgBackRest's configuration file.
    pub(crate) fn config(&self) -> PathBuf {
        self.root.join("pgbackrest.conf")
    }

    /// pgBackRest's configuration as on a host of region B, which knows repository 2 alone.
    pub(crate) fn region_b_config(&self) -> PathBuf {
        let config = self.root.join("region-b.conf");
        std::fs::write(&config, format!("[global]\n{}", self.repo2)).expect("the configuration of region B");
        config
    }

    /// The primary's port on the loopback address; user `postgres`, no password.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The port of the lab's own fork, or of another server beside the primary.
    pub(crate) fn fork_port(&self) -> u16 {
        self.fork_port
    }

    /// The ports for forks that the product makes.
    pub(crate) fn fork_ports(&self) -> &RangeInclusive<u16> {
        &self.fork_ports
    }

    /// The folder with `initdb`, `pg_ctl` and the others.
    pub(crate) fn pg_bin(&self) -> &Path {
        &self.pg_bin
    }

    /// What to put before a command so that it runs as the account that owns the lab; empty if we are it.
    pub(crate) fn run_prefix() -> Vec<String> {
        let prefix: &[&str] = if is_root() { &["runuser", "-u", "postgres", "--"] } else { &[] };
        prefix.iter().map(ToString::to_string).collect()
    }

    /// A command as the account that owns the lab, in the lab's folder.
    pub(crate) fn command(&self, program: impl AsRef<Path>) -> Command {
        let program = program.as_ref();
        let mut command = match Self::run_prefix().split_first() {
            Some((first, rest)) => {
                let mut command = Command::new(first);
                command.args(rest).arg(program);
                command
            }
            None => Command::new(program),
        };
        command.current_dir(&self.root);
        command
    }

    /// Runs pgBackRest with the lab's configuration and stanza.
    pub(crate) fn pgbackrest(&self, args: &[&str]) -> Ran {
        let mut command = self.command("pgbackrest");
        command
            .arg(format!("--config={}", self.config().display()))
            .arg(format!("--stanza={}", Self::STANZA))
            .args(args);
        run(&mut command, LIMIT)
    }

    /// What `pgbackrest info` says about the stanza, as JSON.
    pub(crate) fn info(&self) -> serde_json::Value {
        let text = self.pgbackrest(&["--output=json", "info"]).expect_ok();
        let mut stanzas: Vec<serde_json::Value> =
            serde_json::from_str(&text).expect("JSON from pgbackrest info");
        stanzas.pop().expect("one stanza")
    }

    /// The whole WAL segments in repository 1 or 2, oldest first.
    pub(crate) fn segments(&self, repo: u8) -> Vec<PathBuf> {
        let region = if repo == 1 { "region-a" } else { "region-b" };
        let archive = self.root.join(region).join("repo/archive").join(Self::STANZA);
        let below = |folder: &Path| -> Vec<PathBuf> {
            let entries = std::fs::read_dir(folder).expect("a folder of the archive");
            entries.map(|entry| entry.expect("an entry").path()).collect()
        };
        let folders = |paths: Vec<PathBuf>| paths.into_iter().filter(|path| path.is_dir());
        let histories = folders(below(&archive)).flat_map(|history| folders(below(&history)));
        let is_segment = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.split_once('-').is_some_and(|(name, _)| name.len() == 24) && !name.ends_with(".tmp")
        };
        let mut found: Vec<_> = histories.flat_map(|folder| below(&folder)).filter(is_segment).collect();
        found.sort();
        found
    }

    /// Takes a backup to repository 1 or 2.
    pub(crate) fn backup(&self, repo: u8, kind: BackupKind) {
        let kind = match kind {
            BackupKind::Full => "full",
            BackupKind::Diff => "diff",
            BackupKind::Incr => "incr",
        };
        self.verb(&["backup", &repo.to_string(), kind]);
    }

    /// Writes a row and switches the WAL segment, `count` times; waits up to 5 s for the archive.
    pub(crate) fn wal(&self, count: u32) {
        self.verb(&["wal", &count.to_string()]);
    }

    /// Region A is lost: the primary crashes, repository 1 is gone.
    pub(crate) fn region_down(&self) {
        self.verb(&["region-down"]);
    }

    /// Region A comes back.
    pub(crate) fn region_up(&self) {
        self.verb(&["region-up"]);
    }

    /// Repository 2 can be read, and takes no more WAL.
    pub(crate) fn repo2_lag(&self) {
        self.verb(&["repo2-lag"]);
    }

    /// Repository 2 is gone.
    pub(crate) fn repo2_down(&self) {
        self.verb(&["repo2-down"]);
    }

    /// Repository 2 is there and catches up.
    pub(crate) fn repo2_up(&self) {
        self.verb(&["repo2-up"]);
    }

    /// Restores repository 2 to [`Lab::fork_path`], up to `target` or to the end, and starts it.
    pub(crate) fn fork(&self, target: Option<&str>) -> String {
        let mut args = vec!["fork"];
        args.extend(target);
        self.verb(&args)
    }

    /// Stops the fork; its folder stays.
    pub(crate) fn fork_stop(&self) {
        self.verb(&["fork-stop"]);
    }

    /// The folder that [`Lab::fork`] restores to.
    pub(crate) fn fork_path(&self) -> PathBuf {
        self.root.join("fork")
    }

    /// Asks the primary; rows are lines, columns are parted by `|`.
    pub(crate) fn sql(&self, query: &str) -> String {
        self.psql(self.port, query)
    }

    /// Asks the fork.
    pub(crate) fn fork_sql(&self, query: &str) -> String {
        self.psql(self.fork_port, query)
    }

    /// Whether the primary takes connections.
    pub(crate) fn answers(&self) -> bool {
        let mut command = self.command(self.pg_bin.join("pg_isready"));
        command.args(["-h", "127.0.0.1", "-p", &self.port.to_string()]);
        run(&mut command, LIMIT).ok()
    }

    fn psql(&self, port: u16, query: &str) -> String {
        let mut command = self.command(self.pg_bin.join("psql"));
        command
            .env("PGCONNECT_TIMEOUT", "10")
            .args(["-XqAt", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-U", "postgres"])
            .args(["-d", "postgres", "-p", &port.to_string(), "-c", query]);
        run(&mut command, LIMIT).expect_ok().trim_end().to_owned()
    }

    fn verb(&self, args: &[&str]) -> String {
        run(&mut self.script(args), LIMIT).expect_ok()
    }

    fn script(&self, args: &[&str]) -> Command {
        let mut command = Command::new(SCRIPT);
        command.env("LAB_PG_BIN", &self.pg_bin).arg(&self.root).args(args);
        command
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        // Closing its input is the guard's sign to destroy the lab.
        drop(self.guard.stdin.take());
        self.guard.wait().ok();
    }
}

/// A process that destroys the lab once its input closes: when the lab is dropped, or with the tests,
/// even if they are killed.
fn guard(root: &Path) -> Child {
    Command::new("sh")
        .args(["-c", "read -r _; [ ! -e \"$1\" ] || \"$0\" \"$1\" destroy; rm -rf \"$1\"; rmdir \"${1%/*}\""])
        .arg(SCRIPT)
        .arg(root)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .expect("the lab's guard")
}
