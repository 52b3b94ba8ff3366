//! Which tools are here, and what happens to a lab that lacks one.

use super::{is_root, run};
use std::env;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// A tool that a lab drives.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Tool {
    /// PostgreSQL's server programs, all in one folder (`LIFEBOAT_LAB_PG_BIN`).
    PostgreSql,
    /// `pgbackrest` on `PATH`.
    PgBackRest,
    /// `sshd`, `ssh` and `ssh-keygen`.
    OpenSsh,
    /// Aiven's official client (`LIFEBOAT_LAB_AVN`).
    Avn,
    /// An S3 server, moto under gunicorn (`LIFEBOAT_LAB_S3`), and `openssl` for its certificate.
    S3,
}

impl Tool {
    /// Says what is missing, or nothing when the tool can be used.
    fn missing(self) -> Option<&'static str> {
        let (there, missing) = match self {
            Self::PostgreSql => (
                pg_bin().is_some() && (!is_root() || account_exists("postgres")),
                "no PostgreSQL server programs (Debian: postgresql)",
            ),
            Self::PgBackRest => (find("pgbackrest").is_some(), "no pgbackrest (Debian: pgbackrest)"),
            Self::OpenSsh => (
                ["sshd", "ssh", "ssh-keygen"].iter().all(|name| find(name).is_some()),
                "no OpenSSH (Debian: openssh-server, openssh-client)",
            ),
            Self::Avn => (avn_path().is_some(), "no avn client (tests/run makes it with Python's venv)"),
            Self::S3 => (
                s3_server().is_some() && find("openssl").is_some(),
                "no S3 server (tests/run makes it with Python's venv) or no openssl (Debian: openssl)",
            ),
        };
        (!there).then_some(missing)
    }
}

/// Begins a lab: leaves the test early unless labs are on and the named [`Tool`]s are here.
///
/// `needs!(PostgreSql, PgBackRest);`
macro_rules! needs {
    ($($tool:ident),+ $(,)?) => {{
        fn here() {}
        let name = std::any::type_name_of_val(&here).trim_end_matches("::here");
        if !$crate::support::ready(name, &[$($crate::support::Tool::$tool),+]) {
            return;
        }
    }};
}
pub(crate) use needs;

/// Whether the lab called `name` can run; [`needs!`] is the pleasant way to ask.
///
/// A lab without its tool is noted as skipped in the file `LIFEBOAT_LAB_SKIPS`, and fails when `CI=true`.
pub(crate) fn ready(name: &str, tools: &[Tool]) -> bool {
    if env::var_os("LIFEBOAT_LABS").is_none_or(|value| value != "1") {
        println!("{name}: labs are off; tests/run switches them on");
        return false;
    }
    let missing: Vec<_> = tools.iter().filter_map(|tool| tool.missing()).collect();
    if missing.is_empty() {
        return true;
    }
    let reason = missing.join(", ");
    assert!(env::var_os("CI").is_none_or(|value| value != "true"), "{name} cannot run: {reason}");
    println!("SKIPPED {name}: {reason}");
    if let Some(list) = env::var_os("LIFEBOAT_LAB_SKIPS") {
        let mut list =
            OpenOptions::new().create(true).append(true).open(list).expect("the list of skipped labs");
        // In one write, as labs may run side by side.
        list.write_all(format!("{name}: {reason}\n").as_bytes()).expect("a line in the list of skipped labs");
    }
    false
}

/// The folder of PostgreSQL's server programs.
pub(crate) fn pg_bin() -> Option<PathBuf> {
    env::var_os("LIFEBOAT_LAB_PG_BIN").map(PathBuf::from).filter(|folder| folder.join("initdb").is_file())
}

/// Aiven's client, with its files in `home` and its address at `url`.
pub(crate) fn avn(home: &Path, url: &str) -> Command {
    let mut command = Command::new(avn_path().expect("avn"));
    command.env("AIVEN_CONFIG_DIR", home).env("AIVEN_WEB_URL", url).env("AIVEN_FORCE", "true");
    for name in ["AIVEN_AUTH_TOKEN", "AIVEN_PROJECT", "AIVEN_CA_CERT"] {
        command.env_remove(name);
    }
    command
}

/// Where Aiven's client is.
pub(crate) fn avn_path() -> Option<PathBuf> {
    named_by("LIFEBOAT_LAB_AVN")
}

/// The program that serves S3.
pub(crate) fn s3_server() -> Option<PathBuf> {
    named_by("LIFEBOAT_LAB_S3")
}

fn named_by(variable: &str) -> Option<PathBuf> {
    env::var_os(variable).map(PathBuf::from).filter(|path| path.is_file())
}

/// A program on `PATH` or among the administrator's programs.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain(["/usr/local/sbin", "/usr/sbin", "/sbin"].map(PathBuf::from))
        .map(|folder| folder.join(name))
        .find(|program| program.is_file())
}

fn account_exists(name: &str) -> bool {
    run(Command::new("id").args(["-u", name]), Duration::from_secs(10)).ok()
}
