//! An incident from a terminal without a dashboard: every question has its flag (S25, S26).

use std::io::Write;
use std::process::Stdio;

use serde_json::Value;

use crate::simulated::Simulated;
use crate::support::Run;

/// What every incident of these tests says.
pub(crate) const WORDS: [&str; 9] = [
    "--arm",
    "incident",
    "orders-db",
    "--confirm",
    "orders-db",
    "--declared-by",
    "anna",
    "--scenario",
    "region gone",
];

pub(crate) fn incident(sim: &Simulated, more: &[&str]) -> Run {
    sim.run(&[WORDS.as_slice(), more].concat())
}

/// The id of the only run.
pub(crate) fn run_id(sim: &Simulated, more: &[&str]) -> String {
    let list = sim.run(&[more, &["runs", "list", "--output", "json"]].concat());
    let runs: Value = serde_json::from_str(&list.stdout).unwrap_or_else(|error| panic!("{error}: {list:?}"));
    let all = runs.get("runs").and_then(Value::as_array).unwrap();
    assert_eq!(all.len(), 1, "{runs:#}");
    all.iter().find_map(|run| run.get("run")?.as_str()).unwrap().to_owned()
}

/// The commands that a run that waits for a person says to go on with.
pub(crate) fn next_of(run: &Run) -> Vec<&str> {
    run.stderr.lines().filter_map(|line| line.trim().strip_prefix("next: ")).collect()
}

/// Says that the clients were moved; the run is left once no more comes by itself: nothing is set to copy the
/// fork's own backups.
pub(crate) fn cut_over(sim: &Simulated, id: &str, more: &[&str]) {
    let args = [&["--arm", "runs", "resume", id, "--cut-over-done", "DNS switched"], more].concat();
    let resumed = sim.run(&args);
    assert_eq!(resumed.code, 3, "{resumed:?}");
    assert!(resumed.stdout.contains("clients use the fork since"), "{resumed:?}");
}

/// An incident of `orders-db`, to its end: clients use the fork, which stays unprotected for this reason. Its id.
pub(crate) fn moved(sim: &Simulated, unprotected: &str) -> String {
    assert_eq!(incident(sim, &[]).code, 3);
    let id = run_id(sim, &[]);
    cut_over(sim, &id, &["--accepted-by", "bert", "--override-fence", "the region is dark"]);
    sim.run(&["--arm", "runs", "resume", &id, "--skip", unprotected]);
    id
}

#[test]
fn s26_a_run_is_closed_by_the_commands_that_it_prints() {
    let sim = Simulated::at_speed("calm", 600);
    let begun = incident(&sim, &["--bad-moment", "2026-11-20T11:00:00Z", "--to", "2026-11-20T10:30:00Z"]);
    assert_eq!(begun.code, 3, "{begun:?}");
    let id = run_id(&sim, &[]);
    let way = format!("runs resume {id} --accepted-by WHO");
    assert!(next_of(&begun).iter().any(|next| next.ends_with(&way)), "{begun:?}");
    let resume = |flags: &[&str]| sim.run(&[&["--arm", "runs", "resume", &id], flags].concat());
    let unheard = resume(&["--to", "oldest"]);
    assert_eq!(unheard.code, 64, "{unheard:?}");
    assert!(unheard.stderr.contains("not taken: --to: ") && unheard.stdout.is_empty(), "{unheard:?}");
    let accepted = resume(&["--accepted-by", "bert", "--words", "orders look right"]);
    assert_eq!(accepted.code, 3, "{accepted:?}");
    assert!(accepted.stdout.contains("accepted by bert: orders look right"), "{accepted:?}");
    assert!(next_of(&accepted).iter().any(|next| next.ends_with("--override-fence WHY")), "{accepted:?}");
    let fenced = resume(&["--override-fence", "the region is dark"]);
    assert_eq!(fenced.code, 3, "{fenced:?}");
    assert!(fenced.stdout.contains("OVERRIDDEN: the region is dark"), "{fenced:?}");
    assert!(
        next_of(&fenced).iter().any(|next| next.ends_with("--cut-over-done 'WHAT WAS DONE'")),
        "{fenced:?}"
    );
    cut_over(&sim, &id, &[]);
    let over = resume(&["--skip", "no other region is configured"]);
    assert!(over.stdout.contains("SKIPPED: no other region is configured"), "{over:?}");
    let report: Value = serde_json::from_str(&sim.run(&["report", &id, "--output", "json"]).stdout).unwrap();
    assert_eq!(report["result"], "not verified", "closed: {report:#}");
    assert_eq!(sim.mutating_requests(), 1, "one fork");
}

#[test]
fn s22_a_second_incident_of_a_service_that_was_cut_over_is_begun_only_by_who_says_to_know_it() {
    let sim = Simulated::at_speed("calm", 600);
    let id = moved(&sim, "no other region is configured");
    let (lacks, by) = ("what was written there since is not in this copy", format!("by {id} at "));
    let again = incident(&sim, &[]);
    assert_eq!(again.code, 3, "{again:?}");
    assert!(again.stderr.contains(lacks) && again.stderr.contains(&by), "{again:?}");
    assert!(next_of(&again)[0].ends_with(" --although-moved"), "{again:?}");
    assert_eq!(run_id(&sim, &[]), id, "no other run was opened");
    let dry = sim.run(&["incident", "orders-db", "--dry-run"]);
    let first = dry.stdout.lines().find(|line| line.starts_with("ready")).unwrap();
    assert!(first.starts_with("ready  warn: clients were moved to") && first.contains(&by), "{dry:?}");
    // Of the fork that stopped now only a person knows when, and not before it was used.
    let early = ["--although-moved", "--down-since", "2026-11-20T00:00:00Z"];
    let refused = incident(&sim, &early);
    assert_eq!(refused.code, 64, "{refused:?}");
    assert!(refused.stderr.contains("lies before clients were moved to orders-db-"), "{refused:?}");
    let known: Value = serde_json::from_str(&sim.run(&["status", "--output", "json"]).stdout).unwrap();
    let orders = known["services"].as_array().unwrap().iter().find(|known| known["service"] == "orders-db");
    let on = &orders.unwrap()["clients_on"];
    assert!(on["run"] == id.as_str() && on["listed_state"] == "RUNNING", "as its provider lists it: {on:#}");
    assert!(on["watched_as"].is_null() && on["address"].is_string(), "{on:#}");
    let begun = incident(&sim, &["--although-moved"]);
    assert!(begun.stdout.lines().next().unwrap().contains(lacks), "{begun:?}");
    let readiness = begun.stdout.lines().find(|line| line.contains("WARN: ")).unwrap();
    assert!(readiness.contains("WARN: clients were moved to"), "{begun:?}");
    assert_eq!(sim.mutating_requests(), 2, "two forks");
}

#[test]
fn s14_a_point_behind_the_bad_moment_is_refused_and_another_is_taken_by_a_flag() {
    let sim = Simulated::at_speed("calm", 600);
    let late = incident(&sim, &["--bad-moment", "2026-11-20T11:00:00Z"]);
    assert_eq!(late.code, 3, "{late:?}");
    assert!(late.stdout.contains("is not before the bad moment 2026-11-20 11:00:00Z"), "{late:?}");
    assert_eq!(sim.mutating_requests(), 0);
    let id = run_id(&sim, &[]);
    let args = ["--arm", "runs", "resume", &id, "--to", "2026-11-20T10:30:00Z", "--confirm", "orders-db"];
    let earlier = sim.run(&args);
    assert!(earlier.stdout.contains("2 of 2 checks passed"), "{earlier:?}");
    let wrong = sim.run(&["--arm", "runs", "resume", &id, "--confirm", "ledger"]);
    assert_eq!(wrong.code, 64, "{wrong:?}");
}

#[test]
fn s26_criteria_come_from_the_config_and_are_listed() {
    let sim = Simulated::at_speed("calm", 600);
    let defined = sim.lifeboat.file(
        "criteria.toml",
        "[criteria]\nprobes-silent = 'no probe from two networks for 15m'\nprovider-says = 'on its status page'\n",
    );
    let with = ["--config", defined.as_str()];
    let unknown = incident(&sim, &[&with, ["--criteria", "provider-say"].as_slice()].concat());
    assert_eq!(unknown.code, 64, "{unknown:?}");
    assert!(unknown.stderr.contains("did you mean `provider-says`?"), "{unknown:?}");
    assert!(unknown.stderr.contains("probes-silent  no probe from two networks"), "{unknown:?}");
    assert_eq!(incident(&sim, &with).code, 64, "none named, though some are defined");
    assert!(sim.run(&["runs", "list"]).stdout.contains("no runs yet"));
    let help = sim.run(&[&with, ["incident", "--help"].as_slice()].concat());
    assert!(help.code == 0 && help.stdout.contains("provider-says  on its status page"), "{help:?}");
    let begun = incident(&sim, &[&with, ["--criteria", "provider-says"].as_slice()].concat());
    assert_eq!(begun.code, 3, "{begun:?}");
    let report = sim.run(&["report", &run_id(&sim, &[])]);
    assert!(report.stdout.contains("criterion provider-says: on its status page"), "{report:?}");
}

/// A folder that nobody can make: a file stands in its way, whoever asks.
fn nowhere(sim: &Simulated) -> String {
    format!("{}/state", sim.lifeboat.file("a-file", ""))
}

#[test]
fn s25_without_a_place_for_the_journal_a_drill_is_refused_and_an_incident_asks() {
    let sim = Simulated::at_speed("calm", 600);
    let nowhere = nowhere(&sim);
    let drill = sim.run(&["--arm", "--state-dir", &nowhere, "drill", "orders-db", "--yes"]);
    assert_eq!(drill.code, 2, "{drill:?}");
    assert!(
        drill.stderr.contains("no journal can be kept") && drill.stderr.contains("--state-dir"),
        "{drill:?}"
    );
    let asked = incident(&sim, &["--state-dir", &nowhere]);
    assert_eq!(asked.code, 3, "{asked:?}");
    let next = next_of(&asked);
    assert!(next[0].ends_with("--fallback-dir /ANOTHER/FOLDER"), "{next:?}");
    assert!(next[1].starts_with("echo 'WITHOUT JOURNAL' | lifeboat --config "), "{next:?}");
    assert_eq!(sim.mutating_requests(), 0);
}

#[test]
fn s25_an_incident_keeps_its_journal_in_another_folder() {
    let sim = Simulated::at_speed("calm", 600);
    let (nowhere, home) = (nowhere(&sim), tempfile::tempdir().unwrap());
    let folder = home.path().join("journal").display().to_string();
    let begun = incident(&sim, &["--state-dir", &nowhere, "--fallback-dir", &folder]);
    assert_eq!(begun.code, 3, "{begun:?}");
    assert!(begun.stdout.contains("2 of 2 checks passed"), "{begun:?}");
    let id = run_id(&sim, &["--state-dir", &folder]);
    let next = next_of(&begun);
    assert!(next[0].contains(&format!("--state-dir {folder}")) && !next[0].contains(&nowhere), "{next:?}");
    let report = sim.run(&["--state-dir", &folder, "report", &id]);
    assert!(report.stdout.contains(&format!("the journal is kept in {folder}, not in the state folder")));
}

#[test]
fn s25_by_the_typed_words_an_incident_goes_without_a_journal_and_its_report_says_so() {
    let sim = Simulated::at_speed("calm", 600);
    let temp = tempfile::tempdir().unwrap();
    let mut args = WORDS.to_vec();
    let nowhere = nowhere(&sim);
    args.extend(["--state-dir", &nowhere]);
    let mut child = sim
        .command(&args)
        .env("TMPDIR", temp.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"without journal\nWITHOUT JOURNAL\n").unwrap();
    let run = Run::from(child.wait_with_output().unwrap());
    assert_eq!(run.code, 3, "the owner and the cut-over are a person's: {run:?}");
    assert!(run.stderr.contains("neither a whole path nor `WITHOUT JOURNAL`"), "typed exactly: {run:?}");
    assert!(run.stderr.contains("a run without a journal cannot be resumed"), "{run:?}");
    let file = std::fs::read_dir(temp.path()).unwrap().next().unwrap().unwrap().path();
    let file = file.to_str().unwrap();
    assert!(run.stderr.contains(file), "it says where the second file is: {run:?}");
    assert!(run.stderr.contains("\"is\":\"opened\""), "and writes every event to the terminal: {run:?}");
    let report = sim.run(&["report", file]);
    assert!(report.stdout.contains("WITHOUT JOURNAL: events were only printed"), "{report:?}");
    // The folder is still dead, and the file is named as it lies there.
    let beside = |name: &str| {
        let mut command = sim.command(&["--state-dir", &nowhere, "report", name]);
        Run::from(command.current_dir(temp.path()).output().unwrap())
    };
    assert_eq!(beside(file.rsplit('/').next().unwrap()).stdout, report.stdout);
    let no_file = beside("no-such-file");
    assert!(no_file.code != 0 && no_file.stderr.contains(&nowhere), "{no_file:?}");
}

#[test]
fn s25_a_run_whose_folder_cannot_be_written_any_more_goes_on_in_another() {
    let sim = Simulated::at_speed("calm", 600);
    let begun = incident(&sim, &[]);
    assert_eq!(begun.code, 3, "{begun:?}");
    let id = run_id(&sim, &[]);
    // Whoever writes, root too, finds no folder for its locks.
    let state = sim.lifeboat.folder().join(".local/state/lifeboat");
    std::fs::remove_dir_all(state.join("runs")).unwrap();
    std::fs::write(state.join("runs"), "").unwrap();
    assert!(sim.run(&["runs", "show", &id]).stdout.contains("region gone"), "it can still be read");
    let stuck = sim.run(&["--arm", "runs", "resume", &id, "--accepted-by", "bert"]);
    assert_eq!(stuck.code, 2, "{stuck:?}");
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("journal").display().to_string();
    let moved =
        sim.run(&["--arm", "runs", "resume", &id, "--accepted-by", "bert", "--fallback-dir", &folder]);
    assert_eq!(moved.code, 3, "the fence is a person's: {moved:?}");
    assert!(moved.stdout.contains("accepted by bert"), "{moved:?}");
    let verified = sim.run(&["--state-dir", &folder, "runs", "verify", &id]);
    assert!(verified.code == 0 && verified.stdout.contains("whole"), "{verified:?}");
    let report = sim.run(&["--state-dir", &folder, "report", &id]);
    assert!(report.stdout.contains(&format!("until then in {}", state.display())), "{report:?}");
    assert_eq!(sim.mutating_requests(), 1, "one fork");
}

#[test]
fn s5_what_copies_show_by_now_is_put_down_before_a_run_is_left_to_move_its_clients() {
    let sim = Simulated::at_speed("calm", 600);
    assert_eq!(incident(&sim, &[]).code, 3);
    let id = run_id(&sim, &[]);
    let heard = || {
        let lines = sim.run(&["runs", "show", &id, "--output", "json"]).stdout;
        lines.lines().filter(|line| line.contains("\"is\":\"life_seen\"")).count()
    };
    let resume = |flags: &[&str]| sim.run(&[&["--arm", "runs", "resume", &id], flags].concat());
    assert_eq!(resume(&["--accepted-by", "bert"]).code, 3);
    assert_eq!(heard(), 0, "nothing says yet that it stopped");
    let fenced = resume(&["--fenced", "powered off"]);
    assert_eq!(fenced.code, 3, "{fenced:?}");
    assert_eq!(heard(), 1, "no probe tells of it, and its copy does: {fenced:?}");
}

#[test]
fn s25_whoever_says_what_cannot_be_written_hears_that_it_is_held_and_then_that_it_is_lost() {
    let sim = Simulated::at_speed("calm", 600);
    let begun = incident(&sim, &[]);
    assert_eq!(begun.code, 3, "{begun:?}");
    let id = run_id(&sim, &[]);
    let lines = || sim.run(&["runs", "show", &id, "--output", "json"]).stdout.lines().count();
    let before = lines();
    // As on a full disk: what is there can be read, and nothing is added but that the run was taken up.
    let journal = sim.lifeboat.folder().join(".local/state/lifeboat/journal.db");
    let journal = rusqlite::Connection::open(journal).unwrap();
    let full = "CREATE TRIGGER full BEFORE INSERT ON events WHEN instr(NEW.line, '\"is\":\"resumed\"') = 0
        BEGIN SELECT RAISE(ABORT, 'disk full'); END";
    journal.execute_batch(full).unwrap();
    let said = sim.run(&["--arm", "runs", "resume", &id, "--accepted-by", "bert"]);
    assert_eq!(said.code, 3, "{said:?}");
    assert!(said.stderr.contains("held, not yet on disk: owners word"), "{said:?}");
    assert!(said.stderr.contains("lost with it, as if it had not been said: owners word"), "{said:?}");
    assert_eq!(lines(), before + 1);
    journal.execute_batch("DROP TRIGGER full").unwrap();
    let again = sim.run(&["--arm", "runs", "resume", &id, "--accepted-by", "bert"]);
    assert!(again.stdout.contains("accepted by bert") && !again.stderr.contains("held"), "{again:?}");
}

#[test]
fn s25_a_clock_that_is_off_by_minutes_asks_and_a_flag_answers() {
    let calm = include_str!("../scenarios/calm.toml");
    let home = tempfile::tempdir().unwrap();
    let scenario = home.path().join("skewed.toml");
    std::fs::write(&scenario, format!("{calm}\n[[event]]\nat = '0s'\ndo = 'skew_clock'\nseconds = -400\n"))
        .unwrap();
    let sim = Simulated::at_speed(scenario.to_str().unwrap(), 600);
    let drill = sim.run(&["--arm", "drill", "orders-db", "--yes"]);
    assert_eq!(drill.code, 3, "--yes has no answer for a clock: {drill:?}");
    assert!(drill.stderr.contains("no other source tells whose is wrong"), "{drill:?}");
    assert!(next_of(&drill)[0].ends_with("--accept-skew WHY"), "{drill:?}");
    assert_eq!(sim.mutating_requests(), 0);
    let id = run_id(&sim, &[]);
    let on = sim.run(&["--arm", "runs", "resume", &id, "--accept-skew", "ours is right by GPS"]);
    assert!(on.stdout.contains("OVERRIDDEN, a clock is off: ours is right by GPS"), "{on:?}");
    let report = sim.run(&["report", &id]);
    assert!(report.stdout.contains("went on with a clock that is off: ours is right by GPS"), "{report:?}");
}

#[test]
fn s5_a_stated_loss_instant_is_checked_kept_and_shown_wherever_the_loss_is() {
    let calm = include_str!("../scenarios/calm.toml");
    let home = tempfile::tempdir().unwrap();
    let scenario = home.path().join("down.toml");
    let down = "[[event]]\nat = '0s'\ndo = 'region_down'\non = 'aws-eu-west-1'\n";
    std::fs::write(&scenario, format!("{calm}\n{down}")).unwrap();
    let sim = Simulated::at_speed(scenario.to_str().unwrap(), 600);
    for (flag, why) in
        [("2999-01-01T00:00:00Z", "future"), ("2026-01-01T00:00:00Z", "contradicts a proof of life")]
    {
        let refused = incident(&sim, &["--loss-instant", flag]);
        assert_eq!(refused.code, 64, "{refused:?}");
        assert!(refused.stderr.contains(why), "{refused:?}");
    }
    let unstated = incident(&sim, &["--loss-instant", "2026-11-20 11:00:00"]);
    assert!(unstated.stderr.contains("2026-11-20T11:00:00Z"), "S12: {unstated:?}");
    assert!(sim.run(&["runs", "list"]).stdout.contains("no runs yet"), "a bad word opens no run");

    let now = sim.run(&["status", "--output", "json"]);
    let now: Value = serde_json::from_str(&now.stdout).unwrap();
    let word = now["as_of"].as_str().unwrap();
    let begun = incident(&sim, &["--loss-instant", word]);
    assert_eq!(begun.code, 3, "{begun:?}");
    assert!(begun.stdout.contains(&format!("the loss instant is {word}, stated by anna")), "{begun:?}");
    let status: Value = serde_json::from_str(&sim.run(&["status", "--output", "json"]).stdout).unwrap();
    let all = status["services"].as_array().unwrap();
    let service = all.iter().find(|service| service["service"] == "orders-db").unwrap();
    assert_eq!(service["loss_instant"], word, "{service:#}");
    assert_eq!(service["loss_ground"]["who"], "anna", "{service:#}");
    let table = sim.run(&["status", "orders-db"]).stdout;
    assert!(table.contains("(stated by anna), not growing"), "{table}");
    let report = sim.run(&["report", &run_id(&sim, &[])]).stdout;
    assert!(report.contains("stated by anna"), "{report}");
}

#[test]
fn s23_the_recovery_time_counts_from_the_declaration_where_the_config_says_so() {
    let sim = Simulated::at_speed("calm", 600);
    let declared = sim.lifeboat.file("declared.toml", "rto_from = 'declared'\n");
    let down = ["--down-since", "2026-11-20T08:00:00Z", "--detected", "2026-11-20T08:10:00Z"];
    let begun = incident(&sim, &[&["--config", declared.as_str()], down.as_slice()].concat());
    assert_eq!(begun.code, 3, "{begun:?}");
    let id = run_id(&sim, &[]);
    cut_over(&sim, &id, &["--accepted-by", "bert", "--override-fence", "the region is dark"]);
    sim.run(&["--arm", "runs", "resume", &id, "--skip", "no other region is configured"]);
    let report: Value = serde_json::from_str(&sim.run(&["report", &id, "--output", "json"]).stdout).unwrap();
    let rto = &report["objectives"][0];
    assert_eq!(rto["measured"], "from declared to cut-over confirmed; pauses count", "{rto:#}");
    let hours = rto["achieved_s"].as_u64().unwrap() / 3600;
    assert!(hours < 4, "the hours since 08:00 do not count: {rto:#}");
    let page = sim.run(&["report", &id]).stdout;
    assert!(page.contains("detected: 2026-11-20 08:10:00Z"), "{page}");
}

#[test]
fn a_run_is_not_begun_where_nothing_can_be_restored() {
    let sim = Simulated::start("never-arrives");
    for args in [["--arm", "drill", "orders-db"].as_slice(), &["drill", "orders-db", "--dry-run"], &WORDS] {
        let run = sim.run(args);
        assert_ne!(run.code, 0, "{run:?}");
        assert!(run.stderr.contains("nothing can be restored from"), "{args:?}: {run:?}");
    }
    let shown = sim.run(&["status"]);
    let row = shown.stdout.lines().find(|line| line.contains("orders-db")).unwrap();
    assert!(!row.contains('~'), "no time to restore what is not there: {row}");
}
