//! Several watchers over one folder, in real time: requests at the source are counted.

use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::clock::Clock;
use crate::domain::fork::ForkRequest;
use crate::domain::{Outcome, Role, Target};
use crate::ledger::Readings;
use crate::poll::{self, Pace, Polled, Poller};
use crate::provider::{BoxFuture, CallPreview, Catalog, ForkPoint, NoPoint};

const INTERVAL: Duration = Duration::from_millis(300);
const PATIENCE: Duration = Duration::from_secs(20);

/// A source that counts how often it is asked.
#[derive(Debug, Default)]
struct Counted(AtomicU32);

impl Counted {
    fn asked(&self) -> u32 {
        self.0.load(Ordering::SeqCst)
    }
}

impl Catalog for Counted {
    fn source(&self) -> &'static str {
        "aiven/prod"
    }

    fn read(&self, _: Duration) -> BoxFuture<'_, SourceReport> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Box::pin(async {
            let now = Clock::system().now();
            SourceReport { outcome: Outcome::Ok, ..SourceReport::failed("aiven/prod", now, Outcome::Ok, "") }
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

/// One process that watches.
struct Watcher {
    news: mpsc::Receiver<Polled>,
    poller: Poller,
    polls: Arc<SharedPolls>,
}

fn watch(folder: &TempDir, source: &Arc<Counted>) -> Watcher {
    watch_as(folder, source, "one project")
}

/// With a config that means this by the source's name.
fn watch_as(folder: &TempDir, source: &Arc<Counted>, meant: &str) -> Watcher {
    let readings = Arc::new(Readings::open(folder.path()));
    let polls = Arc::new(SharedPolls::open(folder.path(), &readings).unwrap());
    let keys = [(source.source().to_owned(), meant.to_owned())].into();
    let shared: Arc<dyn Shared> = Arc::new(Folder { polls: Arc::clone(&polls), keys });
    let (tx, news) = mpsc::channel(64);
    let pace = Pace { interval: INTERVAL, longest: INTERVAL * 4, deadline: Duration::from_millis(400) };
    let catalogs = vec![Arc::<Counted>::clone(source) as Arc<dyn Catalog>];
    let cancel = CancellationToken::new();
    let poller = poll::spawn(catalogs, Clock::system(), pace, &tx, Some(&shared), &cancel);
    Watcher { news, poller, polls }
}

async fn hear(watcher: &mut Watcher, count: usize) -> Vec<Polled> {
    let mut heard = Vec::new();
    while heard.len() < count {
        heard.push(timeout(PATIENCE, watcher.news.recv()).await.expect("in time").unwrap());
    }
    heard
}

#[tokio::test(flavor = "multi_thread")]
async fn s29_two_watchers_ask_the_source_as_often_as_one() {
    let folder = tempfile::tempdir().unwrap();
    let source = Arc::new(Counted::default());
    let mut first = watch(&folder, &source);
    hear(&mut first, 1).await;
    let mut second = watch(&folder, &source);
    hear(&mut second, 1).await;
    assert_eq!(source.asked(), 2, "whoever joins asks once: never slower than alone");
    let (ours, theirs) = tokio::join!(hear(&mut first, 10), hear(&mut second, 9));
    // The first may have begun its next poll meanwhile.
    assert!(
        source.asked() <= 2 + 10 + 1,
        "{} requests for {} reports",
        source.asked(),
        ours.len() + theirs.len()
    );
    let stamps: Vec<_> = ours.iter().map(|polled| polled.report.as_of).collect();
    let shared = theirs.iter().filter(|polled| stamps.contains(&polled.report.as_of)).count();
    assert!(shared >= 8, "the same reports, not others: {shared}");
}

#[tokio::test(flavor = "multi_thread")]
async fn s29_two_configs_that_name_two_sources_alike_share_no_poll() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (Arc::new(Counted::default()), Arc::new(Counted::default()));
    let mut first = watch_as(&folder, &one, "one project");
    let mut second = watch_as(&folder, &other, "another project");
    tokio::join!(hear(&mut first, 4), hear(&mut second, 4));
    assert!(one.asked() >= 4 && other.asked() >= 4, "{} and {}", one.asked(), other.asked());
}

#[tokio::test(flavor = "multi_thread")]
async fn s29_when_the_one_that_polls_ends_another_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let source = Arc::new(Counted::default());
    let mut first = watch(&folder, &source);
    hear(&mut first, 1).await;
    let mut second = watch(&folder, &source);
    hear(&mut second, 3).await;
    // Its lock is freed as by the kernel.
    let Watcher { poller, polls, news } = first;
    poller.stop().await;
    drop((polls, news));
    let began = Instant::now();
    let before = source.asked();
    hear(&mut second, 4).await;
    assert!(source.asked() >= before + 2, "it polls itself now");
    assert!(began.elapsed() < PATIENCE / 2, "{:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn s29_one_that_holds_and_hangs_holds_up_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let readings = Arc::new(Readings::open(folder.path()));
    let stopped = SharedPolls::open(folder.path(), &readings).unwrap();
    assert!(stopped.hold("one project"), "it holds, and never polls: a stopped process");
    let source = Arc::new(Counted::default());
    let mut watcher = watch(&folder, &source);
    let heard = hear(&mut watcher, 3).await;
    assert_eq!(source.asked(), 3, "{heard:?}");
}
