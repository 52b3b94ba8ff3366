//! The dashboard as it is started by a person, in a terminal and over a provider: what the whole process
//! takes, not only its model.

use std::fs::read_to_string;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::thread::sleep;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use crate::Row;
use crate::replay::{Answers, PROJECT, Replay};

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(180);
/// A process that used no more than a hundredth of a second in this time waits for something.
const QUIET: Duration = Duration::from_secs(2);
/// How long wake-ups are counted.
const WATCHED: Duration = Duration::from_secs(12);
/// Time in /proc is counted in hundredths of a second.
const TICK: Duration = Duration::from_millis(10);

/// What the name of each service begins with.
const ROW: &str = "svc-";
/// No first frame is longer than so many bytes.
const FIRST_FRAME: usize = 64 << 10;
/// How many starts over a known fleet are timed.
const STARTS: usize = 5;

struct Dashboard {
    child: Box<dyn Child + Send + Sync>,
    begun: Instant,
    /// When a row was first shown.
    shown: Receiver<Instant>,
    proc: PathBuf,
    _terminal: Box<dyn MasterPty + Send>,
}

impl Dashboard {
    /// Starts it over a provider that is polled so often, with all that the folder knows of it.
    fn start(provider: &Replay, every: &str, folder: &Path) -> Self {
        let (state, config) = (folder.join("state"), folder.join("lifeboat.toml"));
        let text = format!(
            "fleet = 'bench'\nstate_dir = '{}'\n[tiers.1]\nrpo = '15m'\n[sources.cloud]\nkind = 'aiven'\n\
             project = '{PROJECT}'\nurl = 'http://{}'\ntoken = {{ env = 'BENCH_TOKEN' }}\npoll_every = '{every}'\n\
             max_concurrency = 32\n[discover.cloud]\ntier_from_tag = 'tier'\n",
            state.display(),
            provider.address
        );
        std::fs::write(&config, text).unwrap();
        let size = PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_lifeboat"));
        command.arg("--config");
        command.arg(&config);
        for (name, value) in [("BENCH_TOKEN", "bench"), ("TERM", "xterm-256color"), ("LC_ALL", "C.UTF-8")] {
            command.env(name, value);
        }
        let begun = Instant::now();
        let child = pair.slave.spawn_command(command).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (tell, shown) = channel();
        std::thread::spawn(move || {
            let (mut buffer, mut text) = ([0; 4096], Vec::new());
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                if text.len() < FIRST_FRAME {
                    text.extend_from_slice(&buffer[..count]);
                    let has_rows = text.windows(ROW.len()).any(|part| part == ROW.as_bytes());
                    // Nobody waits for it any more but the first time.
                    has_rows.then(|| tell.send(Instant::now()).ok());
                }
            }
        });
        let proc = PathBuf::from(format!("/proc/{}", child.process_id().unwrap()));
        Self { child, begun, shown, proc, _terminal: pair.master }
    }

    /// How long it took until a service was on the screen.
    fn first_frame(&self) -> Duration {
        self.shown.recv_timeout(PATIENCE).unwrap() - self.begun
    }

    /// A number of KiB of its status.
    fn kib(&self, name: &str) -> usize {
        let status = read_to_string(self.proc.join("status")).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// How many KiB of files it has in memory: the program's code, the rest of the program, the libraries. Of code
    /// the kernel maps what lies around each page that runs.
    fn files(&self) -> [usize; 3] {
        let program = std::fs::read_link(self.proc.join("exe")).unwrap();
        let (mut files, mut place) = ([0; 3], 0);
        for line in read_to_string(self.proc.join("smaps")).unwrap().lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words[..] {
                [_, mode, _, _, _, ref path @ ..] if mode.len() == 4 => {
                    let is_program = path.first().is_some_and(|path| Path::new(path) == program);
                    place = if is_program { usize::from(!mode.contains('x')) } else { 2 };
                }
                ["Rss:", kib, "kB"] => files[place] += kib.parse::<usize>().unwrap(),
                // What was written to is its own.
                ["Anonymous:", kib, "kB"] => files[place] -= kib.parse::<usize>().unwrap(),
                _ => {}
            }
        }
        files
    }

    /// The time it used of all processors.
    fn cpu(&self) -> Duration {
        let stat = read_to_string(self.proc.join("stat")).unwrap();
        let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
        let ticks = |field: usize| fields[field].parse::<u32>().unwrap();
        TICK * (ticks(11) + ticks(12))
    }

    /// How many times any of its threads went to sleep.
    fn sleeps(&self) -> usize {
        let threads = std::fs::read_dir(self.proc.join("task")).unwrap();
        let status = |thread: std::io::Result<std::fs::DirEntry>| {
            read_to_string(thread.ok()?.path().join("status")).ok()
        };
        let count = |status: String| -> Option<usize> {
            let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"))?;
            line.trim().parse().ok()
        };
        threads.filter_map(|thread| status(thread).and_then(count)).sum()
    }

    /// Waits until it has asked so often, and has done what follows from the answers.
    fn wait_for(&self, provider: &Replay, requests: usize) {
        let until = Instant::now() + PATIENCE;
        while provider.requests() < requests {
            assert!(Instant::now() < until, "{} of {requests} requests", provider.requests());
            sleep(TICK);
        }
        loop {
            let before = self.cpu();
            sleep(QUIET);
            if self.cpu() <= before + TICK {
                return;
            }
            assert!(Instant::now() < until, "it never rests");
        }
    }
}

impl Drop for Dashboard {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

pub(super) fn rows(answers: &Answers) -> Vec<Row> {
    let provider = Replay::start(answers, Duration::ZERO);
    let folder = tempfile::tempdir().unwrap();
    let dashboard = Dashboard::start(&provider, "10s", folder.path());
    let each = answers.len() - 1;
    // The page of plans is asked for once.
    dashboard.wait_for(&provider, 1 + 2 * each);
    let before = dashboard.cpu();
    dashboard.wait_for(&provider, 1 + 4 * each);
    let poll = dashboard.cpu().saturating_sub(before) / 2;
    let resident = dashboard.kib("VmRSS").div_ceil(1024);
    let (own, most) = (dashboard.kib("RssAnon"), dashboard.kib("VmHWM"));
    let [code, rest, libraries] = dashboard.files();
    drop(dashboard);
    let mut starts: Vec<Duration> =
        (0..STARTS).map(|_| Dashboard::start(&provider, "1h", folder.path()).first_frame()).collect();
    starts.sort();
    let provider = Replay::start(answers, Duration::ZERO);
    let idle = Dashboard::start(&provider, "1h", folder.path());
    idle.wait_for(&provider, 1 + each);
    // Threads that are kept for a while after their work are gone by then.
    sleep(WATCHED);
    let before = idle.sleeps();
    sleep(WATCHED);
    let wakes = (idle.sleeps() - before).div_ceil(usize::try_from(WATCHED.as_secs()).unwrap());
    let mib = |kib: usize| format!("{} MiB", kib.div_ceil(1024));
    vec![
        Row::time("first frame over 1000 x 60 that are known", starts[STARTS / 2]),
        Row::at_most("RSS of the process, 1000 x 60, after four polls", resident, (21, 14), "MiB"),
        Row::plain("  of which its own, of no file", mib(own)),
        Row::plain("  of which code of the program, around what ran", mib(code)),
        Row::plain("  of which the rest of the program's file", mib(rest)),
        Row::plain("  of which libraries", mib(libraries)),
        Row::plain("  the most it ever had", mib(most)),
        Row::plain("CPU of the process for a poll, saved and drawn", format!("{poll:.2?}")),
        Row::at_most("wake-ups, no poll due", wakes, (5, 2), "a second"),
    ]
}
