//! What labs are made of: tools, ports, commands with a deadline, and servers that end by themselves.

mod command;
mod lab;
mod ports;
mod s3;
mod served;
mod sshd;
mod tools;

pub(crate) use command::{Ran, run, wait_until};
pub(crate) use lab::{BackupKind, Lab, LabOptions};
pub(crate) use ports::{free_port, free_ports, given_away};
pub(crate) use s3::S3;
pub(crate) use sshd::Sshd;
pub(crate) use tools::{Tool, avn, avn_path, needs, ready};

use std::path::Path;

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
