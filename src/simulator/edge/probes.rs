//! One loopback port for each service: it takes connections while the service serves, and refuses them
//! otherwise. That is all a credential-free probe can see (S10).

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::TcpSocket;
use tokio::task::AbortHandle;

/// The ports of all services.
#[derive(Debug, Default)]
pub(super) struct Probes {
    ports: BTreeMap<String, u16>,
    doors: BTreeMap<String, Door>,
}

/// What is behind a port.
#[derive(Debug)]
enum Door {
    /// Somebody takes connections.
    Open(AbortHandle),
    /// The port is kept from others and refuses connections.
    Shut {
        /// Bound, but it does not listen.
        _held: TcpSocket,
    },
}

impl Probes {
    /// Opens and shuts the ports to match `services`, which says of each whether it serves. A port that
    /// cannot be had now is tried again the next time. Needs a runtime.
    pub(super) fn set(&mut self, services: &BTreeMap<String, bool>) {
        self.ports.retain(|name, _| services.contains_key(name));
        self.doors.retain(|name, door| {
            let stays = match door {
                Door::Open(task) => services.get(name) == Some(&true) && !task.is_finished(),
                Door::Shut { .. } => services.get(name) == Some(&false),
            };
            if let (false, Door::Open(task)) = (stays, door) {
                task.abort();
            }
            stays
        });
        for (name, serves) in services {
            if self.doors.contains_key(name) {
                continue;
            }
            let known = self.ports.get(name).copied().unwrap_or(0);
            if let Ok((port, door)) = door(known, *serves) {
                self.ports.insert(name.clone(), port);
                self.doors.insert(name.clone(), door);
            }
        }
    }

    /// The port of every service.
    pub(super) const fn ports(&self) -> &BTreeMap<String, u16> {
        &self.ports
    }
}

fn door(port: u16, open: bool) -> io::Result<(u16, Door)> {
    let socket = TcpSocket::new_v4()?;
    // A port that was closed a moment ago can be had again.
    socket.set_reuseaddr(true)?;
    socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
    let port = socket.local_addr()?.port();
    if !open {
        return Ok((port, Door::Shut { _held: socket }));
    }
    let listener = socket.listen(16)?;
    let task = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            drop(stream);
        }
    });
    Ok((port, Door::Open(task.abort_handle())))
}
