//! A server that plays every answer, good and bad, for the tests of this provider.

use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::Settings;
use crate::domain::{Edge, Role, Target};
use crate::provider::{ForkPoint, ForkRequest, PointHow};
use crate::secret::SecretString;

pub(super) const TOKEN: &str = "t0ken-that-nobody-may-see";

/// One request as it arrived.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Seen {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) head: String,
    pub(super) body: Value,
}

/// What is answered.
#[derive(Debug, Clone)]
pub(super) enum Reply {
    /// A status and a JSON (or other) body.
    Body(u16, String),
    /// The same with one more header line.
    With(u16, &'static str, String),
    /// These bytes, then the end of the connection.
    Raw(Vec<u8>),
    /// Nothing, ever.
    Hang,
    /// Bytes (perhaps none), then a reset.
    Reset(&'static str),
    /// A body without end.
    Endless,
}

/// A captured body.
macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/aiven/", $name))
    };
}
pub(super) use fixture;

/// A success.
pub(super) fn ok(body: &str) -> Reply {
    Reply::Body(200, body.to_owned())
}

#[derive(Debug)]
pub(super) struct Server {
    pub(super) address: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    /// Listens on loopback and answers by `answer`.
    pub(super) async fn start(answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (log, answer) = (Arc::clone(&seen), Arc::new(answer));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (log, answer) = (Arc::clone(&log), Arc::clone(&answer));
                tokio::spawn(async move {
                    let mut stream = stream;
                    if let Some(request) = receive(&mut stream).await {
                        let reply = answer(&request);
                        log.lock().unwrap().push(request);
                        send(stream, reply).await;
                    }
                });
            }
        });
        Self { address, seen, task }
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub(super) fn calls(&self, method: &str) -> Vec<Seen> {
        self.seen().into_iter().filter(|seen| seen.method == method).collect()
    }

    /// Settings of a source on this server, with more lines of TOML.
    pub(super) fn settings(&self, more: &str) -> Settings {
        settings(&self.address, more)
    }
}

pub(super) fn settings(address: &str, more: &str) -> Settings {
    let table = format!(
        "project = 'rescue-demo'\ntoken = {{ env = 'AIVEN_TOKEN' }}\nurl = '{address}'\ntimeout = '2s'\n{more}\n"
    );
    toml::from_str(&table).unwrap()
}

pub(super) fn token() -> SecretString {
    SecretString::from(TOKEN)
}

/// The name of the fork that is asked for.
pub(super) const FORK: &str = "pg-orders-dr";

/// A fork of `pg-orders` to an instant, in the region of its copy.
pub(super) fn request() -> ForkRequest {
    let at = "2026-05-12T09:51:02.330912Z".parse().unwrap();
    ForkRequest {
        run: "drill-pg-orders-20260512-k3q7wd".to_owned(),
        attempt: 1,
        drill: true,
        remote: "pg-orders".to_owned(),
        name: FORK.to_owned(),
        region: Some("google-europe-west3".to_owned()),
        host: None,
        point: ForkPoint {
            target: Target::Newest,
            role: Role::Secondary,
            promised: at,
            promised_is: Edge::Exact,
            commit: None,
            backup: None,
            log_from: None,
            size_bytes: None,
            how: PointHow::Time { at },
            note: None,
            last_known: None,
        },
    }
}

async fn receive(stream: &mut TcpStream) -> Option<Seen> {
    let mut bytes = Vec::new();
    loop {
        let mut piece = [0; 4096];
        let count = stream.read(&mut piece).await.ok()?;
        bytes.extend_from_slice(&piece[..count]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            if count == 0 {
                return None;
            }
            continue;
        };
        let wanted = head
            .lines()
            .find_map(|line| line.to_lowercase().strip_prefix("content-length: ").map(str::to_owned))
            .map_or(0, |length| length.parse::<usize>().unwrap());
        if body.len() >= wanted {
            let mut words = head.split(' ');
            return Some(Seen {
                method: words.next()?.to_owned(),
                path: words.next()?.to_owned(),
                head: head.to_owned(),
                body: serde_json::from_str(body).unwrap_or(Value::Null),
            });
        }
    }
}

async fn send(mut stream: TcpStream, reply: Reply) {
    let framed = |status: u16, header: &str, body: &str| {
        format!(
            "HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n{header}\r\n{body}",
            body.len()
        )
        .into_bytes()
    };
    match reply {
        Reply::Body(status, body) => drop(stream.write_all(&framed(status, "", &body)).await),
        Reply::With(status, header, body) => {
            drop(stream.write_all(&framed(status, &format!("{header}\r\n"), &body)).await);
        }
        Reply::Raw(bytes) => drop(stream.write_all(&bytes).await),
        Reply::Hang => std::future::pending().await,
        Reply::Reset(bytes) => {
            drop(stream.write_all(bytes.as_bytes()).await);
            drop(stream.flush().await);
            stream.set_zero_linger().unwrap();
        }
        Reply::Endless => {
            let piece = format!("100000\r\n{}\r\n", " ".repeat(0x10_0000));
            drop(stream.write_all(b"HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\n\r\n").await);
            while stream.write_all(piece.as_bytes()).await.is_ok() {}
        }
    }
}
