//! Whether a primary answers from this host (S10): a TCP connection, without any credential.

use std::io;
use std::net::SocketAddr;
use std::sync::LazyLock;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use rustix::process::{Resource, getrlimit};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::name::{self, Addresses};
use crate::domain::{Liveness, PROBE_WITHIN, Timestamp};

/// A primary is silent when it did not answer so many times in a row: one lost packet is no outage.
const TRIES: u32 = 3;
/// So much less than its third of [`PROBE_WITHIN`] a try may have had and still see a silence: even the look-up of an
/// address takes a moment.
const SLACK: Duration = Duration::from_millis(100);
/// Between two tries that fail at once.
const PAUSE: Duration = Duration::from_millis(500);
/// The longest a probe takes that is made again and again: [`PROBE_WITHIN`] after ten seconds for its name, which the
/// second resolver may tell, after the five seconds that the first one is waited for.
pub const IN_ALL: Duration = Duration::from_secs(15);
/// So many primaries are asked at once in this process. Each takes a file descriptor for each of its addresses, mostly
/// two or one: what reads sources and writes journals is to find some, too.
static AT_ONCE: LazyLock<Semaphore> = LazyLock::new(|| {
    let most = getrlimit(Resource::Nofile).current;
    let descriptors = most.and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX);
    Semaphore::new((descriptors / 3).clamp(1, Semaphore::MAX_PERMITS))
});

/// What a probe learned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Probed {
    /// It took a connection.
    Answers,
    /// It took none: why.
    Silent(String),
    /// This host could not even ask, or not wait for as long as makes a silence: why.
    CannotTell(String),
}

/// Probes `host:port`, with or without `tcp://` before it, within `limit` of real time: [`PROBE_WITHIN`] at most for
/// its answer, the rest for looking up its name.
pub async fn probe(address: &str, limit: Duration) -> Probed {
    probe_counted(address, limit).await.0
}

/// The same, and how many calls to the primary it took: each connection that left this host.
pub async fn probe_counted(address: &str, limit: Duration) -> (Probed, u32) {
    let address = address.strip_prefix("tcp://").unwrap_or(address);
    probe_by(|until| name::addresses(address, until), &AT_ONCE, limit).await
}

async fn probe_by<F: Future<Output = Addresses>>(
    look_up: impl Fn(Instant) -> F,
    at_once: &Semaphore,
    limit: Duration,
) -> (Probed, u32) {
    let end = Instant::now() + limit;
    let asked_by = end - limit.min(PROBE_WITHIN) / TRIES;
    let addresses = match looked_up(look_up, asked_by).await {
        Ok(addresses) => addresses,
        Err(why) => return (Probed::CannotTell(format!("its name cannot be looked up: {why}")), 0),
    };
    let Ok(Ok(_turn)) = timeout_at(asked_by, at_once.acquire()).await else {
        return (Probed::CannotTell("this host probes too many others at the same time".to_owned()), 0);
    };
    // The time of a connection begins when it may be made: neither a look-up nor a wait makes a silence.
    let share = end.saturating_duration_since(Instant::now()).min(PROBE_WITHIN) / TRIES;
    tries(&addresses, share).await
}

async fn looked_up<F: Future<Output = Addresses>>(
    look_up: impl Fn(Instant) -> F,
    until: Instant,
) -> Addresses {
    let mut found = look_up(until).await;
    for _ in 1..TRIES {
        if found.is_ok() {
            break;
        }
        sleep_until(until.min(Instant::now() + PAUSE)).await;
        found = look_up(until).await;
    }
    found
}

async fn tries(addresses: &[SocketAddr], share: Duration) -> (Probed, u32) {
    let (mut last, mut calls) = (Probed::Silent("it was not asked".to_owned()), 0);
    for _ in 0..TRIES {
        let until = Instant::now() + share;
        let (probed, asked) = any(addresses, until, share).await;
        (last, calls) = (probed, calls + asked);
        if last == Probed::Answers {
            break;
        }
        sleep_until(until.min(Instant::now() + PAUSE)).await;
    }
    (last, calls)
}

/// Whether any of these addresses takes a connection, and how many were asked: one that leads nowhere holds up no
/// other. Silent is only what was asked.
async fn any(addresses: &[SocketAddr], until: Instant, limit: Duration) -> (Probed, u32) {
    if addresses.is_empty() {
        return (Probed::CannotTell("its name stands for no address".to_owned()), 0);
    }
    let mut asked: FuturesUnordered<_> = addresses.iter().map(TcpStream::connect).collect();
    let mut calls = u32::try_from(addresses.len()).unwrap_or(u32::MAX);
    let mut probed = None;
    while let Ok(ended) = timeout_at(until, asked.next()).await {
        match ended {
            None => break,
            Some(Ok(_)) => return (Probed::Answers, calls),
            Some(Err(error)) if is_of_this_host(&error) => {
                calls -= 1;
                let why = format!("this host cannot ask it: {error}");
                probed.get_or_insert(Probed::CannotTell(why));
            }
            Some(Err(error)) => probed = Some(Probed::Silent(error.to_string())),
        }
    }
    let unanswered = (!asked.is_empty()).then(|| {
        let why = format!("no answer in {}", humantime::format_duration(limit));
        // Whoever had less time for it than others has not seen a silence (S10).
        if limit + SLACK < PROBE_WITHIN / TRIES { Probed::CannotTell(why) } else { Probed::Silent(why) }
    });
    (unanswered.or(probed).unwrap_or_else(|| Probed::Silent("it was not asked".to_owned())), calls)
}

/// Whether a connection failed before anything was sent: nothing was asked of the other side. Whatever is not known to
/// come from there does not: this host may lack a way, a right, memory or a file descriptor.
fn is_of_this_host(error: &io::Error) -> bool {
    !matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::TimedOut
            | io::ErrorKind::HostUnreachable
    )
}

/// What is known of a primary after a probe at `now`.
pub fn observe(before: Liveness, probed: &Probed, now: Timestamp) -> Liveness {
    match probed {
        Probed::Answers => before.looked(true, now),
        Probed::Silent(_) => before.looked(false, now),
        Probed::CannotTell(_) => before,
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::{TcpListener, TcpSocket};
    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn a_listener_answers_and_a_closed_port_is_silent() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("tcp://{}", listener.local_addr().unwrap());
        assert_eq!(probe(&address, Duration::from_secs(3)).await, Probed::Answers);
        drop(listener);
        assert!(matches!(probe(&address, Duration::from_millis(300)).await, Probed::Silent(_)));
    }

    #[tokio::test]
    async fn a_name_that_cannot_be_looked_up_says_nothing_of_the_primary() {
        let probed = probe("tcp://no-such-host.invalid:5432", Duration::from_millis(900)).await;
        assert!(matches!(probed, Probed::CannotTell(_)), "{probed:?}");
        let before = Liveness::Answers { at: Timestamp::UNIX_EPOCH };
        let cannot = Probed::CannotTell("no resolver".to_owned());
        assert_eq!(observe(before, &cannot, Timestamp::UNIX_EPOCH), before);
    }

    /// A listener that takes no further connection, as a way that swallows packets does.
    async fn black_hole() -> (SocketAddr, TcpListener, Vec<TcpStream>) {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(1).unwrap();
        let address = listener.local_addr().unwrap();
        let mut queued = Vec::new();
        while let Ok(taken) = timeout(Duration::from_millis(300), TcpStream::connect(address)).await {
            queued.push(taken.unwrap());
        }
        (address, listener, queued)
    }

    #[tokio::test]
    async fn s10_an_address_that_leads_nowhere_does_not_hide_one_that_answers() {
        let (nowhere, _full, _queued) = black_hole().await;
        let live = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let both = [nowhere, live.local_addr().unwrap()];
        let limit = Duration::from_secs(5);
        let any = async |addresses: &[SocketAddr]| any(addresses, Instant::now() + limit, limit).await;
        assert_eq!(any(&both).await, (Probed::Answers, 2));
        assert_eq!(any(&[]).await, (Probed::CannotTell("its name stands for no address".to_owned()), 0));
        let nowhere_at_all = "255.255.255.255:1".parse().unwrap();
        let refused = any(&[nowhere_at_all]).await;
        assert!(matches!(refused, (Probed::CannotTell(_), 0)), "refused by this host itself: {refused:?}");
    }

    #[test]
    fn s10_what_this_host_itself_refuses_is_no_silence() {
        use rustix::io::Errno;
        for (errno, of_this_host) in [
            (Errno::MFILE, true),
            (Errno::NFILE, true),
            (Errno::NOBUFS, true),
            (Errno::NOMEM, true),
            (Errno::NETUNREACH, true),
            (Errno::CONNREFUSED, false),
            (Errno::CONNRESET, false),
            (Errno::TIMEDOUT, false),
            (Errno::HOSTUNREACH, false),
        ] {
            assert_eq!(is_of_this_host(&io::Error::from(errno)), of_this_host, "{errno}");
        }
    }

    #[tokio::test]
    async fn s10_a_probe_that_had_no_turn_asked_nothing_and_saw_no_silence() {
        let live = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = live.local_addr().unwrap();
        let at_once = Semaphore::new(1);
        let probe = async || {
            probe_by(|_| async move { Ok(vec![address]) }, &at_once, Duration::from_millis(300)).await
        };
        let turn = at_once.acquire().await.unwrap();
        let (probed, calls) = probe().await;
        assert!(matches!(probed, Probed::CannotTell(_)) && calls == 0, "S24: {calls}: {probed:?}");
        drop(turn);
        assert_eq!(probe().await, (Probed::Answers, 1));
        assert_eq!(at_once.available_permits(), 1, "whoever asked makes room");
    }

    #[tokio::test]
    async fn s24_every_try_is_a_call_to_the_primary() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let limit = Duration::from_millis(600);
        assert_eq!(probe_counted(&address, limit).await, (Probed::Answers, 1));
        drop(listener);
        let (probed, calls) = probe_counted(&address, limit).await;
        assert!(matches!(probed, Probed::Silent(_)) && calls == TRIES, "{calls}: {probed:?}");
    }

    #[tokio::test]
    async fn s10_silent_is_what_did_not_answer_for_as_long_as_makes_a_silence_whoever_probes() {
        let (nowhere, _full, _queued) = black_hole().await;
        tokio::time::pause();
        let [short, just_below] = [1000, 4600].map(Duration::from_millis);
        for (limit, is_silent) in [(short, false), (just_below, false), (PROBE_WITHIN, true), (IN_ALL, true)]
        {
            let (probed, calls) = probe_counted(&nowhere.to_string(), limit).await;
            assert_eq!(calls, TRIES, "S24: every try is a call to the primary");
            let told =
                matches!((&probed, is_silent), (Probed::Silent(_), true) | (Probed::CannotTell(_), false));
            assert!(told, "{limit:?}: {probed:?}");
        }
    }

    #[tokio::test]
    async fn s10_a_look_up_that_ends_late_takes_no_time_from_the_connection() {
        let (nowhere, _full, _queued) = black_hole().await;
        let live = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let limit = Duration::from_millis(900);
        let late = async |address: SocketAddr| {
            let look_up = |until: Instant| async move {
                sleep_until(until - Duration::from_millis(20)).await;
                Ok(vec![address])
            };
            probe_by(look_up, &AT_ONCE, limit).await
        };
        assert_eq!(late(live.local_addr().unwrap()).await, (Probed::Answers, 1));
        let (probed, calls) = late(nowhere).await;
        assert!(
            matches!(probed, Probed::CannotTell(_)) && calls == TRIES,
            "each try is made: {calls}: {probed:?}"
        );
        let never = |until| async move {
            sleep_until(until).await;
            Err("no answer".to_owned())
        };
        assert!(matches!(probe_by(never, &AT_ONCE, limit).await, (Probed::CannotTell(_), 0)));
    }

    #[tokio::test]
    async fn s10_whoever_gives_all_the_time_of_a_silence_sees_one_though_the_look_up_took_some() {
        let (nowhere, _full, _queued) = black_hole().await;
        tokio::time::pause();
        for (taken, is_silent) in [(50, true), (1000, false)].map(|(ms, is)| (Duration::from_millis(ms), is))
        {
            let look_up = |_| async move {
                tokio::time::sleep(taken).await;
                Ok(vec![nowhere])
            };
            let (probed, _) = probe_by(look_up, &AT_ONCE, PROBE_WITHIN).await;
            assert_eq!(matches!(probed, Probed::Silent(_)), is_silent, "{taken:?}: {probed:?}");
        }
    }

    /// The system waits five seconds for its first resolver before it asks the second.
    #[tokio::test]
    async fn s10_a_probe_bears_a_first_resolver_that_is_dead() {
        let (nowhere, _full, _queued) = black_hole().await;
        tokio::time::pause();
        let second = |until: Instant| async move {
            let answers = Instant::now() + Duration::from_millis(5300);
            sleep_until(until.min(answers)).await;
            if answers <= until { Ok(vec![nowhere]) } else { Err("the resolver does not answer".to_owned()) }
        };
        let (probed, calls) = probe_by(second, &AT_ONCE, IN_ALL).await;
        assert!(
            matches!(probed, Probed::Silent(_)) && calls == TRIES,
            "looked up, and asked for as long: {probed:?}"
        );
    }

    #[test]
    fn s10_silence_keeps_its_beginning_and_the_last_proof_of_life() {
        let at = |seconds| Timestamp::from_timestamp(seconds, 0).unwrap();
        let silent = Probed::Silent("refused".to_owned());
        let first = observe(Liveness::Answers { at: at(10) }, &silent, at(20));
        assert_eq!(first, Liveness::silent(at(20), Some(at(10))));
        let later = observe(first, &silent, at(30));
        assert_eq!((later.silent_since(), later.last_alive()), (Some(at(20)), Some(at(10))));
        assert_eq!(later.seen_at(), Some(at(30)));
        assert_eq!(observe(first, &Probed::Answers, at(40)), Liveness::Answers { at: at(40) });
    }
}
