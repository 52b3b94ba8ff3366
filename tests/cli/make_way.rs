//! A drill in the way of an incident makes way by the commands that are printed (S30).

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::process::Signal;

use crate::incident::{incident, next_of};
use crate::simulated::Simulated;
use crate::support::{Run, Server};

/// A shell in the environment of a command, with the binary on its path, that is given these lines.
fn shell(sim: &Simulated, lines: &str) -> Command {
    let binary = Path::new(env!("CARGO_BIN_EXE_lifeboat")).parent().unwrap().display();
    let environment = sim.command(&[]);
    let mut shell = Command::new("/bin/sh");
    shell.arg("-c").arg(format!("PATH={binary}:$PATH\n{lines}")).env_clear().stdin(Stdio::null());
    let set = environment.get_envs().filter_map(|(name, value)| Some((name, value?)));
    shell.envs(set).current_dir(sim.lifeboat.folder()).process_group(0);
    shell
}

#[test]
fn s30_an_incident_behind_a_live_drill_is_begun_by_the_printed_commands_in_their_order() {
    let sim = Simulated::start("calm");
    let mut drill = sim.begin(&["--arm", "drill", "orders-db", "--yes"]);
    while !drill.line().contains("accepted: ") {}
    let refused = incident(&sim, &[]);
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(refused.stderr.contains("has an open run already: drill-orders-db-"), "{refused:?}");
    let next = next_of(&refused);
    let [interrupt, end, again] = next.as_slice() else { panic!("{refused:?}") };
    assert!(interrupt.starts_with("kill -INT "), "{interrupt}");
    assert!(end.contains("runs abort drill-orders-db-") && !end.contains("--arm"), "{end}");

    let pasted = shell(&sim, &format!("{interrupt}\n{end}\nexec {again}"));
    let mut begun = Server::of(pasted);
    let ended = std::iter::repeat_with(|| begun.line()).find(|line| line.contains("kept: ")).unwrap();
    assert!(ended.contains("drill-orders-db-") && ended.contains("to remove it: "), "{ended}");
    while !begun.line().contains("declared by anna") {}
    assert_eq!(begun.end(Signal::TERM), 130);
    assert_eq!(drill.end(Signal::TERM), 130, "it was left in order");
    let list = sim.run(&["runs", "list"]);
    let line = |kind: &str| list.stdout.lines().find(|line| line.contains(kind)).unwrap().to_owned();
    assert!(line("drill-orders-db").contains("failed"), "{list:?}");
    let shown = sim.run(&["runs", "show", "drill-orders-db"]);
    assert!(shown.stdout.contains("ABORTED: incident; forks are kept"), "{shown:?}");
    assert!(line("inc-orders-db").contains("interrupted, resume"), "{list:?}");
    let command = ended.split_once("to remove it: ").unwrap().1;
    let removed = Run::from(shell(&sim, command).output().unwrap());
    assert!(removed.stdout.contains("removed: "), "{removed:?}");
}

#[test]
fn s30_a_second_incident_is_told_of_the_first_and_not_to_end_it() {
    let sim = Simulated::at_speed("calm", 600);
    assert_eq!(incident(&sim, &[]).code, 3);
    let second = incident(&sim, &[]);
    assert_eq!((second.code, next_of(&second)), (2, Vec::new()), "{second:?}");
    assert!(second.stderr.contains("has an open run already: inc-orders-db-"), "{second:?}");
}
