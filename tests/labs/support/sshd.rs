//! A throw-away SSH server on the loopback address.

use super::command::Ran;
use super::tools::find;
use super::{free_port, is_root, run, served::Served, wait_until};
use std::fmt::Write as _;
use std::fs;
use std::io::Read as _;
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;

const LIMIT: Duration = Duration::from_secs(30);

/// An SSH server for the current account, with keys of its own.
///
/// `ssh -F <config> <alias> COMMAND` reaches it without any question: [`Sshd::run_prefix`] is that, ready
/// for the product's `run` setting. It ends when dropped or stopped, and with the test process, however
/// that ends; commands that run over it then end with their clients.
#[derive(Debug)]
pub(crate) struct Sshd {
    server: Option<Served>,
    port: u16,
    folder: TempDir,
    authorized: String,
}

impl Sshd {
    /// The host's name in [`Sshd::config`].
    pub(crate) const ALIAS: &str = "lab";

    /// Starts the server and waits until it answers.
    pub(crate) fn up() -> Self {
        Self::letting_in(str::to_owned)
    }

    /// Like [`Sshd::up`], with the line of `authorized_keys` that is made of the client's key.
    pub(crate) fn letting_in(line: impl Fn(&str) -> String) -> Self {
        let folder = tempfile::Builder::new().prefix("lifeboat-sshd-").tempdir().expect("a folder for sshd");
        for key in ["host_key", "user_key"] {
            let path = folder.path().join(key);
            run(
                Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-C", key, "-f"]).arg(path),
                LIMIT,
            )
            .expect_ok();
        }
        if is_root() {
            // Where root's sshd locks up its unprivileged part; an ordinary start-up makes it.
            fs::create_dir_all("/run/sshd").expect("/run/sshd");
        }
        let key = fs::read_to_string(folder.path().join("user_key.pub")).expect("the client's key");
        let mut sshd = Self { server: None, port: 0, folder, authorized: line(key.trim_end()) };
        for _ in 0..3 {
            sshd.port = free_port();
            if sshd.start() {
                return sshd;
            }
        }
        panic!("sshd found no port:\n{}", sshd.log());
    }

    /// The file for `ssh -F`.
    pub(crate) fn config(&self) -> PathBuf {
        self.file("ssh_config")
    }

    /// What to put before a command so that it runs over the server.
    pub(crate) fn run_prefix(&self) -> Vec<String> {
        let config = self.config().display().to_string();
        ["ssh", "-F", &config, Self::ALIAS].map(str::to_owned).to_vec()
    }

    /// Runs a line in the account's shell, over the server.
    pub(crate) fn ssh(&self, line: &str) -> Ran {
        let mut command = Command::new("ssh");
        command.arg("-F").arg(self.config()).args([Self::ALIAS, line]);
        run(&mut command, LIMIT)
    }

    /// What the server has logged so far.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.file("log")).unwrap_or_default()
    }

    /// Stops the server: new connections are refused from here on.
    pub(crate) fn stop(&mut self) {
        self.server = None;
    }

    /// Starts the stopped server again, at the same port; false when that is taken.
    pub(crate) fn start(&mut self) -> bool {
        self.stop();
        self.write_files();
        let mut server = Command::new(find("sshd").expect("sshd: begin the test with needs!"));
        server.args(["-D", "-e", "-f"]).arg(self.file("sshd_config"));
        self.server = Some(Served::start(&self.file("log"), &server));
        let mut taken = false;
        wait_until("an answer from sshd", LIMIT, || {
            taken = self.log().contains("Cannot bind");
            taken || self.answers()
        });
        if taken {
            self.stop();
        }
        !taken
    }

    /// Whether something at the port greets like an SSH server.
    pub(crate) fn answers(&self) -> bool {
        let mut greeting = [0; 4];
        TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))
            .and_then(|mut stream| {
                stream.set_read_timeout(Some(Duration::from_secs(2)))?;
                stream.read_exact(&mut greeting)
            })
            .is_ok_and(|()| greeting == *b"SSH-")
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write_files(&self) {
        let folder = self.folder.path().display();
        let (alias, port) = (Self::ALIAS, self.port);
        let user = run(Command::new("id").arg("-un"), LIMIT).expect_ok();
        let user = user.trim_end();
        // Without PAM, sshd lets nobody in whose password is locked; PAM needs root.
        let pam = if is_locked(user) { "yes" } else { "no" };
        let mut server = format!("Port {port}\nListenAddress 127.0.0.1\nAllowUsers {user}\n");
        write!(
            server,
            "HostKey {folder}/host_key\nAuthorizedKeysFile {folder}/authorized_keys\nPidFile none\n\
             StrictModes no\nUsePAM {pam}\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n\
             PermitRootLogin prohibit-password\nPrintMotd no\nPrintLastLog no\nUseDNS no\n\
             LogLevel VERBOSE\n"
        )
        .expect("text");
        let client = format!(
            "Host {alias}\n  HostName 127.0.0.1\n  Port {port}\n  User {user}\n  \
             IdentityFile {folder}/user_key\n  IdentitiesOnly yes\n  IdentityAgent none\n  \
             UserKnownHostsFile {folder}/known_hosts\n  GlobalKnownHostsFile /dev/null\n  \
             StrictHostKeyChecking yes\n  BatchMode yes\n  ConnectTimeout 10\n  LogLevel ERROR\n"
        );
        let key = fs::read_to_string(self.file("host_key.pub")).expect("the host key");
        let known = format!("[127.0.0.1]:{port} {key}");
        for (name, text) in [
            ("sshd_config", server),
            ("ssh_config", client),
            ("known_hosts", known),
            ("authorized_keys", format!("{}\n", self.authorized)),
        ] {
            fs::write(self.file(name), text).expect("a file for sshd");
        }
    }
}

/// Whether the account's password is locked; only root can tell.
fn is_locked(user: &str) -> bool {
    fs::read_to_string(Path::new("/etc/shadow"))
        .is_ok_and(|shadow| shadow.lines().any(|line| line.starts_with(&format!("{user}:!"))))
}
