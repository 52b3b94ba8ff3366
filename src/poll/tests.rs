use std::sync::atomic::{AtomicU32, Ordering};

use tokio::time::Instant;

use super::*;
use crate::domain::fork::ForkRequest;
use crate::domain::{Outcome, Role, Target};
use crate::provider::{BoxFuture, CallPreview, ForkPoint, NoPoint};

/// What a source of these tests does when it is asked.
#[derive(Debug, Clone, Copy)]
enum Does {
    Answer,
    Hang,
    Fail(Option<Duration>),
    Panic,
}

#[derive(Debug)]
struct Scripted {
    name: &'static str,
    does: Does,
    asked: AtomicU32,
}

impl Catalog for Scripted {
    fn source(&self) -> &str {
        self.name
    }

    fn read(&self, _: Duration) -> BoxFuture<'_, SourceReport> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move {
            let now = Clock::system().now();
            match self.does {
                Does::Answer => SourceReport {
                    outcome: Outcome::Ok,
                    ..SourceReport::failed(self.name, now, Outcome::Ok, "")
                },
                Does::Hang => std::future::pending().await,
                Does::Fail(retry_after) => SourceReport {
                    retry_after,
                    ..SourceReport::failed(self.name, now, Outcome::RateLimited, "429")
                },
                Does::Panic => panic!("scripted"),
            }
        })
    }

    fn resolve<'a>(
        &'a self,
        _: &'a str,
        _: Role,
        _: &'a Target,
    ) -> BoxFuture<'a, Result<ForkPoint, NoPoint>> {
        unreachable!("polling resolves nothing")
    }

    fn preview(&self, _: &ForkRequest) -> Vec<CallPreview> {
        unreachable!("polling previews nothing")
    }
}

fn source(name: &'static str, does: Does) -> Arc<Scripted> {
    Arc::new(Scripted { name, does, asked: AtomicU32::new(0) })
}

struct Running {
    news: mpsc::Receiver<Polled>,
    poller: Poller,
}

fn start(sources: &[&Arc<Scripted>], capacity: usize) -> Running {
    let catalogs = sources.iter().map(|source| Arc::<Scripted>::clone(source) as Arc<dyn Catalog>).collect();
    start_by(Clock::system(), catalogs, capacity)
}

fn start_by(clock: Clock, catalogs: Vec<Arc<dyn Catalog>>, capacity: usize) -> Running {
    let (tx, news) = mpsc::channel(capacity);
    let pace = Pace {
        interval: Duration::from_secs(30),
        longest: Duration::from_secs(300),
        deadline: Duration::from_secs(10),
    };
    let poller = spawn(catalogs, clock, pace, &tx, None, &CancellationToken::new());
    Running { news, poller }
}

async fn next(running: &mut Running) -> Polled {
    running.news.recv().await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn one_dead_source_never_delays_another() {
    let (live, dead) = (source("live", Does::Answer), source("dead", Does::Hang));
    let mut running = start(&[&live, &dead], 16);
    let began = Instant::now();
    let mut heard = Vec::new();
    while heard.len() < 12 {
        let polled = next(&mut running).await;
        heard.push((polled.source.to_string(), polled.seq, polled.report.outcome, began.elapsed().as_secs()));
    }
    let of = |name: &str| heard.iter().filter(|heard| heard.0 == name).cloned().collect::<Vec<_>>();
    assert_eq!(heard[0].0, "live");
    assert!(heard[0].3 < 1, "the first answer does not wait for the dead source");
    for (nth, polled) in of("live").iter().enumerate() {
        assert_eq!((polled.1, polled.2), (nth as u64 + 1, Outcome::Ok));
        assert!(polled.3 <= 33 * nth as u64, "{heard:?}");
    }
    let dead = of("dead");
    assert!(!dead.is_empty() && dead.iter().all(|polled| polled.2 == Outcome::TimedOut), "{heard:?}");
}

#[tokio::test(start_paused = true)]
async fn failures_back_off_to_the_cap_and_no_further() {
    let failing = source("failing", Does::Fail(None));
    let mut running = start(&[&failing], 1);
    let mut gaps = Vec::new();
    let mut last = Instant::now();
    for _ in 0..8 {
        next(&mut running).await;
        gaps.push(last.elapsed().as_secs_f64());
        last = Instant::now();
    }
    for (gap, wanted) in gaps.iter().skip(1).zip([60.0, 120.0, 240.0, 300.0, 300.0, 300.0, 300.0]) {
        assert!((wanted * 0.89..=wanted * 1.11).contains(gap) && *gap <= 300.1, "{gaps:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_honoured_even_when_a_person_asks() {
    let limited = source("limited", Does::Fail(Some(Duration::from_secs(900))));
    let mut running = start(&[&limited], 1);
    next(&mut running).await;
    let began = Instant::now();
    running.poller.poll_now();
    next(&mut running).await;
    assert!(began.elapsed() >= Duration::from_secs(900), "{:?}", began.elapsed());
}

/// A source waits in real time; the clock beside which it is told may go sixty times as fast.
#[tokio::test(start_paused = true)]
async fn s17_how_long_a_source_is_left_alone_is_told_by_the_clock_that_is_shown() {
    let limited = source("limited", Does::Fail(Some(Duration::from_secs(290))));
    let catalogs = vec![Arc::<Scripted>::clone(&limited) as Arc<dyn Catalog>];
    let mut running = start_by(Clock::starting_at(Clock::system().now(), 60.0), catalogs, 1);
    assert_eq!(next(&mut running).await.report.retry_after, Some(Duration::from_secs(290 * 60)));
    let began = Instant::now();
    next(&mut running).await;
    assert!((290..330).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
}

/// Another process polls, and was told to wait.
#[derive(Debug)]
struct ToldToWait;

impl Shared for ToldToWait {
    fn hold(&self, _: &str) -> bool {
        false
    }

    fn give(&self, _: &SourceReport) {}

    fn take(&self, source: &str, newer_than: i64) -> Option<(i64, Duration, SourceReport)> {
        let report = SourceReport {
            retry_after: Some(Duration::from_secs(900)),
            ..SourceReport::failed(source, Clock::system().now(), Outcome::RateLimited, "429")
        };
        (newer_than < 1).then_some((1, Duration::ZERO, report))
    }
}

#[tokio::test(start_paused = true)]
async fn s29_retry_after_is_honoured_by_who_shares_the_polls_of_another() {
    let live = source("live", Does::Answer);
    let (tx, mut news) = mpsc::channel(1);
    let shared: Arc<dyn Shared> = Arc::new(ToldToWait);
    let catalogs = vec![Arc::<Scripted>::clone(&live) as Arc<dyn Catalog>];
    let cancel = CancellationToken::new();
    let poller = spawn(catalogs, Clock::system(), Pace::default(), &tx, Some(&shared), &cancel);
    assert_eq!(news.recv().await.unwrap().report.outcome, Outcome::RateLimited);
    let began = Instant::now();
    poller.poll_now();
    assert_eq!(news.recv().await.unwrap().report.outcome, Outcome::Ok);
    assert!(began.elapsed() >= Duration::from_secs(900), "{:?}", began.elapsed());
    assert_eq!(live.asked.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn a_person_can_cut_the_wait_short() {
    let live = source("live", Does::Answer);
    let mut running = start(&[&live], 1);
    next(&mut running).await;
    let began = Instant::now();
    assert!(running.poller.poll_source_now("live"));
    assert!(!running.poller.poll_source_now("nobody"));
    assert_eq!(next(&mut running).await.seq, 2);
    assert!(began.elapsed() < Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn a_source_that_panics_is_an_error_and_the_others_go_on() {
    let (broken, live) = (source("broken", Does::Panic), source("live", Does::Answer));
    let mut running = start(&[&broken, &live], 16);
    let mut seen = BTreeMap::new();
    while broken.asked.load(Ordering::SeqCst) < 2 {
        let polled = next(&mut running).await;
        seen.insert(polled.source.to_string(), (polled.report.outcome, polled.report.error));
    }
    assert_eq!(seen["broken"], (Outcome::Error, Some("a fault in lifeboat: its reader panicked".to_owned())));
    assert_eq!(seen["live"].0, Outcome::Ok);
}

#[tokio::test(start_paused = true)]
async fn a_full_channel_holds_sources_back_instead_of_piling_up() {
    let live = source("live", Does::Answer);
    let mut running = start(&[&live], 1);
    tokio::time::sleep(Duration::from_secs(3_600)).await;
    assert!(live.asked.load(Ordering::SeqCst) <= 2, "one in the channel, one waiting for room");
    assert_eq!(next(&mut running).await.seq, 1);
}

#[tokio::test(start_paused = true)]
async fn it_ends_when_it_is_stopped_or_nobody_listens() {
    let hanging = source("hanging", Does::Hang);
    let running = start(&[&hanging], 1);
    tokio::task::yield_now().await;
    running.poller.stop().await;
    let live = source("live", Does::Answer);
    let Running { news, mut poller } = start(&[&live], 1);
    drop(news);
    assert!(poller.tasks.join_next().await.unwrap().is_ok());
}

#[tokio::test(start_paused = true)]
async fn once_returns_in_time_and_names_the_slow() {
    let catalogs: Vec<Arc<dyn Catalog>> =
        vec![source("dead", Does::Hang), source("live", Does::Answer), source("broken", Does::Panic)];
    let began = Instant::now();
    let reports = once(&catalogs, Clock::system(), Duration::from_secs(10)).await;
    assert_eq!(began.elapsed(), Duration::from_secs(10));
    let outcomes: Vec<_> = reports.iter().map(|report| (report.source.as_str(), report.outcome)).collect();
    assert_eq!(outcomes, [("dead", Outcome::TimedOut), ("live", Outcome::Ok), ("broken", Outcome::Error)]);
}

/// A source that never gives way cannot be cancelled; it must not cost a task per poll.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reading_that_cannot_be_cancelled_is_not_begun_twice() {
    #[derive(Debug)]
    struct Blocking(std::sync::Mutex<std::sync::mpsc::Receiver<()>>, AtomicU32);
    impl Catalog for Blocking {
        fn source(&self) -> &'static str {
            "blocking"
        }
        fn read(&self, _: Duration) -> BoxFuture<'_, SourceReport> {
            Box::pin(async {
                self.1.fetch_add(1, Ordering::SeqCst);
                self.0.lock().unwrap().recv().ok();
                SourceReport::failed("blocking", Clock::system().now(), Outcome::Error, "let go")
            })
        }
        fn resolve<'a>(
            &'a self,
            _: &'a str,
            _: Role,
            _: &'a Target,
        ) -> BoxFuture<'a, Result<ForkPoint, NoPoint>> {
            unreachable!("polling resolves nothing")
        }
        fn preview(&self, _: &ForkRequest) -> Vec<CallPreview> {
            unreachable!("polling previews nothing")
        }
    }
    let (let_go, blocked) = std::sync::mpsc::channel();
    let catalog = Arc::new(Blocking(std::sync::Mutex::new(blocked), AtomicU32::new(0)));
    let mut reader = reading::Reader::new(catalog.clone(), Clock::system());
    let short = Duration::from_millis(50);
    assert_eq!(reader.read_within(short, short).await.outcome, Outcome::TimedOut);
    let second = reader.read_within(short, short).await;
    assert!(second.error.unwrap().contains("no other is begun"));
    assert_eq!(catalog.1.load(Ordering::SeqCst), 1);
    drop(let_go);
    let third = tokio::time::timeout(Duration::from_secs(10), async {
        loop {
            let report = reader.read_within(short, short).await;
            if report.outcome == Outcome::Error {
                return report;
            }
            tokio::task::yield_now().await;
        }
    });
    assert_eq!(third.await.unwrap().error.as_deref(), Some("let go"));
}

#[test]
fn late_answers_are_dropped() {
    let polled = |source: &str, seq| Polled {
        source: source.into(),
        seq,
        started: Timestamp::UNIX_EPOCH,
        report: SourceReport::failed(source, Timestamp::UNIX_EPOCH, Outcome::Error, "sample"),
    };
    let mut latest = Latest::default();
    let admitted: Vec<bool> = [("a", 1), ("a", 3), ("a", 2), ("b", 1), ("a", 3), ("a", 4)]
        .into_iter()
        .map(|(source, seq)| latest.admit(&polled(source, seq)))
        .collect();
    assert_eq!(admitted, [true, true, false, true, false, true]);
}
