//! What labs are made of: tools, ports, commands with a deadline, and servers that end by themselves.

mod command;
mod lab;
mod s3;
mod served;
mod sshd;
mod tools;

pub(crate) use command::{Ran, run, wait_until};
pub(crate) use lab::{BackupKind, Lab, LabOptions};
pub(crate) use s3::S3;
pub(crate) use sshd::Sshd;
pub(crate) use tools::{Tool, avn, avn_path, needs, ready};

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// A loopback port that was free a moment ago; the same one is never given twice in one run.
pub(crate) fn free_port() -> u16 {
    static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    let mut given = GIVEN.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .and_then(|listener| listener.local_addr())
            .expect("a loopback port")
            .port();
        if given.insert(port) {
            return port;
        }
    }
}

/// What is in a folder of forks besides the number by which that folder is known, in order.
pub(crate) fn left_in(forks: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(forks).expect("a folder of forks");
    let names = entries.map(|entry| entry.expect("a file").file_name().to_string_lossy().into_owned());
    let mut left: Vec<String> = names.filter(|name| name != ".lifeboat-folder").collect();
    left.sort();
    left
}

/// Whether the tests run as root, where PostgreSQL's programs need another account.
pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}
