//! The whole demo by keys, from the first screen to the report of a drill that was closed: in colour, without,
//! and in ASCII.

use portable_pty::CommandBuilder;

use crate::session::Session;

/// Restores of the demo take minutes of its clock.
const SPEED: &str = "60";
const PAGE_DOWN: &str = "\u{1b}[6~";
const CTRL_U: &str = "\u{15}";

/// How the person's terminal is.
struct Terminal {
    locale: &'static str,
    no_color: bool,
}

impl Terminal {
    fn demo(&self) -> Session {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_lifeboat"));
        command.env_clear();
        let scratch = std::env::temp_dir().display().to_string();
        for (name, value) in [
            ("HOME", scratch.as_str()),
            ("TMPDIR", &scratch),
            ("TERM", "xterm-256color"),
            ("LC_ALL", self.locale),
            ("TZ", "UTC"),
            ("NO_COLOR", if self.no_color { "1" } else { "" }),
        ] {
            command.env(name, value);
        }
        command.args(["demo", "--speed", SPEED]);
        Session::of(command)
    }

    fn is_shown(&self, session: &Session) {
        let screen = session.screen().contents();
        assert_eq!(session.shows_colour(), !self.no_color, "{screen}");
        let ascii = self.locale == "C";
        assert!(!ascii || session.all_output().is_ascii(), "{screen}");
    }
}

/// Begins a drill of the service that the demo shows off.
fn begin_a_drill(session: &mut Session) {
    session.type_keys("/orders-db\r");
    session.wait_for("the service, read", |screen| {
        screen.contains("> orders-db") && !screen.contains("UNREAD") && !screen.contains("enter keep")
    });
    session.type_keys("d");
    session.wait_for("the drill's question", |screen| screen.contains("DRILL orders-db"));
    session.type_keys("\r");
}

/// Answers what asks for the service's name, the first time with another one.
fn type_the_name(session: &mut Session) {
    session.type_keys("\r");
    session.wait_for("the question", |screen| screen.contains("type its name"));
    session.type_keys("orders\r");
    session.wait_for("a refusal", |screen| screen.contains("type orders-db"));
    session.type_keys(&format!("{CTRL_U}orders-db\r"));
    session.wait_for("the run again", |screen| !screen.contains("type its name"));
}

fn a_drill_is_driven_to_its_report(terminal: &Terminal) {
    let mut session = terminal.demo();
    session.wait_for("the fleet", |screen| screen.contains("> ") && screen.contains("? help"));
    terminal.is_shown(&session);
    begin_a_drill(&mut session);
    session.wait_for("the point", |screen| {
        screen.contains("confirm by the name") && screen.contains(", to be confirmed")
    });
    terminal.is_shown(&session);
    type_the_name(&mut session);
    session.wait_for("the owner's word", |screen| screen.contains("[enter: answer]"));
    session.type_keys("\r");
    session.wait_for("the question", |screen| screen.contains("good to use"));
    session.type_keys("\ryes\r\r");
    session.wait_for("what is to be removed", |screen| {
        screen.contains("confirm by the name") && screen.contains("? clean up")
    });
    terminal.is_shown(&session);
    type_the_name(&mut session);
    session.wait_for("the end", |screen| screen.contains("The run is over"));
    terminal.is_shown(&session);
    session.type_keys("R");
    session.wait_for("its report", |screen| screen.contains("report of drill-orders-db"));
    terminal.is_shown(&session);
    // To its last line, a page at a time: `41-60 of 60`.
    let at_end = |screen: &str| {
        let position = screen
            .lines()
            .rev()
            .find_map(|line| line.split_once(" of ").filter(|_| line.contains("esc close")));
        let last = |shown: &str| shown.rsplit('-').next().map(str::to_owned);
        position.is_some_and(|(shown, all)| last(shown).as_deref() == all.split_whitespace().next())
    };
    for _ in 0..100 {
        if at_end(&session.screen().contents()) {
            break;
        }
        session.type_keys(PAGE_DOWN);
        session.settle_but_for_the_clock();
    }
    session.wait_for("the end of the report", at_end);
    session.type_keys("\u{1b}");
    session.wait_for("the run", |screen| screen.contains("The run is over"));
    session.type_keys("4");
    session.wait_for("the list of runs", |screen| screen.contains("1 run, 0 open") && screen.contains("RTO"));
    terminal.is_shown(&session);
    session.type_keys("q");
    session.wait_for_end();
    session.assert_modes_as_before();
}

#[test]
fn the_demo_by_keys_in_colour() {
    a_drill_is_driven_to_its_report(&Terminal { locale: "C.UTF-8", no_color: false });
}

#[test]
fn the_demo_by_keys_without_colour() {
    a_drill_is_driven_to_its_report(&Terminal { locale: "C.UTF-8", no_color: true });
}

#[test]
fn the_demo_by_keys_in_ascii() {
    a_drill_is_driven_to_its_report(&Terminal { locale: "C", no_color: false });
}

#[test]
fn the_demo_asks_before_it_ends_a_run_and_says_so_on_the_shell() {
    let mut session = Terminal { locale: "C.UTF-8", no_color: false }.demo();
    begin_a_drill(&mut session);
    session.wait_for("the point", |screen| screen.contains(", to be confirmed"));
    session.type_keys("q");
    session.wait_for("what is lost", |screen| screen.contains("leave?"));
    session.type_keys("\r");
    session.wait_for("the run again", |screen| !screen.contains("leave?"));
    session.type_keys("qj\r");
    let left = session.wait_for_end();
    assert!(left.contains("ended with the demo, which keeps nothing"), "{left}");
    session.assert_modes_as_before();
}
