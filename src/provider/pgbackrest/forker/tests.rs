use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::*;
use crate::provider::arming::{self, arm};

mod looks;
mod missing;
mod names;
mod ports;

/// A folder of these programs, by name and text, and of an account that is not root; and the `PATH` by which they
/// are found first.
fn found_first(programs: &[(&str, &str)]) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("id", "#!/bin/sh\necho 1000\n")].iter().chain(programs) {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let path = format!("PATH={}:{}", folder.path().display(), std::env::var("PATH").unwrap());
    (folder, path)
}

/// A part of the script for the fork `drill-a`, asked by an account that is not root.
#[derive(Clone, Copy)]
struct Script<'a> {
    what: &'a str,
    base: &'a Path,
    socket: &'a Path,
    made_on: &'a str,
    more: &'a [&'a str],
    input: &'a str,
    /// Programs that it finds first, by name and text.
    programs: &'a [(&'a str, &'a str)],
}

impl<'a> Script<'a> {
    fn new(what: &'a str, base: &'a Path, socket: &'a Path, more: &'a [&'a str]) -> Self {
        Self { what, base, socket, more, made_on: "", input: "", programs: &[] }
    }

    async fn run(self) -> Finished {
        let (_programs, path) = found_first(self.programs);
        let head = ["env", &path, "sh", "-c", FORK_SCRIPT, "lifeboat", self.what, IDENTITY];
        let place = [self.base.to_str().unwrap(), "drill-a", self.socket.to_str().unwrap(), self.made_on];
        let argv = head.iter().chain(&place).chain(self.more).map(ToString::to_string);
        let call = Call { stdin: self.input.as_bytes().to_vec(), ..Call::new(argv, ASK_LIMIT) };
        process::run(&Prefix::default(), &call).await.unwrap()
    }
}

/// Where a fork would be made, as readiness finds it and a run puts it down.
async fn place(base: &Path) -> String {
    let more = ["", "25440", "25449", "true"];
    let found = Script::new("check", base, base, &more).run().await.text();
    found.lines().find_map(|line| line.strip_prefix("host ")).unwrap().to_owned()
}

const IDENTITY: &str = "\"run\":\"r\"";

#[tokio::test]
async fn s20_a_start_that_says_that_nothing_was_made_leaves_nothing() {
    let base = tempfile::tempdir().unwrap();
    let (work, socket) = (base.path().join("drill-a.lifeboat"), base.path().join("socket"));
    let more = [IDENTITY, "25440", "25449", "", "postgres", "postgres", "", "", "true"];
    for (case, obstacle, socket) in
        [("no work folder", &work, &work), ("the socket's folder is not ours", &socket, &socket)]
    {
        std::os::unix::fs::symlink("/nowhere", obstacle).unwrap();
        let finished = Script::new("start", base.path(), socket, &more).run().await;
        std::fs::remove_file(obstacle).unwrap();
        assert!(REFUSED.contains(&finished.code), "{case}: {} {}", finished.code, words(&finished));
        assert_eq!(names(base.path()), [".lifeboat-folder"], "{case}: all but which folder it is");
    }
}

/// What is in a folder.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn forker(base: &Path) -> PgBackRestForker {
    let toml = format!("stanza = 'main'\nfork = {{ directory = '{}' }}", base.display());
    let armed = arm(arming::Request {
        source: "pg-east",
        flag: true,
        read_only: false,
        allowed: true,
        credential: Ok(Credential::ForkHost),
        loopback: true,
        clock: Clock::system(),
    });
    let fast = Clock::starting_at("2026-05-12T10:00:00Z".parse().unwrap(), 600.0);
    PgBackRestForker::new("pg-east", toml::from_str(&toml).unwrap(), armed.unwrap(), fast).unwrap()
}

fn request() -> ForkRequest {
    ForkRequest {
        run: "drill-orders-db-20261120-k3q7wd".to_owned(),
        attempt: 1,
        drill: true,
        remote: "main".to_owned(),
        name: "drill-a".to_owned(),
        region: None,
        host: None,
        point: crate::runbook::sample::fork_point("2026-11-20T12:00:19Z"),
    }
}

fn leave_mark(base: &Path, pid: &str) -> std::path::PathBuf {
    let mark = base.join("drill-a.lifeboat.json");
    let identity = mark::identity(&request());
    std::fs::write(&mark, format!("{{{identity},\"port\":null,\"pid\":{pid},\"pid_start\":1}}\n")).unwrap();
    mark
}

#[tokio::test]
async fn s20_a_fork_whose_start_may_go_on_is_gone_only_after_three_looks_over_30_s() {
    let base = tempfile::tempdir().unwrap();
    let forker = forker(base.path());
    leave_mark(base.path(), "null");
    let mut pending = 0;
    while let Removal::Pending { why } = Forker::remove(&forker, &request()).await {
        pending += 1;
        assert!(why.contains("at least 3 over 30 s"), "{why}");
        tokio::time::sleep(Duration::from_millis(17)).await;
    }
    assert!(pending >= 2, "{pending}");
    leave_mark(base.path(), "4194305");
    let removal = Forker::remove(&forker, &request()).await;
    assert!(matches!(removal, Removal::Proven { .. }), "its start was over: {removal:?}");
}

#[tokio::test]
async fn s20_a_start_that_goes_on_after_the_removal_makes_nothing() {
    let base = tempfile::tempdir().unwrap();
    let mark = leave_mark(base.path(), "null");
    let work = base.path().join("drill-a.lifeboat");
    std::fs::create_dir(&work).unwrap();
    Forker::remove(&forker(base.path()), &request()).await;
    std::fs::create_dir(&work).unwrap();
    detached(base.path(), &mark, &format!("mkdir {}", base.path().join("drill-a").display())).await;
    let left: Vec<_> = std::fs::read_dir(base.path()).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

/// Runs the detached script to its end with a restore of these words.
async fn detached(base: &Path, mark: &Path, restore: &str) -> Finished {
    let (dir, work) = (base.join("drill-a"), base.join("drill-a.lifeboat"));
    let words = [mark, &dir, &work, &work].map(|path| path.display().to_string());
    let argv = ["sh", "-c", RUN_SCRIPT, "lifeboat", IDENTITY].map(str::to_owned).into_iter().chain(words);
    let rest = ["25440", "", "postgres", "postgres", "", "", "sh", "-c", restore].map(str::to_owned);
    process::run(&Prefix::default(), &Call::new(argv.chain(rest), ASK_LIMIT)).await.unwrap()
}

#[tokio::test]
async fn s20_a_start_that_is_still_under_way_is_not_begun_again() {
    let base = tempfile::tempdir().unwrap();
    let (work, mark) = (base.path().join("drill-a.lifeboat"), base.path().join("drill-a.lifeboat.json"));
    let begun = base.path().join("begun");
    let (first, last) = ports::two_free();
    // A session that is made slowly: the start's connection may be gone before its process is on record.
    let slow = format!(
        "#!/bin/sh\n: > {0}\nwhile [ -e {0} ]; do sleep 0.05; done\nexec /usr/bin/setsid \"$@\"\n",
        begun.display()
    );
    let count = format!("echo restore >> {}; false", base.path().join("restores").display());
    let (first, last) = (first.to_string(), last.to_string());
    let more = [IDENTITY, &first, &last, "", "postgres", "postgres", "", "", "sh", "-c", &count];
    let beside = [("setsid", slow.as_str())];
    let script = Script::new("start", base.path(), &work, &more);
    let start = || Script { input: RUN_SCRIPT, programs: &beside, ..script }.run();
    let again = async {
        while !begun.exists() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let asked = ["", "postgres", "postgres"];
        let state = Script::new("state", base.path(), &work, &asked).run().await.text();
        let second = tokio::join!(start(), async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            std::fs::remove_file(&begun).unwrap();
        });
        (state, second.0)
    };
    let (started, (state, second)) = tokio::join!(start(), again);
    assert!(state.contains("\nalive yes\n") && state.contains("\"claimed\""), "{state}");
    assert_eq!((started.code, second.code), (0, 0), "{} {}", words(&started), words(&second));
    assert_eq!(started.text(), second.text(), "both tell of the one process");
    assert!(started.text().contains(&format!("\nport {first}\n")), "{}", started.text());
    while !std::fs::read_to_string(&mark).unwrap().contains("restore_failed") {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(std::fs::read_to_string(base.path().join("restores")).unwrap(), "restore\n");
}

#[tokio::test]
async fn s20_nothing_is_started_where_two_starts_could_not_be_kept_apart() {
    const NO_LOCKS: &str = "#!/bin/sh\necho 'flock: 9: No locks available' >&2\nexit 71\n";
    let base = tempfile::tempdir().unwrap();
    let work = base.path().join("drill-a.lifeboat");
    let more = [IDENTITY, "25440", "25449", "", "postgres", "postgres", "", "", "false"];
    let start = Script {
        input: RUN_SCRIPT,
        programs: &[("flock", NO_LOCKS)],
        ..Script::new("start", base.path(), &work, &more)
    };
    let (one, two) = tokio::join!(start.run(), start.run());
    for refused in [one, two] {
        let said = words(&refused);
        assert!(REFUSED.contains(&refused.code), "{} {said}", refused.code);
        assert!(said.contains("No locks available") && said.contains("another file system"), "{said}");
    }
    assert_eq!(names(base.path()), [".lifeboat-folder"], "nothing was made but which folder it is");

    // A mark of before: what has ended is not begun again, and what is done is told.
    let mark = base.path().join("drill-a.lifeboat.json");
    for (phase, code) in [("restore_failed", REFUSED[1]), ("claimed", REFUSED[1]), ("done", 0)] {
        let left =
            format!("{{{IDENTITY},\"port\":1,\"pid\":4194305,\"pid_start\":1,\"phase\":\"{phase}\"}}\n");
        std::fs::write(&mark, &left).unwrap();
        let finished = start.run().await;
        assert_eq!(finished.code, code, "{phase}: {}", words(&finished));
        assert_eq!(std::fs::read_to_string(&mark).unwrap(), left);
    }
    assert!(!work.exists());

    // Found before, and without leaving anything.
    std::fs::remove_file(&mark).unwrap();
    for (programs, is_lockless) in [(&[("flock", NO_LOCKS)][..], true), (&[], false)] {
        let check = Script::new("check", base.path(), &work, &["", "25440", "25449", "true"]);
        let said = Script { programs, ..check }.run().await.text();
        assert_eq!(said.contains(&format!("\nlockless {}\n", base.path().display())), is_lockless, "{said}");
        assert_eq!(names(base.path()), [".lifeboat-folder"]);
    }
}

#[tokio::test]
async fn s20_a_lock_is_asked_for_as_nfs_wants_it() {
    // Where locks are those of a server, whoever only reads gets none.
    const OF_A_SERVER: &str =
        "#!/bin/sh\ngrep -q '^flags:.*2$' /proc/self/fdinfo/9 || exit 65\nexec /usr/bin/flock \"$@\"\n";
    let base = tempfile::tempdir().unwrap();
    let work = base.path().join("drill-a.lifeboat");
    let more = [IDENTITY, "25440", "25449", "", "postgres", "postgres", "", "", "false"];
    let start = Script::new("start", base.path(), &work, &more);
    let start = Script { input: RUN_SCRIPT, programs: &[("flock", OF_A_SERVER)], ..start }.run().await;
    assert_eq!(start.code, 0, "{}", words(&start));
}

#[tokio::test]
async fn s19_a_full_disk_does_not_take_the_mark() {
    let base = tempfile::tempdir().unwrap();
    let mark = leave_mark(base.path(), "null");
    std::fs::create_dir(base.path().join("drill-a.lifeboat")).unwrap();
    // The restore fills the disk: what is written beside the mark from then on does not find room.
    let filled = format!("ln -s /dev/full {}.new; exit 64", mark.display());
    detached(base.path(), &mark, &filled).await;
    let left: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&mark).unwrap()).unwrap();
    assert_eq!((&left["phase"], &left["exit"]), (&"restore_failed".into(), &64.into()), "{left}");
    // Not even the room that was kept for it.
    let never = format!("mkdir {}.new; exit 64", mark.display());
    std::fs::remove_dir_all(base.path().join("drill-a")).unwrap_or_default();
    detached(base.path(), &mark, &never).await;
    let left: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&mark).unwrap()).unwrap();
    assert_eq!(left["phase"], "restore", "{left}");
}

#[tokio::test]
async fn r34_another_host_proves_nothing_of_a_fork() {
    let base = tempfile::tempdir().unwrap();
    let socket = base.path().join("drill-a.lifeboat");
    let first = async |what| {
        let asked = Script::new(what, base.path(), &socket, &["", "", ""]);
        let finished = Script { made_on: "dr-1/0a1b2c3d", ..asked }.run().await;
        finished.text().lines().next().unwrap_or_default().to_owned()
    };
    for what in ["state", "remove"] {
        let said = first(what).await;
        assert!(said.starts_with("elsewhere the fork was made on dr-1/0a1b2c3d, and this is "), "{said}");
    }
    let more = [IDENTITY, "25440", "25449", "", "postgres", "postgres", "", "", "true"];
    let start = Script::new("start", base.path(), &socket, &more);
    let start = Script { made_on: "dr-1/0a1b2c3d", ..start }.run().await;
    assert!(
        REFUSED.contains(&start.code) && words(&start).contains("not dr-1/0a1b2c3d"),
        "{}",
        words(&start)
    );
    assert_eq!(std::fs::read_dir(base.path()).unwrap().count(), 0);
    // A host that was renamed still holds what carries our mark.
    let mark = format!("{{{IDENTITY},\"pid\":null}}\n");
    std::fs::write(base.path().join("drill-a.lifeboat.json"), mark).unwrap();
    assert_eq!((first("state").await.as_str(), first("remove").await.as_str()), ("mine", "absent"));
}

#[tokio::test]
async fn s19_a_folder_is_not_removed_under_a_server_whose_programs_are_gone() {
    let base = tempfile::tempdir().unwrap();
    let data = base.path().join("drill-a");
    std::fs::create_dir(&data).unwrap();
    // Runs in the data folder, as a server does, and ends by the signal of a fast stop. A shell can trap no signal that
    // was ignored when it began, as it is for tests that run in the background of one.
    let mut server = tokio::process::Command::new("env")
        .args(["--default-signal=INT", "sh", "-c"])
        .arg("trap 'exit 7' INT; echo $$ > postmaster.pid; while :; do sleep 0.05; done")
        .current_dir(&data)
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    while std::fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default().is_empty() {
        tokio::task::yield_now().await;
    }
    let mark = format!("{{{IDENTITY},\"pid\":null}}\n");
    std::fs::write(base.path().join("drill-a.lifeboat.json"), mark).unwrap();
    let work = base.path().join("drill-a.lifeboat");
    let finished = Script::new("remove", base.path(), &work, &[]).run().await;
    let running = server.try_wait().unwrap().is_none();
    assert!(finished.ok() && !running && !data.exists(), "{}", words(&finished));
}
