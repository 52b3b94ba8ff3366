//! Probing primaries again and again (S10): one task per service, so that a silent one delays nobody.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::backoff;
use super::probe::{self, observe, probe};
use crate::clock::Clock;
use crate::domain::{Liveness, ServiceId};

/// A primary to be probed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// Whose primary.
    pub service: ServiceId,
    /// `tcp://host:port`.
    pub address: String,
    /// What was known before the first probe.
    pub before: Liveness,
}

/// What is known of a primary after a probe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeNews {
    /// Whose primary.
    pub service: ServiceId,
    /// Whether it is alive.
    pub liveness: Liveness,
}

/// Probes each primary every `interval` of our clock until `cancel` is cancelled, the receiver is
/// dropped or the returned set is. Every result is sent, so that its age can be shown.
pub fn watch_primaries(
    probes: Vec<Probe>,
    clock: Clock,
    interval: Duration,
    tx: &mpsc::Sender<ProbeNews>,
    cancel: &CancellationToken,
) -> JoinSet<()> {
    let spread = backoff::first_spread(probes.len());
    let mut tasks = JoinSet::new();
    for probe in probes {
        let (tx, cancel) = (tx.clone(), cancel.clone());
        let first = spread.mul_f64(fastrand::f64());
        tasks.spawn(async move {
            cancel.run_until_cancelled(watch(probe, clock, interval, tx, first)).await;
        });
    }
    tasks
}

async fn watch(
    target: Probe,
    clock: Clock,
    interval: Duration,
    tx: mpsc::Sender<ProbeNews>,
    first: Duration,
) {
    let Probe { service, address, before: mut liveness } = target;
    sleep(first).await;
    loop {
        let probed = probe(&address, probe::IN_ALL).await;
        liveness = observe(liveness, &probed, clock.now());
        if tx.send(ProbeNews { service: service.clone(), liveness }).await.is_err() {
            return;
        }
        let real = clock.real(interval);
        sleep(backoff::next(real, real, 0, None, fastrand::f64())).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Timestamp;

    #[tokio::test]
    async fn a_primary_that_dies_is_reported_with_its_last_proof_of_life() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("tcp://{}", listener.local_addr().unwrap());
        let (tx, mut news) = mpsc::channel(4);
        let probe = Probe { service: "orders".to_owned(), address, before: Liveness::NotProbed };
        let clock = Clock::starting_at(Timestamp::UNIX_EPOCH, 1.0);
        let cancel = CancellationToken::new();
        let mut tasks = watch_primaries(vec![probe], clock, Duration::from_millis(20), &tx, &cancel);
        let alive = news.recv().await.unwrap();
        let Liveness::Answers { .. } = alive.liveness else { panic!("{alive:?}") };
        drop(listener);
        let silent = loop {
            if let ProbeNews { liveness: Liveness::Silent { since, last_alive, .. }, .. } =
                news.recv().await.unwrap()
            {
                break (since, last_alive);
            }
        };
        assert!(silent.1.is_some_and(|alive| alive < silent.0));
        cancel.cancel();
        tasks.join_next().await.unwrap().unwrap();
        assert!(tasks.is_empty());
    }
}
