//! Runs one external command: here, under another account, or on another host through ssh (S28).
//!
//! Every run is bounded in real time and in bytes, and has a process group of its own that is killed as
//! a whole at the limit, when the caller goes away, and when the command ends but leaves children.
//! What must outlive us starts a session of its own (`setsid`). Errors name the program, never its
//! environment or input.

mod prefix;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Stdio;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, Command};

pub use prefix::{Prefix, quote, shell_line};

/// One command to run.
#[derive(Debug, Clone)]
pub struct Call {
    /// Program and arguments, without the prefix. The program is found on the path or given absolutely.
    pub argv: Vec<String>,
    /// What it reads on standard input.
    pub stdin: Vec<u8>,
    /// Longest real time it may take.
    pub limit: Duration,
    /// Most bytes taken from standard output; more is a failure. Standard error is cut at 64 KiB.
    pub max_stdout: usize,
    /// Whether it gets the variables that hold secrets: only what gives a secret may need another.
    pub with_secrets: bool,
}

impl Call {
    /// A call without input, with room for 1 MiB of output.
    pub fn new<I, S>(argv: I, limit: Duration) -> Self
    where
        I: IntoIterator<Item = S>,
        S: Into<String>,
    {
        let argv = argv.into_iter().map(Into::into).collect();
        Self { argv, stdin: Vec::new(), limit, max_stdout: 1 << 20, with_secrets: false }
    }

    /// The program's name without its folder, for messages.
    pub fn program(&self) -> String {
        let name = self.argv.first().map_or("?", String::as_str);
        Path::new(name)
            .file_name()
            .map_or_else(|| name.to_owned(), |name| name.to_string_lossy().into_owned())
    }
}

/// A command that ended by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// Its exit code; 128 + n when signal n ended it.
    pub code: i32,
    /// What it wrote to standard output.
    pub stdout: Vec<u8>,
    /// The first of what it wrote to standard error, as text without control characters.
    pub stderr: String,
}

impl Finished {
    /// Whether it ended with 0.
    pub const fn ok(&self) -> bool {
        self.code == 0
    }

    /// Standard output as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }
}

/// Why there is no answer of a command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// It did not start.
    #[error("`{program}` cannot be started: {why}")]
    NotStarted {
        /// The program.
        program: String,
        /// The system's words.
        why: String,
    },
    /// ssh reached no shell on the other host.
    #[error("`{program}` was not run: {why}")]
    NoConnection {
        /// The program that was to run there.
        program: String,
        /// ssh's words.
        why: String,
    },
    /// It was killed at its limit.
    #[error("`{program}` gave no answer within {}", humantime::format_duration(*.limit))]
    TimedOut {
        /// The program.
        program: String,
        /// The limit, real time.
        limit: Duration,
    },
    /// It wrote more than was allowed and was killed.
    #[error("`{program}` wrote more than {limit} bytes and was stopped")]
    Flooded {
        /// The program.
        program: String,
        /// The limit in bytes.
        limit: usize,
    },
    /// Its end or output could not be read.
    #[error("the answer of `{program}` was lost: {why}")]
    Lost {
        /// The program.
        program: String,
        /// The system's words.
        why: String,
    },
}

/// Variables of our environment that hold secrets, as the config names them.
static WITHHELD: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// From now on these variables are kept from every command. What a command starts may live for as long
/// as a fork does, and under another account.
pub fn withhold(variables: impl IntoIterator<Item = String>) {
    withheld().extend(variables);
}

fn withheld() -> MutexGuard<'static, BTreeSet<String>> {
    WITHHELD.lock().unwrap_or_else(PoisonError::into_inner)
}

const MAX_STDERR: usize = 64 << 10;
/// ssh's own exit code when it failed before the other host's shell began.
const SSH_FAILED: i32 = 255;

/// Runs a command behind a prefix to its end.
///
/// # Errors
/// [`Failure`] when there is no complete answer. An exit code other than 0 is an answer.
pub async fn run(prefix: &Prefix, call: &Call) -> Result<Finished, Failure> {
    let program = call.program();
    let argv = prefix.argv(&call.argv);
    let mut group = Group::start(&argv, call.with_secrets)?;
    let within = tokio::time::timeout(call.limit, group.finish(call, &program)).await;
    let finished =
        within.map_err(|_| Failure::TimedOut { program: program.clone(), limit: call.limit })??;
    if prefix.is_ssh() && finished.code == SSH_FAILED {
        return Err(Failure::NoConnection { program, why: one_line(&finished.stderr) });
    }
    Ok(finished)
}

/// Text cut to one line of bearable length, without control characters.
pub fn one_line(text: &str) -> String {
    let words: Vec<_> = text.split(|c: char| c.is_whitespace() || c.is_control()).collect();
    let line = words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    line.chars().take(400).collect()
}

/// A running command and everything it started, killed together when dropped.
struct Group {
    child: Child,
    id: Option<Pid>,
}

impl Group {
    fn start(argv: &[String], with_secrets: bool) -> Result<Self, Failure> {
        let (program, rest) = argv.split_first().ok_or_else(|| Failure::NotStarted {
            program: "?".to_owned(),
            why: "the command is empty".to_owned(),
        })?;
        let mut command = Command::new(program);
        if !with_secrets {
            for name in &*withheld() {
                command.env_remove(name);
            }
        }
        let child = command
            .args(rest)
            // An account given by the prefix may not enter the folder we were started in.
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .map_err(|error| Failure::NotStarted { program: program.clone(), why: error.to_string() })?;
        let id = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        Ok(Self { child, id })
    }

    async fn finish(&mut self, call: &Call, program: &str) -> Result<Finished, Failure> {
        let lost =
            |error: std::io::Error| Failure::Lost { program: program.to_owned(), why: error.to_string() };
        let (stdin, stdout, stderr) =
            (self.child.stdin.take(), self.child.stdout.take(), self.child.stderr.take());
        let ended = async {
            let status = self.child.wait().await;
            // Children left behind would hold the pipes open; what shall live on has left the group.
            kill(&mut self.id);
            status.map_err(lost)
        };
        let out = async {
            let (bytes, more) = read(stdout, call.max_stdout, false).await.map_err(lost)?;
            if more {
                return Err(Failure::Flooded { program: program.to_owned(), limit: call.max_stdout });
            }
            Ok(bytes)
        };
        let err = async { read(stderr, MAX_STDERR, true).await.map_err(lost) };
        let feed = async {
            feed(stdin, &call.stdin).await;
            Ok(())
        };
        let (status, stdout, (stderr, _), ()) = tokio::try_join!(ended, out, err, feed)?;
        Ok(Finished { code: exit_code(status), stdout, stderr: visible(&stderr) })
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        kill(&mut self.id);
    }
}

/// Kills the group once; a group that is gone already is as wanted.
fn kill(id: &mut Option<Pid>) {
    if let Some(id) = id.take() {
        kill_process_group(id, Signal::KILL).ok();
    }
}

/// A program that does not read its input has simply no use for it: its exit code tells the rest.
async fn feed(stdin: Option<ChildStdin>, bytes: &[u8]) {
    if let Some(mut stdin) = stdin {
        stdin.write_all(bytes).await.ok();
        stdin.shutdown().await.ok();
    }
}

/// Reads up to `limit` bytes and says whether there were more; those are thrown away if `drain`.
async fn read<R: AsyncRead + Unpin>(
    pipe: Option<R>,
    limit: usize,
    drain: bool,
) -> Result<(Vec<u8>, bool), std::io::Error> {
    let (mut bytes, mut more) = (Vec::new(), false);
    let Some(mut pipe) = pipe else { return Ok((bytes, more)) };
    let mut chunk = vec![0; 16 << 10];
    loop {
        let count = pipe.read(&mut chunk).await?;
        if count == 0 {
            return Ok((bytes, more));
        }
        let room = limit - bytes.len();
        more |= count > room;
        bytes.extend(chunk.iter().take(count.min(room)));
        if more && !drain {
            return Ok((bytes, more));
        }
    }
}

fn exit_code(status: std::process::ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt as _;
    status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(-1)
}

/// What another program wrote must not steer our terminal.
fn visible(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).chars().filter(|c| !c.is_control() || *c == '\n').collect()
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    async fn here(argv: &[&str]) -> Result<Finished, Failure> {
        run(&Prefix::default(), &Call::new(argv.iter().copied(), Duration::from_secs(20))).await
    }

    #[tokio::test]
    async fn input_is_fed_and_both_outputs_and_the_code_come_back() {
        let script = "cat; printf 'bad\\033[2J\\n' >&2; exit 7";
        let call =
            Call { stdin: vec![b'x'; 300_000], ..Call::new(["sh", "-c", script], Duration::from_secs(20)) };
        let finished = run(&Prefix::default(), &call).await.unwrap();
        assert_eq!((finished.code, finished.stdout.len()), (7, 300_000));
        assert_eq!(finished.stderr, "bad[2J\n");
    }

    #[tokio::test]
    async fn input_nobody_reads_is_no_failure() {
        let call = Call { stdin: vec![b'x'; 300_000], ..Call::new(["true"], Duration::from_secs(20)) };
        assert!(run(&Prefix::default(), &call).await.unwrap().ok());
    }

    #[tokio::test]
    async fn a_flood_is_cut_and_reported() {
        let flooded = here(&["yes"]).await.unwrap_err();
        assert_eq!(flooded, Failure::Flooded { program: "yes".to_owned(), limit: 1 << 20 });
    }

    #[tokio::test]
    async fn a_flood_of_complaints_is_cut_and_the_answer_kept() {
        let finished = here(&["sh", "-c", "yes | head -c 1000000 >&2; echo answer"]).await.unwrap();
        assert_eq!((finished.stderr.len(), finished.text().as_str()), (MAX_STDERR, "answer\n"));
    }

    #[tokio::test]
    async fn a_hanger_and_its_children_are_killed_at_the_limit() {
        let dir = tempfile::tempdir().unwrap();
        let note = dir.path().join("pid");
        let script = format!("sleep 600 & echo $! > {}; wait", note.display());
        let call = Call::new(["sh", "-c", &script], Duration::from_millis(700));
        let began = Instant::now();
        let failure = run(&Prefix::default(), &call).await.unwrap_err();
        assert_eq!(failure.to_string(), "`sh` gave no answer within 700ms");
        assert!(began.elapsed() < Duration::from_secs(15));
        gone(&std::fs::read_to_string(note).unwrap()).await;
    }

    #[tokio::test]
    async fn children_left_behind_do_not_hold_up_the_answer() {
        let finished = here(&["sh", "-c", "sleep 600 & echo $!"]).await.unwrap();
        gone(&finished.text()).await;
    }

    #[tokio::test]
    async fn dropping_the_call_kills_the_group() {
        let dir = tempfile::tempdir().unwrap();
        let note = dir.path().join("pid");
        let script = format!("sleep 600 & echo $! > {0}.new; mv {0}.new {0}; wait", note.display());
        let call = Call::new(["sh", "-c", &script], Duration::from_mins(10));
        let running = tokio::spawn(async move { run(&Prefix::default(), &call).await });
        let end = Instant::now() + Duration::from_secs(20);
        while !note.exists() {
            assert!(Instant::now() < end, "the child did not begin");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        running.abort();
        gone(&std::fs::read_to_string(note).unwrap()).await;
    }

    /// Waits until a process is gone, or is but a zombie that nobody has collected yet.
    async fn gone(pid: &str) {
        let stat = format!("/proc/{}/stat", pid.trim());
        let end = Instant::now() + Duration::from_secs(20);
        while std::fs::read_to_string(&stat).is_ok_and(|text| !text.contains(") Z ")) {
            assert!(Instant::now() < end, "process {pid} is still there");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    #[tokio::test]
    async fn a_missing_program_is_named() {
        let failure = here(&["/nonexistent/pgbackrest"]).await.unwrap_err();
        assert!(failure.to_string().starts_with("`/nonexistent/pgbackrest` cannot be started"), "{failure}");
        assert!(matches!(here(&[]).await.unwrap_err(), Failure::NotStarted { .. }));
    }
}
