//! Ports that stay free until a lab's server takes them.

use std::fs::{File, OpenOptions, read_to_string};
use std::net::{Ipv4Addr, TcpListener};
use std::ops::RangeInclusive;
use std::sync::{Mutex, PoisonError};

/// The least port of a lab.
const LEAST: u16 = 10_000;

/// A loopback port that is this process's until it ends; see [`free_ports`].
pub(crate) fn free_port() -> u16 {
    *free_ports(1).start()
}

/// So many loopback ports in a row that are this process's until it ends. No other lab takes one, nor is one
/// given to any program that asks for no port of its own: the host gives those of another range.
pub(crate) fn free_ports(count: u16) -> RangeInclusive<u16> {
    static HELD: Mutex<Vec<File>> = Mutex::new(Vec::new());
    let mut held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
    let given = given_away();
    let rows: Vec<_> = (LEAST..=u16::MAX - count)
        .map(|first| first..=first + count - 1)
        .filter(|row| row.end() < given.start() || row.start() > given.end())
        .collect();
    // Labs beside this one begin elsewhere.
    let begin = std::process::id() as usize % rows.len().max(1);
    for row in rows.iter().cycle().skip(begin).take(rows.len()) {
        if let Some(locks) = row.clone().map(hold).collect::<Option<Vec<File>>>() {
            held.extend(locks);
            return row.clone();
        }
    }
    panic!("no {count} ports in a row are free that the host gives to nobody");
}

/// The ports that the host gives to whoever asks for any.
pub(crate) fn given_away() -> RangeInclusive<u16> {
    let range = read_to_string("/proc/sys/net/ipv4/ip_local_port_range").unwrap_or_default();
    let mut ends = range.split_whitespace().filter_map(|end| end.parse().ok());
    // Linux without a setting of its own.
    ends.next().unwrap_or(32_768)..=ends.next().unwrap_or(60_999)
}

/// The right to a free port among all labs of this host, until dropped.
fn hold(port: u16) -> Option<File> {
    let path = std::env::temp_dir().join(format!("lifeboat-lab-port-{port}"));
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(path).ok()?;
    file.try_lock().ok()?;
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok().map(|_| file)
}
