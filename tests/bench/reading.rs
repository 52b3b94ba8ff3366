//! Reading a large project: one poll of everything, against answers that were prepared before. The provider
//! shares the processors with its client: what each of them takes is counted apart, and a client that only
//! receives the same answers shows how much of the time is the provider's and the system's.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::stream::{self, StreamExt as _};
use lifeboat::clock::Clock;
use lifeboat::config::{Overrides, from_texts};
use lifeboat::domain::{Outcome, SourceReport, assess};
use lifeboat::poll;
use lifeboat::runtime::sources::Sources;

use crate::replay::{Answers, PROJECT, Replay, THREAD};
use crate::{Row, median};

pub(super) const SERVICES: usize = 1000;
const LATENCY: Duration = Duration::from_millis(20);
const AT_ONCE: usize = 32;
const PATIENCE: Duration = Duration::from_secs(120);

/// What two polls of everything took, one after the other.
struct Polls {
    took: [Duration; 2],
    calls: [u32; 2],
    /// What the client and the provider used of all processors in the second.
    cpu: (Duration, Duration),
    /// How long the provider waited with an answer.
    latency: Duration,
    /// How long judging takes what they brought.
    judged: Duration,
}

fn poll(answers: &Answers, latency: Duration) -> Polls {
    let provider = Replay::start(answers, latency);
    let token = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(token.path(), "bench\n").unwrap();
    let config =
        from_texts(&[("bench".to_owned(), text(&provider, token.path()))], &Overrides::default(), &|_| None);
    let config = config.unwrap().config;
    let clock = Clock::system();
    let mut board = config.board();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (reports, cpu): ([(Duration, SourceReport); 2], _) = runtime.block_on(async {
        let sources = Sources::build(Arc::new(config), clock);
        let once = async || {
            let begun = Instant::now();
            let mut reports = poll::once(&sources.catalogs(), clock, PATIENCE).await;
            (begun.elapsed(), reports.pop().unwrap())
        };
        let first = once().await;
        let before = cpu();
        let second = once().await;
        let (client, provider) = cpu();
        ([first, second], (client.saturating_sub(before.0), provider.saturating_sub(before.1)))
    });
    for (_, report) in &reports {
        assert_eq!(report.outcome, Outcome::Ok, "{:?}", report.error);
        board.fleet.apply(report, &board.bindings);
    }
    assert!(board.fleet.services.len() >= SERVICES);
    let judged = median(5, || {
        for service in board.fleet.services.values() {
            assert_eq!(assess(service, clock.now(), &Duration::from_secs(120).into()).service, service.id);
        }
    });
    let [first, second] = &reports;
    Polls {
        took: [first.0, second.0],
        calls: [first.1.calls, second.1.calls],
        cpu,
        latency: provider.latency(),
        judged,
    }
}

fn text(provider: &Replay, token: &Path) -> String {
    format!(
        "fleet = 'bench'\nstate_dir = '/nowhere'\n[sources.cloud]\nkind = 'aiven'\nproject = '{PROJECT}'\n\
         url = 'http://{}'\ntoken = {{ file = '{}' }}\nmax_concurrency = {AT_ONCE}\n[discover.cloud]\n",
        provider.address,
        token.display()
    )
}

/// What the threads of this process used of all processors: those of the client, those of the provider.
fn cpu() -> (Duration, Duration) {
    let (mut client, mut provider) = (Duration::ZERO, Duration::ZERO);
    for thread in std::fs::read_dir("/proc/self/task").unwrap() {
        let told = |file: &str| std::fs::read_to_string(thread.as_ref().unwrap().path().join(file));
        let (Ok(name), Ok(used)) = (told("comm"), told("schedstat")) else { continue };
        let used = Duration::from_nanos(used.split(' ').next().unwrap().parse().unwrap());
        *(if name.trim() == THREAD { &mut provider } else { &mut client }) += used;
    }
    (client, provider)
}

/// How long it takes to receive the same answers, so many at once, the list first, and to do nothing with them.
fn received(answers: &Answers, latency: Duration) -> Duration {
    let provider = Replay::start(answers, latency);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let client = reqwest::Client::builder().no_proxy().no_gzip().build().unwrap();
    let get = |path: &String| {
        let request = client.get(format!("http://{}{path}", provider.address));
        async move { request.send().await.unwrap().bytes().await.unwrap().len() }
    };
    let list = format!("/v1/project/{PROJECT}/service");
    let each: Vec<&String> = answers.keys().filter(|path| path.ends_with("/backups")).collect();
    median(3, || {
        let bytes = runtime.block_on(async {
            let list = get(&list).await;
            let each = stream::iter(each.iter().copied()).map(get).buffer_unordered(AT_ONCE);
            each.fold(list, async |sum, bytes| sum + bytes).await
        });
        assert!(bytes > each.len());
    })
}

pub(super) fn rows(answers: &Answers) -> Vec<Row> {
    let (at_once, late) = (poll(answers, Duration::ZERO), poll(answers, LATENCY));
    let requests = |polls: &Polls, which: usize| usize::try_from(polls.calls[which]).unwrap();
    // The list is one request more.
    let floor = LATENCY * u32::try_from(SERVICES.div_ceil(AT_ONCE) + 1).unwrap();
    let ratio = late.took[1].as_secs_f64() / floor.as_secs_f64();
    let beside_late = ratio * LATENCY.as_secs_f64() / late.latency.as_secs_f64();
    let only = received(answers, LATENCY);
    let beside = late.took[1].as_secs_f64() / only.as_secs_f64();
    let list_and_each = SERVICES + 1;
    vec![
        Row::time("assess 1000 services x 60 backups", late.judged),
        Row::at_most(
            "requests of the first poll of 1000",
            requests(&late, 0),
            (list_and_each + 1, list_and_each + 1),
            "with the page of plans",
        ),
        Row::at_most(
            "requests of each poll after it",
            requests(&late, 1),
            (list_and_each, list_and_each),
            "requests",
        ),
        Row::time("poll of 1000 x 60 without latency: ask, unpack, decode", at_once.took[1]),
        Row::time("poll of 1000 x 60 at 20 ms, 32 at once", late.took[1]),
        Row::time("  CPU of the client", late.cpu.0),
        Row::time("  CPU of the provider, on the same processors", late.cpu.1),
        Row::times("poll of 1000 at 20 ms against the floor", ratio, (1.15, 1.05), "floor"),
        Row::time("  latency of the provider, by whose timers 20 ms are", late.latency),
        Row::plain("  against the floor of that latency", format!("{beside_late:.2} x floor")),
        Row::time("the same answers received only", only),
        Row::plain("poll of 1000 at 20 ms against that", format!("{beside:.2} x")),
    ]
}
