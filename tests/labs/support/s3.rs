//! A throw-away S3 server on the loopback address, behind TLS with a certificate of its own.

use super::tools::s3_server;
use super::{free_port, run, served::Served, wait_until};
use rustix::process::{Pid, Signal, kill_process};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;

const LIMIT: Duration = Duration::from_secs(60);
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/labs");

/// An object store with one bucket, which any key opens. It ends when dropped, and with the test process.
#[derive(Debug)]
pub(crate) struct S3 {
    server: Option<Served>,
    port: u16,
    folder: TempDir,
}

impl S3 {
    /// The bucket.
    pub(crate) const BUCKET: &str = "region-b";
    /// The secret key that [`S3::repo2`] names: nothing may ever show it.
    pub(crate) const SECRET: &str = "lab-secret-key-never-shown";
    /// The passphrase of the repository: nothing may ever show it.
    pub(crate) const PASSPHRASE: &str = "lab-passphrase-never-shown";

    /// Starts the server, waits until it answers, and makes the bucket.
    pub(crate) fn up() -> Self {
        let folder = tempfile::Builder::new().prefix("lifeboat-s3-").tempdir().expect("a folder for S3");
        // pgBackRest's account reads the certificate.
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).expect("an open folder");
        let mut s3 = Self { server: None, port: free_port(), folder };
        s3.make_certificates();
        s3.start();
        let made = s3.asked(reqwest::Method::PUT, Self::BUCKET);
        assert!(made.is_some_and(|status| status.is_success()), "{made:?}: {}", s3.log());
        s3
    }

    /// An authority, `ca.pem`, and what it says of the server, `cert.pem`.
    fn make_certificates(&self) {
        let made = |name: &str, more: &[&str]| {
            let mut openssl = Command::new("openssl");
            openssl.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]).args(more);
            openssl.arg("-keyout").arg(self.file(&format!("{name}.key")));
            run(openssl.arg("-out").arg(self.file(&format!("{name}.pem"))), LIMIT).expect_ok();
        };
        made("ca", &["-subj", "/CN=authority of a lab"]);
        let (authority, its_key) = (self.file("ca.pem"), self.file("ca.key"));
        let (authority, its_key) = (authority.display().to_string(), its_key.display().to_string());
        let signed = ["-CA", &authority, "-CAkey", &its_key, "-subj", "/CN=localhost"];
        let extensions = ["-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=CA:FALSE"];
        made("cert", &[&signed[..], &extensions].concat());
        fs::set_permissions(&authority, Permissions::from_mode(0o644)).expect("an open certificate");
    }

    /// Starts the server, with nothing in it.
    fn start(&mut self) {
        let mut gunicorn = Command::new(s3_server().expect("an S3 server: begin the test with needs!"));
        // One worker: what is stored is in its memory. It may stand still as long as a test wants it to.
        gunicorn.args([
            "--workers",
            "1",
            "--worker-class",
            "gthread",
            "--threads",
            "16",
            "--keep-alive",
            "65",
        ]);
        gunicorn.args(["--timeout", "0", "--graceful-timeout", "1", "--chdir", FOLDER]);
        gunicorn.arg("--bind").arg(format!("127.0.0.1:{}", self.port)).arg("--pid").arg(self.file("pid"));
        gunicorn.arg("--certfile").arg(self.file("cert.pem")).arg("--keyfile").arg(self.file("cert.key"));
        gunicorn.arg("s3_server:app").env("LAB_S3_DENIED", self.file("denied"));
        gunicorn.env("PYTHONDONTWRITEBYTECODE", "1");
        self.server = Some(Served::start(&self.file("log"), &gunicorn));
        wait_until("an answer from the S3 server", LIMIT, || self.asked(reqwest::Method::GET, "").is_some());
    }

    /// The lines of pgBackRest's configuration for a repository 2 in the bucket, encrypted.
    pub(crate) fn repo2(&self) -> String {
        format!(
            "repo2-type=s3\nrepo2-path=/pg\nrepo2-s3-bucket={bucket}\nrepo2-s3-endpoint=localhost\n\
             repo2-s3-region=eu-central-1\nrepo2-s3-key=lab\nrepo2-s3-key-secret={secret}\nrepo2-s3-uri-style=path\n\
             repo2-storage-port={port}\nrepo2-storage-ca-file={ca}\nrepo2-cipher-type=aes-256-cbc\n\
             repo2-cipher-pass={pass}\n",
            bucket = Self::BUCKET,
            secret = Self::SECRET,
            port = self.port,
            ca = self.file("ca.pem").display(),
            pass = Self::PASSPHRASE,
        )
    }

    /// From now on everybody is refused.
    pub(crate) fn deny(&self) {
        fs::write(self.file("denied"), "").expect("a refusal");
    }

    /// Everybody is let in again.
    pub(crate) fn allow(&self) {
        fs::remove_file(self.file("denied")).expect("the end of a refusal");
    }

    /// From now on connections are taken, and nothing answers on them.
    pub(crate) fn hang(&self) {
        self.signal(Signal::STOP);
    }

    /// It answers again.
    pub(crate) fn go_on(&self) {
        self.signal(Signal::CONT);
    }

    /// The bucket is gone, with all that was in it; the server answers.
    pub(crate) fn lose_bucket(&mut self) {
        self.server = None;
        self.start();
    }

    /// The server is gone: connections are refused.
    pub(crate) fn stop(&mut self) {
        self.server = None;
    }

    /// To the worker, which takes the connections; its master lives on and can end it.
    fn signal(&self, signal: Signal) {
        let master = fs::read_to_string(self.file("pid")).expect("the server's process");
        let master = master.trim();
        let workers = fs::read_to_string(format!("/proc/{master}/task/{master}/children"));
        for worker in workers.expect("its workers").split_whitespace() {
            let worker = worker.parse().ok().and_then(Pid::from_raw).expect("the worker's process");
            kill_process(worker, signal).expect("a signal to the worker");
        }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn log(&self) -> String {
        fs::read_to_string(self.file("log")).unwrap_or_default()
    }

    fn asked(&self, method: reqwest::Method, path: &str) -> Option<reqwest::StatusCode> {
        let pem = fs::read(self.file("ca.pem")).expect("a certificate");
        let certificate = reqwest::Certificate::from_pem(&pem).expect("a certificate");
        let client = reqwest::Client::builder().tls_certs_only([certificate]).timeout(LIMIT).build();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let url = format!("https://localhost:{}/{path}", self.port);
        let answer = runtime.block_on(async { client.expect("a client").request(method, url).send().await });
        answer.ok().map(|answer| answer.status())
    }
}
