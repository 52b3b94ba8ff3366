//! A terminal of our own with the dashboard in it.

use std::io::{Read, Write};
use std::num::NonZero;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::fs::{Mode, OFlags};
use rustix::process::{Pid, Signal, kill_process};
use rustix::termios::{Action, tcflow};

use crate::child::{ARGUMENTS, environment};

const DEADLINE: Duration = Duration::from_secs(20);

/// How the dashboard is started.
pub(crate) struct Start {
    /// Services beside those of the sample.
    pub(crate) services: usize,
    /// Speed of the clock; 0 = it stands still.
    pub(crate) speed: f64,
    pub(crate) no_color: bool,
    pub(crate) locale: &'static str,
    /// Whether drawing fails at the second frame.
    pub(crate) panics: bool,
    /// Whether wheel and click are listened to.
    pub(crate) mouse: bool,
}

impl Default for Start {
    fn default() -> Self {
        Self { services: 0, speed: 0.0, no_color: false, locale: "C.UTF-8", panics: false, mouse: false }
    }
}

pub(crate) struct Session {
    master: Option<Box<dyn MasterPty + Send>>,
    keys: Option<Box<dyn Write + Send>>,
    child: Box<dyn Child + Send + Sync>,
    output: Receiver<Vec<u8>>,
    terminal: vt100::Parser,
    all: Vec<u8>,
    /// The terminal's modes before anything ran in it.
    modes: String,
}

fn size(columns: u16, rows: u16) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}

/// The modes of a terminal, in words.
fn modes(master: &dyn MasterPty) -> String {
    format!("{:?}", master.get_termios().unwrap())
}

impl Session {
    /// The dashboard alone in a terminal.
    pub(crate) fn start(start: &Start) -> Self {
        let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
        command.args(ARGUMENTS);
        for (name, value) in environment(start) {
            command.env(name, value);
        }
        Self::of(command)
    }

    /// A shell that was told to run the dashboard.
    pub(crate) fn in_shell(start: &Start) -> Self {
        let mut command = CommandBuilder::new("/bin/sh");
        command.arg("-i");
        command.env("PS1", "ready> ");
        for (name, value) in environment(start) {
            command.env(name, value);
        }
        let mut session = Self::of(command);
        session.wait_for("the shell", |screen| screen.contains("ready>"));
        let program = std::env::current_exe().unwrap();
        session.type_keys(&format!("'{}' {}\n", program.display(), ARGUMENTS.join(" ")));
        session
    }

    /// Any command in a terminal.
    pub(crate) fn of(command: CommandBuilder) -> Self {
        let pair = native_pty_system().openpty(size(80, 24)).unwrap();
        let modes = modes(&*pair.master);
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (sender, output) = channel();
        std::thread::spawn(move || {
            let mut buffer = vec![0; 65_536];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer.get(..count).unwrap_or_default().to_vec()).is_err() {
                    break;
                }
            }
        });
        let keys = pair.master.take_writer().unwrap();
        let cells = |count| NonZero::new(count).unwrap();
        Self {
            master: Some(pair.master),
            keys: Some(keys),
            child,
            output,
            terminal: vt100::Parser::new(cells(24), cells(80), 0),
            all: Vec::new(),
            modes,
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        self.terminal.process(bytes);
        self.all.extend_from_slice(bytes);
    }

    /// Takes output in until the screen is as wanted.
    pub(crate) fn wait_for(&mut self, what: &str, wanted: impl Fn(&str) -> bool) {
        let until = Instant::now() + DEADLINE;
        while !wanted(&self.terminal.screen().contents()) {
            let left = until.saturating_duration_since(Instant::now());
            match self.output.recv_timeout(left) {
                Ok(bytes) => self.take(&bytes),
                Err(why) => panic!("{what}: {why}; the screen is\n{}", self.terminal.screen().contents()),
            }
        }
    }

    /// Waits for the end; the terminal must be as it was. Returns what is left on it.
    pub(crate) fn wait_for_end(&mut self) -> String {
        self.wait_for_exit();
        self.assert_given_back();
        self.terminal.screen().contents()
    }

    /// The terminal is as it was before anything ran in it.
    pub(crate) fn assert_given_back(&self) {
        let screen = self.terminal.screen();
        assert!(!screen.alternate_screen(), "the alternate screen is left on");
        assert!(!screen.hide_cursor(), "the cursor is left hidden");
        assert!(!screen.bracketed_paste(), "pastes are left marked");
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None, "the mouse is left on");
        let last = |what: &[u8]| self.all.windows(what.len()).rposition(|window| window == what);
        assert!(last(b"\x1b[?2026l") >= last(b"\x1b[?2026h"), "an update is left open");
    }

    /// The modes of the terminal itself are those from before.
    pub(crate) fn assert_modes_as_before(&self) {
        assert_eq!(modes(&**self.master.as_ref().unwrap()), self.modes);
    }

    /// Waits for the end, and takes in what is written until then. Returns the exit code.
    pub(crate) fn wait_for_exit(&mut self) -> u32 {
        let until = Instant::now() + DEADLINE;
        while self.child.try_wait().unwrap().is_none() {
            assert!(Instant::now() < until, "it does not end:\n{}", self.terminal.screen().contents());
            if let Ok(bytes) = self.output.recv_timeout(Duration::from_millis(20)) {
                self.take(&bytes);
            }
        }
        // What was written last may still be on its way.
        while let Ok(bytes) = self.output.recv_timeout(Duration::from_millis(200)) {
            self.take(&bytes);
        }
        self.child.wait().unwrap().exit_code()
    }

    /// What the terminal shows.
    pub(crate) fn screen(&self) -> &vt100::Screen {
        self.terminal.screen()
    }

    /// A terminal that was switched off and on: it shows nothing of what was written.
    pub(crate) fn forget(&mut self) {
        let (rows, columns) = self.terminal.screen().size();
        self.terminal = vt100::Parser::new(rows, columns, 0);
    }

    /// Whether the terminal takes what is written, as Ctrl-S and Ctrl-Q decide it.
    pub(crate) fn flows(&self, flows: bool) {
        let name = self.master.as_ref().unwrap().tty_name().unwrap();
        let flags = OFlags::RDWR | OFlags::NOCTTY;
        let tty = rustix::fs::open(name, flags, Mode::empty()).unwrap();
        tcflow(&tty, if flows { Action::OOn } else { Action::OOff }).unwrap();
    }

    pub(crate) fn type_keys(&mut self, keys: &str) {
        let writer = self.keys.as_mut().unwrap();
        writer.write_all(keys.as_bytes()).unwrap();
        writer.flush().unwrap();
    }

    /// Sends keys and takes in what comes of them; false when that was the end.
    pub(crate) fn drive(&mut self, keys: &[u8]) -> bool {
        // Nobody reads them if it has just ended.
        self.keys.as_mut().unwrap().write_all(keys).ok();
        loop {
            match self.output.recv_timeout(Duration::from_millis(60)) {
                Ok(bytes) => self.take(&bytes),
                Err(RecvTimeoutError::Timeout) => return self.child.try_wait().unwrap().is_none(),
                Err(RecvTimeoutError::Disconnected) => return false,
            }
        }
    }

    pub(crate) fn resize(&mut self, columns: u16, rows: u16) {
        self.master.as_ref().unwrap().resize(size(columns, rows)).unwrap();
        let cells = |count| NonZero::new(count).unwrap();
        self.terminal.screen_mut().set_size(cells(rows), cells(columns));
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.process_id().unwrap()).unwrap()).unwrap()
    }

    pub(crate) fn signal(&mut self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    /// Takes the terminal away, and says how long the dashboard outlived it. The thread that reads
    /// holds it too, until the next tick of the clock is written.
    pub(crate) fn close(mut self) -> Duration {
        let closed = Instant::now();
        self.keys = None;
        self.master = None;
        let (_, nothing) = channel();
        self.output = nothing;
        while self.child.try_wait().unwrap().is_none() {
            assert!(closed.elapsed() < DEADLINE, "it outlives its terminal");
            std::thread::yield_now();
        }
        closed.elapsed()
    }

    pub(crate) fn shows_colour(&self) -> bool {
        let screen = self.terminal.screen();
        let (rows, columns) = screen.size();
        let cells = (0..rows.get()).flat_map(|row| (0..columns.get()).map(move |column| (row, column)));
        cells
            .filter_map(|(row, column)| screen.cell(row, column))
            .any(|cell| cell.fgcolor() != vt100::Color::Default)
    }

    pub(crate) fn all_output(&self) -> &[u8] {
        &self.all
    }

    /// Waits until what was begun is wholly written: nothing more comes for a while. A busy machine hands
    /// a frame over in pieces.
    pub(crate) fn settle(&mut self) {
        let until = Instant::now() + DEADLINE;
        while self.written_within(Duration::from_millis(400)) > 0 {
            assert!(Instant::now() < until, "it never stops writing");
        }
    }

    /// Waits until no more than a tick of the clock is written at once.
    pub(crate) fn settle_but_for_the_clock(&mut self) {
        let until = Instant::now() + DEADLINE;
        while self.written_within(Duration::from_millis(400)) > 100 {
            assert!(Instant::now() < until, "it never stops writing");
        }
    }

    /// Waits for the end of what runs in a terminal that takes nothing.
    pub(crate) fn wait_for_stalled_exit(&mut self) {
        let until = Instant::now() + DEADLINE;
        while self.child.try_wait().unwrap().is_none() {
            assert!(Instant::now() < until, "a terminal that does not read holds its end up");
            std::thread::yield_now();
        }
    }

    /// How many bytes come within a time: watching for it is the condition.
    pub(crate) fn written_within(&mut self, time: Duration) -> usize {
        let before = self.all.len();
        let until = Instant::now() + time;
        loop {
            match self.output.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(bytes) => self.take(&bytes),
                Err(RecvTimeoutError::Timeout) => return self.all.len() - before,
                Err(RecvTimeoutError::Disconnected) => panic!("it ended"),
            }
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
