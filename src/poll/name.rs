//! Looking up the name of a primary. The system's resolver holds a thread until it gives up, long after
//! nobody waits any more: a dead one must not take every thread that journals are written by too.

use std::io;
use std::net::SocketAddr;

use tokio::net::lookup_host;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

/// So many names are looked up at once in this process, far below its blocking threads.
static LOOK_UPS: Semaphore = Semaphore::const_new(128);

type Addresses = io::Result<Vec<SocketAddr>>;

/// The `host:port` of a primary, and its look-up while one is under way: never two for one who keeps this. The
/// board does; a run looks up anew with each probe, within [`LOOK_UPS`].
#[derive(Debug)]
pub(super) struct Name {
    address: String,
    under_way: Option<JoinHandle<Addresses>>,
}

impl Name {
    /// With or without `tcp://` before it.
    pub(super) fn new(address: &str) -> Self {
        let address = address.strip_prefix("tcp://").unwrap_or(address).to_owned();
        Self { address, under_way: None }
    }

    /// What the name stands for, or why that is not known by `until`.
    pub(super) async fn addresses(&mut self, until: Instant) -> Result<Vec<SocketAddr>, String> {
        self.addresses_by(until, look_up).await
    }

    async fn addresses_by<F>(
        &mut self,
        until: Instant,
        look_up: impl FnOnce(String) -> F,
    ) -> Result<Vec<SocketAddr>, String>
    where
        F: Future<Output = Addresses> + Send + 'static,
    {
        let look_up = || tokio::spawn(look_up(self.address.clone()));
        let under_way = self.under_way.get_or_insert_with(look_up);
        let Ok(ended) = timeout_at(until, under_way).await else {
            return Err("the resolver does not answer".to_owned());
        };
        self.under_way = None;
        match ended {
            Ok(found) => found.map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        }
    }
}

async fn look_up(address: String) -> Addresses {
    if let Ok(address) = address.parse() {
        return Ok(vec![address]);
    }
    let _turn = LOOK_UPS.acquire().await.map_err(io::Error::other)?;
    Ok(lookup_host(address).await?.collect())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use tokio::sync::Notify;

    use super::*;

    #[tokio::test]
    async fn s10_a_name_that_hangs_is_looked_up_once_and_taken_when_it_comes() {
        let (begun, answers) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
        let address: SocketAddr = "192.0.2.7:5432".parse().unwrap();
        let hanging = |_| {
            let (begun, answers) = (Arc::clone(&begun), Arc::clone(&answers));
            async move {
                begun.fetch_add(1, Ordering::Relaxed);
                answers.notified().await;
                Ok(vec![address])
            }
        };
        let mut name = Name::new("tcp://orders.example:5432");
        for _ in 0..3 {
            let soon = Instant::now() + Duration::from_millis(20);
            assert_eq!(
                name.addresses_by(soon, hanging).await,
                Err("the resolver does not answer".to_owned())
            );
        }
        assert_eq!(begun.load(Ordering::Relaxed), 1);
        answers.notify_one();
        let late = Instant::now() + Duration::from_secs(20);
        assert_eq!(name.addresses_by(late, hanging).await, Ok(vec![address]));
        assert!(name.under_way.is_none(), "the next is looked up anew");
    }
}
