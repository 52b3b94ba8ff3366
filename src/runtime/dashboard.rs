//! The loop around the dashboard: terminal, news, signals and the clock go in as messages, effects and
//! frames come out. Everything is handled in one place, one thing after the other.

use std::io;
use std::time::Duration;

use crossterm::Command;
use crossterm::clipboard::CopyToClipboard;
use futures_util::{FutureExt, StreamExt};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use crate::clock::Clock;
use crate::domain::Fleet;
use crate::runtime::signals::{Signals, Stop};
use crate::tui::app::{Effect, Message, Model, Setup, Size, update};
use crate::tui::draw::{Look, draw};
use crate::tui::terminal::{Encoder, Guard, Input, NoTerminal, closed, events, require_tty};

/// Between two frames that no key asked for.
const FRAME_GAP: Duration = Duration::from_millis(50);
/// Inputs and news taken in before a frame is drawn.
const BATCH: usize = 1024;

/// What a dashboard starts from.
#[derive(Debug)]
pub struct DashboardSetup {
    /// What does not change.
    pub setup: Setup,
    /// Last-known facts: the first frame shows them before anything was asked.
    pub fleet: Fleet,
    /// Colours and characters.
    pub look: Look,
    /// The one clock.
    pub clock: Clock,
    /// What the rest of the program learns: polls, probes, runs, notices.
    pub news: mpsc::Receiver<Message>,
    /// What the dashboard wants of the rest of the program: [`Effect::PollNow`] and [`Effect::Act`].
    pub orders: mpsc::Sender<Effect>,
}

/// How a dashboard ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exit {
    /// Why.
    pub reason: ExitReason,
    /// Lines for the terminal that is left behind.
    pub farewell: Vec<String>,
}

/// Why a dashboard ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitReason {
    /// A key.
    Asked,
    /// A signal.
    Signal(Stop),
    /// The terminal is gone.
    TerminalClosed,
}

/// Why a dashboard could not start.
#[derive(Debug, thiserror::Error)]
pub enum DashboardError {
    /// There is no terminal.
    #[error(transparent)]
    NoTerminal(#[from] NoTerminal),
    /// The terminal, or the handling of signals, cannot be set up.
    #[error("the terminal cannot be set up: {0}")]
    Setup(#[source] io::Error),
}

/// Runs the dashboard until it is left. The terminal is restored on every way out.
///
/// # Errors
/// When there is no terminal, or it cannot be set up.
pub async fn run(start: DashboardSetup) -> Result<Exit, DashboardError> {
    require_tty()?;
    let DashboardSetup { setup, fleet, look, clock, news, orders } = start;
    let (width, height) = crossterm::terminal::size().map_err(DashboardError::Setup)?;
    let signals = Signals::listen().map_err(DashboardError::Setup)?;
    let guard = Guard::enter().map_err(DashboardError::Setup)?;
    let dashboard = Dashboard {
        model: Model::new(setup, fleet, clock.now(), Size { width, height }),
        look,
        clock,
        orders,
        encoder: Encoder::default(),
        guard,
        copied: None,
    };
    Ok(dashboard.run(news, signals).await)
}

struct Dashboard {
    model: Model,
    look: Look,
    clock: Clock,
    orders: mpsc::Sender<Effect>,
    encoder: Encoder,
    guard: Guard,
    copied: Option<String>,
}

/// The loop goes on, or ends.
type Flow = std::ops::ControlFlow<Exit>;

const fn ended(reason: ExitReason) -> Flow {
    Flow::Break(Exit { reason, farewell: Vec::new() })
}

impl Dashboard {
    async fn run(mut self, mut news: mpsc::Receiver<Message>, mut signals: Signals) -> Exit {
        let mut input = events();
        let mut closed = std::pin::pin!(closed());
        let mut tick = Instant::now();
        let mut next_frame = Instant::now();
        let mut exit = loop {
            if self.model.dirty && Instant::now() >= next_frame {
                if self.frame().is_err() {
                    break Exit { reason: ExitReason::TerminalClosed, farewell: Vec::new() };
                }
                next_frame = Instant::now() + FRAME_GAP;
            }
            let flow = tokio::select! {
                biased;
                () = &mut closed => ended(ExitReason::TerminalClosed),
                stop = signals.next() => ended(ExitReason::Signal(stop)),
                first = input.next() => {
                    next_frame = Instant::now();
                    let mut flow = self.input(first);
                    let mut left = BATCH;
                    while flow.is_continue() && left > 0 && let Some(more) = input.next().now_or_never() {
                        flow = self.input(more);
                        left -= 1;
                    }
                    flow
                }
                Some(first) = news.recv() => {
                    let mut flow = self.take(first);
                    let mut left = BATCH;
                    while flow.is_continue() && left > 0 && let Ok(more) = news.try_recv() {
                        flow = self.take(more);
                        left -= 1;
                    }
                    flow
                }
                () = sleep_until(tick) => {
                    tick = Instant::now() + self.until_next_second();
                    self.take(Message::Tick)
                }
                () = sleep_until(next_frame), if self.model.dirty => Flow::Continue(()),
            };
            if let Flow::Break(exit) = flow {
                break exit;
            }
        };
        if let Some(panic) = self.guard.leave() {
            exit.farewell.push(format!("a part of lifeboat failed while the dashboard ran: {panic}"));
        }
        exit
    }

    fn input(&mut self, input: Option<Input>) -> Flow {
        match input {
            Some(Input::Message(message)) => self.take(message),
            Some(Input::Closed) | None => ended(ExitReason::TerminalClosed),
        }
    }

    fn take(&mut self, message: Message) -> Flow {
        for effect in update(&mut self.model, message, self.clock.now()) {
            match effect {
                Effect::Copy(text) => self.copied = Some(text),
                Effect::Quit(farewell) => {
                    return Flow::Break(Exit { reason: ExitReason::Asked, farewell });
                }
                order @ (Effect::PollNow | Effect::Act(_)) => {
                    if self.orders.try_send(order).is_err() {
                        self.model.notice =
                            Some("not taken: still busy with what was asked before".to_owned());
                        self.model.dirty = true;
                    }
                }
            }
        }
        Flow::Continue(())
    }

    /// One frame, one write; nothing at all when the picture is what it was.
    fn frame(&mut self) -> io::Result<()> {
        let Size { width, height } = self.model.size;
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
        draw(&self.model, &self.look, &mut buffer);
        self.model.dirty = false;
        let mut bytes = self.encoder.frame(&buffer);
        if let Some(text) = self.copied.take() {
            let mut sequence = String::new();
            // Writing to a string cannot fail.
            CopyToClipboard::to_clipboard_from(text).write_ansi(&mut sequence).ok();
            bytes.extend_from_slice(sequence.as_bytes());
        }
        if bytes.is_empty() {
            return Ok(());
        }
        self.guard.write(&bytes)
    }

    /// The clock's next whole second, but never more than one tick in a real second.
    fn until_next_second(&self) -> Duration {
        let second = Duration::from_secs(1);
        if self.clock.speed() > 1.0 {
            return second;
        }
        let past = Duration::from_nanos(u64::from(self.clock.now().timestamp_subsec_nanos()));
        self.clock.real(second.saturating_sub(past))
    }
}
