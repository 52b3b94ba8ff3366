//! A provider whose answers were prepared once: while a client is measured, nobody spends time on making
//! them up. They are packed, as a provider sends them to who asks for that.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use lifeboat::clock::Clock;
use lifeboat::secret::SecretString;
use lifeboat::simulator::{Running, Simulator, scenario};
use tokio::sync::oneshot;

/// Answers by path.
pub(super) type Answers = Arc<BTreeMap<String, Bytes>>;

/// The project that answers are of.
pub(super) const PROJECT: &str = "demo";

/// The name of the provider's threads.
pub(super) const THREAD: &str = "provider";

/// What the simulator says of so many services with sixty backups each.
pub(super) fn answers(services: usize) -> Answers {
    let text = format!("about = 'very many'\nseed = 1\nmany = {{ services = {services}, backups = 60 }}\n");
    let scenario = scenario::from_text("bench", &text).unwrap();
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let running = Simulator::start(&scenario, Clock::system(), any, SecretString::from("bench")).unwrap();
    let project = format!("/v1/project/{PROJECT}");
    let mut paths = vec![format!("{project}/service"), format!("{project}/service-types/pg/plans")];
    paths.extend(running.services.iter().map(|spec| format!("{project}/service/{}/backups", spec.name)));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    Arc::new(runtime.block_on(ask(&running, paths)))
}

async fn ask(running: &Running, paths: Vec<String>) -> BTreeMap<String, Bytes> {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut answers = BTreeMap::new();
    for path in paths {
        let request = client.get(format!("{}{path}", running.url())).header("authorization", "aivenv1 bench");
        let body = request.send().await.unwrap().error_for_status().unwrap().bytes().await.unwrap();
        let mut packer = GzEncoder::new(Vec::new(), Compression::default());
        packer.write_all(&body).unwrap();
        answers.insert(path, packer.finish().unwrap().into());
    }
    answers
}

/// The provider, on threads of its own until it is dropped.
pub(super) struct Replay {
    pub(super) address: SocketAddr,
    told: Arc<Told>,
    _runtime: tokio::runtime::Runtime,
}

struct Told {
    answers: Answers,
    timer: Option<Timer>,
    requests: AtomicUsize,
    /// How long all answers were waited for, nanoseconds.
    waited: AtomicU64,
}

/// Lets each answer wait equally long, on a thread of its own that sleeps until the very moment. The timer of tokio goes
/// by whole milliseconds and rounds up: 20 ms would be 21, and a client would look as slow as that.
struct Timer {
    latency: Duration,
    waiting: Sender<(Instant, oneshot::Sender<()>)>,
}

impl Timer {
    fn start(latency: Duration) -> Self {
        let (waiting, due) = channel::<(Instant, oneshot::Sender<()>)>();
        let in_turn = move || {
            // All wait equally long: who came first is due first.
            for (until, wake) in due {
                std::thread::sleep(until.saturating_duration_since(Instant::now()));
                wake.send(()).ok();
            }
        };
        std::thread::Builder::new().name(THREAD.to_owned()).spawn(in_turn).unwrap();
        Self { latency, waiting }
    }

    async fn wait(&self, begun: Instant) {
        let (wake, due) = oneshot::channel();
        self.waiting.send((begun + self.latency, wake)).unwrap();
        due.await.unwrap();
    }
}

impl Replay {
    /// Gives each answer after so long.
    pub(super) fn start(answers: &Answers, latency: Duration) -> Self {
        let told = Arc::new(Told {
            answers: Arc::clone(answers),
            timer: (!latency.is_zero()).then(|| Timer::start(latency)),
            requests: AtomicUsize::new(0),
            waited: AtomicU64::new(0),
        });
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(1).thread_name(THREAD).enable_all().build().unwrap();
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let listener = runtime.block_on(tokio::net::TcpListener::bind(any)).unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(answer).with_state(Arc::clone(&told));
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self { address, told, _runtime: runtime }
    }

    /// How many answers were given.
    pub(super) fn requests(&self) -> usize {
        self.told.requests.load(Ordering::SeqCst)
    }

    /// How long an answer was waited for, as its clock went: it is never early, and a little late.
    pub(super) fn latency(&self) -> Duration {
        let requests = u64::try_from(self.requests()).unwrap().max(1);
        Duration::from_nanos(self.told.waited.load(Ordering::SeqCst) / requests)
    }
}

async fn answer(State(told): State<Arc<Told>>, uri: Uri) -> Response {
    let begun = Instant::now();
    if let Some(timer) = &told.timer {
        timer.wait(begun).await;
    }
    told.waited.fetch_add(u64::try_from(begun.elapsed().as_nanos()).unwrap(), Ordering::SeqCst);
    told.requests.fetch_add(1, Ordering::SeqCst);
    let Some(body) = told.answers.get(uri.path()) else { return StatusCode::NOT_FOUND.into_response() };
    ([(CONTENT_TYPE, "application/json"), (CONTENT_ENCODING, "gzip")], body.clone()).into_response()
}
