//! Ports of forks: which of a range are free, and which one a fork gets.

use std::net::{TcpListener, TcpStream};

use super::*;

/// How many ports of a range are free, as the check on the fork's host counts them.
async fn free(base: &str, first: u16, last: u16) -> usize {
    let words = ["check", "identity", base, "drill-a", base, "", ""].map(str::to_owned);
    let argv = ["sh", "-c", FORK_SCRIPT, "lifeboat"].map(str::to_owned).into_iter().chain(words);
    let argv = argv.chain([first.to_string(), last.to_string(), "true".to_owned()]);
    let finished = process::run(&Prefix::default(), &Call::new(argv, ASK_LIMIT)).await.unwrap();
    let text = finished.text();
    text.lines().find_map(|line| line.strip_prefix("ports ")).unwrap().parse().unwrap()
}

/// Tools with which a shell could look at a port.
const TOOLS: [&str; 12] =
    ["awk", "cat", "cut", "grep", "head", "ls", "readlink", "sed", "seq", "ss", "stat", "tr"];

/// How many ports of a range the check counts as free, and how many processes that takes it.
async fn counted(base: &Path, last: u16) -> (usize, usize) {
    let calls = tempfile::NamedTempFile::new().unwrap();
    // Each leaves its name, and is then the next one of that name on the path.
    let leaves_name = |tool: &str| {
        format!(
            "#!/bin/sh\necho {tool} >> {}\nPATH=${{PATH#*:}} exec {tool} \"$@\"\n",
            calls.path().display()
        )
    };
    let texts = TOOLS.map(leaves_name);
    let programs: Vec<(&str, &str)> = TOOLS.into_iter().zip(texts.iter().map(String::as_str)).collect();
    let last = last.to_string();
    let more = ["", "1", &last, "true"];
    let check = Script { programs: &programs, ..Script::new("check", base, base, &more) };
    let text = check.run().await.text();
    let free = text.lines().find_map(|line| line.strip_prefix("ports ")).unwrap().parse().unwrap();
    (free, std::fs::read_to_string(calls.path()).unwrap().lines().count())
}

#[tokio::test]
async fn the_widest_range_of_ports_takes_no_more_processes_than_the_narrowest() {
    // A folder each: the first look at one leaves a mark there, which takes processes, too.
    let bases = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let (count, widest) = counted(bases[0].path(), u16::MAX).await;
    assert!((50_000..65_535).contains(&count), "{count}");
    let (_, narrowest) = counted(bases[1].path(), 1).await;
    assert!(narrowest > 0);
    assert_eq!(widest, narrowest, "one for each port took minutes");
}

/// A port that no socket has.
fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

#[tokio::test]
async fn ports_that_are_listened_on_or_claimed_are_not_free() {
    let base = tempfile::tempdir().unwrap();
    let folder = base.path().to_str().unwrap();
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    assert_eq!(free(folder, port, port).await, 0, "listened on");
    // Its own number is all that is left of a connection, on either side, once the listener is gone.
    let outgoing = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let number = outgoing.local_addr().unwrap().port();
    assert_eq!(free(folder, number, number).await, 0, "an outgoing connection has it");
    drop((outgoing, listener));
    let port = free_port();
    std::os::unix::fs::symlink("drill-b", base.path().join(format!(".lifeboat-port-{port}"))).unwrap();
    assert_eq!(free(folder, port, port).await, 1, "the claim of a fork that is gone");
    std::fs::write(base.path().join("drill-b.lifeboat.json"), "{}").unwrap();
    assert_eq!(free(folder, port, port).await, 0, "claimed");
}

/// Starts the fork `drill-a` again, whose earlier start ended in this phase and with these words of its
/// server, with ports from `first` to `last`; what the scripts were told.
async fn started_again(
    base: &Path,
    phase: &str,
    said: &str,
    first: u16,
    last: u16,
) -> (i32, serde_json::Value) {
    let (work, mark) = (base.join("drill-a.lifeboat"), base.join("drill-a.lifeboat.json"));
    std::fs::create_dir_all(&work).unwrap();
    std::fs::write(work.join("server.log"), said).unwrap();
    std::fs::write(&mark, format!("{{{IDENTITY},\"pid\":4194305,\"pid_start\":1,\"phase\":\"{phase}\"}}\n"))
        .unwrap();
    let (first, last) = (first.to_string(), last.to_string());
    let more = [IDENTITY, &first, &last, "", "postgres", "postgres", "", "", "false"];
    let start = Script { input: RUN_SCRIPT, ..Script::new("start", base, &work, &more) };
    let finished = start.run().await;
    loop {
        let left: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&mark).unwrap()).unwrap();
        // Its end would else be written over the next one's beginning.
        if left["phase"] == "restore_failed" && left["pid"] != 4_194_305 {
            return (finished.code, left);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn s20_a_retry_leaves_a_port_that_its_server_could_not_have() {
    const REFUSED: &str = "LOG:  could not bind IPv4 address \"127.0.0.1\": Address already in use\n";
    let base = tempfile::tempdir().unwrap();
    let (first, last) = two_free();
    let claim = |port: u16| base.path().join(format!(".lifeboat-port-{port}"));
    std::os::unix::fs::symlink("drill-a", claim(first)).unwrap();
    let (code, mark) = started_again(base.path(), "restore_failed", "", first, last).await;
    assert_eq!((code, &mark["port"]), (0, &first.into()), "nothing speaks against its own: {mark}");
    let (code, mark) = started_again(base.path(), "start_failed", REFUSED, first, last).await;
    assert_eq!((code, &mark["port"]), (0, &last.into()), "{mark}");
    assert_eq!((claim(first).is_symlink(), claim(last).is_symlink()), (false, true));
    let listener = TcpListener::bind(("127.0.0.1", last)).unwrap();
    let (code, mark) = started_again(base.path(), "restore_failed", "", first, last).await;
    assert_eq!((code, &mark["port"]), (0, &first.into()), "taken by now: {mark}");
    drop(listener);
    let (code, mark) = started_again(base.path(), "start_failed", REFUSED, first, first).await;
    assert_eq!((code, &mark["port"]), (0, &first.into()), "no other one is configured: {mark}");
}

/// Two ports in a row that no socket has.
pub(super) fn two_free() -> (u16, u16) {
    let both =
        |port: &u16| [*port, port + 1].iter().all(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok());
    let first = (20_000..30_000).step_by(2).find(both).unwrap();
    (first, first + 1)
}
