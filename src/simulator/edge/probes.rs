//! One loopback port for each service: it takes connections while the service serves, and refuses them
//! otherwise. That is all a credential-free probe can see (S10).

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::task::AbortHandle;

/// The ports of all services.
#[derive(Debug, Default)]
pub(super) struct Probes {
    ports: BTreeMap<String, u16>,
    open: BTreeMap<String, AbortHandle>,
}

impl Probes {
    /// Opens the ports of the services named, closes all others. A port that cannot be opened now is
    /// tried again the next time. Needs a runtime.
    pub(super) fn set(&mut self, serving: &[String]) {
        self.open.retain(|name, task| {
            let stays = serving.contains(name) && !task.is_finished();
            if !stays {
                task.abort();
            }
            stays
        });
        for name in serving {
            if self.open.contains_key(name) {
                continue;
            }
            if let Ok((port, task)) = open(self.ports.get(name).copied().unwrap_or(0)) {
                self.ports.insert(name.clone(), port);
                self.open.insert(name.clone(), task);
            }
        }
    }

    /// The port of every service that served at any time.
    pub(super) const fn ports(&self) -> &BTreeMap<String, u16> {
        &self.ports
    }
}

fn open(port: u16) -> std::io::Result<(u16, AbortHandle)> {
    let socket = tokio::net::TcpSocket::new_v4()?;
    // A port that was closed a moment ago can be opened again.
    socket.set_reuseaddr(true)?;
    socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
    let listener = socket.listen(16)?;
    let port = listener.local_addr()?.port();
    let task = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            drop(stream);
        }
    });
    Ok((port, task.abort_handle()))
}
