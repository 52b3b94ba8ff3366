//! Looking up the name of a primary. The system's resolver holds a thread until it gives up, long after
//! nobody waits any more: a dead one must not take every thread that journals are written by too.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};
use tokio::net::lookup_host;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

/// So many names are looked up at once in this process, far below its blocking threads.
static AT_ONCE: Semaphore = Semaphore::const_new(128);
/// Every look-up that is under way in this process, or ended when nobody waited any more.
static LOOK_UPS: LookUps = LookUps(Mutex::new(BTreeMap::new()));
/// So long a look-up counts that ended when nobody waited: longer than a run rests between its probes.
const COUNTS_FOR: Duration = Duration::from_secs(120);

/// What a name stands for, or why that is not known.
pub(super) type Addresses = Result<Vec<SocketAddr>, String>;

/// Those of an address with a port, by `until`. An address that is none but a name is looked up once, whoever asks:
/// what comes too late for one probe is there for the next.
pub(super) async fn addresses(address: &str, until: Instant) -> Addresses {
    if let Ok(address) = address.parse() {
        return Ok(vec![address]);
    }
    LOOK_UPS.addresses_by(address, until, look_up).await
}

async fn look_up(address: String) -> Addresses {
    let found = async {
        let _turn = AT_ONCE.acquire().await.map_err(io::Error::other)?;
        io::Result::Ok(lookup_host(address).await?.collect())
    };
    found.await.map_err(|error| error.to_string())
}

/// Look-ups by their `host:port`.
#[derive(Debug)]
struct LookUps(Mutex<BTreeMap<String, LookUp>>);

type LookUp = Shared<BoxFuture<'static, Ended>>;

/// What came of a look-up, and when.
#[derive(Debug, Clone)]
struct Ended {
    found: Addresses,
    at: Instant,
}

impl LookUps {
    async fn addresses_by<F>(&self, address: &str, until: Instant, look_up: impl Fn(String) -> F) -> Addresses
    where
        F: Future<Output = Addresses> + Send + 'static,
    {
        loop {
            let begin = || begun(look_up(address.to_owned()));
            let look_up = self.lock().entry(address.to_owned()).or_insert_with(begin).clone();
            let Ok(ended) = timeout_at(until, look_up.clone()).await else {
                return Err("the resolver does not answer".to_owned());
            };
            self.forget(address, &look_up);
            if ended.at.elapsed() < COUNTS_FOR {
                return ended.found;
            }
        }
    }

    /// The next is looked up anew.
    fn forget(&self, address: &str, ended: &LookUp) {
        let mut under_way = self.lock();
        if under_way.get(address).is_some_and(|kept| kept.ptr_eq(ended)) {
            under_way.remove(address);
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, LookUp>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Goes on whoever waits.
fn begun(look_up: impl Future<Output = Addresses> + Send + 'static) -> LookUp {
    let task = tokio::spawn(async { Ended { found: look_up.await, at: Instant::now() } });
    let ended = async {
        let failed =
            |error: tokio::task::JoinError| Ended { found: Err(error.to_string()), at: Instant::now() };
        task.await.unwrap_or_else(failed)
    };
    ended.boxed().shared()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::Notify;

    use super::*;

    const NAME: &str = "orders.example:5432";

    #[tokio::test(start_paused = true)]
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
        let look_ups = LookUps(Mutex::default());
        let within =
            |seconds| look_ups.addresses_by(NAME, Instant::now() + Duration::from_secs(seconds), hanging);
        let late = Err("the resolver does not answer".to_owned());
        // A run and the board ask for the same name, each with probes of its own.
        assert_eq!(futures_util::future::join(within(5), within(5)).await, (late.clone(), late.clone()));
        assert_eq!((within(5).await, begun.load(Ordering::Relaxed)), (late.clone(), 1));
        // It ends when nobody waits, a moment after.
        answers.notify_one();
        tokio::time::sleep(Duration::from_secs(30)).await;
        assert_eq!((within(5).await, begun.load(Ordering::Relaxed)), (Ok(vec![address]), 1));
        assert_eq!((within(5).await, begun.load(Ordering::Relaxed)), (late, 2), "the next is looked up anew");
        // What it stood for long ago says nothing of now.
        answers.notify_one();
        tokio::time::sleep(COUNTS_FOR * 2).await;
        answers.notify_one();
        assert_eq!((within(5).await, begun.load(Ordering::Relaxed)), (Ok(vec![address]), 3));
    }
}
