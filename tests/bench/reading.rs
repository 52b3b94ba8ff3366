//! Reading a large project: one poll of everything, against answers that were prepared before. The provider
//! shares the processors with its client: what each of them takes is counted apart, and a client that only
//! receives the same answers shows how much of the time is the provider's and the system's.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::stream::{self, StreamExt as _};
use lifeboat::clock::Clock;
use lifeboat::config::{Overrides, SourceSettings, from_texts};
use lifeboat::domain::{Outcome, SourceReport, assess};
use lifeboat::poll;
use lifeboat::runtime::sources::Sources;

use crate::replay::{Answers, PROJECT, Replay, THREAD};
use crate::{Row, median};

pub(super) const SERVICES: usize = 1000;
const LATENCY: Duration = Duration::from_millis(20);
/// The most that the config takes: a provider that allows 120 calls in half a minute is not asked for more at once. What is
/// promised is promised at 64 as well; that is more than any user can set, and set here behind the config's back.
const MOST: usize = 32;
const PROMISED: usize = 64;
const PATIENCE: Duration = Duration::from_secs(120);

/// How many polls are measured after the first.
const POLLS: u32 = 5;

/// What polls of everything took, one after the other.
struct Polls {
    /// The median of those after the first.
    took: Duration,
    /// Of the first, and of the last.
    calls: [u32; 2],
    /// What the client and the provider used of all processors in each after the first.
    cpu: (Duration, Duration),
    /// How long the provider waited with an answer.
    latency: Duration,
    /// How long judging takes what they brought.
    judged: Duration,
}

fn poll(answers: &Answers, latency: Duration, at_once: usize) -> Polls {
    let provider = Replay::start(answers, latency);
    let token = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(token.path(), "bench\n").unwrap();
    let config =
        from_texts(&[("bench".to_owned(), text(&provider, token.path()))], &Overrides::default(), &|_| None);
    let mut config = config.unwrap().config;
    for source in config.sources.values_mut() {
        let SourceSettings::Aiven(settings) = &mut source.settings else { unreachable!() };
        settings.max_concurrency = at_once;
    }
    let clock = Clock::system();
    let mut board = config.board();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (reports, cpu): (Vec<(Duration, SourceReport)>, _) = runtime.block_on(async {
        let sources = Sources::build(Arc::new(config), clock);
        let once = async || {
            let begun = Instant::now();
            let mut reports = poll::once(&sources.catalogs(), clock, PATIENCE).await;
            (begun.elapsed(), reports.pop().unwrap())
        };
        let mut reports = vec![once().await];
        let before = cpu();
        for _ in 0..POLLS {
            reports.push(once().await);
        }
        let (client, provider) = cpu();
        let each = |now: Duration, before| now.saturating_sub(before) / POLLS;
        (reports, (each(client, before.0), each(provider, before.1)))
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
    let mut took: Vec<Duration> = reports.iter().skip(1).map(|(took, _)| *took).collect();
    took.sort();
    Polls {
        took: took[took.len() / 2],
        calls: [&reports[0], &reports[reports.len() - 1]].map(|(_, report)| report.calls),
        cpu,
        latency: provider.latency(),
        judged,
    }
}

fn text(provider: &Replay, token: &Path) -> String {
    format!(
        "fleet = 'bench'\nstate_dir = '/nowhere'\n[sources.cloud]\nkind = 'aiven'\nproject = '{PROJECT}'\n\
         url = 'http://{}'\ntoken = {{ file = '{}' }}\n[discover.cloud]\n",
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
fn received(answers: &Answers, latency: Duration, at_once: usize) -> Duration {
    let provider = Replay::start(answers, latency);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let client = reqwest::Client::builder().no_proxy().no_gzip().build().unwrap();
    let get = |path: &String| {
        let request = client.get(format!("http://{}{path}", provider.address));
        async move { request.send().await.unwrap().bytes().await.unwrap().len() }
    };
    let list = list();
    let each: Vec<&String> = of_each(answers).collect();
    median(3, || {
        let bytes = runtime.block_on(async {
            let list = get(&list).await;
            let each = stream::iter(each.iter().copied()).map(get).buffer_unordered(at_once);
            each.fold(list, async |sum, bytes| sum + bytes).await
        });
        assert!(bytes > each.len());
    })
}

fn list() -> String {
    format!("/v1/project/{PROJECT}/service")
}

fn of_each(answers: &Answers) -> impl Iterator<Item = &String> {
    answers.keys().filter(|path| path.ends_with("/backups"))
}

/// How long curl takes to receive the same answers, its start and a list that it does not wait for included; `None` where
/// there is no curl.
fn by_curl(answers: &Answers, latency: Duration, at_once: usize) -> Option<Duration> {
    let provider = Replay::start(answers, latency);
    let mut wanted = tempfile::NamedTempFile::new().unwrap();
    for path in [&list()].into_iter().chain(of_each(answers)) {
        writeln!(wanted, "url = http://{}{path}\noutput = /dev/null", provider.address).unwrap();
    }
    let all = ["--silent", "--fail", "--noproxy", "*", "--parallel", "--parallel-immediate"];
    let begun = Instant::now();
    let status = Command::new("curl")
        .args(all)
        .args(["--parallel-max", &at_once.to_string(), "--config"])
        .arg(wanted.path())
        .status()
        .ok()?;
    let took = begun.elapsed();
    assert!(status.success() && provider.requests() > SERVICES, "{status}");
    Some(took)
}

pub(super) fn rows(answers: &Answers) -> Vec<Row> {
    let (prompt, late) = (poll(answers, Duration::ZERO, MOST), poll(answers, LATENCY, MOST));
    let requests = |polls: &Polls, which: usize| usize::try_from(polls.calls[which]).unwrap();
    let list_and_each = SERVICES + 1;
    let mut rows = vec![
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
        Row::time("poll of 1000 x 60 without latency: ask, unpack, decode", prompt.took),
    ];
    rows.extend(against_the_floor(answers, &late, MOST));
    rows.extend(against_the_floor(answers, &poll(answers, LATENCY, PROMISED), PROMISED));
    rows
}

/// What a poll takes against what it must take: as many times the latency as there are rounds of so many calls at once,
/// and once more for the list. The latency is what it was, and never more than what it is to be: a provider that is late
/// lowers no bar.
fn against_the_floor(answers: &Answers, polls: &Polls, at_once: usize) -> Vec<Row> {
    let floor = polls.latency.min(LATENCY) * u32::try_from(SERVICES.div_ceil(at_once) + 1).unwrap();
    let (took, only) = (polls.took, received(answers, LATENCY, at_once));
    let curl = by_curl(answers, LATENCY, at_once);
    let times = |other: Duration| format!("{:.2} x", took.div_duration_f64(other));
    let what = format!("poll of 1000 x 60 at 20 ms, {at_once} at once");
    vec![
        Row::time(&what, took),
        Row::time("  CPU of the client", polls.cpu.0),
        Row::time("  CPU of the provider, on the same processors", polls.cpu.1),
        Row::time("  latency of the provider", polls.latency),
        Row::times("  against the floor", took.div_duration_f64(floor), (1.15, 1.05), "floor"),
        Row::time("  the same answers received only", only),
        Row::plain("  against that", times(only)),
        Row::plain(
            "  the same by curl",
            curl.map_or("no curl here".to_owned(), |curl| format!("{curl:.2?}")),
        ),
        Row::plain("  against that", curl.map_or(String::new(), times)),
    ]
}
